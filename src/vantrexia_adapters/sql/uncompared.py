"""The records that are to be compared later, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Parameters, Statement
from vantrexia_adapters.sql.tables import patient, uncompared
from vantrexia_adapters.sql.tables.types import Instant
from vantrexia_core.kernel import PatientId
from vantrexia_core.patients import Noted, Status

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_ID: Final = sa.bindparam("patient", type_=sa.Uuid())
_AT: Final = sa.bindparam("at", type_=Instant())
_COLUMNS: Final = ("patient_id", "practice_id", "noted_at")

_IS_NOTED: Final = sa.select(uncompared.c.patient_id).where(uncompared.c.patient_id == patient.c.id)
_EVERYBODY: Final = sa.select(patient.c.id, patient.c.practice_id, _AT).where(
    patient.c.practice_id == _PRACTICE, ~_IS_NOTED.exists()
)
_AGAIN: Final = Statement(
    sa.update(uncompared)
    .where(uncompared.c.practice_id == _PRACTICE, uncompared.c.patient_id == _ID)
    .values(noted_at=_AT)
)
_ADD: Final = Statement(sa.insert(uncompared).from_select(_COLUMNS, _EVERYBODY.where(patient.c.id == _ID)))
_ADD_EVERYBODY: Final = Statement(
    sa.insert(uncompared).from_select(_COLUMNS, _EVERYBODY.where(patient.c.status != Status.DELETED.value))
)
_NOTED: Final = (
    sa.select(uncompared.c.patient_id, patient.c.n, uncompared.c.noted_at)
    .join_from(uncompared, patient, uncompared.c.patient_id == patient.c.id)
    .where(uncompared.c.practice_id == _PRACTICE)
)
_FIRST: Final = Statement(
    _NOTED.order_by(uncompared.c.patient_id).limit(sa.bindparam("row_limit", type_=sa.Integer()))
)
_OF: Final = Statement(_NOTED.where(uncompared.c.patient_id == _ID))
_REMOVE: Final = Statement(
    sa.delete(uncompared).where(
        uncompared.c.practice_id == _PRACTICE, uncompared.c.patient_id == _ID, uncompared.c.noted_at == _AT
    )
)
_COUNT: Final = Statement(
    sa.select(sa.func.count()).select_from(uncompared).where(uncompared.c.practice_id == _PRACTICE)
)


class SqlUncompared:
    """Implements the core's ``UncomparedStore``."""

    __slots__ = ("_practice_id", "_transaction")

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id

    def add(self, ids: Sequence[PatientId], *, at: datetime) -> None:
        """See `UncomparedStore`."""
        for id_ in ids:
            if not self._transaction.change(_AGAIN, self._here({"patient": id_, "at": at})):
                self._transaction.change(_ADD, self._here({"patient": id_, "at": at}))

    def add_everybody(self, *, at: datetime) -> None:
        """See `UncomparedStore`."""
        self._transaction.change(_ADD_EVERYBODY, self._here({"at": at}))

    def first(self, limit: int) -> Sequence[Noted]:
        """See `UncomparedStore`."""
        return [Noted(*row) for row in self._transaction.read(_FIRST, self._here({"row_limit": limit}))]

    def of(self, patient_id: PatientId) -> Noted | None:
        """See `UncomparedStore`."""
        rows = self._transaction.read(_OF, self._here({"patient": patient_id}))
        return Noted(*rows[0]) if rows else None

    def remove(self, noted: Sequence[Noted]) -> None:
        """See `UncomparedStore`."""
        self._transaction.change_all(
            _REMOVE, [self._here({"patient": one.patient_id, "at": one.at}) for one in noted]
        )

    def count(self) -> int:
        """See `UncomparedStore`."""
        return int(self._transaction.read(_COUNT, self._here({}))[0][0])

    def _here(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}
