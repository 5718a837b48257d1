"""``vantrexia keys``: the key ring, and our keys at eClinicalWorks."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import attrs
import click

from vantrexia_adapters.cli.console import console_actor, opened, show_rows, with_progress
from vantrexia_core.kernel import Actor, PracticeId
from vantrexia_core.protection import (
    DEPLOYMENT_ONLY,
    Purpose,
    Statement,
    destroy_key,
    destroy_practice,
    prepare_key,
    record_rewrapping,
    retire_key,
    rotate_key,
    rotate_token_key_at_once,
    start_reencryption,
    state_needs,
)

if TYPE_CHECKING:
    from vantrexia_adapters.assembly import Service
    from vantrexia_adapters.custody import RingCustody
    from vantrexia_adapters.ecw import ClientKeyFile


@click.group(short_help="Keys of the key ring, and those we have at eClinicalWorks.")
def keys() -> None:
    """Keys: those of the key ring, and those by which we sign in at eClinicalWorks.

    \b
    Examples:
      vantrexia keys status
      vantrexia keys rotate field
      vantrexia keys reencrypt field
      vantrexia keys ecw create
      vantrexia keys ecw show
    """


_ROTATED = click.Choice([purpose.value for purpose in Purpose if purpose is not Purpose.ACCOUNT])
_PREPARED = click.Choice([Purpose.FIELD.value, Purpose.DIRECTORY.value])
_RESTING = click.Choice([Purpose.FIELD.value, Purpose.INDEX.value, Purpose.DIRECTORY.value])

_F = TypeVar("_F", bound=Callable[..., Any])


def _of_practices(command: _F) -> _F:
    """The options that say whose keys are meant."""
    command = click.option(
        "--practice", type=click.UUID, help="Whose keys, by its id. Default: the home practice's."
    )(command)
    return click.option("--all", "is_all", is_flag=True, help="Every practice's, one after the other.")(
        command
    )


@keys.command(short_help="Show which keys the ring holds. Never a key.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """Show which keys the ring holds, since when, and which of them are in use. Never a key.

    \b
    Examples:
      vantrexia keys status
      vantrexia keys status --json
    """
    with opened() as service:
        rows = [
            {
                "scope": entry.name.scope,
                "purpose": entry.name.purpose,
                "version": entry.name.version,
                "state": entry.state.value,
                "created_at": entry.created_at.isoformat(),
                "ended_at": None if entry.ended_at is None else entry.ended_at.isoformat(),
            }
            for entry in service.ring.entries()
        ]
    show_rows(rows, as_json=as_json)


@keys.command("prepare", short_help="Publish the next version of a key before it seals.")
@click.argument("purpose", type=_PREPARED)
@_of_practices
def prepare_ring(purpose: str, practice: UUID | None, *, is_all: bool) -> None:
    """Publish the next version of a key, which seals from the next `rotate` on.

    For servers that see the key ring file late, or whose key service is slow: every one of them can open the
    version before anything is sealed under it.

    \b
    Example:
      vantrexia keys prepare field
      vantrexia keys rotate field
    """
    with opened() as service:
        for actor, custody in _custodies(service, practice, is_all=is_all):
            version = prepare_key(service.desk, actor, custody, Purpose(purpose))
            click.echo(f"The {_named(purpose, version, actor)} is published. It seals nothing yet.")


@keys.command("rotate")
@click.argument("purpose", type=_ROTATED)
@click.option("--at-once", is_flag=True, help="token only: believe nothing that the old key has signed.")
@_of_practices
def rotate_ring(purpose: str, practice: UUID | None, *, is_all: bool, at_once: bool) -> None:
    """Begin a new key of the ring. PURPOSE is what it is for.

    \b
    field      seals the fields of records. What is stored stays readable; seal it anew with `reencrypt`.
    index      finds unique values: MRNs and external ids. Look-ups and uniqueness hold over both keys until
               `reencrypt` is done.
    directory  seals snapshots of directories.
    token      signs all tokens. Those signed before stay good until they expire, or with --at-once are
               worth nothing within a second: for a key that was stolen. Everybody signs in again.
    checkpoint signs the state of the audit trail. Give the new public key to whoever verifies it.

    Running servers use the new key within a second, without a restart. The account key is for good: no stored
    account would be genuine under another one.

    \b
    Examples:
      vantrexia keys rotate token
      vantrexia keys rotate token --at-once
      vantrexia keys rotate field
      vantrexia keys rotate field --all
    """
    if at_once and Purpose(purpose) is not Purpose.TOKEN:
        message = "--at-once goes with token: what other keys have sealed must still open."
        raise click.UsageError(message)
    with opened() as service:
        for actor, custody in _custodies(service, practice, is_all=is_all):
            version = (
                rotate_token_key_at_once(service.desk, actor, custody)
                if at_once
                else rotate_key(service.desk, actor, custody, Purpose(purpose))
            )
            click.echo(f"The {_named(purpose, version, actor)} is in use now.")


@keys.command(short_help="Seal everything anew, while the service runs.")
@click.argument("purpose", type=_RESTING)
@_of_practices
@click.option(
    "--at-most",
    type=click.IntRange(1),
    metavar="ROWS",
    help="Rows a second, for a database that others need more. Default: as fast as it goes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the statement as JSON.")
def reencrypt(
    purpose: str, practice: UUID | None, *, is_all: bool, at_most: int | None, as_json: bool
) -> None:
    """Seal everything that is stored under the newest key, while the service runs.

    Goes in batches of some hundred rows and may be stopped and repeated at any time: it goes on where it
    stood. Nothing but envelopes changes. It ends with a statement, which is on the audit trail too, of what
    still needs an older key; the status is 1 if anything does.

    \b
    Examples:
      vantrexia keys reencrypt field
      vantrexia keys reencrypt field --at-most 500
      vantrexia keys reencrypt field --all --json
    """
    statements = []
    with opened() as service:
        for actor, custody in _custodies(service, practice, is_all=is_all):
            before = start_reencryption(service.desk, actor, custody, Purpose(purpose))
            rows = sum(need.rows for need in before.needs)
            for _ in with_progress(
                (None for done in _paced(custody.reencrypt(Purpose(purpose)), at_most) for _ in range(done)),
                total=rows,
                label=f"Sealing under {purpose} key {before.active}",
            ):
                pass
            statement = state_needs(service.desk, actor, custody, Purpose(purpose))
            statements.append(_said(statement, actor))
            if not as_json:
                click.echo(_sentence(statement, actor))
                if gone := _destroyed_needs(service, statement, actor):
                    click.echo(gone)
    if as_json:
        show_rows(statements, as_json=True)
    if any(statement["needs"] for statement in statements):
        raise SystemExit(1)


@keys.command("retire")
@click.argument("purpose", type=_RESTING)
@click.argument("version", type=click.IntRange(1))
@_of_practices
def retire_ring(purpose: str, version: int, practice: UUID | None, *, is_all: bool) -> None:
    """Let no process seal under an older VERSION any more. Refused while anything stored needs it.

    \b
    Example:
      vantrexia keys retire field 1
    """
    with opened() as service:
        for actor, custody in _custodies(service, practice, is_all=is_all):
            retire_key(service.desk, actor, custody, Purpose(purpose), version)
            click.echo(
                f"The {_named(purpose, version, actor)} is retired. It can be destroyed in three minutes."
            )
    click.echo("Backups of the database from before open by it alone: keep it as long as you keep them.")


@keys.command()
@click.argument("purpose", type=_RESTING)
@click.argument("version", type=click.IntRange(1))
@_of_practices
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(purpose: str, version: int, practice: UUID | None, *, is_all: bool, yes: bool) -> None:
    """Remove a retired VERSION from the key ring for good. Refused while anything stored needs it.

    Backups of the database from before its records were sealed anew do not open without it.

    \b
    Example:
      vantrexia keys destroy field 1
    """
    if not yes:
        click.confirm(
            f"Backups that were made while {purpose} key {version} sealed cannot be read afterwards. Go on?",
            abort=True,
        )
    with opened() as service:
        for actor, custody in _custodies(service, practice, is_all=is_all):
            destroy_key(service.desk, actor, custody, Purpose(purpose), version)
            click.echo(f"The {_named(purpose, version, actor)} is destroyed.")
        path = service.ring.path
    click.echo(f"Copies of {path} from before still hold it: destroy those as well.")


@keys.command("destroy-practice", short_help="Make all of a PRACTICE that has left unreadable.")
@click.argument("practice", type=click.UUID)
@click.option("--confirm", metavar="PRACTICE", help="The practice's id once more, instead of being asked.")
def destroy_practice_keys(practice: UUID, confirm: str | None) -> None:
    """Make everything that a PRACTICE has stored unreadable for good, when it has left.

    Its keys are removed from the key ring. Its patients, accounts, imports and snapshots cannot be read again
    by anybody; its users are told so. Other practices go on. The audit trail is kept, readable and
    verifiable: nothing in it needs a key.

    Refused unless VANTREXIA_ALLOW_PRACTICE_DESTRUCTION=yes is set for this command.

    \b
    Example:
      VANTREXIA_ALLOW_PRACTICE_DESTRUCTION=yes vantrexia keys destroy-practice \\
          5f0c2a7e-91d4-4c7b-8a36-0d1e2f3a4b5c
    """
    with opened() as service:
        if not service.settings.allow_practice_destruction:
            message = "Nothing was done: set VANTREXIA_ALLOW_PRACTICE_DESTRUCTION=yes for this command alone."
            raise click.ClickException(message)
        ((actor, custody),) = _custodies(service, practice, is_all=False)
        typed = confirm or click.prompt(
            f"Everything of practice {practice} becomes unreadable for good. Type its id to go on", type=str
        )
        if typed.strip().lower() != str(practice):
            message = "That is not its id. Nothing was done."
            raise click.ClickException(message)
        count = destroy_practice(service.desk, actor, custody)
        path = service.ring.path
    click.echo(f"The {count} keys of practice {practice} are destroyed. Restart the servers: they forget its")
    click.echo("names then.")
    copies = [str(copy) for copy in sorted(path.parent.glob(f"{path.name}.*.old"))]
    click.echo(f"Every copy of {path} from before still opens its data, with a copy of the database. Destroy")
    click.echo(f"those too: {', '.join([*copies, 'your backups of the key ring'])}.")
    click.echo(
        "Backups that were taken with keys hold it as well: take one under a new backup key, then destroy"
    )
    click.echo("the old backup key. See `vantrexia backup --help`.")


def _paced(batches: Iterable[int], rows_a_second: int | None) -> Iterator[int]:
    """The batches, each followed by the rest of the time that its rows may take, if there is a limit."""
    began = time.monotonic()
    for rows in batches:
        yield rows
        if rows_a_second is not None:
            time.sleep(max(0.0, began + rows / rows_a_second - time.monotonic()))
            began = time.monotonic()


def _custodies(
    service: "Service", practice: UUID | None, *, is_all: bool
) -> Iterator[tuple[Actor, "RingCustody"]]:
    """Whoever acts, and the keys that are meant: one practice's or, one after the other, all of them."""
    if practice is not None and is_all:
        message = "--practice and --all exclude each other."
        raise click.UsageError(message)
    known = service.ring.practices()
    if practice is not None and practice not in known:
        message = f"There is no practice {practice} with keys. See: vantrexia keys status"
        raise click.UsageError(message)
    wanted = known if is_all else [service.practice_id if practice is None else PracticeId(practice)]
    actor = console_actor(service)
    for practice_id in wanted:
        yield attrs.evolve(actor, practice_id=practice_id), service.ring.custody(practice_id)


