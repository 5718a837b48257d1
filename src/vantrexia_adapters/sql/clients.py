"""Machine clients in SQL. Rows are in clear, so each carries a tag over its own values, as accounts' do.

Whoever writes to the database can neither plant a client, nor put a key, a scope or a practice of their own
into one: such a row is not genuine, and nothing is ever written on top of it.
"""

from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest
from threading import Lock
from typing import Any, Final

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.row_content import encoded_row
from vantrexia_adapters.sql.scope import Protection, Scope
from vantrexia_adapters.sql.statements import Row, Statement, first, upsert
from vantrexia_adapters.sql.tables import machine_client, used_assertion
from vantrexia_core.identity import (
    CLOCKS_APART_MAX,
    ClientKeys,
    ClientName,
    ClientNameTakenError,
    ForgedClientError,
    MachineClient,
    NewClient,
    Scopes,
)
from vantrexia_core.kernel import MACHINE_NUMBERS_FROM, ClientId, PracticeId, UserId
from vantrexia_core.protection import FieldName, RowSeal

KNOWN_MAX: Final = 1_000
"""How many clients are remembered as they were last read."""

_JTI: Final = FieldName("used_assertion", "jti")

_COLUMNS: Final = tuple(machine_client.c)
_BOUND: Final = tuple(column for column in _COLUMNS if column.name != "tag")
"""What the tag covers, in the order of the table."""
_NEW: Final = {
    column: sa.bindparam(f"new_{column.name}", type_=column.type)
    for column in _COLUMNS
    if column is not machine_client.c.id
}
_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_CLIENT: Final = sa.bindparam("client", type_=sa.Uuid())
_ROW: Final = sa.bindparam("row", type_=sa.BigInteger())
_IS_OURS: Final = sa.and_(machine_client.c.practice_id == _PRACTICE, machine_client.c.client_id == _CLIENT)

_ADD: Final = upsert(
    machine_client,
    lambda insert: insert.values(_NEW).on_conflict_do_nothing().returning(machine_client.c.id),
)
_TAG: Final = Statement(
    sa.update(machine_client)
    .where(machine_client.c.id == _ROW)
    .values({machine_client.c.tag: _NEW[machine_client.c.tag]})
)
_ALL: Final = Statement(
    sa.select(*_COLUMNS).where(machine_client.c.practice_id == _PRACTICE).order_by(machine_client.c.id)
)
_GET_TO_CHANGE: Final = Statement(sa.select(*_COLUMNS).where(_IS_OURS).with_for_update())
_SAVE: Final = Statement(
    sa.update(machine_client)
    .where(machine_client.c.id == _ROW)
    .values(
        {
            column: _NEW[column]
            for column in (
                machine_client.c.scopes,
                machine_client.c.jwks,
                machine_client.c.jwks_url,
                machine_client.c.revoked_at,
                machine_client.c.version,
                machine_client.c.tag,
            )
        }
    )
)
_BY_ID: Final = Statement(sa.select(*_COLUMNS).where(machine_client.c.client_id == _CLIENT))
_BY_ROW: Final = Statement(sa.select(*_COLUMNS).where(machine_client.c.id == _ROW))

_DIGEST: Final = sa.bindparam("digest", type_=sa.LargeBinary())
_FORGET_AT: Final = sa.bindparam("forget_at", type_=used_assertion.c.forget_at.type)
_USED: Final = {used_assertion.c.jti_digest: _DIGEST, used_assertion.c.forget_at: _FORGET_AT}
_USE: Final = upsert(used_assertion, lambda insert: insert.values(_USED).on_conflict_do_nothing())
_FORGET: Final = Statement(
    sa.delete(used_assertion).where(
        used_assertion.c.forget_at <= sa.bindparam("at", type_=used_assertion.c.forget_at.type)
    )
)


@attrs.frozen
class ClientRow:
    """One row of the table, and what has to be known to check and to write it."""

    values: dict[str, Any]
    seal: RowSeal = attrs.field(repr=False)

    @classmethod
    def of(cls, seal: RowSeal, row: Row) -> "ClientRow":
        """A row as the statements of this module give it."""
        return cls({column.name: value for column, value in zip(_COLUMNS, row, strict=True)}, seal)

    @property
    def tag(self) -> bytes:
        """The tag that is this row's own."""
        return self.seal.tag("machine_client", encoded_row([self.values[c.name] for c in _BOUND]))

    @property
    def is_genuine(self) -> bool:
        """Whether it bears it."""
        tag = self.values["tag"]
        return tag is not None and compare_digest(tag, self.tag)

    def client(self) -> MachineClient:
        """The client, whether genuine or not. Of a forged one without keys, the set is empty."""
        values = self.values
        jwks, jwks_url = values["jwks"], values["jwks_url"]
        is_either = (jwks is None) is not (jwks_url is None)
        return MachineClient(
            number=UserId(MACHINE_NUMBERS_FROM + values["id"]),
            id=ClientId(values["client_id"]),
            practice_id=PracticeId(values["practice_id"]),
            name=ClientName.trusted(values["name"]),
            scopes=Scopes.trusted(values["scopes"]),
            keys=ClientKeys(jwks, jwks_url) if is_either else ClientKeys('{"keys":[]}'),
            created_at=values["created_at"],
            revoked_at=values["revoked_at"],
            version=values["version"],
            is_genuine=is_either and self.is_genuine,
        )


