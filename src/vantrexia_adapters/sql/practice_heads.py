"""A practice's head as one unit of work uses it: its counters, and the lock that puts changes in order."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Statement
from vantrexia_adapters.sql.tables import practice_head
from vantrexia_core.kernel import BrokenPromiseError

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())

# The row lock on the head is what puts a practice's changes in the order of their commits.
_TAKE: Final = Statement(
    sa.update(practice_head)
    .where(practice_head.c.practice_id == _PRACTICE)
    .values(
        seq=practice_head.c.seq + sa.bindparam("seqs", type_=sa.BigInteger()),
        n=practice_head.c.n + sa.bindparam("ns", type_=sa.BigInteger()),
        mrn_number=practice_head.c.mrn_number + sa.bindparam("mrn_numbers", type_=sa.BigInteger()),
    )
    .returning(
        practice_head.c.seq,
        practice_head.c.n,
        practice_head.c.mrn_number,
        practice_head.c.index_version,
        practice_head.c.index_before,
    )
)
_CHANGE_NUMBER: Final = Statement(
    sa.select(practice_head.c.seq).where(practice_head.c.practice_id == _PRACTICE)
)
_NEWEST_NUMBER: Final = Statement(
    sa.select(practice_head.c.n).where(practice_head.c.practice_id == _PRACTICE)
)


class PracticeHead:
    """What one unit of work has taken from the head, and what it may take.

    One change number is for all its changes, since they become visible together.
    """

    __slots__ = ("_free", "_practice_id", "_transaction", "index_before", "index_version", "seq")

    seq: int | None
    """The number of this unit of work's changes; None before the first one."""
    index_version: int | None
    """Under which version of the index key digests are made: what the head said, for its lock is what makes
    everybody agree. None before it was asked."""
    index_before: int | None
    """Under which version there are digests still; None where there are none."""

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        # Record numbers that were taken and that no record has yet.
        self._free: list[int] = []
        self.seq = None
        self.index_version = None
        self.index_before = None

    def next_mrn_number(self, *, skip: int) -> int:
        """The next number for a generated MRN, after ``skip`` others.

        Takes what its record will need in the same statement.
        """
        return self._take(mrn_numbers=1 + skip, ns=0 if self._free else 1)

    def hold(self) -> None:
        """Lock the head, which every other writer of the practice waits for, until the unit of work ends."""
        if self.seq is None:
            self._take()

    def record_numbers(self, count: int) -> Sequence[int]:
        """Numbers for new records, in order. The same again until they are `used`."""
        if len(self._free) < count:
            self._take(ns=count - len(self._free))
        return self._free[:count]

    def used(self, count: int) -> None:
        """The first so many record numbers belong to records now."""
        del self._free[:count]

    def change_number(self) -> int:
        """Of the practice's last change that is visible here; nothing is locked."""
        rows = self._transaction.read(_CHANGE_NUMBER, {"practice": self._practice_id})
        return int(rows[0][0]) if rows else 0

    def newest_number(self) -> int:
        """Of the practice's newest record that is visible here; nothing is locked."""
        rows = self._transaction.read(_NEWEST_NUMBER, {"practice": self._practice_id})
        return int(rows[0][0]) if rows else 0

    def _take(self, *, ns: int = 0, mrn_numbers: int = 0) -> int:
        taken = self._transaction.row(
            _TAKE,
            {
                "practice": self._practice_id,
                "seqs": 1 if self.seq is None else 0,
                "ns": ns,
                "mrn_numbers": mrn_numbers,
            },
        )
        if taken is None:
            message = "there is no such practice: add_practice() comes before its first record"
            raise BrokenPromiseError(message)
        self.seq, n, mrn_number, self.index_version, self.index_before = taken
        # What is free stays in order, and what comes is above it: the head is locked.
        self._free.extend(range(n - ns + 1, n + 1))
        return int(mrn_number)
