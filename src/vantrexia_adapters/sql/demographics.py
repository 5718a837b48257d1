"""Demographics as the text inside one envelope: what the EHR told, or what lost to it."""

import json
from datetime import date
from typing import Any, Final

from vantrexia_core.ehr import Demographics
from vantrexia_core.kernel import BrokenPromiseError, Email, NamePart, Phi
from vantrexia_core.patients import Address, AddressLine, City, DateOfBirth, Gender, Phone, State, Zip

_FORMAT: Final = 1


def packed(demographics: Demographics) -> str:
    """The text: a JSON object of the fields that have a value, and the format's number."""
    born, gender, address = demographics.date_of_birth, demographics.gender, demographics.address
    texts = {
        "first_name": demographics.first_name,
        "last_name": demographics.last_name,
        "phone": demographics.phone,
        "email": demographics.email,
    }
    content: dict[str, Any] = {"format": _FORMAT}
    content |= {name: text.reveal() for name, text in texts.items() if text is not None}
    if born is not None:
        content["date_of_birth"] = born.reveal().isoformat()
    if gender is not None:
        content["gender"] = gender.reveal().value
    if address is not None:
        parts = (address.line1, address.line2, address.city, address.state, address.zip)
        content["address"] = [None if part is None else part.reveal() for part in parts]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def unpacked(text: str) -> Demographics:
    """What `packed` packed.

    Raises:
        BrokenPromiseError: it is of another format.
    """
    content = json.loads(text)
    if content.get("format") != _FORMAT:
        message = "these demographics were packed by another version"
        raise BrokenPromiseError(message)
    born, gender, address = content.get("date_of_birth"), content.get("gender"), content.get("address")
    first, last = content.get("first_name"), content.get("last_name")
    phone, email = content.get("phone"), content.get("email")
    return Demographics(
        first_name=None if first is None else NamePart.trusted(first),
        last_name=None if last is None else NamePart.trusted(last),
        date_of_birth=None if born is None else DateOfBirth.trusted(date.fromisoformat(born)),
        gender=None if gender is None else Phi(Gender(gender)),
        phone=None if phone is None else Phone.trusted(phone),
        email=None if email is None else Email.trusted(email),
        address=None if address is None else _address(*address),
    )


def _address(
    line1: str | None, line2: str | None, city: str | None, state: str | None, zip_: str | None
) -> Address:
    return Address(
        line1=None if line1 is None else AddressLine.trusted(line1),
        line2=None if line2 is None else AddressLine.trusted(line2),
        city=None if city is None else City.trusted(city),
        state=None if state is None else State.trusted(state),
        zip=None if zip_ is None else Zip.trusted(zip_),
    )
