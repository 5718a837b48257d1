"""From a fresh checkout to a running demo, to a full check, or to a measurement, in one command.

    python3 dev.py demo [arguments of `vantrexia demo`]
    python3 dev.py test [arguments of pytest]
    python3 dev.py bench PROGRAM [arguments of that program of bench/]

Nothing but Python 3.11 or later has to be there. The demo has an environment of its own, so that it never
waits for development tools: .venv-serve for the demo, .venv for everything else. Both hold exactly what
requirements/ pins, every file checked against its hash, and are made anew when a pin changes.
"""

# An old Python must be able to read this file, or else it cannot say what is wrong: no syntax beyond 3.6.

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
OTHERS = ("python3.13", "python3.12", "python3.11", "python3.14")  # in the order we trust them
EXE = ".exe" if os.name == "nt" else ""
RUNS = 'if __name__ == "__main__":'
PROBE = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"


def main(arguments: "list[str]") -> None:
    """Do what the first argument names, with the others."""
    commands = {"demo": demo, "test": test, "bench": bench}
    if not arguments or arguments[0] not in commands:
        print(__doc__.strip())
        sys.exit(arguments not in (["-h"], ["--help"]) and 2)
    settle_on_python(arguments)
    commands[arguments[0]](arguments[1:])


def demo(arguments: "list[str]") -> NoReturn:
    """Serve a practice of synthetic patients until interrupted."""
    programs = prepare(ROOT / ".venv-serve", ROOT / "requirements" / "serve.txt")
    become([str(programs / f"vantrexia{EXE}"), "demo", *arguments])


def test(arguments: "list[str]") -> NoReturn:
    """Run all checks, then the tests whatever the checks said; pytest has the last word.

    The tests share the processors out among themselves; ``-n 0`` runs them in one process.
    """
    programs = prepare(ROOT / ".venv", ROOT / "requirements" / "dev.txt")
    os.environ["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])
    python = str(programs / f"python{EXE}")
    checks = subprocess.call([python, "-m", "nox", "--sessions", "lint", "types", "layers"], cwd=ROOT)
    if checks:
        print("A check above failed. The tests run all the same.", flush=True)
    shared = ["--numprocesses=auto", "--dist=worksteal"]
    tests = subprocess.call([python, "-m", "pytest", *shared, *arguments], cwd=ROOT)
    sys.exit(checks or tests)


def bench(arguments: "list[str]") -> NoReturn:
    """Run a program of bench/; without one, say which there are."""
    there = sorted(path.name for path in (ROOT / "bench").glob("*.py") if RUNS in path.read_text("utf-8"))
    if not arguments or arguments[0] not in there:
        sys.exit(f"python3 dev.py bench PROGRAM: one of {', '.join(there)}.")
    programs = prepare(ROOT / ".venv", ROOT / "requirements" / "dev.txt")
    become([str(programs / f"python{EXE}"), str(ROOT / "bench" / arguments[0]), *arguments[1:]])


def settle_on_python(arguments: "list[str]") -> None:
    """Stay with this Python if it can do the work, or hand over to one on PATH that can."""
    new_enough = sys.version_info >= OLDEST
    if new_enough and find_spec("venv") and find_spec("ensurepip"):
        return
    for name in OTHERS:
        other = shutil.which(name)
        if other and subprocess.call([other, "-c", PROBE], stderr=subprocess.DEVNULL) == 0:
            become([other, str(Path(__file__)), *arguments])
    version = "{}.{}".format(*sys.version_info)
    if new_enough:
        sys.exit(
            f"This Python {version} came without the modules venv and ensurepip: install them "
            f"(on Debian and Ubuntu: apt install python{version}-venv) and run this again."
        )
    sys.exit(f"Vantrexia needs Python 3.11 or later: this is {version}, and PATH offers no newer one.")


def prepare(venv: Path, requirements: Path) -> Path:
    """Bring an environment up to date, and return the folder of its programs.

    A stamp inside the environment says what a step was done with. It is written after the step: what was
    interrupted has none, and is done again.
    """
    programs = Path(sysconfig.get_path("scripts", "venv", {"base": str(venv)}))
    install = [
        *(str(programs / f"python{EXE}"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-input", "--no-deps"),
    ]

    pins = requirements.read_bytes()
    stamp, wanted = venv / "pins.sha256", digest(sys.version.encode(), bytes(venv), pins)
    if not is_done(stamp, wanted):
        step(f"Making {venv.name}", [sys.executable, "-m", "venv", "--clear", str(venv)])
        step(
            f"Installing what {requirements.relative_to(ROOT)} pins",
            [*install, "--require-hashes", "--only-binary=:all:", "--requirement", str(requirements)],
        )
        stamp.write_text(wanted)

    stamp, wanted = venv / "vantrexia.sha256", digest((ROOT / "pyproject.toml").read_bytes())
    if not is_done(stamp, wanted):
        stamp.unlink(missing_ok=True)
        step("Installing vantrexia itself", [*install, "--no-build-isolation", "--editable", str(ROOT)])
        stamp.write_text(wanted)
    return programs


def digest(*parts: bytes) -> str:
    """Give one SHA-256 for several things."""
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def is_done(stamp: Path, wanted: str) -> bool:
    """Tell whether a step was finished, with just these ingredients."""
    return stamp.exists() and stamp.read_text() == wanted


def step(title: str, command: "list[str]") -> None:
    """Run a command in silence, say how long it took, and show what it said only when it failed."""
    print(f"{title} ... ", end="", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        print("failed:\n" + done.stdout.decode(errors="replace"))
        sys.exit(f"{title} failed: the lines above say why. Once that is mended, run this again.")
    print(f"{time.monotonic() - started:.1f} s")


def become(command: "list[str]") -> NoReturn:
    """Let another program take the place of this one."""
    sys.stdout.flush()
    if os.name == "nt":  # Windows cannot: it would hand the terminal back while the program still runs
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
