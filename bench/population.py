"""A large practice of synthetic patients whose names are as common, and as rare, as names are.

Last names follow a Zipf-Mandelbrot law fitted to shares of the United States census: the commonest has
0.83 %, the ten commonest 5.6 %, the thousand commonest 38 %, and a million patients have some 127,000 different
ones. There are 6,000 first names. 93 % of the patients are active, 6 % archived, 1 % deleted.

The commonest names are real ones, in the census's order; the others are made of the same letters in the same
neighbourhoods (a chain of letter pairs), so that what a search for three letters finds is what it would find
among people. Patient 17 is the same person however many there are.
"""

import random
from bisect import bisect
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.kernel import Email, NamePart, PatientId, PersonName, Phi, PracticeId
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    DateOfBirth,
    ExternalId,
    Gender,
    Mrn,
    Patient,
    Phone,
    Ssn,
    State,
    Status,
    Zip,
)

LAST_NAMES: Final = 150_000
FIRST_NAMES: Final = 6_000
BLOCK: Final = 1_000
"""Patients that are made together, from a random source of their own."""

BEGUN_AT: Final = datetime(2019, 1, 2, 8, tzinfo=UTC)
BETWEEN: Final = timedelta(seconds=190)
"""From one registration to the next: a million in six years."""

_SHIFT, _POWER = 6, 0.9
_FIRST_SHIFT, _FIRST_POWER = 12, 1.05
_ACTIVE_SHARE, _ARCHIVED_SHARE = 0.93, 0.06
_HYPHENATED_SHARE, _ACCENTED_SHARE, _APOSTROPHE_SHARE = 0.02, 0.01, 0.005

