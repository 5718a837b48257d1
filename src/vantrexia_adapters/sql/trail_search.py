"""Searching the trail in SQL, a practice's part of it.

A patient is found in two ways: as the one whom an entry is about, by an index on both databases, and among
those whom a list showed. There the ids stand as words of a text. PostgreSQL has an inverted index over them.
SQLite looks through the lists alone, some two microseconds each: an index of its own would make every list
four times as dear to record, for a question that is asked now and then.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from vantrexia_adapters.sql.audit import ENTRY_COLUMNS, sequenced
from vantrexia_adapters.sql.clients import SqlClientStore
from vantrexia_adapters.sql.identity import EMAIL, SEALED_VERSION
from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Statement
from vantrexia_adapters.sql.tables import audit_entry, user_account
from vantrexia_core.audit import Inquiry, Outcome, SequencedEntry
from vantrexia_core.kernel import MACHINE_NUMBERS_FROM, Email, PatientId, UserId
from vantrexia_core.protection import Place, UnreadableError

_LOG: Final = logging.getLogger(__name__)

_SEQ: Final = audit_entry.c.seq
_BLANK: Final[sa.ColumnClause[str]] = sa.literal_column("' '")
_AS_OF: Final = sa.bindparam("as_of", type_=sa.BigInteger())
_AFTER: Final = sa.bindparam("after", type_=sa.BigInteger())
_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_LIMIT: Final = sa.bindparam("row_limit", type_=sa.Integer())
_SKIP: Final = sa.bindparam("skip", type_=sa.BigInteger())

_NEWEST: Final = Statement(sa.select(sa.func.coalesce(sa.func.max(_SEQ), sa.literal_column("0"))))
_ACCOUNT: Final = Statement(
    sa.select(user_account.c.record_id, user_account.c.email).where(
        user_account.c.practice_id == _PRACTICE,
        user_account.c.id == sa.bindparam("user", type_=sa.BigInteger()),
    )
)

_BESIDE: Final = {
    "postgresql": sa.text(
        "disclosed <> '' AND (patient_id IS NULL OR disclosed <> CAST(patient_id AS text))"
    ),
    "sqlite": sa.text(
        "disclosed <> '' AND (patient_id IS NULL OR replace(disclosed, '-', '') <> patient_id)"
    ),
}
"""What the partial indexes say, word for word, or the planners would not see that they fit."""


def _has_shown(dialect: str, name: str) -> sa.ColumnElement[bool]:
    """Whether an id is among the words of ``disclosed``."""
    word = sa.bindparam(f"{name}_word", type_=sa.Text())
    if dialect == "sqlite":
        return sa.func.instr(audit_entry.c.disclosed, word) > sa.literal_column("0")
    words = sa.func.string_to_array(audit_entry.c.disclosed, _BLANK, type_=postgresql.ARRAY(sa.Text()))
    return words.contains(sa.cast(postgresql.array([word]), postgresql.ARRAY(sa.Text())))


def _by_patient(dialect: str, *names: str, shown_only: bool) -> sa.ColumnElement[bool]:
    """The numbers of entries that are about a patient, or showed them; each half by its own index."""
    parts: list[sa.Select[Any]] = []
    for name in names:
        about = sa.select(_SEQ).where(audit_entry.c.patient_id == sa.bindparam(name, type_=sa.Uuid()))
        if shown_only:
            about = about.where(_has_shown(dialect, name))
        ours = (audit_entry.c.practice_id == _PRACTICE, _SEQ <= _AS_OF)
        beside = sa.select(_SEQ).where(*ours, _BESIDE[dialect], _has_shown(dialect, name))
        parts += [about, beside]
    return _SEQ.in_(sa.union_all(*parts))


def _equals(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return column == sa.bindparam(name, type_=column.type)


def _conditions(
    dialect: str, asked: frozenset[str], actions: int, shown: int
) -> Iterator[sa.ColumnElement[bool]]:
    columns = audit_entry.c
    yield columns.practice_id == _PRACTICE
    yield _SEQ <= _AS_OF
    by_name = {
        "actor_id": columns.actor_id,
        "subject_id": columns.patient_id,
        "account_id": columns.user_id,
        "address": columns.address,
        "purpose": columns.purpose,
    }
    yield from (_equals(column, name) for name, column in by_name.items() if name in asked)
    if "patient_id" in asked:
        yield _by_patient(dialect, "patient_id", shown_only=False)
    if "shown_ids" in asked:
        yield _by_patient(dialect, *(f"shown_{number}" for number in range(shown)), shown_only=True)
    if "since" in asked:
        yield columns.at >= sa.bindparam("since", type_=columns.at.type)
    if "before" in asked:
        yield columns.at < sa.bindparam("before", type_=columns.at.type)
    if "actions" in asked:
        names = [sa.bindparam(f"action_{number}", type_=sa.Text()) for number in range(actions)]
        yield sa.or_(sa.false(), *(columns.action == name for name in names))


@cache
def _count(asked: frozenset[str], actions: int, shown: int) -> Statement:
    def count(dialect: str) -> sa.Select[Any]:
        return (
            sa.select(sa.func.count())
            .select_from(audit_entry)
            .where(*_conditions(dialect, asked, actions, shown))
        )

    return Statement(count("postgresql"), sqlite=count("sqlite"))


@cache
def _newest_first(asked: frozenset[str], actions: int, shown: int) -> Statement:
    def page(dialect: str) -> sa.Select[Any]:
        found = sa.select(*ENTRY_COLUMNS).where(*_conditions(dialect, asked, actions, shown))
        return found.order_by(_SEQ.desc()).limit(_LIMIT).offset(_SKIP)

    return Statement(page("postgresql"), sqlite=page("sqlite"))


@cache
def _oldest_first(asked: frozenset[str], actions: int, shown: int) -> Statement:
    def part(dialect: str) -> sa.Select[Any]:
        found = sa.select(*ENTRY_COLUMNS).where(*_conditions(dialect, asked, actions, shown), _SEQ > _AFTER)
        return found.order_by(_SEQ).limit(_LIMIT)

    return Statement(part("postgresql"), sqlite=part("sqlite"))


# One among few of a record's entries: most of them tell who has read it.
_MAKERS: Final = Statement(
    sa.select(*ENTRY_COLUMNS).where(
        audit_entry.c.practice_id == _PRACTICE,
        audit_entry.c.patient_id == sa.bindparam("patient", type_=sa.Uuid()),
        audit_entry.c.version >= sa.bindparam("oldest", type_=sa.BigInteger()),
        audit_entry.c.version <= sa.bindparam("newest", type_=sa.BigInteger()),
        audit_entry.c.outcome == sa.literal_column(f"'{Outcome.DONE.value}'"),
        audit_entry.c.changed != sa.literal_column("''"),
    )
)


class SqlTrailSearch:
    """Implements the core's ``TrailSearch``."""

    __slots__ = ("_scope",)

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def newest(self) -> int:
        """See `TrailSearch`."""
        ((newest,),) = self._scope.transaction.read(_NEWEST, {})
        return int(newest)

    def count(self, inquiry: Inquiry, *, as_of: int) -> int:
        """See `TrailSearch`."""
        ((count,),) = self._scope.transaction.read(
            _count(*_shape(inquiry)), self._parameters(inquiry) | {"as_of": as_of}
        )
        return int(count)

    def newest_first(
        self, inquiry: Inquiry, *, as_of: int, skip: int, limit: int
    ) -> Sequence[SequencedEntry]:
        """See `TrailSearch`."""
        bounds = {"as_of": as_of, "skip": skip, "row_limit": limit}
        rows = self._scope.transaction.read(
            _newest_first(*_shape(inquiry)), self._parameters(inquiry) | bounds
        )
        return [sequenced(row) for row in rows]

    def oldest_first(
        self, inquiry: Inquiry, *, as_of: int, after: int, limit: int
    ) -> Sequence[SequencedEntry]:
        """See `TrailSearch`."""
        bounds = {"as_of": as_of, "after": after, "row_limit": limit}
        rows = self._scope.transaction.read(
            _oldest_first(*_shape(inquiry)), self._parameters(inquiry) | bounds
        )
        return [sequenced(row) for row in rows]

    def makers(self, patient_id: PatientId, versions: Collection[int]) -> Mapping[int, SequencedEntry]:
        """See `TrailSearch`."""
        if not versions:
            return {}
        parameters = {
            "practice": self._scope.practice_id,
            "patient": patient_id,
            "oldest": min(versions),
            "newest": max(versions),
        }
        found = map(sequenced, self._scope.transaction.read(_MAKERS, parameters))
        by_version = {one.entry.version: one for one in found}
        return {version: by_version[version] for version in versions if version in by_version}

    def emails(self, ids: Collection[UserId]) -> Mapping[UserId, Email]:
        """See `TrailSearch`."""
        cipher, practice_id = self._scope.protection.cipher, self._scope.practice_id
        programs = {id_ for id_ in ids if id_ >= MACHINE_NUMBERS_FROM}
        found, unreadable = self._addresses_of_programs(programs), 0
        for id_ in set(ids) - programs:
            for record_id, sealed in self._scope.transaction.read(
                _ACCOUNT, {"practice": practice_id, "user": id_}
            ):
                place = Place(practice_id, record_id, SEALED_VERSION)
                try:
                    found[id_] = Email.trusted(EMAIL.open(cipher, place, sealed))
                except UnreadableError:
                    # Somebody damaged the account's row. That must not hide what the account did.
                    unreadable += 1
        if unreadable:
            _LOG.warning("accounts whose address cannot be shown in the trail: %d", unreadable)
        return found

    def _addresses_of_programs(self, ids: Collection[UserId]) -> dict[UserId, Email]:
        if not ids:
            return {}
        return {
            client.number: client.address
            for client in SqlClientStore(self._scope).all()
            if client.number in ids and client.is_genuine
        }

    def _parameters(self, inquiry: Inquiry) -> dict[str, object]:
        parameters: dict[str, object] = {"practice": self._scope.practice_id}
        parameters |= {name: getattr(inquiry, name) for name in _shape(inquiry)[0] if name != "actions"}
        shown = {f"shown_{number}": id_ for number, id_ in enumerate(inquiry.shown_ids or ())}
        parameters |= shown
        if inquiry.purpose is not None:
            parameters["purpose"] = inquiry.purpose.value
        for name in ("patient_id", *shown):
            if name in parameters:
                parameters[f"{name}_word"] = str(parameters[name])
        if inquiry.actions is not None:
            names = sorted(action.value for action in inquiry.actions)
            parameters |= {f"action_{number}": name for number, name in enumerate(names)}
        return parameters


_ASKABLE: Final = (
    "actor_id", "patient_id", "subject_id", "shown_ids", "account_id", "address", "purpose", "since",
    "before", "actions",
)  # fmt: skip


def _shape(inquiry: Inquiry) -> tuple[frozenset[str], int, int]:
    """What the statement depends on: what is asked about, how many actions and how many shown would do."""
    asked = frozenset(name for name in _ASKABLE if getattr(inquiry, name) is not None)
    return asked, len(inquiry.actions or ()), len(inquiry.shown_ids or ())
