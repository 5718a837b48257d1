"""``vantrexia audit``: the trail, verified, exported, shown; and its checkpoints."""

import json
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from vantrexia_adapters.cli.console import console_actor, counting, opened, show_rows
from vantrexia_core.audit import (
    RETENTION_YEARS,
    CheckpointStore,
    Inspection,
    Inspector,
    MalformedCheckpointError,
    SignedCheckpoint,
    StoredEntry,
    TrailSource,
    UnreadableEntryError,
    VerifierKey,
    archivable,
    decode_entry,
    hand_out_trail,
)
from vantrexia_core.identity import EmergencyShown, find_emergencies
from vantrexia_core.kernel import PAGE_SIZE_MAX, PageRequest

if TYPE_CHECKING:
    from vantrexia_adapters.assembly import Service


@click.group()
def audit() -> None:
    """The audit trail: verify it, export it, show it, sign its state.

    \b
    Examples:
      vantrexia audit verify
      vantrexia audit export ./trail
      vantrexia audit dump --after 1000
      vantrexia audit checkpoint --public-key > trail-key.txt
    """


_NOTHING_HERE: Final = (
    "There is no entry to verify. Is this the right data directory? VANTREXIA_DATA_DIR and "
    "VANTREXIA_DATABASE_URL say which one is read."
)
_NOTHING_IN_FOLDER: Final = (
    "There is no entry to verify: the folder holds no checkpoint, or that of an empty trail. Is it right?"
)


