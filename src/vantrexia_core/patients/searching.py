"""What a search for patients by their fields means: the definition that every directory answers to.

A search is a list of conditions, and all of them must hold. Most of them a directory decides alone, from what
it keeps of a patient; the others it can only narrow down, and the records themselves decide. Where even that
would open too many records, a search is refused rather than answered by halves.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import Enum
from typing import ClassVar, Final

import attrs

from vantrexia_core.kernel import NON_FIELD, InvalidError, PageRequest, PatientId, Phi
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.listing import DirectoryEntry, Ordering
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.values import ExternalId, Gender, Mrn
from vantrexia_core.protection import fold

OPENED_MAX: Final = 1_000
"""Records that one search may open to look for what no directory knows."""

SEARCH_VALUES_MAX: Final = 100
SEARCH_RANGES_MAX: Final = 20
SEARCH_NAME_WORDS_MAX: Final = 20
"""What one search may ask for, over all its conditions. Each range of days or times, and each word of a name,
is a look at the whole directory, while others of the practice wait."""

SHOWN: Final = frozenset({Status.ACTIVE, Status.ARCHIVED})
"""Where a record stands that somebody may find. A deleted one is found by nobody."""


_WITH_COUNTRY_CODE: Final = 11
"""Digits of a number of the North American Numbering Plan behind its country code, 1."""

_TOO_MANY_OPENED: Final = (
    "Too many records would have to be opened for this. Add a name, a date of birth, a gender or an "
    "identifier."
)


class TooCostlyError(InvalidError):
    """A search that asks for too much at once, or would have to open too many records."""

    code = "too_costly"

    def __init__(self, complaint: str = _TOO_MANY_OPENED) -> None:
        super().__init__({NON_FIELD: (complaint,)})


class NameField(Enum):
    """Which name is meant."""

    LAST = "last_name"
    FIRST = "first_name"
    ANY = "name"
    """Either of them, or both as they are written: first, blank, last."""


class TextMatch(Enum):
    """How a text is compared. The first two fold both sides, the third takes them as they are."""

    BEGINS = "begins"
    HAS = "has"
    IS = "is"


@attrs.frozen(repr=False)
class NameCondition:
    """A name begins with one of the texts, has one anywhere inside, or is one of them exactly.

    What folds to nothing finds nothing.
    """

    field: NameField
    match: TextMatch
    texts: Phi[tuple[str, ...]]

    @property
    def is_decided_by_entry(self) -> bool:
        """Whether `admits` is the answer. A directory keeps folded names only."""
        return self.match is not TextMatch.IS

    @property
    def folded(self) -> tuple[bytes, ...]:
        """The texts as a directory knows them."""
        return tuple(fold(text).encode() for text in self.texts.reveal())

    def admits(self, entry: DirectoryEntry) -> bool:
        """Whether it holds, as far as a directory can tell."""
        last, first = entry.last.folded, entry.first.folded
        names = {
            NameField.LAST: (last,),
            NameField.FIRST: (first,),
            NameField.ANY: (last, first, first + b" " + last),
        }[self.field]
        return any(text and self._compares(name, text) for name in names for text in self.folded)

    def holds(self, patient: Patient) -> bool:
        """Whether it holds for the record."""
        if self.is_decided_by_entry:
            return self.admits(DirectoryEntry.of_patient(0, patient))
        last, first = patient.name.last.reveal(), patient.name.first.reveal()
        names = {
            NameField.LAST: {last},
            NameField.FIRST: {first},
            NameField.ANY: {last, first, f"{first} {last}"},
        }[self.field]
        return not names.isdisjoint(self.texts.reveal())

    def _compares(self, name: bytes, text: bytes) -> bool:
        match self.match:
            case TextMatch.BEGINS:
                return name.startswith(text)
            case TextMatch.HAS:
                return text in name
            case TextMatch.IS:
                return name == text


@attrs.frozen
class Days:
    """A range of days; both ends belong to it."""

    first: date = date.min
    last: date = date.max


@attrs.frozen(repr=False)
class BornCondition:
    """Born on a day of one of the ranges."""

    days: Phi[tuple[Days, ...]]
    is_decided_by_entry: ClassVar[bool] = True

    def admits(self, entry: DirectoryEntry) -> bool:
        """Whether it holds."""
        return self._has(entry.born)

    def holds(self, patient: Patient) -> bool:
        """Whether it holds for the record."""
        return self._has(patient.date_of_birth.reveal())

    def _has(self, born: date) -> bool:
        return any(days.first <= born <= days.last for days in self.days.reveal())


@attrs.frozen(repr=False)
class GenderCondition:
    """One of these genders."""

    genders: Phi[frozenset[Gender]]
    is_decided_by_entry: ClassVar[bool] = True

    def admits(self, entry: DirectoryEntry) -> bool:
        """Whether it holds."""
        return entry.gender in self.genders.reveal()

    def holds(self, patient: Patient) -> bool:
        """Whether it holds for the record."""
        return patient.gender.reveal() in self.genders.reveal()


@attrs.frozen
class Moments:
    """A stretch of time from ``since`` up to, not including, ``before``; either end may be open."""

    since: datetime | None = None
    before: datetime | None = None


@attrs.frozen
class ChangedCondition:
    """Last changed in one of these stretches. Times of change count by the second, as they are shown."""

    moments: tuple[Moments, ...]
    is_decided_by_entry: ClassVar[bool] = True

    def admits(self, entry: DirectoryEntry) -> bool:
        """Whether it holds."""
        return self._has(entry.updated_at)

    def holds(self, patient: Patient) -> bool:
        """Whether it holds for the record."""
        return self._has(patient.updated_at)

    def _has(self, at: datetime) -> bool:
        shown = at.replace(microsecond=0)
        return any(
            (one.since is None or shown >= one.since) and (one.before is None or shown < one.before)
            for one in self.moments
        )


@attrs.frozen
class IdCondition:
    """One of these records."""

    ids: frozenset[PatientId]
    is_decided_by_entry: ClassVar[bool] = False

    def admits(self, _: DirectoryEntry) -> bool:
        """Not asked of a directory: records are fetched by their ids."""
        return True

    def holds(self, patient: Patient) -> bool:
        """Whether it holds for the record."""
        return patient.id in self.ids


@attrs.frozen(repr=False)
class IdentifierCondition:
    """Known under one of these numbers: ours, or those of the EHR. They are compared as they are written.

    The number of a record that was merged finds the one that stands for it (`search_patients`).
    """

    mrns: tuple[Mrn, ...] = ()
    external_ids: tuple[ExternalId, ...] = ()
    is_decided_by_entry: ClassVar[bool] = False

    def admits(self, _: DirectoryEntry) -> bool:
        """A directory cannot tell."""
        return True

    def holds(self, patient: Patient) -> bool:
        """Whether it holds for the record."""
        return patient.mrn in self.mrns or patient.external_id in self.external_ids


@attrs.frozen(repr=False)
class ContactCondition:
    """Reached under one of these: phone numbers are compared by their digits, addresses without case.

    A number of North America is the same with and without its country code, on either side.
    """

    phones: Phi[tuple[str, ...]]
    emails: Phi[tuple[str, ...]]
    is_decided_by_entry: ClassVar[bool] = False

    def admits(self, _: DirectoryEntry) -> bool:
        """A directory cannot tell."""
        return True

    def holds(self, patient: Patient) -> bool:
        """Whether it holds for the record."""
        phone, email = patient.phone, patient.email
        if phone is not None and _dialled(phone.reveal()) in map(_dialled, self.phones.reveal()):
            return True
        return email is not None and email.reveal().casefold() in map(str.casefold, self.emails.reveal())


Condition = (
    NameCondition
    | BornCondition
    | GenderCondition
    | ChangedCondition
    | IdCondition
    | IdentifierCondition
    | ContactCondition
)


@attrs.frozen
class PatientSearch:
    """Which patients are looked for, and which page of them; without a ``page`` only how many there are."""

    where: tuple[Condition, ...] = ()
    statuses: frozenset[Status] = SHOWN
    ordering: Ordering = Ordering.LAST_NAME
    page: PageRequest | None = PageRequest()

    def check_cost(self) -> None:
        """Refuse a search that asks for too much, before anything is looked up.

        Raises:
            TooCostlyError: it does.
        """
        values, ranges, words = (sum(cost) for cost in zip((0, 0, 0), *map(_cost, self.where), strict=True))
        if values > SEARCH_VALUES_MAX or ranges > SEARCH_RANGES_MAX or words > SEARCH_NAME_WORDS_MAX:
            complaint = (
                f"Ask for at most {SEARCH_VALUES_MAX} values, {SEARCH_RANGES_MAX} of them ranges of dates, "
                f"and {SEARCH_NAME_WORDS_MAX} words of names in one search."
            )
            raise TooCostlyError(complaint)

    @property
    def is_decided_by_entries(self) -> bool:
        """Whether a directory alone can answer it."""
        return all(condition.is_decided_by_entry for condition in self.where)

    def admits(self, entry: DirectoryEntry) -> bool:
        """Whether a patient is among those looked for, as far as a directory can tell."""
        return entry.status in self.statuses and all(condition.admits(entry) for condition in self.where)

    def holds(self, patient: Patient) -> bool:
        """Whether a record is among those looked for."""
        return patient.status in self.statuses and all(condition.holds(patient) for condition in self.where)


def _cost(condition: Condition) -> tuple[int, int, int]:
    """How many values, ranges and words of names a condition asks for."""
    match condition:
        case NameCondition():
            texts = condition.folded
            return len(texts), 0, sum(text.count(b" ") + 1 for text in texts)
        case BornCondition():
            ranges = len(condition.days.reveal())
            return ranges, ranges, 0
        case ChangedCondition():
            return len(condition.moments), len(condition.moments), 0
        case GenderCondition():
            return len(condition.genders.reveal()), 0, 0
        case IdCondition():
            return len(condition.ids), 0, 0
        case IdentifierCondition():
            # A value without its system is looked for in both.
            return max(len(condition.mrns), len(condition.external_ids)), 0, 0
        case ContactCondition():
            return max(len(condition.phones.reveal()), len(condition.emails.reveal())), 0, 0


def narrow(
    entries: Iterable[DirectoryEntry], search: PatientSearch, *, skip: int, limit: int
) -> tuple[int, tuple[int, ...]]:
    """How many entries are admitted, and the numbers of some of them in order: by looking at every one."""
    admitted = sorted(filter(search.admits, entries), key=search.ordering.key)
    if search.ordering.is_descending:
        admitted.reverse()
    return len(admitted), tuple(entry.number for entry in admitted[skip : skip + limit])


def whole_second_from(at: datetime) -> datetime:
    """The first whole second that is not before ``at``: where a stretch of shown times begins or ends."""
    shown = at.replace(microsecond=0)
    return shown if shown == at else shown + timedelta(seconds=1)


def _dialled(phone: str) -> str:
    """The digits of a number as it is dialled within the country: ten of eleven that begin with a 1."""
    digits = "".join(filter(str.isdigit, phone))
    return digits.removeprefix("1") if len(digits) == _WITH_COUNTRY_CODE else digits
