"""``vantrexia users``: staff accounts."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

import attrs
import click

from vantrexia_adapters.cli.console import ask_hidden, console_actor, opened, show_rows
from vantrexia_core.identity import (
    NewPassword,
    NewUser,
    User,
    change_user,
    create_user,
    end_sessions,
    list_users,
    set_password,
    unlock_user,
)
from vantrexia_core.kernel import (
    Email,
    InvalidError,
    InvalidValueError,
    NamePart,
    NotFoundError,
    PatientId,
    PersonName,
    Role,
)

V = TypeVar("V")

_ROLES = click.Choice([role.value for role in Role])
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_PASSWORD_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of a prompt."
)


@click.group(short_help="Staff accounts: create, list, change, close, set passwords.")
def users() -> None:
    """Staff accounts: create, list, change roles, close, set passwords.

    \b
    Examples:
      vantrexia users create --email ann@practice.org --first-name Ann --last-name Lee --role provider
      vantrexia users list --json
      vantrexia users set-role ann@practice.org clinical_manager
    """


@users.command()
@click.option("--email", required=True, help="The address the person signs in with.")
@click.option("--first-name", required=True)
@click.option("--last-name", required=True)
@click.option("--role", type=_ROLES, required=True)
@click.option("--patient-id", type=click.UUID, help="The linked record; required for the role patient.")
@_PASSWORD_STDIN
def create(
    *, email: str, first_name: str, last_name: str, role: str, patient_id: UUID | None, password_stdin: bool
) -> None:
    """Open an account. The password is asked for, never given as an argument.

    \b
    Example:
      pass show vantrexia/ann | vantrexia users create --email ann@practice.org \\
        --first-name Ann --last-name Lee --role nurse --password-stdin
    """
    if (Role(role) is Role.PATIENT) != (patient_id is not None):
        message = "--patient-id goes with --role patient, and only with it."
        raise click.UsageError(message)
    name = PersonName(
        _value("--first-name", NamePart, first_name), _value("--last-name", NamePart, last_name)
    )
    new = NewUser(
        email=_value("--email", Email, email),
        name=name,
        role=Role(role),
        patient_id=None if patient_id is None else PatientId(patient_id),
    )
    password = _password(from_stdin=password_stdin)
    with opened(may_found=True) as service:
        user = create_user(service.desk, console_actor(service), new, password)
    click.echo(f"Account {user.id} can sign in now.")


@users.command("list")
@_JSON
def list_(*, as_json: bool) -> None:
    """Show all accounts of the practice.

    \b
    Example:
      vantrexia users list --json
    """
    with opened() as service:
        found = list_users(service.desk, console_actor(service))
    show_rows([_row(user) for user in found], as_json=as_json)


@users.command("set-role")
@click.argument("user")
@click.argument("role", type=_ROLES)
def set_role(user: str, role: str) -> None:
    """Give an account another role. USER is an id or an e-mail address.

    \b
    Example:
      vantrexia users set-role ann@practice.org clinical_manager
    """
    with opened() as service:
        actor = console_actor(service)
        account = _find(list_users(service.desk, actor), user)
        change_user(service.desk, actor, account.id, role=Role(role))
    click.echo(f"Account {account.id} is {role} now; its sessions have ended.")


@users.command()
@click.argument("user")
def deactivate(user: str) -> None:
    """Close an account: it can neither sign in nor go on. USER is an id or an e-mail address.

    \b
    Example:
      vantrexia users deactivate ann@practice.org
    """
    with opened() as service:
        actor = console_actor(service)
        account = _find(list_users(service.desk, actor), user)
        change_user(service.desk, actor, account.id, is_active=False)
    click.echo(f"Account {account.id} is closed.")


@users.command()
@click.argument("user")
def activate(user: str) -> None:
    """Open a closed account again. USER is an id or an e-mail address.

    \b
    Example:
      vantrexia users activate ann@practice.org
    """
    with opened() as service:
        actor = console_actor(service)
        account = _find(list_users(service.desk, actor), user)
        change_user(service.desk, actor, account.id, is_active=True)
    click.echo(f"Account {account.id} is open.")


@users.command(short_help="Forget an account's failed sign-ins and its lock.")
@click.argument("user")
def unlock(user: str) -> None:
    """Forget an account's failed sign-ins, and with them its lock. USER is an id or an e-mail address.

    \b
    Example:
      vantrexia users unlock ann@practice.org
    """
    with opened() as service:
        actor = console_actor(service)
        account = _find(list_users(service.desk, actor), user)
        unlock_user(service.desk, actor, account.id)
    click.echo(f"Account {account.id} can try again.")


@users.command("sign-out")
@click.argument("user", required=False)
@click.option("--all", "is_all", is_flag=True, help="Everybody, in every practice.")
def sign_out(user: str | None, *, is_all: bool) -> None:
    """End an account's sessions on the next request. USER is an id or an e-mail address.

    With --all everybody's, after a signing key was stolen say: they sign in again with their passwords.

    \b
    Examples:
      vantrexia users sign-out ann@practice.org
      vantrexia users sign-out --all
    """
    if is_all is (user is not None):
        message = "Name an account, or give --all."
        raise click.UsageError(message)
    with opened() as service:
        actor = console_actor(service)
        if user is None:
            actors = [attrs.evolve(actor, practice_id=one) for one in service.ring.practices()]
            ended = sum(end_sessions(service.desk, one) for one in actors)
        else:
            ended = end_sessions(service.desk, actor, _find(list_users(service.desk, actor), user).id)
    click.echo(f"Sessions ended: {ended}.")


@users.command("reset-password")
@click.argument("user")
@_PASSWORD_STDIN
def reset_password(user: str, *, password_stdin: bool) -> None:
    """Set a new password for an account. USER is an id or an e-mail address.

    \b
    Example:
      vantrexia users reset-password ann@practice.org
    """
    password = _password(from_stdin=password_stdin)
    with opened() as service:
        actor = console_actor(service)
        account = _find(list_users(service.desk, actor), user)
        set_password(service.desk, actor, account.id, password)
    click.echo(f"Account {account.id} has its new password; its sessions have ended.")


def _password(*, from_stdin: bool) -> NewPassword:
    return _value("password", NewPassword, ask_hidden("Password", from_stdin=from_stdin))


def _value(name: str, kind: Callable[[str], V], text: str) -> V:
    try:
        return kind(text)
    except InvalidValueError as invalid:
        raise InvalidError.on(name, str(invalid)) from None


def _find(accounts: Iterable[User], user: str) -> User:
    for account in accounts:
        if str(account.id) == user or account.email.reveal().casefold() == user.casefold():
            return account
    message = "No such account in this practice. `vantrexia users list` shows them."
    raise NotFoundError(message)


def _row(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email.reveal(),
        "first_name": user.name.first.reveal(),
        "last_name": user.name.last.reveal(),
        "role": user.role.value,
        "is_active": user.is_active,
    }
