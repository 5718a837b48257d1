"""``vantrexia keys``: our keys at eClinicalWorks."""

from typing import TYPE_CHECKING

import click

from vantrexia_adapters.cli.console import show_rows

if TYPE_CHECKING:
    from vantrexia_adapters.ecw import ClientKeyFile


@click.group()
def keys() -> None:
    """Keys: those by which we sign in at eClinicalWorks.

    \b
    Examples:
      vantrexia keys ecw create
      vantrexia keys ecw show
    """


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
