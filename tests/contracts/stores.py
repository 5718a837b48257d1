"""What a contract test is given, and how it makes several callers come at once."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import attrs

from tests.builders import a_new_patient, a_patient, a_patient_id, a_practice_id
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryDesk, MemoryRoster
from vantrexia_adapters.sql import SqlDesk
from vantrexia_core.kernel import PatientId, PracticeId
from vantrexia_core.patients import Patient

ADAPTERS = ("memory", "sqlite", "postgresql")
HERE, ELSEWHERE = a_practice_id(1), a_practice_id(2)
T = TypeVar("T")


@attrs.frozen
class Stores:
    """One adapter's desk with two practices, both empty; the first has an EHR that knows nobody yet."""

    desk: MemoryDesk | SqlDesk
    clock: ManualClock
    roster: MemoryRoster = attrs.field(factory=MemoryRoster)
    here: PracticeId = HERE
    elsewhere: PracticeId = ELSEWHERE

    def store(self, *patients: Patient) -> None:
        """Commit records to the practice that they name."""
        for patient in patients:
            with self.desk.begin(patient.practice_id) as work:
                work.patients.add(patient)
                work.commit()

    def read(self, patient_id: PatientId, practice_id: PracticeId | None = None) -> Patient:
        """A record as somebody else sees it now."""
        with self.desk.begin(practice_id or self.here) as work:
            return work.patients.get(patient_id)


def a_record(
    number: int = 1,
    *,
    mrn: str | None = None,
    external_id: str | None = None,
    practice_id: PracticeId | None = None,
    last: str = "Quintero",
) -> Patient:
    """A record that collides with no other number's."""
    return a_patient(
        a_new_patient(last=last, mrn=mrn or f"MRN-{number:05d}", external_id=external_id),
        id_=a_patient_id(number),
        practice_id=practice_id,
    )


def at_once(calls: Iterable[Callable[[], T]]) -> list[T | Exception]:
    """Make all calls at the same moment, a thread each; their results or errors in the order of the calls."""
    calls = list(calls)
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the caller judges it
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
