"""Column types that mean the same on both databases."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

Counted: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A 64-bit key that the database counts up: SQLite does so for INTEGER alone, which has 64 bits there."""

Sealed: Final = sa.LargeBinary()
"""One envelope."""

Digest: Final = sa.LargeBinary()
"""A keyed digest of 32 bytes."""


class Instant(sa.TypeDecorator[datetime]):
    """A moment, exact to the microsecond, timezone-aware and in UTC on both sides.

    SQLite has no type for it: text as in RFC 3339 with six decimals, which sorts as the moments do.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[datetime]:
        """Text on SQLite."""
        text: sa.types.TypeEngine[datetime] = dialect.type_descriptor(
            sa.Text() if dialect.name == "sqlite" else sa.DateTime(timezone=True)  # type: ignore[arg-type]
        )
        return text

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a moment without a time zone is no moment"
            raise ValueError(message)
        if dialect.name == "sqlite":
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        return value

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the base's signature
        """From the database."""
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return None if value is None else value.astimezone(UTC)


def one_of(column: str, values: Iterable[Enum]) -> sa.CheckConstraint:
    """A check that a text column holds one of an enumeration's values."""
    listed = ", ".join(f"'{member.value}'" for member in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)
