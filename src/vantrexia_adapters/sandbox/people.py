# ruff: noqa: RUF001 - names in Greek, Cyrillic and other scripts look "ambiguous" to a linter; they are the point
"""Synthetic people for the demo practice: plausible, diverse, deterministic, and obviously not real.

The tables come first (those of names stand in `names`), a short engine after them. The same seed always gives
the same people, and a shorter run is a prefix of a longer one, so that "person 17" means the same person in
every demo of that seed.

What marks the people as made up, in case a record ever strays:

* phone numbers are in 555-0100..555-0199, the range kept free for fiction;
* e-mail addresses are at ``example.com``, ``example.org`` or ``example.net`` (RFC 2606);
* social security numbers all have area 899, which the SSA assigned to nobody before June 2011. They are
  valid in form, and *not* proof that no such number exists: never submit one anywhere.

Person 0, Jane Doe, is the one exception: she repeats the sample of the API documentation to the letter, with
its seven-digit phone number and its address at ``email.com``, which is somebody's real domain. Whatever sends
messages must not send to her.

Only ``Random.random()`` is called: it is the one method whose sequence Python promises to keep for a seed
from version to version.
"""

import itertools
import random
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import attrs

from vantrexia_adapters.sandbox.names import SOURCES, TAIL_ENDINGS, TAIL_STEMS, Source

__all__ = ["SyntheticPerson", "synthetic_people"]


@attrs.frozen(repr=False)
class SyntheticPerson:
    """One made-up patient of the demo practice, as plain data."""

    first_name: str
    last_name: str
    date_of_birth: str  # YYYY-MM-DD
    gender: str  # male | female | other | unknown
    phone: str | None
    email: str | None
    # Left out of the hash because a dict has none; equality still compares it.
    address: dict[str, str | None] | None = attrs.field(hash=False)  # line1, line2, city, state, zip
    ssn: str | None
    external_id: str | None  # "ECW-…"
    archived_because: str | None

    def __repr__(self) -> str:
        """Name the type only: a habit of printing people would outlive the synthetic ones."""
        return "SyntheticPerson(<masked>)"


# ---------------------------------------------------------------------------------------------------------
# Tables of the people everybody knows
# ---------------------------------------------------------------------------------------------------------

# Numbers the engine never gives out (it starts at ECW-100000 and skips the first SSNs), so these stay unique.
_FIXED: Final[tuple[SyntheticPerson, ...]] = (
    SyntheticPerson(
        first_name="Jane",
        last_name="Doe",
        date_of_birth="1958-03-15",
        gender="female",
        phone="+1-555-0101",
        email="jane.doe@email.com",
        address={
            "line1": "123 Main St",
            "line2": "Apt 4B",
            "city": "Springfield",
            "state": "IL",
            "zip": "62704",
        },
        ssn=None,
        external_id="ECW-98765",
        archived_because=None,
    ),
    SyntheticPerson(
        first_name="John",
        last_name="Smith",
        date_of_birth="1949-07-22",
        gender="male",
        phone="+1-217-555-0102",
        email="john.smith@example.com",
        address={"line1": "456 Oak Ave", "line2": None, "city": "Springfield", "state": "IL", "zip": "62702"},
        ssn="899-01-0001",
        external_id=None,
        archived_because=None,
    ),
    SyntheticPerson(
        first_name="Mary",
        last_name="Thompson",
        date_of_birth="1943-11-08",
        gender="female",
        phone="+1-217-555-0103",
        email=None,
        address={"line1": "789 Elm St", "line2": None, "city": "Springfield", "state": "IL", "zip": "62703"},
        ssn=None,
        external_id="ECW-98767",
        archived_because="Patient transferred to another practice",
    ),
)


# ---------------------------------------------------------------------------------------------------------
# Tables of places
# ---------------------------------------------------------------------------------------------------------


class _City(NamedTuple):
    """A city with some of its ZIP codes and the area codes that serve it."""

    name: str
    state: str
    zips: tuple[str, ...]
    area_codes: tuple[str, ...]


