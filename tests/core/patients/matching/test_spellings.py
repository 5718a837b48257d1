"""A typing error is told from a name by who else bears it; and a common name from a rare one by counting."""

from datetime import date

import pytest

from tests.comparing import TEXTS, changed, match, traits
from vantrexia_core.patients import (
    Frequencies,
    Gender,
    Guard,
    MatchGrade,
    MatchingModel,
    Traits,
    compare,
    guards_against,
)
from vantrexia_core.patients.matching.levels import FirstName, GenderLevel, LastName

NAMES = ("Rosa", "Jayden", "Christopher", "Jessica", "Mary", "Karen", "Helen", "Donna", "Ruth", "Sharon")
SURNAMES = ("Quintero", "Marsh", "Okafor", "Lindqvist", "Barkan", "Ullman", "Wisniewski", "Coffland")


def _registry(size: int = 2_000) -> list[Traits]:
    """People of few names, born on many days."""
    return [
        traits(
            first_name=NAMES[number % len(NAMES)],
            last_name=SURNAMES[number % len(SURNAMES)],
            date_of_birth=date.fromordinal(710_000 + 7 * number),
        )
        for number in range(size)
    ]


OTHERS = _registry()


def _model(*people: Traits, others: list[Traits] = OTHERS) -> MatchingModel:
    counted = [*others, *people]
    return MatchingModel(Frequencies.counted(counted), people=len(counted))


def _first_name(one: str, other: str, others: list[Traits] = OTHERS) -> FirstName:
    pair = traits(first_name=one), traits(first_name=other)
    return compare(*pair, TEXTS, _model(*pair, others=others).frequencies).first_name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Rosaa", "Rosa"), ("Chirstopher", "Christopher"), ("Jesika", "Jessica")],
)
def test_a_spelling_that_nobody_else_bears_is_a_typing_error(typed: str, meant: str) -> None:
    """One edit from a name that people bear; or two in a long name that sounds the same."""
    assert _first_name(typed, meant) is _first_name(meant, typed) is FirstName.MISTYPED


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Jaylen", "Jayden", FirstName.LOOKALIKE),  # both known as names, although nobody here is Jaylen
        ("Maria", "Mariah", FirstName.CLOSE),
        ("Zoryan", "Doryan", FirstName.CLOSE),  # rhymes, and neither is borne by anybody
        ("Arosa", "Rosa", FirstName.CLOSE),  # the first letter
        ("Chlistopher", "Christopher", FirstName.CLOSE),  # no key beside, and not heard so
        ("Rsoaa", "Rosa", FirstName.RESEMBLES),  # two errors in a short name
    ],
)
def test_a_name_is_no_typing_error(one: str, other: str, level: FirstName) -> None:
    """Names that are names, names that begin otherwise, and what is more than one slip."""
    assert _first_name(one, other) is _first_name(other, one) is level


def test_a_small_registry_does_not_know_what_a_name_is() -> None:
    """Where everybody's name is his own, that says nothing."""
    assert _first_name("Rosaa", "Rosa", OTHERS[:500]) is FirstName.CLOSE
    pair = traits(), traits(first_name="Rosaa")
    assert compare(*pair, TEXTS).first_name is FirstName.CLOSE


def test_a_mistyped_first_name_may_be_linked_and_a_lookalike_twin_not() -> None:
    """At home, born on one day."""
    boy: dict[str, object] = {"first_name": "Jayden", "gender": Gender.MALE, "ssn": None}
    known = [traits(**boy | {"first_name": name}) for name in ("Jayden", "Jaydenn", "Jaylen")]  # type: ignore[arg-type]
    model = _model(*known)
    assert match(known[0], known[1], model).grade is MatchGrade.CERTAIN
    assert not match(known[0], known[2], model).may_link


def test_a_mistyped_first_name_of_another_gender_is_guarded() -> None:
    """Daniel, and a sister whose name nobody else bears."""
    at_home = compare(traits(), traits(), TEXTS)
    brother = changed(at_home, first_name=FirstName.MISTYPED, gender=GenderLevel.DIFFERS)
    assert guards_against(brother) == (Guard.LOOKALIKE,)
    assert guards_against(changed(brother, gender=GenderLevel.AGREES)) == ()


def test_a_mistyped_last_name_counts_by_the_name_that_was_meant() -> None:
    """The commoner the name, the more people there are who may be mistyped like this."""
    pair = traits(), traits(last_name="Quimtero")
    common, rare = (
        _model(*pair),
        _model(*pair, others=[one for one in OTHERS if one.first_joined == "rosa"] * 9),
    )
    comparison = compare(*pair, TEXTS, common.frequencies)
    assert comparison.last_name is LastName.MISTYPED
    assert comparison.last_frequency == common.frequencies.last_name("quintero")
    assert rare.frequencies.last_name("quintero") != comparison.last_frequency


BARE: dict[str, None] = dict.fromkeys(("phone", "email", "line1", "city", "zip"))


def test_name_and_birth_date_alone_link_where_a_namesake_is_not_to_be_expected() -> None:
    """Counted: among these people there is no second Ximena Zubizarreta, born on that day or another."""
    rare = traits(**BARE, first_name="Ximena", last_name="Zubizarreta")
    again = traits(**BARE, first_name="Ximena", last_name="Zubizarreta")
    assert match(rare, again, _model(rare, again)).may_link
    assert match(rare, again).guards == (Guard.COMMON_NAME,)


def test_name_and_birth_date_alone_do_not_link_where_there_may_be_a_namesake() -> None:
    """One in ten is a Rosa, one in eight a Quintero."""
    rosa, again = traits(**BARE), traits(**BARE)
    found = match(rosa, again, _model(rosa, again))
    assert not found.may_link
    comparison = compare(rosa, again, TEXTS, _model(rosa, again).frequencies)
    assert comparison.namesakes is not None
    assert 1e-4 < comparison.namesakes < 1e-2
