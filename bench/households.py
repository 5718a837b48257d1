"""Write a labelled registry of made-up households, in which some people were written down more than once.

Families are patients of one practice: couples, parents and children, siblings, twins (some of names that
resemble each other, some of those invented for the purpose), a parent and a child of one name, flatmates, a
grown-up child who moved out, cousins of one surname. Two strangers now and then have one name; now and then
they have one birth date too. Whoever is written down again is written by another hand: with typing errors, as
they are heard or scanned, under a nickname or the middle name, names swapped, married, moved, under the number
of somebody in the household, with placeholders, and with what was not asked left out.

The columns are those of `vantrexia matching evaluate`; ``cluster`` is the truth. A seed gives the same people
again. Nobody is a living person.

\b
Examples:
    python bench/households.py --seed 7 --out seen.csv.gz
    python bench/households.py --records 50000 --sparse --out sparse.csv
"""

import csv
import gzip
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

import attrs
import click

from population import first_names
from vantrexia_adapters.sandbox import synthetic_people
from vantrexia_core.patients.matching.nicknames import groups_of

COLUMNS: Final = (
    "id", "cluster", "first_name", "middle_name", "last_name", "date_of_birth", "gender", "phone", "email",
    "line1", "line2", "city", "zip", "ssn", "mrn",
)  # fmt: skip
Row = dict[str, str]

_TODAY: Final = date(2026, 1, 1)
_NAMES_FROM: Final = 20_000
_PEOPLE_SEED: Final = 4_711
_PLACES: Final = (
    ("Dayton", "454"),
    ("Kettering", "454"),
    ("Xenia", "453"),
    ("St. Marys", "458"),
    ("Lima", "458"),
)
_STREETS: Final = tuple(
    """Walnut Chestnut Sycamore Linden Hawthorn Jefferson Monroe Harding Wright Patterson Salem Wayne Wyoming
    Huffman Linwood Glenwood Brookside Riverview Stonemill Ridge Shroyer Woodman Wilmington Smithville Forrer
    Cornell Princeton Yale Fairgreen Catalpa Otterbein Philadelphia Lakeview Germantown Hoover Gettysburg
    First Third Fifth 2nd 10th Main Broadway Findlay Keowee Valley Troy Needmore Turner Siebenthaler""".split()  # noqa: SIM905
)
_KINDS: Final = (
    ("Street", "St"),
    ("Avenue", "Ave"),
    ("Drive", "Dr"),
    ("Road", "Rd"),
    ("Court", "Ct"),
    ("Place", "Pl"),
)
_PROVIDERS: Final = (
    "gmail.com",
    "gmail.com",
    "yahoo.com",
    "aol.com",
    "outlook.com",
    "sbcglobal.net",
    "att.net",
)
_WORDS: Final = (
    """bengals fishing sunflower harley grandma buckeye tractor quilts beagle mustang roses music"""
)
_ALIKE: Final = (
    ("Jayden", "Jaylen"), ("Jayden", "Hayden"), ("Kayla", "Kyla"), ("Ella", "Etta"), ("Mia", "Mya"),
    ("Aiden", "Caiden"), ("Madison", "Addison"), ("Taylor", "Tyler"), ("Maria", "Marta"), ("Mario", "Marco"),
    ("Daniel", "Danielle"), ("Christian", "Christina"), ("Eric", "Erica"), ("Jaden", "Jalen"), ("Anna", "Hanna"),
    ("Tessa", "Teresa"), ("Brandon", "Branden"), ("Logan", "Rogan"), ("Ava", "Eva"), ("Leah", "Lena"),
    ("Marian", "Miriam"), ("Joan", "Jean"), ("Ronald", "Donald"), ("Terry", "Jerry"), ("Karen", "Sharon"),
)  # fmt: skip
_KNOWN_AS: Final[dict[str, str]] = {
    "William": "Bill", "Robert": "Bob", "Richard": "Rick", "James": "Jim", "John": "Jack", "Margaret": "Peggy",
    "Elizabeth": "Liz", "Katherine": "Kate", "Patricia": "Pat", "Michael": "Mike", "Thomas": "Tom",
    "Charles": "Chuck", "Joseph": "Joe", "Daniel": "Dan", "Matthew": "Matt", "Anthony": "Tony",
    "Steven": "Steve", "Andrew": "Drew", "Joshua": "Josh", "Kenneth": "Ken", "Edward": "Ted", "Ronald": "Ron",
    "Timothy": "Tim", "Jeffrey": "Jeff", "Deborah": "Deb", "Susan": "Sue", "Jessica": "Jess",
    "Jennifer": "Jen", "Rebecca": "Becky", "Pamela": "Pam", "Christine": "Chris", "Barbara": "Barb",
    "José": "Pepe", "Francisco": "Paco", "Guadalupe": "Lupe", "Jesús": "Chuy", "Dolores": "Lola",
    "Roberto": "Beto", "Manuel": "Manny",
}  # fmt: skip
_NEAR: Final = {
    letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, letter in enumerate(row)
}
_HEARD: Final = (
    ("ph", "f"), ("ck", "k"), ("c", "k"), ("y", "i"), ("ie", "y"), ("ei", "ie"), ("ll", "l"), ("nn", "n"),
    ("tt", "t"), ("ss", "s"), ("z", "s"), ("s", "z"), ("ey", "y"), ("ks", "x"), ("e", "a"), ("i", "e"), ("th", "t"),
)  # fmt: skip
_SCANNED: Final = (
    ("rn", "m"),
    ("m", "rn"),
    ("l", "1"),
    ("o", "0"),
    ("cl", "d"),
    ("h", "b"),
    ("ii", "u"),
    ("vv", "w"),
)