@audit.command()
@click.option("--newest", type=click.IntRange(1), help="Only that many entries below the newest checkpoint.")
@click.option("--since-checkpoint", is_flag=True, help="Only what came after the newest checkpoint.")
@click.option(
    "--offline",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="An exported trail instead of this deployment's. Needs --public-key, and nothing else.",
)
@click.option("--public-key", help="The key that must have signed, or a file that holds it, one a line.")
@click.option(
    "--checkpoint",
    "notes",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that you have kept: compare with it as well. Can be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    *,
    newest: int | None,
    since_checkpoint: bool,
    folder: Path | None,
    public_key: str | None,
    notes: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Tell whether every entry is what it was when it was written.

    Ends with status 1 and names the first entry that is not. Without --offline it reads this deployment's
    database, and believes the newest checkpoint if the key ring's own key, or the one given, has signed it.

    \b
    Examples:
      vantrexia audit verify
      vantrexia audit verify --since-checkpoint
      vantrexia audit verify --checkpoint ./checkpoint-of-march
      vantrexia audit verify --offline ./trail --public-key ./trail-key.txt
    """
    kept = [note.read_bytes() for note in notes]
    if newest is not None and since_checkpoint:
        message = "--newest and --since-checkpoint exclude each other."
        raise click.UsageError(message)
    if folder is not None and public_key is None:
        message = "--offline needs --public-key: a trail that brings its own key proves nothing."
        raise click.UsageError(message)
    keys = None if public_key is None else _keys(public_key)
    wanted = 0 if since_checkpoint else newest
    began = time.perf_counter()
    if folder is not None:
        from vantrexia_adapters.checkpoints import ExportedTrail, FolderCheckpoints

        found = _inspected(ExportedTrail(folder), FolderCheckpoints(folder), keys or [], wanted, kept)
    else:
        with opened() as service:
            notary = service.trail.notary
            found = _inspected(
                notary.source, notary.store, keys or list(notary.keys.verifiers()), wanted, kept
            )
    if found.fault is None and not found.size:
        raise click.ClickException(_NOTHING_HERE if folder is None else _NOTHING_IN_FOLDER)
    _report(found, time.perf_counter() - began, as_json=as_json)


@audit.command(short_help="Write the trail to FOLDER, as files that verify themselves.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(*, folder: Path) -> None:
    """Write entries, hashes and checkpoints to FOLDER, as plain files that verify by themselves.

    FOLDER must be new or empty. The export is recorded in the trail, then a checkpoint is signed, so that
    every entry is covered, the one about this export included.

    \b
    Example:
      vantrexia audit export ./trail
    """
    from vantrexia_adapters.checkpoints import export_trail

    with opened() as service, _into(folder):
        notary = service.trail.notary
        hand_out_trail(service.desk, console_actor(service))
        _sign(service)
        with counting("Exported", notary.source.size()) as progress:
            size = export_trail(notary.source, notary.store, folder, progress)
    click.echo(f"{size} entries lie in {folder}.", err=True)


@audit.command(short_help="Copy entries older than seven years to FOLDER, as files.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def archive(*, folder: Path) -> None:
    """Copy the entries that are older than seven years to FOLDER, as plain files that verify by themselves.

    FOLDER must be new or empty. It gets the trail as it was at the end of a day, up to which every entry is
    old enough. The database keeps them as well: its trail stays whole, and refuses to lose one. That they
    were copied is recorded in it.

    \b
    Example:
      vantrexia audit archive ./trail-until-2019
      vantrexia audit verify --offline ./trail-until-2019 --public-key ./trail-key.txt
    """
    from vantrexia_adapters.checkpoints import ExportedTrail, FolderCheckpoints, export_trail

    with opened() as service:
        notary = service.trail.notary
        state = archivable(notary, service.desk.clock.now())
        if state is None:
            click.echo(f"Nothing is older than {RETENTION_YEARS} years, so nothing was written.", err=True)
            return
        with _into(folder), counting("Archived", state.size) as progress:
            hand_out_trail(service.desk, console_actor(service))
            export_trail(notary.source, notary.store, folder, progress, note=state.note)
        keys = list(notary.keys.verifiers())
    # What lies there has to prove itself without the database before anybody relies on it.
    found = _inspected(ExportedTrail(folder), FolderCheckpoints(folder), keys, None)
    if found.fault is not None:
        message = f"The archive does not verify: {found.fault.sentence} Run: vantrexia audit verify"
        raise click.ClickException(message)
    click.echo(f"{state.size} entries lie in {folder}, and verify.", err=True)


@audit.command()
@click.option("--after", type=click.IntRange(0), default=0, help="Begin behind the entry with this number.")
@click.option("--limit", type=click.IntRange(1), help="At most that many entries.")
def dump(*, after: int, limit: int | None) -> None:
    """Print the trail, one JSON object a line, oldest first.

    That it was printed is recorded; the next dump shows it.

    \b
    Example:
      vantrexia audit dump --after 1000 | jq 'select(.outcome == "refused")'
    """
    with opened() as service:
        source = service.trail.notary.source
        size = source.size()
        hand_out_trail(service.desk, console_actor(service))
        # Closed before the service: what is read from a database holds a connection until its end.
        with closing(_shown(source.entries(after=after), size, limit)) as shown:
            for line in shown:
                click.echo(json.dumps(line))


def _shown(
    entries: Iterator[StoredEntry], size: int, limit: int | None
) -> Generator[dict[str, object], None, None]:
    """Entries as JSON objects, up to the one with the number ``size``."""
    for stored in islice(takewhile(lambda stored: stored.seq <= size, entries), limit):
        line: dict[str, object] = dict.fromkeys(_MEMBERS)
        try:
            decode_entry(stored.canonical or b"")
            line |= json.loads(stored.canonical or b"")
        except UnreadableEntryError:
            line["error"] = "not an entry of a format that this version knows"
        yield {"seq": stored.seq} | line | {"leaf": stored.leaf.hex()}


@audit.command()
@click.option("--public-key", "shows_key", is_flag=True, help="Print the public keys instead, one a line.")
def checkpoint(*, shows_key: bool) -> None:
    """Sign the trail as it is now, and print the newest checkpoint.

    The public key is for whoever verifies an exported trail. Give it to them on another way than the trail.

    \b
    Examples:
      vantrexia audit checkpoint
      vantrexia audit checkpoint --public-key > trail-key.txt
    """
    with opened() as service:
        if shows_key:
            for key in service.trail.notary.keys.verifiers():
                click.echo(key.text)
            return
        _sign(service)
        note = service.trail.notary.store.newest()
        click.echo((note or b"").decode(), nl=False)


@audit.command(short_help="List the emergencies that people declared, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def emergencies(*, as_json: bool) -> None:
    """List the emergencies that people declared, newest first: who, when, and why.

    What they looked at in that time bears the purpose etreat on the trail.

    \b
    Examples:
      vantrexia audit emergencies
      vantrexia audit dump | jq 'select(.purpose == "etreat")'
    """
    rows = []
    with opened() as service:
        actor, number = console_actor(service), 1
        while True:
            page = find_emergencies(service.desk, actor, PageRequest(number, PAGE_SIZE_MAX))
            rows += [_emergency(shown) for shown in page.items]
            if page.request.offset + len(page.items) >= page.count:
                break
            number += 1
    show_rows(rows, as_json=as_json)


def _emergency(shown: EmergencyShown) -> dict[str, object]:
    emergency = shown.emergency
    return {
        "id": emergency.id,
        "declared_at": f"{emergency.declared_at:%Y-%m-%dT%H:%M:%SZ}",
        "ends_at": f"{emergency.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "user_id": emergency.user_id,
        "user_email": shown.email.reveal(),
        "reason": emergency.reason.reveal() if emergency.is_genuine else "(this row is forged)",
    }


_MEMBERS = (
    "at", "action", "outcome", "practice_id", "actor", "role", "code", "patient_id", "user_id", "version",
    "changed", "disclosed", "request_id", "address", "purpose",
)  # fmt: skip


def _sign(service: "Service") -> None:
    notary = service.trail.notary
    notary.publish(service.desk.clock.now(), is_patient=True)


def _keys(given: str) -> list[VerifierKey]:
    path = Path(given)
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else [given]
        return [VerifierKey.parse(line) for line in lines if line.strip()]
    except (OSError, UnicodeDecodeError, MalformedCheckpointError):
        message = "--public-key is no key as `vantrexia audit checkpoint --public-key` prints it."
        raise click.ClickException(message) from None


def _inspected(
    source: TrailSource,
    store: CheckpointStore,
    keys: list[VerifierKey],
    newest: int | None,
    kept: Sequence[bytes] = (),
) -> Inspection:
    from vantrexia_adapters.crypto import is_signed

    note = store.newest()
    try:
        covered = 0 if note is None else SignedCheckpoint.decode(note).checkpoint.size
    except MalformedCheckpointError:
        covered = 0
    size = source.size()
    total = size if newest is None else size - max(0, covered - newest)
    with counting("Verified", total) as progress:
        return Inspector(source, store, keys, is_signed).inspect(newest=newest, kept=kept, progress=progress)


@contextmanager
def _into(folder: Path) -> Iterator[None]:
    """Refuse a folder that holds something, and that before anything is recorded about it."""
    from vantrexia_adapters.checkpoints import prepare_folder

    try:
        prepare_folder(folder)
        yield
    except FileExistsError:
        message = f"{folder} is not empty. Name a new folder."
        raise click.ClickException(message) from None
    except OSError as refused:
        message = f"{folder} cannot be written: {refused.strerror}. Name another folder."
        raise click.ClickException(message) from None


def _report(found: Inspection, seconds: float, *, as_json: bool) -> None:
    covered = found.checkpoint.size if found.checkpoint else 0
    if as_json:
        content = {
            "sound": found.fault is None,
            "size": found.size,
            "checked": found.checked,
            "checkpoint": covered,
            "unprotected": found.unprotected,
            "rollbacks": [
                {"entry": one.seq, "kept": one.kept, "given_up": one.size, "reason": one.reason}
                for one in found.rollbacks
            ],
            "fault": None if found.fault is None else found.fault.sentence,
            "first": None if found.fault is None else found.fault.seq,
            "seconds": round(seconds, 3),
        }
        click.echo(json.dumps(content))
    else:
        rate = f"{found.checked} entries read in {seconds:.1f} s"
        click.echo(f"{found.size} entries, {covered} of them under the newest checkpoint; {rate}.")
        for rollback in found.rollbacks:
            click.echo(rollback.sentence)
    if found.fault is not None:
        raise click.ClickException(found.fault.sentence)
    if not as_json:
        click.echo("The trail is what it was.")
