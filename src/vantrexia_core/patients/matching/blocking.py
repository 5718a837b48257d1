"""The keys under which a record is looked for: two records of one person nearly always share one.

A registry is too large to compare everybody with everybody. Who shares a key is a candidate, and the model
decides. The kinds overlap on purpose: a typing error spoils some of a person's keys, seldom all of them.

Two rules. What is missing gives *no* key, never a wider one: a blank ZIP must not bring every house number 12
of the country. And no key is made of one field that many share: a last name alone, a gender, a town tell
nobody apart, and would show how often they occur to whoever comes upon the keys.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NoReturn, SupportsIndex

import attrs

from vantrexia_core.patients.matching.traits import Traits

_NAME_LETTERS: Final = 3
_STREET_LETTERS: Final = 4
_ZIP_AREA: Final = 3
_LAST_FOUR: Final = 4
_SSN_DIGITS: Final = 9


class Blocking(Enum):
    """The kinds of keys, and what they get over. The value goes into the key."""

    BORN = "born"
    """Birth date, day and month in order of size: names may be anything, and 04/07 may be 07/04."""
    NAMES = "names"
    """The first three letters of first and last name in order: typing errors behind them, swapped names."""
    SSN = "ssn"
    """All nine digits."""
    HOUSE = "house"
    """House number, the beginning of the street, and the area of the ZIP: another name, another number."""
    FIRST_AND_DAY = "first-and-day"
    """How the first name sounds, with day and month of birth: another surname, another year."""
    LAST_AND_YEAR = "last-and-year"
    """How the last name sounds, with the year of birth: a newborn without a name."""
    INITIAL_AND_LAST = "initial-and-last"
    """The first letter of the first name, with the last name: any birth date."""
    LAST_AND_DAY = "last-and-day"
    """How the last name sounds, with day and month of birth: a decade mistaken."""
    PHONE = "phone"
    """The digits that are dialled."""
    MAILBOX = "mailbox"
    """The e-mail address before the @, because people change providers and keep it."""
    LAST_FOUR = "last-four"
    """The last four digits of the SSN, with the first letter of the first name."""
    NICKNAME = "nickname"
    """A group of names that are used for one another, with the beginning of the last name: Bob is Robert."""
    MRN = "mrn"
    """The record number."""


@attrs.frozen(repr=False)
class BlockingKey:
    """One key. It is made of what is known of a person, so it does not print and is not pickled."""

    kind: Blocking
    text: str

    def __repr__(self) -> str:
        return f"BlockingKey({self.kind.name}, •••)"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        message = "Blocking keys hold PHI, which is not pickled"
        raise TypeError(message)


def blocking_keys(person: Traits) -> frozenset[BlockingKey]:
    """All keys of a person; none for somebody of whom too little is known."""
    return frozenset(
        BlockingKey(kind, "|".join(parts))
        for kind, made_of in _RULES.items()
        for parts in made_of(person)
        if all(parts)
    )


_Parts = Iterable[tuple[str, ...]]


def _born(person: Traits) -> _Parts:
    return [(_year(person), _day(person))]


def _names(person: Traits) -> _Parts:
    first, last = sorted((person.first_joined[:_NAME_LETTERS], person.last_joined[:_NAME_LETTERS]))
    return [(first, last)]


def _ssn(person: Traits) -> _Parts:
    return [(person.ssn if len(person.ssn) == _SSN_DIGITS else "",)]


def _house(person: Traits) -> _Parts:
    home = person.home
    return [(home.number, home.street[:_STREET_LETTERS], home.zip5[:_ZIP_AREA])]


def _first_and_day(person: Traits) -> _Parts:
    return [(person.first_sound, _day(person))]


def _last_and_year(person: Traits) -> _Parts:
    return [(person.last_sound, _year(person))]


def _initial_and_last(person: Traits) -> _Parts:
    return [(person.first_joined[:1], person.last_joined)]


def _last_and_day(person: Traits) -> _Parts:
    return [(person.last_sound, _day(person))]


def _phone(person: Traits) -> _Parts:
    return [(person.phone,)]


def _mailbox(person: Traits) -> _Parts:
    return [(person.mailbox,)]


def _last_four(person: Traits) -> _Parts:
    return [(person.ssn[-_LAST_FOUR:], person.first_joined[:1])]


def _nickname(person: Traits) -> _Parts:
    return [(str(group), person.last_joined[:_NAME_LETTERS]) for group in person.nicknames]


def _mrn(person: Traits) -> _Parts:
    return [(person.mrn,)]


def _year(person: Traits) -> str:
    return "" if person.born is None else str(person.born.year)


def _day(person: Traits) -> str:
    """Month and day, the smaller one first."""
    if person.born is None:
        return ""
    smaller, larger = sorted((person.born.month, person.born.day))
    return f"{smaller}-{larger}"


_RULES: Final[Mapping[Blocking, Callable[[Traits], _Parts]]] = MappingProxyType(
    {
        Blocking.BORN: _born,
        Blocking.NAMES: _names,
        Blocking.SSN: _ssn,
        Blocking.HOUSE: _house,
        Blocking.FIRST_AND_DAY: _first_and_day,
        Blocking.LAST_AND_YEAR: _last_and_year,
        Blocking.INITIAL_AND_LAST: _initial_and_last,
        Blocking.LAST_AND_DAY: _last_and_day,
        Blocking.PHONE: _phone,
        Blocking.MAILBOX: _mailbox,
        Blocking.LAST_FOUR: _last_four,
        Blocking.NICKNAME: _nickname,
        Blocking.MRN: _mrn,
    }
)