@attrs.frozen(repr=False)
class Soul:
    """Somebody, as they are. Made up; masked all the same, so that nobody gets used to printing people."""

    first: str
    middle: str
    last: str
    suffix: str
    born: date
    gender: str
    phone: str
    email: str
    line1: str
    line2: str
    city: str
    zip: str
    ssn: str


@attrs.frozen
class Habits:
    """How often things happen, as shares of the records written by another hand."""

    slip: float = 0.045
    """An error in one field."""
    blank: float = 0.10
    """A field that was not asked."""
    nickname: float = 0.05
    moved: float = 0.13
    new_phone: float = 0.16
    married: float = 0.035
    swapped: float = 0.008
    has_ssn: float = 0.62
    has_middle: float = 0.45


DENSE: Final = Habits()
SPARSE: Final = Habits(
    slip=0.09, blank=0.24, nickname=0.08, moved=0.18, new_phone=0.24, married=0.05, swapped=0.016, has_ssn=0.0,
    has_middle=0.15,
)  # fmt: skip


@click.command(help=__doc__)
@click.option("--records", type=click.IntRange(min=1), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--sparse", is_flag=True, help="No SSN, twice the errors, more left out.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def main(*, records: int, seed: int, sparse: bool, out: Path) -> None:
    """Write the file."""
    rows = registry(records, seed=seed, habits=SPARSE if sparse else DENSE)
    if out.suffix == ".gz":
        with gzip.open(out, "wt", encoding="utf-8", newline="") as file:
            _write(file, rows)
    else:
        with out.open("w", encoding="utf-8", newline="") as file:
            _write(file, rows)


def _write(file: TextIO, rows: Sequence[Row]) -> None:
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)


def registry(records: int, *, seed: int, habits: Habits = DENSE) -> list[Row]:
    """That many records, in no order."""
    chance = random.Random(f"households {seed}")  # noqa: S311 - no secret
    rows = list(islice(_records(chance, habits), records))
    chance.shuffle(rows)
    for number, row in enumerate(rows):
        row["id"] = f"h{number:06}"
    return rows


def _records(chance: random.Random, habits: Habits) -> Iterator[Row]:
    cluster = 0
    for household in _households(chance):
        for soul in household:
            cluster += 1
            once = _written(soul, habits, chance)
            yield _labelled(once, cluster, chance)
            if chance.random() < 0.19:
                for _ in range(2 if chance.random() < 0.12 else 1):
                    yield _labelled(_again(soul, once, household, habits, chance), cluster, chance)


def _labelled(row: Row, cluster: int, chance: random.Random) -> Row:
    return row | {"cluster": str(cluster), "mrn": f"H{int(chance.random() * 10**8):08}"}


# ---------------------------------------------------------------------------------------------------------
# Who they are
# ---------------------------------------------------------------------------------------------------------


@cache
def _pool() -> tuple[dict[str, list[str]], list[str]]:
    """First names by gender and last names, each as often as people have it."""
    firsts: dict[str, list[str]] = {"male": [], "female": []}
    lasts = []
    for person in synthetic_people(_NAMES_FROM, seed=_PEOPLE_SEED):
        if person.gender in firsts:
            firsts[person.gender].append(person.first_name)
        lasts.append(person.last_name)
    return firsts, lasts


