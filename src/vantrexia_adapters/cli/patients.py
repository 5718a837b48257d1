"""``vantrexia patients``: deleted records, merges, disclosures; export and import come from their modules."""

import json
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

import click

from vantrexia_adapters.cli.console import console_actor, opened, show_rows
from vantrexia_adapters.cli.review import told_how_they_differ
from vantrexia_core.audit import TrailLine
from vantrexia_core.kernel import InvalidError, InvalidValueError, MergeId, PageRequest, PatientId
from vantrexia_core.patients import (
    KIND_OF_FIELD,
    EditedSinceError,
    Heir,
    Listing,
    Merge,
    MovedPatient,
    NewerMergeError,
    Party,
    Period,
    Reason,
    account_for_disclosures,
    find_deleted_patients,
    find_merges,
    merge_patients,
    restore_patient,
    undo_merge,
)

_DAY = click.DateTime(["%Y-%m-%d"])
_FIELDS = list(KIND_OF_FIELD)


@click.group(short_help="Patients in bulk; deleted records, merges, disclosures.")
def patients() -> None:
    """Patients in bulk, deleted records, merges of two records, and the disclosures of a patient.

    \b
    Examples:
      vantrexia patients deleted
      vantrexia patients disclosures 4d5e6f7a-8b9c-4d1e-af3a-4b5c6d7e8f9a
      vantrexia patients restore 4d5e6f7a-8b9c-4d1e-af3a-4b5c6d7e8f9a
      vantrexia patients merge SURVIVOR LOSER
      vantrexia patients export patients.ndjson.gz
      vantrexia patients import patients.ndjson --dry-run
    """


@patients.command()
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--page-size", type=click.IntRange(1, 100), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def deleted(*, page: int, page_size: int, as_json: bool) -> None:
    """Show deleted records. Showing them is recorded in the audit trail.

    \b
    Example:
      vantrexia patients deleted
    """
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
    why = _reason(reason_stdin=reason_stdin)
    with opened() as service:
        restore_patient(service.desk, console_actor(service), PatientId(patient_id), why)
    click.echo(f"Patient {patient_id} is active again.")


@patients.command(short_help="Show whom a patient's record was shown to, and when.")
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


@patients.command()
@click.argument("survivor_id", type=click.UUID)
@click.argument("loser_id", type=click.UUID)
@click.option("--reason-stdin", is_flag=True, help="Read the reason from standard input instead of a prompt.")
@click.option(
    "--take", "taken", multiple=True, type=click.Choice(_FIELDS), help="Keep the loser's value of a field."
)
@click.option(
    "--keep", "kept", multiple=True, type=click.Choice(_FIELDS), help="Keep the survivor's value of a field."
)
@click.option(
    "--despite-differences",
    is_flag=True,
    help="Merge although they look like two people's records: you have looked at both.",
)
def merge(
    survivor_id: UUID,
    loser_id: UUID,
    *,
    reason_stdin: bool,
    taken: tuple[str, ...],
    kept: tuple[str, ...],
    despite_differences: bool,
) -> None:
    """Merge a record into another one of the same person.

    The loser is archived and stays readable; its MRN and external id lead to the survivor. Of fields that
    are not named, a filled one beats an empty one; of two phones, e-mail addresses or addresses the one
    written later is kept, of all else the survivor's. The reason is asked for and kept, sealed.

    Two records that look like two people's are merged only with --despite-differences, and the audit trail
    says so.

    \b
    Examples:
      vantrexia patients merge SURVIVOR LOSER
      echo "Registered twice" | vantrexia patients merge SURVIVOR LOSER --reason-stdin --take phone
    """
    why = _reason(reason_stdin=reason_stdin)
    choices = dict.fromkeys(taken, Party.LOSER) | dict.fromkeys(kept, Party.SURVIVOR)
    with opened() as service, told_how_they_differ():
        merged = merge_patients(
            service.desk,
            console_actor(service),
            PatientId(survivor_id),
            PatientId(loser_id),
            why,
            choices,
            despite_differences=despite_differences,
        )
    click.echo(f"Patient {loser_id} was merged into {survivor_id}; to undo it: {merged.merge.id}.")


@patients.command(short_help="Undo a merge: both records get back what they had.")
@click.argument("merge_id", type=click.UUID)
@click.option("--reason-stdin", is_flag=True, help="Read the reason from standard input instead of a prompt.")
@click.option(
    "--heir",
    "heirs",
    multiple=True,
    metavar="FIELD=WHO",
    help="Who gets what was written into a merged field since: survivor, loser or neither.",
)
def unmerge(merge_id: UUID, *, reason_stdin: bool, heirs: tuple[str, ...]) -> None:
    """Undo a merge: both records get back what they had, and are remembered as two people.

    \b
    Examples:
      vantrexia patients unmerge MERGE
      echo "Mother and daughter" | vantrexia patients unmerge MERGE --reason-stdin --heir phone=loser
    """
    why = _reason(reason_stdin=reason_stdin)
    with opened() as service:
        try:
            separated = undo_merge(
                service.desk, console_actor(service), MergeId(merge_id), why, _heirs(heirs)
            )
        except EditedSinceError as asked:
            wanted = " ".join(f"--heir {field}=survivor|loser|neither" for field in asked.fields)
            message = f"Fields were filled by the merge and edited since. Say who gets them: {wanted}"
            raise click.ClickException(message) from None
        except NewerMergeError as newer:
            message = f"A newer merge filled the same fields. Undo that one first: {newer.merge_id}"
            raise click.ClickException(message) from None
    click.echo(f"Patients {separated.survivor.id} and {separated.loser.id} are two records again.")
    if separated.written_since:
        click.echo(f"Edited since, and still the survivor's: {', '.join(separated.written_since)}", err=True)


@patients.command()
@click.argument("patient_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def merges(patient_id: UUID, *, as_json: bool) -> None:
    """Show the merges that a record took part in, newest first.

    \b
    Example:
      vantrexia patients merges 4d5e6f7a-8b9c-4d1e-af3a-4b5c6d7e8f9a
    """
    with opened() as service:
        found = find_merges(service.desk, console_actor(service), PatientId(patient_id))
    show_rows([_merge(one) for one in found], as_json=as_json)


def _merge(merge: Merge) -> dict[str, object]:
    undoing = merge.undoing
    return {
        "id": merge.id,
        "survivor": merge.survivor.id,
        "loser": merge.loser.id,
        "merged_at": f"{merge.at:%Y-%m-%dT%H:%M:%SZ}",
        "merged_by": merge.by_email.reveal(),
        "fields": " ".join(merge.taken),
        "undone_at": None if undoing is None else f"{undoing.at:%Y-%m-%dT%H:%M:%SZ}",
        "undone_by": None if undoing is None else undoing.by_email.reveal(),
    }


def _heirs(said: tuple[str, ...]) -> dict[str, Heir]:
    heirs: dict[str, Heir] = {}
    for one in said:
        field, _, who = one.partition("=")
        try:
            heirs[field] = Heir(who)
        except ValueError:
            message = "Write FIELD=survivor, FIELD=loser or FIELD=neither."
            raise click.BadParameter(message, param_hint="--heir") from None
    return heirs


def _reason(*, reason_stdin: bool) -> Reason:
    try:
        return Reason(sys.stdin.readline() if reason_stdin else click.prompt("Reason", err=True))
    except InvalidValueError as invalid:
        raise InvalidError.on("reason", str(invalid)) from None


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
