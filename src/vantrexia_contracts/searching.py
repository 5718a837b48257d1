"""Searching by fields, over every adapter: exact counts, what only records can tell, and who is told."""

from datetime import date, timedelta
from typing import Any

import pytest

from vantrexia_contracts.given.builders import NOW, a_new_patient, a_patient_id, an_actor
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once
from vantrexia_core.audit import Action
from vantrexia_core.kernel import NotFoundError, Page, PageRequest, Phi, Role
from vantrexia_core.patients import (
    AmbiguousSearchError,
    BornCondition,
    Condition,
    ContactCondition,
    Days,
    ExternalId,
    Gender,
    GenderCondition,
    Holder,
    IdCondition,
    IdentifierCondition,
    Mrn,
    NameCondition,
    NameField,
    Ordering,
    Patient,
    PatientSearch,
    Reason,
    Status,
    TextMatch,
    TooCostlyError,
    archive_patient,
    delete_patient,
    lookup,
    register_patient,
    register_unless_known,
    registration,
    search_patients,
)

PEOPLE = (
    ("Ann", "Smith", date(1950, 1, 2), Gender.FEMALE, "555-0001", "ann@example.org"),
    ("Bo", "SMITH", date(1950, 12, 31), Gender.MALE, "(555) 0002", None),
    ("Zoë", "Núñez", date(1951, 1, 1), Gender.OTHER, None, "ZOE@example.org"),
    ("Ann", "Smithers", date(1984, 2, 29), Gender.FEMALE, "555-0001", None),
    ("José", "de la Cruz", date(2001, 7, 7), Gender.UNKNOWN, None, None),
)

BEGIN = TextMatch.BEGINS


def _named(field: NameField, match: TextMatch, *texts: str) -> NameCondition:
    return NameCondition(field, match, Phi(texts))


def _search(stores: Stores, *where: Condition, **asked: Any) -> Page[Patient]:
    search = PatientSearch(where, **asked)
    return search_patients(stores.desk, an_actor(practice_id=stores.here), search)


def _unless_known(stores: Stores, *where: Condition) -> tuple[Patient, bool]:
    actor, new = (
        an_actor(practice_id=stores.here),
        a_new_patient(first="Ann", last="Quintero", phone="555-0009"),
    )
    admission, is_new = register_unless_known(stores.desk, actor, new, PatientSearch(where))
    return admission.patient, is_new


