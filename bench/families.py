"""Synthetic people who live together, and the same people as somebody writes them down a second time.

A household has a last name, an address and mostly a telephone in common; its members are partners, children,
twins, and now and then a parent and a child of one name. Names are drawn as `population.py` draws them. What
the second time changes is drawn from rates, stated below; nothing of the matching model is looked at.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

import attrs

from population import drawn_first_name, drawn_last_name

Known = Mapping[str, str]
"""Fields of a person by name; one that is not known is missing."""

NICKNAMES: Final = MappingProxyType(
    {
        "Robert": "Bob", "William": "Bill", "Elizabeth": "Liz", "James": "Jim", "Jennifer": "Jen",
        "Michael": "Mike", "Patricia": "Pat", "Thomas": "Tom", "Christopher": "Chris", "Daniel": "Dan",
        "Matthew": "Matt", "Anthony": "Tony", "Margaret": "Peggy", "Katherine": "Kate", "Susan": "Sue",
        "Joseph": "Joe", "Charles": "Chuck", "Richard": "Dick", "Edward": "Ted", "Samuel": "Sam",
    }
)  # fmt: skip
_TOWNS: Final = (("Springfield", "62704"), ("Peoria", "61602"), ("Decatur", "62521"), ("Joliet", "60431"))
_STREETS: Final = (
    "Walnut Street", "Oak Avenue", "Elm Street", "Lake Drive", "Hill Road", "Park Boulevard", "Mill Lane",
    "Cedar Court", "Prairie Avenue", "Second Street", "Monroe Street", "Adams Avenue", "Sherman Road",
)  # fmt: skip
_ADULTS_FROM: Final = date(1940, 1, 1)
_ADULT_DAYS: Final = 21_500
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@attrs.frozen
class Rates:
    """How often something is otherwise when somebody is written down again, and how often it is missing."""

    nickname: float = 0.08
    first_typo: float = 0.05
    last_typo: float = 0.05
    married: float = 0.04
    swapped_names: float = 0.005
    day_month: float = 0.01
    birth_typo: float = 0.03
    moved: float = 0.15
    other_phone: float = 0.20
    other_email: float = 0.20
    missing: Mapping[str, float] = MappingProxyType({"ssn": 0.4, "email": 0.3, "phone": 0.05, "line1": 0.05})

    def doubled(self) -> "Rates":
        """Twice as many errors, and less known: no SSN, no e-mail."""
        twice = {
            field.name: 2 * getattr(self, field.name)
            for field in attrs.fields(Rates)
            if field.name != "missing"
        }
        return Rates(**twice, missing={"ssn": 1.0, "email": 1.0, "phone": 0.15, "line1": 0.15})


def households(seed: str) -> Iterator[tuple[Known, ...]]:
    """Households without end; the same for a seed."""
    chance = random.Random(seed).random  # noqa: S311 - no secret
    while True:
        yield tuple(_household(chance))


def _household(chance: Callable[[], float]) -> Iterator[Known]:
    last, home, phone = drawn_last_name(chance()), _home(chance), _phone(chance)
    first = drawn_first_name(chance())
    born = _ADULTS_FROM + timedelta(days=int(chance() * _ADULT_DAYS))
    gender = "female" if chance() < 0.5 else "male"  # noqa: PLR2004 - a half
    yield _member(first, last, born, gender, home, phone, chance)
    if chance() < 0.55:  # noqa: PLR2004 - the share of couples
        partner_last = last if chance() < 0.75 else drawn_last_name(chance())  # noqa: PLR2004 - as above
        other = "male" if gender == "female" else "female"
        partner_born = born + timedelta(days=int((chance() - 0.5) * 3_000))
        yield _member(drawn_first_name(chance()), partner_last, partner_born, other, home, phone, chance)
    children = int(chance() * 3.2)
    for child in range(children):
        child_born = born + timedelta(days=7_300 + 800 * child + int(chance() * 3_000))
        is_junior = chance() < 0.04  # noqa: PLR2004 - a child of its parent's name
        child_first = first if is_junior else drawn_first_name(chance())
        child_gender = gender if is_junior else ("female" if chance() < 0.5 else "male")  # noqa: PLR2004
        yield _member(child_first, last, child_born, child_gender, home, phone, chance)
        if chance() < 0.03:  # noqa: PLR2004 - twin births
            twin_gender = child_gender if chance() < 0.6 else "other"  # noqa: PLR2004
            yield _member(drawn_first_name(chance()), last, child_born, twin_gender, home, phone, chance)


def _member(
    first: str, last: str, born: date, gender: str, home: Known, phone: str, chance: Callable[[], float]
) -> Known:
    own = phone if chance() < 0.5 else _phone(chance)  # noqa: PLR2004 - the share of families with one number
    known = {
        "first_name": first, "last_name": last, "date_of_birth": born.isoformat(), "gender": gender, **home,
        "phone": own, "email": f"{first}.{last}{int(chance() * 1_000)}@example.org".lower(),
        "ssn": f"{100 + int(chance() * 560)}{1 + int(chance() * 98):02}{1 + int(chance() * 9_998):04}",
    }  # fmt: skip
    for field, share in (("phone", 0.9), ("email", 0.6), ("ssn", 0.7), ("line1", 0.95)):
        if chance() >= share:
            known.pop(field, None)
    return MappingProxyType(known)


def again(person: Known, rates: Rates, chance: Callable[[], float]) -> Known:
    """The same person, written down a second time."""
    known = dict(person)
    if chance() < rates.nickname:
        known["first_name"] = NICKNAMES.get(known["first_name"], known["first_name"])
    if chance() < rates.first_typo:
        known["first_name"] = _mistyped(known["first_name"], chance)
    if known["gender"] == "female" and chance() < rates.married:
        known["last_name"] = drawn_last_name(chance())
    if chance() < rates.last_typo:
        known["last_name"] = _mistyped(known["last_name"], chance)
    if chance() < rates.swapped_names:
        known["first_name"], known["last_name"] = known["last_name"], known["first_name"]
    known["date_of_birth"] = _born_again(known["date_of_birth"], rates, chance)
    if chance() < rates.moved:
        known.update(_home(chance))
    if chance() < rates.other_phone:
        known["phone"] = _phone(chance)
    if chance() < rates.other_email and "email" in known:
        known["email"] = f"{known['last_name']}{int(chance() * 10_000)}@example.net".lower()
    for field, share in rates.missing.items():
        if chance() < share:
            known.pop(field, None)
    return known


def _born_again(born: str, rates: Rates, chance: Callable[[], float]) -> str:
    year, month, day = born.split("-")
    if chance() < rates.day_month and int(day) <= 12:  # noqa: PLR2004 - a month
        return f"{year}-{day}-{month}"
    if chance() < rates.birth_typo:
        digit = str(int(chance() * 10))
        changed = (f"{year[:3]}{digit}", month, day) if chance() < 0.5 else (year, month, f"0{digit}")  # noqa: PLR2004
        try:
            return date.fromisoformat("-".join(changed)).isoformat()
        except ValueError:
            return born
    return born


def _mistyped(name: str, chance: Callable[[], float]) -> str:
    """A letter left out, doubled, replaced or swapped with the next one."""
    at, kind = int(chance() * max(1, len(name) - 1)), int(chance() * 4)
    letter = _LETTERS[int(chance() * len(_LETTERS))]
    return (
        name[:at] + name[at + 1 :] if len(name) > 2 else name,  # noqa: PLR2004 - something must be left
        name[:at] + name[at : at + 1] + name[at:],
        name[:at] + letter + name[at + 1 :],
        name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :],
    )[kind]


def _home(chance: Callable[[], float]) -> dict[str, str]:
    town, zip_ = _TOWNS[int(chance() * len(_TOWNS))]
    street = _STREETS[int(chance() * len(_STREETS))]
    return {"line1": f"{1 + int(chance() * 4_000)} {street}", "city": town, "zip": zip_}


def _phone(chance: Callable[[], float]) -> str:
    return f"+1-217-{200 + int(chance() * 350)}-{int(chance() * 10_000):04}"
