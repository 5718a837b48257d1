"""What the EHR sent, and the imports of a practice, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

import attrs
import sqlalchemy as sa

from vantrexia_adapters.sql.database import Database, Transaction
from vantrexia_adapters.sql.demographics import packed, unpacked
from vantrexia_adapters.sql.scope import Scope, SealedColumn, moment_version
from vantrexia_adapters.sql.statements import Adding, Parameters, Row, Statement, first, upsert
from vantrexia_adapters.sql.tables import ehr_loss, ehr_record, import_item, import_job
from vantrexia_core.ehr import (
    JOB_LIFE,
    LEASE,
    Conflict,
    Fault,
    ImportJob,
    ImportOutcome,
    JobItem,
    JobStatus,
    LastTold,
    LostValues,
    Side,
    Verdict,
    Why,
)
from vantrexia_core.identity import OPERATOR_ID
from vantrexia_core.kernel import PageRequest, PatientId, PracticeId, UserId
from vantrexia_core.patients import ExternalId
from vantrexia_core.protection import BUCKET_LONG, BUCKET_NAME, FieldName, Place

TOLD: Final = SealedColumn.of("ehr_record", "told", 4 * BUCKET_LONG)
LOST: Final = SealedColumn.of("ehr_loss", "lost", 4 * BUCKET_LONG)
ITEM_ID: Final = SealedColumn.of("import_item", "external_id", BUCKET_NAME)

_IDS: Final = FieldName("import_job", "ids")
_WHY: Final[Mapping[str, Why | Fault]] = MappingProxyType(
    {one.value: one for one in Why} | {one.value: one for one in Fault}
)
PLACES_AT_ONCE_MAX: Final = 64
"""How many places of a list are looked up by one statement."""

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_PATIENT: Final = sa.bindparam("patient", type_=sa.Uuid())
_JOB: Final = sa.bindparam("job", type_=sa.Uuid())
_LIMIT: Final = sa.bindparam("row_limit", type_=sa.Integer())

_KEPT: Final = ("at", "source_updated_at", "taken", "told", "key_version")


_KEEP: Final = upsert(
    ehr_record,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["patient_id"], set_={name: insert.excluded[name] for name in _KEPT}
    ),
)
_ADD: Final = Adding(ehr_record)
_LAST: Final = Statement(
    sa.select(ehr_record.c.at, ehr_record.c.source_updated_at, ehr_record.c.taken, ehr_record.c.told).where(
        ehr_record.c.practice_id == _PRACTICE, ehr_record.c.patient_id == _PATIENT
    )
)
_LOSE: Final = Statement(sa.insert(ehr_loss))
_LOSSES: Final = Statement(
    sa.select(ehr_loss.c.place, ehr_loss.c.version, ehr_loss.c.at, ehr_loss.c.winners, ehr_loss.c.lost)
    .where(ehr_loss.c.practice_id == _PRACTICE, ehr_loss.c.patient_id == _PATIENT)
    .order_by(ehr_loss.c.place)
)

_COUNTS: Final = tuple(import_job.c[f"{verdict.name.lower()}_count"] for verdict in Verdict)
_JOB_COLUMNS: Final = (
    import_job.c.id,
    import_job.c.practice_id,
    import_job.c.by_user,
    import_job.c.total,
    import_job.c.created_at,
    import_job.c.updated_at,
    import_job.c.is_refresh,
    import_job.c.status,
    import_job.c.code,
    import_job.c.pauses,
    *_COUNTS,
)
_IS_OURS: Final = sa.and_(import_job.c.practice_id == _PRACTICE, import_job.c.id == _JOB)
_ADD_JOB: Final = Statement(sa.insert(import_job))
_ADD_ITEM: Final = Adding(import_item)
_FORGET: Final = Statement(
    sa.delete(import_job).where(
        import_job.c.practice_id == _PRACTICE,
        import_job.c.status != JobStatus.OPEN.value,
        import_job.c.updated_at <= sa.bindparam("ended_at", type_=import_job.c.updated_at.type),
    )
)
_GET_JOB: Final = Statement(sa.select(*_JOB_COLUMNS).where(_IS_OURS))
_GET_JOB_TO_CHANGE: Final = Statement(sa.select(*_JOB_COLUMNS).where(_IS_OURS).with_for_update())
_FIND_JOB: Final = Statement(
    sa.select(*_JOB_COLUMNS)
    .where(
        import_job.c.practice_id == _PRACTICE,
        import_job.c.by_user == sa.bindparam("by", type_=sa.BigInteger()),
        import_job.c.ids_bix == sa.bindparam("ids", type_=sa.LargeBinary()),
        import_job.c.is_refresh == sa.bindparam("refresh", type_=sa.Boolean()),
        import_job.c.status != JobStatus.DONE.value,
    )
    .order_by(import_job.c.created_at.desc(), import_job.c.id.desc())
    .limit(_LIMIT)
)
_ITEM_COLUMNS: Final = (
    import_item.c.place,
    import_item.c.external_id,
    import_item.c.tries,
    import_item.c.verdict,
    import_item.c.why,
    import_item.c.patient_id,
    import_item.c.changed,
    import_item.c.conflicts,
)
_PENDING: Final = Statement(
    sa.select(*_ITEM_COLUMNS)
    .where(import_item.c.job_id == _JOB, import_item.c.verdict.is_(None))
    .order_by(import_item.c.tries, import_item.c.place)
    .limit(_LIMIT)
)
_PAGE: Final = Statement(
    sa.select(*_ITEM_COLUMNS)
    .where(import_item.c.job_id == _JOB, import_item.c.place >= sa.bindparam("start", type_=sa.Integer()))
    .order_by(import_item.c.place)
    .limit(_LIMIT)
)
_UNSETTLED: Final = Statement(
    sa.select(import_item.c.place).where(
        import_item.c.job_id == _JOB,
        import_item.c.verdict.is_(None),
        import_item.c.place.in_(
            [sa.bindparam(f"place_{number}", type_=sa.Integer()) for number in range(PLACES_AT_ONCE_MAX)]
        ),
    )
)
_IS_AT: Final = sa.and_(
    import_item.c.job_id == _JOB,
    import_item.c.place == sa.bindparam("at_place", type_=sa.Integer()),
    import_item.c.verdict.is_(None),
)
_SETTLE: Final = Statement(
    sa.update(import_item)
    .where(_IS_AT)
    .values(
        {
            import_item.c[name]: sa.bindparam(f"new_{name}", type_=import_item.c[name].type)
            for name in ("verdict", "why", "patient_id", "changed", "conflicts")
        }
    )
)
_TRY_AGAIN: Final = Statement(
    sa.update(import_item).where(_IS_AT).values({import_item.c.tries: import_item.c.tries + 1})
)
_COUNT: Final = Statement(
    sa.update(import_job)
    .where(_IS_OURS)
    .values({count: count + sa.bindparam(f"more_{count.name}", type_=sa.Integer()) for count in _COUNTS})
)
_SAVE_JOB: Final = Statement(
    sa.update(import_job)
    .where(_IS_OURS)
    .values(
        {
            import_job.c[name]: sa.bindparam(f"new_{name}", type_=import_job.c[name].type)
            for name in ("status", "code", "pauses", "updated_at")
        }
    )
)
_FREE: Final = Statement(
    sa.update(import_job)
    .where(_IS_OURS)
    .values({import_job.c.free_at: sa.bindparam("new_free_at", type_=import_job.c.free_at.type)})
)

_NOW: Final = sa.bindparam("now", type_=import_job.c.free_at.type)
_other: Final = import_job.alias("free")
# Asked twice: of two who find the same job free, the second waits for the first and then looks again.
_TAKE: Final = Statement(
    sa.update(import_job)
    .where(
        import_job.c.status == JobStatus.OPEN.value,
        import_job.c.free_at <= _NOW,
        import_job.c.id
        == sa.select(_other.c.id)
        .where(
            _other.c.status == JobStatus.OPEN.value, _other.c.free_at <= _NOW, _other.c.by_user != OPERATOR_ID
        )
        .order_by(_other.c.updated_at, _other.c.id)
        .limit(sa.literal_column("1"))
        .scalar_subquery(),
    )
    .values({import_job.c.free_at: sa.bindparam("new_free_at", type_=import_job.c.free_at.type)})
    .returning(*_JOB_COLUMNS)
)


class SqlEhrRecords:
    """Implements the core's ``EhrRecords``."""

    __slots__ = ("_practice_id", "_protection", "_transaction")

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._protection = scope.protection

    def keep(self, told: Sequence[tuple[PatientId, LastTold]]) -> None:
        """See `EhrRecords`."""
        cipher = self._protection.cipher
        rows: list[Parameters] = []
        for patient_id, last in told:
            place = self._place(patient_id, last.at)
            rows.append(
                {
                    "patient_id": patient_id,
                    "practice_id": self._practice_id,
                    "at": last.at,
                    "source_updated_at": last.source_updated_at,
                    "taken": " ".join(last.taken),
                    "told": TOLD.seal(cipher, place, packed(last.demographics)),
                    "key_version": cipher.key_version(place),
                }
            )
        # Many are those of new patients as a rule, who have nothing kept that had to give way.
        if rows and not (len(rows) > 1 and self._transaction.add_each(_ADD, rows)):
            self._transaction.change_all(_KEEP, rows)

    def last(self, patient_id: PatientId) -> LastTold | None:
        """See `EhrRecords`."""
        rows = self._transaction.read(_LAST, {"practice": self._practice_id, "patient": patient_id})
        if not rows:
            return None
        at, source_updated_at, taken, told = rows[0]
        text = TOLD.open(self._protection.cipher, self._place(patient_id, at), bytes(told))
        return LastTold(unpacked(text), at, source_updated_at, tuple(taken.split()))

    def lose(self, patient_id: PatientId, lost: LostValues) -> None:
        """See `EhrRecords`. The record is locked, so the next place in its history is this one's."""
        cipher = self._protection.cipher
        history = self._transaction.read(_LOSSES, self._here(patient_id))
        number = 1 + (history[-1][0] if history else 0)
        place = Place(self._practice_id, patient_id, number)
        self._transaction.change(
            _LOSE,
            {
                "patient_id": patient_id,
                "place": number,
                "practice_id": self._practice_id,
                "version": lost.version,
                "at": lost.at,
                "winners": _sides(lost.winners),
                "lost": LOST.seal(cipher, place, packed(lost.values)),
                "key_version": cipher.key_version(place),
            },
        )

    def lost(self, patient_id: PatientId) -> Sequence[LostValues]:
        """See `EhrRecords`."""
        cipher, history = self._protection.cipher, []
        for number, version, at, winners, lost in self._transaction.read(_LOSSES, self._here(patient_id)):
            text = LOST.open(cipher, Place(self._practice_id, patient_id, number), bytes(lost))
            history.append(LostValues(unpacked(text), _read_sides(winners), version, at))
        return history

    def _here(self, patient_id: PatientId) -> Parameters:
        return {"practice": self._practice_id, "patient": patient_id}

    def _place(self, patient_id: PatientId, at: datetime) -> Place:
        return Place(self._practice_id, patient_id, moment_version(at))


