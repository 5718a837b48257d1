"""The list of pairs that may be one person, in SQL."""

from collections.abc import Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import sqlalchemy as sa

from vantrexia_adapters.sql.padding import named, padded, parts_of, parts_of_set, size_of
from vantrexia_adapters.sql.scope import Scope, SealedColumn, moment_version
from vantrexia_adapters.sql.statements import Adding, Parameters, Row, Statement, first
from vantrexia_adapters.sql.tables import patient, suspicion
from vantrexia_core.kernel import (
    Email,
    NotFoundError,
    Page,
    PatientId,
    StaleVersionError,
    SuspicionId,
    UserId,
)
from vantrexia_core.patients import (
    WAITING,
    Decision,
    Explanation,
    Field,
    Guard,
    MatchGrade,
    Occasion,
    Pair,
    Ruling,
    Status,
    Suspicion,
    SuspicionListing,
    SuspicionOrdering,
)
from vantrexia_core.protection import BUCKET_LONG, Place

BY_EMAIL: Final = SealedColumn.of("suspicion", "by_email", BUCKET_LONG)

_PRACTICE: Final = sa.bindparam("practice", type_=sa.Uuid())
_COLUMNS: Final = tuple(column for column in suspicion.c if column.name not in {"practice_id", "key_version"})
_OURS: Final = suspicion.c.practice_id == _PRACTICE
_IS_ONE: Final = sa.and_(_OURS, suspicion.c.id == sa.bindparam("pair", type_=sa.Uuid()))
_GET: Final = Statement(sa.select(*_COLUMNS).where(_IS_ONE))
_GET_TO_CHANGE: Final = Statement(sa.select(*_COLUMNS).where(_IS_ONE).with_for_update(key_share=True))
_ADD: Final = Adding(suspicion)
_SCORES: Final = ("grade", "score", "compared", "rival", "guards", "model", "scored_at")
_RULINGS: Final = ("decision", "decided_at", "by_user", "by_email", "key_version")
_SAVE: Final = Statement(
    sa.update(suspicion)
    .where(_IS_ONE, suspicion.c.version == sa.bindparam("version_before", type_=sa.BigInteger()))
    .values(
        {
            suspicion.c[name]: sa.bindparam(f"new_{name}", type_=suspicion.c[name].type)
            for name in ("version", *_SCORES, *_RULINGS)
        }
    )
)
_SCORED: Final = Statement(
    sa.update(suspicion)
    .where(_IS_ONE)
    .values(
        {
            suspicion.c[name]: sa.bindparam(f"new_{name}", type_=suspicion.c[name].type)
            for name in ("version", *_SCORES)
        }
    )
)


def _both(one: str, other: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        suspicion.c.low_leads_to == sa.bindparam(one, type_=sa.Uuid()),
        suspicion.c.high_leads_to == sa.bindparam(other, type_=sa.Uuid()),
    )


_ABOUT: Final = Statement(
    sa.select(*_COLUMNS)
    .where(_OURS, sa.or_(_both("low", "high"), _both("high", "low")))
    .order_by(suspicion.c.id)
)


@cache
def _known(count: int) -> Statement:
    return Statement(
        sa.select(*_COLUMNS)
        .where(_OURS, suspicion.c.id.in_(named("pair", count)))
        .order_by(suspicion.c.id)
        .with_for_update(key_share=True)
    )


@cache
def _owners(count: int) -> Statement:
    return Statement(
        # Not asked for by practice as well: SQLite would rather read the whole practice than look up eight.
        sa.select(patient.c.practice_id).where(patient.c.id.in_(named("id", count)))
    )


@cache
def _apart(count: int) -> Statement:
    return Statement(
        sa.select(suspicion.c.low_leads_to, suspicion.c.high_leads_to).where(
            _OURS,
            suspicion.c.decision == Decision.DIFFERENT.value,
            suspicion.c.low_leads_to.in_(named("id", count)),
            suspicion.c.high_leads_to.in_(named("id", count)),
        )
    )


