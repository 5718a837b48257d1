"""What people type when they do not know: such a value is missing, and agrees with nothing."""

import re
from datetime import date
from typing import Final

NAMES: Final = frozenset(
    """
    unknown unk unkn anonymous none na nil null no name noname nn nfn nln fnu lnu test tester testing patient
    baby babyboy babygirl boy girl infant newborn nb bb bg bboy bgirl male female twin triplet doe xx xxx xxxx
    zz zzz zzzz deceased confidential refused declined
    """.split()  # noqa: SIM905 - reads as a list
)
"""Folded words of which a placeholder is made: ``Baby Boy``, ``No Name``. *Doe* only goes with a *John*."""

_REAL_ALONE: Final = frozenset({"boy", "girl", "bg", "bb", "nn", "na", "no", "name", "male", "twin"})
"""Short enough, or rare enough as a placeholder, to be somebody's name when they stand alone."""

_ORDINALS: Final = frozenset({"a", "b", "c", "d", "1", "2", "3", "i", "ii", "iii", "of"})
"""Which of several newborns: ``Baby Boy A``."""

DATES: Final = frozenset({date(1900, 1, 1), date(1901, 1, 1), date(1911, 11, 11)})
"""Birth dates that forms are filled with. A later first of January is somebody's: common, not missing."""

_MAILBOXES: Final = re.compile(
    r"(no|non|not|none|na|nil|null|unknown|declined?|refused?|test|patient|noreply|donotreply|decline"
    r"|no?[-_.]?e?mail|none?[-_.]?given|no[-_.]?reply)[0-9]*"
)
_FICTITIOUS: Final = re.compile(r"[0-9]{3}55501[0-9]{2}")
_SSN_FOR_SHOW: Final = frozenset(
    {"078051120", "219099999", "123456789", "987654321", "111223333", "123121234"}
)
"""Printed in advertisements (078-05-1120, 219-09-9999), or typed from left to right."""

_AREAS_NEVER_ISSUED: Final = frozenset({"000", "666"})


def is_no_name(words: tuple[str, ...]) -> bool:
    """Whether folded words are a placeholder for a name, the whole of it."""
    if len(words) == 1 and words[0] in _REAL_ALONE:
        return False
    named = [word for word in words if word not in _ORDINALS]
    return bool(named) and all(word in NAMES for word in named)


def is_no_date(born: date) -> bool:
    """Whether a birth date is one that stands for none."""
    return born in DATES


def is_no_phone(digits: str) -> bool:
    """Whether digits are no number of anybody: 555-0100 to 555-0199, one digit all over, 123-456-7890."""
    return (
        len(set(digits[-7:])) == 1
        or digits in {"1234567890", "0123456789", "9876543210"}
        or _FICTITIOUS.fullmatch(digits) is not None
    )


def is_no_mailbox(mailbox: str) -> bool:
    """Whether the part before the @ says that there is none."""
    return _MAILBOXES.fullmatch(mailbox) is not None


def is_no_ssn(digits: str) -> bool:
    """Whether nine digits were never issued by the Social Security Administration, or are nobody's."""
    return (
        len(set(digits)) == 1
        or digits in _SSN_FOR_SHOW
        or digits[:3] in _AREAS_NEVER_ISSUED
        or digits[0] == "9"
        or digits[3:5] == "00"
        or digits[5:] == "0000"
    )
