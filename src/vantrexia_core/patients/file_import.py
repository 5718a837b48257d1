"""A file of patients to be taken in: how far it has come, and what became of each line."""

from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.kernel import PatientId, PracticeId, UserId
from vantrexia_core.patients.model import NewPatient

LINES_AT_ONCE: Final = 500
"""How many lines are stored with one commit."""


class LineVerdict(Enum):
    """What became of a line. Codes of the trail where it brought no patient: never rename."""

    IMPORTED = "imported"
    HERE = "here_already"
    """The record has these identifiers already, and is of this person; it stays as it is."""
    REPLACED = "merged_away"
    """In the system that it comes from the record was merged into another, which has a line of its own."""
    HIDDEN = "here_deleted"
    """The same, and the record was deleted: an administrator can restore it."""
    TAKEN = "identifier_of_another"
    """An identifier belongs to somebody else, or two of them to two records."""
    INVALID = "line_invalid"
    """It is not what such a file holds, or breaks a rule for records."""


@attrs.frozen(repr=False)
class FileLine:
    """One line that holds something, counted from 1; ``new`` is None where it could not be understood.

    One that ``is_replaced`` was merged into another record where it comes from.
    """

    number: int
    new: NewPatient | None
    is_active: bool = True
    is_replaced: bool = False


@attrs.frozen
class LineOutcome:
    """What became of a line; ``patient_id`` is the record that it led to, if any."""

    number: int
    verdict: LineVerdict
    patient_id: PatientId | None = None


@attrs.frozen
class FileImport:
    """A file that is being taken in, line after line. ``lines`` of it are settled, whatever they came to."""

    id: UUID
    practice_id: PracticeId
    by: UserId
    at: datetime
    updated_at: datetime
    lines: int = 0
    imported: int = 0
    skipped: int = 0
    refused: int = 0
    is_done: bool = False
