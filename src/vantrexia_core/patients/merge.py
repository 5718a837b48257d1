"""A merge of two records as an event: both as they were, what was taken over, by whom, why, and its undoing.

Everything that undoing needs is in here, so that neither record has to be guessed at later.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

import attrs

from vantrexia_core.kernel import Email, MergeId, PatientId, Phi, Reason, UserId
from vantrexia_core.patients.matching.grades import MatchGrade
from vantrexia_core.patients.model import Patient, Revision, value_of
from vantrexia_core.patients.values import Gender


class Party(Enum):
    """One of the two records of a merge."""

    SURVIVOR = "survivor"
    LOSER = "loser"


class Heir(Enum):
    """Who gets a value that was written after the merge into a field that the merge had filled."""

    SURVIVOR = "survivor"
    LOSER = "loser"
    NEITHER = "neither"
    """Both records get back what they had before."""


class FieldKind(Enum):
    """What a field is about: it decides whose value stands where two sides say something else."""

    IDENTITY = "identity"
    """Who the person is. A wrong one shows a chart to the wrong carer.

    In a merge the survivor's value stands, because the survivor was chosen for it.
    """
    CONTACT = "contact"
    """Where the person is reached: the value that was written later is the right one."""


KIND_OF_FIELD: Final[Mapping[str, FieldKind]] = MappingProxyType(
    {
        "first_name": FieldKind.IDENTITY,
        "last_name": FieldKind.IDENTITY,
        "date_of_birth": FieldKind.IDENTITY,
        "gender": FieldKind.IDENTITY,
        "phone": FieldKind.CONTACT,
        "email": FieldKind.CONTACT,
        "address": FieldKind.CONTACT,
        "ssn": FieldKind.IDENTITY,
        "supplement": FieldKind.IDENTITY,
    }
)
"""The fields of which one value survives. MRN and external id are not among them: each record keeps its own,
reserved for good, and the loser's lead to the survivor."""

_UNKNOWN: Final = Phi(Gender.UNKNOWN)


@attrs.frozen
class Resemblance:
    """How alike the two were when they were merged, by which ``model``."""

    grade: MatchGrade
    score: float
    model: str


@attrs.frozen
class Undoing:
    """Who undid a merge, when and why."""

    by: UserId
    by_email: Email
    at: datetime
    reason: Reason


@attrs.frozen
class Merge:
    """One record merged into another. ``survivor`` and ``loser`` are the records as they were before.

    ``taken`` names the fields whose value the survivor took from the loser. ``led`` are records that had been
    merged into the loser before, and are led to the survivor together with it.
    """

    id: MergeId
    survivor: Patient
    loser: Patient
    taken: tuple[str, ...]
    led: tuple[PatientId, ...]
    by: UserId
    by_email: Email
    at: datetime
    reason: Reason
    resemblance: Resemblance | None = None
    undoing: Undoing | None = None

    @property
    def moved(self) -> tuple[PatientId, ...]:
        """The records that the survivor stands for because of this merge."""
        return (self.loser.id, *self.led)

    @property
    def is_undone(self) -> bool:
        """Whether it holds no longer."""
        return self.undoing is not None

    def merged_value(self, field: str) -> Any:  # noqa: ANN401 - whatever the field holds
        """The survivor's value of a field right after the merge."""
        return value_of(self.loser if field in self.taken else self.survivor, field)

    def edited(self, survivor: Patient) -> tuple[str, ...]:
        """The fields that the merge had filled and that say something else now."""
        return tuple(name for name in self.taken if value_of(survivor, name) != self.merged_value(name))

    def restored(self, survivor: Patient, heirs: Mapping[str, Heir]) -> tuple[Revision, Revision]:
        """What gives both records back what they had: the survivor's revision, and the loser's.

        ``heirs`` says who gets what was written since, for every field of `edited`.
        """
        edited = self.edited(survivor)
        own = {
            name: value_of(self.survivor, name)
            for name in self.taken
            if name not in edited or heirs[name] is not Heir.SURVIVOR
        }
        given = {name: value_of(survivor, name) for name in edited if heirs[name] is Heir.LOSER}
        return Revision(**own), Revision(**given)

    def written_since(self, survivor: Patient) -> tuple[str, ...]:
        """The fields beyond those that the merge had filled which say something else now: they stay so."""
        names = (name for name in (*KIND_OF_FIELD, "mrn", "external_id") if name not in self.taken)
        return tuple(name for name in names if value_of(survivor, name) != value_of(self.survivor, name))


@attrs.frozen
class Joining:
    """Since which version, and up to which, a record stands for others; ids and versions alone.

    ``until`` is the version that the undoing made, None while the merge holds.
    """

    survivor: PatientId
    before: int
    moved: tuple[PatientId, ...]
    until: int | None = None

    def holds_for(self, patient: Patient) -> bool:
        """Whether this version of a record stands for the others."""
        is_since = patient.id == self.survivor and patient.version > self.before
        return is_since and (self.until is None or patient.version < self.until)


def is_empty(patient: Patient, field: str) -> bool:
    """Whether a record says nothing in a field; an unknown gender is nothing."""
    value = value_of(patient, field)
    return value is None or value == _UNKNOWN