def _named(purpose: str, version: int, actor: Actor) -> str:
    whose = "the deployment" if Purpose(purpose) in DEPLOYMENT_ONLY else f"practice {actor.practice_id}"
    return f"{purpose} key {version} of {whose}"


def _said(statement: Statement, actor: Actor) -> dict[str, Any]:
    return {
        "practice": str(actor.practice_id),
        "purpose": statement.purpose.value,
        "active": statement.active,
        "at": statement.at.isoformat(),
        "needs": [attrs.asdict(need) for need in statement.needs],
    }


def _sentence(statement: Statement, actor: Actor) -> str:
    purpose, whose = statement.purpose.value, f"practice {actor.practice_id}"
    if statement.is_clear:
        return f"No row of {whose} needs a {purpose} key older than {statement.active}."
    needs = "; ".join(f"{need.rows} of {need.table} need key {need.version}" for need in statement.needs)
    return f"Rows of {whose} still need an older {purpose} key: {needs}. Repeat the command, or look at them."


def _destroyed_needs(service: "Service", statement: Statement, actor: Actor) -> str | None:
    """What to do about rows that no repetition can seal anew, if there are any."""
    purpose, scope = statement.purpose.value, str(actor.practice_id)
    destroyed = {
        entry.name.version
        for entry in service.ring.entries()
        if (entry.name.scope, entry.name.purpose, entry.state.value) == (scope, purpose, "destroyed")
    }
    versions = sorted({need.version for need in statement.needs} & destroyed)
    if not versions:
        return None
    return (
        f"Destroyed: {purpose} key {', '.join(map(str, versions))}. What it sealed cannot be read here any "
        "more. Restore a backup that was taken with keys, into an empty folder without a key ring."
    )


