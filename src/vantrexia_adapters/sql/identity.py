"""Accounts in SQL: administered within a practice, looked up over all of them."""

from collections.abc import Sequence
from typing import Final

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from vantrexia_adapters.sql.database import Database
from vantrexia_adapters.sql.scope import Protection, Scope, SealedColumn
from vantrexia_adapters.sql.statements import Row, Statement
from vantrexia_adapters.sql.tables import former_password, user_account
from vantrexia_core.identity import PASSWORDS_BARRED, Account, EmailTakenError, NewUser, User
from vantrexia_core.kernel import (
    Email,
    IdSource,
    NamePart,
    NotFoundError,
    PatientId,
    PersonName,
    PracticeId,
    Role,
    UserId,
)
from vantrexia_core.protection import BUCKET_LONG, BUCKET_NAME, FieldCipher, FieldName, Place

EMAIL: Final = SealedColumn.of("user_account", "email", BUCKET_LONG)
FIRST: Final = SealedColumn.of("user_account", "first_name", BUCKET_NAME)
LAST: Final = SealedColumn.of("user_account", "last_name", BUCKET_NAME)

SEALED_VERSION: Final = 1
"""Names and address of an account are sealed when it is opened, and not changed after."""

_EMAIL_BIX: Final = FieldName("user_account", "email")
_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_ID: Final = sa.bindparam("user", type_=sa.BigInteger())
_IS_OURS: Final = sa.and_(user_account.c.practice_id == _PRACTICE, user_account.c.id == _ID)

_COLUMNS: Final = (
    user_account.c.id,
    user_account.c.practice_id,
    user_account.c.record_id,
    user_account.c.role,
    user_account.c.is_active,
    user_account.c.patient_id,
    user_account.c.email,
    user_account.c.first_name,
    user_account.c.last_name,
)
_NEW: Final = {
    column: sa.bindparam(f"new_{column.name}", type_=column.type)
    for column in user_account.c
    if column is not user_account.c.id
}
_ADD: Final = Statement(
    postgresql.insert(user_account).values(_NEW).on_conflict_do_nothing().returning(user_account.c.id),
    sqlite=sqlite.insert(user_account).values(_NEW).on_conflict_do_nothing().returning(user_account.c.id),
)
_GET: Final = Statement(sa.select(*_COLUMNS).where(_IS_OURS))
# Locked, so that two administrators cannot take the role from each other at once and leave none.
_ALL: Final = Statement(
    sa.select(*_COLUMNS)
    .where(user_account.c.practice_id == _PRACTICE)
    .order_by(user_account.c.id)
    .with_for_update(key_share=True)
)
_SAVE: Final = Statement(
    sa.update(user_account)
    .where(_IS_OURS)
    .values({column: _NEW[column] for column in (user_account.c.role, user_account.c.is_active)})
)
_SET_PASSWORD: Final = Statement(
    sa.update(user_account)
    .where(_IS_OURS)
    .values({user_account.c.password_hash: _NEW[user_account.c.password_hash]})
)
_PASSWORD: Final = Statement(sa.select(user_account.c.password_hash).where(_IS_OURS))
_FORMER_OF_USER: Final = former_password.c.user_id == _ID
_FORMER: Final = Statement(
    sa.select(former_password.c.password_hash)
    .where(_FORMER_OF_USER)
    .order_by(former_password.c.id.desc())
    .limit(PASSWORDS_BARRED - 1)
)
# The row is locked before it is copied: of two changes at once, the second remembers what the first one set.
_LOCK_PASSWORD: Final = Statement(
    sa.select(user_account.c.id).where(_IS_OURS).with_for_update(key_share=True)
)
_REMEMBER: Final = Statement(
    sa.insert(former_password).from_select(
        ["user_id", "password_hash"],
        sa.select(user_account.c.id, user_account.c.password_hash).where(_IS_OURS),
    )
)
_FORGET: Final = Statement(
    sa.delete(former_password).where(
        _FORMER_OF_USER,
        former_password.c.id.not_in(
            sa.select(former_password.c.id)
            .where(_FORMER_OF_USER)
            .order_by(former_password.c.id.desc())
            .limit(PASSWORDS_BARRED - 1)
        ),
    )
)
_BY_ID: Final = Statement(sa.select(*_COLUMNS).where(user_account.c.id == _ID))
_BY_EMAIL: Final = Statement(
    sa.select(*_COLUMNS, user_account.c.password_hash).where(
        user_account.c.email_bix == sa.bindparam("email_bix", type_=sa.LargeBinary())
    )
)


