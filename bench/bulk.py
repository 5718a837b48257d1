"""Export a practice in bulk, and say what a patient costs: CPU, time, memory; and where the CPU goes.

The practice is made up (`population.py`) and loaded once a run; the export is the one of the console and of
the FHIR endpoint, with its entries in the trail, written to a file. ``--profile`` shows the functions that
take longest.

\b
Examples:
    python bench/bulk.py --patients 20000
    python bench/bulk.py --patients 100000 --on sqlite
    python bench/bulk.py --patients 20000 --profile
"""

import cProfile
import pstats
import resource
import tempfile
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import click

from population import patients
from processes import postgresql
from vantrexia_adapters.assembly import Service, migrate_database, open_service
from vantrexia_adapters.cli.console import console_actor
from vantrexia_adapters.fhir import patient_lines
from vantrexia_adapters.settings import Settings
from vantrexia_adapters.system import spare_what_stays
from vantrexia_core.patients import ExportWish, end_export, fetch_part, find_links, start_export

_AT_ONCE = 5_000
_KILOBYTE = 1024


@click.command(help=__doc__)
@click.option("--patients", "count", type=click.IntRange(1_000), default=20_000, show_default=True)
@click.option("--on", type=click.Choice(["sqlite", "postgresql"]), multiple=True)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--profile", is_flag=True)
def main(*, count: int, on: tuple[str, ...], rounds: int, profile: bool) -> None:
    """Measure."""
    for name in on or ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            path = Path(folder)
            path.chmod(0o755)
            url = stack.enter_context(postgresql()).url if name == "postgresql" else None
            settings = Settings(data_dir=path / "data", database_url=url)
            if url is not None:
                migrate_database(settings)
            service = stack.enter_context(open_service(settings))
            _load(service, count)
            spare_what_stays()
            for number in range(rounds):
                click.echo(f"{name}: {_exported(service, path / f'{number}.ndjson')}")
            if profile:
                profiler = cProfile.Profile()
                profiler.runcall(_exported, service, path / "profiled.ndjson")
                pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def _load(service: Service, count: int) -> None:
    everybody = patients(service.practice_id, count)
    while some := list(islice(everybody, _AT_ONCE)):
        with service.desk.begin(service.practice_id) as work:
            work.patients.add_many(some)
            work.commit()


def _exported(service: Service, path: Path) -> str:
    actor, desk = console_actor(service), service.desk
    began, used = time.perf_counter(), time.process_time()
    export = start_export(desk, actor, ExportWish())
    counted = time.perf_counter() - began
    with path.open("wb") as out:
        for place in range(len(export.shown)):
            for batch in fetch_part(desk, actor, export.id, place)[1]:
                out.write(patient_lines(batch, find_links(desk, actor.practice_id, batch)))
    seconds, used = time.perf_counter() - began, time.process_time() - used
    end_export(desk, actor, export.id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE / 1e6
    size = path.stat().st_size / 1e6
    path.unlink()
    return (
        f"{export.count} patients, {size:.1f} MB, counted in {1000 * counted:.0f} ms; "
        f"{export.count / seconds:,.0f}/s, {1e6 * used / export.count:.1f} µs of CPU each "
        f"({export.count / used:,.0f}/s of a core); at most {peak:.0f} MB of memory so far"
    )


if __name__ == "__main__":
    main()
