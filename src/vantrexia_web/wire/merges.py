"""Merges on the wire: who gives way to whom, which values are kept, and what undoing asks."""

from uuid import UUID

import attrs

from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import (
    KEEP,
    Heir,
    Kept,
    Merge,
    MergedPatient,
    Party,
    Reason,
    SeparatedPatients,
)
from vantrexia_web.wire.patients import patient_content
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.structuring import body_as

_OURS = frozenset({"supplement"})
"""What FHIR clients said beyond the fields of this API, which does not speak of it."""


@attrs.frozen
class FieldChoices:
    """Whose value of a field the survivor has after a merge. A field that is not sent is decided by rule."""

    first_name: Party | Kept = KEEP
    last_name: Party | Kept = KEEP
    date_of_birth: Party | Kept = KEEP
    gender: Party | Kept = KEEP
    phone: Party | Kept = KEEP
    email: Party | Kept = KEEP
    address: Party | Kept = KEEP
    ssn: Party | Kept = KEEP


@attrs.frozen
class FieldHeirs:
    """Who gets the value that was written into a field since the merge."""

    first_name: Heir | Kept = KEEP
    last_name: Heir | Kept = KEEP
    date_of_birth: Heir | Kept = KEEP
    gender: Heir | Kept = KEEP
    phone: Heir | Kept = KEEP
    email: Heir | Kept = KEEP
    address: Heir | Kept = KEEP
    ssn: Heir | Kept = KEEP


@attrs.frozen
class MergeWish:
    """The body of a merge."""

    loser_id: UUID
    reason: Reason
    fields: FieldChoices = FieldChoices()
    despite_differences: bool = False

    @property
    def loser(self) -> PatientId:
        """The record that gives way."""
        return PatientId(self.loser_id)

    @property
    def choices(self) -> dict[str, Party]:
        """What was chosen, by field."""
        return {name: party for name, party in _fields(self.fields) if isinstance(party, Party)}


@attrs.frozen
class UndoWish:
    """The body of an undoing."""

    reason: Reason
    fields: FieldHeirs = FieldHeirs()

    @property
    def heirs(self) -> dict[str, Heir]:
        """Who gets what was written since, by field."""
        return {name: heir for name, heir in _fields(self.fields) if isinstance(heir, Heir)}


def parse_merge(request: Request) -> MergeWish:
    """What is to be merged into the record of the path.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(MergeWish, request.json())


def parse_undo(request: Request) -> UndoWish:
    """Why a merge is undone, and who gets what was written since.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(UndoWish, request.json())


def merge_content(merge: Merge) -> dict[str, object]:
    """A merge as the API shows it: names of fields, never what was in them."""
    found, undoing = merge.resemblance, merge.undoing
    return {
        "id": merge.id,
        "survivor_id": merge.survivor.id,
        "loser_id": merge.loser.id,
        "merged_at": merge.at,
        "merged_by": merge.by_email.reveal(),
        "reason": merge.reason.reveal(),
        "fields": _shown(merge.taken),
        "grade": None if found is None else found.grade.value,
        "score": None if found is None else found.score,
        "model": None if found is None else found.model,
        "undone_at": None if undoing is None else undoing.at,
        "undone_by": None if undoing is None else undoing.by_email.reveal(),
        "undo_reason": None if undoing is None else undoing.reason.reveal(),
    }


def merged_content(merged: MergedPatient) -> dict[str, object]:
    """The answer to a merge."""
    return {**merge_content(merged.merge), "survivor": patient_content(merged.patient)}


def separated_content(separated: SeparatedPatients) -> dict[str, object]:
    """The answer to an undoing: both records, and what somebody should look at."""
    return {
        **merge_content(separated.merge),
        "survivor": patient_content(separated.survivor),
        "loser": patient_content(separated.loser),
        "written_since": _shown(separated.written_since),
    }


def _fields(choices: FieldChoices | FieldHeirs) -> list[tuple[str, object]]:
    return [(field.name, getattr(choices, field.name)) for field in attrs.fields(type(choices))]


def _shown(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name not in _OURS]
