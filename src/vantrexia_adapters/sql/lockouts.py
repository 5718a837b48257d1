"""Failed sign-ins in SQL, by a keyed digest of the address that was typed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Transaction
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.sql.statements import Parameters, Row, Statement, upsert
from vantrexia_adapters.sql.tables import sign_in_failure
from vantrexia_core.identity import FORGOTTEN_AFTER, Failures
from vantrexia_core.kernel import Clock, Email
from vantrexia_core.protection import FieldName

_BIX: Final = FieldName("sign_in_failure", "email")
_IS_ONE: Final = sign_in_failure.c.email_bix == sa.bindparam("email_bix", type_=sa.LargeBinary())
_AT: Final = sa.bindparam("at", type_=sign_in_failure.c.last_at.type)
_FRESH: Final = {
    sign_in_failure.c.email_bix: sa.bindparam("email_bix", type_=sa.LargeBinary()),
    sign_in_failure.c.count: sa.literal_column("0"),
    sign_in_failure.c.last_at: _AT,
}
_SHOWN: Final = (sign_in_failure.c.count, sign_in_failure.c.locked_until)

_GET: Final = Statement(sa.select(*_SHOWN).where(_IS_ONE))
# An update that changes nothing locks the row, and the insert makes one to be locked.
_GET_TO_CHANGE: Final = upsert(
    sign_in_failure,
    lambda insert: (
        insert.values(_FRESH)
        .on_conflict_do_update(
            index_elements=["email_bix"], set_={sign_in_failure.c.count: sign_in_failure.c.count}
        )
        .returning(*_SHOWN)
    ),
)
_KEEP: Final = Statement(
    sa.update(sign_in_failure)
    .where(_IS_ONE)
    .values(
        {
            sign_in_failure.c.count: sa.bindparam("new_count", type_=sa.Integer()),
            sign_in_failure.c.locked_until: sa.bindparam(
                "new_locked_until", type_=sign_in_failure.c.locked_until.type
            ),
            sign_in_failure.c.last_at: _AT,
        }
    )
)
_CLEAR: Final = Statement(sa.delete(sign_in_failure).where(_IS_ONE))
_FORGET: Final = Statement(
    sa.delete(sign_in_failure).where(
        sign_in_failure.c.last_at <= sa.bindparam("forgotten_at", type_=sign_in_failure.c.last_at.type)
    )
)


class SqlLockouts:
    """Implements the core's ``Lockouts``."""

    __slots__ = ("_clock", "_protection", "_transaction")

    def __init__(self, transaction: Transaction, protection: Protection, clock: Clock) -> None:
        self._transaction = transaction
        self._protection = protection
        self._clock = clock

    def get(self, email: Email) -> Failures:
        """See `Lockouts`."""
        return failures_of(self._transaction.rows, self._protection, email)

    def get_to_change(self, email: Email) -> Failures:
        """See `Lockouts`."""
        parameters = {"email_bix": _digest(self._protection, email), "at": self._clock.now()}
        count, locked_until = self._transaction.rows(_GET_TO_CHANGE, parameters)[0]
        return Failures(count, locked_until)

    def keep(self, email: Email, failures: Failures, *, at: datetime) -> None:
        """See `Lockouts`."""
        self._transaction.change(
            _KEEP,
            {
                "email_bix": _digest(self._protection, email),
                "new_count": failures.count,
                "new_locked_until": failures.locked_until,
                "at": at,
            },
        )
        if failures.count == 1:
            # Afterwards: this address has just been tried, however long ago it was the last time.
            self._transaction.change(_FORGET, {"forgotten_at": at - FORGOTTEN_AFTER})

    def clear(self, email: Email) -> None:
        """See `Lockouts`."""
        self._transaction.change(_CLEAR, {"email_bix": _digest(self._protection, email)})


def failures_of(
    rows_of: Callable[[Statement, Parameters], Sequence[Row]], protection: Protection, email: Email
) -> Failures:
    """The failures of an address, by whatever runs the statement."""
    rows = rows_of(_GET, {"email_bix": _digest(protection, email)})
    return Failures(*rows[0]) if rows else Failures()


def _digest(protection: Protection, email: Email) -> bytes:
    return protection.index.digest_across_practices(_BIX, email.reveal().casefold().encode())
