"""``vantrexia ecw``: patients of eClinicalWorks, imported by lists of their ids."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

import click

from vantrexia_adapters.cli.console import console_actor, opened, show_rows, with_progress
from vantrexia_core.ehr import (
    EhrUnavailableError,
    ImportJob,
    JobStatus,
    Verdict,
    find_unfinished_import,
    import_batch,
    look_up_import,
    start_import,
)
from vantrexia_core.kernel import PAGE_SIZE_MAX, Actor, InvalidError, InvalidValueError, PageRequest
from vantrexia_core.patients import ExternalId

if TYPE_CHECKING:
    from vantrexia_adapters.assembly import Service


@click.group()
def ecw() -> None:
    """Patients of eClinicalWorks.

    \b
    Examples:
      vantrexia ecw import ids.txt
      vantrexia ecw import ids.txt --resume
    """


@ecw.command("import", short_help="Import patients by the ids in FILES, one a line.")
@click.argument("files", type=click.File(encoding="utf-8"), nargs=-1, required=True)
@click.option("--resume", is_flag=True, help="Go on with an import of the same ids that did not end.")
@click.option("--refresh", is_flag=True, help="Bring patients who are here already up to date.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_(*, files: tuple[TextIO, ...], resume: bool, refresh: bool, as_json: bool) -> None:
    """Import patients by the ids in FILES, one a line; - is standard input.

    Blank lines and those that start with # are skipped. What was imported stays, however this ends; with
    --resume the same files go on where they stood. At the end every id that was not imported is printed with
    its reason, and the status is 1 if there was an error among them.

    \b
    Example:
      vantrexia ecw import monday.txt tuesday.txt --resume
    """
    ids = [id_ for file in files for id_ in _ids(file)]
    with opened() as service:
        actor = console_actor(service)
        job = find_unfinished_import(service.desk, actor, ids, is_refresh=refresh) if resume else None
        if job is not None:
            click.echo(f"Going on: {job.settled} of {job.total} were settled.", err=True)
        else:
            job = start_import(service.desk, actor, ids, is_refresh=refresh)
        try:
            for _ in with_progress(
                _settling(service, actor, job), total=job.total - job.settled, label="Importing patients"
            ):
                pass
        except EhrUnavailableError as unavailable:
            message = f"{unavailable.detail} Nothing is lost: repeat the command with --resume."
            raise click.ClickException(message) from None
        job, rows = _result(service, actor, job)
    show_rows(rows, as_json=as_json)
    counts = {verdict.value: job.counts.get(verdict, 0) for verdict in Verdict}
    click.echo(", ".join(f"{name}: {count}" for name, count in counts.items()), err=True)
    if counts[Verdict.FAILED.value]:
        raise SystemExit(1)


def _ids(file: TextIO) -> Iterator[ExternalId]:
    for number, line in enumerate(file, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            try:
                yield ExternalId(text)
            except InvalidValueError as invalid:
                raise InvalidError.on(f"{file.name}, line {number}", str(invalid)) from None


def _settling(service: "Service", actor: Actor, job: ImportJob) -> Iterator[None]:
    """One item for every id that was settled."""
    settled = job.settled
    while job.status is JobStatus.OPEN:
        job = import_batch(service.desk, actor, job.id)
        yield from [None] * (job.settled - settled)
        settled = job.settled


def _result(service: "Service", actor: Actor, job: ImportJob) -> tuple[ImportJob, list[dict[str, object]]]:
    """The job as it ended, and a row for every id that brought no new patient."""
    rows: list[dict[str, object]] = []
    number = 0
    while True:
        number += 1
        job, page = look_up_import(service.desk, actor, job.id, PageRequest(number, PAGE_SIZE_MAX))
        rows += [
            {
                "ecw_id": item.external_id.reveal(),
                "status": item.outcome.verdict.value,
                "patient_id": item.outcome.patient_id,
                "reason": item.outcome.reason,
            }
            for item in page.items
            if item.outcome is not None and item.outcome.verdict is not Verdict.IMPORTED
        ]
        if not page.has_next:
            return job, rows
