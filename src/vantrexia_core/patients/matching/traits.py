"""A person as the model sees one: what is known of them, folded, taken apart, and without placeholders.

`Person` is what a caller has; `Traits` is what is compared. Taking a person apart costs more than comparing,
so whoever compares one with many keeps the traits. Neither prints anything of the person.
"""

from datetime import date
from typing import Final, NoReturn, SupportsIndex

import attrs

from vantrexia_core.kernel import Phi
from vantrexia_core.patients.matching.addresses import NO_HOME, Home, home_of
from vantrexia_core.patients.matching.given_names import is_given_name
from vantrexia_core.patients.matching.nicknames import groups_of
from vantrexia_core.patients.matching.placeholders import (
    is_no_date,
    is_no_mailbox,
    is_no_name,
    is_no_phone,
    is_no_ssn,
)
from vantrexia_core.patients.matching.ports import PhoneNumbers, Texts
from vantrexia_core.patients.model import NewPatient, Patient
from vantrexia_core.patients.values import Gender
from vantrexia_core.protection import fold, words

_SUFFIXES: Final = {
    "jr": "jr", "junior": "jr", "jnr": "jr", "sr": "sr", "senior": "sr", "snr": "sr",
    "ii": "ii", "2nd": "ii", "iii": "iii", "3rd": "iii", "iv": "iv", "4th": "iv",
}  # fmt: skip
_SUFFIXES_ALONE: Final = frozenset({"jr", "sr", "jnr", "snr", "ii", "iii", "iv", "2nd", "3rd", "4th"})
"""What is no surname even when it stands where one should. *Junior* and *Senior* are surnames."""

_PARTICLES: Final = frozenset(
    """
    de la las los lo del da do dos das di du des le van von der den ter ten al el bin ibn abu y e i o
    """.split()  # noqa: SIM905 - reads as a list
)
_TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "rev"})
_SSN_DIGITS: Final = 9
_LAST_FOUR: Final = 4


@attrs.frozen
class Person:
    """What is known of somebody; each value as it was written, behind its mask. None and blank: not known.

    Wider than `Patient`: a record from elsewhere may have a middle name, the last four digits of an SSN, or
    values that this service would refuse.
    """

    first_name: Phi[str] | None = None
    middle_name: Phi[str] | None = None
    last_name: Phi[str] | None = None
    date_of_birth: Phi[date] | None = None
    gender: Phi[Gender] | None = None
    phone: Phi[str] | None = None
    email: Phi[str] | None = None
    line1: Phi[str] | None = None
    line2: Phi[str] | None = None
    city: Phi[str] | None = None
    zip: Phi[str] | None = None
    ssn: Phi[str] | None = None
    mrn: Phi[str] | None = None

    @classmethod
    def of(cls, patient: Patient | NewPatient) -> "Person":
        """What a record of this practice knows."""
        address = patient.address
        return cls(
            first_name=patient.name.first,
            last_name=patient.name.last,
            date_of_birth=patient.date_of_birth,
            gender=patient.gender,
            phone=patient.phone,
            email=patient.email,
            line1=address.line1 if address else None,
            line2=address.line2 if address else None,
            city=address.city if address else None,
            zip=address.zip if address else None,
            ssn=patient.ssn,
            mrn=patient.mrn,
        )


@attrs.frozen(repr=False, eq=False)
class Traits:
    """What is compared of a person; an empty text, an empty tuple or None is a missing value.

    Plain values, because a registry holds many and compares them often; so they are guarded as `Phi` is:
    nothing prints, hashes or pickles them.
    """

    first: tuple[str, ...] = ()
    """The folded words of the first name, without title and suffix."""
    first_joined: str = ""
    first_sound: str = ""
    nicknames: frozenset[int] = frozenset()
    middle: str = ""
    last: tuple[str, ...] = ()
    """The folded words of the last name, without particles and suffix."""
    last_joined: str = ""
    """The last name in one word, with its particles: *De la Cruz* is *Delacruz*."""
    last_sound: str = ""
    suffix: str = ""
    born: date | None = None
    born_digits: str = ""
    gender: Gender | None = None
    phone: str = ""
    mailbox: str = ""
    mail_domain: str = ""
    has_mailbox_of_name: bool = False
    """The mailbox is made of the person's own name (and a number or initial): it repeats the name."""
    home: Home = NO_HOME
    ssn: str = ""
    """Nine digits, or the last four."""
    mrn: str = ""

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "Traits(•••)"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        message = "Traits hold PHI, which is not pickled"
        raise TypeError(message)


