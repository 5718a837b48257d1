"""Merges of records, in SQL."""

from collections.abc import Sequence
from functools import cache
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from vantrexia_adapters.sql.padding import named, padded, parts_of_set, size_of
from vantrexia_adapters.sql.patients import SqlPatients
from vantrexia_adapters.sql.scope import Scope, SealedColumn
from vantrexia_adapters.sql.statements import Parameters, Row, Statement, first
from vantrexia_adapters.sql.tables import patient, patient_merge, patient_version
from vantrexia_core.kernel import Email, MergeId, NotFoundError, PatientId, UserId
from vantrexia_core.patients import Joining, MatchGrade, Merge, Reason, Resemblance, Undoing
from vantrexia_core.protection import BUCKET_LONG, Place

BY_EMAIL: Final = SealedColumn.of("patient_merge", "by_email", BUCKET_LONG)
REASON: Final = SealedColumn.of("patient_merge", "reason", BUCKET_LONG)
UNDONE_BY_EMAIL: Final = SealedColumn.of("patient_merge", "undone_by_email", BUCKET_LONG)
UNDONE_REASON: Final = SealedColumn.of("patient_merge", "undone_reason", BUCKET_LONG)

SEALED_VERSION: Final = 1
"""What the envelopes are bound to, beside the merge's id: a merge is written once, and its undoing once."""

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_MERGE: Final = sa.bindparam("merge", type_=sa.Uuid())
_PATIENT: Final = sa.bindparam("patient", type_=sa.Uuid())
_COLUMNS: Final = tuple(
    column for column in patient_merge.c if column.name not in {"practice_id", "key_version"}
)
_UNDONE: Final = ("undone_at", "undone_by", "undone_by_email", "undone_reason")
_IS_ONE: Final = sa.and_(patient_merge.c.practice_id == _PRACTICE, patient_merge.c.id == _MERGE)
_ADD: Final = Statement(sa.insert(patient_merge))
_GET: Final = Statement(sa.select(*_COLUMNS).where(_IS_ONE))
_OF: Final = Statement(
    sa.select(*_COLUMNS)
    .where(
        patient_merge.c.practice_id == _PRACTICE,
        sa.or_(patient_merge.c.survivor_id == _PATIENT, patient_merge.c.loser_id == _PATIENT),
    )
    .order_by(patient_merge.c.at.desc(), patient_merge.c.id.desc())
)
_former: Final = patient_version.alias("former")
_UNDONE_AT_VERSION: Final = sa.case(
    (
        patient_merge.c.undone_at.is_not(None),
        sa.func.coalesce(
            sa.select(sa.func.min(_former.c.version))
            .where(
                _former.c.id == patient_merge.c.survivor_id,
                # The merge made the next one, so its undoing made one after that.
                _former.c.version > patient_merge.c.survivor_version + 1,
                _former.c.updated_at == patient_merge.c.undone_at,
            )
            .scalar_subquery(),
            sa.select(patient.c.version).where(patient.c.id == patient_merge.c.survivor_id).scalar_subquery(),
        ),
    ),
)
"""The version that the undoing made: among the replaced ones, or the present one."""


@cache
def _joined(count: int) -> Statement:
    merge = patient_merge.c
    return Statement(
        sa.select(merge.survivor_id, merge.survivor_version, merge.loser_id, merge.led, _UNDONE_AT_VERSION)
        .where(merge.practice_id == _PRACTICE, merge.survivor_id.in_(named("id", count)))
        .order_by(merge.at, merge.id)
    )


_UNDO: Final = Statement(
    sa.update(patient_merge)
    .where(_IS_ONE, patient_merge.c.undone_at.is_(None))
    .values(
        {
            patient_merge.c[name]: sa.bindparam(f"new_{name}", type_=patient_merge.c[name].type)
            for name in _UNDONE
        }
    )
)


