"""Measure the Patients API: CPU milliseconds and latency of each operation, in one run on one machine.

It fills a throw-away practice of synthetic patients on SQLite and one on PostgreSQL (its own, fsync on),
serves each with `vantrexia serve`, and lets them take turns, operation by operation and round by round, so
that a machine that slows down slows all of them. Other servers of the same contract take turns with them.

\b
Examples:
    python bench/measure.py
    python bench/measure.py --on postgresql --operations get,list --rounds 5 --seconds 4
    python bench/measure.py --beside other=http://127.0.0.1:9000 --beside-pid other=4711 --json > run.json
"""

import json
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final

import attrs
import click

from operations import OPERATIONS, Credentials, World
from practice import DATABASES, EMAIL, PASSWORD, people, practice
from processes import ProcessError, cpu_seconds, listener
from traffic import Address, Outcome, TrafficError, Turn, drive
from vantrexia_adapters.cli.console import with_progress

REQUESTS_MAX: Final = 20_000
WARM_UP_REQUESTS: Final = 50


@attrs.frozen
class Target:
    """A server under measurement and the processes whose CPU it costs: its own, and those of its database."""

    name: str
    world: World
    server: tuple[int, ...]
    database: tuple[int, ...]


@attrs.frozen
class Phase:
    """One operation against one target in one round. CPU is in milliseconds a request."""

    server_cpu: float
    database_cpu: float
    outcome: Outcome

    @property
    def cpu(self) -> float:
        """The server's and the database's."""
        return self.server_cpu + self.database_cpu

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "requests": self.outcome.requests,
            "wrong": len(self.outcome.wrong),
            "server_cpu_ms": round(self.server_cpu, 4),
            "database_cpu_ms": round(self.database_cpu, 4),
            "requests_per_second": round(self.outcome.requests / self.outcome.seconds, 1),
            "p50_ms": round(self.outcome.percentile(0.5), 3),
            "p99_ms": round(self.outcome.percentile(0.99), 3),
        }