@keys.command(short_help="Wrap the key ring under another key.")
@click.option("--to", "wrapping", type=click.Choice(["file", "aws-kms", "transit"]), help="Where to.")
def rewrap(wrapping: str | None) -> None:
    """Wrap the key ring anew: under a fresh key in its file, or under a key of AWS KMS or Vault.

    Goes where VANTREXIA_KEY_WRAPPING says, or --to; the service is set up by VANTREXIA_KMS_… or
    VANTREXIA_TRANSIT_…. What is new is unwrapped and compared before it takes the old file's place. The old
    file stays beside it: destroy it, and its backups, once the service has started with the new one, for it
    opens everything that it opened. Running servers go on, and read the new one at their next start.

    \b
    Examples:
      vantrexia keys rewrap --to aws-kms
      vantrexia keys rewrap --to transit
      vantrexia keys rewrap --to file       also: a fresh key-encryption key in the file
    """
    from vantrexia_adapters.assembly import key_encryption_key, open_service
    from vantrexia_adapters.settings import KeyWrapping, load

    settings = load()
    target = settings.key_wrapping if wrapping is None else KeyWrapping(wrapping)
    if target is None:
        message = "Say where to: --to, or VANTREXIA_KEY_WRAPPING."
        raise click.UsageError(message)
    kek = key_encryption_key(attrs.evolve(settings, key_wrapping=target))
    with open_service(attrs.evolve(settings, key_wrapping=None), may_found=False) as service:
        old = service.ring.rewrap(kek)
        record_rewrapping(service.desk, console_actor(service))
        click.echo(f"All keys are wrapped by {service.ring.kek} now.")
    click.echo(f"Set VANTREXIA_KEY_WRAPPING={target.value} wherever the service starts.")
    click.echo(f"The old key ring is {old}. It still opens everything: destroy it, and its backups,")
    click.echo("when the service has started with the new one.")