def _first(chance: random.Random, gender: str) -> str:
    """One name in ten is rare: the demo's people have few names, and a real practice has many."""
    if chance.random() < 0.10:
        return chance.choice(first_names()[250:])
    return chance.choice(_pool()[0][gender])


def _born(chance: random.Random, youngest: int, oldest: int) -> date:
    born = _TODAY - timedelta(days=int(365.25 * (youngest + chance.random() * (oldest - youngest))))
    return born.replace(month=1, day=1) if chance.random() < 0.004 else born


def _number(chance: random.Random) -> str:
    return f"{chance.choice(('937', '937', '326', '419', '567'))}{int(2_000_000 + chance.random() * 7_999_000):07}"


def _ssn(chance: random.Random) -> str:
    return f"{int(100 + chance.random() * 560):03}{int(1 + chance.random() * 98):02}{int(1 + chance.random() * 9_998):04}"


def _home(chance: random.Random) -> dict[str, str]:
    city, area = chance.choice(_PLACES)
    unit = f"Apt {int(1 + chance.random() * 40)}" if chance.random() < 0.3 else ""
    return {
        "line1": f"{int(10 + chance.random() * 7_900)} {chance.choice(_STREETS)} {chance.choice(_KINDS)[0]}",
        "line2": unit,
        "city": city,
        "zip": f"{area}{int(chance.random() * 60):02}",
    }


def _mail(chance: random.Random, first: str, last: str, born: date) -> str:
    one, other = _plain(first), _plain(last)
    local = chance.choice(
        (
            f"{one}.{other}", f"{one}{other}", f"{one[:1]}{other}", f"{one}{born.year % 100:02}",
            f"{other}{one[:1]}{int(chance.random() * 100)}", f"{chance.choice(_WORDS.split())}{int(chance.random() * 900)}",
            f"{one}_{other}{born.year}", f"{chance.choice(_WORDS.split())}{one}",
        )
    )  # fmt: skip
    return f"{local}@{chance.choice(_PROVIDERS)}" if local.isascii() and local else ""


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isascii() and character.isalpha())


def _soul(
    chance: random.Random,
    home: dict[str, str],
    phone: str,
    last: str,
    gender: str,
    born: date,
    first: str = "",
) -> Soul:
    first = first or _first(chance, gender)
    own = chance.random() < 0.7 and born.year < _TODAY.year - 14
    return Soul(
        first=first,
        middle=_first(chance, gender),
        last=last,
        suffix="",
        born=born,
        gender=gender,
        phone=_number(chance) if own else phone,
        email=_mail(chance, first, last, born) if chance.random() < 0.7 else "",
        ssn=_ssn(chance),
        **home,
    )


def _households(chance: random.Random) -> Iterator[list[Soul]]:
    kinds: tuple[tuple[Callable[[random.Random], list[Soul]], float], ...] = (
        (_alone, 0.44), (_couple, 0.20), (_family, 0.17), (_twins, 0.02), (_of_one_name, 0.025),
        (_flat, 0.035), (_moved_out, 0.05), (_siblings, 0.04), (_namesakes, 0.018), (_born_on_one_day, 0.002),
    )  # fmt: skip
    makers, weights = zip(*kinds, strict=True)
    while True:
        yield chance.choices(makers, weights)[0](chance)


def _last(chance: random.Random) -> str:
    last = chance.choice(_pool()[1])
    return f"{last}-{chance.choice(_pool()[1])}" if chance.random() < 0.03 else last


def _any(chance: random.Random) -> str:
    return "female" if chance.random() < 0.54 else "male"


def _alone(chance: random.Random) -> list[Soul]:
    return [_soul(chance, _home(chance), _number(chance), _last(chance), _any(chance), _born(chance, 18, 95))]


def _couple(chance: random.Random) -> list[Soul]:
    home, phone, last = _home(chance), _number(chance), _last(chance)
    wife = last if chance.random() < 0.75 else _last(chance)
    age = 22 + chance.random() * 65
    return [
        _soul(chance, home, phone, name, gender, _born(chance, int(age), int(age) + 6))
        for name, gender in ((last, "male"), (wife, "female"))
    ]


def _family(chance: random.Random) -> list[Soul]:
    parents = _couple(chance)
    father = parents[0]
    oldest = max(1, min(_TODAY.year - parent.born.year for parent in parents) - 19)
    children = [
        _soul(chance, _home_of(father), father.phone, father.last, _any(chance), _born(chance, 0, oldest))
        for _ in range(1 + int(chance.random() * 3))
    ]
    return [*parents, *children]