_COMMON_LASTS: Final = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez
Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark
Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams
Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker
Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper
Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James
Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez
Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Gonzales Fisher Vasquez
Simmons Romero Jordan Patterson Alexander Hamilton Graham Reynolds Griffin Wallace Moreno West Cole
Hayes Bryant Herrera Gibson Ellis Tran Medina Aguilar Stevens Murray Ford Castro Marshall Owens
Harrison Fernandez McDonald Woods Washington Kennedy Wells Vargas Henry Chen Freeman Webb Tucker
Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez Silva Shaw Snyder Mason Dixon Munoz
Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Rose Stone Salazar Fox Warren Mills Meyer Rice
Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver Ryan Gardner Payne Grant Dunn Kelley
Spencer Hawkins Arnold Pierce Hansen Peters Santos Hart Bradley Knight Elliott Cunningham Duncan
Armstrong Hudson Carroll Lane Riley Andrews Alvarado Ray Delgado Berry Perkins Hoffman Johnston
Matthews Pena Richards Contreras Willis Carpenter Lawrence Sandoval
"""
_COMMON_FIRSTS: Final = """
James Mary Michael Patricia Robert Jennifer John Linda David Elizabeth William Barbara Richard Susan
Joseph Jessica Thomas Karen Christopher Sarah Charles Lisa Daniel Nancy Matthew Sandra Anthony
Ashley Mark Emily Steven Kimberly Donald Betty Andrew Margaret Joshua Donna Paul Michelle Kenneth
Carol Kevin Amanda Brian Melissa Timothy Deborah Ronald Stephanie Jason Rebecca George Sharon Edward
Laura Jeffrey Cynthia Ryan Dorothy Jacob Amy Nicholas Kathleen Gary Angela Eric Shirley Jonathan
Emma Stephen Brenda Larry Pamela Justin Nicole Scott Anna Brandon Samantha Benjamin Katherine Samuel
Christine Gregory Debra Alexander Rachel Patrick Carolyn Frank Janet Raymond Maria Jack Olivia
Dennis Heather Jerry Helen Tyler Catherine Aaron Diane Jose Julie Adam Victoria Nathan Joyce Henry
Lauren Zachary Kelly Douglas Christina Peter Ruth Kyle Joan Noah Virginia Ethan Judith Jeremy Evelyn
Christian Hannah Walter Andrea Keith Megan Austin Cheryl Roger Jacqueline Terry Madison Sean Teresa
Gerald Abigail Carl Sophia Dylan Martha Harold Sara Jordan Gloria Jesse Janice Bryan Kathryn
Lawrence Ann Arthur Isabella Gabriel Judy Bruce Charlotte Logan Julia Billy Grace Joe Amber Alan
Alice Juan Jean
"""
_ACCENTS: Final = str.maketrans("aeioun", "áéíóúñ")
_CITIES: Final = (
    ("Springfield", "IL"),
    ("Portland", "OR"),
    ("Austin", "TX"),
    ("Columbus", "OH"),
    ("Albany", "NY"),
)
_STREETS: Final = ("Main St", "Oak Ave", "Elm St", "Lake Dr", "Hill Rd", "Park Blvd", "2nd St", "Mill Ln")


def patients(practice_id: PracticeId, count: int, *, after: int = 0) -> Iterator[Patient]:
    """The practice's patients number ``after`` + 1 to ``count``, in the order of their registration."""
    for block in range(after // BLOCK, -(-count // BLOCK)):
        begin = block * BLOCK
        for number, patient in enumerate(_block(practice_id, block), start=begin + 1):
            if after < number <= count:
                yield patient


def rare_last_name(practice_id: PracticeId) -> str:
    """The rarest last name among the first active patients."""
    ranks = {name: rank for rank, name in enumerate(last_names())}
    known = [
        patient.name.last.reveal()
        for patient in patients(practice_id, BLOCK)
        if patient.status is Status.ACTIVE
    ]
    return max((name for name in known if name in ranks), key=ranks.__getitem__)


@cache
def last_names() -> tuple[str, ...]:
    """Last names, the commonest first."""
    return tuple(_named(_COMMON_LASTS.split(), LAST_NAMES, random.Random("last names")))  # noqa: S311 - no secret


@cache
def first_names() -> tuple[str, ...]:
    """First names, the commonest first."""
    return tuple(_named(_COMMON_FIRSTS.split(), FIRST_NAMES, random.Random("first names")))  # noqa: S311 - no secret


@attrs.frozen
class _Draw:
    """Ranks drawn by a Zipf-Mandelbrot law: the weight of rank r is 1 / (r + shift) ** power."""

    bounds: tuple[float, ...]

    @classmethod
    def of(cls, ranks: int, shift: float, power: float) -> "_Draw":
        return cls(tuple(accumulate((rank + shift) ** -power for rank in range(1, ranks + 1))))

    def rank(self, chance: float) -> int:
        """A rank, from 0, for a number between 0 and 1."""
        return bisect(self.bounds, chance * self.bounds[-1], hi=len(self.bounds) - 1)


_LAST_DRAW: Final = _Draw.of(LAST_NAMES, _SHIFT, _POWER)
_FIRST_DRAW: Final = _Draw.of(FIRST_NAMES, _FIRST_SHIFT, _FIRST_POWER)


def drawn_first_name(chance: float) -> str:
    """A first name for a number between 0 and 1, as common as it is."""
    return first_names()[_FIRST_DRAW.rank(chance)]


def drawn_last_name(chance: float) -> str:
    """A last name, likewise."""
    return last_names()[_LAST_DRAW.rank(chance)]


def _named(common: list[str], count: int, chance: random.Random) -> Iterator[str]:
    """The common names, then others that a chain of their letter pairs makes."""
    followers: dict[str, list[str]] = {}
    for name in common:
        letters = f"^^{name.lower()}$"
        for at in range(2, len(letters)):
            followers.setdefault(letters[at - 2 : at], []).append(letters[at])
    seen = {name.lower() for name in common}
    yield from common
    while len(seen) < count:
        name, pair = "", "^^"
        while (letter := _picked(followers[pair], chance)) != "$":
            name, pair = name + letter, pair[1] + letter
        if 4 <= len(name) <= 12 and name not in seen:  # noqa: PLR2004 - as long as names are
            seen.add(name)
            yield name.capitalize()


def _picked(letters: list[str], chance: random.Random) -> str:
    # Only random() gives the same numbers in every version of Python.
    return letters[int(chance.random() * len(letters))]


def _block(practice_id: PracticeId, block: int) -> Iterator[Patient]:
    chance = random.Random(f"block {block}").random  # noqa: S311 - no secret
    for number in range(block * BLOCK + 1, (block + 1) * BLOCK + 1):
        first = first_names()[_FIRST_DRAW.rank(chance())]
        last = _marked(last_names()[_LAST_DRAW.rank(chance())], chance(), chance())
        at = BEGUN_AT + BETWEEN * number + timedelta(microseconds=int(chance() * 60_000_000))
        id_ = UUID(int=int(chance() * 2**53) << 75 | int(chance() * 2**53) << 22 | number, version=4)
        city, state = _CITIES[int(chance() * len(_CITIES))]
        drawn = chance()
        yield Patient(
            id=PatientId(id_),
            practice_id=practice_id,
            mrn=Mrn.numbered(number),
            name=PersonName(NamePart.trusted(first), NamePart.trusted(last)),
            date_of_birth=DateOfBirth.trusted(date(1930, 1, 1) + timedelta(days=int(chance() * 28_000))),
            gender=Phi(Gender.FEMALE if chance() < 0.55 else Gender.MALE),  # noqa: PLR2004 - women live longer
            phone=Phone.trusted(f"+1-217-555-{100 + number % 100:04}"),
            email=Email.trusted(f"{first}.{number}@example.com".lower()),
            address=Address(
                line1=AddressLine.trusted(f"{1 + int(chance() * 9_000)} {_STREETS[number % len(_STREETS)]}"),
                city=City.trusted(city),
                state=State.trusted(state),
                zip=Zip.trusted(f"{10_000 + int(chance() * 80_000)}"),
            ),
            ssn=Ssn.trusted(f"899{1 + number // 9_999:02}{1 + number % 9_999:04}"[:9]),
            external_id=ExternalId.trusted(f"ECW-{100_000 + number}"),
            status=_status(drawn),
            version=1,
            created_at=at,
            updated_at=at,
        )


def _status(drawn: float) -> Status:
    if drawn < _ACTIVE_SHARE:
        return Status.ACTIVE
    return Status.ARCHIVED if drawn < _ACTIVE_SHARE + _ARCHIVED_SHARE else Status.DELETED


def _marked(last: str, drawn: float, other: float) -> str:
    """Some names are double, bear an accent, or an apostrophe."""
    if drawn < _HYPHENATED_SHARE:
        return f"{last}-{last_names()[_LAST_DRAW.rank(other)]}"
    if drawn < _HYPHENATED_SHARE + _ACCENTED_SHARE:
        at = int(other * len(last))
        return last[:at] + last[at:].translate(_ACCENTS)
    if drawn < _HYPHENATED_SHARE + _ACCENTED_SHARE + _APOSTROPHE_SHARE:
        return f"O'{last}"
    return last
