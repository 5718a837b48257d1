"""``vantrexia backup`` and ``vantrexia restore``."""

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from vantrexia_adapters.cli.console import console_actor, console_origin, counting, opened
from vantrexia_core.audit import RollbackReason, end_backup, start_backup

if TYPE_CHECKING:
    from vantrexia_adapters.backups import Contents
    from vantrexia_adapters.crypto import BackupKey

_KEY_FILE = click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The backup key. Default: VANTREXIA_BACKUP_KEY_FILE.",
)


@click.command(short_help="Write all that is stored to FILE, while the service goes on.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_KEY_FILE
@click.option("--without-keys", is_flag=True, help="Leave the key ring out: it is kept on another way.")
@click.option(
    "--verify", "is_verified", is_flag=True, help="Write nothing: read FILE and tell whether it is whole."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(
    file: Path, key_file: Path | None, *, without_keys: bool, is_verified: bool, as_json: bool
) -> None:
    """Write all that is stored to FILE, sealed, while the service goes on working.

    It holds everything of one moment: records, accounts, the audit trail with its checkpoints, and the key
    ring that opens them. Left out are sessions, links of letters and caches. It is sealed under the backup
    key, and read again before it gets its name. What is cut off leaves no FILE.

    The backup key opens all of it, unless a key service wraps the key ring. Keep it where the backups
    are not.

    \b
    Examples:
      vantrexia keys create-backup-key /secure/backup.key
      vantrexia backup --key-file /secure/backup.key /backups/2026-11-22.backup
      vantrexia backup --key-file /secure/backup.key --verify /backups/2026-11-22.backup
    """
    from vantrexia_adapters.backups import bytes_of, read_backup, write_backup

    key = _key(key_file)
    if is_verified:
        with counting("Read", bytes_of(file)) as step:
            contents = read_backup(file, key, progress=step)
    else:
        with opened() as service:
            actor = console_actor(service)
            actors = [attrs.evolve(actor, practice_id=practice) for practice in service.ring.practices()]
            for one in actors or [actor]:
                start_backup(service.desk, one)
            now = service.desk.clock.now()
            # So that the trail in it is signed for up to this backup's own entry.
            service.trail.publish(is_patient=True)
            contents = write_backup(
                file,
                key,
                service.backup_sources,
                at=now,
                software=_software(),
                is_with_keys=not without_keys,
                progress=counting,
            )
            for one in actors or [actor]:
                end_backup(service.desk, one, contents.trail.size)
    _report(file, contents, as_json=as_json)
    fault = contents.fault(contents.verifiers)
    if fault is not None:
        message = f"The backup is whole, and the audit trail in it is not what it was: {fault}"
        raise click.ClickException(message)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_KEY_FILE
@click.option(
    "--accept-rollback",
    "reason",
    type=click.Choice([reason.value for reason in RollbackReason]),
    help="Give up what is newer than the backup, for this reason. The audit trail keeps it.",
)
@click.option(
    "--checkpoint",
    "notes",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that lies elsewhere, with an auditor for instance. Can be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore(
    file: Path, key_file: Path | None, reason: str | None, notes: tuple[Path, ...], *, as_json: bool
) -> None:
    """Fill an empty database from the backup FILE.

    The whole of FILE is checked before anything is changed. Then everything is restored or nothing; if the
    command is cut off, run it again. The database may be of the other kind than the one that was backed up.
    A key ring that is here already stays, so what was destroyed in it stays destroyed; a backup whose rows
    need such a key is refused. Without one, the backup's own is put in its place, with keys that were
    destroyed after the backup.

    A backup that is older than a signed checkpoint undoes what came after it, and is refused unless
    --accept-rollback says why. The audit trail then begins with an entry that says what was given up, and for
    what reason. All sessions end.

    \b
    Examples:
      VANTREXIA_DATA_DIR=/srv/new vantrexia restore --key-file backup.key 2026-11-22.backup
      vantrexia restore --key-file backup.key --accept-rollback data_lost 2026-11-22.backup
    """
    from vantrexia_adapters.assembly import restore_place
    from vantrexia_adapters.backups import restore_backup
    from vantrexia_adapters.settings import load
    from vantrexia_adapters.system import RandomIds, SystemClock

    key = _key(key_file)
    with restore_place(load()) as place:
        found = restore_backup(
            file,
            key,
            place,
            clock=SystemClock(),
            ids=RandomIds(),
            origin=console_origin(),
            kept=[note.read_bytes() for note in notes],
            reason=None if reason is None else RollbackReason(reason),
            progress=counting,
        )
    fault = found.inspection.fault
    if as_json:
        content = _content(file, found.contents) | {
            "given_up": None if found.lost is None else found.lost.size,
            "off_boarded": [str(practice_id) for practice_id in found.off_boarded],
            "keys_restored": found.are_keys_restored,
            "fault": None if fault is None else fault.sentence,
        }
        click.echo(json.dumps(content))
    else:
        click.echo(f"Restored: {_sentence(found.contents)}")
        if found.lost is not None:
            click.echo(
                f"Entries {found.contents.trail.size + 1} to {found.lost.size} of the audit trail are given "
                "up, and all that they tell of:"
            )
            click.echo(
                "accounts that were closed since are open again, clients that were revoked are let in, second"
            )
            click.echo("factors are those of then, and backup codes that were used work once more.")
            click.echo("Look at them before the service starts: vantrexia users list, vantrexia clients list")
        elif not notes:
            click.echo(
                "No checkpoint that is newer than the backup is known here. If an auditor has one, compare:"
            )
            click.echo("vantrexia audit verify --checkpoint FILE")
        if found.are_keys_restored:
            click.echo(
                "There was no key ring here, so it is the backup's own: what was destroyed in it after the"
            )
            click.echo("backup is there again. If anything was, destroy it again: vantrexia keys status")
            click.echo(
                "The signing key is the backup's too. If it was stolen: vantrexia keys rotate token --at-once"
            )
        for practice_id in found.off_boarded:
            click.echo(f"The keys of practice {practice_id} were destroyed: nobody can read what it stored.")
    if fault is not None:
        message = f"Everything was restored, and the audit trail does not verify: {fault.sentence}"
        raise click.ClickException(message)


def _key(key_file: Path | None) -> "BackupKey":
    from vantrexia_adapters.crypto import BackupKey
    from vantrexia_adapters.settings import load

    path = key_file or load().backup_key_file
    if path is None:
        message = (
            "Say where the backup key is: --key-file, or VANTREXIA_BACKUP_KEY_FILE. "
            "Make one with: vantrexia keys create-backup-key FILE"
        )
        raise click.UsageError(message)
    return BackupKey.read(path)


def _software() -> str:
    try:
        return version("vantrexia")
    except PackageNotFoundError:
        # Run from its sources.
        return "unknown"


def _report(file: Path, contents: "Contents", *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_content(file, contents)))
        return
    click.echo(f"{file}: {_sentence(contents)}")
    if not contents.has_keys:
        click.echo(
            "It holds no key ring: keep that on another way, for without it this backup opens nothing."
        )


def _sentence(contents: "Contents") -> str:
    tables = contents.end.tables
    patients = tables["patient"].rows if "patient" in tables else 0
    return (
        f"{sum(one.rows for one in tables.values())} rows of {len(tables)} tables as of "
        f"{contents.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC, {patients} patients, "
        f"{contents.trail.size} entries of the audit trail."
    )


def _content(file: Path, contents: "Contents") -> dict[str, object]:
    return {
        "file": str(file),
        "made_at": contents.manifest.made_at.isoformat(),
        "software": contents.manifest.software,
        "revision": contents.manifest.outline.revision,
        "with_keys": contents.has_keys,
        "rows": {name: one.rows for name, one in contents.end.tables.items()},
        "trail": {"size": contents.trail.size, "root": contents.trail.root.hex()},
    }