# city | state | ZIP codes | area codes
_CITY_TABLE: Final = """
Springfield    | IL | 62701 62702 62703 62704       | 217
Chicago        | IL | 60614 60629 60640 60657       | 312 773 872
Peoria         | IL | 61602 61603 61604 61614       | 309
New York       | NY | 10001 10025 10029 10128       | 212 646 917
Brooklyn       | NY | 11201 11215 11220 11235       | 347 718 929
Buffalo        | NY | 14201 14207 14213 14220       | 716
Rochester      | NY | 14607 14609 14612 14620       | 585
Newark         | NJ | 07102 07104 07107 07112       | 862 973
Philadelphia   | PA | 19103 19111 19124 19147       | 215 267
Pittsburgh     | PA | 15206 15212 15217 15237       | 412
Boston         | MA | 02108 02114 02116 02118       | 617 857
Worcester      | MA | 01602 01604 01605 01609       | 508 774
Portland       | ME | 04101 04102 04103             | 207
Baltimore      | MD | 21201 21206 21215 21224       | 410 443
Washington     | DC | 20001 20009 20011 20019       | 202
Richmond       | VA | 23220 23223 23225 23227       | 804
Charlotte      | NC | 28202 28205 28210 28269       | 704 980
Raleigh        | NC | 27601 27604 27609 27615       | 919 984
Charleston     | SC | 29401 29403 29407 29412       | 843
Atlanta        | GA | 30306 30310 30312 30318       | 404 470 678
Jacksonville   | FL | 32205 32207 32210 32256       | 904
Miami          | FL | 33125 33135 33142 33176       | 305 786
Tampa          | FL | 33602 33604 33611 33647       | 813
New Orleans    | LA | 70115 70117 70119 70122       | 504
Nashville      | TN | 37203 37206 37211 37214       | 615 629
Memphis        | TN | 38104 38109 38111 38116       | 901
Louisville     | KY | 40202 40205 40214 40216       | 502
Columbus       | OH | 43201 43206 43215 43229       | 614
Cleveland      | OH | 44102 44109 44111 44113       | 216
Indianapolis   | IN | 46201 46203 46220 46227       | 317
Detroit        | MI | 48201 48219 48224 48228       | 313
Milwaukee      | WI | 53202 53207 53215 53218       | 414
Minneapolis    | MN | 55404 55406 55408 55417       | 612
Des Moines     | IA | 50310 50312 50315 50317       | 515
St. Louis      | MO | 63104 63109 63116 63118       | 314
Kansas City    | MO | 64108 64111 64114 64131       | 816
Omaha          | NE | 68104 68105 68107 68132       | 402
Oklahoma City  | OK | 73102 73106 73112 73119       | 405
Houston        | TX | 77002 77036 77057 77084       | 281 713 832
San Antonio    | TX | 78201 78207 78228 78240       | 210
Dallas         | TX | 75204 75217 75228 75243       | 214 469 972
El Paso        | TX | 79902 79912 79924 79936       | 915
Albuquerque    | NM | 87102 87106 87110 87120       | 505
Denver         | CO | 80202 80205 80219 80239       | 303 720
Phoenix        | AZ | 85008 85015 85032 85041       | 602
Las Vegas      | NV | 89102 89108 89117 89121       | 702 725
Salt Lake City | UT | 84102 84103 84105 84111       | 385 801
Los Angeles    | CA | 90004 90011 90026 90042       | 213 323
San Diego      | CA | 92101 92104 92115 92126       | 619 858
San Jose       | CA | 95112 95122 95123 95136       | 408 669
Fresno         | CA | 93702 93711 93722 93727       | 559
Portland       | OR | 97202 97206 97214 97217       | 503 971
Seattle        | WA | 98103 98115 98118 98144       | 206
Honolulu       | HI | 96813 96815 96816 96822       | 808
Anchorage      | AK | 99501 99503 99508 99515       | 907
"""

