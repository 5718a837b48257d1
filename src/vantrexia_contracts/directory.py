"""What every adapter promises of the directory."""

import threading
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings

from vantrexia_contracts.given.builders import (
    NOW,
    a_new_patient,
    a_patient,
    a_patient_id,
    a_practice_id,
    an_actor,
)
from vantrexia_contracts.given.strategies.patients import Row, listings, numbered
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once
from vantrexia_core.kernel import NamePart, PageRequest, PersonName, Phi
from vantrexia_core.patients import (
    NAME_NOT_KNOWN,
    Found,
    Listing,
    Ordering,
    Reason,
    Revision,
    Status,
    archive_patient,
    delete_patient,
    find,
    find_patients,
    register_patient,
    revise_patient,
)

WRITERS, EACH = 4, 6

PEOPLE = (
    ("Smith", "Ann", "MRN-00001"),
    ("SMITH", "Bo", "MRN-00002"),
    ("Smíth", "Ann", "7"),
    ("O'Brien", "Zoë", "8"),
    ("Obrien", "Max", "9"),
    ("Garcia-Lopez", "Ana", "X-1"),
    ("Garcia Lopez", "Ana", "X-2"),
    ("李", "小龙", "李-1"),
    ("Núñez", "José", "42"),
    ("Nunez", "Jose", "43"),
    ("de la Cruz", "María José", "44"),
    ("Ng", "A", "%_"),
)


def _rows() -> list[Row]:
    statuses = list(Status)
    return [
        Row(a_patient_id(n), statuses[n % 5 % 3], NOW + timedelta(minutes=n % 4), last, first, mrn)
        for n, (last, first, mrn) in enumerate(PEOPLE)
    ]


def _ids(stores: Stores, **asked: Any) -> list[int]:
    """Which of the numbered records a listing shows, in order."""
    return list(stores.desk.directory.find(stores.here, Listing(**asked)).numbers)


class PatientDirectoryContract(StoresContract):
    """The listing, over whatever the store holds."""

    def test_an_empty_practice_lists_nothing(self, stores: Stores) -> None:
        """No record, no result, and no error."""
        found = stores.desk.directory.find(stores.here, Listing())
        assert (found.count, found.numbers) == (0, ())

    def test_an_unknown_practice_lists_nothing(self, stores: Stores) -> None:
        """A practice without any record looks like one that does not exist."""
        assert stores.desk.directory.find(a_practice_id(99), Listing()).count == 0

    def test_a_listing_means_what_the_core_says(self, stores: Stores) -> None:
        """Count and page are those of the pure definition, whatever is searched, ordered and paged."""
        rows = _rows()
        for row in rows:
            new = a_new_patient(first=row.first, last=row.last, mrn=row.mrn)
            stores.store(a_patient(new, id_=row.id, status=row.status, created_at=row.created_at))
        entries = numbered(rows)

        @settings(max_examples=40)
        @given(listing=listings(rows))
        def check(listing: Listing) -> None:
            found = stores.desk.directory.find(stores.here, listing)
            assert (found.count, found.numbers) == find(entries, listing)

        check()

    @pytest.mark.parametrize("ordering", list(Ordering))
    def test_the_pages_together_are_the_whole_list_once(self, stores: Stores, ordering: Ordering) -> None:
        """Paging is total and stable: no record twice, none left out, whatever their names have in common."""
        stores.store(*(a_record(number, last="Smith") for number in range(1, 8)))
        pages = [_ids(stores, ordering=ordering, page=PageRequest(number, 3)) for number in (1, 2, 3)]
        whole = _ids(stores, ordering=ordering)
        assert [number for page in pages for number in page] == whole
        assert sorted(whole) == list(range(1, 8))

    def test_another_practices_records_are_not_listed(self, stores: Stores) -> None:
        """Neither count nor ids tell that another practice exists."""
        stores.store(a_record(1), a_record(2, practice_id=stores.elsewhere))
        assert _ids(stores) == [1]

    def test_uncommitted_records_are_not_listed(self, stores: Stores) -> None:
        """The directory shows what is committed, even when it is asked from inside the unit of work."""
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(1))
            assert _ids(stores) == []
            work.commit()
        assert _ids(stores) == [1]

    def test_a_committed_change_is_listed_at_once(self, stores: Stores) -> None:
        """A new name is found and an old one is not; a move changes the list that a record is on."""
        actor = an_actor()
        patient = register_patient(stores.desk, actor, a_new_patient(last="Smith"))

        def shown(**asked: Any) -> int:
            return stores.desk.directory.find(stores.here, Listing(**asked)).count

        revise_patient(stores.desk, actor, patient.id, Revision(last_name=NamePart("Jones")))
        assert (shown(search=Phi("smith")), shown(search=Phi("jones"))) == (0, 1)
        archive_patient(stores.desk, actor, patient.id, Reason("Moved away"))
        assert (shown(), shown(status=Status.ARCHIVED)) == (0, 1)
        delete_patient(stores.desk, actor, patient.id)
        assert (shown(status=Status.ARCHIVED), shown(status=Status.DELETED)) == (0, 1)

    def test_people_whose_names_are_not_known_are_listed_first(self, stores: Stores) -> None:
        """A newborn, a person with one name: they are found by what is known, and come before A."""
        actor = an_actor()
        names = [
            (NAME_NOT_KNOWN, NamePart("Suharto")),
            (NAME_NOT_KNOWN, NAME_NOT_KNOWN),
            (NamePart("Ann"), NamePart("A")),
        ]
        records = [
            register_patient(stores.desk, actor, attrs.evolve(a_new_patient(), name=PersonName(*name)))
            for name in names
        ]
        page = find_patients(stores.desk, actor, Listing()).items
        assert [patient.name for patient in page] == [records[place].name for place in (1, 2, 0)]
        found = find_patients(stores.desk, actor, Listing(search=Phi("suh"))).items
        assert [patient.id for patient in found] == [records[0].id]

    def test_equal_change_numbers_mean_equal_answers(self, stores: Stores) -> None:
        """Numbers are given out in the order of commits: while others write, no answer grows in hindsight."""
        actor = an_actor()
        done = threading.Event()
        answers: dict[int, Found] = {}
        grown: list[int] = []

        def write() -> None:
            for _ in range(EACH):
                register_patient(stores.desk, actor, a_new_patient())

        def watch() -> None:
            while not done.is_set():
                found = stores.desk.directory.find(stores.here, Listing())
                if answers.setdefault(found.as_of, found) != found:
                    grown.append(found.as_of)

        watcher = threading.Thread(target=watch)
        watcher.start()
        errors = [result for result in at_once([write] * WRITERS) if result is not None]
        done.set()
        watcher.join()
        assert not errors
        assert not grown
        last = stores.desk.directory.find(stores.here, Listing())
        assert last.count == WRITERS * EACH == last.as_of
