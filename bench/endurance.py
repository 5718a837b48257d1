"""Serve a practice for half an hour under mixed traffic, and keep a record of its memory and its errors.

A throw-away practice on a PostgreSQL of its own (fsync on) is served by several workers. Requests come at
times that are fixed beforehand, so many a second: people read, list, search, sort, correct, archive, sign in,
create (many of them somebody who is there already, which fills the queue of suspected duplicates), and programs read
over FHIR. How long an answer took counts from when its request was due.

It ends with 1 if an answer was wrong, if the workers' memory grew by more than is allowed, or if the trail does
not verify afterwards. Growth is measured between the second fifth of the time, when caches are filled, and the last.

\b
Examples:
    python bench/endurance.py                              # 30 minutes, 100 requests a second
    python bench/endurance.py --minutes 2 --a-second 50 --patients 1000
    python bench/endurance.py --record endurance.jsonl     # a line for every ten seconds
"""

import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import attrs
import click

from operations import OPERATIONS, Operation, World, expect, login_request
from practice import DATABASES, Practice, people, practice
from processes import ProcessError, cpu_seconds, memory_bytes, vantrexia
from traffic import Answered, Arrival, TrafficError, Turn, pace

WINDOW_SECONDS: Final = 10.0
FIFTHS: Final = 5
MIB: Final = 1 << 20
_OK: Final = 200


def fhir_read(world: World) -> Turn:
    """One Patient, as a program reads it."""
    expect((yield world.request("GET", f"/fhir/Patient/{world.chance.choice(world.ids)}")), _OK)


def fhir_search(world: World) -> Turn:
    """The first Patients of a family name."""
    word = quote(world.chance.choice(world.words))
    expect((yield world.request("GET", f"/fhir/Patient?family={word}&_count=20")), _OK)


def sign_in_again(world: World) -> Turn:
    """A sign-in whose token everybody uses from then on, so that none expires."""
    response = yield login_request(world.address, world.credentials)
    expect(response, _OK)
    world.token = json.loads(response.body)["access"]


MIX: Final = MappingProxyType(
    {
        "get": 42, "list": 15, "search": 12, "order": 5, "archived": 3, "put": 6, "create": 4, "archive": 3,
        "fhir read": 5, "fhir search": 4, "login": 1,
    }
)  # fmt: skip
"""What people and programs do, in parts of a hundred."""
_TURNS: Final[dict[str, Operation]] = {
    **OPERATIONS,
    "fhir read": fhir_read,
    "fhir search": fhir_search,
    "login": sign_in_again,
}


@attrs.frozen
class Window:
    """Ten seconds: how many answers, how late, how much CPU (in processors), how much memory (in MiB)."""

    at_seconds: float
    answers: int
    p50_ms: float
    p99_ms: float
    wrong: int
    server_cores: float
    database_cores: float
    server_mib: float
    database_mib: float


