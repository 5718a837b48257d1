"""Files of patients on every store: a lot whole or not at all, and each line once whoever takes part."""

import pytest

from tests.builders import a_new_patient, an_actor
from tests.contracts.stores import OurStores
from tests.desks import a_memory_desk
from vantrexia_adapters.fhir import parse_line, patient_lines
from vantrexia_contracts.file_imports import ADMIN, FINGERPRINT, FileImportStoreContract, lines_of
from vantrexia_contracts.stores import Stores
from vantrexia_core.audit import Outcome
from vantrexia_core.kernel import PermissionDeniedError, Role
from vantrexia_core.patients import (
    ARCHIVED_ELSEWHERE,
    LineVerdict,
    Listing,
    Mrn,
    Preview,
    Reason,
    archive_patient,
    begin_file_import,
    find_archived_patients,
    find_links,
    import_lines,
    list_versions,
    merge_patients,
    register_patient,
)

ROLES = (Role.NURSE, Role.MA, Role.DATA_MONITOR, Role.BILLING_MANAGER, Role.PATIENT)


class TestFileImportStore(OurStores, FileImportStoreContract):
    """Each of our adapters."""


class TestMoving(OurStores):
    """From one practice to another, by a file."""

    def test_a_practice_that_moves_finds_its_records_as_they_stood(self, stores: Stores):
        """Archived ones arrive archived, for a reason; merged ones are one record; nobody else is noted."""
        active, archived, survivor, loser = (
            register_patient(stores.desk, ADMIN, a_new_patient(first=f"N{number}", mrn=f"M-{number}"))
            for number in range(4)
        )
        archive_patient(stores.desk, ADMIN, archived.id, Reason("Moved away"))
        merge_patients(stores.desk, ADMIN, survivor.id, loser.id, Reason("Twice"))
        with stores.desk.begin(stores.here) as work:
            leaving = [work.patients.get(one.id) for one in (active, archived, survivor, loser)]
        lines = patient_lines(leaving, find_links(stores.desk, stores.here, leaving)).splitlines()
        there = an_actor(practice_id=stores.elsewhere)
        read = [parse_line(number, line) for number, line in enumerate(lines, start=1)]
        previewed = Preview(stores.desk, there).look(read)
        file = begin_file_import(stores.desk, there, FINGERPRINT)
        file, outcomes = import_lines(stores.desk, there, file, read, upto=4)
        assert [one.verdict for one in outcomes] == [LineVerdict.IMPORTED] * 3 + [LineVerdict.REPLACED]
        assert [one.verdict for one in previewed] == [one.verdict for one in outcomes]
        assert (file.imported, file.skipped, file.refused) == (3, 1, 0)
        (moved,) = find_archived_patients(stores.desk, there, Listing()).items
        assert (moved.patient.mrn, moved.change.reason) == (Mrn("M-1"), ARCHIVED_ELSEWHERE)
        versions = list_versions(stores.desk, there, moved.patient.id).items
        assert [one.made_by is not None for one in versions] == [True, True]
        with stores.desk.begin(stores.elsewhere) as work:
            work.uncompared.remove(work.uncompared.first(10))
            work.commit()
        import_lines(stores.desk, there, file, [parse_line(5, lines[0])], upto=5, is_last=True)
        with stores.desk.begin(stores.elsewhere) as work:
            assert work.uncompared.count() == 0
        assert stores.desk.directory.find(stores.elsewhere, Listing()).count == 2


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_import_imports_no_file(role: Role):
    """Refused and recorded: begin, import, preview."""
    desk, actor = a_memory_desk(), an_actor(role)
    file = begin_file_import(desk, ADMIN, None)
    for ask in (
        lambda: begin_file_import(desk, actor, None),
        lambda: import_lines(desk, actor, file, lines_of(a_new_patient()), upto=1),
        lambda: Preview(desk, actor).look(lines_of(a_new_patient())),
    ):
        with pytest.raises(PermissionDeniedError):
            ask()
        assert desk.entries[-1].outcome is Outcome.REFUSED
