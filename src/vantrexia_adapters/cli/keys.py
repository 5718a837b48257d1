"""``vantrexia keys``: the key ring, and our keys at eClinicalWorks."""

from typing import TYPE_CHECKING

import attrs
import click

from vantrexia_adapters.cli.console import opened, show_rows

if TYPE_CHECKING:
    from vantrexia_adapters.ecw import ClientKeyFile


@click.group()
def keys() -> None:
    """Keys: those of the key ring, and those by which we sign in at eClinicalWorks.

    \b
    Examples:
      vantrexia keys status
      vantrexia keys rotate token
      vantrexia keys ecw create
      vantrexia keys ecw show
    """


@keys.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """Show which keys the ring holds, since when, and which of them are in use. Never a key."""
    with opened() as service:
        rows = [
            {
                "scope": entry.name.scope,
                "purpose": entry.name.purpose,
                "version": entry.name.version,
                "state": entry.state.value,
                "created_at": entry.created_at.isoformat(),
            }
            for entry in service.ring.entries()
        ]
    show_rows(rows, as_json=as_json)


@keys.command("rotate")
@click.argument("purpose", type=click.Choice(["token"]))
def rotate_ring(purpose: str) -> None:
    """Begin a new key of the ring. PURPOSE is token: it signs all tokens from now on.

    Tokens signed before stay good until they expire; once the last of them has, nothing that the old key
    signs is believed. Running servers notice by themselves.

    \b
    Example:
      vantrexia keys rotate token
    """
    with opened() as service:
        version = service.ring.rotate_token_key()
    click.echo(f"The {purpose} key has version {version} now.")


@keys.command()
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
    with open_service(attrs.evolve(settings, key_wrapping=None)) as service:
        old = service.ring.rewrap(kek)
        click.echo(f"All keys are wrapped by {service.ring.kek} now.")
    click.echo(f"Set VANTREXIA_KEY_WRAPPING={target.value} wherever the service starts.")
    click.echo(f"The old key ring is {old}. It still opens everything: destroy it, and its backups,")
    click.echo("when the service has started with the new one.")


@keys.group()
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

    \b
    Example:
      vantrexia keys ecw create
    """
    file, path = _file()
    file.create()
    click.echo(f"{path} holds the key {file.signing().key_id}.")
    click.echo("Register it at eClinicalWorks by the address of /.well-known/jwks.json.")


@ecw.command()
def prepare() -> None:
    """Publish the next key; it signs from the next `rotate` on."""
    file, _ = _file()
    file.prepare()
    click.echo("The next key is published. Rotate when eClinicalWorks has read it.")


@ecw.command()
def rotate() -> None:
    """Sign with the prepared key from now on; the old one stays published.

    Without a prepared key a fresh one is made, which eClinicalWorks may not know at once. Running servers
    notice by themselves.
    """
    file, _ = _file()
    file.rotate()
    click.echo(f"The key {file.signing().key_id} signs now.")


@ecw.command()
def retire() -> None:
    """Withdraw the old keys: they are published no longer."""
    file, _ = _file()
    retired = file.retire()
    click.echo(f"Retired: {retired}.")


@ecw.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, as_json: bool) -> None:
    """Show the names of the keys and what each is for."""
    file, _ = _file()
    show_rows([{"key": name, "use": use.value} for name, use in file.uses()], as_json=as_json)


def _file() -> "tuple[ClientKeyFile, str]":
    from vantrexia_adapters.assembly import client_keys
    from vantrexia_adapters.settings import load

    settings = load()
    return client_keys(settings), str(settings.ecw_keys_path)
