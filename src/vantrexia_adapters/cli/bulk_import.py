"""``vantrexia patients import``: a file of FHIR Patients, line after line, whoever interrupts it."""

import gzip
import hashlib
import os
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self, cast

import attrs
import click

from vantrexia_adapters.cli.console import console_actor, opened, with_progress
from vantrexia_adapters.cli.patients import patients
from vantrexia_adapters.system import spare_what_stays
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import (
    LINES_AT_ONCE,
    FileImport,
    FileLine,
    LineOutcome,
    LineVerdict,
    Preview,
    begin_file_import,
    import_lines,
)

if TYPE_CHECKING:
    from vantrexia_adapters.assembly import Service
    from vantrexia_adapters.fhir import Issue, Json

LINE_BYTES_MAX: Final = 1 << 20

_GZIP: Final = b"\x1f\x8b"
_READ_BYTES: Final = 1 << 20
_TOLD_SECONDS: Final = 2.0
_SENTENCES: Final = {
    LineVerdict.HIDDEN: "This patient was deleted here; an administrator can restore the record.",
    LineVerdict.TAKEN: "An identifier of this line belongs to somebody else here, or earlier in this file.",
    LineVerdict.INVALID: "The birth date lies in the future.",
}


@attrs.frozen
class Numbered:
    """A line of the file, from 1. ``content`` is None where it is too long, empty where it is blank."""

    number: int
    content: bytes | None


@patients.command("import", short_help="Import the FHIR R4 Patients in FILE, one to a line.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Tell what would happen, and store nothing.")
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused lines are told of.  [default: FILE with .errors.ndjson behind it]",
)
@click.option("--again", is_flag=True, help="Begin anew with a file that was imported, wholly or in part.")
def import_(*, file: Path, dry_run: bool, errors: Path | None, again: bool) -> None:
    """Import the FHIR R4 Patients in FILE, one to a line (NDJSON, gzip or not); - is standard input.

    Lines that cannot be taken in are told of in a second file: an OperationOutcome each, named for its line,
    that says where it is wrong and repeats nothing of it. All others are stored, some hundred at a time.
    However this ends, by Ctrl-C or a power cut, what was stored stays: the same command goes on behind it. A
    line whose record number or external id is here already, for the same person, is passed over, and so is a
    record that was merged into another where it comes from. Who is archived there is archived here.

    Ends with status 1 if a line was refused.

    \b
    Examples:
      vantrexia patients import patients.ndjson --dry-run
      vantrexia patients import patients.ndjson.gz
      curl -s https://example.org/Patient.ndjson | vantrexia patients import - --errors refused.ndjson
    """
    is_stdin = str(file) == "-"
    if errors is None:
        errors = Path("import.errors.ndjson") if is_stdin else file.with_name(f"{file.name}.errors.ndjson")
    fingerprint, total = (None, None) if is_stdin else _looked_through(file)
    with opened() as service:
        spare_what_stays()
        with _lines_of(file) as lines, _Complaints(errors) as complaints:
            if dry_run:
                known = _previewed(service, lines, complaints, total)
            else:
                known = begin_file_import(service.desk, console_actor(service), fingerprint, again=again)
                if known.is_done:
                    _tell(known, f"This file was imported on {known.updated_at:%Y-%m-%d}. Nothing was done.")
                    click.echo("To import it again: --again", err=True)
                    return
                known = _imported(service, known, lines, complaints, total)
    _tell(known, "So it would be; nothing was stored." if dry_run else "The import is complete.")
    if complaints.count:
        click.echo(f"Refused lines are told of in {errors}.", err=True)
    if known.refused:
        raise SystemExit(1)


def _imported(
    service: "Service",
    known: FileImport,
    lines: Iterable[Numbered],
    complaints: "_Complaints",
    total: int | None,
) -> FileImport:
    if known.lines:
        click.echo(f"Going on behind line {known.lines}.", err=True)
        complaints.go_on()
    settled = known

    def settling() -> Iterator[None]:
        nonlocal settled
        actor = console_actor(service)
        for lot, is_last in _lots(islice(lines, known.lines, None)):
            upto = lot[-1].number if lot else settled.lines
            understood = _understood(lot, complaints)
            settled, outcomes = import_lines(
                service.desk, actor, settled, understood, upto=upto, is_last=is_last
            )
            complaints.tell(understood, outcomes)
            yield from [None] * len(lot)

    try:
        _run(settling(), None if total is None else total - known.lines)
    except KeyboardInterrupt:
        click.echo(f"\nInterrupted behind line {settled.lines}. To go on: the same command.", err=True)
        raise click.Abort from None
    return settled


def _previewed(
    service: "Service", lines: Iterable[Numbered], complaints: "_Complaints", total: int | None
) -> FileImport:
    preview = Preview(service.desk, console_actor(service))
    verdicts: list[LineVerdict] = []

    def looking() -> Iterator[None]:
        for lot, _ in _lots(lines):
            understood = _understood(lot, complaints)
            outcomes = preview.look(understood)
            complaints.tell(understood, outcomes)
            verdicts.extend(outcome.verdict for outcome in outcomes)
            yield from [None] * len(lot)

    _run(looking(), total)
    now = service.desk.clock.now()
    skipped = verdicts.count(LineVerdict.HERE) + verdicts.count(LineVerdict.REPLACED)
    imported = verdicts.count(LineVerdict.IMPORTED)
    refused = len(verdicts) - skipped - imported
    nobody = service.desk.ids.new_id()
    actor = console_actor(service)
    return FileImport(
        nobody, actor.practice_id, actor.user_id, now, now, len(verdicts), imported, skipped, refused
    )


