"""Measure what a gapless trail costs: entries a second against a plain insert, by concurrent writers.

Three ways to write one entry and to wait until it is durable: a plain insert whose number the database counts
up by itself, with gaps and in no order of commits; our entry as a change commits it, through the trail's head;
our entries as readings commit them, those that come together sharing a commit. And how fast they are verified.

\b
Example:
    python bench/sequencing.py --seconds 2
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

import click
import sqlalchemy as sa

from processes import postgresql
from vantrexia_adapters.crypto import Ed25519SigningKey, is_signed
from vantrexia_adapters.memory import MemoryCheckpoints
from vantrexia_adapters.sql import SqlTrailSource, migrate, open_engine
from vantrexia_adapters.sql.audit import SqlTrail, TrailWriter
from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.system import RandomIds, SystemClock
from vantrexia_core.audit import Action, AuditEntry, Inspector, Notary, Outcome, VerifierKey, entry_hash
from vantrexia_core.kernel import PatientId, PracticeId, RequestId, Role, UserId

WRITERS: Final = (1, 8, 32)
ENTRIES: Final = 30_000
ORIGIN: Final = "vantrexia.com/audit/bench"
_IDS: Final = RandomIds()
_CLOCK: Final = SystemClock()
_PRACTICE: Final = PracticeId(_IDS.new_id())


class Key:
    """A key for a trail that lives for a minute."""

    origin = ORIGIN
    key = Ed25519SigningKey(bytes(32))

    def active(self) -> Ed25519SigningKey:
        """The one."""
        return self.key

    def verifiers(self) -> list[VerifierKey]:
        """Its public half."""
        return [VerifierKey(ORIGIN, self.key.public_key)]


def an_entry() -> AuditEntry:
    """A reading of one patient."""
    patient_id = PatientId(_IDS.new_id())
    return AuditEntry(
        at=_CLOCK.now(),
        action=Action.READ,
        outcome=Outcome.DONE,
        practice_id=_PRACTICE,
        actor_id=UserId(7),
        role=Role.NURSE,
        patient_id=patient_id,
        disclosed=(patient_id,),
        version=3,
        request_id=RequestId(_IDS.new_id().hex),
        address="192.0.2.7",
    )


def _rate(write: Callable[[], None], writers: int, seconds: float) -> float:
    """How many a second, all writers together."""
    counts, over = [0] * writers, threading.Event()

    def work(number: int) -> None:
        while not over.is_set():
            write()
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(writers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _plain(engine: sa.Engine) -> Callable[[], None]:
    is_sqlite = engine.dialect.name == "sqlite"
    number = "INTEGER PRIMARY KEY" if is_sqlite else "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE plain (seq {number}, at TEXT, action TEXT, practice_id TEXT, patient_id TEXT,"
            " request_id TEXT, address TEXT, leaf TEXT)"
        )
    mark = "?" if is_sqlite else "%s"
    columns = "at, action, practice_id, patient_id, request_id, address, leaf"
    insert = f"INSERT INTO plain ({columns}) VALUES ({', '.join([mark] * 7)})"  # noqa: S608 - a fixed text
    database = Database(engine)

    def write() -> None:
        entry = an_entry()
        row = (
            entry.at.isoformat(), "read", str(entry.practice_id), str(entry.patient_id), entry.request_id,
            entry.address, entry_hash(entry).hex(),
        )  # fmt: skip
        transaction = Transaction(database)
        try:
            connection, cursor = transaction._begun()  # noqa: SLF001 - the same way as ours, but this statement
            cursor.execute(insert, row)
            del connection
            transaction.commit()
        finally:
            transaction.close()

    return write


def _as_change(engine: sa.Engine) -> Callable[[], None]:
    database = Database(engine)

    def write() -> None:
        transaction = Transaction(database)
        try:
            trail = SqlTrail(transaction)
            trail.append(an_entry())
            trail.flush()
            transaction.commit()
        finally:
            transaction.close()

    return write


def _as_reading(engine: sa.Engine) -> Callable[[], None]:
    writer = TrailWriter(Database(engine))
    return lambda: writer.write([an_entry()])


WAYS: Final = {"plain insert": _plain, "as a change": _as_change, "as a reading": _as_reading}


def _verified(engine: sa.Engine) -> float:
    """Entries a second of processor time, verified from the database against a checkpoint."""
    database = Database(engine)
    transaction = Transaction(database)
    trail = SqlTrail(transaction)
    for _ in range(ENTRIES):
        trail.append(an_entry())
    trail.flush()
    transaction.commit()
    notary = Notary(SqlTrailSource(engine), MemoryCheckpoints(), Key(), is_signed)
    notary.publish(_CLOCK.now(), is_patient=True)
    # Of this process alone: other work on the machine does not count.
    began = time.process_time()
    found = Inspector(notary.source, notary.store, notary.keys.verifiers(), is_signed).inspect()
    if found.fault is not None:
        raise click.ClickException(found.fault.sentence)
    return found.checked / (time.process_time() - began)


def _measured(name: str, url: str, seconds: float, rounds: int) -> dict[str, object]:
    engine = open_engine(url)
    migrate(engine)
    ways = {way: make(engine) for way, make in WAYS.items()}
    # In turns, so that a machine that slows down slows all of them.
    rates: dict[str, dict[int, list[float]]] = {way: {writers: [] for writers in WRITERS} for way in ways}
    for _ in range(rounds):
        for writers in WRITERS:
            for way, write in ways.items():
                rates[way][writers].append(_rate(write, writers, seconds))
    found: dict[str, object] = {
        way: {writers: round(median(measured)) for writers, measured in by_writers.items()}
        for way, by_writers in rates.items()
    }
    found["verified"] = round(_verified(engine))
    click.echo(f"{name}: {found}", err=True)
    engine.dispose()
    return found


@click.command(help=__doc__)
@click.option("--seconds", type=click.FloatRange(0.1), default=2.0, show_default=True, help="For each.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="The median counts.")
def main(seconds: float, rounds: int) -> None:
    """Measure, and print JSON."""
    # Not in memory, where /tmp may lie: a commit has to wait for a disk.
    with tempfile.TemporaryDirectory(prefix="vantrexia-bench-", dir=Path.cwd()) as folder:
        found = {"sqlite": _measured("sqlite", f"sqlite:///{folder}/bench.sqlite3", seconds, rounds)}
        with postgresql() as cluster:
            found["postgresql"] = _measured("postgresql", cluster.url, seconds, rounds)
    json.dump(found, sys.stdout, indent=2)


if __name__ == "__main__":
    main()
