"""Accounts in SQL: administered within a practice, looked up over all of them.

What decides about an account is read in clear, so each row carries a tag over its own values
(`RowSeal`). A row whose tag is not its own belongs to whoever wrote it: it is shown as not genuine, and
nothing is ever written on top of it.
"""

from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest
from threading import Lock
from typing import Any, Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.emergencies import BOUND, lasting_purpose
from vantrexia_adapters.sql.errors import StatementFailedError
from vantrexia_adapters.sql.lockouts import failures_of
from vantrexia_adapters.sql.row_content import encoded_row
from vantrexia_adapters.sql.scope import Protection, Scope, SealedColumn
from vantrexia_adapters.sql.statements import Row, Statement, first, upsert
from vantrexia_adapters.sql.tables import emergency, former_password, practice, user_account, user_session
from vantrexia_core.identity import (
    PASSWORDS_BARRED,
    Account,
    EmailTakenError,
    Failures,
    ForgedAccountError,
    NewUser,
    Practice,
    Present,
    User,
)
from vantrexia_core.kernel import (
    Email,
    IdSource,
    NamePart,
    PatientId,
    PersonName,
    Phone,
    PracticeId,
    Role,
    SessionId,
    UserId,
)
from vantrexia_core.protection import (
    BUCKET_LONG,
    BUCKET_NAME,
    BUCKET_SHORT,
    FieldName,
    Place,
    UnreadableError,
)

EMAIL: Final = SealedColumn.of("user_account", "email", BUCKET_LONG)
FIRST: Final = SealedColumn.of("user_account", "first_name", BUCKET_NAME)
LAST: Final = SealedColumn.of("user_account", "last_name", BUCKET_NAME)
PHONE: Final = SealedColumn.of("user_account", "phone", BUCKET_SHORT)

SEALED_VERSION: Final = 1
"""The envelopes' own version does not count changes: the row's tag says which of them belong together."""
OPENED_MAX: Final = 10_000
"""How many accounts are remembered as they were last opened, about a kibibyte each."""

_EMAIL_BIX: Final = FieldName("user_account", "email")
_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_ID: Final = sa.bindparam("user", type_=sa.BigInteger())
_BIX: Final = sa.bindparam("email_bix", type_=sa.LargeBinary())
_IS_OURS: Final = sa.and_(user_account.c.practice_id == _PRACTICE, user_account.c.id == _ID)

_BOUND: Final = tuple(c for c in user_account.c if c.name not in {"last_login_at", "tag"})
"""What the tag covers, in the order of the table."""
_COLUMNS: Final = (*_BOUND, user_account.c.last_login_at, user_account.c.tag)
_WIDTH: Final = len(_COLUMNS)
_NEW: Final = {
    column: sa.bindparam(f"new_{column.name}", type_=column.type)
    for column in user_account.c
    if column is not user_account.c.id
}
_LOCKED: Final[dict[str, Any]] = {"key_share": True}

