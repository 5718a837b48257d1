"""What every way to another system's patients promises."""

from datetime import UTC, datetime

import pytest

from vantrexia_contracts.stores import at_once
from vantrexia_core.ehr import EhrPatient, EhrQuery, EhrRoster, Fault, Missed
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import DateOfBirth, ExternalId

JANE, JOHN, TWICE = ExternalId("ECW-12345"), ExternalId("ECW-67890"), ExternalId("ACC-7")
JANE_ELSEWHERE = ExternalId("ACC-1")
NOBODY = ExternalId("ECW-00000")


def jane() -> EhrPatient:
    """Complete in every field, and known under an account number as well."""
    return EhrPatient.told(
        JANE,
        known_as=(JANE_ELSEWHERE.reveal(), TWICE.reveal()),
        first_name="Jane",
        last_name="Okonkwo",
        date_of_birth="1958-03-15",
        gender="female",
        mrn="ECW-MRN-1",
        phone="555-0101",
        email="jane.okonkwo@example.org",
        line1="123 Main St",
        line2="Apt 4B",
        city="Springfield",
        state="IL",
        zip_="62704",
        updated_at=datetime(2026, 2, 1, 9, 15, tzinfo=UTC),
    )


def john() -> EhrPatient:
    """Hardly known: no birth date, no contact."""
    return EhrPatient.told(JOHN, known_as=(TWICE.reveal(),), first_name="John", last_name="Okonjo")


SECONDS = 20.0


def _found(roster: EhrRoster, query: EhrQuery) -> list[ExternalId]:
    return [one.external_id for one in roster.search(query, seconds_max=SECONDS)]


class EhrRosterContract:
    """Another system that knows `jane` and `john`, and nobody else."""

    @pytest.fixture
    def roster(self) -> EhrRoster:
        """A way to a system with these two patients.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `roster`: an EhrRoster that knows jane() and john()")

    def test_an_id_brings_all_that_is_known_of_the_patient(self, roster: EhrRoster) -> None:
        """Every field arrives."""
        assert list(roster.fetch([JANE], seconds_max=SECONDS)) == [jane()]

    def test_a_patient_of_whom_little_is_known_comes_as_that(self, roster: EhrRoster) -> None:
        """What is missing is the import's business."""
        assert list(roster.fetch([JOHN], seconds_max=SECONDS)) == [john()]

    def test_outcomes_come_in_the_order_of_the_ids_one_each(self, roster: EhrRoster) -> None:
        """Those that bring nobody among them."""
        fetched = roster.fetch([JOHN, NOBODY, JANE], seconds_max=SECONDS)
        assert list(fetched) == [john(), Missed(NOBODY, Fault.NOT_FOUND), jane()]

    def test_another_id_of_a_person_brings_the_person_under_that_id(self, roster: EhrRoster) -> None:
        """The one that was asked for is the patient's id, the others are among those it is known as."""
        (fetched,) = roster.fetch([JANE_ELSEWHERE], seconds_max=SECONDS)
        assert isinstance(fetched, EhrPatient)
        assert fetched.external_id == JANE_ELSEWHERE
        assert JANE in fetched.known_as

    def test_an_id_of_several_patients_brings_none(self, roster: EhrRoster) -> None:
        """Nobody may guess which one was meant."""
        assert list(roster.fetch([TWICE], seconds_max=SECONDS)) == [Missed(TWICE, Fault.AMBIGUOUS)]

    def test_no_ids_bring_nothing(self, roster: EhrRoster) -> None:
        """An empty list is no error."""
        assert list(roster.fetch([], seconds_max=SECONDS)) == []

    def test_a_search_finds_by_the_beginning_of_a_name(self, roster: EhrRoster) -> None:
        """Whatever its case (FHIR's string search)."""
        assert _found(roster, EhrQuery(name=Phi("okonk"))) == [JANE]

    def test_a_search_finds_by_birth_date(self, roster: EhrRoster) -> None:
        """The day itself."""
        assert _found(roster, EhrQuery(date_of_birth=DateOfBirth.parse("1958-03-15"))) == [JANE]

    def test_a_search_finds_by_identifier(self, roster: EhrRoster) -> None:
        """Any id of the person's."""
        assert _found(roster, EhrQuery(identifier=JANE_ELSEWHERE)) == [JANE]

    def test_what_is_searched_for_must_all_agree(self, roster: EhrRoster) -> None:
        """A name and another's birth date are nobody's."""
        query = EhrQuery(name=Phi("okonjo"), date_of_birth=DateOfBirth.parse("1958-03-15"))
        assert _found(roster, query) == []

    def test_several_threads_may_ask_at_once(self, roster: EhrRoster) -> None:
        """Each gets its own answer."""
        calls = [lambda id_=id_: list(roster.fetch([id_], seconds_max=SECONDS)) for id_ in [JANE, JOHN] * 4]
        assert at_once(calls) == [[jane()], [john()]] * 4