@attrs.define
class Record:
    """What was seen."""

    windows: list[Window] = attrs.Factory(list)
    milliseconds: dict[str, list[float]] = attrs.Factory(dict)
    wrong: Counter[tuple[str, int]] = attrs.Factory(Counter)

    @property
    def growth(self) -> float:
        """Of the workers' memory in percent, between the second fifth and the last."""
        fifth = max(1, len(self.windows) // FIFTHS)
        early, late = self.windows[fifth : 2 * fifth] or self.windows, self.windows[-fifth:]
        return 100 * (_memory(late) / _memory(early) - 1)


def _memory(windows: Sequence[Window]) -> float:
    return median(window.server_mib for window in windows)


@click.command(help=__doc__)
@click.option("--minutes", type=click.FloatRange(0.5, 24 * 60), default=30.0, show_default=True)
@click.option("--a-second", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Requests.")
@click.option("--on", "database", type=click.Choice(DATABASES), default="postgresql", show_default=True)
@click.option("--patients", type=click.IntRange(300, 1_000_000), default=10_000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Server processes.")
@click.option("--connections", type=click.IntRange(1, 1_000), default=32, show_default=True)
@click.option(
    "--growth-max", type=float, default=5.0, show_default=True, help="Of the workers' memory, in %."
)
@click.option(
    "--record", type=click.Path(dir_okay=False, path_type=Path), help="A JSON line for every window."
)
def main(  # noqa: D103 - the help is the module's
    *,
    minutes: float,
    a_second: int,
    database: str,
    patients: int,
    workers: int,
    connections: int,
    growth_max: float,
    record: Path | None,
) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="vantrexia-bench-") as name:
            folder = Path(name)
            lines = people(folder, patients)
            with practice(database, lines, folder, workers=workers) as served:
                arrivals = _arrivals(served.world, minutes * 60, a_second)
                record_ = _watched(
                    served, pace(served.world.address, arrivals, connections=connections), record
                )
                trail = _verified(served)
    except (ProcessError, TrafficError) as error:
        raise click.ClickException(str(error)) from None
    for line in _table(record_):
        click.echo(line)
    growth = record_.growth
    click.echo(f"\nworkers' memory, last fifth over second: {growth:+.1f} % (allowed {growth_max:.1f} %)")
    click.echo(f"wrong answers: {sum(record_.wrong.values())}; {trail}")
    if growth > growth_max or record_.wrong:
        sys.exit(1)


def _arrivals(world: World, seconds: float, a_second: int) -> Iterator[Arrival]:
    """Turns at random times, independent of each other (a Poisson process), the same in every run."""
    chance = random.Random(2)  # noqa: S311 - the same requests in every run
    names, parts = list(MIX), list(MIX.values())
    at = 0.0
    while (at := at + chance.expovariate(a_second)) < seconds:
        name = chance.choices(names, parts)[0]
        yield Arrival(at, name, _TURNS[name](world))


def _watched(served: Practice, answers: Iterable[Answered], file: Path | None) -> Record:
    """Take the answers in, and look at the processes every ten seconds."""
    record, began = Record(), perf_counter()
    took: list[float] = []
    wrong, ends = 0, began + WINDOW_SECONDS
    cpu = _cpu(served)
    with ExitStack() as stack:
        lines = stack.enter_context(file.open("w", encoding="utf-8")) if file else None
        for answer in answers:
            took.append(answer.milliseconds)
            record.milliseconds.setdefault(answer.name, []).append(answer.milliseconds)
            if answer.wrong is not None:
                wrong += 1
                record.wrong[answer.name, answer.wrong] += 1
            if (now := perf_counter()) < ends:
                continue
            seconds, before, cpu = now - ends + WINDOW_SECONDS, cpu, _cpu(served)
            window = Window(
                at_seconds=round(now - began, 1),
                answers=len(took),
                p50_ms=round(_percentile(took, 0.5), 2),
                p99_ms=round(_percentile(took, 0.99), 2),
                wrong=wrong,
                server_cores=round((cpu[0] - before[0]) / seconds, 3),
                database_cores=round((cpu[1] - before[1]) / seconds, 3),
                server_mib=round(memory_bytes((served.pid,)) / MIB, 2),
                database_mib=round(memory_bytes(served.database_pids) / MIB, 2),
            )
            record.windows.append(window)
            line = json.dumps(attrs.asdict(window))
            if lines:
                print(line, file=lines, flush=True)
            click.echo(line, err=True)
            took, wrong, ends = [], 0, perf_counter() + WINDOW_SECONDS
    return record


def _cpu(served: Practice) -> tuple[float, float]:
    return cpu_seconds((served.pid,)), cpu_seconds(served.database_pids)


def _verified(served: Practice) -> str:
    """What the program itself says of the trail."""
    command = vantrexia("audit", "verify")
    done = subprocess.run(command, env=served.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"the trail does not verify:\n{done.stdout}{done.stderr}"
        raise ProcessError(message)
    return " ".join(done.stdout.split())


def _table(record: Record) -> Iterator[str]:
    """By kind, then all, then the memory in tenths of the time."""
    yield f"{'what':12}{'answers':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'worst ms':>10}  wrong"
    everything = [one for took in record.milliseconds.values() for one in took]
    for name, took in (*sorted(record.milliseconds.items()), ("all", everything)):
        wrong = {status: count for (of, status), count in record.wrong.items() if of == name}
        figures = "".join(f"{_percentile(took, share):9.1f}" for share in (0.5, 0.95, 0.99))
        yield f"{name:12}{len(took):9}{figures}{max(took):10.1f}  {wrong or ''}"
    yield f"\n{'seconds':>9}{'workers MiB':>13}{'PostgreSQL MiB':>16}{'cores':>8}{'database':>10}{'p99 ms':>9}"
    tenth = max(1, len(record.windows) // 10)
    for window in record.windows[tenth - 1 :: tenth]:
        yield (
            f"{window.at_seconds:9.0f}{window.server_mib:13.1f}{window.database_mib:16.1f}"
            f"{window.server_cores:8.2f}{window.database_cores:10.2f}{window.p99_ms:9.1f}"
        )


def _percentile(took: Sequence[float], share: float) -> float:
    ascending = sorted(took)
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))] if ascending else 0.0


if __name__ == "__main__":
    main()
