"""Phone numbers by Google's libphonenumber, in David Drysdale's port."""

import re
from typing import Final

import phonenumbers

_REGION: Final = "US"
_NORTH_AMERICA: Final = 1
_USUAL: Final = re.compile(r"(?:\+?1[-. ]?)?\(?([2-9][0-9]{2})\)?[-. ]?([0-9]{3})[-. ]?([0-9]{4})", re.ASCII)
"""Nearly all are written so, and are what stands there; the library takes a hundred times as long."""


class LibPhoneNumbers:
    """See the core's ``PhoneNumbers``. A number without a country code is one of the United States."""

    def national(self, written: str) -> str | None:
        """See the core's ``PhoneNumbers``."""
        usual = _USUAL.fullmatch(written)
        if usual is not None:
            return "".join(usual.groups())
        try:
            number = phonenumbers.parse(written, _REGION)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number):
            return None
        digits = phonenumbers.national_significant_number(number)
        return digits if number.country_code == _NORTH_AMERICA else f"{number.country_code}{digits}"
