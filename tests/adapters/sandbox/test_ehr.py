"""The made-up EHR: the same on every run, with what the documentation promises and what real EHRs have."""

from vantrexia_adapters.memory import MemoryRoster
from vantrexia_adapters.sandbox import ALREADY_THERE, sandbox_ehr, synthetic_people
from vantrexia_core.ehr import EhrPatient, EhrQuery, Fault, Missed
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import ExternalId

PUBLISHED = ("ECW-12345", "ECW-67890", "ECW-11111")


def fetched(*ids: str) -> list[EhrPatient | Missed]:
    """What the sandbox gives for ids."""
    return list(MemoryRoster(sandbox_ehr()).fetch([ExternalId(id_) for id_ in ids], seconds_max=1))


def test_the_published_example_s_patients_are_complete() -> None:
    """All three can be imported; the demo has the last one already."""
    for one in fetched(*PUBLISHED):
        assert isinstance(one, EhrPatient)
        assert one.first_name is not None
        assert one.last_name is not None
        assert one.date_of_birth is not None
        assert one.left_out == ()
    assert ALREADY_THERE.external_id == "ECW-11111"


def test_it_is_the_same_ehr_on_every_run() -> None:
    """A trial can be repeated."""
    assert list(sandbox_ehr()) == list(sandbox_ehr())


def test_there_are_a_thousand_newcomers() -> None:
    """Each with an id and an account number, complete, and unknown to the demo."""
    newcomers = fetched(*(f"ECW-{500_000 + number}" for number in range(1000)))
    assert all(isinstance(one, EhrPatient) and one.date_of_birth is not None for one in newcomers)
    assert all(isinstance(one, EhrPatient) and len(one.known_as) == 1 for one in newcomers)


def test_no_two_records_have_one_id() -> None:
    """But for the account number that two odd ones share."""
    ids = [one.external_id.reveal() for one in sandbox_ehr()]
    assert len(ids) == len(set(ids))
    assert fetched("ACC-90030") == [Missed(ExternalId("ACC-90030"), Fault.AMBIGUOUS)]


def test_it_knows_the_demo_s_patients_and_some_have_moved() -> None:
    """So that a refresh has something to do, and a conflict to show."""
    known = [person for person in synthetic_people(300) if person.external_id]
    told = fetched(*(str(person.external_id) for person in known))
    homes = [(one.address.line1 if isinstance(one, EhrPatient) and one.address else None) for one in told]
    moved = [
        person
        for person, home in zip(known, homes, strict=True)
        if home is not None and person.address is not None and home.reveal() != person.address["line1"]
    ]
    assert all(isinstance(one, EhrPatient) for one in told)
    assert 0 < len(moved) < len(known) / 2


def test_odd_records_are_left_out_of_in_parts() -> None:
    """A year for a birth date, a state in full, a letter for a gender."""
    year, _, letter, state = fetched("ECW-90011", "ECW-90012", "ECW-90013", "ECW-90014")
    assert isinstance(year, EhrPatient)
    assert isinstance(letter, EhrPatient)
    assert isinstance(state, EhrPatient)
    assert year.left_out == ("date_of_birth",)
    assert letter.left_out == ("gender",)
    assert set(state.left_out) == {"address.state", "address.zip", "phone"}


def test_an_empty_record_is_one_too() -> None:
    """Nothing but an id."""
    (empty,) = fetched("ECW-90004")
    assert isinstance(empty, EhrPatient)
    assert empty.last_name is None


def test_a_search_finds_newcomers_by_name() -> None:
    """As the demo's search does."""
    found = MemoryRoster(sandbox_ehr()).search(EhrQuery(name=Phi("gree walt")), seconds_max=1)
    assert [one.external_id.reveal() for one in found] == ["ECW-12345"]
