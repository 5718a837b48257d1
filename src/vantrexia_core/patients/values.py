"""The values of a patient's record, each with its rule, each masked.

A constructor takes what a person typed, normalises it (trimmed, Unicode NFC) and refuses what breaks the rule
with `InvalidValueError`, whose text never repeats the value. ``trusted`` takes what was accepted before.
"""

import re
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final

import attrs

from vantrexia_core.kernel import InvalidValueError, NamePart, Phi, clean_text, matching_text

MRN_CHARACTERS_MAX: Final = 64
EXTERNAL_ID_CHARACTERS_MAX: Final = 64
LINE_CHARACTERS_MAX: Final = 200
CITY_CHARACTERS_MAX: Final = 100
SUPPLEMENT_BYTES_MAX: Final = 64 * 1024 - 2
"""In UTF-8: with its length, what one sealed field holds in steps of a kibibyte."""
BORN_MIN: Final = date(1900, 1, 1)

LATEST_DATE_AHEAD: Final = timedelta(hours=14)
"""How far the date on Earth's first clock (UTC+14) is ahead of UTC: nobody is born after that date."""

DATE_PATTERN: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DATE: Final = re.compile(DATE_PATTERN)
STATE_PATTERN: Final = r"[A-Za-z]{2}"
ZIP_PATTERN: Final = r"[0-9]{5}(-[0-9]{4})?"
SSN_PATTERN: Final = r"[0-9]{9}|[0-9]{3}-[0-9]{2}-[0-9]{4}"


NAME_NOT_KNOWN: Final = NamePart.trusted("")
"""The first or last name of somebody who has none, or of whom nobody told it: a newborn, an unconscious
patient, a person with one name. Nothing is invented in its place. It cannot be typed: a name part has a
character."""


class Gender(Enum):
    """FHIR's administrative-gender codes."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class DateOfBirth(Phi[date]):
    """A birth date, not before 1900. Whether it lies in the future is checked where the time is known."""

    __slots__ = ()

    def __init__(self, value: date) -> None:
        if value < BORN_MIN:
            message = f"Date of birth may not be before {BORN_MIN.isoformat()}."
            raise InvalidValueError(message)
        super().__init__(value)

    @classmethod
    def parse(cls, text: str) -> "DateOfBirth":
        """From ``YYYY-MM-DD`` in ASCII digits; the other forms of ISO 8601 are refused."""
        if _DATE.fullmatch(text) is None:
            message = "Date has wrong format. Use YYYY-MM-DD."
            raise InvalidValueError(message)
        try:
            born = date.fromisoformat(text)
        except ValueError:
            message = "There is no such date."
            raise InvalidValueError(message) from None
        return cls(born)

    def is_after(self, now: datetime) -> bool:
        """Whether it is nowhere on Earth that date yet."""
        return self._value > (now + LATEST_DATE_AHEAD).date()

    def check_not_after(self, now: datetime) -> None:
        """Refuse a birth in the future, wherever on Earth the practice is.

        Raises:
            InvalidValueError: nowhere is it that date yet.
        """
        if self.is_after(now):
            message = "Date of birth may not be in the future."
            raise InvalidValueError(message)


class Mrn(Phi[str]):
    """A medical record number, unique within the practice, for good: 1 to 64 characters."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(clean_text(value, characters_max=MRN_CHARACTERS_MAX, is_number=True))

    @classmethod
    def numbered(cls, number: int) -> "Mrn":
        """The form given out when none is supplied: ``MRN-00042``."""
        return cls(f"MRN-{number:05d}")


class ExternalId(Phi[str]):
    """The patient's id in the practice's EMR (an eCW patient id), unique within the practice."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(clean_text(value, characters_max=EXTERNAL_ID_CHARACTERS_MAX, is_number=True))


class Ssn(Phi[str]):
    """A social security number, kept as nine digits. Accepted and matched on, never shown.

    The Social Security Administration never issues area 000, 666 or 900 to 999, group 00 or serial 0000.
    """

    __slots__ = ()

    def __init__(self, value: str) -> None:
        complaint = "Enter a social security number of nine digits, as 123-45-6789 or 123456789."
        digits = matching_text(value, SSN_PATTERN, complaint).replace("-", "")
        area, group, serial = digits[:3], digits[3:5], digits[5:]
        if area in {"000", "666"} or area >= "900" or group == "00" or serial == "0000":
            message = "This is not a number that the Social Security Administration issues."
            raise InvalidValueError(message)
        super().__init__(digits)


class AddressLine(Phi[str]):
    """A line of an address, 1 to 200 characters."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(clean_text(value, characters_max=LINE_CHARACTERS_MAX))


class City(Phi[str]):
    """A city, 1 to 100 characters."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(clean_text(value, characters_max=CITY_CHARACTERS_MAX))


class State(Phi[str]):
    """A USPS state code: two letters, as written."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(matching_text(value, STATE_PATTERN, "Use the two letters of the state, such as IL."))


class Zip(Phi[str]):
    """A ZIP code of five digits, or ZIP+4."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        super().__init__(matching_text(value, ZIP_PATTERN, "Use a ZIP code of 5 digits or ZIP+4."))


class Supplement(Phi[str]):
    """What a client of the FHIR API said of a patient beyond the fields of this record.

    Further names and addresses, contacts, extensions: kept whole, given back to such clients, shown nowhere
    else. Canonical JSON whose form belongs to the FHIR adapter; nothing here reads it.
    """

    __slots__ = ()

    def __init__(self, value: str) -> None:
        if not value:
            message = "This field may not be blank."
            raise InvalidValueError(message)
        # UTF-8 needs at least a byte a character: what is far too long is not encoded first.
        if len(value) > SUPPLEMENT_BYTES_MAX or _utf8_bytes(value) > SUPPLEMENT_BYTES_MAX:
            message = f"Ensure this takes no more than {SUPPLEMENT_BYTES_MAX} bytes."
            raise InvalidValueError(message)
        super().__init__(value)


def _utf8_bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        message = "Unpaired surrogates are not allowed."
    # Raised here, outside the handler: the encoder's exception holds the text.
    raise InvalidValueError(message)


@attrs.frozen
class Address:
    """A postal address in the United States. Every part may be missing."""

    line1: AddressLine | None = None
    line2: AddressLine | None = None
    city: City | None = None
    state: State | None = None
    zip: Zip | None = None
