"""Bulk exports in SQL: small rows in clear. What they promise is read from the records."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Parameters, Statement, first
from vantrexia_adapters.sql.tables import patient_export, practice_head
from vantrexia_core.kernel import PatientId, UserId
from vantrexia_core.patients import Export, ExportWish, Part

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_IS_ONE: Final = sa.and_(
    patient_export.c.practice_id == _PRACTICE, patient_export.c.id == sa.bindparam("export", type_=sa.Uuid())
)
_AFTER: Final = sa.bindparam("after", type_=patient_export.c.at.type)

_ADD: Final = Statement(sa.insert(patient_export))
_GET: Final = Statement(sa.select(*patient_export.c).where(_IS_ONE))
_REMOVE: Final = Statement(sa.delete(patient_export).where(_IS_ONE))
_FORGET: Final = Statement(
    sa.delete(patient_export).where(
        patient_export.c.practice_id == _PRACTICE,
        patient_export.c.at <= sa.bindparam("forget_until", type_=patient_export.c.at.type),
    )
)
_COUNT: Final = Statement(
    sa.select(sa.func.count())
    .select_from(patient_export)
    .where(
        patient_export.c.practice_id == _PRACTICE,
        patient_export.c.by_user == sa.bindparam("by", type_=sa.BigInteger()),
        patient_export.c.at > _AFTER,
    )
)
# Of two who ask at once the second counts what the first has added.
_TAKE_TURN: Final = Statement(
    sa.select(practice_head.c.seq).where(practice_head.c.practice_id == _PRACTICE).with_for_update()
)


class SqlExports:
    """Implements the core's ``ExportStore``."""

    __slots__ = ("_practice_id", "_transaction")

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id

    def add(self, export: Export, *, forget_until: datetime) -> None:
        """See `ExportStore`."""
        wish = export.wish
        self._transaction.change(_FORGET, self._here({"forget_until": forget_until}))
        self._transaction.change(
            _ADD,
            {
                "id": export.id,
                "practice_id": self._practice_id,
                "by_user": export.by,
                "at": export.at,
                "as_of": export.as_of,
                "since": wish.since,
                "patient_ids": " ".join(map(str, wish.patient_ids)),
                "elements": " ".join(wish.elements),
                "request": wish.request,
                "shown": _written(export.shown),
                "gone": _written(export.gone),
            },
        )

    def get(self, export_id: UUID) -> Export:
        """See `ExportStore`."""
        row = first(self._transaction.read(_GET, self._here({"export": export_id})))
        id_, _, by, at, as_of, since, patient_ids, elements, request, shown, gone = row
        ids = tuple(PatientId(UUID(text)) for text in patient_ids.split())
        wish = ExportWish(since, ids, tuple(elements.split()), request)
        return Export(id_, self._practice_id, UserId(by), at, as_of, wish, _read(shown), _read(gone))

    def count_live(self, by: UserId, *, after: datetime) -> int:
        """See `ExportStore`. The head's lock is the turn; on SQLite the transaction is."""
        self._transaction.rows(_TAKE_TURN, self._here({}))
        ((count,),) = self._transaction.rows(_COUNT, self._here({"by": by, "after": after}))
        return int(count)

    def remove(self, export_id: UUID) -> None:
        """See `ExportStore`."""
        self._transaction.change(_REMOVE, self._here({"export": export_id}))

    def _here(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}


def _written(parts: Iterable[Part]) -> str:
    return " ".join(f"{part.first}-{part.last}:{part.count}" for part in parts)


def _read(text: str) -> tuple[Part, ...]:
    return tuple(
        Part(int(first), int(last), int(count))
        for first, last, count in (word.replace(":", "-").split("-") for word in text.split())
    )
