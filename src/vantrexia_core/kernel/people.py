"""What everybody in the system has, patient or staff: a name, an address, a phone number, their reasons."""

import re
import unicodedata
from functools import cache
from typing import Final

import attrs

from vantrexia_core.kernel.errors import InvalidValueError
from vantrexia_core.kernel.phi import Phi

NAME_CHARACTERS_MAX: Final = 100
EMAIL_CHARACTERS_MAX: Final = 254
REASON_CHARACTERS_MAX: Final = 500
PHONE_PATTERN: Final = r"[+0-9 ()\-]{7,20}"

_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_REFUSED_IN_NUMBERS: Final = _REFUSED_CATEGORIES | {"Cf"}
_BLANK: Final = "This field may not be blank."
_UNSEEN_CATEGORIES: Final = frozenset({"Cf", "Zs", "Mn", "Mc", "Me"})
_UNSEEN_CHARACTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Hangul fillers and the empty Braille cell: a letter to Unicode, nothing to the eye."""
_DECEIVING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") | frozenset(
    map(chr, range(0xE0000, 0xE0080))
)
"""Bidirectional controls, which show a text in another order, and tags, which show nothing."""
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_END: Final = r"[A-Za-z0-9\u0080-\U0010ffff]"
_LABEL: Final = rf"{_END}(?:[A-Za-z0-9\-\u0080-\U0010ffff]{{0,61}}{_END})?"
_EMAIL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_LOCAL_PART_CHARACTERS_MAX: Final = 64


def clean_text(text: str, *, characters_max: int, is_number: bool = False) -> str:
    """Trimmed NFC text with at least one visible character; of a number, by which people are told apart, all.

    Raises:
        InvalidValueError: blank, longer than ``characters_max``, or holding control characters, unpaired
            surrogates (no UTF-8 form), U+0000 (PostgreSQL has no place for it), bidirectional overrides or
            tags. A number holds no other character of format either (Unicode category Cf).
    """
    # Length first: normalising is linear, and the bound keeps it cheap. NFC at most triples a text.
    if len(text) > 4 * characters_max:
        raise InvalidValueError(_too_long(characters_max))
    if text.isascii() and text.isprintable():
        # Nothing there to refuse or to normalise: nearly every value, at a fifth of the price.
        return _of_length(text.strip(), characters_max)
    refused = _REFUSED_IN_NUMBERS if is_number else _REFUSED_CATEGORIES
    if any(unicodedata.category(c) in refused or c in _DECEIVING for c in text.strip()):
        message = "Control characters, unassigned and invisible characters are not allowed."
        raise InvalidValueError(message)
    clean = unicodedata.normalize("NFC", text).strip()
    if all(unicodedata.category(c) in _UNSEEN_CATEGORIES or c in _UNSEEN_CHARACTERS for c in clean):
        raise InvalidValueError(_BLANK)
    return _of_length(clean, characters_max)


def _of_length(clean: str, characters_max: int) -> str:
    if not clean:
        raise InvalidValueError(_BLANK)
    if len(clean) > characters_max:
        raise InvalidValueError(_too_long(characters_max))
    return clean


def _too_long(characters_max: int) -> str:
    return f"Ensure this field has no more than {characters_max} characters."


_compiled: Final = cache(re.compile)


def matching_text(text: str, pattern: str, complaint: str) -> str:
    """Trimmed text that a regular expression matches from end to end.

    Raises:
        InvalidValueError: with ``complaint``, because it does not match.
    """
    clean = text.strip()
    if _compiled(pattern).fullmatch(clean) is None:
        raise InvalidValueError(complaint)
    return clean


class NamePart(Phi[str]):
    """A first or last name, 1 to 100 characters of any script."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(clean_text(value, characters_max=NAME_CHARACTERS_MAX))


class Email(Phi[str]):
    """An e-mail address: dot-atom and domain of RFC 5322, internationalised as in RFC 6532."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        clean = clean_text(value, characters_max=EMAIL_CHARACTERS_MAX)
        if _EMAIL.fullmatch(clean) is None or clean.index("@") > _LOCAL_PART_CHARACTERS_MAX:
            message = "Enter a valid email address."
            raise InvalidValueError(message)
        super().__init__(clean)


class Phone(Phi[str]):
    """A phone number as it was written: digits, blanks, dashes, parentheses, plus; 7 to 20 characters."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        complaint = "Enter a phone number: 7 to 20 digits, spaces, dashes, parentheses and +."
        clean = matching_text(value, PHONE_PATTERN, complaint)
        if not any(character.isdigit() for character in clean):
            raise InvalidValueError(complaint)
        super().__init__(clean)


class Reason(Phi[str]):
    """Why somebody did something unusual. Free text, so it is PHI; 1 to 500 characters."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(clean_text(value, characters_max=REASON_CHARACTERS_MAX))


@attrs.frozen
class PersonName:
    """First and last name, as FHIR's official ``given`` and ``family``."""

    first: NamePart
    last: NamePart