def _siblings(chance: random.Random) -> list[Soul]:
    first, *_ = _alone(chance)
    age = _TODAY.year - first.born.year
    others = [
        _soul(
            chance,
            _home_of(first),
            first.phone,
            first.last,
            _any(chance),
            _born(chance, max(0, age - 6), age + 6),
        )
        for _ in range(1 + int(chance.random() * 2))
    ]
    return [first, *others]


def _twins(chance: random.Random) -> list[Soul]:
    """Some resemble each other by name; a few parents invent a name for it."""
    one, *_ = _alone(chance)
    one = attrs.evolve(one, born=_born(chance, 0, 70))
    drawn = chance.random()
    gender = one.gender if chance.random() < 0.7 else _any(chance)
    if drawn < 0.25:
        first, second = chance.choice(_ALIKE)
        one = attrs.evolve(one, first=first)
    elif drawn < 0.33:
        first, second = _invented(chance)
        one = attrs.evolve(one, first=first)
    elif drawn < 0.34:
        second = _varied(one.first, chance)
    else:
        second = _first(chance, gender)
    if second == one.first or _are_used_for_each_other(one.first, second):
        return [one]
    other = _soul(chance, _home_of(one), one.phone, one.last, gender, one.born, second)
    shares = chance.random() < 0.5
    if shares:
        other = attrs.evolve(other, phone=one.phone, email=one.email)
    if chance.random() < 0.2:
        other = attrs.evolve(other, ssn=f"{one.ssn[:-1]}{(int(one.ssn[-1]) + 1) % 10}")
    return [one, other]


def _invented(chance: random.Random) -> tuple[str, str]:
    """Two names made for the purpose, that nobody else has: one part of three differs."""
    parts = [chance.choice(part) for part in _SYLLABLES]
    at = int(chance.random() * len(parts))
    others = list(parts)
    others[at] = chance.choice([part for part in _SYLLABLES[at] if part != parts[at]])
    return "".join(parts), "".join(others)


_SYLLABLES: Final = (
    ("Ja", "Ka", "Ma", "Ra", "Ta", "La", "Da", "Za", "Bra", "Cha", "Sha", "Tre"),
    ("y", "i", "mi", "ri", "li", "ve", "qua", "ni"),
    ("den", "lyn", "lynn", "la", "son", "nae", "vion", "rion", "siah", "shawn", "cee", "dre"),
)


def _varied(first: str, chance: random.Random) -> str:
    """A name of their own making after the sibling's: a vowel for a vowel, or a consonant for a consonant."""
    at = 1 + int(chance.random() * max(1, len(first) - 2))
    letters = "aeiouy" if first[at : at + 1] in set("aeiouy") else "lnrstvdkmj"
    return first[:at] + chance.choice(letters) + first[at + 1 :]


def _are_used_for_each_other(one: str, other: str) -> bool:
    """William and Billy Ray are no twins."""
    return bool(groups_of(one.lower().partition(" ")[0]) & groups_of(other.lower().partition(" ")[0]))


def _of_one_name(chance: random.Random) -> list[Soul]:
    parent, *_ = _alone(chance)
    parent = attrs.evolve(parent, born=_born(chance, 42, 90))
    older = 18 + int(chance.random() * 22)
    born = parent.born.replace(year=parent.born.year + older, day=min(28, parent.born.day))
    if chance.random() < 0.95:
        born += timedelta(days=int(chance.random() * 300))
    child = _soul(chance, _home_of(parent), parent.phone, parent.last, parent.gender, born, parent.first)
    if chance.random() < 0.5:
        child = attrs.evolve(child, middle=parent.middle)
    if chance.random() < 0.4:
        child = _at_home(child, chance)
    if chance.random() < 0.5:
        return [attrs.evolve(parent, suffix="Sr"), attrs.evolve(child, suffix="Jr")]
    return [parent, child]


def _flat(chance: random.Random) -> list[Soul]:
    home, phone = _home(chance), _number(chance)
    return [_soul(chance, home, phone, _last(chance), _any(chance), _born(chance, 19, 60)) for _ in range(2)]


def _moved_out(chance: random.Random) -> list[Soul]:
    family = _family(chance)
    moved = [attrs.evolve(_at_home(child, chance), phone=_number(chance)) for child in family[2:]]
    return [*family[:2], *moved]