class Names(click.ParamType[tuple[str, ...]]):
    """Some of a few names, separated by commas."""

    name = "names"

    def __init__(self, known: Sequence[str]) -> None:
        self._known = tuple(known)

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names."""
        names = value if isinstance(value, tuple) else tuple(filter(None, str(value).split(",")))
        unknown = sorted(set(names).difference(self._known))
        if unknown:
            self.fail(f"no such name: {', '.join(unknown)}. Known: {', '.join(self._known)}", param, ctx)
        return names


class Pairs(click.ParamType[tuple[str, str]]):
    """``NAME=VALUE``."""

    name = "name=value"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """The two of them."""
        name, found, rest = str(value).partition("=")
        if not name or not found or not rest:
            self.fail(f"expected NAME=VALUE, got {value!r}", param, ctx)
        return name, rest


@click.command(help=__doc__)
@click.option("--on", "databases", type=Names(DATABASES), default=",".join(DATABASES), show_default=True)
@click.option("--operations", type=Names(tuple(OPERATIONS)), default=",".join(OPERATIONS), show_default=True)
@click.option("--rounds", type=click.IntRange(1, 100), default=4, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1, 60), default=3.0, show_default=True, help="Of a phase.")
@click.option("--connections", type=click.IntRange(1, 256), default=8, show_default=True)
@click.option("--patients", type=click.IntRange(300, 1_000_000), default=10_000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Server processes.")
@click.option(
    "--beside", type=Pairs(), multiple=True, metavar="NAME=URL", help="Another server of the same contract."
)
@click.option(
    "--beside-pid",
    type=Pairs(),
    multiple=True,
    metavar="NAME=PID",
    help="Its database's process, to be counted too.",
)
@click.option("--beside-email", default=EMAIL, show_default=True)
@click.option("--beside-password", envvar="BENCH_PASSWORD", default=PASSWORD, help="Or in BENCH_PASSWORD.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(  # noqa: D103 - the help is the module's
    *,
    databases: tuple[str, ...],
    operations: tuple[str, ...],
    rounds: int,
    seconds: float,
    connections: int,
    patients: int,
    workers: int,
    beside: tuple[tuple[str, str], ...],
    beside_pid: tuple[tuple[str, str], ...],
    beside_email: str,
    beside_password: str,
    as_json: bool,
) -> None:
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vantrexia-bench-")))
            targets = []
            if databases:
                lines = people(folder, patients)
                targets += [
                    Target(
                        name,
                        (served := stack.enter_context(practice(name, lines, folder, workers=workers))).world,
                        (served.pid,),
                        served.database_pids,
                    )
                    for name in databases
                ]
            others = Credentials(beside_email, beside_password)
            targets += [_other(name, url, beside_pid, others) for name, url in beside]
            phases = _measured(targets, operations, rounds, seconds=seconds, connections=connections)
    except (ProcessError, TrafficError) as error:
        raise click.ClickException(str(error)) from None
    names = [target.name for target in targets]
    if as_json:
        click.echo(json.dumps(_report(phases, names, operations), indent=1))
    else:
        for line in _table(phases, names, operations):
            click.echo(line)


def _other(name: str, url: str, pids: Sequence[tuple[str, str]], credentials: Credentials) -> Target:
    """A server that somebody else started."""
    address = Address.of(url)
    database = tuple(int(pid) for owner, pid in pids if owner == name)
    return Target(name, World.explored(address, credentials), (listener(address.port),), database)


Phases = dict[tuple[str, str], list[Phase]]


def _measured(
    targets: Sequence[Target], operations: Sequence[str], rounds: int, *, seconds: float, connections: int
) -> Phases:
    """Every operation, round by round, the targets taking turns."""
    plan = [(name, target) for name in operations for _ in range(rounds) for target in targets]
    phases: Phases = {}
    for name, target in with_progress(plan, total=len(plan), label="Measuring"):
        phase = _phase(name, target, seconds=seconds, connections=connections)
        phases.setdefault((name, target.name), []).append(phase)
    return phases


def _phase(name: str, target: Target, *, seconds: float, connections: int) -> Phase:
    world, operation = target.world, OPERATIONS[name]
    world.sign_in()

    def begin() -> Turn:
        return operation(world)

    drive(world.address, begin, connections=connections, seconds=seconds / 4, requests_max=WARM_UP_REQUESTS)
    server, database = cpu_seconds(target.server), cpu_seconds(target.database)
    outcome = drive(world.address, begin, connections=connections, seconds=seconds, requests_max=REQUESTS_MAX)
    per_request = 1000 / outcome.requests
    return Phase(
        server_cpu=(cpu_seconds(target.server) - server) * per_request,
        database_cpu=(cpu_seconds(target.database) - database) * per_request,
        outcome=outcome,
    )


def _table(phases: Phases, names: Sequence[str], operations: Sequence[str]) -> Iterator[str]:
    """For people: medians of the rounds, then ratios of CPU within each round."""
    width = max(len("target"), *map(len, names)) + 2
    yield (
        f"{'operation':11}{'target':{width}}{'CPU ms':>8}{'±%':>5}{'server':>8}{'database':>10}"
        f"{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'wrong':>7}"
    )
    for operation in operations:
        for name in names:
            rounds = phases[operation, name]
            cpu = [phase.cpu for phase in rounds]
            spread = 100 * (max(cpu) - min(cpu)) / 2 / median(cpu) if median(cpu) else 0.0
            yield (
                f"{operation:11}{name:{width}}{median(cpu):8.3f}{spread:5.0f}"
                f"{median(phase.server_cpu for phase in rounds):8.3f}"
                f"{median(phase.database_cpu for phase in rounds):10.3f}"
                f"{median(phase.outcome.requests / phase.outcome.seconds for phase in rounds):8.0f}"
                f"{median(phase.outcome.percentile(0.5) for phase in rounds):9.2f}"
                f"{median(phase.outcome.percentile(0.99) for phase in rounds):9.2f}"
                f"{sum(len(phase.outcome.wrong) for phase in rounds):7d}"
            )
    first, *others = names
    for name in others:
        yield f"\nCPU of {name} over CPU of {first}, round by round (above 1: {first} is cheaper)"
        for operation in operations:
            ratios = _ratios(phases[operation, first], phases[operation, name])
            yield f"  {operation:11}{median(ratios):6.2f}  [{min(ratios):.2f} to {max(ratios):.2f}]"


def _report(phases: Phases, names: Sequence[str], operations: Sequence[str]) -> dict[str, object]:
    """For machines: every phase, nothing summed up."""
    return {
        "machine": {
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "kernel": platform.release(),
        },
        "operations": {
            operation: {name: [phase.as_json() for phase in phases[operation, name]] for name in names}
            for operation in operations
        },
    }


def _ratios(first: Sequence[Phase], other: Sequence[Phase]) -> list[float]:
    return [b.cpu / a.cpu if a.cpu else float("inf") for a, b in zip(first, other, strict=True)]


if __name__ == "__main__":
    main()
