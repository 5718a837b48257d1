"""Files of patients on every store: a lot whole or not at all, and each line once whoever takes part."""

from collections.abc import Sequence

import attrs
import pytest

from tests.builders import a_new_patient, an_actor
from tests.contracts.stores import Stores, at_once
from tests.desks import a_memory_desk, entries_of
from vantrexia_adapters.fhir import parse_line, patient_lines
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.kernel import NotFoundError, PermissionDeniedError, Phi, Role
from vantrexia_core.patients import (
    ARCHIVED_ELSEWHERE,
    ExternalId,
    FileImport,
    FileLine,
    FileMovedOnError,
    LineVerdict,
    Listing,
    Mrn,
    NewPatient,
    Preview,
    Reason,
    archive_patient,
    begin_file_import,
    delete_patient,
    find_archived_patients,
    find_links,
    import_lines,
    list_versions,
    merge_patients,
    register_patient,
)

ADMIN = an_actor()
FINGERPRINT = Phi(b"a file")
BORN_OTHERWISE = a_new_patient(
    first="Ann", last="Lee", born=a_new_patient().date_of_birth.reveal().replace(year=1990)
)


def _lines(*people: NewPatient | None, first: int = 1) -> list[FileLine]:
    return [FileLine(number, new) for number, new in enumerate(people, start=first)]


def _person(number: int, **identifiers: object) -> NewPatient:
    return attrs.evolve(a_new_patient(first=f"N{number}"), **identifiers)


def _begun(stores: Stores) -> FileImport:
    return begin_file_import(stores.desk, ADMIN, FINGERPRINT)


def _count(stores: Stores) -> int:
    return stores.desk.directory.find(stores.here, Listing()).count


def test_lines_become_patients_once(stores: Stores):
    """Counted, recorded line by line, with their versions' maker; and gone on with where it was."""
    file = _begun(stores)
    file, outcomes = import_lines(stores.desk, ADMIN, file, _lines(_person(1), None, _person(3)), upto=4)
    assert [one.verdict for one in outcomes] == [
        LineVerdict.IMPORTED,
        LineVerdict.INVALID,
        LineVerdict.IMPORTED,
    ]
    assert (file.lines, file.imported, file.skipped, file.refused, file.is_done) == (4, 2, 0, 1, False)
    assert _begun(stores) == file
    entries = [one for one in entries_of(stores.desk) if one.action is Action.IMPORT]
    assert [(one.outcome, one.code) for one in entries] == [
        (Outcome.DONE, None),
        (Outcome.REFUSED, "line_invalid"),
        (Outcome.DONE, None),
    ]
    assert outcomes[0].patient_id is not None
    (version,) = list_versions(stores.desk, ADMIN, outcomes[0].patient_id).items
    assert version.made_by is not None
    assert version.made_by.entry == entries[0]
    done, _ = import_lines(stores.desk, ADMIN, file, [], upto=4, is_last=True)
    assert (done.is_done, _begun(stores)) == (True, done)
    with pytest.raises(FileMovedOnError):
        import_lines(stores.desk, ADMIN, done, [], upto=4)
    assert begin_file_import(stores.desk, ADMIN, FINGERPRINT, again=True).lines == 0


def test_of_two_who_import_one_file_at_once_one_does(stores: Stores):
    """Lot by lot: whoever comes second is told so, and nobody is here twice."""
    file = _begun(stores)
    people = _lines(*(_person(number) for number in range(20)))
    results = at_once([lambda: import_lines(stores.desk, ADMIN, file, people, upto=20) for _ in range(3)])
    assert sum(isinstance(one, FileMovedOnError) for one in results) == 2, results
    assert _count(stores) == 20


PRESENT = {"mrn": Mrn("M-1"), "external_id": ExternalId("E-1")}


def _verdicts(stores: Stores, *people: NewPatient) -> list[LineVerdict]:
    """What a dry run says; what the import then does must be the same."""
    told = [one.verdict for one in Preview(stores.desk, ADMIN).look(_lines(*people))]
    before = _count(stores)
    file = begin_file_import(stores.desk, ADMIN, None)
    _, outcomes = import_lines(stores.desk, ADMIN, file, _lines(*people), upto=len(people))
    assert [one.verdict for one in outcomes] == told
    assert _count(stores) - before == told.count(LineVerdict.IMPORTED)
    return told


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        (PRESENT, LineVerdict.HERE),
        ({"mrn": Mrn("M-1")}, LineVerdict.HERE),
        ({"external_id": ExternalId("E-1")}, LineVerdict.HERE),
        ({"mrn": Mrn("M-1"), "name": BORN_OTHERWISE.name}, LineVerdict.HERE),
        ({"mrn": Mrn("M-1"), "date_of_birth": BORN_OTHERWISE.date_of_birth}, LineVerdict.HERE),
        (
            {"mrn": Mrn("M-1"), "date_of_birth": BORN_OTHERWISE.date_of_birth, "name": BORN_OTHERWISE.name},
            LineVerdict.TAKEN,
        ),
        ({"mrn": Mrn("M-1"), "external_id": ExternalId("E-2")}, LineVerdict.TAKEN),
        ({"mrn": Mrn("M-9"), "external_id": ExternalId("E-9")}, LineVerdict.IMPORTED),
        ({}, LineVerdict.IMPORTED),
    ],
)
def test_an_identifier_that_is_here(stores: Stores, changes: dict[str, object], verdict: LineVerdict):
    """The same person is passed over; a number that leads to somebody else, or to two, is refused."""
    register_patient(stores.desk, ADMIN, attrs.evolve(a_new_patient(), **PRESENT))
    register_patient(stores.desk, ADMIN, _person(2, mrn=Mrn("M-2"), external_id=ExternalId("E-2")))
    assert _verdicts(stores, attrs.evolve(a_new_patient(), **changes)) == [verdict]


