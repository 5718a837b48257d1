"""What every store promises of the people behind the candidates, and what is found through it."""

from datetime import date
from functools import partial

import attrs
import pytest

from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
from vantrexia_contracts.given.builders import a_name, a_new_patient, a_patient, a_patient_id, an_actor
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once, entries_of
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.kernel import NamePart, PermissionDeniedError, Phi, Phone, Role
from vantrexia_core.patients import (
    Known,
    MatchGrade,
    Mrn,
    Patient,
    Person,
    Reason,
    Revision,
    TooLittleKnownError,
    archive_patient,
    blocking_keys,
    delete_patient,
    find_matches,
    register_patient,
    restore_patient,
    revise_patient,
    traits_of,
)

ACTOR = an_actor()
MANY = 2_100
"""More than any store fetches at once."""


def _people(stores: Stores, *, after: int = 0) -> list[Known]:
    told = stores.candidate_store.people(stores.here, after=after)
    return sorted(told, key=lambda known: (known.number, known.is_former))


def _known(person: object) -> dict[str, object]:
    """What is known of a person, to be compared: a name is equal to a name and not to a text."""
    assert isinstance(person, Person)
    values = attrs.asdict(person, recurse=False).items()
    return {field: value.reveal() for field, value in values if value is not None and value.reveal() != ""}


def _matched(stores: Stores, patient: Patient) -> list[tuple[object, MatchGrade]]:
    matches = find_matches(stores.desk, ACTOR, Person.of(patient))
    return [(one.key.id, one.match.grade) for one in matches.ranked]


def _candidates(stores: Stores, patient: Patient) -> tuple[int, ...]:
    keys = blocking_keys(traits_of(Person.of(patient), RapidfuzzTexts(), LibPhoneNumbers()))
    return stores.desk.candidacy.candidates(stores.here, keys).numbers


