"""``vantrexia directory``: what the directories of this database take in memory."""

import time

import click

from vantrexia_adapters.cli.console import opened, show_rows
from vantrexia_adapters.directory import DirectoryFigures

_METRICS = (
    ("vantrexia_directory_patients", "Patients in the directory, deleted ones included", "patients"),
    ("vantrexia_directory_waiting", "Changed patients that wait to be packed", "waiting"),
    ("vantrexia_directory_unreadable", "Records that do not open, and so are not listed", "unreadable"),
    ("vantrexia_directory_memory_bytes", "Memory that the directory takes in one process", "memory_bytes"),
)


@click.command(short_help="Load the practice's directory, and say what it takes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--metrics", "as_metrics", is_flag=True, help="Print OpenMetrics text.")
def directory(*, as_json: bool, as_metrics: bool) -> None:
    """Load the practice's directory as a server does, and say what it takes.

    \b
    Example:
      vantrexia directory --json
    """
    with opened() as service:
        began = time.perf_counter()
        service.desk.directory.open(service.practice_id)
        seconds = time.perf_counter() - began
        figures = service.desk.directory.figures()
    if as_metrics:
        click.echo(open_metrics(figures), nl=False)
        return
    show_rows([_row(one) | {"load_seconds": round(seconds, 3)} for one in figures], as_json=as_json)


def open_metrics(figures: tuple[DirectoryFigures, ...]) -> str:
    """The figures in OpenMetrics 1.0 text; a practice's id says nothing about its patients."""
    lines = []
    for name, meaning, field in _METRICS:
        lines += [f"# TYPE {name} gauge", f"# HELP {name} {meaning}"]
        lines += [f'{name}{{practice="{one.practice_id}"}} {getattr(one, field)}' for one in figures]
    return "\n".join([*lines, "# EOF", ""])


def _row(one: DirectoryFigures) -> dict[str, object]:
    return {
        "practice": one.practice_id,
        "patients": one.patients,
        "waiting": one.waiting,
        "unreadable": one.unreadable,
        "memory_bytes": one.memory_bytes,
        "as_of": one.as_of,
        "loaded_from": one.loaded_from,
    }