def test_an_identifier_of_a_deleted_record(stores: Stores):
    """Stays reserved, and the record stays hidden."""
    gone = register_patient(stores.desk, ADMIN, attrs.evolve(a_new_patient(), **PRESENT))
    delete_patient(stores.desk, ADMIN, gone.id)
    assert _verdicts(stores, attrs.evolve(a_new_patient(), **PRESENT)) == [LineVerdict.HIDDEN]


def test_identifiers_that_come_twice_in_a_file(stores: Stores):
    """The first one counts; whoever follows is the same person or refused."""
    first = attrs.evolve(a_new_patient(), mrn=Mrn("M-7"))
    assert _verdicts(stores, first, first, attrs.evolve(BORN_OTHERWISE, mrn=Mrn("M-7")), _person(4)) == [
        LineVerdict.IMPORTED,
        LineVerdict.HERE,
        LineVerdict.TAKEN,
        LineVerdict.IMPORTED,
    ]


def test_our_numbers_give_way_to_theirs(stores: Stores):
    """A line that brings the very number which the counter has reached keeps it, wherever it stands."""
    people = [_person(1), _person(2), _person(3, mrn=Mrn.numbered(2)), _person(4, mrn=Mrn.numbered(1))]
    file = _begun(stores)
    _, outcomes = import_lines(stores.desk, ADMIN, file, _lines(*people), upto=4)
    mrns = [stores.read(one.patient_id).mrn.reveal() for one in outcomes if one.patient_id is not None]
    assert mrns[2:] == ["MRN-00002", "MRN-00001"]
    assert len(set(mrns)) == 4


def test_files_are_told_apart(stores: Stores):
    """By their content, within a practice; one without a fingerprint is nobody's to go on with."""
    first = _begun(stores)
    assert begin_file_import(stores.desk, ADMIN, Phi(b"another")).id != first.id
    assert begin_file_import(stores.desk, ADMIN, None).id != first.id
    elsewhere = an_actor(practice_id=stores.elsewhere)
    assert begin_file_import(stores.desk, elsewhere, FINGERPRINT).id != first.id
    with pytest.raises(NotFoundError):
        import_lines(stores.desk, elsewhere, first, [], upto=0)
    again = begin_file_import(stores.desk, ADMIN, FINGERPRINT, again=True)
    with stores.desk.begin(stores.here) as work:
        assert work.file_imports.find(FINGERPRINT) in (again, first)


ROLES: Sequence[Role] = (Role.NURSE, Role.MA, Role.DATA_MONITOR, Role.BILLING_MANAGER, Role.PATIENT)


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_import_imports_no_file(role: Role):
    """Refused and recorded: begin, import, preview."""
    desk, actor = a_memory_desk(), an_actor(role)
    file = begin_file_import(desk, ADMIN, None)
    for ask in (
        lambda: begin_file_import(desk, actor, None),
        lambda: import_lines(desk, actor, file, _lines(a_new_patient()), upto=1),
        lambda: Preview(desk, actor).look(_lines(a_new_patient())),
    ):
        with pytest.raises(PermissionDeniedError):
            ask()
        assert desk.entries[-1].outcome is Outcome.REFUSED


def test_a_practice_that_moves_finds_its_records_as_they_stood(stores: Stores):
    """Exported and imported: archived ones are archived, for a reason; merged ones are one record."""
    active, archived, survivor, loser = (
        register_patient(stores.desk, ADMIN, _person(number, mrn=Mrn(f"M-{number}"))) for number in range(4)
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
    file, outcomes = import_lines(stores.desk, there, file, read, upto=4, is_last=True)
    assert [one.verdict for one in outcomes] == [LineVerdict.IMPORTED] * 3 + [LineVerdict.REPLACED]
    assert [one.verdict for one in previewed] == [one.verdict for one in outcomes]
    assert (file.imported, file.skipped, file.refused) == (3, 1, 0)
    (moved,) = find_archived_patients(stores.desk, there, Listing()).items
    assert (moved.patient.mrn, moved.change.reason) == (archived.mrn, ARCHIVED_ELSEWHERE)
    versions = list_versions(stores.desk, there, moved.patient.id).items
    assert [one.made_by is not None for one in versions] == [True, True]
    assert stores.desk.directory.find(stores.elsewhere, Listing()).count == 2
