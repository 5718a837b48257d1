"""Write synthetic patients as JSON lines, one object a line in the shape of a create.

The people are those of the demo practice: the same seed gives the same people, a shorter file is the
beginning of a longer one. Besides the fields of a create a line says `archived: true` where the record is to
be archived.

\b
Examples:
    python bench/synthetic.py --patients 10000 --out patients.jsonl
    python bench/synthetic.py --patients 100 --seed 7 | head -3
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import attrs
import click

from vantrexia_adapters.cli.console import with_progress
from vantrexia_adapters.sandbox import SyntheticPerson, synthetic_people

FIELDS = tuple(field.name for field in attrs.fields(SyntheticPerson) if field.name != "archived_because")


@click.command(help=__doc__)
@click.option("--patients", type=click.IntRange(min=1), default=10_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
def main(*, patients: int, seed: int, out: Path | None) -> None:
    """Write the lines."""
    if out is None:
        write(sys.stdout, patients, seed=seed)
        return
    with out.open("w", encoding="utf-8") as file:
        write(file, patients, seed=seed)


def write(file: TextIO, patients: int, *, seed: int = 1) -> None:
    """Write the first ``patients`` people of a seed."""
    lines = with_progress(_lines(patients, seed), total=patients, label="Making up patients")
    file.writelines(f"{line}\n" for line in lines)


def fields_of(person: SyntheticPerson) -> dict[str, object]:
    """What a create takes of a person: everything that is known, nothing that is not."""
    return {name: value for name in FIELDS if (value := getattr(person, name)) is not None}


def _lines(patients: int, seed: int) -> Iterator[str]:
    for person in synthetic_people(patients, seed=seed):
        archived = {"archived": True} if person.archived_because else {}
        yield json.dumps(fields_of(person) | archived, ensure_ascii=False)


if __name__ == "__main__":
    main()
