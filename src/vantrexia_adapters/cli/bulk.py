"""``vantrexia patients export``: many patients at once, as files that other systems read."""

import gzip
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

import click

from vantrexia_adapters.cli.console import console_actor, opened, with_progress
from vantrexia_adapters.cli.patients import patients
from vantrexia_adapters.system import spare_what_stays
from vantrexia_core.kernel import Actor
from vantrexia_core.patients import (
    Export,
    ExportWish,
    end_export,
    fetch_departed,
    fetch_part,
    find_links,
    start_export,
)

if TYPE_CHECKING:
    from vantrexia_adapters.assembly import Service

GZIP_LEVEL: Final = 4
"""Half the time of the usual level, for files that are a twentieth larger."""

_MOMENT: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"])


@patients.command("export", short_help="Write all active and archived patients to FILE.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--format",
    "_format",
    type=click.Choice(["fhir-ndjson"]),
    default="fhir-ndjson",
    show_default=True,
    help="FHIR R4 Patients, one to a line (HL7 Bulk Data Access).",
)
@click.option("--since", type=_MOMENT, help="Only what changed after this moment, in UTC.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def export(*, file: Path, _format: str, since: datetime | None, force: bool) -> None:
    """Write all active and archived patients to FILE, as they are at this moment; - is standard output.

    A name that ends in .gz is compressed. Every patient's export is recorded in the audit trail before the
    record is written. With --since, patients who were deleted meanwhile are named in a second file beside
    FILE, that ends in .deleted.ndjson. The last line says from when to go on with --since the next time.

    FILE holds health information in clear. Only its owner can read it; where it goes from there, and that it
    is removed, is up to you. It appears when it is complete: whatever interrupts the command leaves nothing.

    \b
    Examples:
      vantrexia patients export patients.ndjson.gz
      vantrexia patients export - | aws s3 cp --sse aws:kms - s3://bucket/patients.ndjson
      vantrexia patients export changes.ndjson --since 2026-02-06T14:30:00Z
    """
    aware = None if since is None else since.replace(tzinfo=UTC)
    with opened() as service, ExitStack() as stack:
        out = stack.enter_context(_writing(file, force=force))
        actor = console_actor(service)
        spare_what_stays()
        granted = start_export(service.desk, actor, ExportWish(since=aware))
        stack.callback(_forget, service, actor, granted)
        label = "Exporting patients"
        for _ in with_progress(_written(service, actor, granted, out), total=granted.count, label=label):
            pass
        gone = _write_departed(service, actor, granted, file, force=force)
    click.echo(f"{granted.count} patients were exported, {gone} deleted ones named.", err=True)
    click.echo(f"The next time, what changed: --since {granted.at:%Y-%m-%dT%H:%M:%S.%fZ}", err=True)


def _written(service: "Service", actor: Actor, granted: Export, out: IO[bytes]) -> Iterator[None]:
    """One item for every patient that was written."""
    # Imported here: `vantrexia patients --help` should not wait for it.
    from vantrexia_adapters.fhir import patient_lines

    for place in range(len(granted.shown)):
        for batch in fetch_part(service.desk, actor, granted.id, place)[1]:
            links = find_links(service.desk, actor.practice_id, batch)
            out.write(patient_lines(batch, links))
            yield from [None] * len(batch)


def _write_departed(service: "Service", actor: Actor, granted: Export, file: Path, *, force: bool) -> int:
    """Name the deleted in a file of their own; how many there are."""
    from vantrexia_adapters.fhir import departed_lines

    if not granted.gone:
        return 0
    if str(file) == "-":
        click.echo("Deleted patients are named in a file only: write to one.", err=True)
        return 0
    with _writing(_beside(file), force=force) as out:
        for place in range(len(granted.gone)):
            for batch in fetch_departed(service.desk, actor, granted.id, place)[1]:
                out.write(departed_lines(batch))
    return sum(part.count for part in granted.gone)


def _forget(service: "Service", actor: Actor, granted: Export) -> None:
    """Nobody fetches it again; if it cannot be forgotten now it expires by itself."""
    with suppress(Exception):
        end_export(service.desk, actor, granted.id)


def _beside(file: Path) -> Path:
    name = file.name.removesuffix(".gz").removesuffix(".ndjson")
    return file.with_name(f"{name}.deleted.ndjson{'.gz' if file.suffix == '.gz' else ''}")


@contextmanager
def _writing(file: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file that only its owner can read, and that has its name once it is complete."""
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists() and not force:
        message = f"{file} is there already. Name another file, or use --force."
        raise click.ClickException(message)
    partial = file.with_name(f"{file.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as refused:
        message = f"{file} cannot be written: {refused.strerror}."
        raise click.ClickException(message) from None
    try:
        with os.fdopen(handle, "wb") as plain:
            if file.suffix == ".gz":
                with gzip.GzipFile("", "wb", GZIP_LEVEL, plain, mtime=0) as packed:
                    yield cast("IO[bytes]", packed)
            else:
                yield plain
            plain.flush()
            os.fsync(plain.fileno())
        partial.replace(file)
    except OSError as failed:
        message = f"{file} could not be written: {failed.strerror}."
        raise click.ClickException(message) from None
    finally:
        partial.unlink(missing_ok=True)
