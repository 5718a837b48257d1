"""``vantrexia clients``: programs of other systems that act for the practice by themselves."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vantrexia_adapters.cli.console import console_actor, opened, show_rows
from vantrexia_adapters.smart import token_url
from vantrexia_core.identity import (
    ClientDesk,
    ClientKeys,
    ClientName,
    MachineClient,
    NewClient,
    Scopes,
    change_client_keys,
    change_client_scopes,
    list_clients,
    register_client,
    revoke_client,
)
from vantrexia_core.kernel import InvalidError, InvalidValueError, NotFoundError

if TYPE_CHECKING:
    from vantrexia_adapters.assembly import Service

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_SCOPE = click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    help="What it may do, such as system/Patient.rs. Can be given more than once.",
)
_JWKS = click.option(
    "--jwks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the client's public keys, a JWK Set.",
)
_JWKS_URL = click.option("--jwks-url", help="The https URL of its public keys, a JWK Set.")


@click.group(short_help="Machine clients: programs that sign in by a key of their own.")
def clients() -> None:
    """Machine clients: programs that sign in by themselves with a key of their own (SMART Backend Services).

    A CLIENT is named by its id or its name.

    \b
    Examples:
      vantrexia clients register "Billing warehouse" --jwks keys.json --scope system/Patient.rs
      vantrexia clients list
      vantrexia clients rotate-keys "Billing warehouse" --jwks new-keys.json
      vantrexia clients revoke "Billing warehouse"
    """


@clients.command()
@click.argument("name")
@_JWKS
@_JWKS_URL
@_SCOPE
@_JSON
def register(
    name: str, *, jwks: Path | None, jwks_url: str | None, scopes: tuple[str, ...], as_json: bool
) -> None:
    """Register a client. Nothing that is printed is a secret: what proves the client is its private key.

    Keys are RSA of 2048 bits or more, or EC on P-384. With --jwks-url the client can replace its keys by
    itself.

    \b
    Examples:
      vantrexia clients register "Billing warehouse" --jwks keys.json --scope system/Patient.rs
      vantrexia clients register Registry --jwks-url https://registry.example/jwks.json \\
        --scope system/Patient.cruds --scope system/AuditEvent.rs
    """
    with opened() as service:
        new = NewClient(_name(name), _scopes(scopes), _keys(service.desk, jwks, jwks_url))
        client = register_client(service.desk, console_actor(service), new)
        row = _row(client) | {"token_url": _token_url(service)}
    if as_json:
        show_rows([row], as_json=True)
        return
    click.echo(f"Client {client.name} is registered. Give its operators these two:")
    click.echo(f"  client id     {client.id}")
    click.echo(f"  token URL     {row['token_url']}")


@clients.command("list")
@_JSON
def list_(*, as_json: bool) -> None:
    """Show all clients of the practice, revoked ones too.

    \b
    Example:
      vantrexia clients list --json
    """
    with opened() as service:
        found = list_clients(service.desk, console_actor(service))
    show_rows([_row(client) for client in found], as_json=as_json)


@clients.command()
@click.argument("client")
@_JSON
def show(client: str, *, as_json: bool) -> None:
    """Show a client with its public keys.

    \b
    Example:
      vantrexia clients show "Billing warehouse"
    """
    with opened() as service:
        found = _find(list_clients(service.desk, console_actor(service)), client)
        row = _row(found) | {
            "number": found.number,
            "created_at": found.created_at.isoformat(),
            "revoked_at": None if found.revoked_at is None else found.revoked_at.isoformat(),
            "jwks": found.keys.jwks,
            "jwks_url": found.keys.jwks_url,
            "token_url": _token_url(service),
        }
    if as_json:
        show_rows([row], as_json=True)
        return
    for title, value in row.items():
        click.echo(f"{title:<12}{'-' if value is None else value}")


@clients.command(short_help="Look for a client's public keys as a sign-in does.")
@click.argument("client")
def check(client: str) -> None:
    """Look for a client's public keys as a sign-in does, and say what is found: a name and an algorithm each.

    A set behind a URL is fetched from this machine, now.

    \b
    Example:
      vantrexia clients check Registry
    """
    with opened() as service:
        found = _find(list_clients(service.desk, console_actor(service)), client)
        try:
            keys = service.desk.proofs.found(found.keys)
        except InvalidValueError as unavailable:
            message = f"The keys of client {found.name} cannot be had: {unavailable}."
            raise click.ClickException(message) from None
    click.echo("\n".join(keys))


@clients.command("rotate-keys")
@click.argument("client")
@_JWKS
@_JWKS_URL
def rotate_keys(client: str, *, jwks: Path | None, jwks_url: str | None) -> None:
    """Put other keys in the place of a client's. Its tokens end; it goes on with its new keys.

    To let the client change over in its own time, register a set with the old and the new key first, and
    one with the new key alone when it has.

    \b
    Example:
      vantrexia clients rotate-keys "Billing warehouse" --jwks both-keys.json
    """
    with opened() as service:
        actor, keys = console_actor(service), _keys(service.desk, jwks, jwks_url)
        found = _find(list_clients(service.desk, actor), client)
        change_client_keys(service.desk, actor, found.id, keys)
    click.echo(f"Client {found.name} has its new keys; its tokens have ended.")


@clients.command("set-scopes")
@click.argument("client")
@_SCOPE
def set_scopes(client: str, *, scopes: tuple[str, ...]) -> None:
    """Let a client have these scopes and no others. Its tokens end.

    \b
    Example:
      vantrexia clients set-scopes "Billing warehouse" --scope system/Patient.rs
    """
    with opened() as service:
        actor, allowed = console_actor(service), _scopes(scopes)
        found = _find(list_clients(service.desk, actor), client)
        change_client_scopes(service.desk, actor, found.id, allowed)
    click.echo(f"Client {found.name} may have {allowed.text} now; its tokens have ended.")


@clients.command()
@click.argument("client")
def revoke(client: str) -> None:
    """Let a client in no more, for good. Its tokens are worth nothing from now on.

    \b
    Example:
      vantrexia clients revoke "Billing warehouse"
    """
    with opened() as service:
        actor = console_actor(service)
        found = _find(list_clients(service.desk, actor), client)
        revoke_client(service.desk, actor, found.id)
    click.echo(f"Client {found.name} is revoked.")


def _name(text: str) -> ClientName:
    try:
        return ClientName(text)
    except InvalidValueError as invalid:
        raise InvalidError.on("NAME", str(invalid)) from None


def _scopes(given: Iterable[str]) -> Scopes:
    try:
        return Scopes.known(" ".join(given))
    except InvalidValueError as invalid:
        raise InvalidError.on("--scope", str(invalid)) from None


def _keys(desk: ClientDesk, jwks: Path | None, jwks_url: str | None) -> ClientKeys:
    if (jwks is None) is (jwks_url is None):
        message = "Give either --jwks FILE or --jwks-url URL."
        raise click.UsageError(message)
    try:
        if jwks is None:
            return ClientKeys(jwks_url=desk.proofs.admitted_url(jwks_url or ""))
        return ClientKeys(jwks=desk.proofs.admitted_jwks(jwks.read_text(encoding="utf-8")))
    except InvalidValueError as invalid:
        raise InvalidError.on("--jwks" if jwks else "--jwks-url", str(invalid)) from None
    except (OSError, UnicodeDecodeError):
        message = "The file cannot be read as text in UTF-8."
        raise InvalidError.on("--jwks", message) from None


def _find(registered: Iterable[MachineClient], client: str) -> MachineClient:
    for one in registered:
        if client in {str(one.id), one.name}:
            return one
    message = "No such client in this practice. `vantrexia clients list` shows them."
    raise NotFoundError(message)


def _row(client: MachineClient) -> dict[str, object]:
    return {
        "client_id": str(client.id),
        "name": str(client.name),
        "status": client.status.value if client.is_genuine else "forged",
        "scopes": client.scopes.text,
    }


def _token_url(service: "Service") -> str:
    return token_url(service.settings.public_url)