class SqlClientStore:
    """Implements the core's ``ClientStore``."""

    __slots__ = ("_practice_id", "_seal", "_transaction")

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._seal = scope.protection.seal

    def add(self, new: NewClient, *, client_id: ClientId, at: datetime) -> MachineClient:
        """See `ClientStore`."""
        values: dict[str, object] = {
            "client_id": client_id,
            "practice_id": self._practice_id,
            "name": str(new.name),
            "scopes": new.scopes.text,
            "jwks": new.keys.jwks,
            "jwks_url": new.keys.jwks_url,
            "created_at": at,
            "revoked_at": None,
            "version": 1,
            "tag": None,
        }
        added = self._transaction.row(_ADD, {f"new_{name}": value for name, value in values.items()})
        if added is None:
            raise ClientNameTakenError
        row = ClientRow({"id": added[0], **values}, self._seal)
        # The number is bound as well, and nobody knows it before the row is there.
        self._transaction.change(_TAG, {"row": added[0], "new_tag": row.tag})
        return attrs.evolve(row, values=row.values | {"tag": row.tag}).client()

    def all(self) -> Sequence[MachineClient]:
        """See `ClientStore`."""
        rows = self._transaction.read(_ALL, {"practice": self._practice_id})
        return [ClientRow.of(self._seal, row).client() for row in rows]

    def get_to_change(self, client_id: ClientId) -> MachineClient:
        """See `ClientStore`."""
        return self._row(client_id).client()

    def save(self, client: MachineClient) -> None:
        """See `ClientStore`."""
        row = self._row(client.id)
        if not row.is_genuine:
            raise ForgedClientError
        changes = {
            "scopes": client.scopes.text,
            "jwks": client.keys.jwks,
            "jwks_url": client.keys.jwks_url,
            "revoked_at": client.revoked_at,
            "version": client.version,
        }
        changed = attrs.evolve(row, values=row.values | changes)
        new = {f"new_{name}": value for name, value in changes.items()}
        self._transaction.change(_SAVE, {"row": row.values["id"], **new, "new_tag": changed.tag})

    def _row(self, client_id: ClientId) -> ClientRow:
        here = {"practice": self._practice_id, "client": client_id}
        return ClientRow.of(self._seal, first(self._transaction.rows(_GET_TO_CHANGE, here)))


class SqlClients:
    """Implements the core's ``Clients``: each look-up is one statement that takes no lock."""

    __slots__ = ("_database", "_known", "_lock", "_seal")

    def __init__(self, database: Database, protection: Protection) -> None:
        self._database = database
        self._seal = protection.seal
        self._lock = Lock()
        self._known: dict[Row, MachineClient] = {}

    def by_id(self, client_id: ClientId) -> MachineClient | None:
        """See `Clients`."""
        rows = self._database.alone(_BY_ID, {"client": client_id})
        return self._client(rows[0]) if rows else None

    def by_number(self, number: UserId) -> MachineClient | None:
        """See `Clients`."""
        rows = self._database.alone(_BY_ROW, {"row": number - MACHINE_NUMBERS_FROM})
        return self._client(rows[0]) if rows else None

    def _client(self, row: Row) -> MachineClient:
        """A row's client; its tag is checked once for each content of the row (see `SqlAccounts`)."""
        known = self._known.get(row)
        if known is not None:
            return known
        client = ClientRow.of(self._seal, row).client()
        if client.is_genuine:
            with self._lock:
                while len(self._known) >= KNOWN_MAX:
                    del self._known[next(iter(self._known))]
                self._known[row] = client
        return client


class SqlUsedAssertions:
    """Implements the core's ``UsedAssertions``: of many transactions at once, one inserts the row."""

    __slots__ = ("_protection", "_transaction")

    def __init__(self, transaction: Transaction, protection: Protection) -> None:
        self._transaction = transaction
        self._protection = protection

    def use(self, client: MachineClient, jti: str, *, at: datetime, expires_at: datetime) -> bool:
        """See `UsedAssertions`."""
        value = client.number.to_bytes(8, "big") + jti.encode()
        digest = self._protection.index.digest_across_practices(_JTI, value)
        # Another process, whose clock is behind, may take the assertion for a while yet.
        used = {"digest": digest, "forget_at": expires_at + CLOCKS_APART_MAX}
        is_first = self._transaction.change(_USE, used) == 1
        self._transaction.change(_FORGET, {"at": at})
        return is_first
