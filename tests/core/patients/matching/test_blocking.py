"""Keys by which candidates are found: what they get over, and what gives none."""

import copy
import pickle
from datetime import date

import attrs
import pytest
from hypothesis import given

from tests.comparing import PHONES, TEXTS, a_person, traits
from tests.strategies.matching import anybody
from vantrexia_core.patients import Blocking, BlockingKey, Gender, Traits, blocking_keys, traits_of

KNOWN: dict[str, str | date | Gender | None] = {"ssn": "401-17-8993", "mrn": "MRN-00007"}


def _kinds(person: Traits) -> set[Blocking]:
    return {key.kind for key in blocking_keys(person)}


def _shared(**other: str | date | Gender | None) -> set[Blocking]:
    """The kinds of keys that Rosa Quintero shares with somebody."""
    return {key.kind for key in blocking_keys(traits(**KNOWN)) & blocking_keys(traits(**(KNOWN | other)))}


def test_somebody_of_whom_all_is_known_has_a_key_of_every_kind() -> None:
    """Rosa has a nickname, so nothing is left out."""
    assert _kinds(traits(**KNOWN)) == set(Blocking)


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"date_of_birth": date(1961, 8, 3)}, {Blocking.BORN, Blocking.FIRST_AND_DAY, Blocking.LAST_AND_DAY}),
        ({"date_of_birth": date(1916, 3, 8)}, {Blocking.FIRST_AND_DAY, Blocking.LAST_AND_DAY}),
        ({"date_of_birth": date(1961, 5, 9)}, {Blocking.LAST_AND_YEAR, Blocking.NAMES}),
        ({"last_name": "Okafor"}, {Blocking.BORN, Blocking.FIRST_AND_DAY, Blocking.HOUSE, Blocking.PHONE}),
        ({"last_name": "Quintana"}, {Blocking.NAMES}),
        ({"last_name": "Kuintero", "phone": None, "line1": None}, {Blocking.BORN, Blocking.FIRST_AND_DAY}),
        ({"first_name": "Quintero", "last_name": "Rosa"}, {Blocking.BORN, Blocking.NAMES}),
        ({"first_name": "Baby Girl"}, {Blocking.BORN, Blocking.LAST_AND_YEAR, Blocking.LAST_AND_DAY}),
        ({"first_name": "Rosita", "date_of_birth": None}, {Blocking.NICKNAME, Blocking.NAMES}),
        ({"email": "garden.rose@example.net"}, {Blocking.MAILBOX}),
        ({"line1": "1778 E Walnut St Apt 4", "zip": "62701-0001"}, {Blocking.HOUSE}),
        ({"ssn": "8993"}, {Blocking.LAST_FOUR}),
    ],
)
def test_what_changed_leaves_other_keys(
    change: dict[str, str | date | Gender | None], kept: set[Blocking]
) -> None:
    """Swapped, mistyped, married, moved, newborn, shortened."""
    assert kept <= _shared(**change)


def test_another_day_of_birth_shares_no_key_of_the_day() -> None:
    """Otherwise everybody would be everybody's candidate."""
    assert _shared(date_of_birth=date(1974, 5, 9)).isdisjoint(
        {Blocking.BORN, Blocking.FIRST_AND_DAY, Blocking.LAST_AND_DAY, Blocking.LAST_AND_YEAR}
    )


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        ({"zip": None}, {Blocking.HOUSE}),
        ({"line1": None}, {Blocking.HOUSE}),
        ({"line1": "Walnut Street"}, {Blocking.HOUSE}),
        ({"ssn": "8993"}, {Blocking.SSN}),
        ({"first_name": None}, {
            Blocking.NAMES, Blocking.FIRST_AND_DAY, Blocking.INITIAL_AND_LAST, Blocking.LAST_FOUR,
            Blocking.NICKNAME,
        }),
        ({"last_name": None}, {
            Blocking.NAMES, Blocking.LAST_AND_YEAR, Blocking.LAST_AND_DAY, Blocking.INITIAL_AND_LAST,
            Blocking.NICKNAME,
        }),
        ({"date_of_birth": None}, {
            Blocking.BORN, Blocking.FIRST_AND_DAY, Blocking.LAST_AND_DAY, Blocking.LAST_AND_YEAR,
        }),
        ({"phone": "000-000-0000"}, {Blocking.PHONE}),
        ({"email": "none@none.com"}, {Blocking.MAILBOX}),
    ],
)  # fmt: skip
def test_what_is_missing_gives_no_key(
    missing: dict[str, str | date | Gender | None], lost: set[Blocking]
) -> None:
    """Not a wider one: a house without a ZIP would be every house of that number in the country."""
    assert _kinds(traits(**(KNOWN | missing))) == set(Blocking) - lost


@given(anybody())
def test_to_know_less_never_gives_another_key(person: Traits) -> None:
    """Whatever is taken away, the keys that are left were there before."""
    keys = blocking_keys(person)
    nobody = Traits()
    for field in ("first_joined", "last_joined", "first_sound", "last_sound", "born", "phone", "ssn", "mrn"):
        less = attrs.evolve(person, **{field: getattr(nobody, field)})
        assert blocking_keys(less) <= keys
    for part in ("number", "street", "zip5"):
        assert blocking_keys(attrs.evolve(person, home=attrs.evolve(person.home, **{part: ""}))) <= keys


def test_nobody_has_no_key() -> None:
    """Nor has a gender, a town, a last name or a year alone."""
    assert blocking_keys(Traits()) == frozenset()
    for field in ("first_name", "last_name", "gender", "city", "zip"):
        nobody = dict.fromkeys(attrs.asdict(a_person(), recurse=False))
        known = {"gender": Gender.FEMALE}.get(field, "Springfield")
        alone = a_person(**(nobody | {field: known}))
        assert blocking_keys(traits_of(alone, TEXTS, PHONES)) == frozenset()


@given(anybody())
def test_no_key_shows_or_pickles_what_it_is_made_of(person: Traits) -> None:
    """A kind, and a mask."""
    for key in blocking_keys(person):
        assert repr(key) == f"BlockingKey({key.kind.name}, •••)"
        assert str(key) == repr(key)


@pytest.mark.parametrize("escape", [pickle.dumps, copy.deepcopy])
def test_keys_do_not_rest_in_a_pickle(escape: object) -> None:
    """As `Traits` do not."""
    with pytest.raises(TypeError):
        escape(BlockingKey(Blocking.PHONE, "2173940142"))  # type: ignore[operator] - one of the above
