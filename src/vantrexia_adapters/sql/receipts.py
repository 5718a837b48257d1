"""Kept answers in SQL, sealed like everything else that a person said or is told."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from vantrexia_adapters.sql.scope import Protection, Scope, moment_version
from vantrexia_adapters.sql.statements import Statement, upsert
from vantrexia_adapters.sql.tables import receipt
from vantrexia_core.audit import RECEIPT_LIFE, IdempotencyKeyReusedError, Once
from vantrexia_core.kernel import BrokenPromiseError, Phi, UserId
from vantrexia_core.protection import BUCKET_LONG, VALUE_BYTES_MAX, FieldName, Place, UnreadableError

_ANSWER: Final = FieldName("receipt", "answer")
_KEY: Final = FieldName("receipt", "key")
_REQUEST: Final = FieldName("receipt", "request")

PART_BYTES_MAX: Final = VALUE_BYTES_MAX - 4
"""How much of an answer one envelope holds: a long list's needs several."""

_IS_ONE: Final = sa.and_(
    receipt.c.practice_id == sa.bindparam("practice", type_=sa.Uuid()),
    receipt.c.user_id == sa.bindparam("user", type_=sa.BigInteger()),
    receipt.c.key_digest == sa.bindparam("key", type_=sa.LargeBinary()),
)
_EXPIRE: Final = Statement(
    sa.delete(receipt).where(receipt.c.at <= sa.bindparam("expired_at", type_=receipt.c.at.type))
)
_CLAIM: Final = upsert(receipt, lambda insert: insert.on_conflict_do_nothing())
_GET: Final = Statement(sa.select(receipt.c.request_digest, receipt.c.at, receipt.c.answer).where(_IS_ONE))
_KEEP: Final = Statement(
    sa.update(receipt)
    .where(_IS_ONE, receipt.c.answer.is_(None))
    .values({receipt.c.answer: sa.bindparam("new_answer", type_=sa.LargeBinary())})
    .returning(receipt.c.at)
)


class SqlReceipts:
    """Implements the core's ``Receipts``."""

    __slots__ = ("_claimed", "_practice_id", "_protection", "_transaction")

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._protection = scope.protection
        self._claimed: dict[tuple[UserId, bytes], datetime] = {}

    def claim(self, by: UserId, once: Once, *, at: datetime) -> Phi[bytes] | None:
        """See `Receipts`.

        The claim is a row, so a concurrent one with the same key waits in its INSERT until this transaction
        ends: on PostgreSQL for this row, on SQLite because there is one writer.
        """
        key, request = (
            self._key_of(by, once),
            self._digest(_REQUEST, once.request.reveal()),
        )
        self._transaction.rows(_EXPIRE, {"expired_at": at - RECEIPT_LIFE})
        is_first = self._transaction.change(
            _CLAIM,
            {
                "practice_id": self._practice_id,
                "user_id": by,
                "key_digest": key,
                "request_digest": request,
                "at": at,
                "answer": None,
            },
        )
        if is_first:
            self._claimed[by, key] = at
            return None
        kept = self._transaction.row(_GET, self._place_in_table(by, key))
        if kept is None:
            message = "a receipt vanished between claim and look-up"
            raise BrokenPromiseError(message)
        kept_request, kept_at, answer = kept
        if kept_request != request:
            raise IdempotencyKeyReusedError
        if answer is None:
            # Claimed twice in one transaction: still this caller's.
            return None
        return Phi(self._opened(self._place(key, kept_at), bytes(answer)))

    def keep(self, by: UserId, once: Once, answer: Phi[bytes]) -> None:
        """See `Receipts`."""
        key = self._key_of(by, once)
        at = self._claimed.get((by, key))
        if at is None:
            message = "an answer is kept under a claimed key only"
            raise BrokenPromiseError(message)
        sealed = self._sealed(self._place(key, at), answer.reveal())
        self._transaction.rows(_KEEP, {**self._place_in_table(by, key), "new_answer": sealed})

    def _sealed(self, place: Place, answer: bytes) -> bytes:
        """The answer in as many envelopes as it needs, ``length u32 | envelope`` each.

        Each part begins with its number and their number, sealed with it: none can be left out or moved.
        """
        count = max(1, -(-len(answer) // PART_BYTES_MAX))
        framed = bytearray()
        for number in range(count):
            head = number.to_bytes(2, "big") + count.to_bytes(2, "big")
            part = head + answer[number * PART_BYTES_MAX : (number + 1) * PART_BYTES_MAX]
            envelope = self._protection.cipher.seal(_ANSWER, place, part, bucket=BUCKET_LONG)
            framed += len(envelope).to_bytes(4, "big") + envelope
        return bytes(framed)

    def _opened(self, place: Place, framed: bytes) -> bytes:
        parts: list[bytes] = []
        heads: list[bytes] = []
        for envelope in _envelopes(framed):
            part = self._protection.cipher.open(_ANSWER, place, envelope, bucket=BUCKET_LONG)
            heads.append(part[:4])
            parts.append(part[4:])
        whole = len(parts).to_bytes(2, "big")
        if not parts or heads != [number.to_bytes(2, "big") + whole for number in range(len(parts))]:
            raise UnreadableError
        return b"".join(parts)

    def _key_of(self, by: UserId, once: Once) -> bytes:
        # The account belongs to the digest: a receipt that is copied to another account does not open there.
        return self._digest(_KEY, by.to_bytes(8, "big") + once.key.reveal().encode())

    def _digest(self, name: FieldName, value: bytes) -> bytes:
        # Under the key that is not rotated: neither a caller's key nor a request is stored to digest it anew.
        return self._protection.index.digest_across_practices(name, self._practice_id.bytes + value)

    def _place_in_table(self, by: UserId, key: bytes) -> dict[str, object]:
        return {"practice": self._practice_id, "user": by, "key": key}

    def _place(self, key: bytes, at: datetime) -> Place:
        # Bound to key and moment: an older answer to the same key does not open in its successor's place.
        return Place(self._practice_id, UUID(bytes=key[:16]), moment_version(at))


def resealed_answer(protection: Protection, name: FieldName, place: Place, framed: bytes) -> bytes:
    """A kept answer under the newest key: all its envelopes.

    Raises:
        UnreadableError: one of them does not open.
    """
    sealed = [protection.cipher.reseal(name, place, envelope) for envelope in _envelopes(framed)]
    return b"".join(len(envelope).to_bytes(4, "big") + envelope for envelope in sealed)


def _envelopes(framed: bytes) -> Iterator[bytes]:
    while framed:
        end = 4 + int.from_bytes(framed[:4], "big")
        yield framed[4:end]
        framed = framed[end:]