class CandidateStoreContract(StoresContract):
    """What the index of candidates is told of records."""

    # --- the rows -------------------------------------------------------------------------------------
    def test_people_are_told_as_they_were_written(self, stores: Stores) -> None:
        """Every value that is compared, and its absence."""
        whole, bare = a_record(1), a_record(2)
        bare = attrs.evolve(bare, phone=None, email=None, address=None, ssn=None, external_id=None)
        stores.store(whole, bare)
        told = {one.number: _known(one.person) for one in _people(stores)}
        assert told == {1: _known(Person.of(whole)), 2: _known(Person.of(bare))}

    def test_only_what_changed_is_told(self, stores: Stores) -> None:
        """Deleted records are among them: what is found is looked at again."""
        stores.store(a_record(1), a_record(2), a_record(3))
        seen = max(one.seq for one in _people(stores))
        revise_patient(stores.desk, ACTOR, a_patient_id(1), Revision(phone=Phone("+1-309-611-0010")))
        delete_patient(stores.desk, ACTOR, a_patient_id(3))
        assert {one.number for one in _people(stores, after=seen)} == {1, 3}
        assert all(one.seq > seen for one in _people(stores, after=seen))

    def test_what_a_record_said_before_is_told(self, stores: Stores) -> None:
        """Every former name and number once, whatever moves were made meanwhile."""
        stores.store(a_record(1))
        for last in ("Okafor", "Lindqvist"):
            revise_patient(stores.desk, ACTOR, a_patient_id(1), Revision(last_name=NamePart(last)))
        archive_patient(stores.desk, ACTOR, a_patient_id(1), Reason("Moved away"))
        told = [(one.is_former, _known(one.person)["last_name"]) for one in _people(stores)]
        assert told[0] == (False, "Lindqvist")
        assert {last for is_former, last in told if is_former} >= {"Quintero", "Okafor"}
        later = [one for one in _people(stores, after=2) if one.is_former]
        assert "Quintero" not in [_known(one.person)["last_name"] for one in later]

    def test_another_practices_people_are_not_told(self, stores: Stores) -> None:
        """Nor found."""
        stores.store(a_record(1, practice_id=stores.elsewhere))
        assert _people(stores) == []
        assert _matched(stores, a_record(1)) == []

    # --- who is found ---------------------------------------------------------------------------------
    def test_whoever_is_stored_is_found_by_the_next_question(self, stores: Stores) -> None:
        """Registered, and there."""
        record = a_record(1)
        assert _matched(stores, record) == []
        stores.store(record)
        assert _matched(stores, record) == [(record.id, MatchGrade.CERTAIN)]

    def test_what_is_not_committed_is_not_found(self, stores: Stores) -> None:
        """A unit of work that is left keeps nothing."""
        with stores.desk.begin(stores.here) as work:
            work.patients.add(a_record(1))
            assert _candidates(stores, a_record(1)) == ()
        assert _candidates(stores, a_record(1)) == ()

    def test_a_former_name_and_number_still_find(self, stores: Stores) -> None:
        """She is a candidate under both; what stands there now is compared."""
        stores.store(a_record(1))
        assert _candidates(stores, a_record(1)) == (1,)
        moved = Revision(last_name=NamePart("Okafor"), phone=Phone("309-611-0010"), email=None, address=None)
        revise_patient(stores.desk, ACTOR, a_patient_id(1), moved)
        assert _candidates(stores, a_record(1)) == (1,)
        assert _candidates(stores, stores.read(a_patient_id(1))) == (1,)

    def test_the_archived_are_found_and_the_deleted_are_not(self, stores: Stores) -> None:
        """Restored, they are again."""
        stores.store(a_record(1))
        archive_patient(stores.desk, ACTOR, a_patient_id(1), Reason("Moved away"))
        assert len(_matched(stores, a_record(1))) == 1
        delete_patient(stores.desk, ACTOR, a_patient_id(1))
        assert _matched(stores, a_record(1)) == []
        restore_patient(stores.desk, ACTOR, a_patient_id(1), Reason("Deleted by mistake"))
        assert len(_matched(stores, a_record(1))) == 1

    def test_matches_come_likeliest_first(self, stores: Stores) -> None:
        """The person; the person under a married name; not somebody who shares a mailbox."""
        record = a_record(1)
        married = attrs.evolve(a_record(2), name=a_name(last="Okafor"), ssn=None)
        stranger = a_new_patient(first="Ian", last="Wu", born=date(1984, 2, 1), phone=None)
        stores.store(a_patient(stranger, id_=a_patient_id(3), mrn="MRN-00003"), married, record)
        assert [id_ for id_, _ in _matched(stores, record)] == [record.id, married.id]

    def test_many_records_are_read_whole(self, stores: Stores) -> None:
        """More than are fetched at once, each found by what is its own."""
        known = a_record(1)
        people = [
            attrs.evolve(
                known,
                id=a_patient_id(number),
                mrn=Mrn(f"MRN-{number:05d}"),
                name=a_name(f"F{number}x", f"L{number}"),
                phone=Phone(f"+1-217-394-{number:04d}"),
                external_id=None,
            )
            for number in range(1, MANY + 1)
        ]
        with stores.desk.begin(stores.here) as work:
            work.patients.add_many(people)
            work.commit()
        numbers = {_known(one.person)["mrn"]: one.number for one in _people(stores)}
        assert len(numbers) == MANY
        assert _candidates(stores, people[1233])[0] == numbers["MRN-01234"]

    # --- the use case ---------------------------------------------------------------------------------
    def test_whoever_is_shown_is_on_the_trail(self, stores: Stores) -> None:
        """A disclosure of each, before anybody reads it."""
        stores.store(a_record(1), a_record(2))
        find_matches(stores.desk, ACTOR, Person.of(a_record(1)))
        entry = entries_of(stores.desk)[-1]
        assert (entry.action, entry.outcome) == (Action.MATCH, Outcome.DONE)
        assert entry.disclosed == (a_patient_id(1), a_patient_id(2))
        find_matches(stores.desk, ACTOR, Person.of(a_record(1)), limit=1)
        assert len(entries_of(stores.desk)[-1].disclosed) == 1

    @pytest.mark.parametrize("role", [Role.PATIENT, Role.DATA_MONITOR, Role.BILLING_MANAGER])
    def test_whoever_sees_a_record_of_their_own_does_not_ask_for_others(
        self, stores: Stores, role: Role
    ) -> None:
        """Refused, and on the trail."""
        stores.store(a_record(1))
        with pytest.raises(PermissionDeniedError):
            find_matches(stores.desk, an_actor(role, patient_id=a_patient_id(1)), Person.of(a_record(1)))
        entry = entries_of(stores.desk)[-1]
        assert (entry.action, entry.outcome, entry.disclosed) == (Action.MATCH, Outcome.REFUSED, ())

    def test_too_little_known_is_refused(self, stores: Stores) -> None:
        """A first name and a town are nobody."""
        with pytest.raises(TooLittleKnownError):
            find_matches(stores.desk, ACTOR, Person(first_name=Phi("Rosa"), city=Phi("Springfield")))
        assert entries_of(stores.desk)[-1].outcome is Outcome.REFUSED

    # --- the store's part -----------------------------------------------------------------------------
    def test_records_are_read_by_their_numbers(self, stores: Stores) -> None:
        """Whatever their status; a number of nobody is nobody."""
        records = [a_record(number) for number in range(1, 41)]
        stores.store(*records)
        delete_patient(stores.desk, ACTOR, a_patient_id(2))
        with stores.desk.begin(stores.here) as work:
            for numbers in ([1], [2, 1, 99], range(1, 41), []):
                told = work.patients.of_numbers(list(numbers))
                assert {one.id for one in told} == {a_patient_id(n) for n in numbers if n <= 40}

    def test_what_changed_since_is_read_in_its_order(self, stores: Stores) -> None:
        """This transaction's own among it, no more than asked for."""
        stores.store(a_record(1), a_record(2))
        with stores.desk.begin(stores.here) as work:
            seen = work.patients.change_number()
            assert work.patients.changed_since(seen, limit=9) == []
            work.patients.add(a_record(3))
            assert work.patients.changed_since(seen, limit=9) == [a_record(3)]
            assert work.patients.changed_since(0, limit=2) == [a_record(1), a_record(2)]

    def test_many_ask_and_write_at_once(self, stores: Stores) -> None:
        """Everybody finds at least what they wrote themselves."""

        def write_and_ask(number: int) -> bool:
            mine = register_patient(stores.desk, ACTOR, a_new_patient(mrn=f"MRN-{number:05d}", last="Ito"))
            return mine.id in [one for one, _ in _matched(stores, mine)]

        assert at_once([partial(write_and_ask, number) for number in range(1, 7)]) == [True] * 6
