"""The versions of a patient's record: a change keeps the one that it replaces, and all can be read again."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa

from vantrexia_adapters.sql.patient_rows import COLUMNS, IS_ONE, PatientRows
from vantrexia_adapters.sql.scope import Scope
from vantrexia_adapters.sql.statements import Parameters, Row, Statement, first
from vantrexia_adapters.sql.tables import patient, patient_version
from vantrexia_core.kernel import NotFoundError, Page, PageRequest, PatientId
from vantrexia_core.patients import Patient
from vantrexia_core.protection import UnreadableError

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_ID: Final = sa.bindparam("patient", type_=sa.Uuid())
_VERSION_BEFORE: Final = sa.bindparam("version_before", type_=sa.BigInteger())
_NEW_SEQ: Final = sa.bindparam("new_seq", type_=sa.BigInteger())
_FORMER: Final = tuple(column.name for column in patient.c)
_VERSION_AT: Final = COLUMNS.index(patient.c.version)
_SEALED_VERSION_AT: Final = COLUMNS.index(patient.c.sealed_version)


class Replacing:
    """A change of one record that keeps the version which it replaces.

    The kept one is copied inside the database as it stands: same envelopes, same binding, nothing is opened
    or sealed for it. On PostgreSQL both are one statement, whose parts all see the rows as they were before
    it. SQLite has no changes inside a WITH; there is one writer, so what the first statement found the second
    changes.
    """

    __slots__ = ("change", "keep")

    def __init__(self, *names: str, only_if: Sequence[sa.ColumnElement[bool]] = ()) -> None:
        where = (IS_ONE, patient.c.version == _VERSION_BEFORE, *only_if)
        values = {patient.c[name]: sa.bindparam(f"new_{name}", type_=patient.c[name].type) for name in names}
        change = sa.update(patient).where(*where).values(values | {patient.c.seq: _NEW_SEQ})
        before = sa.select(*patient.c, _NEW_SEQ)
        changed = change.returning(patient.c.id).cte("changed")
        self.keep: Final = Statement(
            sa.insert(patient_version).from_select(
                [*_FORMER, "replaced_seq"], before.where(IS_ONE, patient.c.id == changed.c.id)
            ),
            sqlite=sa.insert(patient_version).from_select([*_FORMER, "replaced_seq"], before.where(*where)),
        )
        self.change: Final = Statement(change)


def _of_version(record: sa.FromClause) -> sa.Select[Any]:
    """The columns that make a patient, of a record as it is or as it was."""
    return sa.select(*(record.c[column.name] for column in COLUMNS)).where(
        record.c.practice_id == _PRACTICE, record.c.id == _ID
    )


_VERSIONS_KEPT: Final = Statement(
    sa.select(
        patient.c.version,
        sa.select(sa.func.count())
        .where(patient_version.c.practice_id == _PRACTICE, patient_version.c.id == _ID)
        .scalar_subquery(),
    ).where(IS_ONE)
)
_EVERY_VERSION: Final = sa.union_all(_of_version(patient), _of_version(patient_version)).subquery("every")
_NEWEST_VERSIONS: Final = Statement(
    sa.select(*_EVERY_VERSION.c)
    .where(_EVERY_VERSION.c.version <= sa.bindparam("newest", type_=sa.BigInteger()))
    .order_by(_EVERY_VERSION.c.version.desc())
    .limit(sa.bindparam("row_limit", type_=sa.Integer()))
)
_ONE_VERSION: Final = Statement(
    sa.select(*_EVERY_VERSION.c).where(
        _EVERY_VERSION.c.version == sa.bindparam("one_version", type_=sa.BigInteger())
    )
)


class PatientVersions:
    """The versions of one practice's records, inside one transaction."""

    __slots__ = ("_practice_id", "_rows", "_transaction")

    def __init__(self, scope: Scope, rows: PatientRows) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._rows = rows

    def replace(
        self, replacing: Replacing, patient: Patient, changes: Parameters, *, seq: int | None
    ) -> bool:
        """Put a record's next version in the place of the one before; False if that is not the stored one."""
        parameters = {
            "practice": self._practice_id,
            "patient": patient.id,
            "version_before": patient.version - 1,
            "new_version": patient.version,
            "new_updated_at": patient.updated_at,
            "new_seq": seq,
            **changes,
        }
        is_changed = bool(self._transaction.change(replacing.keep, parameters))
        if is_changed and self._transaction.has_one_writer:
            self._transaction.change(replacing.change, parameters)
        return is_changed

    def page(self, patient_id: PatientId, page: PageRequest) -> Page[Patient]:
        """A page, newest first. A version that is replaced between the two statements is found all the same.

        Raises:
            NotFoundError: there is no such record.
            UnreadableError: a row was put back, left out, or is there twice.
        """
        kept = self._transaction.read(_VERSIONS_KEPT, self._here({"patient": patient_id}))
        if not kept:
            raise NotFoundError
        newest, former = kept[0]
        page.check_within(former + 1)
        parameters = {"patient": patient_id, "newest": newest - page.offset, "row_limit": page.size}
        rows = self._transaction.read(_NEWEST_VERSIONS, self._here(parameters))
        _check_succession(rows)
        return Page(former + 1, tuple(map(self._rows.patient, rows)), page)

    def one(self, patient_id: PatientId, version: int) -> Patient:
        """One of them.

        Raises:
            NotFoundError: there is no such record, or no such version of it.
        """
        parameters = {"patient": patient_id, "one_version": version}
        return self._rows.patient(first(self._transaction.read(_ONE_VERSION, self._here(parameters))))

    def _here(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}


def _check_succession(rows: Sequence[Row]) -> None:
    """Refuse versions that do not follow one another, newest first, or whose demographics go back in time.

    An envelope is bound to the version that it was sealed with, but the row says which one that is: whoever
    can write to the database could put a whole old row in the place of today's. What it replaced was kept.

    Raises:
        UnreadableError: a row was put back, left out, or is there twice.
    """
    for after, before in pairwise((row[_VERSION_AT], row[_SEALED_VERSION_AT]) for row in rows):
        if before[0] != after[0] - 1 or before[1] > after[1]:
            raise UnreadableError