class SqlImportJobs:
    """Implements the core's ``ImportJobs``."""

    __slots__ = ("_practice_id", "_protection", "_transaction")

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._protection = scope.protection

    def add(self, job: ImportJob, ids: Sequence[ExternalId]) -> None:
        """See `ImportJobs`."""
        cipher = self._protection.cipher
        items: list[Parameters] = []
        for number, external_id in enumerate(ids):
            place = Place(self._practice_id, job.id, number)
            items.append(
                {
                    "job_id": job.id,
                    "place": number,
                    "external_id": ITEM_ID.seal(cipher, place, external_id.reveal()),
                    "key_version": cipher.key_version(place),
                    "tries": 0,
                    "verdict": None,
                    "why": None,
                    "patient_id": None,
                    "changed": "",
                    "conflicts": "",
                }
            )
        ended_at = job.created_at - JOB_LIFE
        self._transaction.change(_FORGET, {"practice": self._practice_id, "ended_at": ended_at})
        self._transaction.change(
            _ADD_JOB,
            {
                "id": job.id,
                "practice_id": self._practice_id,
                "by_user": job.by,
                "ids_bix": self._digest(ids),
                "is_refresh": job.is_refresh,
                "status": job.status.value,
                "code": job.code,
                "pauses": job.pauses,
                "created_at": job.created_at,
                "updated_at": job.updated_at,
                "free_at": job.created_at,
                "total": job.total,
                **{count.name: 0 for count in _COUNTS},
            },
        )
        self._transaction.add_each(_ADD_ITEM, items)

    def get(self, job_id: UUID) -> ImportJob:
        """See `ImportJobs`."""
        return _job(first(self._transaction.read(_GET_JOB, self._of(job_id))))

    def get_to_change(self, job_id: UUID) -> ImportJob:
        """See `ImportJobs`."""
        return _job(first(self._transaction.rows(_GET_JOB_TO_CHANGE, self._of(job_id))))

    def find_open(self, by: UserId, ids: Sequence[ExternalId], *, is_refresh: bool) -> ImportJob | None:
        """See `ImportJobs`."""
        parameters = {"practice": self._practice_id, "by": by, "refresh": is_refresh, "row_limit": 1}
        for version in self._protection.index.versions(self._practice_id):
            digest = self._digest(ids, version)
            rows = self._transaction.read(_FIND_JOB, {**parameters, "ids": digest})
            if rows:
                return _job(rows[0])
        return None

    def pending(self, job_id: UUID, *, limit: int) -> Sequence[JobItem]:
        """See `ImportJobs`."""
        self.get(job_id)
        rows = self._transaction.read(_PENDING, {"job": job_id, "row_limit": limit})
        return [self._item(job_id, row) for row in rows]

    def unsettled(self, job_id: UUID, places: Sequence[int]) -> frozenset[int]:
        """See `ImportJobs`."""
        self.get(job_id)
        found: set[int] = set()
        for start in range(0, len(places), PLACES_AT_ONCE_MAX):
            part = list(places[start : start + PLACES_AT_ONCE_MAX])
            part += part[-1:] * (PLACES_AT_ONCE_MAX - len(part))
            parameters = {f"place_{number}": place for number, place in enumerate(part)}
            found.update(
                place for (place,) in self._transaction.read(_UNSETTLED, {"job": job_id, **parameters})
            )
        return frozenset(found)

    def items(self, job_id: UUID, page: PageRequest) -> Sequence[JobItem]:
        """See `ImportJobs`."""
        self.get(job_id)
        rows = self._transaction.read(_PAGE, {"job": job_id, "start": page.offset, "row_limit": page.size})
        return [self._item(job_id, row) for row in rows]

    def settle(self, job_id: UUID, outcomes: Sequence[tuple[int, ImportOutcome]]) -> None:
        """See `ImportJobs`."""
        if not outcomes:
            return
        settled = [
            {
                "job": job_id,
                "at_place": place,
                "new_verdict": outcome.verdict.value,
                "new_why": None if outcome.why is None else outcome.why.value,
                "new_patient_id": outcome.patient_id,
                "new_changed": " ".join(outcome.changed),
                "new_conflicts": _sides({one.field: one.winner for one in outcome.conflicts}),
            }
            for place, outcome in outcomes
        ]
        self._transaction.change_all(_SETTLE, settled)
        more = {f"more_{count.name}": 0 for count in _COUNTS}
        for _, outcome in outcomes:
            more[f"more_{outcome.verdict.name.lower()}_count"] += 1
        self._transaction.change(_COUNT, {**self._of(job_id), **more})

    def try_again(self, job_id: UUID, places: Sequence[int]) -> None:
        """See `ImportJobs`."""
        if places:
            self._transaction.change_all(_TRY_AGAIN, [{"job": job_id, "at_place": place} for place in places])

    def save(self, job: ImportJob, *, not_before: datetime | None = None) -> None:
        """See `ImportJobs`."""
        self._transaction.change(
            _SAVE_JOB,
            {
                **self._of(job.id),
                "new_status": job.status.value,
                "new_code": job.code,
                "new_pauses": job.pauses,
                "new_updated_at": job.updated_at,
            },
        )
        if not_before is not None:
            self._transaction.change(_FREE, {**self._of(job.id), "new_free_at": not_before})

    def _of(self, job_id: UUID) -> Parameters:
        return {"practice": self._practice_id, "job": job_id}

    def _digest(self, ids: Sequence[ExternalId], version: int | None = None) -> bytes:
        # A line feed cannot occur in an id, so no two lists give one text.
        whole = "\n".join(one.reveal() for one in ids).encode()
        return self._protection.index.digest(_IDS, self._practice_id, whole, version=version)

    def _item(self, job_id: UUID, row: Row) -> JobItem:
        number, sealed, tries, verdict, why, patient_id, changed, conflicts = row
        place = Place(self._practice_id, job_id, number)
        external_id = ExternalId.trusted(ITEM_ID.open(self._protection.cipher, place, bytes(sealed)))
        if verdict is None:
            return JobItem(number, external_id, tries)
        outcome = ImportOutcome(
            external_id,
            Verdict(verdict),
            None if why is None else _WHY[why],
            None if patient_id is None else PatientId(patient_id),
            tuple(changed.split()),
            tuple(Conflict(field, side) for field, side in _read_sides(conflicts).items()),
        )
        return JobItem(number, external_id, tries, outcome)


