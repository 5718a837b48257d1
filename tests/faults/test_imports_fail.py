"""Imports, broken at every call of a port in turn: what came stays, and doing it again completes it, once."""

from collections.abc import Callable

import pytest

from tests.builders import a_new_patient, a_practice_id, an_actor
from tests.desks import a_memory_desk, entries_of
from tests.ehr import a_told, an_external_id
from tests.faults.failing import FailingDesk, Fault
from tests.marks import core_frames, marks_in
from vantrexia_adapters.memory import MemoryDesk, MemoryRoster
from vantrexia_core.audit import Action, AuditUnavailableError, Outcome
from vantrexia_core.ehr import (
    EhrUnavailableError,
    ImportReport,
    JobStatus,
    Verdict,
    import_batch,
    import_patients,
    start_import,
)
from vantrexia_core.kernel import UnavailableError
from vantrexia_core.patients import Listing, register_patient

ADMIN = an_actor()
IDS = [an_external_id(number) for number in (1, 2, 3)]
CALLS_MAX = 200


class DiskError(Exception):
    """An error of a driver, which nobody has translated."""


ERRORS: dict[str, Callable[[], Exception]] = {
    "unavailable": UnavailableError,
    "no trail": AuditUnavailableError,
    "no EHR": EhrUnavailableError,
    "a foreign error": lambda: DiskError("the driver's own words"),
}


def _desk() -> MemoryDesk:
    """An EHR that knows three; one of them is here under no external id, another under hers."""
    roster = MemoryRoster(a_told(number) for number in (1, 2, 3))
    desk = a_memory_desk(rosters={a_practice_id(): roster})
    told = a_told(2)
    assert told.last_name is not None
    register_patient(desk, ADMIN, a_new_patient(last=told.last_name.reveal(), email=None, phone=None))
    register_patient(desk, ADMIN, a_new_patient(last="Nakamura", external_id=IDS[2].reveal()))
    return desk


def _held(desk: MemoryDesk) -> list[str]:
    found = desk.directory.find(a_practice_id(), Listing())
    with desk.begin(a_practice_id()) as work:
        patients = work.patients.fetch(found.numbers, as_of=found.as_of) or ()
    return sorted("" if one.external_id is None else one.external_id.reveal() for one in patients)


def _import(desk: object) -> object:
    return import_patients(desk, ADMIN, IDS)  # type: ignore[arg-type]


def _job(desk: object) -> object:
    job = start_import(desk, ADMIN, IDS)  # type: ignore[arg-type]
    while job.status is JobStatus.OPEN:
        job = import_batch(desk, ADMIN, job.id)  # type: ignore[arg-type]
    return job


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("do", [_import, _job])
def test_an_import_that_breaks_anywhere_is_completed_by_doing_it_again(
    do: Callable[[object], object], error: str
) -> None:
    """At the n-th call, for every n: one failure or error rows, then each person is here exactly once."""
    for at in range(1, CALLS_MAX):
        desk, fault = _desk(), Fault(at, ERRORS[error])
        try:
            result = do(FailingDesk(desk, fault))
        except (UnavailableError, DiskError) as failure:
            assert marks_in(core_frames(failure)) == []  # noqa: PT017 - most of them fail
        else:
            if not fault.has_struck:
                break
            if isinstance(result, ImportReport):
                # It was contained: the id under way is an error; without the EHR, both that are new.
                assert result.counts[Verdict.FAILED] <= (2 if error == "no EHR" else 1), fault.struck
        again = import_patients(desk, ADMIN, IDS)
        assert Verdict.FAILED not in again.counts, fault.struck
        assert _held(desk) == sorted(id_.reveal() for id_ in IDS), fault.struck
        done = [
            one for one in entries_of(desk) if one.action is Action.IMPORT and one.outcome is Outcome.DONE
        ]
        assert len(done) == 2, fault.struck
    else:
        pytest.fail("an import makes too many calls")
    assert at > 10
