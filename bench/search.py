"""Measure search, order and count over sealed names, beside the best that plaintext in SQL can do.

It makes up a practice whose names are as common as names are, loads it into SQLite and into a PostgreSQL of its
own (fsync on), sealed by us and, in the same database, in plaintext without indexes, with b-trees and with
trigrams. All of them answer every question in turns: the exact count and twenty patients, read and opened.

\b
Examples:
    python bench/search.py --patients 10000
    python bench/search.py --patients 1000000 --keep ~/bench --json > run.json
    python bench/search.py --patients 100000 --keep ~/bench --on postgresql --phases search --rounds 50
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

import attrs
import click

from measure import Names
from plaintext import BTREE, SCAN, TRIGRAM, row_of, ways_for
from population import BLOCK, patients, rare_last_name
from questions import Question, questions
from sites import DATABASES, Keep, Site
from vantrexia_adapters.cli.console import with_progress

PHASES: Final = ("start", "search", "write")
COLD, WARM, CHANGED, DECRYPT = "cold", "warm", "changed", "decrypt"
"""Ours: words nobody asked for lately; words somebody did; the same after somebody's write. And the naive way."""
OURS: Final = (COLD, WARM)
ASKED_AT_ONCE: Final = 5
"""Ours is so much faster that one round takes several samples."""
SAMPLES_MIN: Final = 3
STARTS: Final = 5
SINGLE_INSERTS: Final = 200
BULK_INSERTS: Final = 10
HERE: Final = Path(__file__).parent


@attrs.frozen
class Sample:
    """How long each call took, in milliseconds, and what it counted."""

    milliseconds: list[float] = attrs.Factory(list)
    counts: set[int] = attrs.Factory(set)

    def percentile(self, share: float) -> float:
        """The nearest rank."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def p50(self) -> float:
        """The median."""
        return median(self.milliseconds)

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "p50_ms": round(self.p50, 4),
            "p99_ms": round(self.percentile(0.99), 4),
            "samples": len(self.milliseconds),
        }

    def time(self, call: Callable[[], tuple[int, Sequence[object]] | None]) -> None:
        """Make a call and note how long it took."""
        began = time.perf_counter()
        answer = call()
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        if answer is not None:
            self.counts.add(answer[0])


Samples = dict[str, Sample]


@attrs.define
class Measured:
    """What one database has shown."""

    searches: dict[str, Samples] = attrs.Factory(dict)
    writes: Samples = attrs.Factory(dict)
    starts: dict[str, list[dict[str, Any]]] = attrs.Factory(dict)
    index_bytes: dict[str, int] = attrs.Factory(dict)
    loading: dict[str, float] = attrs.Factory(dict)

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "loading": self.loading,
            "index_bytes": self.index_bytes,
            "searches": {
                question: {way: sample.as_json() for way, sample in samples.items()}
                | {"counts": {way: sorted(sample.counts) for way, sample in samples.items()}}
                for question, samples in self.searches.items()
            },
            "writes": {way: sample.as_json() for way, sample in self.writes.items()},
            "starts": self.starts,
        }


@click.command(help=__doc__)
@click.option("--on", "databases", type=Names(DATABASES), default=",".join(DATABASES), show_default=True)
@click.option("--patients", "count", type=click.IntRange(2_000, 2_000_000), default=10_000, show_default=True)
@click.option("--phases", type=Names(PHASES), default=",".join(PHASES), show_default=True)
@click.option("--questions", "asked", default="", help="Some questions, by name, separated by commas.")
@click.option("--rounds", type=click.IntRange(1, 1_000), default=20, show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 600),
    default=4.0,
    show_default=True,
    help="Of a way and question.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where loaded databases stay. Default: nowhere.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(
    *,
    databases: tuple[str, ...],
    count: int,
    phases: tuple[str, ...],
    asked: str,
    rounds: int,
    seconds: float,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Run the phases."""
    with ExitStack() as stack:
        if keep is None:
            # Readable for the account under which a superuser's PostgreSQL runs.
            keep = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vantrexia-bench-")))
            keep.chmod(0o755)
        kept = Keep(keep.expanduser().resolve(), count)
        measured = {name: Measured() for name in databases}
        with ExitStack() as opened:
            sites = [opened.enter_context(kept.site(name)) for name in databases]
            rare = rare_last_name(sites[0].service.practice_id)
            wanted = [one for one in questions(count, rare) if not asked or one.name in asked.split(",")]
            if "start" in phases:
                for site in sites:
                    measured[site.name].starts = _starts(site)
            if "search" in phases:
                _search(sites, wanted, measured, rounds=rounds, seconds=seconds)
            for site in sites:
                measured[site.name].index_bytes = site.index_bytes()
                measured[site.name].loading = kept.loading(site.name)
        if "write" in phases:
            for name in databases:
                with kept.copy(name) as site:
                    measured[name].writes = _writes(site, count)
    report = {
        "machine": {
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "kernel": platform.release(),
            "load_average": os.getloadavg(),
        },
        "patients": count,
        "databases": {name: one.as_json() for name, one in measured.items()},
    }
    if as_json:
        click.echo(json.dumps(report, indent=1))
    else:
        for name, one in measured.items():
            for line in _table(name, one, count):
                click.echo(line)


