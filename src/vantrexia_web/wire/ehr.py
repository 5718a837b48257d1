"""Imports on the wire: the ids to import, the search that finds them, reports and progress."""

from collections.abc import Sequence
from typing import Any, Final

import attrs

from vantrexia_core.ehr import (
    Candidate,
    EhrQuery,
    ImportJob,
    ImportOutcome,
    ImportReport,
    JobItem,
    Verdict,
    Why,
)
from vantrexia_core.kernel import InvalidError, InvalidValueError, Phi, clean_text
from vantrexia_core.patients import DateOfBirth, ExternalId
from vantrexia_web.wire.listing import parse_flag, parse_query
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.structuring import body_as

IDS_WAITED_FOR_MAX: Final = 1_000
"""How many ids one call imports while the caller waits."""
NAME_CHARACTERS_MAX: Final = 200

_UNNAMED: Final = frozenset({Why.EXISTS, Why.CURRENT, Why.DELETED})
"""The published answer of a patient who is here already names the record in its reason, and only there."""


@attrs.frozen
class Selection:
    """The body of an import."""

    ecw_patient_ids: tuple[ExternalId, ...]


@attrs.frozen
class ImportWish:
    """Which patients to import, and how."""

    ids: tuple[ExternalId, ...]
    is_dry_run: bool
    is_refresh: bool
    is_async: bool


def parse_import(request: Request) -> ImportWish:
    """Which patients to import, and how.

    Raises:
        InvalidError: with all complaints at once.
    """
    query = parse_query(request)
    wish = ImportWish(
        ids=body_as(Selection, request.json()).ecw_patient_ids,
        is_dry_run=parse_flag(query, "dry_run"),
        is_refresh=parse_flag(query, "refresh"),
        is_async=parse_flag(query, "async"),
    )
    if wish.is_async and wish.is_dry_run:
        raise InvalidError.on("dry_run", "A dry run is answered at once: leave out async.")
    if not wish.is_async and len(wish.ids) > IDS_WAITED_FOR_MAX:
        complaint = f"Send at most {IDS_WAITED_FOR_MAX} ids in one call, or add ?async=true."
        raise InvalidError.on("ecw_patient_ids", complaint)
    return wish


def parse_ehr_query(request: Request) -> EhrQuery:
    """Whom to look for.

    Raises:
        InvalidError: nothing to search by, or it cannot be searched by.
    """
    query = parse_query(request)
    given = {
        name: text for name in ("name", "birthdate", "identifier") if (text := query.get(name, "").strip())
    }
    complaints: dict[str, tuple[str, ...]] = {}
    name = born = identifier = None
    try:
        if "name" in given:
            name = Phi(clean_text(given["name"], characters_max=NAME_CHARACTERS_MAX))
    except InvalidValueError as invalid:
        complaints["name"] = (str(invalid),)
    try:
        if "birthdate" in given:
            born = DateOfBirth.parse(given["birthdate"])
    except InvalidValueError as invalid:
        complaints["birthdate"] = (str(invalid),)
    try:
        if "identifier" in given:
            identifier = ExternalId(given["identifier"])
    except InvalidValueError as invalid:
        complaints["identifier"] = (str(invalid),)
    if complaints:
        raise InvalidError(complaints)
    return EhrQuery(name, born, identifier)


def report_content(report: ImportReport, wish: ImportWish) -> dict[str, object]:
    """The published answer of an import; further members only where they were asked for."""
    counts = report.counts
    content: dict[str, object] = {"imported": counts.get(Verdict.IMPORTED, 0)}
    if wish.is_refresh:
        content["updated"] = counts.get(Verdict.UPDATED, 0)
    content |= {"skipped": counts.get(Verdict.SKIPPED, 0), "errors": counts.get(Verdict.FAILED, 0)}
    if wish.is_dry_run:
        content["dry_run"] = True
    content["details"] = [_detail(outcome) for outcome in report.outcomes]
    return content


def candidates_content(candidates: Sequence[Candidate]) -> dict[str, object]:
    """The answer of a search in the EHR."""
    return {
        "results": [
            {
                "ecw_id": one.told.external_id.reveal(),
                "first_name": _shown(one.told.first_name),
                "last_name": _shown(one.told.last_name),
                "date_of_birth": _shown(one.told.date_of_birth),
                "gender": None if one.told.gender is None else one.told.gender.reveal().value,
                "already_imported": one.is_imported,
                "patient_id": one.patient_id,
            }
            for one in candidates
        ]
    }


def job_content(job: ImportJob, status_url: str) -> dict[str, object]:
    """Where an import in the background stands."""
    return {
        "id": job.id,
        "status": job.status.value,
        "code": job.code,
        "status_url": status_url,
        "total": job.total,
        "settled": job.settled,
        "imported": job.counts.get(Verdict.IMPORTED, 0),
        "updated": job.counts.get(Verdict.UPDATED, 0),
        "skipped": job.counts.get(Verdict.SKIPPED, 0),
        "errors": job.counts.get(Verdict.FAILED, 0),
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    }


def item_content(item: JobItem) -> dict[str, object]:
    """One id of an import in the background."""
    if item.outcome is None:
        return {"ecw_id": item.external_id.reveal(), "status": "pending"}
    return _detail(item.outcome)


def _detail(outcome: ImportOutcome) -> dict[str, object]:
    detail: dict[str, object] = {"ecw_id": outcome.external_id.reveal(), "status": outcome.verdict.value}
    if outcome.patient_id is not None and outcome.why not in _UNNAMED:
        detail["patient_id"] = outcome.patient_id
    if outcome.reason is not None:
        detail["reason"] = outcome.reason
    if outcome.verdict is Verdict.UPDATED:
        detail["changed"] = outcome.changed
    if outcome.conflicts:
        detail["conflicts"] = [{"field": one.field, "kept": one.winner.value} for one in outcome.conflicts]
    return detail


def _shown(value: Phi[Any] | None) -> object:
    return None if value is None else value.reveal()
