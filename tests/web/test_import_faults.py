"""An import from an EHR that misbehaves: one row an id, an entry for each, and nobody's data in passing."""

import logging

import pytest

from tests.adapters.ecw.server import FakeEcw, a_record
from tests.adapters.ecw.server import Fault as ServerFault
from tests.adapters.ecw.site import Site, a_client_key
from tests.adapters.ecw.test_roster import FAULTS, PHI
from tests.web.service import Service
from vantrexia_core.audit import Action
from vantrexia_core.ehr import Fault
from vantrexia_core.kernel import Role

PATH = "/api/v1/patients/import_selected_from_ecw/"
IDS = ["ECW-12345", "ECW-67890"]
GOOD = a_record(
    "ECW-67890",
    name=[{"use": "official", "family": "Okonjo", "given": ["John"]}],
    birthDate="1949-07-22",
    gender="male",
)


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
def test_a_fault_is_one_row_one_entry_and_no_more(
    fault: ServerFault, expected: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """From the socket to the answer: the other patient is imported, and the reason can be read aloud."""
    caplog.set_level(logging.DEBUG)
    with FakeEcw(a_client_key().published, [GOOD]) as ecw, Service(ehr=Site(ecw).roster) as service:
        ecw.fail("/Patient/ECW-12345", fault, times=9)
        answer = service.send("POST", PATH, {"ecw_patient_ids": IDS}, role=Role.PROVIDER)
        entries = [entry for entry in service.trail if entry.action is Action.IMPORT]
    assert answer.status_code == 200
    report = answer.json()
    assert (report["imported"], report["skipped"], report["errors"]) == (1, 0, 1)
    failed, imported = report["details"]
    assert (failed["ecw_id"], failed["status"], imported["status"]) == ("ECW-12345", "error", "imported")
    assert failed["reason"]
    assert not any(word in failed["reason"].lower() for word in PHI)
    assert sorted(str(entry.code) for entry in entries if entry.code) == [expected.value]
    assert len(entries) == 2
    assert not any(word in caplog.text.lower() for word in PHI)


def test_an_ehr_that_refuses_us_is_one_bounded_failure() -> None:
    """A 503 with its reason, an entry in the trail, and nothing imported."""
    with FakeEcw(a_client_key().published, [GOOD]) as ecw:
        site = Site(ecw, client_id="somebody-else")
        with Service(ehr=site.roster) as service:
            before = service.stored
            answer = service.send("POST", PATH, {"ecw_patient_ids": IDS}, role=Role.PROVIDER)
            assert (answer.status_code, answer.json()["code"]) == (503, "ecw_unavailable")
            assert "invalid_client" in answer.json()["detail"]
            assert service.stored == before
            (entry,) = [entry for entry in service.trail if entry.action is Action.IMPORT]
            assert entry.code == "ecw_unavailable"