@keys.command("create-backup-key", short_help="Make a backup key in a new FILE.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def create_backup_key(file: Path) -> None:
    """Make a backup key in a new FILE that only its owner can read.

    It opens the backups that are sealed under it, and nothing else. Keep copies of it where the backups are
    not, and not only on the machine that they are taken of: without it no backup opens. Destroy every copy of
    it, and every backup that it sealed is destroyed.

    \b
    Example:
      vantrexia keys create-backup-key /secure/backup-2026.key
    """
    from vantrexia_adapters.crypto import BackupKey

    key = BackupKey.create(file)
    click.echo(f"{file} holds the backup key {key.key_id.hex()}. Copy it to where your backups are not.")


@keys.group(short_help="Our keys at eClinicalWorks: show, make, replace.")
def ecw() -> None:
    """Our RSA keys at eClinicalWorks, published at /.well-known/jwks.json.

    To replace a key: prepare the next one, wait until eClinicalWorks has read it (a day is safe), rotate,
    and retire the old one some minutes later.

    \b
    Examples:
      vantrexia keys ecw create
      vantrexia keys ecw prepare
      vantrexia keys ecw rotate
      vantrexia keys ecw retire
    """


@ecw.command()
def create() -> None:
    """Make the first key, in a file that only its owner can read.

    There must be a practice to make it for, or settings that say which connection it is for: a server that is
    to begin with one wants its key first.

    \b
    Example:
      vantrexia keys ecw create
    """
    from vantrexia_adapters.assembly import check_founded
    from vantrexia_adapters.settings import EcwSource, load

    settings = load()
    if settings.ecw_source is not EcwSource.FHIR and settings.ecw_private_key_file is None:
        # Most likely the wrong folder: nobody would find the key again.
        check_founded(settings)
    file, path = _file()
    file.create()
    click.echo(f"{path} holds the key {file.signing().key_id}.")
    click.echo("Register it at eClinicalWorks by the address of /.well-known/jwks.json.")


@ecw.command()
def prepare() -> None:
    """Publish the next key; it signs from the next `rotate` on.

    \b
    Example:
      vantrexia keys ecw prepare
    """
    file, _ = _file()
    file.prepare()
    click.echo("The next key is published. Rotate when eClinicalWorks has read it.")


@ecw.command(short_help="Sign with the prepared key from now on.")
def rotate() -> None:
    """Sign with the prepared key from now on; the old one stays published.

    Without a prepared key a fresh one is made, which eClinicalWorks may not know at once. Running servers
    notice by themselves.

    \b
    Examples:
      vantrexia keys ecw prepare
      vantrexia keys ecw rotate
    """
    file, _ = _file()
    file.rotate()
    click.echo(f"The key {file.signing().key_id} signs now.")


@ecw.command()
def retire() -> None:
    """Withdraw the old keys: they are published no longer.

    \b
    Example:
      vantrexia keys ecw retire
    """
    file, _ = _file()
    retired = file.retire()
    click.echo(f"Retired: {retired}.")


@ecw.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, as_json: bool) -> None:
    """Show the names of the keys and what each is for.

    \b
    Example:
      vantrexia keys ecw show
    """
    file, _ = _file()
    show_rows([{"key": name, "use": use.value} for name, use in file.uses()], as_json=as_json)


def _file() -> "tuple[ClientKeyFile, str]":
    from vantrexia_adapters.assembly import client_keys
    from vantrexia_adapters.settings import load

    settings = load()
    return client_keys(settings), str(settings.ecw_keys_path)