class SqlUsers:
    """Implements the core's ``UserStore``."""

    __slots__ = ("_ids", "_practice_id", "_protection", "_transaction")

    def __init__(self, scope: Scope, ids: IdSource) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._protection = scope.protection
        self._ids = ids

    def add(self, new: NewUser, password_hash: str) -> User:
        """See `UserStore`."""
        cipher, place = self._protection.cipher, Place(self._practice_id, self._ids.new_id(), SEALED_VERSION)
        added = self._transaction.row(
            _ADD,
            {
                "new_record_id": place.record_id,
                "new_practice_id": self._practice_id,
                "new_email_bix": _email_digest(self._protection, new.email),
                "new_role": new.role.value,
                "new_is_active": True,
                "new_patient_id": new.patient_id,
                "new_password_hash": password_hash,
                "new_key_version": cipher.key_version(place),
                "new_email": EMAIL.seal(cipher, place, new.email.reveal()),
                "new_first_name": FIRST.seal(cipher, place, new.name.first.reveal()),
                "new_last_name": LAST.seal(cipher, place, new.name.last.reveal()),
            },
        )
        if added is None:
            raise EmailTakenError
        return User(
            id=UserId(added[0]),
            practice_id=self._practice_id,
            email=new.email,
            name=new.name,
            role=new.role,
            patient_id=new.patient_id,
        )

    def get(self, user_id: UserId) -> User:
        """See `UserStore`."""
        row = self._transaction.row(_GET, self._here(user_id))
        if row is None:
            raise NotFoundError
        return _user(self._protection.cipher, row)

    def save(self, user: User) -> None:
        """See `UserStore`."""
        self._change(_SAVE, user.id, {"new_role": user.role.value, "new_is_active": user.is_active})

    def set_password(self, user_id: UserId, password_hash: str) -> None:
        """See `UserStore`."""
        here = self._here(user_id)
        if self._transaction.row(_LOCK_PASSWORD, here) is None:
            raise NotFoundError
        self._transaction.change(_REMEMBER, here)
        self._transaction.change(_FORGET, here)
        self._change(_SET_PASSWORD, user_id, {"new_password_hash": password_hash})

    def password_hashes(self, user_id: UserId) -> Sequence[str]:
        """See `UserStore`."""
        here = self._here(user_id)
        present = self._transaction.row(_PASSWORD, here)
        if present is None:
            raise NotFoundError
        return [present[0], *(former for (former,) in self._transaction.rows(_FORMER, here))]

    def all(self) -> Sequence[User]:
        """See `UserStore`."""
        rows = self._transaction.rows(_ALL, {"practice": self._practice_id})
        return [_user(self._protection.cipher, row) for row in rows]

    def _change(self, statement: Statement, user_id: UserId, changes: dict[str, object]) -> None:
        if not self._transaction.change(statement, self._here(user_id) | changes):
            raise NotFoundError

    def _here(self, user_id: UserId) -> dict[str, object]:
        return {"practice": self._practice_id, "user": user_id}


@attrs.frozen
class SqlAccounts:
    """Implements the core's ``Accounts``: each look-up is one statement that takes no lock."""

    _database: Database
    _protection: Protection

    def by_email(self, email: Email) -> Account | None:
        """See `Accounts`."""
        rows = self._database.alone(_BY_EMAIL, {"email_bix": _email_digest(self._protection, email)})
        if not rows:
            return None
        *user, password_hash = rows[0]
        return Account(_user(self._protection.cipher, tuple(user)), password_hash)

    def by_id(self, user_id: UserId) -> User | None:
        """See `Accounts`."""
        rows = self._database.alone(_BY_ID, {"user": user_id})
        return _user(self._protection.cipher, rows[0]) if rows else None


def _email_digest(protection: Protection, email: Email) -> bytes:
    # Whatever its case: nobody expects Ann@example.org and ann@example.org to be two people.
    return protection.index.digest_across_practices(_EMAIL_BIX, email.reveal().casefold().encode())


def _user(cipher: FieldCipher, row: Row) -> User:
    id_, practice_id, record_id, role, is_active, patient_id, email, first, last = row
    place = Place(practice_id, record_id, SEALED_VERSION)
    return User(
        id=UserId(id_),
        practice_id=PracticeId(practice_id),
        email=Email.trusted(EMAIL.open(cipher, place, email)),
        name=PersonName(
            NamePart.trusted(FIRST.open(cipher, place, first)),
            NamePart.trusted(LAST.open(cipher, place, last)),
        ),
        role=Role(role),
        is_active=is_active,
        patient_id=None if patient_id is None else PatientId(patient_id),
    )
