"""A process with several writers to one trail: half of them write as changes do, half as readings do."""

import threading
from collections.abc import Callable

from tests.ledger import an_entry
from vantrexia_adapters.sql import open_engine
from vantrexia_adapters.sql.audit import SqlTrail, TrailWriter
from vantrexia_adapters.sql.database import Database, Transaction

WAIT_SECONDS = 60.0
"""Sixteen writers share two cores with everything else that runs here."""


def write(url: str, writers: int, each: int) -> None:
    """Write ``each`` entries by each of some threads. Every other writer undoes a unit of work at times."""
    engine = open_engine(url, wait_seconds=WAIT_SECONDS)
    database = Database(engine)
    shared = TrailWriter(database)

    def as_change(number: int) -> None:
        for is_kept in (number % 5 != 0, True):
            transaction = Transaction(database)
            try:
                trail = SqlTrail(transaction)
                trail.append(an_entry(number))
                trail.flush()
                if is_kept:
                    transaction.commit()
                    return
            finally:
                transaction.close()

    def as_reading(number: int) -> None:
        shared.write([an_entry(number)])

    def repeat(one: Callable[[int], None]) -> None:
        for number in range(each):
            one(number)

    ways = [as_change, as_reading] * writers
    threads = [threading.Thread(target=repeat, args=(way,)) for way in ways[:writers]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
