"""What keeps a machine from linking, however high the score. A guard turns a link into a review, never more.

Each answers for errors that matchers make: look-alike twins, a father and a son, a spouse under one number, a
namesake born on the same day.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from vantrexia_core.patients.matching.levels import (
    AddressLevel,
    BirthDate,
    Comparison,
    EmailLevel,
    FirstName,
    GenderLevel,
    LastName,
    MiddleName,
    MrnLevel,
    PhoneLevel,
    SsnLevel,
    Suffix,
)
from vantrexia_core.patients.matching.weights import GENERATION_YEARS_MIN

AGREEMENTS_MIN: Final = 3
CONTRADICTIONS_MIN: Final = 2
NAMESAKES_MAX: Final = 5e-6
NAMESAKES_ELSEWHERE_MAX: Final = 2e-6
"""How many others of the same name and birth date the registry may be expected to have, where name and date
alone make a link: if nothing contradicts them, and if a phone, a mailbox or a home does.

Of all pairs of one person, one in 25 is alike in name and date and in nothing else that is known. Some first
names go with some last names and years, so there may be ten times as many namesakes. One link in 1,000 may
be wrong at the bound then, and few are near it.
"""


class Guard(Enum):
    """Why a pair is left to a person."""

    FIRST_NAME = "the first names differ"
    FIRST_NAME_MISSING = "a first name is missing"
    BIRTH_DATE = "the birth dates differ"
    BIRTH_DATE_MISSING = "a birth date is missing"
    LOOKALIKE = "the first name merely resembles, and name, birth date and home are those of a twin"
    SSN = "the social security numbers differ"
    SUFFIX = "the suffixes contradict each other"
    GENERATION = "the birth years are a generation apart"
    FEW_AGREEMENTS = "fewer than three facts agree"
    COMMON_NAME = "name and birth date agree, nothing else does, and the name is not known to be rare"
    CONTRADICTED = "name and birth date agree, and nothing else does"
    AMBIGUOUS = "more than one record matches"


def agreements(comparison: Comparison) -> int:
    """How many facts agree: first, middle, last name, birth date, phone, e-mail, home, SSN, record number.

    One typing error does not make another name or another date.
    """
    return (
        (comparison.first_name >= FirstName.NICKNAME)
        + (comparison.last_name >= LastName.CLOSE)
        + (comparison.date_of_birth >= BirthDate.ONE_EDIT)
        + _further_agreements(comparison)
    )


def _further_agreements(comparison: Comparison) -> int:
    """Those beyond first name, last name and birth date."""
    return (
        (comparison.middle_name is MiddleName.EXACT)
        + (comparison.phone >= PhoneLevel.ONE_EDIT)
        + (comparison.email >= EmailLevel.SAME_MAILBOX)
        + (comparison.address >= AddressLevel.CLOSE)
        + (comparison.ssn >= SsnLevel.ONE_EDIT)
        + (comparison.mrn is MrnLevel.EXACT)
    )


def guards_against(comparison: Comparison) -> tuple[Guard, ...]:
    """The guards that a pair calls for, in the order of `Guard`. `Guard.AMBIGUOUS` takes a third record."""
    return tuple(guard for guard, stands in _RULES.items() if stands(comparison))


def _has_no_ssn(comparison: Comparison) -> bool:
    return comparison.ssn is not SsnLevel.EXACT


def _first_name(comparison: Comparison) -> bool:
    differs = FirstName.MISSING < comparison.first_name <= FirstName.RESEMBLES
    return differs and _has_no_ssn(comparison)


def _first_name_missing(comparison: Comparison) -> bool:
    return comparison.first_name is FirstName.MISSING and _has_no_ssn(comparison)


def _birth_date(comparison: Comparison) -> bool:
    differs = BirthDate.MISSING < comparison.date_of_birth < BirthDate.ONE_EDIT
    return differs and _has_no_ssn(comparison)


def _birth_date_missing(comparison: Comparison) -> bool:
    return comparison.date_of_birth is BirthDate.MISSING and _has_no_ssn(comparison)


def _lookalike(comparison: Comparison) -> bool:
    is_other_gender = comparison.gender is GenderLevel.DIFFERS
    may_be_another = comparison.first_name in {FirstName.NICKNAME, FirstName.MISTYPED}
    resembles = (is_other_gender and may_be_another) or comparison.first_name in {
        FirstName.LOOKALIKE,
        FirstName.RESEMBLES,
        FirstName.INITIAL,
        FirstName.CLOSE,
        FirstName.IS_MIDDLE,
    }
    as_a_twin = comparison.last_name >= LastName.CLOSE and comparison.date_of_birth is BirthDate.EXACT
    at_home = comparison.address >= AddressLevel.SAME_BUILDING or comparison.phone >= PhoneLevel.ONE_EDIT
    told_apart = comparison.middle_name is MiddleName.EXACT or comparison.ssn >= SsnLevel.LAST_FOUR
    return resembles and as_a_twin and at_home and not told_apart


def _ssn(comparison: Comparison) -> bool:
    if comparison.ssn is SsnLevel.ONE_EDIT:  # neighbours may be twins
        return comparison.first_name is not FirstName.EXACT
    return comparison.ssn is SsnLevel.DIFFERS


def _suffix(comparison: Comparison) -> bool:
    return comparison.suffix is Suffix.CONFLICT


def _generation(comparison: Comparison) -> bool:
    apart = comparison.years_apart
    return apart is not None and apart >= GENERATION_YEARS_MIN and _has_no_ssn(comparison)


def _few_agreements(comparison: Comparison) -> bool:
    return agreements(comparison) < AGREEMENTS_MIN


def _common_name(comparison: Comparison) -> bool:
    """Little is known, or a namesake was born on the same day. Rare is what was counted to be rare."""
    most = NAMESAKES_ELSEWHERE_MAX if _contradictions(comparison) else NAMESAKES_MAX
    is_rare = comparison.namesakes is not None and comparison.namesakes <= most
    return not is_rare and not _further_agreements(comparison)


def _contradicted(comparison: Comparison) -> bool:
    """Somebody who moved, or somebody else of the same name and birth date: rare, and no machine can tell."""
    return _contradictions(comparison) >= CONTRADICTIONS_MIN and not _further_agreements(comparison)


def _contradictions(comparison: Comparison) -> int:
    return (
        (comparison.phone is PhoneLevel.DIFFERS)
        + (comparison.email is EmailLevel.DIFFERS)
        + (comparison.address in {AddressLevel.DIFFERS, AddressLevel.SAME_TOWN})
    )


_RULES: Final[Mapping[Guard, Callable[[Comparison], bool]]] = MappingProxyType(
    {
        Guard.FIRST_NAME: _first_name,
        Guard.FIRST_NAME_MISSING: _first_name_missing,
        Guard.BIRTH_DATE: _birth_date,
        Guard.BIRTH_DATE_MISSING: _birth_date_missing,
        Guard.LOOKALIKE: _lookalike,
        Guard.SSN: _ssn,
        Guard.SUFFIX: _suffix,
        Guard.GENERATION: _generation,
        Guard.FEW_AGREEMENTS: _few_agreements,
        Guard.COMMON_NAME: _common_name,
        Guard.CONTRADICTED: _contradicted,
    }
)
