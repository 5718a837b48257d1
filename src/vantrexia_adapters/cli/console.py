"""What the commands share: who acts at a console, and how rows and long work are shown."""

import getpass
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from vantrexia_core.identity import operator
from vantrexia_core.kernel import Actor, Origin

if TYPE_CHECKING:
    from vantrexia_adapters.assembly import Service
    from vantrexia_adapters.settings import Settings

T = TypeVar("T")

_PLAIN_STEPS = 10
_STEP_SECONDS = 2.0


def console_actor(service: "Service") -> Actor:
    """Whoever runs a command holds the database and the keys; the trail names the account on this machine."""
    return operator(service.practice_id, console_origin())


def console_origin() -> Origin:
    """Where a command comes from."""
    # The trail takes no free text; an account of a directory service may be named like an e-mail address.
    login = re.sub(r"[^0-9A-Za-z._-]", "_", _account())
    return Origin(address=f"console:{login}"[:64])


@contextmanager
def opened(*, may_found: bool = False) -> Iterator["Service"]:
    """The service that the settings describe, closed afterwards.

    A command that was started in the wrong folder must not found a practice there: only those that people
    begin with may.
    """
    # Imported here: `vantrexia users --help` should not wait for the database library.
    from vantrexia_adapters.assembly import open_service
    from vantrexia_adapters.settings import load

    settings = load()
    with beginning(settings) if may_found else open_service(settings, may_found=False) as service:
        yield service


@contextmanager
def beginning(settings: "Settings") -> Iterator["Service"]:
    """The service, with a word about it if its practice is a new one: the folder may be the wrong one."""
    from vantrexia_adapters.assembly import has_practice, open_service

    is_new = not has_practice(settings)
    with open_service(settings) as service:
        if is_new:
            where = settings.data_dir.absolute() if settings.is_embedded else "the database"
            click.echo(f"A new practice was begun in {where}.", err=True)
        yield service


def ask_hidden(what: str, *, from_stdin: bool) -> str:
    """A new secret, typed twice at a terminal that does not show it.

    ``from_stdin`` takes the first line of standard input. So does a process that has no terminal at all; a
    second line is then the repetition.
    """
    if sys.stdin.isatty() or not (from_stdin or _is_without_terminal()):
        typed: str = click.prompt(what, hide_input=True, confirmation_prompt=True, err=True)
        return typed
    line = sys.stdin.readline().rstrip("\r\n")
    if not from_stdin and sys.stdin.readline().rstrip("\r\n") not in {"", line}:
        message = "The two lines are not the same."
        raise click.ClickException(message)
    return line


def show_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Print rows for people (aligned columns) or for machines (a JSON array)."""
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
        return
    if not rows:
        click.echo("none")
        return
    titles = list(rows[0])
    cells = [titles, *([_shown(row[title]) for title in titles] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(titles))]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def with_progress(items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
    """Yield the items with a progress bar on a terminal, and with plain lines elsewhere."""
    if sys.stderr.isatty():
        with click.progressbar(items, length=total, label=label, file=sys.stderr) as bar:
            yield from bar
        return
    began = time.perf_counter()
    step = max(1, total // _PLAIN_STEPS)
    for done, item in enumerate(items, start=1):
        yield item
        if done % step == 0 or done == total:
            click.echo(f"{label}: {done} of {total} ({time.perf_counter() - began:.1f} s)", err=True)


@contextmanager
def counting(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Tell how much is done: a bar on a terminal, now and then a line elsewhere."""
    if sys.stderr.isatty():
        with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
            yield bar.update
        return
    done, told = 0, time.perf_counter()

    def count(more: int) -> None:
        nonlocal done, told
        done += more
        if time.perf_counter() - told >= _STEP_SECONDS:
            told = time.perf_counter()
            click.echo(f"{label}: {done} of {total}", err=True)

    yield count


def _is_without_terminal() -> bool:
    """Whether there is none to ask at. One may be there although standard input comes from a file."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return True
    return False


def _account() -> str:
    """Whose process this is: asked of the system, for the environment says what anybody writes into it."""
    try:
        import pwd  # not there on Windows
    except ImportError:
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
