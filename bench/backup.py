"""Measure backups: how fast, how large, in how much memory, and how long a restore takes.

It fills a throw-away practice of synthetic patients on SQLite, backs it up, verifies the file and restores it
into another SQLite file, each in a process of its own, whose peak memory is told.

\b
Examples:
    python bench/backup.py
    python bench/backup.py --patients 100000
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import click

from population import patients as people
from vantrexia_adapters.assembly import open_service, restore_place
from vantrexia_adapters.backups import read_backup, restore_backup, write_backup
from vantrexia_adapters.crypto import BackupKey
from vantrexia_adapters.settings import Settings
from vantrexia_adapters.system import RandomIds, SystemClock
from vantrexia_core.audit import Action, AuditEntry, Outcome
from vantrexia_core.kernel import Origin

BATCH: Final = 1_000


@click.command(help=__doc__)
@click.option("--patients", default=20_000, show_default=True, help="How many records.")
def main(*, patients: int) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        told: dict[str, Any] = {"patients": patients}
        for deed in (_fill, _back_up, _verify, _restore):
            told[deed.__name__.strip("_")] = _apart(deed, home, patients)
        size = (home / "it.backup").stat().st_size
        told["bytes"], told["bytes_per_patient"] = size, round(size / patients)
        click.echo(json.dumps(told, indent=1))


def _apart(deed: Callable[[Path, int], int], home: Path, patients: int) -> dict[str, float]:
    here, there = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=_run, args=(deed, home, patients, there))
    process.start()
    told: dict[str, float] = here.recv()
    process.join()
    return told


def _run(deed: Callable[[Path, int], int], home: Path, patients: int, pipe: Connection) -> None:
    sys.stdout = Path(os.devnull).open("w", encoding="ascii")  # noqa: SIM115 - until the process ends
    began = time.perf_counter()
    rows = deed(home, patients)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rate = round(rows / seconds)
    pipe.send({"seconds": round(seconds, 2), "rows": rows, "rows_per_second": rate, "peak_mib": peak})


def _fill(home: Path, patients: int) -> int:
    """Records, and an entry of the trail for each."""
    with open_service(Settings(data_dir=home / "data")) as service:
        everybody, now = people(service.practice_id, patients), service.desk.clock.now()
        while some := list(islice(everybody, BATCH)):
            with service.desk.begin(service.practice_id) as work:
                work.patients.add_many(some)
                for patient in some:
                    entry = AuditEntry(now, Action.CREATE, Outcome.DONE, patient_id=patient.id)
                    work.trail.append(entry)
                work.commit()
    return patients


def _back_up(home: Path, _: int) -> int:
    key = BackupKey.create(home / "backup.key")
    with open_service(Settings(data_dir=home / "data")) as service:
        path, now = home / "it.backup", service.desk.clock.now()
        contents = write_backup(path, key, service.backup_sources, at=now, software="bench")
    return sum(one.rows for one in contents.end.tables.values())


def _verify(home: Path, _: int) -> int:
    contents = read_backup(home / "it.backup", BackupKey.read(home / "backup.key"))
    return sum(one.rows for one in contents.end.tables.values())


def _restore(home: Path, _: int) -> int:
    key = BackupKey.read(home / "backup.key")
    with restore_place(Settings(data_dir=home / "new")) as place:
        clock, ids = SystemClock(), RandomIds()
        path, origin = home / "it.backup", Origin(address="console:bench")
        found = restore_backup(path, key, place, clock=clock, ids=ids, origin=origin)
    if found.inspection.fault is not None:
        raise SystemExit(found.inspection.fault.sentence)
    return sum(one.rows for one in found.contents.end.tables.values())


if __name__ == "__main__":
    main()
