"""How well "is this the same person" is answered on a registry whose answer is known, and how fast.

FILE is CSV, plain or gzipped, in UTF-8. Columns: cluster (equal for one person), first_name, middle_name,
last_name, date_of_birth (YYYY-MM-DD), gender, phone, email, line1, line2, city, zip, ssn; an empty cell is an
absent value. The cluster is looked at only afterwards. Pairs that share no key of a few are not compared, and
count as missed. MRNs are left out: two records of one practice never share one.

\b
Example:
    python bench/matching.py tuning.csv.gz
    python bench/matching.py tuning.csv.gz --without ssn --without email
"""

import csv
import gzip
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Final

import click

from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import (
    BlockingKey,
    Frequencies,
    Gender,
    MatchingModel,
    Person,
    Traits,
    blocking_keys,
    traits_of,
)

BLOCK_MAX: Final = 400
"""A key that more records than this share tells nobody apart."""


@click.command(help=__doc__)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--without", multiple=True, help="A column to leave empty; may be repeated.")
def main(*, file: Path, without: Sequence[str]) -> None:
    """Measure."""
    rows = [row | dict.fromkeys(without, "") for row in _read(file)]
    texts, phones = RapidfuzzTexts(), LibPhoneNumbers()
    began = time.process_time()
    people = [traits_of(_person(row), texts, phones) for row in rows]
    prepared = time.process_time()
    pairs = _pairs(people)
    model = MatchingModel(Frequencies.counted(people), people=len(people))
    blocked = time.process_time()
    matches = {pair: model.judge(people[pair[0]], people[pair[1]], texts) for pair in pairs}
    judged = time.process_time()
    true = {pair for pair in pairs if rows[pair[0]]["cluster"] == rows[pair[1]]["cluster"]}
    duplicates = sum(count * (count - 1) // 2 for count in Counter(row["cluster"] for row in rows).values())
    print(f"{len(rows)} records, {duplicates} true pairs, {len(true)} of them among {len(pairs)} compared")
    _print("at even odds", {pair for pair, match in matches.items() if match.score >= 0}, true, duplicates)
    _print("linked", {pair for pair, match in matches.items() if match.may_link}, true, duplicates)
    guards = Counter(guard.name.lower() for pair in true for guard in matches[pair].guards)
    print("true pairs held back:", ", ".join(f"{guard} {count}" for guard, count in guards.most_common()))
    print(
        f"CPU microseconds: {1e6 * (prepared - began) / len(rows):.0f} a record,"
        f" {1e6 * (judged - blocked) / max(1, len(pairs)):.0f} a pair"
    )


def _read(file: Path) -> list[dict[str, str]]:
    if file.suffix == ".gz":
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
    with file.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _person(row: Mapping[str, str]) -> Person:
    def known(column: str) -> Phi[str] | None:
        return Phi(row[column]) if row.get(column) else None

    return Person(
        first_name=known("first_name"),
        middle_name=known("middle_name"),
        last_name=known("last_name"),
        date_of_birth=Phi(date.fromisoformat(row["date_of_birth"])) if row["date_of_birth"] else None,
        gender=Phi(Gender(row["gender"])) if row["gender"] else None,
        phone=known("phone"),
        email=known("email"),
        line1=known("line1"),
        line2=known("line2"),
        city=known("city"),
        zip=known("zip"),
        ssn=known("ssn"),
    )


def _pairs(people: Sequence[Traits]) -> set[tuple[int, int]]:
    blocks: defaultdict[BlockingKey, list[int]] = defaultdict(list)
    for number, person in enumerate(people):
        for key in blocking_keys(person):
            blocks[key].append(number)
    return {pair for block in blocks.values() if len(block) <= BLOCK_MAX for pair in combinations(block, 2)}


def _print(what: str, found: set[tuple[int, int]], true: set[tuple[int, int]], duplicates: int) -> None:
    right = len(found & true)
    precision, recall = right / max(1, len(found)), right / max(1, duplicates)
    f1 = 2 * right / max(1, len(found) + duplicates)
    print(
        f"{what}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f},"
        f" {len(found) - right} false, {right} true"
    )


if __name__ == "__main__":
    main()
