"""The life of a record: one table, one short engine.

Every status meets every move exactly once below, the refused ones included. The diagram in the documentation
is drawn from this table. A refused move raises and changes nothing.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from vantrexia_core.kernel import ConflictError, NotFoundError, PatientId, VantrexiaError


class Status(Enum):
    """Where a record stands. ``active`` in the API means exactly `ACTIVE`."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


class Move(Enum):
    """What can be asked of a record. `REVISE` is here because the status decides whether it is allowed."""

    REVISE = "revise"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"
    RESTORE = "restore"
    MERGE = "merge"
    """Give way to another record of the same person. Undoing it is no move: `merging` puts back what was."""


class AlreadyArchivedError(ConflictError):
    """The patient is archived already."""

    code = "already_archived"
    sentence = "This patient is archived already."


class NotArchivedError(ConflictError):
    """Only an archived patient can be unarchived."""

    code = "not_archived"
    sentence = "This patient is not archived."


class InvalidTransitionError(ConflictError):
    """Only a deleted patient can be restored."""

    code = "invalid_transition"
    sentence = "This patient is not deleted, so there is nothing to restore."


class GoneError(NotFoundError):
    """The record was deleted: it is retained, and shown to nobody."""


class MergedAwayError(ConflictError):
    """The record was merged into another one, which stands for it: that one is to be changed."""

    code = "merged_away"
    sentence = (
        "This record was merged into another one. Change that one, which survivor_id names, or undo the "
        "merge first."
    )

    def __init__(self, survivor_id: PatientId) -> None:
        super().__init__()
        self.survivor_id: Final = survivor_id


TRANSITIONS: Final[Mapping[tuple[Status, Move], Status | type[VantrexiaError]]] = MappingProxyType(
    {
        (Status.ACTIVE, Move.REVISE): Status.ACTIVE,
        (Status.ACTIVE, Move.ARCHIVE): Status.ARCHIVED,
        (Status.ACTIVE, Move.UNARCHIVE): NotArchivedError,
        (Status.ACTIVE, Move.DELETE): Status.DELETED,
        (Status.ACTIVE, Move.RESTORE): InvalidTransitionError,
        (Status.ACTIVE, Move.MERGE): Status.ARCHIVED,
        # HIPAA gives a right to amendment (45 CFR 164.526), and it does not end when care does.
        (Status.ARCHIVED, Move.REVISE): Status.ARCHIVED,
        (Status.ARCHIVED, Move.ARCHIVE): AlreadyArchivedError,
        (Status.ARCHIVED, Move.UNARCHIVE): Status.ACTIVE,
        (Status.ARCHIVED, Move.DELETE): Status.DELETED,
        (Status.ARCHIVED, Move.RESTORE): InvalidTransitionError,
        (Status.ARCHIVED, Move.MERGE): Status.ARCHIVED,
        # A deleted record is retained but hidden: to all but the administrator's restore it does not exist.
        (Status.DELETED, Move.REVISE): GoneError,
        (Status.DELETED, Move.ARCHIVE): GoneError,
        (Status.DELETED, Move.UNARCHIVE): GoneError,
        (Status.DELETED, Move.DELETE): GoneError,
        (Status.DELETED, Move.RESTORE): Status.ACTIVE,
        (Status.DELETED, Move.MERGE): GoneError,
    }
)


def status_after(status: Status, move: Move, *, merged_into: PatientId | None = None) -> Status:
    """The status a move leads to. A record that was merged away makes none: its survivor does.

    Raises:
        MergedAwayError: ``merged_into`` stands for it.
        AlreadyArchivedError, NotArchivedError, InvalidTransitionError, GoneError: as the table says.
    """
    if merged_into is not None:
        raise MergedAwayError(merged_into)
    outcome = TRANSITIONS[status, move]
    if isinstance(outcome, Status):
        return outcome
    raise outcome