class SqlMerges:
    """Implements the core's ``MergeStore``. What the records were before is among their kept versions."""

    __slots__ = ("_patients", "_practice_id", "_protection", "_transaction")

    def __init__(self, scope: Scope, patients: SqlPatients) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._protection = scope.protection
        self._patients = patients

    def add(self, merge: Merge) -> None:
        """See `MergeStore`."""
        cipher, place, found = self._protection.cipher, self._place(merge.id), merge.resemblance
        self._transaction.change(
            _ADD,
            {
                "id": merge.id,
                "practice_id": self._practice_id,
                "survivor_id": merge.survivor.id,
                "survivor_version": merge.survivor.version,
                "loser_id": merge.loser.id,
                "loser_version": merge.loser.version,
                "taken": " ".join(merge.taken),
                "led": " ".join(map(str, merge.led)),
                "at": merge.at,
                "by_user": merge.by,
                "by_email": BY_EMAIL.seal(cipher, place, merge.by_email.reveal()),
                "reason": REASON.seal(cipher, place, merge.reason.reveal()),
                "grade": None if found is None else found.grade.value,
                "score": None if found is None else found.score,
                "model": None if found is None else found.model,
                **self._undone(merge),
                "key_version": cipher.key_version(place),
            },
        )

    def get(self, merge_id: MergeId) -> Merge:
        """See `MergeStore`."""
        return self._merge(first(self._transaction.read(_GET, self._ours({"merge": merge_id}))))

    def of(self, patient_id: PatientId) -> Sequence[Merge]:
        """See `MergeStore`."""
        return list(map(self._merge, self._transaction.read(_OF, self._ours({"patient": patient_id}))))

    def joined(self, survivors: Sequence[PatientId]) -> Sequence[Joining]:
        """See `MergeStore`."""
        return [
            Joining(
                PatientId(survivor),
                before,
                (PatientId(loser), *(PatientId(UUID(one)) for one in led.split())),
                until,
            )
            for part in parts_of_set(survivors)
            for survivor, before, loser, led, until in self._transaction.read(
                _joined(size_of(part)), self._ours(padded("id", part))
            )
        ]

    def save(self, merge: Merge) -> None:
        """See `MergeStore`."""
        changes = {f"new_{name}": value for name, value in self._undone(merge).items()}
        if not self._transaction.change(_UNDO, self._ours({"merge": merge.id, **changes})):
            raise NotFoundError

    def _ours(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}

    def _place(self, merge_id: MergeId) -> Place:
        return Place(self._practice_id, merge_id, SEALED_VERSION)

    def _undone(self, merge: Merge) -> Parameters:
        undoing = merge.undoing
        if undoing is None:
            return dict.fromkeys(_UNDONE)
        cipher, place = self._protection.cipher, self._place(merge.id)
        return {
            "undone_at": undoing.at,
            "undone_by": undoing.by,
            "undone_by_email": UNDONE_BY_EMAIL.seal(cipher, place, undoing.by_email.reveal()),
            "undone_reason": UNDONE_REASON.seal(cipher, place, undoing.reason.reveal()),
        }

    def _merge(self, row: Row) -> Merge:
        (
            id_, survivor_id, survivor_version, loser_id, loser_version, taken, led, at, by_user, by_email,
            reason, grade, score, model, undone_at, undone_by, undone_by_email, undone_reason,
        ) = row  # fmt: skip
        cipher, place, undoing = self._protection.cipher, self._place(id_), None
        if undone_at is not None:
            undoing = Undoing(
                UserId(undone_by),
                Email.trusted(UNDONE_BY_EMAIL.open(cipher, place, undone_by_email)),
                undone_at,
                Reason.trusted(UNDONE_REASON.open(cipher, place, undone_reason)),
            )
        return Merge(
            id=MergeId(id_),
            survivor=self._patients.version_of(survivor_id, survivor_version),
            loser=self._patients.version_of(loser_id, loser_version),
            taken=tuple(taken.split()),
            led=tuple(PatientId(UUID(one)) for one in led.split()),
            by=UserId(by_user),
            by_email=Email.trusted(BY_EMAIL.open(cipher, place, by_email)),
            at=at,
            reason=Reason.trusted(REASON.open(cipher, place, reason)),
            resemblance=None if grade is None else Resemblance(MatchGrade(grade), score, model),
            undoing=undoing,
        )
