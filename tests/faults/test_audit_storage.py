"""The trail's storage is full, locked or raises: the call fails, nothing is shown, nothing changes."""

from collections.abc import Callable

import pytest

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, an_actor
from tests.faults.failing import Snapshot
from tests.faults.troubles import TROUBLES, Trouble, full
from tests.marks import FIRST, LAST, MRN, core_frames, marks_in
from vantrexia_adapters.sql import SqlTrailSource
from vantrexia_core.audit import AuditUnavailableError
from vantrexia_core.kernel import UnavailableError, full_disk_behind
from vantrexia_core.patients import (
    Listing,
    Patient,
    Reason,
    archive_patient,
    delete_patient,
    find_patients,
    look_up_patient,
    register_patient,
)
from vantrexia_web.problems import STATUS_OF

CALLS: dict[str, Callable[[Site, Patient], object]] = {
    "read": lambda site, patient: look_up_patient(site.desk, an_actor(), patient.id),
    "list": lambda site, _: find_patients(site.desk, an_actor(), Listing()),
    "create": lambda site, _: register_patient(site.desk, an_actor(), a_new_patient()),
    "archive": lambda site, patient: archive_patient(site.desk, an_actor(), patient.id, Reason("moved away")),
    "delete": lambda site, patient: delete_patient(site.desk, an_actor(), patient.id),
}


def _refused(site: Site, call: str, trouble: Trouble) -> None:
    patient = register_patient(site.desk, an_actor(), a_new_patient(first=FIRST, last=LAST, mrn=MRN))
    find_patients(site.desk, an_actor(), Listing())
    before, source = Snapshot.of(site.desk), SqlTrailSource(site.engine)
    with trouble(site):
        lines = source.size()
        with pytest.raises(UnavailableError) as refusal:
            CALLS[call](site, patient)
        assert refusal.value.code in {"audit_unavailable", "unavailable"}
        assert (full_disk_behind(refusal.value) is not None) is (trouble is full)
        assert marks_in(core_frames(refusal.value)) == []
    assert (Snapshot.of(site.desk), source.size()) == (before, lines)
    CALLS[call](site, patient)
    assert source.size() == lines + 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_without_a_trail_nothing_is_shown_or_changed(any_site: Site, call: str, trouble: str) -> None:
    """Readings as well as changes; and when the trouble is over, the same call succeeds."""
    _refused(any_site, call, TROUBLES[trouble])


def test_the_refusal_is_a_503() -> None:
    """What the web makes of both errors."""
    assert STATUS_OF[UnavailableError] == 503
    assert issubclass(AuditUnavailableError, UnavailableError)