_STREETS: Final = (
    "Main, Oak, Maple, Elm, Cedar, Pine, Walnut, Washington, Lincoln, Jefferson, Park, Lake, Hill, Church, "
    "Spring, River, Highland, Sunset, Willow, Chestnut, Franklin, Prospect, Meadow, Ridge, Cherry, Birch, "
    "Madison, Jackson, Dogwood, Magnolia, Hickory, Valley View, Orchard, Mill, 2nd, 5th, 9th, 14th, 42nd, "
    "Martin Luther King Jr, St. Mary's, Old County"
)
_STREET_TYPES: Final = "St, Ave, Rd, Dr, Ln, Ct, Blvd, Way, Pl, Ter"
_STREET_DIRECTIONS: Final = ("", "", "", "", "", "", "N ", "S ", "E ", "W ", "NE ", "SW ")

_ARCHIVE_REASONS: Final = (
    "Patient discharged from RPM program - goals met",
    "Patient discharged from RPM program - goals met",
    "Patient discharged from RPM program - goals met",
    "Patient transferred to another practice",
    "Patient transferred to another practice",
    "Moved out of state",
    "Moved out of state",
    "Patient deceased",
    "Patient deceased",
    "Patient deceased",
    "Patient declined further monitoring",
    "Lost to follow-up",
    "Insurance coverage ended",
    "Admitted to long-term care facility",
    "Entered hospice care",
    "Device returned at patient's request",
)


# ---------------------------------------------------------------------------------------------------------
# Tables of households and ages
# ---------------------------------------------------------------------------------------------------------

_SINGLE, _COUPLE, _PARENT_AND_CHILD, _SIBLINGS, _FAMILY, _TWINS, _JUNIOR, _NAMESAKES = range(8)

# How often each kind of household occurs, of 1,000.
_HOUSEHOLD_WEIGHTS: Final[Mapping[int, int]] = {
    _SINGLE: 640,
    _COUPLE: 255,
    _PARENT_AND_CHILD: 40,
    _SIBLINGS: 20,
    _FAMILY: 20,
    _TWINS: 4,
    _JUNIOR: 9,
    _NAMESAKES: 12,
}

# The households right after the fixed people: even a demo of thirty people then has the cases that matter
# when patients are matched, searched and merged.
_OPENING: Final[tuple[tuple[int, str], ...]] = (
    (_NAMESAKES, "english"),
    (_TWINS, "spanish"),
    (_JUNIOR, "english"),
    (_COUPLE, "african-american"),
    (_SINGLE, "irish"),
    (_SINGLE, "han"),
    (_COUPLE, "vietnamese"),
    (_FAMILY, "polish"),
    (_SINGLE, "dutch"),
    (_SINGLE, "nordic"),
)

# (youngest, oldest, weight) on the reference date 2026-01-01: somebody born in year Y is 2025 - Y then, and a
# year older if born on 1 January, so the last band ends at 94 to keep everybody at 95 or below.
_REFERENCE_YEAR: Final = 2026
_AGE_BANDS: Final = (
    (18, 34, 20),
    (35, 44, 50),
    (45, 54, 100),
    (55, 64, 190),
    (65, 74, 320),
    (75, 84, 230),
    (85, 94, 90),
)
_FIRST_YEAR: Final = 1930  # of the name tables
_LAST_YEAR: Final = 2009

_GENDERS: Final = ("male", "female")
_MALE: Final = 0
_FEMALE: Final = 1

# 1 % of the records say other or unknown, each.
_OTHER_SHARE: Final = 0.01
_UNKNOWN_SHARE: Final = 0.01
_SSN_SHARE: Final = 0.40
_EXTERNAL_ID_SHARE: Final = 0.50
_ARCHIVED_SHARE: Final = 0.04
_NO_PHONE_SHARE: Final = 0.06
_NO_ADDRESS_SHARE: Final = 0.04
_LANDLINE_SHARE: Final = 0.4
_FEMALE_SHARE: Final = 0.56  # of those who live alone
_SAME_SEX_SHARE: Final = 0.03  # of couples
_ALIKE_SHARE: Final = 0.7  # of twins
_UNIT_SHARE: Final = 0.3  # of homes with a second address line
_INITIAL_SHARE: Final = 0.3  # of e-mail addresses like "jdoe"

_EMAIL_HOSTS: Final = ("example.com", "example.org", "example.net")

