"""Load JSON lines of synthetic patients into the database that the settings name, and open an account.

A line holds the fields of a create; `archived: true` archives the record; other keys are ignored. Every
line goes through the parser of the API and the use cases of the domain, each in a unit of work of its own
with its entry in the trail: a practice as the service itself would have filled it. A number that cannot be a
social security number is dropped and counted; any other fault refuses its line.

The account is a provider's. Its address is an option, its password comes from the environment or a prompt.

\b
Examples:
    export BENCH_PASSWORD='a long pass phrase'
    python bench/load.py patients.jsonl --email bench@practice.example
    VANTREXIA_DATABASE_URL=postgresql+psycopg://… python bench/load.py patients.jsonl --threads 4
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Final

import attrs
import click

from vantrexia_adapters.assembly import Service, StartRefusedError, open_service
from vantrexia_adapters.cli.console import console_actor, with_progress
from vantrexia_adapters.settings import SettingsError, load
from vantrexia_core.identity import EmailTakenError, NewPassword, NewUser, create_user
from vantrexia_core.kernel import (
    Actor,
    Email,
    InvalidError,
    NamePart,
    Origin,
    PersonName,
    Role,
    VantrexiaError,
)
from vantrexia_core.patients import NewPatient, Reason, archive_patient, register_patient
from vantrexia_web.wire.patients import Registration, parse_registration
from vantrexia_web.wire.request import Request

EMAIL: Final = "bench@practice.example"
REASON: Final = Reason("Patient discharged from RPM program - goals met")
LINES_AT_ONCE: Final = 1_000

_FIELDS: Final = frozenset(field.name for field in attrs.fields(Registration))
_JSON: Final = ((b"content-type", b"application/json"),)


class Note(Enum):
    """What is counted while loading."""

    LOADED = "loaded"
    ARCHIVED = "archived"
    SSN_DROPPED = "impossible SSN dropped"
    REFUSED = "line refused"


@click.command(help=__doc__)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--email", envvar="BENCH_EMAIL", default=EMAIL, show_default=True, help="The account's address."
)
@click.option("--threads", type=click.IntRange(1, 16), default=4, show_default=True)
@click.password_option(envvar="BENCH_PASSWORD", help="Taken from BENCH_PASSWORD, or asked for.")
def main(*, file: Path, email: str, threads: int, password: str) -> None:
    """Load a file."""
    try:
        with open_service(load()) as service:
            provider = open_account(service, Email(email), NewPassword(password))
            with file.open("rb") as lines:
                total = sum(1 for _ in lines)
                lines.seek(0)
                counted = load_lines(service, provider, lines, total=total, threads=threads)
    except (VantrexiaError, ValueError, SettingsError, StartRefusedError) as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(", ".join(f"{note.value}: {counted[note]}" for note in Note), err=True)
    sys.exit(1 if counted[Note.REFUSED] else 0)


def open_account(service: Service, email: Email, password: NewPassword) -> Actor:
    """A provider who can sign in; one who is there already stays as they are."""
    new = NewUser(email, PersonName(NamePart("Bench"), NamePart("Provider")), Role.PROVIDER)
    try:
        user = create_user(service.desk, console_actor(service), new, password)
    except EmailTakenError:
        account = service.desk.accounts.by_email(email)
        if account is None:
            raise
        user = account.user
    return user.as_actor(Origin(address="console:bench"))


def load_lines(
    service: Service, actor: Actor, lines: Iterable[bytes], *, total: int, threads: int
) -> Counter[Note]:
    """Load every line and count what happened. Faults are reported by line number, without what was sent."""

    def load_one(numbered: tuple[int, bytes]) -> list[Note]:
        number, line = numbered
        try:
            return list(_loaded(service, actor, line))
        except InvalidError as invalid:
            complaints = "; ".join(
                f"{field}: {' '.join(texts)}" for field, texts in invalid.field_errors.items()
            )
            click.echo(f"line {number}: {complaints}", err=True)
            return [Note.REFUSED]

    def notes() -> Iterator[list[Note]]:
        numbered = iter(enumerate(lines, start=1))
        with ThreadPoolExecutor(threads) as pool:
            while block := list(islice(numbered, LINES_AT_ONCE)):
                yield from pool.map(load_one, block)

    counted: Counter[Note] = Counter()
    for note in with_progress(notes(), total=total, label="Loading patients"):
        counted.update(note)
    return counted


def _loaded(service: Service, actor: Actor, line: bytes) -> Iterator[Note]:
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise InvalidError.on("line", "This is not a JSON object.")
    now = service.desk.clock.now()
    try:
        new = _parsed(fields, now)
    except InvalidError as invalid:
        if set(invalid.field_errors) != {"ssn"}:
            raise
        yield Note.SSN_DROPPED
        new = _parsed(fields | {"ssn": None}, now)
    patient = register_patient(service.desk, actor, new)
    yield Note.LOADED
    if fields.get("archived") is True:
        archive_patient(service.desk, actor, patient.id, REASON)
        yield Note.ARCHIVED


def _parsed(fields: dict[str, object], now: datetime) -> NewPatient:
    """The person in a line, by the same parser that a create goes through."""
    body = json.dumps({name: value for name, value in fields.items() if name in _FIELDS}).encode()
    request = Request(
        method="POST", path="/", query="", headers=_JSON, body=body, parameters={}, origin=Origin()
    )
    return parse_registration(request, now)


if __name__ == "__main__":
    main()
