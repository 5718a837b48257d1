"""The committed trail in SQL, for whoever signs or verifies it: what the columns say, not believed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from vantrexia_adapters.sql.database import STREAMED_ROWS, Database
from vantrexia_adapters.sql.errors import StatementFailedError
from vantrexia_adapters.sql.statements import Row, Statement
from vantrexia_adapters.sql.tables import audit_entry, audit_head
from vantrexia_core.audit import EntryText, StoredEntry

_AFTER: Final = sa.bindparam("after", type_=sa.BigInteger())
_SEQ: Final = audit_entry.c.seq
_TAIL: Final = _SEQ > _AFTER

_UTC: Final = "+00:00"
_AT_CHARACTERS: Final = 32
_ID_CHARACTERS: Final = 32

_SIZE: Final = Statement(
    # What was counted: entries that were cut off with all their traces but this one are missed all the same.
    sa.select(sa.func.greatest(audit_head.c.size, sa.select(sa.func.max(_SEQ)).scalar_subquery())),
    sqlite=sa.select(sa.func.coalesce(sa.func.max(_SEQ), sa.literal_column("0"))),
)

_ORDER: Final = (
    "action", "actor_id", "address", "at", "changed", "code", "disclosed", "outcome", "patient_id",
    "practice_id", "request_id", "role", "user_id", "version", "purpose",
)  # fmt: skip
"""The columns in the order of `EntryText`."""

_AS_TEXT: Final = {
    "at": sa.func.to_char(
        sa.func.timezone(sa.literal_column("'UTC'"), audit_entry.c.at),
        sa.literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""),
    ),
    "patient_id": sa.cast(audit_entry.c.patient_id, sa.Text()),
    "practice_id": sa.cast(audit_entry.c.practice_id, sa.Text()),
}
"""What PostgreSQL turns into text faster than its driver makes values of it."""


def _raw(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """The column as SQLite's file holds it: no conversion that could fail over what somebody wrote there."""
    return sa.type_coerce(column, sa.types.NullType())


_LEAF: Final = audit_entry.c.leaf
_RAW_LEAF: Final = sa.case((sa.func.typeof(_LEAF) == sa.literal_column("'blob'"), _raw(_LEAF)))
"""The leaf as SQLite's file holds it, and nothing where somebody wrote text there, readable or not."""

_LEAVES: Final = Statement(
    sa.select(_SEQ, _LEAF).where(_TAIL).order_by(_SEQ),
    sqlite=sa.select(_SEQ, _RAW_LEAF).where(_TAIL).order_by(_SEQ),
)
_SELECTED: Final = sa.select(_SEQ, _LEAF, *(_AS_TEXT.get(name, audit_entry.c[name]) for name in _ORDER))
_SELECTED_RAW: Final = sa.select(_SEQ, _RAW_LEAF, *(_raw(audit_entry.c[name]) for name in _ORDER))

_ENTRIES: Final = Statement(
    _SELECTED.where(_TAIL).order_by(_SEQ), sqlite=_SELECTED_RAW.where(_TAIL).order_by(_SEQ)
)
_HERE: Final = sa.bindparam("seq", type_=sa.BigInteger()) == _SEQ
_ENTRY: Final = Statement(_SELECTED.where(_HERE), sqlite=_SELECTED_RAW.where(_HERE))
_NEXT: Final = Statement(
    sa.select(_SEQ, _LEAF).where(_TAIL).order_by(_SEQ).limit(sa.literal_column(str(STREAMED_ROWS))),
    sqlite=sa.select(_SEQ, _RAW_LEAF)
    .where(_TAIL)
    .order_by(_SEQ)
    .limit(sa.literal_column(str(STREAMED_ROWS))),
)


class SqlTrailSource:
    """Implements the core's ``TrailSource``."""

    __slots__ = ("_database", "_text")

    def __init__(self, engine: sa.Engine) -> None:
        self._database = Database(engine)
        self._text: Callable[[Row], EntryText] = (
            _text_of_sqlite if engine.dialect.name == "sqlite" else _text_of_postgresql
        )

    def size(self) -> int:
        """See `TrailSource`."""
        rows = self._database.alone(_SIZE, {})
        return int(rows[0][0]) if rows else 0

    def leaves(self, *, after: int) -> Iterator[tuple[int, bytes]]:
        """See `TrailSource`."""
        for seq, leaf in self._database.stream(_LEAVES, {"after": after}):
            yield seq, _bytes(leaf)

    def entries(self, *, after: int) -> Iterator[StoredEntry]:
        """See `TrailSource`."""
        while True:
            try:
                for row in self._database.stream(_ENTRIES, {"after": after}):
                    after = row[0]
                    yield self._stored(row)
            except StatementFailedError:
                # Text that is no UTF-8: the driver gives nothing of all the rows it was to fetch together.
                following = self._database.alone(_NEXT, {"after": after})
                if not following:
                    raise
            else:
                return
            for after, leaf in following:
                yield self._single(after, leaf)

    def _single(self, seq: int, leaf: object) -> StoredEntry:
        """One entry by itself, so that no other one has to suffer for it."""
        try:
            rows = self._database.alone(_ENTRY, {"seq": seq})
        except StatementFailedError:
            rows = ()
        return self._stored(rows[0]) if rows else StoredEntry(seq, None, _bytes(leaf))

    def _stored(self, row: Row) -> StoredEntry:
        try:
            text = self._text(row)
            canonical = text.encode() if _is_plain(text) else None
        except (TypeError, ValueError, AttributeError):
            # Text where a number belongs, bytes where text belongs, or letters that no entry has.
            canonical = None
        return StoredEntry(row[0], canonical, _bytes(row[1]))


def _text_of_postgresql(row: Row) -> EntryText:
    (
        _, _, action, actor, address, at, changed, code, disclosed, outcome, patient_id, practice_id,
        request_id, role, user_id, version, purpose,
    ) = row  # fmt: skip
    return EntryText(
        action, actor, address, at, _listed(changed), code, _listed(disclosed), outcome, patient_id,
        practice_id, request_id, role, user_id, version, purpose,
    )  # fmt: skip


def _text_of_sqlite(row: Row) -> EntryText:
    (
        _, _, action, actor, address, at, changed, code, disclosed, outcome, patient_id, practice_id,
        request_id, role, user_id, version, purpose,
    ) = row  # fmt: skip
    if len(at) != _AT_CHARACTERS or not at.endswith(_UTC):
        raise ValueError
    return EntryText(
        action, actor, address, f"{at[:26]}Z", _listed(changed), code, _listed(disclosed), outcome,
        _dashed(patient_id), _dashed(practice_id), request_id, role, user_id, version, purpose,
    )  # fmt: skip


def _listed(words: str) -> Sequence[str]:
    return words.split(" ") if words else ()


def _dashed(id_: str | None) -> str | None:
    if id_ is None:
        return None
    if len(id_) != _ID_CHARACTERS:
        raise ValueError
    return f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}"


def _is_plain(text: EntryText) -> bool:
    """Whether no part holds a quotation mark, which would let one column say what another one should."""
    return '"' not in (
        f"{text.action}{text.address}{text.at}{text.code}{text.outcome}{text.patient_id}{text.practice_id}"
        f"{text.request_id}{text.role}{text.purpose}{''.join(text.changed)}{''.join(text.disclosed)}"
    )


def _bytes(leaf: object) -> bytes:
    return leaf if isinstance(leaf, bytes) else b""
