"""A practice of synthetic patients under measurement: filled through the use cases, served by the program."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import attrs
import click

from operations import Credentials, World
from processes import free_port, postgresql, run, running, vantrexia
from traffic import Address

HERE: Final = Path(__file__).parent
DATABASES: Final = ("sqlite", "postgresql")
EMAIL: Final = "bench@practice.example"
PASSWORD: Final = "a pass phrase for the bench"  # noqa: S105 - opens a practice that is thrown away


@attrs.frozen
class Practice:
    """A running service, and what is needed to look at it from outside."""

    world: World
    pid: int
    database_pids: tuple[int, ...]
    environment: dict[str, str] = attrs.field(repr=False)
    log: Path


def people(folder: Path, patients: int) -> Path:
    """A file of so many synthetic patients, in the shape that `load.py` reads."""
    lines = folder / "patients.jsonl"
    command = [sys.executable, str(HERE / "synthetic.py"), f"--patients={patients}", f"--out={lines}"]
    run(command, os.environ, log=folder / "log")
    return lines


@contextmanager
def practice(database: str, lines: Path, folder: Path, *, workers: int) -> Iterator[Practice]:
    """Our own service on one of its databases, filled, for as long as the block lasts.

    Raises:
        ProcessError: a part of it did not start.
    """
    with ExitStack() as stack:
        port, log = free_port(), folder / f"{database}.log"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VANTREXIA_")},
            "VANTREXIA_DATA_DIR": str(folder / database),
            "VANTREXIA_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "BENCH_PASSWORD": PASSWORD,
            # Out of the way, and counted all the same.
            **{f"VANTREXIA_LIMIT_{scope}": "1000000000/hour" for scope in ("USER", "ANONYMOUS", "AUTH")},
        }
        cluster = stack.enter_context(postgresql()) if database == "postgresql" else None
        if cluster is not None:
            environment["VANTREXIA_DATABASE_URL"] = cluster.url
        click.echo(f"{database}: filling a practice", err=True)
        run(vantrexia("migrate"), environment, log=log)
        run([sys.executable, str(HERE / "load.py"), str(lines), "--email", EMAIL], environment, log=log)
        command = vantrexia("serve", "--port", str(port), "--workers", str(workers))
        pid = stack.enter_context(running(command, environment, port=port, log=log))
        world = World.explored(Address.of(environment["VANTREXIA_PUBLIC_URL"]), Credentials(EMAIL, PASSWORD))
        yield Practice(world, pid, () if cluster is None else (cluster.pid,), environment, log)
