"""``vantrexia matching list``, ``show`` and ``decide``: looking through pairs that may be one person."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click

from vantrexia_adapters.cli.console import console_actor, opened, show_rows
from vantrexia_core.kernel import PageRequest, SuspicionId
from vantrexia_core.patients import (
    WAITING,
    Assessment,
    Decision,
    LooksDifferentError,
    MatchGrade,
    SideBySide,
    Suspicion,
    SuspicionListing,
    SuspicionOrdering,
    compare_records,
    find_suspicions,
)
from vantrexia_core.patients import decide as decide_about

_WAITING = "waiting"
_SAYABLE = [decision.value for decision in Decision if decision is not Decision.OPEN]


@click.command("list", short_help="Show pairs of records that may be one person.")
@click.option(
    "--decision",
    type=click.Choice([_WAITING, *(decision.value for decision in Decision)]),
    default=_WAITING,
    show_default=True,
)
@click.option("--grade", type=click.Choice([grade.value for grade in MatchGrade]))
@click.option("--score-min", type=float, help="The least score, in bits.")
@click.option(
    "--ordering",
    type=click.Choice([ordering.value for ordering in SuspicionOrdering]),
    default=SuspicionOrdering.SCORE_DESCENDING.value,
    show_default=True,
)
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--page-size", type=click.IntRange(1, 100), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(
    *,
    decision: str,
    grade: str | None,
    score_min: float | None,
    ordering: str,
    page: int,
    page_size: int,
    as_json: bool,
) -> None:
    """Show pairs of records that may be one person: ids, scores and reasons, nothing of anybody's record.

    \b
    Examples:
      vantrexia matching list --grade certain
      vantrexia matching list --decision different --json
    """
    listing = SuspicionListing(
        decisions=WAITING if decision == _WAITING else frozenset({Decision(decision)}),
        grade=None if grade is None else MatchGrade(grade),
        score_min=score_min,
        ordering=SuspicionOrdering(ordering),
        page=PageRequest(page, page_size),
    )
    with opened() as service:
        found = find_suspicions(service.desk, console_actor(service), listing)
    show_rows([_row(suspicion) for suspicion in found.items], as_json=as_json)
    if not as_json:
        click.echo(f"{len(found.items)} of {found.count}", err=True)


@click.command()
@click.argument("pair_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(pair_id: UUID, *, as_json: bool) -> None:
    """Compare the two records of a pair, field by field. Counts as a disclosure of both.

    It says which fields agree and how much that weighs; the values are in the records themselves.

    \b
    Example:
      vantrexia matching show 8bf55171-aa0a-5062-b168-1995ddf15288
    """
    with opened() as service:
        pair = compare_records(service.desk, console_actor(service), SuspicionId(pair_id))
    show_rows(_fields(pair), as_json=as_json)
    if not as_json:
        click.echo(_summary(pair.suspicion), err=True)
        if pair.now is not None:
            looks = "they look like two people's" if pair.now.is_against else "they may be one person's"
            click.echo(f"As they are now {looks}: {_told(pair.now)}", err=True)


@click.command()
@click.argument("pair_id", type=click.UUID)
@click.argument("decision", type=click.Choice(_SAYABLE))
@click.option(
    "--version", "version", type=click.IntRange(min=1), help="Overrule the decision of this version."
)
@click.option(
    "--despite-differences",
    is_flag=True,
    help='Say "same" although they look like two people\'s records: you have looked at both.',
)
def decide(pair_id: UUID, decision: str, *, version: int | None, despite_differences: bool) -> None:
    """Say whether the two records of a pair are one person.

    "different" is remembered for good: the pair never comes back, and the two cannot be merged. "same"
    merges nothing by itself; of two that look like two people's records it wants --despite-differences.
    "later" leaves the pair in the list.

    \b
    Examples:
      vantrexia matching decide 8bf55171-aa0a-5062-b168-1995ddf15288 different
      vantrexia matching decide 8bf55171-aa0a-5062-b168-1995ddf15288 same --version 2
    """
    with opened() as service, told_how_they_differ():
        decided = decide_about(
            service.desk,
            console_actor(service),
            SuspicionId(pair_id),
            Decision(decision),
            despite_differences=despite_differences,
            expected_version=version,
        )
    click.echo(f"Pair {pair_id}: {decided.decision.value}.")


@contextmanager
def told_how_they_differ() -> Iterator[None]:
    """Add to a refusal what makes two records look like two people's."""
    try:
        yield
    except LooksDifferentError as refused:
        message = f"{refused.detail} {_told(refused.assessment)}."
        raise click.ClickException(message) from None


def _told(assessment: Assessment) -> str:
    differing = "; ".join(guard.value for guard in assessment.guards) or "none"
    return f"{assessment.grade.value}; guards: {differing}"


def _row(suspicion: Suspicion) -> dict[str, object]:
    one, other = suspicion.leads_to
    is_one = suspicion.records is None
    return {
        "id": suspicion.id,
        "grade": suspicion.grade.value,
        "score": round(suspicion.score, 2),
        "decision": suspicion.decision.value,
        "found_at": f"{suspicion.found_at:%Y-%m-%dT%H:%M:%SZ}",
        "patient": one,
        "other_patient": None if is_one else other,
        "guards": " ".join(guard.name.lower() for guard in suspicion.guards),
        "version": suspicion.version,
    }


def _fields(pair: SideBySide) -> list[dict[str, object]]:
    return [
        {
            "field": one.field,
            "likeness": one.likeness.value,
            "level": one.level,
            "bits": None if one.bits is None else round(one.bits, 2),
        }
        for one in pair.fields
    ]


def _summary(suspicion: Suspicion) -> str:
    one, other = suspicion.leads_to
    reasons = "; ".join(guard.value for guard in suspicion.guards) or "none"
    return (
        f"{one} and {other}: {suspicion.grade.value}, {suspicion.score:.2f} bits against "
        f"{suspicion.rival.value}; guards: {reasons}; decision: {suspicion.decision.value} "
        f"(version {suspicion.version})"
    )