# One area only, so that a number gives itself away: 899 was assigned to nobody before June 2011, when the SSA
# began to draw areas at random, and everybody here was born before.
_SSN_AREA: Final = "899"
_SSN_SERIALS: Final = 9_999  # 0001..9999; 0000 is never valid
_SSN_GROUPS: Final = 99  # 01..99; 00 is never valid
_SSN_RESERVED: Final = 10  # the first few belong to the fixed people
_SSN_COUNT: Final = _SSN_SERIALS * _SSN_GROUPS - _SSN_RESERVED
_SSN_STEP: Final = (
    611_953  # a prime that does not divide the count, so stepping by it visits every number once
)


# ---------------------------------------------------------------------------------------------------------
# The engine: from tables as written to tables that are quick to draw from
# ---------------------------------------------------------------------------------------------------------


class _Given(NamedTuple):
    """A first name and its spelling in an e-mail address."""

    name: str
    ascii: str


class _Last(NamedTuple):
    """A last name: the masculine and the feminine form, and their spellings in an e-mail address."""

    names: tuple[str, str]
    ascii: tuple[str, str]


class _Origin(NamedTuple):
    """The names of one origin, each repeated by its weight: drawing one is a single index."""

    last: tuple[_Last, ...]
    given: tuple[tuple[tuple[_Given, ...], ...], tuple[tuple[_Given, ...], ...]]  # [male, female][year]
    english: float
    hyphen: float
    keeps: float


class _Home(NamedTuple):
    """Where a household lives."""

    line1: str
    line2: str | None
    city: _City
    zip: str
    listed: bool  # False: the practice has no address on file
    landline: str


# Letters that have no decomposition, or not the one people use in an e-mail address.
_FOLDED: Final = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)
_ASCII_LENGTH: Final = 24  # keeps a local part below the 64 characters of RFC 5321


def _split(text: str) -> list[str]:
    """Split a table entry list at its commas."""
    return [entry.strip() for entry in text.split(",")]