class SearchingContract(StoresContract):
    """Searches by field, through records and directory."""

    @pytest.fixture
    def people(self, stores: Stores) -> list[Patient]:
        """Five people, the last of them archived, and one more who is deleted."""
        actor = an_actor(practice_id=stores.here)
        found = [
            register_patient(
                stores.desk,
                actor,
                a_new_patient(
                    first=first, last=last, born=born, gender=gender, phone=phone, email=email,
                    mrn=f"M-{place}", external_id=f"E-{place}",
                ),
            )
            for place, (first, last, born, gender, phone, email) in enumerate(PEOPLE)
        ]  # fmt: skip
        archive_patient(stores.desk, actor, found[-1].id, Reason("Moved away"))
        gone = register_patient(stores.desk, actor, a_new_patient(last="Smith", mrn="GONE"))
        delete_patient(stores.desk, actor, gone.id)
        return found

    @pytest.mark.parametrize(
        ("where", "found"),
        [
            ((), [4, 2, 0, 1, 3]),
            ((_named(NameField.LAST, BEGIN, "smith"),), [0, 1, 3]),
            ((_named(NameField.LAST, TextMatch.IS, "Smith"),), [0]),
            (
                (_named(NameField.ANY, BEGIN, "ann s"), GenderCondition(Phi(frozenset({Gender.FEMALE})))),
                [0, 3],
            ),
            ((BornCondition(Phi((Days(date(1950, 1, 1), date(1950, 12, 31)),))),), [0, 1]),
            ((ContactCondition(Phi(("5550001",)), Phi(())),), [0, 3]),
            ((ContactCondition(Phi(()), Phi(("zoe@example.org",))),), [2]),
            ((IdentifierCondition((Mrn("M-1"), Mrn("GONE")), (ExternalId("E-4"),)),), [4, 1]),
            ((IdentifierCondition((Mrn("M-1"),)), _named(NameField.FIRST, BEGIN, "a")), []),
            ((IdCondition(frozenset({a_patient_id(77)})),), []),
        ],
    )
    def test_everybody_who_is_looked_for_is_found(
        self, stores: Stores, people: list[Patient], where: tuple[Condition, ...], found: list[int]
    ) -> None:
        """In order of names, counted exactly, active and archived; a deleted record is found by nobody."""
        page = _search(stores, *where)
        assert [
            people.index(next(one for one in people if one.id == shown.id)) for shown in page.items
        ] == found
        assert page.count == len(found)
        assert _search(stores, *where, page=None).count == len(found)

    def test_statuses_and_order_can_be_chosen(self, stores: Stores, people: list[Patient]) -> None:
        """Archived ones alone; the other way round, a page at a time."""
        archived = _search(stores, statuses=frozenset({Status.ARCHIVED}))
        assert [one.id for one in archived.items] == [people[-1].id]
        pages = [
            _search(stores, ordering=Ordering.LAST_NAME_DESCENDING, page=PageRequest(number, 2))
            for number in (1, 2, 3)
        ]
        assert [one.id for page in pages for one in page.items] == [people[n].id for n in (3, 1, 0, 2, 4)]
        with pytest.raises(NotFoundError):
            _search(stores, page=PageRequest(4, 2))
        with pytest.raises(NotFoundError):
            _search(stores, ContactCondition(Phi(("5550001",)), Phi(())), page=PageRequest(2, 2))

    def test_a_search_is_on_the_trail_with_whom_it_showed(
        self, stores: Stores, people: list[Patient]
    ) -> None:
        """One entry with the ids of the page, in order of ids; a count alone shows nobody."""
        shown = _search(stores, _named(NameField.LAST, BEGIN, "smith"), page=PageRequest(1, 2))
        _search(stores, page=None)
        with stores.desk.begin(stores.here) as work:
            searched, counted = work.trail.read()[-2:]
        assert searched.entry.action is Action.LIST
        assert searched.entry.disclosed == tuple(sorted(one.id for one in shown.items))
        assert counted.entry.disclosed == ()

    def test_a_patients_account_finds_itself_alone(self, stores: Stores, people: list[Patient]) -> None:
        """By whatever holds for its record; nobody else exists for it."""
        own = an_actor(Role.PATIENT, practice_id=stores.here, patient_id=people[0].id)
        for where, count in (((), 1), ((_named(NameField.LAST, BEGIN, "smith"),), 1)):
            assert search_patients(stores.desk, own, PatientSearch(where)).count == count
        other = IdCondition(frozenset({people[1].id}))
        assert search_patients(stores.desk, own, PatientSearch((other,))).count == 0

    def test_too_many_records_are_not_opened(
        self, stores: Stores, people: list[Patient], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What only records can tell is refused, unless something else narrows it down."""
        monkeypatch.setattr(lookup, "OPENED_MAX", 3)
        phone = ContactCondition(Phi(("5550001",)), Phi(()))
        with pytest.raises(TooCostlyError):
            _search(stores, phone)
        assert _search(stores, phone, _named(NameField.FIRST, BEGIN, "ann")).count == 2

    def test_a_registration_opens_few_records_to_see_who_is_known(
        self, stores: Stores, people: list[Patient], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Fewer than a search may, for the practice waits: more are refused, and nobody is registered."""
        monkeypatch.setattr(registration, "OPENED_TO_REGISTER_MAX", 3)
        phone = ContactCondition(Phi(("5550009",)), Phi(()))
        with pytest.raises(TooCostlyError):
            _unless_known(stores, phone)
        assert _search(stores, phone).count == 0
        ann = _named(NameField.FIRST, BEGIN, "ann")
        made, is_new = _unless_known(stores, phone, ann)
        assert (is_new, _unless_known(stores, phone, ann)) == (True, (made, False))

    def test_nobody_waits_for_a_registration_of_who_is_known(
        self, stores: Stores, people: list[Patient], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever is found, or too many to open, is found before other writers are shut out."""
        shut_out: list[None] = []
        with stores.desk.begin(stores.here) as work:
            monkeypatch.setattr(type(work.patients), "be_alone", lambda _: shut_out.append(None))
        assert _unless_known(stores, _named(NameField.FIRST, BEGIN, "zoe")) == (people[2], False)
        with pytest.raises(AmbiguousSearchError):
            _unless_known(stores, _named(NameField.FIRST, BEGIN, "ann"))
        monkeypatch.setattr(registration, "OPENED_TO_REGISTER_MAX", 3)
        with pytest.raises(TooCostlyError):
            _unless_known(stores, ContactCondition(Phi(("5550009",)), Phi(())))
        assert not shut_out

    def test_registrations_at_once_of_somebody_unknown_make_one_record(self, stores: Stores) -> None:
        """Each finds nobody at first; only one still does when it is its turn."""
        quintero = _named(NameField.LAST, BEGIN, "quintero")
        made = at_once([lambda: _unless_known(stores, quintero)] * 4)
        registered = [one for one in made if not isinstance(one, Exception)]
        assert sorted(is_new for _, is_new in registered) == [False, False, False, True]
        assert len({patient.id for patient, _ in registered}) == 1

    def test_holders_of_record_numbers_are_told(self, stores: Stores) -> None:
        """In the order asked, exact to the letter, of this practice alone."""
        stores.store(a_record(1, mrn="M-1"), a_record(2, mrn="M-1", practice_id=stores.elsewhere))
        with stores.desk.begin(stores.here) as work:
            told = work.patients.mrn_holders([Mrn("m-1"), Mrn("M-1"), Mrn("M-2")])
            assert list(told) == [None, Holder(a_patient_id(1), Status.ACTIVE), None]

    def test_a_change_is_found_by_the_next_search(self, stores: Stores, people: list[Patient]) -> None:
        """Also one of the status alone, which a directory notes in place."""
        actor, archived = an_actor(practice_id=stores.here), frozenset({Status.ARCHIVED})
        assert _search(stores, statuses=archived).count == 1
        stores.clock.advance(timedelta(seconds=5))
        archive_patient(stores.desk, actor, people[0].id, Reason("Moved away"))
        assert _search(stores, statuses=archived).count == 2
        assert stores.read(people[0].id).updated_at > NOW

    def test_a_search_that_asks_for_too_much_is_refused_before_anything_is_looked_up(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever asks: a library's user by hand, or the condition of a create."""
        words = _named(NameField.ANY, BEGIN, " ".join("abcdefghijklmnopqrstu"))
        monkeypatch.setattr(type(stores.desk.directory), "search", None)
        with pytest.raises(TooCostlyError) as refusal:
            _search(stores, words)
        assert "20 words" in str(refusal.value.field_errors)
        with pytest.raises(TooCostlyError):
            _unless_known(stores, words)