def _search(
    sites: Sequence[Site],
    wanted: Sequence[Question],
    measured: Mapping[str, Measured],
    *,
    rounds: int,
    seconds: float,
) -> None:
    for site in sites:
        site.ask(wanted[0])
        _let_background_end()
    for question in with_progress(wanted, total=len(wanted), label="Searching"):
        for site in sites:
            measured[site.name].searches[question.name] = {
                way: Sample() for way in (*OURS, *ways_for(question))
            }
        for place in range(rounds):
            for site in sites:
                for way, sample in measured[site.name].searches[question.name].items():
                    if place < SAMPLES_MIN or sum(sample.milliseconds) < 1000 * seconds:
                        _ask(site, way, question, sample)
    slow = wanted[0]
    for site in with_progress(sites, total=len(sites), label="Decrypting everything"):
        sample = measured[site.name].searches[slow.name][DECRYPT] = Sample()
        sample.time(partial(site.decrypt_everything, slow))


def _ask(site: Site, way: str, question: Question, sample: Sample) -> None:
    if way not in OURS:
        sample.time(lambda: site.plain.ask(way, question))
        return
    for _ in range(ASKED_AT_ONCE):
        if way == COLD:
            site.ask_other_words()
        sample.time(lambda: site.ask(question))


def _writes(site: Site, count: int) -> Samples:
    """Single inserts, then a thousand at once, in turns; and what the next question after a write costs."""
    total = SINGLE_INSERTS + BULK_INSERTS * BLOCK
    people = patients(site.service.practice_id, count + total, after=count)
    samples = {
        f"{kind}, {way}": Sample() for kind in ("single", "bulk") for way in ("sealed", SCAN, BTREE, TRIGRAM)
    }
    question = Question("smi", "smi")
    site.ask(question)
    _let_background_end()
    samples["next question"] = Sample()
    number = count
    sizes = [1] * SINGLE_INSERTS + [BLOCK] * BULK_INSERTS
    for size in with_progress(sizes, total=len(sizes), label=f"Writing to {site.name}"):
        some = list(islice(people, size))
        rows = [row_of(number + place, patient) for place, patient in enumerate(some, start=1)]
        number += size
        kind = "single" if size == 1 else "bulk"
        samples[f"{kind}, sealed"].time(partial(site.add, some))
        for way in (SCAN, BTREE, TRIGRAM):
            samples[f"{kind}, {way}"].time(partial(site.plain.add, way, rows))
        if size == 1:
            samples["next question"].time(lambda: site.ask(question))
    _let_background_end()
    return samples


def _starts(site: Site) -> dict[str, list[dict[str, Any]]]:
    """Fresh processes that open the directory: once from the rows, then from the snapshot that this one left."""
    site.forget_snapshots()
    plan = ["rows"] + ["snapshot"] * STARTS
    started: dict[str, list[dict[str, Any]]] = {}
    for kind in with_progress(plan, total=len(plan), label=f"Starting on {site.name}"):
        started.setdefault(kind, []).append(_start(site))
    return started


def _start(site: Site) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VANTREXIA_")}
    done = subprocess.run(
        [sys.executable, str(HERE / "opening.py"), "--ask", "smi mar ell mit ^gar"],
        env=environment | site.settings.as_environment(),
        stdout=subprocess.PIPE,
        check=True,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _let_background_end() -> None:
    for thread in threading.enumerate():
        if (
            thread is not threading.current_thread() and not thread.daemon
        ) or thread.name == "vantrexia-directory":
            thread.join()


def _table(name: str, measured: Measured, count: int) -> Iterator[str]:
    """For people."""
    yield f"\n{name}, {count:,} patients. p50 / p99 in ms; × is how many times as long as `cold`"
    for question, samples in measured.searches.items():
        base = samples[COLD].p50
        counted = {way: max(sample.counts) for way, sample in samples.items()}
        cells = [
            f"{way} {sample.p50:.2f} / {sample.percentile(0.99):.2f}"
            for way, sample in samples.items()
            if way in OURS
        ]
        cells += [
            f"{way} {sample.p50:.1f} / {sample.percentile(0.99):.1f} ({sample.p50 / base:.1f}×)"
            + ("" if counted[way] == counted[COLD] else f" [counts {counted[way]}]")
            for way, sample in samples.items()
            if way not in OURS
        ]
        yield f"  {question:24}{counted[COLD]:9,}  " + "   ".join(cells)
    for kind in ("single", "bulk"):
        if f"{kind}, sealed" in measured.writes:
            base = measured.writes[f"{kind}, sealed"].p50
            for way in ("sealed", SCAN, BTREE, TRIGRAM):
                sample = measured.writes[f"{kind}, {way}"]
                rate = "" if kind == "single" else f"  {1000 * BLOCK / sample.p50:,.0f} rows/s"
                yield (
                    f"  insert {kind:7}{way:8}{sample.p50:9.2f} / {sample.percentile(0.99):.2f}"
                    f"  ({base / sample.p50:.2f}×){rate}"
                )
    if "next question" in measured.writes:
        sample = measured.writes["next question"]
        yield f"  `smi` right after a write   {sample.p50:.2f} / {sample.percentile(0.99):.2f}"
    for kind, reports in measured.starts.items():
        middle = sorted(reports, key=lambda report: report["seconds"])[len(reports) // 2]
        yield (
            f"  start from {kind:9}{middle['seconds']:7.2f} s, first answer {1000 * middle['first_answer_seconds']:.0f} ms,"
            f" background {middle['background_seconds']:.2f} s; peak {_mb(middle['peak_bytes'])},"
            f" resident {_mb(middle['resident_bytes'])} (before {_mb(middle['before_bytes'])}),"
            f" of which the directory says {_mb(middle['directory_bytes'])}"
        )
    for what, size in measured.index_bytes.items():
        yield f"  {what:24}{size / count:7.1f} bytes a patient"
    if measured.loading:
        yield f"  loaded {measured.loading['rows']:,} rows at {measured.loading['rows'] / measured.loading['seconds']:,.0f} rows/s"


def _mb(size: float) -> str:
    return f"{size / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
