"""Revisions: changes that name the fields they change, and leave the others as they are."""

from enum import Enum
from typing import Final, Literal, TypeVar

T = TypeVar("T")


class Unset(Enum):
    """Says that a revision leaves a field as it is; None says that it empties it."""

    KEEP = "keep"


KEEP: Final = Unset.KEEP
Kept = Literal[Unset.KEEP]


def kept_or(value: T | Kept, current: T) -> T:
    """The value that a revision gives, or the current one if it gives none."""
    return current if value is KEEP else value
