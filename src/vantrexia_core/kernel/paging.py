"""Pages of a list: numbered from one, a bounded size, an exact count."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

import attrs

from vantrexia_core.kernel.errors import NotFoundError

T = TypeVar("T")
U = TypeVar("U")

PAGE_SIZE_DEFAULT: Final = 20
PAGE_SIZE_MAX: Final = 100
PAGE_NUMBER_MAX: Final = 10**9


@attrs.frozen
class PageRequest:
    """Which page is asked for: ``number`` from 1, ``size`` in items (1 to 100)."""

    number: int = attrs.field(
        default=1, validator=[attrs.validators.ge(1), attrs.validators.le(PAGE_NUMBER_MAX)]
    )
    size: int = attrs.field(
        default=PAGE_SIZE_DEFAULT, validator=[attrs.validators.ge(1), attrs.validators.le(PAGE_SIZE_MAX)]
    )

    @property
    def offset(self) -> int:
        """Items before this page."""
        return (self.number - 1) * self.size

    def check_within(self, count: int) -> None:
        """Refuse a page behind the last one. The first page always exists, empty or not.

        Raises:
            NotFoundError: the list has only ``count`` items, so this page lies behind its end.
        """
        if self.number > 1 and self.offset >= count:
            message = "There is no such page: the list is shorter."
            raise NotFoundError(message)


@attrs.frozen
class Page(Generic[T]):
    """One page and the exact number of items over all pages."""

    count: int
    items: tuple[T, ...]
    request: PageRequest

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        return self.request.offset + self.request.size < self.count

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before."""
        return self.request.number > 1

    def map(self, change: Callable[[T], U]) -> "Page[U]":
        """The same page with every item changed by ``change``."""
        return Page(self.count, tuple(map(change, self.items)), self.request)
