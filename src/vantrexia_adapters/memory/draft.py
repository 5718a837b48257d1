"""A mapping under change: what is committed stays untouched until the changes are merged over it."""

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Draft(Generic[K, V]):
    """Reads through to a base that others may be reading; writes and removals stay here."""

    def __init__(self, base: Mapping[K, V]) -> None:
        self._base = base
        self._changes: dict[K, V | None] = {}

    def get(self, key: K) -> V | None:
        """The value as this draft sees it."""
        return self._changes[key] if key in self._changes else self._base.get(key)

    def put(self, key: K, value: V) -> None:
        """Set a value."""
        self._changes[key] = value

    def remove(self, key: K) -> None:
        """Forget a key."""
        self._changes[key] = None

    def items(self) -> Iterator[tuple[K, V]]:
        """All pairs as this draft sees them."""
        return iter(self.merged().items())

    def merged(self) -> Mapping[K, V]:
        """The base with the changes over it; the base itself when there are none."""
        if not self._changes:
            return self._base
        merged = dict(self._base)
        for key, value in self._changes.items():
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = value
        return merged
