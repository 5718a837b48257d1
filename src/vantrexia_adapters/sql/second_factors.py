"""Second factors in SQL: the secret sealed and bound to its row, backup codes as keyed digests."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from vantrexia_adapters.sql.database import Transaction
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.sql.statements import Statement, upsert
from vantrexia_adapters.sql.tables import backup_code, second_factor
from vantrexia_core.identity import FactorCode, SecondFactor, User
from vantrexia_core.kernel import Phi
from vantrexia_core.protection import BUCKET_SHORT, FieldName, Place

_SECRET: Final = FieldName("second_factor", "secret")
_CODE: Final = FieldName("backup_code", "code")
_IS_THEIRS: Final = second_factor.c.user_id == sa.bindparam("user", type_=sa.BigInteger())
_CODES_ARE_THEIRS: Final = backup_code.c.user_id == sa.bindparam("user", type_=sa.BigInteger())
_GET: Final = Statement(
    sa.select(second_factor.c.secret, second_factor.c.is_confirmed, second_factor.c.last_step)
    .where(_IS_THEIRS)
    .with_for_update()
)
_NEW: Final = {column: sa.bindparam(f"new_{column.name}", type_=column.type) for column in second_factor.c}
_CHANGED: Final = {column.name: _NEW[column] for column in second_factor.c if not column.primary_key}
_KEEP: Final = upsert(
    second_factor,
    lambda insert: insert.values(_NEW).on_conflict_do_update(
        index_elements=[second_factor.c.user_id], set_=_CHANGED
    ),
)
_REMOVE: Final = Statement(sa.delete(second_factor).where(_IS_THEIRS))
_REMOVE_CODES: Final = Statement(sa.delete(backup_code).where(_CODES_ARE_THEIRS))
_ADD_CODE: Final = Statement(sa.insert(backup_code))
_TAKE_CODE: Final = Statement(
    sa.delete(backup_code).where(
        _CODES_ARE_THEIRS, backup_code.c.code_digest == sa.bindparam("digest", type_=sa.LargeBinary())
    )
)


class SqlSecondFactors:
    """Implements the core's ``SecondFactors``."""

    __slots__ = ("_protection", "_transaction")

    def __init__(self, transaction: Transaction, protection: Protection) -> None:
        self._transaction = transaction
        self._protection = protection

    def get_to_change(self, user: User) -> SecondFactor | None:
        """See `SecondFactors`."""
        row = self._transaction.row(_GET, {"user": user.id})
        if row is None:
            return None
        sealed, is_confirmed, last_step = row
        secret = self._protection.cipher.open(
            _SECRET, _place(user, last_step, is_confirmed=is_confirmed), sealed, bucket=BUCKET_SHORT
        )
        return SecondFactor(Phi(secret), is_confirmed=bool(is_confirmed), last_step=last_step)

    def keep(self, user: User, factor: SecondFactor) -> None:
        """See `SecondFactors`."""
        cipher = self._protection.cipher
        place = _place(user, factor.last_step, is_confirmed=factor.is_confirmed)
        self._transaction.change(
            _KEEP,
            {
                "new_user_id": user.id,
                "new_key_version": cipher.key_version(place),
                "new_secret": cipher.seal(_SECRET, place, factor.secret.reveal(), bucket=BUCKET_SHORT),
                "new_is_confirmed": factor.is_confirmed,
                "new_last_step": factor.last_step,
            },
        )

    def remove(self, user: User) -> None:
        """See `SecondFactors`."""
        self._transaction.change(_REMOVE_CODES, {"user": user.id})
        self._transaction.change(_REMOVE, {"user": user.id})

    def put_backup_codes(self, user: User, codes: Sequence[FactorCode]) -> None:
        """See `SecondFactors`."""
        self._transaction.change(_REMOVE_CODES, {"user": user.id})
        for code in codes:
            self._transaction.change(_ADD_CODE, {"user_id": user.id, "code_digest": self._digest(user, code)})

    def take_backup_code(self, user: User, code: FactorCode) -> bool:
        """See `SecondFactors`. Of many transactions at once, one deletes the row."""
        return (
            self._transaction.change(_TAKE_CODE, {"user": user.id, "digest": self._digest(user, code)}) == 1
        )

    def _digest(self, user: User, code: FactorCode) -> bytes:
        # The account belongs to it: a row that is copied to another account fits no code.
        value = user.id.to_bytes(8, "big") + code.reveal().encode()
        # Under the key that is not rotated: a code is not stored to digest it anew.
        return self._protection.index.digest_across_practices(_CODE, user.practice_id.bytes + value)


def _place(user: User, last_step: int, *, is_confirmed: bool) -> Place:
    # What stands beside the secret in clear is its version: whoever lowers the last step or confirms a secret
    # in the row leaves an envelope that does not open. Each use seals it anew.
    return Place(user.practice_id, UUID(int=user.id), factor_version(last_step, is_confirmed=is_confirmed))


def factor_version(last_step: int, *, is_confirmed: bool) -> int:
    """What a secret is bound to beside its account."""
    return 2 * last_step + is_confirmed