@attrs.frozen
class SqlImportQueue:
    """Implements the core's ``ImportQueue``, in a transaction of its own for each job taken."""

    _database: Database

    def take(self, *, now: datetime) -> ImportJob | None:
        """See `ImportQueue`."""
        transaction = Transaction(self._database)
        try:
            row = transaction.row(_TAKE, {"now": now, "new_free_at": now + LEASE})
            transaction.commit()
        finally:
            transaction.close()
        return None if row is None else _job(row)


def _job(row: Row) -> ImportJob:
    id_, practice_id, by, total, created_at, updated_at, is_refresh, status, code, pauses, *counts = row
    counted = {verdict: count for verdict, count in zip(Verdict, counts, strict=True) if count}
    return ImportJob(
        id=id_,
        practice_id=PracticeId(practice_id),
        by=UserId(by),
        total=total,
        created_at=created_at,
        updated_at=updated_at,
        is_refresh=is_refresh,
        status=JobStatus(status),
        code=code,
        pauses=pauses,
        counts=counted,
    )


def _sides(winners: Mapping[str, Side]) -> str:
    return " ".join(f"{field}:{side.value}" for field, side in winners.items())


def _read_sides(text: str) -> dict[str, Side]:
    return {field: Side(side) for field, _, side in (part.partition(":") for part in text.split())}