def traits_of(person: Person, texts: Texts, phones: PhoneNumbers) -> Traits:
    """Fold, take apart, and leave placeholders out."""
    first, first_suffix, _ = _name(_written(person.first_name))
    last, last_suffix, last_joined = _name(_written(person.last_name))
    middle, _, middle_joined = _name(_written(person.middle_name))
    if not middle and len(first) > 1 and len(first[-1]) == 1:
        first, middle_joined = first[:-1], first[-1]  # "Mary T" is Mary, with an initial
    born = person.date_of_birth.reveal() if person.date_of_birth is not None else None
    if born is not None and is_no_date(born):
        born = None
    gender = person.gender.reveal() if person.gender is not None else None
    mailbox, domain = _mail(_written(person.email))
    return Traits(
        first=first,
        first_joined="".join(first),
        first_sound=texts.sound(first[0]) if first else "",
        nicknames=groups_of(first[0]) if first else frozenset(),
        middle=middle_joined,
        last=tuple(word for word in last if word not in _PARTICLES) or last,
        last_joined=last_joined,
        last_sound=texts.sound(last_joined),
        suffix=last_suffix or first_suffix,
        born=born,
        born_digits="" if born is None else f"{born.year:04}{born.month:02}{born.day:02}",
        gender=None if gender is Gender.UNKNOWN else gender,
        phone=_phone(_written(person.phone), phones),
        mailbox=mailbox,
        mail_domain=domain,
        has_mailbox_of_name=_is_of_name(mailbox, "".join(first), last_joined),
        home=home_of(
            _written(person.line1), _written(person.line2), _written(person.city), _written(person.zip)
        ),
        ssn=_ssn(_written(person.ssn)),
        mrn=fold(_written(person.mrn)).replace(" ", ""),
    )


def _written(value: Phi[str] | None) -> str:
    return "" if value is None else value.reveal()


def _name(written: str) -> tuple[tuple[str, ...], str, str]:
    """The words of a name without title and suffix, the suffix, and the words in one."""
    named = words(written)
    if not named or is_no_name(named):
        return (), "", ""
    suffix = ""
    if named[-1] in _SUFFIXES_ALONE or (len(named) > 1 and named[-1] in _SUFFIXES):
        suffix, named = _SUFFIXES[named[-1]], named[:-1]
    if len(named) > 1 and named[0] in _TITLES:
        named = named[1:]
    return named, suffix, "".join(named)


def _phone(written: str, phones: PhoneNumbers) -> str:
    digits = phones.national(written) if written else None
    return "" if digits is None or is_no_phone(digits) else digits


def _mail(written: str) -> tuple[str, str]:
    mailbox, _, domain = written.strip().casefold().rpartition("@")
    mailbox = mailbox.partition("+")[0]
    return ("", "") if not mailbox or not domain or is_no_mailbox(mailbox) else (mailbox, domain)


def _is_of_name(mailbox: str, first: str, last: str) -> bool:
    """First and last name, or either, or an initial and the other, in any order, with or without a number.

    Any first name beside the last one will do: it may be the full form of a nickname, or the middle name.
    """
    if not mailbox:
        return False
    letters = fold(mailbox.rstrip("0123456789")).replace(" ", "")
    made = {first, last, first + last, last + first}
    made |= {first[:1] + last, last + first[:1], first + last[:1], last[:1] + first}
    beside = {letters.removesuffix(last), letters.removeprefix(last)} - {letters}
    return letters in made - {""} or any(is_given_name(name) for name in beside)


def _ssn(written: str) -> str:
    digits = "".join(character for character in written if character.isascii() and character.isdigit())
    if _LAST_FOUR + 2 < len(digits) < _SSN_DIGITS:
        digits = digits.zfill(_SSN_DIGITS)  # spreadsheets drop leading zeros
    if len(digits) == _SSN_DIGITS:
        return "" if is_no_ssn(digits) else digits
    return digits if len(digits) == _LAST_FOUR and digits != "0000" else ""