def _to_ascii(name: str) -> str:
    """Spell a Latin name with the letters a-z and single inner hyphens."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_FOLDED))
    return "".join(c for c in plain if "a" <= c <= "z" or c == "-")[:_ASCII_LENGTH].strip("-")


def _weighted(text: str) -> Iterator[tuple[str, int]]:
    """Give each entry of a table with its weight: its own, or one that falls with its rank."""
    for rank, entry in enumerate(_split(unicodedata.normalize("NFC", text))):
        name, _, weight = entry.partition("*")
        yield name, int(weight) if weight else max(1, round(60 / (rank + 3)))


def _compile_last(text: str) -> tuple[_Last, ...]:
    """Build the draw table of some last names."""
    table: list[_Last] = []
    for entry, weight in _weighted(text):
        native, _, roman = entry.partition("=")
        male, _, female = native.partition("/")
        roman_male, _, roman_female = (roman or native).partition("/")
        last = _Last((male, female or male), (_to_ascii(roman_male), _to_ascii(roman_female or roman_male)))
        table.extend([last] * weight)
    return tuple(table)


def _compile_given(text: str) -> tuple[_Given, ...]:
    """Build the draw table of some first names."""
    table: list[_Given] = []
    for entry, weight in _weighted(text):
        native, _, roman = entry.partition("=")
        table.extend([_Given(native, _to_ascii(roman or native))] * weight)
    return tuple(table)


def _by_year(tables: Mapping[int, str]) -> tuple[tuple[_Given, ...], ...]:
    """Give the draw table of first names for each birth year; years of one cohort share one table."""
    compiled = {first: _compile_given(text) for first, text in tables.items()}
    return tuple(
        compiled[max(first for first in compiled if first <= year)]
        for year in range(_FIRST_YEAR, _LAST_YEAR + 1)
    )


def _compile_origin(source: Source) -> _Origin:
    """Build the draw tables of one origin."""
    return _Origin(
        _compile_last(source.last),
        (_by_year(source.male), _by_year(source.female)),
        source.english,
        source.hyphen,
        source.keeps,
    )


def _compile_origins() -> dict[str, _Origin]:
    """Build the draw tables of all origins, and give the English names their long tail."""
    origins = {key: _compile_origin(source) for key, source in SOURCES.items()}
    tail = ", ".join(f"{stem}{end}*1" for stem in _split(TAIL_STEMS) for end in _split(TAIL_ENDINGS))
    english = origins["english"]
    origins["english"] = english._replace(last=english.last + _compile_last(tail))
    return origins


def _compile_cities() -> tuple[_City, ...]:
    """Read the city table."""
    rows = ([cell.strip() for cell in row.split("|")] for row in _CITY_TABLE.strip().splitlines())
    return tuple(
        _City(name, state, tuple(zips.split()), tuple(codes.split())) for name, state, zips, codes in rows
    )


_ORIGINS: Final = _compile_origins()
_ORIGIN_DRAW: Final = tuple(_ORIGINS[key] for key, source in SOURCES.items() for _ in range(source.share))
_ENGLISH: Final = _ORIGINS["english"].given
_CITIES: Final = _compile_cities()
_HOUSEHOLD_DRAW: Final = tuple(kind for kind, weight in _HOUSEHOLD_WEIGHTS.items() for _ in range(weight))
_STREET_DRAW: Final = tuple(
    f"{direction}{street} {kind}"
    for direction in _STREET_DIRECTIONS
    for street in _split(_STREETS)
    for kind in _split(_STREET_TYPES)
)
_UNIT_DRAW: Final = (
    *(f"Apt {floor}{door}" for floor in range(1, 13) for door in "ABCDEF"),
    *(f"Unit {number}" for number in range(1, 41)),
    *(f"Lot {number}" for number in range(1, 21)),
    *(f"# {number}" for number in range(101, 131)),
)
# Each band is repeated by its weight, so that the year inside a band stays evenly spread.
_BAND_DRAW: Final = tuple(
    (_REFERENCE_YEAR - 1 - oldest, oldest - youngest + 1)
    for youngest, oldest, weight in _AGE_BANDS
    for _ in range(weight)
)
_DAYS: Final = tuple(
    f"-{month:02}-{day:02}"
    for month, days in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1)
    for day in range(1, days + 1)
)
_LEAP_DAYS: Final = (*_DAYS, "-02-29")


# ---------------------------------------------------------------------------------------------------------
# The engine: drawing households
# ---------------------------------------------------------------------------------------------------------


class _Practice:
    """Draws one household after the other; all it remembers is its random state and two counters."""

    def __init__(self, seed: int) -> None:
        """Start at the first person after the fixed ones."""
        self._random = random.Random(seed).random  # noqa: S311 - made-up people, not cryptography
        self._number = len(_FIXED)
        self._ssn = int(self._random() * _SSN_COUNT)

    def any_household(self) -> Iterator[SyntheticPerson]:
        """Give the members of a household of any kind and origin, in their usual mix."""
        draw = self._random
        kind = _HOUSEHOLD_DRAW[int(draw() * len(_HOUSEHOLD_DRAW))]
        origin = _ORIGIN_DRAW[int(draw() * len(_ORIGIN_DRAW))]
        return self.household(kind, origin, listed=draw() >= _NO_ADDRESS_SHARE)

    def household(self, kind: int, origin: _Origin, *, listed: bool) -> Iterator[SyntheticPerson]:
        """Give the members of one household of a kind and an origin, with an address on file or without."""
        draw = self._random
        last = self._last(origin)
        home = self._home(listed=listed)
        if kind == _SINGLE:
            yield self._individual(origin, last, home)
        elif kind == _COUPLE:
            yield from self._couple(origin, last, home, self._year())
        elif kind in (_PARENT_AND_CHILD, _FAMILY):
            # Parents of adult patients are old enough for that: born 1931 to 1960, children 20 to 37 later.
            year = 1931 + int(draw() * 30)
            if kind == _FAMILY:
                yield from self._couple(origin, last, home, year)
            else:
                yield self._individual(origin, last, home, year)
            yield self._individual(origin, last, home, year + 20 + int(draw() * 18))
        elif kind == _SIBLINGS:
            year = min(self._year(), 1990)
            yield self._individual(origin, last, home, year)
            yield self._individual(origin, last, home, year + 1 + int(draw() * 6))
        elif kind == _TWINS:
            yield from self._twins(origin, last, home)
        elif kind == _JUNIOR:
            year = 1931 + int(draw() * 30)
            given = self._given(origin, _MALE, year)
            yield self._person(given, last, home, _MALE, self._birth_date(year))
            yield self._person(given, last, home, _MALE, self._birth_date(year + 20 + int(draw() * 18)))
        else:
            yield from self._namesakes(origin, last, home)

    def _individual(
        self, origin: _Origin, last: _Last, home: _Home, year: int | None = None
    ) -> SyntheticPerson:
        """Give a person of either sex, of any age unless told."""
        form = _FEMALE if self._random() < _FEMALE_SHARE else _MALE
        year = self._year() if year is None else year
        return self._person(self._given(origin, form, year), last, home, form, self._birth_date(year))

    def _couple(self, origin: _Origin, last: _Last, home: _Home, year: int) -> Iterator[SyntheticPerson]:
        """Give two partners a few years apart, nearly always a man and a woman."""
        draw = self._random
        form = int(draw() * 2)
        yield self._person(self._given(origin, form, year), last, home, form, self._birth_date(year))
        if draw() < origin.keeps:
            last = self._last(origin)
        form = form if draw() < _SAME_SEX_SHARE else 1 - form
        year = min(max(year - 5 + int(draw() * 11), 1931), 2007)
        yield self._person(self._given(origin, form, year), last, home, form, self._birth_date(year))

    def _twins(self, origin: _Origin, last: _Last, home: _Home) -> Iterator[SyntheticPerson]:
        """Give two people who differ in little but the first name."""
        draw = self._random
        year = self._year()
        born = self._birth_date(year)
        form = int(draw() * 2)
        given = self._given(origin, form, year)
        yield self._person(given, last, home, form, born)
        form = form if draw() < _ALIKE_SHARE else 1 - form
        other = self._given(origin, form, year)
        while other.name == given.name:
            other = self._given(origin, form, year)
        yield self._person(other, last, home, form, born)

    def _namesakes(self, origin: _Origin, last: _Last, home: _Home) -> Iterator[SyntheticPerson]:
        """Give two strangers of one name, born in different years and living apart."""
        draw = self._random
        form = int(draw() * 2)
        year = min(self._year(), 1990)
        given = self._given(origin, form, year)
        yield self._person(given, last, home, form, self._birth_date(year))
        yield self._person(
            given, last, self._home(listed=home.listed), form, self._birth_date(year + 1 + int(draw() * 12))
        )

    def _year(self) -> int:
        """Draw a birth year with the ages of a remote monitoring practice."""
        first, years = _BAND_DRAW[int(self._random() * len(_BAND_DRAW))]
        return first + int(self._random() * years)

    def _birth_date(self, year: int) -> str:
        """Draw a day of the year; 29 February exists when it does."""
        days = _LEAP_DAYS if year % 4 == 0 else _DAYS  # holds from 1901 to 2099
        return f"{year}{days[int(self._random() * len(days))]}"

    def _last(self, origin: _Origin) -> _Last:
        """Draw a last name, sometimes a double one."""
        draw = self._random
        last = origin.last[int(draw() * len(origin.last))]
        if origin.hyphen and draw() < origin.hyphen:
            second = origin.last[int(draw() * len(origin.last))]
            # No Garcia-Garcia, and no third part behind names that are double already.
            if second is not last and not any(c in "- " for c in last.names[0] + second.names[0]):
                return _Last(
                    (f"{last.names[0]}-{second.names[0]}", f"{last.names[1]}-{second.names[1]}"),
                    (
                        f"{last.ascii[0]}-{second.ascii[0]}"[:_ASCII_LENGTH].rstrip("-"),
                        f"{last.ascii[1]}-{second.ascii[1]}"[:_ASCII_LENGTH].rstrip("-"),
                    ),
                )
        return last

    def _given(self, origin: _Origin, form: int, year: int) -> _Given:
        """Draw a first name that was in fashion."""
        draw = self._random
        given = _ENGLISH if origin.english and draw() < origin.english else origin.given
        table = given[form][year - _FIRST_YEAR]
        return table[int(draw() * len(table))]

    def _home(self, *, listed: bool) -> _Home:
        """Draw a home."""
        draw = self._random
        city = _CITIES[int(draw() * len(_CITIES))]
        return _Home(
            f"{int(draw() * 9_900) + 10} {_STREET_DRAW[int(draw() * len(_STREET_DRAW))]}",
            _UNIT_DRAW[int(draw() * len(_UNIT_DRAW))] if draw() < _UNIT_SHARE else None,
            city,
            city.zips[int(draw() * len(city.zips))],
            listed,
            self._phone(city),
        )

    def _phone(self, city: _City) -> str:
        """Draw a number of the city's area codes in the range kept free for fiction."""
        draw = self._random
        return f"+1-{city.area_codes[int(draw() * len(city.area_codes))]}-555-01{int(draw() * 100):02}"

    def _email(self, given: _Given, last_ascii: str, year: str) -> str | None:
        """Make an address that nobody else has, because it ends in the person's number."""
        draw = self._random
        # The older, the fewer give the practice an address.
        if draw() < (0.55 if year < "1945" else 0.3 if year < "1960" else 0.12):
            return None
        host = _EMAIL_HOSTS[int(draw() * 3)]
        if draw() < _INITIAL_SHARE:
            return f"{given.ascii[0]}{last_ascii}{self._number}@{host}"
        return f"{given.ascii}.{last_ascii}{self._number}@{host}"

    def _next_ssn(self) -> str:
        """Give the next number: they repeat only after some 990,000, which 2.4 million people need."""
        self._ssn = (self._ssn + _SSN_STEP) % _SSN_COUNT
        group, serial = divmod(self._ssn + _SSN_RESERVED, _SSN_SERIALS)
        return f"{_SSN_AREA}-{group + 1:02}-{serial + 1:04}"

    def _person(self, given: _Given, last: _Last, home: _Home, form: int, born: str) -> SyntheticPerson:
        """Fill in the rest of a person, and count them."""
        draw = self._random
        chance = draw()
        gender = _GENDERS[form]
        if chance < _OTHER_SHARE:
            gender = "other"
        elif chance < _OTHER_SHARE + _UNKNOWN_SHARE:
            gender = "unknown"
        phone: str | None = None
        if draw() >= _NO_PHONE_SHARE:
            phone = home.landline if draw() < _LANDLINE_SHARE else self._phone(home.city)
        address: dict[str, str | None] | None = None
        if home.listed:
            # A dict of one's own: changing one person's must not move the family.
            address = {
                "line1": home.line1,
                "line2": home.line2,
                "city": home.city.name,
                "state": home.city.state,
                "zip": home.zip,
            }
        external_id: str | None = None
        if draw() < _EXTERNAL_ID_SHARE:
            # Seven numbers per person: unique without remembering any, and with gaps as in a real export.
            external_id = f"ECW-{100_000 + self._number * 7 + int(draw() * 7)}"
        archived: str | None = None
        if draw() < _ARCHIVED_SHARE:
            archived = _ARCHIVE_REASONS[int(draw() * len(_ARCHIVE_REASONS))]
        person = SyntheticPerson(
            given.name,
            last.names[form],
            born,
            gender,
            phone,
            self._email(given, last.ascii[form], born),
            address,
            self._next_ssn() if draw() < _SSN_SHARE else None,
            external_id,
            archived,
        )
        self._number += 1
        return person


def _endless(seed: int) -> Iterator[SyntheticPerson]:
    """Give the fixed people, the opening households, and then households without end."""
    for person in _FIXED:
        # The address is a dict, and the fixed people live as long as the process: hand out a copy.
        yield attrs.evolve(person, address=dict(person.address) if person.address else None)
    practice = _Practice(seed)
    for kind, key in _OPENING:
        yield from practice.household(kind, _ORIGINS[key], listed=True)
    while True:
        yield from practice.any_household()


def synthetic_people(count: int, *, seed: int = 1) -> Iterator[SyntheticPerson]:
    """Give the first ``count`` people of the demo practice, one at a time.

    The same seed gives the same people, and the first three are the same for every seed. Memory does not
    grow with ``count``. External ids and e-mail addresses are unique within a run, social security numbers
    within the first 2.4 million people or so.
    """
    if count < 0:
        message = f"count must not be negative, got {count}"
        raise ValueError(message)
    return itertools.islice(_endless(seed), count)
