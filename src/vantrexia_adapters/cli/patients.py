"""``vantrexia patients``: deleted records, and whom one patient's record was shown to."""

import json
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from vantrexia_adapters.cli.console import console_actor, opened, show_rows
from vantrexia_core.audit import TrailLine
from vantrexia_core.kernel import InvalidError, InvalidValueError, PageRequest, PatientId
from vantrexia_core.patients import (
    Listing,
    MovedPatient,
    Period,
    Reason,
    account_for_disclosures,
    find_deleted_patients,
    restore_patient,
)

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def patients() -> None:
    """Deleted records, and the disclosures of a patient.

    \b
    Examples:
      vantrexia patients deleted
      vantrexia patients disclosures 4d5e6f7a-8b9c-4d1e-af3a-4b5c6d7e8f9a
      vantrexia patients restore 4d5e6f7a-8b9c-4d1e-af3a-4b5c6d7e8f9a
    """


@patients.command()
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--page-size", type=click.IntRange(1, 100), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def deleted(*, page: int, page_size: int, as_json: bool) -> None:
    """Show deleted records. Showing them is recorded in the audit trail."""
    with opened() as service:
        found = find_deleted_patients(
            service.desk, console_actor(service), Listing(page=PageRequest(page, page_size))
        )
    show_rows([_row(moved) for moved in found.items], as_json=as_json)
    if not as_json:
        click.echo(f"{len(found.items)} of {found.count}", err=True)


@patients.command()
@click.argument("patient_id", type=click.UUID)
@click.option("--reason-stdin", is_flag=True, help="Read the reason from standard input instead of a prompt.")
def restore(patient_id: UUID, *, reason_stdin: bool) -> None:
    """Make a deleted record active again.

    It asks why; the reason is kept, sealed, with the record's history. It may tell about the patient, so it
    is no argument: those show in the list of processes and in the shell's history.

    \b
    Example:
      echo "Deleted by mistake" | vantrexia patients restore ID --reason-stdin
    """
    try:
        why = Reason(sys.stdin.readline() if reason_stdin else click.prompt("Reason", err=True))
    except InvalidValueError as invalid:
        raise InvalidError.on("reason", str(invalid)) from None
    with opened() as service:
        restore_patient(service.desk, console_actor(service), PatientId(patient_id), why)
    click.echo(f"Patient {patient_id} is active again.")


@patients.command()
@click.argument("patient_id", type=click.UUID)
@click.option("--from", "since", type=_DAY, help="The first day, in UTC.")
@click.option("--to", "until", type=_DAY, help="The last day, in UTC.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def disclosures(patient_id: UUID, *, since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """Show whom a patient's record was shown to: when, by which account, from where, in which action.

    Everything that the audit trail holds, oldest first, pages of lists included. Asking is recorded.

    \b
    Example:
      vantrexia patients disclosures ID --from 2026-01-01 --json > accounting.jsonl
    """
    period = Period(
        None if since is None else since.replace(tzinfo=UTC),
        None if until is None else until.replace(tzinfo=UTC) + timedelta(days=1),
    )
    with opened() as service:
        found = account_for_disclosures(service.desk, console_actor(service), PatientId(patient_id), period)
        for line in found.lines:
            row = _disclosure(line)
            click.echo(json.dumps(row) if as_json else "  ".join(str(cell) for cell in row.values() if cell))
    click.echo(f"{found.count} disclosures", err=True)


def _disclosure(line: TrailLine) -> dict[str, object]:
    entry = line.entry
    return {
        "id": line.seq,
        "at": f"{entry.at:%Y-%m-%dT%H:%M:%SZ}",
        "action": entry.action.value,
        "user_id": entry.actor_id,
        "user_email": None if line.actor_email is None else line.actor_email.reveal(),
        "role": None if entry.role is None else entry.role.value,
        "address": entry.address,
        "patients_shown": len(entry.disclosed),
        "request_id": entry.request_id,
    }


def _row(moved: MovedPatient) -> dict[str, object]:
    patient = moved.patient
    return {
        "id": patient.id,
        "mrn": patient.mrn.reveal(),
        "last_name": patient.name.last.reveal(),
        "first_name": patient.name.first.reveal(),
        "deleted_at": f"{moved.change.at:%Y-%m-%dT%H:%M:%SZ}",
        "deleted_by": moved.change.by_email.reveal(),
    }
