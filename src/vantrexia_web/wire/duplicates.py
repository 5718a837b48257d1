"""Pairs that may be one person on the wire: ids, grades and reasons; both records only side by side."""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeVar

import attrs

from vantrexia_core.kernel import InvalidError, PatientId
from vantrexia_core.patients import (
    SCORE_MAX,
    WAITING,
    Admission,
    Assessment,
    Decision,
    FieldLikeness,
    MatchGrade,
    SideBySide,
    Suspicion,
    SuspicionListing,
    SuspicionOrdering,
)
from vantrexia_web.wire.listing import parse_page, parse_query
from vantrexia_web.wire.patients import patient_content
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.structuring import body_as

E = TypeVar("E", bound=Enum)

WAITING_WORD: Final = "waiting"
"""What asks for all that nobody has settled."""

_BITS: Final = re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,9})?")


@attrs.frozen
class DecisionGiven:
    """The body of a decision."""

    decision: Decision
    despite_differences: bool = False


def admission_headers(admission: Admission, url_of: Callable[[PatientId], str]) -> Mapping[str, str]:
    """Whom a new record resembles (RFC 8288), or that it could not be compared yet; at both doors."""
    headers = {}
    if admission.resembled:
        headers["Link"] = ", ".join(
            f'<{url_of(id_)}>; rel="related"; match-grade="{grade.value}"'
            for id_, grade in admission.resembled
        )
    if not admission.is_compared:
        headers["Duplicate-Check"] = "deferred"
    return headers


def parse_suspicion_listing(request: Request) -> SuspicionListing:
    """Which pairs, in which order.

    Raises:
        InvalidError: ``decision``, ``grade``, ``score_min`` or ``ordering`` is not acceptable.
        NotFoundError: ``page`` is not the number of a page.
    """
    query = parse_query(request)
    word = query.get("decision", WAITING_WORD)
    decisions = WAITING
    if word != WAITING_WORD:
        decisions = frozenset({_one_of(Decision, "decision", word, WAITING_WORD)})
    grade = query.get("grade")
    ordering = query.get("ordering", SuspicionOrdering.SCORE_DESCENDING.value)
    return SuspicionListing(
        decisions=decisions,
        grade=None if grade is None else _one_of(MatchGrade, "grade", grade),
        score_min=_bits(query.get("score_min")),
        ordering=_one_of(SuspicionOrdering, "ordering", ordering),
        page=parse_page(request),
    )


def parse_decision(request: Request) -> DecisionGiven:
    """What somebody decided, and whether they know that it goes against the comparison.

    Raises:
        InvalidError: it is none of the decisions.
    """
    return body_as(DecisionGiven, request.json())


def suspicion_content(suspicion: Suspicion) -> dict[str, object]:
    """A pair as the list shows it: nothing of anybody's record."""
    ruling = suspicion.ruling
    return {
        "id": suspicion.id,
        "patient_ids": list(suspicion.pair.ids),
        # One, once the two were merged.
        "current_patient_ids": list(dict.fromkeys(suspicion.leads_to)),
        "grade": suspicion.grade.value,
        "score": suspicion.score,
        "rival": suspicion.rival.name.lower(),
        "guards": [guard.name.lower() for guard in suspicion.guards],
        "model": suspicion.model,
        "occasion": suspicion.occasion.value,
        "found_at": suspicion.found_at,
        "scored_at": suspicion.scored_at,
        "decision": suspicion.decision.value,
        "decided_at": None if ruling is None else ruling.at,
        "decided_by": None if ruling is None else ruling.by_email.reveal(),
    }


def assessment_content(assessment: Assessment) -> dict[str, object]:
    """How two records compare as they are now."""
    return {
        "looks_different": assessment.is_against,
        "grade": assessment.grade.value,
        "guards": [guard.name.lower() for guard in assessment.guards],
    }


def comparison_content(pair: SideBySide) -> dict[str, object]:
    """Both records side by side. The social security number is compared and never shown."""
    return {
        **suspicion_content(pair.suspicion),
        "now": None if pair.now is None else assessment_content(pair.now),
        "fields": list(map(_field_content, pair.fields)),
        "patients": [None if patient is None else patient_content(patient) for patient in pair.records],
    }


def _field_content(one: FieldLikeness) -> dict[str, object]:
    return {"field": one.field, "likeness": one.likeness.value, "level": one.level, "bits": one.bits}


def _one_of(kind: type[E], name: str, text: str, *others: str) -> E:
    try:
        return kind(text)
    except ValueError:
        complaint = f"Use one of: {', '.join([*others, *(member.value for member in kind)])}."
    raise InvalidError.on(name, complaint)


def _bits(text: str | None) -> float | None:
    if text is None:
        return None
    if _BITS.fullmatch(text) is None or abs(float(text)) > SCORE_MAX:
        complaint = f"Use a number of bits from -{SCORE_MAX:.0f} to {SCORE_MAX:.0f}."
        raise InvalidError.on("score_min", complaint)
    return float(text)
