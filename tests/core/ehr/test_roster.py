import pytest

from vantrexia_core.ehr import EhrPatient, EhrQuery
from vantrexia_core.kernel import InvalidError, Phi
from vantrexia_core.patients import ExternalId, Gender

ID = ExternalId("ECW-12345")


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("first_name", {"first_name": "x" * 101}),
        ("last_name", {"last_name": "Ok\u202eonkwo"}),
        ("date_of_birth", {"date_of_birth": "1958"}),
        ("date_of_birth", {"date_of_birth": "1958-02-30"}),
        ("gender", {"gender": "f"}),
        ("mrn", {"mrn": "x" * 65}),
        ("phone", {"phone": "911"}),
        ("email", {"email": "nobody"}),
        ("address.line1", {"line1": "x" * 201}),
        ("address.line2", {"line2": "\x00"}),
        ("address.city", {"city": "x" * 101}),
        ("address.state", {"state": "Illinois"}),
        ("address.zip", {"zip_": "6270"}),
        ("external_id", {"known_as": ("x" * 65,)}),
    ],
)
def test_what_breaks_a_rule_is_left_out_and_named(field: str, told: dict[str, str]) -> None:
    """The value goes, its field's name stays, and nothing is raised."""
    assert EhrPatient.told(ID, **told) == EhrPatient(ID, left_out=(field,))


def test_blank_is_not_told() -> None:
    """No complaint about a blank."""
    assert EhrPatient.told(ID, first_name=" ", phone="", city="\t") == EhrPatient(ID)


def test_gender_is_told_in_any_case() -> None:
    """Real records say Female."""
    assert EhrPatient.told(ID, gender=" Female ").gender == Phi(Gender.FEMALE)


def test_an_address_of_which_nothing_is_left_is_none() -> None:
    """Not an empty one."""
    assert EhrPatient.told(ID, state="Illinois").address is None


def test_the_id_that_was_asked_for_is_not_repeated_among_the_others() -> None:
    """Others are others."""
    assert EhrPatient.told(ID, known_as=("ECW-12345", "ACC-1")).known_as == (ExternalId("ACC-1"),)


def test_a_patient_does_not_print() -> None:
    """Nothing of a person is in a repr."""
    told = EhrPatient.told(ID, first_name="Marisol", last_name="Quintero", date_of_birth="1961-04-09")
    assert "Marisol" not in repr(told)
    assert "ECW-12345" not in repr(told)
    assert "1961" not in repr(told)


def test_a_search_for_nothing_is_refused() -> None:
    """It would list everybody."""
    with pytest.raises(InvalidError) as refused:
        EhrQuery()
    assert set(refused.value.field_errors) == {"name"}
