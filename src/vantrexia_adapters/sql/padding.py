"""How statements are asked about many ids at once: in parts, and padded so that few are compiled."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final, TypeVar
from uuid import UUID

import sqlalchemy as sa

from vantrexia_adapters.sql.statements import Parameters

IDS_AT_ONCE_MAX: Final = 256
"""How many ids are looked up by one statement."""

_SIZES: Final = (1, 2, 4, 8, 16, 64, IDS_AT_ONCE_MAX)

K = TypeVar("K")


def parts_of_set(ids: Iterable[UUID]) -> Iterator[Sequence[UUID]]:
    """The different ids in order, so that a log of statements tells nothing by theirs."""
    # By their numbers: comparing UUIDs is Python's own slow work.
    return parts_of(sorted(set(ids), key=attrgetter("int")))


def parts_of(ids: Sequence[K]) -> Iterator[Sequence[K]]:
    """The ids, as many at a time as one statement takes."""
    return (ids[start : start + IDS_AT_ONCE_MAX] for start in range(0, len(ids), IDS_AT_ONCE_MAX))


def size_of(part: Sequence[object]) -> int:
    """How many a statement is asked about: one of a few sizes, so that few are compiled."""
    return next(size for size in _SIZES if size >= len(part))


def named(prefix: str, count: int) -> list[sa.BindParameter[object]]:
    """Where a statement has the ids that `padded` gives it."""
    return [sa.bindparam(f"{prefix}_{position}", type_=sa.Uuid()) for position in range(count)]


def padded(prefix: str, ids: Sequence[UUID], size: int | None = None) -> Parameters:
    """The parameters of a statement about ``ids``, the last one repeated."""
    size = size_of(ids) if size is None else size
    return {f"{prefix}_{position}": ids[min(position, len(ids) - 1)] for position in range(size)}
