"""Seal a practice anew under a new key while somebody reads in it, and say how long it took and how they fared.

The practice is made up (`population.py`) and loaded once. Then the field key is rotated and everything is sealed
anew, as ``vantrexia keys reencrypt field`` does it, in the process of the command; a second process reads
patients one by one meanwhile, each reading with its entry on the trail, and before that for as long on a quiet
database: what a reading takes is told beside each other.

\b
Examples:
    python bench/rotation.py --patients 20000
    python bench/rotation.py --patients 1000000 --on postgresql
"""

import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import quantiles
from typing import Final

import click

from population import patients
from practice import DATABASES
from processes import cpu_seconds, postgresql
from vantrexia_adapters.assembly import Service, migrate_database, open_service
from vantrexia_adapters.cli.console import console_actor, counting
from vantrexia_adapters.settings import Settings
from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import Status, look_up_patient
from vantrexia_core.protection import Purpose, rotate_key, start_reencryption, state_needs

AT_ONCE: Final = 5_000
ASKED: Final = 2_000
"""Patients whom the reader chooses among."""
QUIET_SECONDS: Final = 10.0
"""For how long readings are measured on a quiet database."""
BETWEEN_SECONDS: Final = 0.01
"""From one reading to the next: a user at work, not a load that takes a core of its own."""


@click.command(help=__doc__)
@click.option("--patients", "count", type=click.IntRange(ASKED), default=20_000, show_default=True)
@click.option("--on", "databases", type=click.Choice(DATABASES), multiple=True, help="Default: both.")
def main(*, count: int, databases: tuple[str, ...]) -> None:
    """Measure."""
    for database in databases or DATABASES:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            cluster = stack.enter_context(postgresql()) if database == "postgresql" else None
            settings = Settings(
                data_dir=folder / "data", database_url=None if cluster is None else cluster.url
            )
            if cluster is not None:
                migrate_database(settings)
            service = stack.enter_context(open_service(settings))
            ids = _load(service, count)
            figures = _measured(service, settings, ids, [] if cluster is None else [cluster.pid])
            click.echo(json.dumps({"database": database, "patients": count, **figures}))


def _load(service: Service, count: int) -> list[PatientId]:
    everybody, ids = patients(service.practice_id, count), list[PatientId]()
    with counting("Storing patients", count) as count_more:
        while some := list(islice(everybody, AT_ONCE)):
            with service.desk.begin(service.practice_id) as work:
                work.patients.add_many(some)
                work.commit()
            ids += [one.id for one in some if one.status is Status.ACTIVE]
            count_more(len(some))
    return random.Random("who is asked for").sample(ids, ASKED)  # noqa: S311 - no secret


def _measured(
    service: Service, settings: Settings, ids: list[PatientId], servers: Sequence[int]
) -> dict[str, object]:
    spawn = multiprocessing.get_context("spawn")
    over, is_under_way = spawn.Event(), spawn.Event()
    here, there = spawn.Pipe()
    reader = spawn.Process(target=_read, args=(settings, ids, is_under_way, over, there), daemon=True)
    reader.start()
    there.close()  # so that a reader that fails ends the measurement
    try:
        quiet = here.recv()
        is_under_way.set()
        sealing = _sealed_anew(service, servers)
        over.set()
        busy = here.recv()
    finally:
        over.set()
        reader.join()
    return {**sealing, "reading_before": quiet, "reading_meanwhile": busy}


def _sealed_anew(service: Service, servers: Sequence[int]) -> dict[str, object]:
    actor, custody = console_actor(service), service.ring.custody(service.practice_id)
    rotate_key(service.desk, actor, custody, Purpose.FIELD)
    before = start_reencryption(service.desk, actor, custody, Purpose.FIELD)
    rows = sum(need.rows for need in before.needs)
    began, began_cpu, began_there = time.perf_counter(), time.process_time(), cpu_seconds(servers)
    with counting("Sealing anew", rows) as count_more:
        for done in custody.reencrypt(Purpose.FIELD):
            count_more(done)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    cpu_there = cpu_seconds(servers) - began_there
    statement = state_needs(service.desk, actor, custody, Purpose.FIELD)
    return {
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows_a_second": round(rows / seconds),
        "cpu_us_a_row": round(1e6 * cpu / rows, 1),
        "database_cpu_us_a_row": round(1e6 * cpu_there / rows, 1),
        "is_clear": statement.is_clear,
    }


def _read(
    settings: Settings, ids: list[PatientId], is_under_way: Event, over: Event, took: Connection
) -> None:
    """Somebody who reads one patient after the other: for a while, and then until it is over."""
    with open_service(settings) as service:
        actor = console_actor(service)
        for end in (time.monotonic() + QUIET_SECONDS, None):
            times: list[float] = []
            while time.monotonic() < end if end is not None else not over.wait(BETWEEN_SECONDS):
                began = time.perf_counter()
                look_up_patient(service.desk, actor, ids[len(times) % len(ids)])
                times.append(time.perf_counter() - began)
                if end is not None:
                    over.wait(BETWEEN_SECONDS)
            cuts = quantiles(times, n=100)
            took.send(
                {
                    "readings": len(times),
                    "p50_ms": round(1e3 * cuts[49], 2),
                    "p99_ms": round(1e3 * cuts[98], 2),
                    "worst_ms": round(1e3 * max(times), 2),
                }
            )
            is_under_way.wait()


if __name__ == "__main__":
    main()
