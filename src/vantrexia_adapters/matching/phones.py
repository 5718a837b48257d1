"""Phone numbers by Google's libphonenumber, in David Drysdale's port."""

from typing import Final

import phonenumbers

_REGION: Final = "US"
_NORTH_AMERICA: Final = 1


class LibPhoneNumbers:
    """See the core's ``PhoneNumbers``. A number without a country code is one of the United States."""

    def national(self, written: str) -> str | None:
        """See the core's ``PhoneNumbers``."""
        try:
            number = phonenumbers.parse(written, _REGION)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_possible_number(number):
            return None
        digits = phonenumbers.national_significant_number(number)
        return digits if number.country_code == _NORTH_AMERICA else f"{number.country_code}{digits}"