@cache
def _same(count: int) -> Statement:
    low, high, asked = suspicion.c.low_leads_to, suspicion.c.high_leads_to, named("id", count)
    return Statement(
        sa.select(low, high).where(
            _OURS,
            suspicion.c.decision == Decision.SAME.value,
            low != high,
            sa.or_(low.in_(asked), high.in_(asked)),
        )
    )


@cache
def _lead(side: str, count: int) -> Statement:
    return Statement(
        sa.update(suspicion)
        .where(_OURS, suspicion.c[f"{side}_id"].in_(named("id", count)))
        .values({suspicion.c[f"{side}_leads_to"]: sa.bindparam("to_id", type_=sa.Uuid())})
    )


_low, _high = patient.alias("low"), patient.alias("high")
_apart_rows = suspicion.alias("apart")


def _are(low: sa.Column[Any], high: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(_apart_rows.c.low_leads_to == low, _apart_rows.c.high_leads_to == high)


_TOLD_APART: Final = (
    sa.select(_apart_rows.c.id)
    .where(
        _apart_rows.c.practice_id == _PRACTICE,
        _apart_rows.c.decision == sa.literal_column(f"'{Decision.DIFFERENT.value}'"),
        sa.or_(
            _are(suspicion.c.low_leads_to, suspicion.c.high_leads_to),
            _are(suspicion.c.high_leads_to, suspicion.c.low_leads_to),
        ),
    )
    .exists()
)
_WAITS: Final = sa.and_(
    suspicion.c.low_leads_to != suspicion.c.high_leads_to,
    ~_TOLD_APART,
    _low.c.status != Status.DELETED.value,
    _high.c.status != Status.DELETED.value,
)


@cache
def _wanted(decisions: frozenset[Decision], *, has_grade: bool, has_score: bool) -> sa.ColumnElement[bool]:
    asked = {
        decision: suspicion.c.decision == sa.literal_column(f"'{decision.value}'") for decision in decisions
    }
    either = [sa.and_(is_asked, _WAITS) if one in WAITING else is_asked for one, is_asked in asked.items()]
    wanted = [_OURS, sa.or_(sa.false(), *either)]
    if has_grade:
        wanted.append(suspicion.c.grade == sa.bindparam("grade", type_=sa.Text()))
    if has_score:
        wanted.append(suspicion.c.score >= sa.bindparam("score_min", type_=sa.Double()))
    return sa.and_(*wanted)


_JOINED: Final = suspicion.join(_low, suspicion.c.low_leads_to == _low.c.id).join(
    _high, suspicion.c.high_leads_to == _high.c.id
)


@cache
def _count(decisions: frozenset[Decision], *, has_grade: bool, has_score: bool) -> Statement:
    wanted = _wanted(decisions, has_grade=has_grade, has_score=has_score)
    return Statement(sa.select(sa.func.count()).select_from(_JOINED).where(wanted))


@cache
def _page(
    decisions: frozenset[Decision], ordering: SuspicionOrdering, *, has_grade: bool, has_score: bool
) -> Statement:
    by: sa.Column[Any] = suspicion.c.score if ordering.is_by_score else suspicion.c.found_at
    return Statement(
        sa.select(*_COLUMNS)
        .select_from(_JOINED)
        .where(_wanted(decisions, has_grade=has_grade, has_score=has_score))
        .order_by(by.desc() if ordering.is_descending else by, suspicion.c.id)
        .limit(sa.bindparam("row_limit", type_=sa.Integer()))
        .offset(sa.bindparam("row_offset", type_=sa.BigInteger()))
    )


class SqlSuspicions:
    """Implements the core's ``SuspicionStore``."""

    __slots__ = ("_practice_id", "_protection", "_transaction")

    def __init__(self, scope: Scope) -> None:
        self._transaction = scope.transaction
        self._practice_id = scope.practice_id
        self._protection = scope.protection

    def add(self, found: Sequence[Suspicion]) -> Sequence[Suspicion]:
        """See `SuspicionStore`."""
        newest = {one.id: one for one in sorted(found, key=lambda one: one.scored_at)}
        for part in parts_of(sorted(newest)):
            self._check_ours([newest[id_] for id_ in part])
        stands: dict[SuspicionId, Suspicion] = {}
        for part in parts_of(sorted(newest)):
            stands |= self._added([newest[id_] for id_ in part])
        return [stands[id_] for id_ in dict.fromkeys(one.id for one in found) if id_ in stands]

    def get(self, suspicion_id: SuspicionId) -> Suspicion:
        """See `SuspicionStore`."""
        return self._one(self._transaction.read(_GET, self._ours({"pair": suspicion_id})))

    def get_to_change(self, suspicion_id: SuspicionId) -> Suspicion:
        """See `SuspicionStore`. A row lock on PostgreSQL; on SQLite there is one writer anyway."""
        return self._one(self._transaction.rows(_GET_TO_CHANGE, self._ours({"pair": suspicion_id})))

    def about(self, records: Pair) -> Sequence[Suspicion]:
        """See `SuspicionStore`."""
        rows = self._transaction.read(_ABOUT, self._ours({"low": records.low, "high": records.high}))
        return list(map(self._suspicion, rows))

    def same_as(self, ids: Sequence[PatientId]) -> Sequence[tuple[PatientId, PatientId]]:
        """See `SuspicionStore`."""
        return [
            (PatientId(low), PatientId(high))
            for part in parts_of_set(ids)
            for low, high in self._transaction.read(_same(size_of(part)), self._ours(padded("id", part)))
        ]

    def save(self, suspicion: Suspicion) -> None:
        """See `SuspicionStore`."""
        row = self._row(suspicion)
        changes = {f"new_{name}": row[name] for name in ("version", *_SCORES, *_RULINGS)}
        before = {"pair": suspicion.id, "version_before": suspicion.version - 1}
        if not self._transaction.change(_SAVE, self._ours({**before, **changes})):
            raise StaleVersionError

    def lead(self, ids: Sequence[PatientId], to: PatientId) -> None:
        """See `SuspicionStore`."""
        for part in parts_of_set(ids):
            for side in ("low", "high"):
                parameters = self._ours({**padded("id", part), "to_id": to})
                self._transaction.change(_lead(side, size_of(part)), parameters)

    def page(self, listing: SuspicionListing) -> Page[Suspicion]:
        """See `SuspicionStore`."""
        page, decisions = listing.page, listing.decisions
        has_grade, has_score = listing.grade is not None, listing.score_min is not None
        asked = self._ours(
            {
                "grade": None if listing.grade is None else listing.grade.value,
                "score_min": listing.score_min,
                "row_limit": page.size,
                "row_offset": page.offset,
            }
        )
        ((count,),) = self._transaction.read(
            _count(decisions, has_grade=has_grade, has_score=has_score), asked
        )
        page.check_within(count)
        rows = self._transaction.read(
            _page(decisions, listing.ordering, has_grade=has_grade, has_score=has_score), asked
        )
        return Page(count, tuple(map(self._suspicion, rows)), page)

    def _ours(self, parameters: Parameters) -> Parameters:
        return {"practice": self._practice_id, **parameters}

    def _one(self, rows: Sequence[Row]) -> Suspicion:
        return self._suspicion(first(rows))

    def _check_ours(self, found: Sequence[Suspicion]) -> None:
        ids = {id_ for one in found for id_ in one.pair.ids}
        for part in parts_of(sorted(ids)):
            rows = self._transaction.read(_owners(size_of(part)), padded("id", part))
            if len(rows) != len(part) or any(practice_id != self._practice_id for (practice_id,) in rows):
                raise NotFoundError

    def _added(self, found: Sequence[Suspicion]) -> dict[SuspicionId, Suspicion]:
        """Those that wait, of at most `IDS_AT_ONCE_MAX` in order of their ids."""
        ids = [one.id for one in found]
        rows = self._transaction.rows(_known(size_of(ids)), self._ours(padded("pair", ids)))
        known = {one.id: one for one in map(self._suspicion, rows)}
        stands = [known[one.id].found_again(one) if one.id in known else one for one in found]
        scored = [self._scored(one) for one in stands if one.id in known and one != known[one.id]]
        if scored:
            self._transaction.change_all(_SCORED, scored)
        settled = {None, *self._told_apart(stands)}
        waiting = [one for one in stands if not one.decision.is_settled and one.records not in settled]
        new = [self._row(one) for one in waiting if one.id not in known]
        if new:
            # Whoever adds the same pair at the same moment has found the same: the first one's row stands.
            self._transaction.change_all(_ADD.statement, new)
        return {one.id: one for one in waiting}

    def _told_apart(self, stands: Sequence[Suspicion]) -> set[Pair]:
        ids = sorted({id_ for one in stands for id_ in one.leads_to})
        size = 2 * size_of(stands)
        rows = self._transaction.read(_apart(size), self._ours(padded("id", ids, size)))
        return {Pair.of(one, other) for one, other in rows if one != other}

    def _scored(self, one: Suspicion) -> Parameters:
        row = self._row(one)
        return self._ours({"pair": one.id, **{f"new_{name}": row[name] for name in ("version", *_SCORES)}})

    def _row(self, one: Suspicion) -> Parameters:
        ruling, cipher = one.ruling, self._protection.cipher
        place = self._place(one)
        return {
            "id": one.id,
            "practice_id": self._practice_id,
            "low_id": one.pair.low,
            "high_id": one.pair.high,
            "low_leads_to": one.leads_to[0],
            "high_leads_to": one.leads_to[1],
            "grade": one.grade.value,
            "score": one.score,
            "compared": " ".join(
                f"{field.value}:{one.levels[field]}:{bits!r}" for field, bits in one.bits.items()
            ),
            "rival": one.rival.name.lower(),
            "guards": " ".join(guard.name.lower() for guard in one.guards),
            "model": one.model,
            "occasion": one.occasion.value,
            "found_at": one.found_at,
            "scored_at": one.scored_at,
            "decision": one.decision.value,
            "version": one.version,
            "decided_at": None if ruling is None else ruling.at,
            "by_user": None if ruling is None else ruling.by,
            "by_email": None if ruling is None else BY_EMAIL.seal(cipher, place, ruling.by_email.reveal()),
            "key_version": cipher.key_version(place),
        }

    def _place(self, one: Suspicion) -> Place:
        decided_at = one.found_at if one.ruling is None else one.ruling.at
        return Place(self._practice_id, one.id, moment_version(decided_at))

    def _suspicion(self, row: Row) -> Suspicion:
        (
            id_, low, high, low_leads_to, high_leads_to, grade, score, compared, rival, guards, model,
            occasion, found_at, scored_at, decision, version, decided_at, by_user, by_email,
        ) = row  # fmt: skip
        ruling = None
        if decided_at is not None:
            place = Place(self._practice_id, id_, moment_version(decided_at))
            email = BY_EMAIL.open(self._protection.cipher, place, bytes(by_email))
            ruling = Ruling(UserId(by_user), Email.trusted(email), decided_at)
        fields = [one.split(":") for one in compared.split()]
        return Suspicion(
            pair=Pair(PatientId(low), PatientId(high)),
            grade=MatchGrade(grade),
            score=score,
            bits=MappingProxyType({Field(field): float(bits) for field, _, bits in fields}),
            levels=MappingProxyType({Field(field): level for field, level, _ in fields}),
            rival=Explanation[rival.upper()],
            guards=tuple(Guard[guard.upper()] for guard in guards.split()),
            model=model,
            occasion=Occasion(occasion),
            found_at=found_at,
            scored_at=scored_at,
            decision=Decision(decision),
            ruling=ruling,
            version=version,
            leads_to=(PatientId(low_leads_to), PatientId(high_leads_to)),
        )