def _tell(known: FileImport, sentence: str) -> None:
    counts = f"imported: {known.imported}, passed over: {known.skipped}, refused: {known.refused}"
    click.echo(f"{sentence} {counts}", err=True)


def _run(items: Iterator[None], total: int | None) -> None:
    """Let it run with progress: towards an end that is known, or now and then a number."""
    if total is not None:
        for _ in with_progress(items, total=total, label="Importing lines"):
            pass
        return
    told = time.perf_counter()
    for done, _ in enumerate(items, start=1):
        if time.perf_counter() - told >= _TOLD_SECONDS:
            told = time.perf_counter()
            click.echo(f"Importing lines: {done}", err=True)


def _understood(lot: Sequence[Numbered], complaints: "_Complaints") -> list[FileLine]:
    """The lines that hold something, as people; those that cannot be understood are complained about."""
    from vantrexia_adapters.fhir import InvalidResourceError, Issue, parse_line

    found: list[FileLine] = []
    for line in lot:
        if line.content is None:
            sentence = f"The line is longer than {LINE_BYTES_MAX} bytes."
            complaints.add(line.number, [Issue("too-long", sentence, LineVerdict.INVALID.value)])
            found.append(FileLine(line.number, None))
        elif line.content.strip():
            try:
                found.append(parse_line(line.number, line.content))
            except InvalidResourceError as invalid:
                complaints.add(line.number, invalid.issues)
                found.append(FileLine(line.number, None))
    return found


def _lots(lines: Iterable[Numbered]) -> Iterator[tuple[list[Numbered], bool]]:
    """The lines some hundred at a time, and whether these are the last. There is at least one lot."""
    remaining = iter(lines)
    lot = list(islice(remaining, LINES_AT_ONCE))
    while True:
        following = list(islice(remaining, LINES_AT_ONCE))
        yield lot, not following
        if not following:
            return
        lot = following


@contextmanager
def _lines_of(file: Path) -> Iterator[Iterator[Numbered]]:
    source = sys.stdin.buffer if str(file) == "-" else file.open("rb")
    # Whatever standard input is: this one can be looked at before it is read.
    buffered = BufferedReader(cast("RawIOBase", source), _READ_BYTES)
    try:
        yield _numbered(buffered)
    finally:
        buffered.detach()
        if source is not sys.stdin.buffer:
            source.close()


def _numbered(source: "BufferedReader[RawIOBase]") -> Iterator[Numbered]:
    """The lines, none of which is held whole if it is too long."""
    is_packed = source.peek(len(_GZIP)).startswith(_GZIP)
    plain = cast("IO[bytes]", gzip.GzipFile(fileobj=source) if is_packed else source)
    number = 0
    try:
        while content := plain.readline(LINE_BYTES_MAX + 1):
            number += 1
            is_too_long = len(content) > LINE_BYTES_MAX
            while is_too_long and content and not content.endswith(b"\n"):
                content = plain.readline(LINE_BYTES_MAX)
            yield Numbered(number, None if is_too_long else content)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        message = f"The file is damaged behind line {number}. Get it anew."
    else:
        return
    raise click.ClickException(message)


def _looked_through(file: Path) -> tuple[Phi[bytes], int]:
    """What tells the content from any other, and how many lines there are."""
    digest, total = hashlib.sha256(), 0
    with file.open("rb") as plain:
        while some := plain.read(_READ_BYTES):
            digest.update(some)
    with _lines_of(file) as lines:
        for _ in lines:
            total += 1
    return Phi(digest.digest()), total


class _Complaints:
    """The file of refused lines: an OperationOutcome each. It is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._flags = os.O_TRUNC
        self._out: IO[bytes] | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._out is not None:
            self._out.close()

    def go_on(self) -> None:
        """Keep what an earlier run has written."""
        self._flags = os.O_APPEND

    def add(self, number: int, issues: "Iterable[Issue]") -> None:
        """Complain about a line."""
        from vantrexia_adapters.fhir import line_outcome

        self._write(line_outcome(number, issues))

    def tell(self, lines: Iterable[FileLine], outcomes: Iterable[LineOutcome]) -> None:
        """Complain about lines that were understood and refused all the same."""
        from vantrexia_adapters.fhir import Issue

        for line, outcome in zip(lines, outcomes, strict=True):
            if line.new is not None and outcome.verdict in _SENTENCES:
                kind = "business-rule" if outcome.verdict is LineVerdict.INVALID else "duplicate"
                issue = Issue(kind, _SENTENCES[outcome.verdict], outcome.verdict.value)
                self.add(outcome.number, [issue])

    def _write(self, outcome: "Json") -> None:
        from vantrexia_adapters.fhir import resource_line

        try:
            if self._out is None:
                handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | self._flags, 0o600)
                self._out = os.fdopen(handle, "wb")
            self._out.write(resource_line(outcome))
            self._out.flush()
        except OSError as refused:
            message = (
                f"{self._path} cannot be written: {refused.strerror}. What was imported stays. Name another "
                "file with --errors, and go on by the same command."
            )
            raise click.ClickException(message) from None
        self.count += 1