def _namesakes(chance: random.Random) -> list[Soul]:
    """Cousins, or strangers of one name: somewhere else, another birth date."""
    one, *_ = _alone(chance)
    other = _soul(
        chance, _home(chance), _number(chance), one.last, one.gender, _born(chance, 18, 95), one.first
    )
    return [one, other]


def _born_on_one_day(chance: random.Random) -> list[Soul]:
    """Two of one common name who were born on one day: what no model likes, and registries have."""
    one, *_ = _alone(chance)
    firsts, lasts = _pool()
    name = max((chance.choice(firsts[one.gender]) for _ in range(5)), key=firsts[one.gender].count)
    last = max((chance.choice(lasts) for _ in range(5)), key=lasts.count)
    one = attrs.evolve(one, first=name, last=last)
    other = _soul(chance, _home(chance), _number(chance), last, one.gender, one.born, name)
    return [one, other]


def _at_home(soul: Soul, chance: random.Random) -> Soul:
    """Somewhere else."""
    home = _home(chance)
    return attrs.evolve(soul, line1=home["line1"], line2=home["line2"], city=home["city"], zip=home["zip"])


def _home_of(soul: Soul) -> dict[str, str]:
    return {"line1": soul.line1, "line2": soul.line2, "city": soul.city, "zip": soul.zip}


# ---------------------------------------------------------------------------------------------------------
# How they are written down
# ---------------------------------------------------------------------------------------------------------


def _written(soul: Soul, habits: Habits, chance: random.Random) -> Row:
    """With care: what is known of them, in the practice's manner, and now and then something left out."""
    last = f"{soul.last} {soul.suffix}" if soul.suffix and chance.random() < 0.6 else soul.last
    row = {
        "first_name": soul.first,
        "middle_name": _middle(soul, habits, chance),
        "last_name": last,
        "date_of_birth": soul.born.isoformat(),
        "gender": soul.gender,
        "phone": soul.phone,
        "email": soul.email,
        "line1": soul.line1,
        "line2": soul.line2,
        "city": soul.city,
        "zip": soul.zip,
        "ssn": soul.ssn if chance.random() < habits.has_ssn else "",
    }
    return _left_out(row, habits.blank / 3, chance)


def _middle(soul: Soul, habits: Habits, chance: random.Random) -> str:
    if chance.random() >= habits.has_middle:
        return ""
    return soul.middle if chance.random() < 0.5 else soul.middle[:1]


def _again(soul: Soul, once: Row, household: Sequence[Soul], habits: Habits, chance: random.Random) -> Row:
    """By another hand, at another time."""
    now = _changed(soul, household, habits, chance)
    row = _left_out(_written(now, habits, chance), habits.blank, chance)
    if chance.random() < habits.nickname:
        row["first_name"] = _known_as(soul, chance)
    for field in ("first_name", "last_name", "phone", "email", "line1", "city", "zip", "ssn"):
        if row[field] and chance.random() < habits.slip:
            row[field] = _slipped(field, row[field], chance)
    if row["date_of_birth"] and chance.random() < habits.slip:
        row["date_of_birth"] = _another_day(now.born, chance).isoformat()
    if chance.random() < habits.slip / 4:
        row["gender"] = chance.choice(("unknown", "other", "male", "female"))
    if chance.random() < habits.swapped:
        row["first_name"], row["last_name"] = row["last_name"], row["first_name"]
    if chance.random() < habits.slip / 2:
        row |= chance.choice(_PLACEHOLDERS)
    if row["ssn"] and chance.random() < 0.15:
        row["ssn"] = row["ssn"][-4:]
    if chance.random() < 0.25:
        row = {
            field: text.upper() if field not in {"gender", "email"} else text for field, text in row.items()
        }
        for long, short in _KINDS:
            row["line1"] = row["line1"].replace(long.upper(), short.upper())
    if chance.random() < 0.3 and row["phone"]:
        row["phone"] = f"({row['phone'][:3]}) {row['phone'][3:6]}-{row['phone'][6:]}"
    # Whoever copies an entry copies its errors too.
    return once | {"ssn": row["ssn"]} if chance.random() < 0.03 else row


_PLACEHOLDERS: Final[tuple[Row, ...]] = (
    {"email": "none@none.com"}, {"phone": "9999999999"}, {"phone": "0000000000"}, {"ssn": "999999999"},
    {"date_of_birth": "1900-01-01"}, {"line1": "UNKNOWN"}, {"email": "noemail@gmail.com"}, {"middle_name": "NMN"},
    {"first_name": "Unknown"}, {"ssn": "000000000"},
)  # fmt: skip


