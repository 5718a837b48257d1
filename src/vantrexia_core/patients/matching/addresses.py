"""An address taken apart as far as two of them have to be told apart: house, street, unit, town, ZIP.

United States, and by rules of thumb: what is not understood stays among the words of the street, where it is
compared letter by letter.
"""

import re
from typing import Final

import attrs

from vantrexia_core.protection import words

_KINDS: Final = frozenset(
    """
    street st str avenue ave av road rd drive dr lane ln court ct circle cir place pl terrace ter terr
    boulevard blvd parkway pkwy pky way highway hwy trail trl square sq alley aly plaza plz loop run
    """.split()  # noqa: SIM905 - reads as a list
)
_DIRECTIONS: Final = frozenset(
    "n s e w ne nw se sw north south east west northeast northwest southeast southwest".split()  # noqa: SIM905 - reads as a list
)
_UNITS: Final = frozenset("apt apartment unit ste suite rm room fl floor no lot trlr trailer bldg".split())  # noqa: SIM905 - as above
_BOX: Final = re.compile(r"(?:po|postoffice|pobox)*box([0-9]+)")
_TOWN_WORDS: Final = {"saint": "st", "mount": "mt", "fort": "ft"}
_ZIP_DIGITS: Final = 5


@attrs.frozen(repr=False, eq=False)
class Home:
    """The comparable parts of an address; an empty text is a missing part. Prints none of them."""

    number: str = ""
    street: str = ""
    unit: str = ""
    town: str = ""
    zip5: str = ""

    def __repr__(self) -> str:
        return "Home(•••)"

    @property
    def has_house(self) -> bool:
        """Whether it names a house or a box, not merely a town."""
        return bool(self.number and self.street)

    @property
    def has_anything(self) -> bool:
        """Whether there is a part to compare."""
        return bool(self.has_house or self.town or self.zip5)


NO_HOME: Final = Home()
"""Nothing is known of where somebody lives."""


def home_of(line1: str, line2: str, town: str, zip_: str) -> Home:
    """The parts of an address as it was written; empty texts are missing lines."""
    before = list(words(line1.replace("#", " unit ")))
    first_line, unit = _without_unit(before)
    if line2:
        _, unit_below = _without_unit(list(words(line2.replace("#", " unit "))), whole=True)
        unit = unit or unit_below
    number, street = _house(first_line)
    return Home(number, street, unit, _town(town), _zip5(zip_))


def _without_unit(line: list[str], *, whole: bool = False) -> tuple[list[str], str]:
    """The words before the unit, and the unit; of a ``whole`` line everything is unit."""
    for position, word in enumerate(line):
        if word in _UNITS and (whole or position > 1) and position + 1 < len(line):
            named = [part for part in line[position + 1 :] if part not in _UNITS]
            return line[:position], "".join(named)
    return ([], "".join(line)) if whole else (line, "")


def _house(line: list[str]) -> tuple[str, str]:
    if not line:
        return "", ""
    box = _BOX.fullmatch("".join(line))
    if box is not None:
        return box[1].lstrip("0"), "box"
    if not line[0][0].isdigit():
        return "", "".join(_street_words(line))
    return line[0].lstrip("0"), "".join(_street_words(line[1:]))


def _street_words(line: list[str]) -> list[str]:
    """Without direction and kind, which people leave out, unless nothing else is left."""
    named = [word for word in line if word not in _DIRECTIONS and word not in _KINDS]
    return named or line


def _town(town: str) -> str:
    return "".join(_TOWN_WORDS.get(word, word) for word in words(town))


def _zip5(zip_: str) -> str:
    digits = "".join(filter(str.isdigit, zip_))[:_ZIP_DIGITS]
    if len(digits) == _ZIP_DIGITS - 1:
        digits = digits.zfill(_ZIP_DIGITS)  # spreadsheets drop leading zeros
    return digits if len(digits) == _ZIP_DIGITS and len(set(digits)) > 1 else ""
