"""How probable each level is, under each explanation of why two records look as they do. Data, with origin.

A row is P(level | explanation), and what counts is the ratio of a column to the first. The figures are round
because they are judged, not fitted; labelled synthetic pairs showed which levels were lacking. Where a figure
follows from a count or from a published one, the origin says so. ADR 0036 has what they achieve.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import Final

import attrs

from vantrexia_core.patients.matching.levels import (
    AddressLevel,
    BirthDate,
    EmailLevel,
    Field,
    FirstName,
    GenderLevel,
    LastName,
    MiddleName,
    MrnLevel,
    PhoneLevel,
    SsnLevel,
    Suffix,
)


class Explanation(Enum):
    """Why two records look as they do."""

    SAME = "same person"
    STRANGER = "strangers"
    RELATIVE = "relatives, or one household"
    TWIN = "twins"
    NAMESAKE = "parent and child of one name"


@attrs.frozen
class Row:
    """How probable one level is under each explanation."""

    same: float
    stranger: float
    relative: float
    twin: float
    namesake: float


@attrs.frozen
class Table:
    """The rows of a field, and where they come from."""

    origin: str
    rows: Mapping[IntEnum, Row]

    def __attrs_post_init__(self) -> None:
        if any(not 0 < value <= 1 for row in self.rows.values() for value in attrs.astuple(row)):
            message = "A weight is a probability above zero"
            raise ValueError(message)


def _table(origin: str, rows: Mapping[IntEnum, Row]) -> Table:
    return Table(origin, MappingProxyType(dict(rows)))


WEIGHTS: Final[Mapping[Field, Table]] = MappingProxyType(
    {
        Field.FIRST_NAME: _table(
            "Judged: one pair of one person in six does not agree to the letter, one in sixty-five not at "
            "all. Parents give twins names that resemble each other, and never one name; siblings and "
            "spouses have one name less often than strangers. An exact name, and one that was mistyped, "
            "count by the name's frequency.",
            {
                FirstName.DIFFERS: Row(0.015, 0.943, 0.925, 0.896, 0.015),
                FirstName.LOOKALIKE: Row(0.003, 0.012, 0.018, 0.040, 0.003),
                FirstName.RESEMBLES: Row(0.012, 0.016, 0.018, 0.028, 0.012),
                FirstName.INITIAL: Row(0.015, 0.008, 0.010, 0.012, 0.015),
                FirstName.CLOSE: Row(0.025, 0.008, 0.013, 0.0165, 0.025),
                FirstName.IS_MIDDLE: Row(0.010, 0.002, 0.003, 0.002, 0.010),
                FirstName.NICKNAME: Row(0.035, 0.004, 0.005, 0.002, 0.035),
                FirstName.LONGER: Row(0.020, 0.0015, 0.002, 0.0008, 0.020),
                FirstName.MISTYPED: Row(0.035, 4e-4, 4e-4, 0.0014, 0.035),
                FirstName.EXACT: Row(0.821, 0.003, 0.002, 0.0005, 0.821),
                FirstName.SWAPPED: Row(0.009, 1e-6, 4e-6, 2e-6, 0.009),
            },
        ),
        Field.LAST_NAME: _table(
            "Judged: one in twenty-five people seen twice has another surname in between (marriage), and "
            "seven relatives in ten share one. Twins, and parent and child of one name, share it as one "
            "person does. An exact name, and one that was mistyped, count by the name's frequency.",
            {
                LastName.DIFFERS: Row(0.040, 0.981, 0.210, 0.040, 0.040),
                LastName.RESEMBLES: Row(0.010, 0.010, 0.010, 0.010, 0.010),
                LastName.CLOSE: Row(0.025, 0.0025, 0.0225, 0.025, 0.025),
                LastName.SHARED_WORD: Row(0.035, 0.0022, 0.030, 0.035, 0.035),
                LastName.MISTYPED: Row(0.030, 3e-4, 0.025, 0.030, 0.030),
                LastName.EXACT: Row(0.860, 0.001, 0.700, 0.860, 0.860),
                LastName.SWAPPED: Row(1.0, 1.0, 1.0, 1.0, 1.0),
            },
        ),
        Field.MIDDLE_NAME: _table(
            "Judged. A stranger's initial agrees once in fourteen. Middle names tell twins apart; a child "
            "who is given a parent's first name is often given the middle name too.",
            {
                MiddleName.DIFFERS: Row(0.050, 0.900, 0.880, 0.930, 0.400),
                MiddleName.INITIAL: Row(0.150, 0.070, 0.080, 0.050, 0.120),
                MiddleName.CLOSE: Row(0.040, 0.010, 0.010, 0.010, 0.030),
                MiddleName.EXACT: Row(0.760, 0.020, 0.030, 0.010, 0.450),
            },
        ),
        Field.SUFFIX: _table(
            "Written down to tell two people apart: two that conflict cost twelve bits.",
            {
                Suffix.CONFLICT: Row(2**-12, 0.600, 0.700, 0.500, 0.950),
                Suffix.AGREES: Row(0.999, 0.400, 0.300, 0.500, 0.050),
            },
        ),
        Field.DATE_OF_BIRTH: _table(
            "Counted over the calendar: two dates of seventy years agree once in 25,000, in day and month "
            "once in 365, in year and month once in 840; a date has some twenty-five neighbours by one "
            "digit. Judged: the share of typing errors. An exact date counts by its frequency.",
            {
                BirthDate.DIFFERS: Row(0.008, 0.978, 0.954, 0.008, 0.984),
                BirthDate.SAME_YEAR: Row(0.003, 0.016, 0.035, 0.003, 0.003),
                BirthDate.TWO_PARTS: Row(0.009, 0.0045, 0.008, 0.009, 0.008),
                BirthDate.ONE_EDIT: Row(0.035, 0.0011, 0.002, 0.035, 0.003),
                BirthDate.DAY_MONTH_SWAPPED: Row(0.010, 3e-5, 6e-5, 0.010, 3e-5),
                BirthDate.EXACT: Row(0.935, 4e-5, 8e-5, 0.935, 4e-5),
            },
        ),
        Field.GENDER: _table(
            "One in sixty is entered wrongly or changes; relatives are often couples.",
            {
                GenderLevel.DIFFERS: Row(0.016, 0.500, 0.560, 0.400, 0.016),
                GenderLevel.AGREES: Row(0.984, 0.500, 0.440, 0.600, 0.984),
            },
        ),
        Field.PHONE: _table(
            "A household shares a number; a quarter of people seen twice have a new one.",
            {
                PhoneLevel.DIFFERS: Row(0.250, 0.999, 0.550, 0.290, 0.500),
                PhoneLevel.ONE_EDIT: Row(0.030, 2e-4, 0.020, 0.030, 0.020),
                PhoneLevel.EXACT: Row(0.720, 5e-5, 0.430, 0.680, 0.480),
            },
        ),
        Field.EMAIL: _table(
            "As for the phone; a household shares it less. Who has the name has the mailbox of the name.",
            {
                EmailLevel.DIFFERS: Row(0.250, 0.980, 0.750, 0.500, 0.750),
                EmailLevel.OF_NAME: Row(0.300, 0.030, 0.100, 0.150, 0.200),
                EmailLevel.CLOSE: Row(0.020, 5e-4, 0.0045, 0.0085, 0.006),
                EmailLevel.SAME_MAILBOX: Row(0.030, 3e-4, 0.0055, 0.0115, 0.007),
                EmailLevel.EXACT: Row(0.700, 1e-4, 0.120, 0.250, 0.150),
            },
        ),
        Field.ADDRESS: _table(
            "Judged: one person in six has moved in between. Relatives who are patients of one practice "
            "mostly live together; twins as one person does.",
            {
                AddressLevel.DIFFERS: Row(0.130, 0.915, 0.250, 0.130, 0.260),
                AddressLevel.SAME_TOWN: Row(0.045, 0.075, 0.045, 0.045, 0.050),
                AddressLevel.SAME_ZIP: Row(0.030, 0.009, 0.028, 0.030, 0.030),
                AddressLevel.SAME_BUILDING: Row(0.010, 3e-4, 0.009, 0.010, 0.010),
                AddressLevel.CLOSE: Row(0.055, 2e-4, 0.048, 0.055, 0.050),
                AddressLevel.SAME_HOME: Row(0.730, 3e-4, 0.600, 0.730, 0.600),
            },
        ),
        Field.SSN: _table(
            "Random since 2011 and regional before, so strangers' agree by error alone. Judged: how often "
            "a spouse's or a parent's number is written down. Numbers given to twins at once were "
            "neighbours.",
            {
                SsnLevel.DIFFERS: Row(0.020, 0.9997, 0.994, 0.960, 0.993),
                SsnLevel.ONE_EDIT: Row(0.030, 5e-6, 0.001, 0.030, 0.001),
                SsnLevel.LAST_FOUR: Row(0.930, 1e-4, 0.003, 0.003, 0.003),
                SsnLevel.EXACT: Row(0.950, 1e-6, 0.003, 0.003, 0.003),
            },
        ),
        Field.MRN: _table(
            "One number is one record; where it is on two, one was copied, and slips are rare.",
            {
                MrnLevel.DIFFERS: Row(1.0, 1.0, 1.0, 1.0, 1.0),
                MrnLevel.EXACT: Row(1.0, 1e-4, 1e-3, 1e-3, 1e-3),
            },
        ),
    }
)

PRIORS: Final = Row(same=0.25, stranger=1.0, relative=2.0, twin=0.03, namesake=0.05)
"""How many such partners one record has in a registry; ``stranger`` stands for one, and is multiplied by
the size of the registry. AHIMA reports 8 to 18 % of duplicates, and each gives a partner to two records. Some
three births in a hundred are twins'."""

GENERATION_YEARS_MIN: Final = 14
SAME_GENERATION: Final = 0.01
"""A parent is older by fourteen years. For birth dates closer than that to be parent's and child's, one of
them must be wrong: a factor for `Explanation.NAMESAKE`."""

SHARE_MAX: Final = 0.05
SHARE_MIN: Final = 1e-4
BIRTH_SHARE_MAX: Final = 5e-4
BIRTH_SHARE_MIN: Final = 2e-5
"""What a frequency may be: beyond, a name or a date would decide alone."""