def _changed(soul: Soul, household: Sequence[Soul], habits: Habits, chance: random.Random) -> Soul:
    """What life changed."""
    if chance.random() < habits.moved:
        soul = _at_home(soul, chance)
    if chance.random() < habits.new_phone:
        soul = attrs.evolve(
            soul, phone=chance.choice(household).phone if chance.random() < 0.35 else _number(chance)
        )
    if chance.random() < habits.new_phone:
        soul = attrs.evolve(soul, email=_mail(chance, soul.first, soul.last, soul.born))
    if soul.gender == "female" and chance.random() < 2 * habits.married:
        married = _last(chance)
        soul = attrs.evolve(soul, last=f"{soul.last}-{married}" if chance.random() < 0.3 else married)
    return soul


def _left_out(row: Row, share: float, chance: random.Random) -> Row:
    """Names are always asked; a birth date nearly always; an address as a whole."""
    row = dict(row)
    for field, part in (("phone", 1.0), ("email", 2.0), ("ssn", 1.0), ("middle_name", 2.0), ("gender", 0.3)):
        if chance.random() < part * share:
            row[field] = ""
    if chance.random() < share / 8:
        row["date_of_birth"] = ""
    if chance.random() < share:
        row |= dict.fromkeys(("line1", "line2", "city", "zip"), "")
    elif chance.random() < share:
        row |= dict.fromkeys(chance.choice((("line2",), ("line1", "line2"), ("city",), ("zip",))), "")
    return row


def _known_as(soul: Soul, chance: random.Random) -> str:
    """A nickname, the middle name, an initial, or a further name."""
    if soul.first in _KNOWN_AS:
        return _KNOWN_AS[soul.first]
    drawn = chance.random()
    if drawn < 0.3:
        return soul.middle
    if drawn < 0.6:
        return soul.first[:1]
    return f"{soul.first} {soul.middle}"


def _slipped(field: str, text: str, chance: random.Random) -> str:
    if field in {"phone", "ssn", "zip"}:
        return _miskeyed(text, chance, "0123456789")
    if field == "line1" and chance.random() < 0.4:
        number, _, street = text.partition(" ")
        return f"{_miskeyed(number, chance, '0123456789')} {street}"
    drawn = chance.random()
    if field in {"first_name", "last_name"}:
        if drawn < 0.3:
            return _put(text, _HEARD, chance)
        if drawn < 0.42:
            return _put(text, _SCANNED, chance)
        if drawn < 0.47 and len(text) > 5:
            return text[: 5 + int(chance.random() * 3)]
    return _miskeyed(text, chance, "")


def _put(text: str, changes: Sequence[tuple[str, str]], chance: random.Random) -> str:
    """One of the changes that the text allows; a slip of the keys if it allows none."""
    able = [(before, after) for before, after in changes if before in text[1:].lower()]
    if not able:
        return _miskeyed(text, chance, "")
    before, after = chance.choice(able)
    at = text.lower().index(before, 1)
    return text[:at] + after + text[at + len(before) :]


def _miskeyed(text: str, chance: random.Random, digits: str) -> str:
    """A neighbouring key, a key too many, one left out, or two in the wrong order."""
    if len(text) < 2:
        return text
    at = int(chance.random() ** 0.7 * (len(text) - 1))
    wrong = chance.choice(digits or _NEAR.get(text[at].lower(), "") or "e")
    kind = chance.random()
    if kind < 0.35:
        return text[:at] + wrong + text[at + 1 :]
    if kind < 0.5:
        return text[:at] + wrong + text[at:]
    if kind < 0.7:
        return text[:at] + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _another_day(born: date, chance: random.Random) -> date:
    """A digit of year, month or day; day and month swapped; a first of January."""
    drawn = chance.random()
    if drawn < 0.2 and born.day <= 12:
        return born.replace(month=born.day, day=born.month)
    if drawn < 0.28:
        return born.replace(month=1, day=1)
    if drawn < 0.4:
        return _safe(born, year=born.year + chance.choice((-10, 10, -1, 1, -2)))
    if drawn < 0.6:
        return _safe(born, month=1 + (born.month + chance.choice((-2, 0, 1))) % 12)
    return _safe(
        born, day=1 + int(chance.random() * 28) if chance.random() < 0.3 else max(1, (born.day + 9) % 28)
    )


def _safe(born: date, **parts: int) -> date:
    day = min(28, born.day)
    changed = born.replace(**{"day": day} | parts)
    return changed if changed < _TODAY else born


if __name__ == "__main__":
    main()