_ADD: Final = upsert(
    user_account,
    lambda insert: insert.values(_NEW).on_conflict_do_nothing().returning(user_account.c.id),
)
_TAG: Final = Statement(
    sa.update(user_account).where(_IS_OURS).values({user_account.c.tag: _NEW[user_account.c.tag]})
)
_GET: Final = Statement(sa.select(*_COLUMNS).where(_IS_OURS))
_GET_TO_CHANGE: Final = Statement(sa.select(*_COLUMNS).where(_IS_OURS).with_for_update(**_LOCKED))
_ALL_OURS: Final = (
    sa.select(*_COLUMNS).where(user_account.c.practice_id == _PRACTICE).order_by(user_account.c.id)
)
_ALL: Final = Statement(_ALL_OURS)
_ADMINISTRATORS: Final = Statement(
    _ALL_OURS.where(user_account.c.role == Role.ADMIN.value, user_account.c.is_active)
)
# Locked, so that two administrators cannot take the role from each other at once and leave none.
_ALL_TO_CHANGE: Final = Statement(_ALL_OURS.with_for_update(**_LOCKED))
_SAVE: Final = Statement(
    sa.update(user_account)
    .where(user_account.c.id == _ID)
    .values(
        {
            column: _NEW[column]
            for column in (
                user_account.c.email_bix,
                user_account.c.role,
                user_account.c.is_active,
                user_account.c.is_2fa_enabled,
                user_account.c.password_hash,
                user_account.c.key_version,
                user_account.c.email,
                user_account.c.first_name,
                user_account.c.last_name,
                user_account.c.phone,
                user_account.c.last_login_at,
                user_account.c.tag,
            )
        }
    )
)
_FORMER_OF_USER: Final = former_password.c.user_id == _ID
_FORMER: Final = Statement(
    sa.select(former_password.c.password_hash)
    .where(_FORMER_OF_USER)
    .order_by(former_password.c.id.desc())
    .limit(PASSWORDS_BARRED - 1)
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
_TAKEN: Final = Statement(
    sa.select(user_account.c.id).where(user_account.c.email_bix == _BIX, user_account.c.id != _ID)
)
_BY_ID: Final = Statement(sa.select(*_COLUMNS).where(user_account.c.id == _ID))
_BY_EMAIL: Final = Statement(sa.select(*_COLUMNS).where(user_account.c.email_bix == _BIX))
_BY_EMAIL_TO_CHANGE: Final = Statement(
    sa.select(*_COLUMNS).where(user_account.c.email_bix == _BIX).with_for_update(**_LOCKED)
)
_BY_ID_TO_CHANGE: Final = Statement(
    sa.select(*_COLUMNS).where(user_account.c.id == _ID).with_for_update(**_LOCKED)
)
_AT: Final = sa.bindparam("at", type_=user_session.c.expires_at.type)
_IN_SESSION: Final = Statement(
    # With every emergency of the session that still lasts: nearly always none, and so one row.
    sa.select(*_COLUMNS, *BOUND, emergency.c.tag)
    .select_from(
        sa.join(user_session, user_account, user_session.c.user_id == user_account.c.id).outerjoin(
            emergency, sa.and_(emergency.c.session_id == user_session.c.id, emergency.c.ends_at > _AT)
        )
    )
    .where(
        user_session.c.id == sa.bindparam("session", type_=sa.Uuid()),
        user_account.c.id == _ID,
        user_session.c.expires_at > _AT,
    )
)
_PRACTICE_ROW: Final = Statement(
    sa.select(practice.c.name, practice.c.timezone).where(practice.c.id == _PRACTICE)
)


@attrs.frozen
class AccountRow:
    """One row of the table, and what has to be known to open and to write it."""

    values: dict[str, Any] = attrs.field(repr=False)
    protection: Protection = attrs.field(repr=False)

    @classmethod
    def of(cls, protection: Protection, row: Row) -> "AccountRow":
        """A row as the statements of this module give it."""
        return cls({column.name: value for column, value in zip(_COLUMNS, row, strict=True)}, protection)

    @property
    def is_genuine(self) -> bool:
        """Whether the tag is this row's own."""
        tag = self.values["tag"]
        return tag is not None and compare_digest(tag, self._tag())

    def tagged(self) -> "AccountRow":
        """The same row under its own tag."""
        return self.with_values(tag=self._tag())

    def with_values(self, **values: object) -> "AccountRow":
        """The row with other values in some columns."""
        return attrs.evolve(self, values=self.values | values)

    def user(self) -> User:
        """The account, whether genuine or not. What cannot be opened of a forged one shows as such."""
        values = self.values
        phone, patient_id = values["phone"], values["patient_id"]
        return User(
            id=UserId(values["id"]),
            practice_id=PracticeId(values["practice_id"]),
            email=Email.trusted(self._opened(EMAIL, "unreadable@forged.invalid")),
            name=PersonName(
                NamePart.trusted(self._opened(FIRST, "unreadable")),
                NamePart.trusted(self._opened(LAST, "unreadable")),
            ),
            role=Role(values["role"]),
            is_active=bool(values["is_active"]),
            patient_id=None if patient_id is None else PatientId(patient_id),
            phone=None if phone is None else Phone.trusted(self._opened(PHONE, "0000000")),
            is_2fa_enabled=bool(values["is_2fa_enabled"]),
            last_login_at=values["last_login_at"],
            is_genuine=self.is_genuine,
        )

    def account(self) -> Account:
        """The account with its password's hash."""
        return Account(self.user(), self.values["password_hash"])

    def saying(self, user: User) -> "AccountRow":
        """The row that says what ``user`` says; what is not changed keeps its envelope."""
        cipher, place, before = self.protection.cipher, self._place, self.user()
        changes: dict[str, object] = {
            "role": user.role.value,
            "is_active": user.is_active,
            "is_2fa_enabled": user.is_2fa_enabled,
            "key_version": cipher.key_version(place),
        }
        # All under the newest key, or the row's key version would not tell which keys it still needs.
        is_moving = changes["key_version"] != self.values["key_version"]
        if is_moving or user.email != before.email:
            changes["email_bix"] = email_digest(self.protection, user.email)
            changes["email"] = EMAIL.seal(cipher, place, user.email.reveal())
        if is_moving or user.name != before.name:
            changes["first_name"] = FIRST.seal(cipher, place, user.name.first.reveal())
            changes["last_name"] = LAST.seal(cipher, place, user.name.last.reveal())
        if is_moving or user.phone != before.phone:
            changes["phone"] = None if user.phone is None else PHONE.seal(cipher, place, user.phone.reveal())
        return self.with_values(**changes)

    def write(self, transaction: Transaction) -> None:
        """Store the row under a tag of its own."""
        tagged = self.tagged().values
        new = {f"new_{name}": value for name, value in tagged.items() if name != "id"}
        transaction.change(_SAVE, {"user": tagged["id"], **new})

    def _opened(self, column: SealedColumn, in_its_stead: str) -> str:
        """A sealed value; of a forged row, where it does not open, something to show in its stead."""
        try:
            return column.open(self.protection.cipher, self._place, self.values[column.name.column])
        except UnreadableError:
            if self.is_genuine:
                raise
        return in_its_stead

    @property
    def _place(self) -> Place:
        return Place(self.values["practice_id"], self.values["record_id"], SEALED_VERSION)

    def _tag(self) -> bytes:
        return self.protection.seal.tag("user_account", encoded_row([self.values[c.name] for c in _BOUND]))


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
        values: dict[str, object] = {
            "record_id": place.record_id,
            "practice_id": self._practice_id,
            "email_bix": email_digest(self._protection, new.email),
            "role": new.role.value,
            "is_active": new.is_active,
            "patient_id": new.patient_id,
            "password_hash": password_hash,
            "key_version": cipher.key_version(place),
            "email": EMAIL.seal(cipher, place, new.email.reveal()),
            "first_name": FIRST.seal(cipher, place, new.name.first.reveal()),
            "last_name": LAST.seal(cipher, place, new.name.last.reveal()),
            "phone": None if new.phone is None else PHONE.seal(cipher, place, new.phone.reveal()),
            "is_2fa_enabled": False,
            "last_login_at": None,
            "tag": None,
        }
        added = self._transaction.row(_ADD, {f"new_{name}": value for name, value in values.items()})
        if added is None:
            raise EmailTakenError
        row = AccountRow({"id": added[0], **values}, self._protection).tagged()
        # The id is bound as well, and nobody knows it before the row is there.
        self._transaction.change(_TAG, self._here(UserId(added[0])) | {"new_tag": row.values["tag"]})
        return row.user()

    def get(self, user_id: UserId) -> User:
        """See `UserStore`."""
        row = first(self._transaction.read(_GET, self._here(user_id)))
        return AccountRow.of(self._protection, row).user()

    def get_to_change(self, user_id: UserId) -> User:
        """See `UserStore`."""
        return self._row(user_id).user()

    def save(self, user: User) -> None:
        """See `UserStore`."""
        row = self._genuine(user.id)
        changed = row.saying(user)
        email_bix = changed.values["email_bix"]
        if email_bix != row.values["email_bix"] and self._transaction.rows(
            _TAKEN, {"email_bix": email_bix, "user": user.id}
        ):
            raise EmailTakenError
        try:
            changed.write(self._transaction)
        except StatementFailedError as failure:
            # Somebody else took the address between the look and the write.
            if "email_bix" not in str(failure):
                raise
        else:
            return
        raise EmailTakenError

    def set_password(self, user_id: UserId, password_hash: str) -> None:
        """See `UserStore`."""
        row = self._genuine(user_id)
        # The row is locked: of two changes at once, the second remembers what the first one set.
        self._transaction.change(_REMEMBER, self._here(user_id))
        self._transaction.change(_FORGET, self._here(user_id))
        row.with_values(password_hash=password_hash).write(self._transaction)

    def password_hashes(self, user_id: UserId) -> Sequence[str]:
        """See `UserStore`."""
        here = self._here(user_id)
        present = AccountRow.of(self._protection, first(self._transaction.read(_GET, here)))
        former = (hash_ for (hash_,) in self._transaction.read(_FORMER, here))
        return [present.values["password_hash"], *former]

    def all(self) -> Sequence[User]:
        """See `UserStore`."""
        rows = self._transaction.read(_ALL, {"practice": self._practice_id})
        return [AccountRow.of(self._protection, row).user() for row in rows]

    def administrators(self) -> Sequence[User]:
        """See `UserStore`."""
        rows = self._transaction.read(_ADMINISTRATORS, {"practice": self._practice_id})
        users = (AccountRow.of(self._protection, row).user() for row in rows)
        return [user for user in users if user.is_administrator]

    def all_to_change(self) -> Sequence[User]:
        """See `UserStore`."""
        rows = self._transaction.rows(_ALL_TO_CHANGE, {"practice": self._practice_id})
        return [AccountRow.of(self._protection, row).user() for row in rows]

    def practice(self) -> Practice:
        """See `UserStore`."""
        return Practice(
            self._practice_id, *first(self._transaction.read(_PRACTICE_ROW, {"practice": self._practice_id}))
        )

    def _row(self, user_id: UserId) -> AccountRow:
        row = first(self._transaction.rows(_GET_TO_CHANGE, self._here(user_id)))
        return AccountRow.of(self._protection, row)

    def _genuine(self, user_id: UserId) -> AccountRow:
        row = self._row(user_id)
        if not row.is_genuine:
            raise ForgedAccountError
        return row

    def _here(self, user_id: UserId) -> dict[str, object]:
        return {"practice": self._practice_id, "user": user_id}


class SqlSignIns:
    """Implements the core's ``SignInStore``."""

    __slots__ = ("_protection", "_transaction")

    def __init__(self, transaction: Transaction, protection: Protection) -> None:
        self._transaction = transaction
        self._protection = protection

    def get_to_change(self, email: Email) -> Account | None:
        """See `SignInStore`."""
        row = self._transaction.row(_BY_EMAIL_TO_CHANGE, {"email_bix": email_digest(self._protection, email)})
        return None if row is None else AccountRow.of(self._protection, row).account()

    def get(self, user_id: UserId) -> User | None:
        """See `SignInStore`."""
        row = self._transaction.row(_BY_ID, {"user": user_id})
        return None if row is None else AccountRow.of(self._protection, row).user()

    def signed_in(self, user_id: UserId, *, at: datetime, password_hash: str | None = None) -> None:
        """See `SignInStore`."""
        row = AccountRow.of(
            self._protection, first(self._transaction.rows(_BY_ID_TO_CHANGE, {"user": user_id}))
        )
        if not row.is_genuine:
            raise ForgedAccountError
        kept = row.values["password_hash"] if password_hash is None else password_hash
        row.with_values(last_login_at=at, password_hash=kept).write(self._transaction)


class SqlAccounts:
    """Implements the core's ``Accounts``: each look-up is one statement that takes no lock.

    An account is opened, and its tag checked, once for each content of its row: whoever changes a byte of it
    makes another row, which is checked anew.
    """

    __slots__ = ("_database", "_lock", "_opened", "_protection")

    def __init__(self, database: Database, protection: Protection) -> None:
        self._database = database
        self._protection = protection
        self._lock = Lock()
        self._opened: dict[Row, User] = {}

    def by_email(self, email: Email) -> Account | None:
        """See `Accounts`."""
        rows = self._database.alone(_BY_EMAIL, {"email_bix": email_digest(self._protection, email)})
        if not rows:
            return None
        # Not opened again either: asking for a reset must not take longer where there is an account.
        password_hash = AccountRow.of(self._protection, rows[0]).values["password_hash"]
        return Account(self._user(rows[0]), password_hash)

    def by_id(self, user_id: UserId) -> User | None:
        """See `Accounts`."""
        rows = self._database.alone(_BY_ID, {"user": user_id})
        return self._user(rows[0]) if rows else None

    def in_session(self, user_id: UserId, session_id: SessionId, *, at: datetime) -> Present | None:
        """See `Accounts`."""
        rows = self._database.alone(_IN_SESSION, {"session": session_id, "user": user_id, "at": at})
        if not rows:
            return None
        user = self._user(rows[0][:_WIDTH])
        lasting = [row[_WIDTH:] for row in rows if row[_WIDTH] is not None]
        if not lasting:
            return Present(user)
        return Present(user, lasting_purpose(self._protection.seal, user_id, lasting, at=at))

    def failures(self, email: Email) -> Failures:
        """See `Accounts`."""
        return failures_of(self._database.alone, self._protection, email)

    def _user(self, row: Row) -> User:
        known = self._opened.get(row)
        if known is not None:
            return known
        user = AccountRow.of(self._protection, row).user()
        if user.is_genuine:
            with self._lock:
                while len(self._opened) >= OPENED_MAX:
                    del self._opened[next(iter(self._opened))]
                self._opened[row] = user
        return user


def email_digest(protection: Protection, email: Email) -> bytes:
    """By what an account is found."""
    # Whatever its case: nobody expects Ann@example.org and ann@example.org to be two people.
    return protection.index.digest_across_practices(_EMAIL_BIX, email.reveal().casefold().encode())
