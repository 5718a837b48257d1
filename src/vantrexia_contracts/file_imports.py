"""Files of patients on every store: a lot whole or not at all, and each line once whoever takes part."""

from typing import Any

import attrs
import pytest

from vantrexia_contracts.given.builders import a_new_patient, an_actor
from vantrexia_contracts.stores import Stores, StoresContract, at_once, entries_of
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.kernel import NotFoundError, Phi
from vantrexia_core.patients import (
    ExternalId,
    FileImport,
    FileLine,
    FileMovedOnError,
    LineVerdict,
    Listing,
    Mrn,
    NewPatient,
    Preview,
    begin_file_import,
    delete_patient,
    import_lines,
    list_versions,
    register_patient,
)

ADMIN = an_actor()
FINGERPRINT = Phi(b"a file")

BORN_OTHERWISE = a_new_patient(
    first="Ann", last="Lee", born=a_new_patient().date_of_birth.reveal().replace(year=1990)
)


def lines_of(*people: NewPatient | None, first: int = 1) -> list[FileLine]:
    """A file's lines, numbered; None is one that could not be read."""
    return [FileLine(number, new) for number, new in enumerate(people, start=first)]


def _person(number: int, **identifiers: Any) -> NewPatient:
    return attrs.evolve(a_new_patient(first=f"N{number}"), **identifiers)


def _begun(stores: Stores) -> FileImport:
    return begin_file_import(stores.desk, ADMIN, FINGERPRINT)


def _count(stores: Stores) -> int:
    return stores.desk.directory.find(stores.here, Listing()).count


PRESENT: dict[str, Any] = {"mrn": Mrn("M-1"), "external_id": ExternalId("E-1")}


def _verdicts(stores: Stores, *people: NewPatient) -> list[LineVerdict]:
    """What a dry run says; what the import then does must be the same."""
    told = [one.verdict for one in Preview(stores.desk, ADMIN).look(lines_of(*people))]
    before = _count(stores)
    file = begin_file_import(stores.desk, ADMIN, None)
    _, outcomes = import_lines(stores.desk, ADMIN, file, lines_of(*people), upto=len(people))
    assert [one.verdict for one in outcomes] == told
    assert _count(stores) - before == told.count(LineVerdict.IMPORTED)
    return told


class FileImportStoreContract(StoresContract):
    """Files that a practice takes in."""

    def test_lines_become_patients_once(self, stores: Stores) -> None:
        """Counted, recorded line by line, with their versions' maker; and gone on with where it was."""
        file = _begun(stores)
        file, outcomes = import_lines(
            stores.desk, ADMIN, file, lines_of(_person(1), None, _person(3)), upto=4
        )
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

    def test_of_two_who_import_one_file_at_once_one_does(self, stores: Stores) -> None:
        """Lot by lot: whoever comes second is told so, and nobody is here twice."""
        file = _begun(stores)
        people = lines_of(*(_person(number) for number in range(20)))
        results = at_once([lambda: import_lines(stores.desk, ADMIN, file, people, upto=20) for _ in range(3)])
        assert sum(isinstance(one, FileMovedOnError) for one in results) == 2, results
        assert _count(stores) == 20

    @pytest.mark.parametrize(
        ("changes", "verdict"),
        [
            (PRESENT, LineVerdict.HERE),
            ({"mrn": Mrn("M-1")}, LineVerdict.HERE),
            ({"external_id": ExternalId("E-1")}, LineVerdict.HERE),
            ({"mrn": Mrn("M-1"), "name": BORN_OTHERWISE.name}, LineVerdict.HERE),
            ({"mrn": Mrn("M-1"), "date_of_birth": BORN_OTHERWISE.date_of_birth}, LineVerdict.HERE),
            (
                {
                    "mrn": Mrn("M-1"),
                    "date_of_birth": BORN_OTHERWISE.date_of_birth,
                    "name": BORN_OTHERWISE.name,
                },
                LineVerdict.TAKEN,
            ),
            ({"mrn": Mrn("M-1"), "external_id": ExternalId("E-2")}, LineVerdict.TAKEN),
            ({"mrn": Mrn("M-9"), "external_id": ExternalId("E-9")}, LineVerdict.IMPORTED),
            ({}, LineVerdict.IMPORTED),
        ],
    )
    def test_an_identifier_that_is_here(
        self, stores: Stores, changes: dict[str, Any], verdict: LineVerdict
    ) -> None:
        """The same person is passed over; a number that leads to somebody else, or to two, is refused."""
        register_patient(stores.desk, ADMIN, attrs.evolve(a_new_patient(), **PRESENT))
        register_patient(stores.desk, ADMIN, _person(2, mrn=Mrn("M-2"), external_id=ExternalId("E-2")))
        assert _verdicts(stores, attrs.evolve(a_new_patient(), **changes)) == [verdict]

    def test_an_identifier_of_a_deleted_record(self, stores: Stores) -> None:
        """Stays reserved, and the record stays hidden."""
        gone = register_patient(stores.desk, ADMIN, attrs.evolve(a_new_patient(), **PRESENT))
        delete_patient(stores.desk, ADMIN, gone.id)
        assert _verdicts(stores, attrs.evolve(a_new_patient(), **PRESENT)) == [LineVerdict.HIDDEN]

    def test_identifiers_that_come_twice_in_a_file(self, stores: Stores) -> None:
        """The first one counts; whoever follows is the same person or refused."""
        first = attrs.evolve(a_new_patient(), mrn=Mrn("M-7"))
        assert _verdicts(stores, first, first, attrs.evolve(BORN_OTHERWISE, mrn=Mrn("M-7")), _person(4)) == [
            LineVerdict.IMPORTED,
            LineVerdict.HERE,
            LineVerdict.TAKEN,
            LineVerdict.IMPORTED,
        ]

    def test_our_numbers_give_way_to_theirs(self, stores: Stores) -> None:
        """A line that brings the very number which the counter has reached keeps it, wherever it stands."""
        people = [_person(1), _person(2), _person(3, mrn=Mrn.numbered(2)), _person(4, mrn=Mrn.numbered(1))]
        file = _begun(stores)
        _, outcomes = import_lines(stores.desk, ADMIN, file, lines_of(*people), upto=4)
        mrns = [stores.read(one.patient_id).mrn.reveal() for one in outcomes if one.patient_id is not None]
        assert mrns[2:] == ["MRN-00002", "MRN-00001"]
        assert len(set(mrns)) == 4

    def test_files_are_told_apart(self, stores: Stores) -> None:
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
