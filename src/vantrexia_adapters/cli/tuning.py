"""``vantrexia matching evaluate`` and ``estimate``: how well duplicates are found in a file, and its weights.

They need no database and no settings, and print counts and shares: nothing of a person.
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import click

from vantrexia_adapters.cli.console import show_rows, with_progress

if TYPE_CHECKING:
    from vantrexia_adapters.matching import RapidfuzzTexts
    from vantrexia_adapters.matching.registry_file import Registry
    from vantrexia_core.patients import (
        CandidatePairs,
        Estimate,
        Evaluation,
        Explanation,
        Guard,
        MatchGrade,
        MatchingModel,
        Tally,
        Thresholds,
        Traits,
    )

_LINES_SHOWN_MAX: Final = 5
_CLUSTER: Final = "cluster"


def _mapping(_: click.Context, __: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    from vantrexia_adapters.matching.registry_file import COLUMNS

    columns: dict[str, str] = {}
    for each in given:
        field, equals, column = each.partition("=")
        if not equals or not column or field not in COLUMNS:
            message = f"Write FIELD=COLUMN, where FIELD is one of {', '.join(COLUMNS)}."
            raise click.BadParameter(message)
        columns[field] = column
    return columns


def _fields(_: click.Context, __: click.Parameter, given: Sequence[str]) -> Sequence[str]:
    from vantrexia_adapters.matching.registry_file import COLUMNS

    for field in given:
        if field not in COLUMNS or field == _CLUSTER:
            message = f"Name one of {', '.join(known for known in COLUMNS if known != _CLUSTER)}."
            raise click.BadParameter(message)
    return given


_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_map = click.option(
    "--map", "columns", metavar="FIELD=COLUMN", multiple=True, callback=_mapping,
    help="The column that has a field, where its name does not say so; may be repeated.",
)  # fmt: skip
_without = click.option(
    "--without", metavar="FIELD", multiple=True, callback=_fields,
    help="A field to leave out; may be repeated.",
)  # fmt: skip


@click.command(short_help="Tell how well duplicates are found in a labelled FILE.")
@click.argument("file", type=_FILE)
@_map
@_without
@click.option("--estimate", "is_estimated", is_flag=True, help="Weigh with what FILE teaches, unlabelled.")
@click.option("--certain", type=float, help="Bits for a link. To explore: the service has its own.")
@click.option("--probable", type=float, help="Bits for a probable match. To explore.")
@click.option("--possible", type=float, help="Bits for a possible match. To explore.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    *,
    file: Path,
    columns: dict[str, str],
    without: Sequence[str],
    is_estimated: bool,
    certain: float | None,
    probable: float | None,
    possible: float | None,
    as_json: bool,
) -> None:
    """Tell how well duplicates are found in FILE, in which the column "cluster" is equal for one person.

    FILE is CSV in UTF-8, plain or gzipped (.gz). Its first line names the columns: cluster, first_name,
    middle_name, last_name, date_of_birth, gender, phone, email, line1, line2, city, zip, ssn, mrn, or usual
    names for these (surname, dob, postcode); what is not there is not known of anybody. An empty cell is an
    absent value. Dates are YYYY-MM-DD, YYYYMMDD or MM/DD/YYYY.

    Nothing is stored, and nothing of a person is printed. The labels are looked at only after each pair
    was judged. Pairs that share no blocking key are not compared, and count as missed.

    \b
    Examples:
      vantrexia matching evaluate labelled.csv.gz
      vantrexia matching evaluate labelled.csv --map cluster=truth --map line1="Street address"
      vantrexia matching evaluate labelled.csv --without ssn --json
      vantrexia matching evaluate labelled.csv --estimate
    """
    from vantrexia_core.patients import THRESHOLDS

    given = {"certain": certain, "probable": probable, "possible": possible}
    thresholds = attrs.evolve(THRESHOLDS, **{name: bits for name, bits in given.items() if bits is not None})
    if not thresholds.possible <= thresholds.probable <= thresholds.certain:
        message = "The bits for possible, probable and certain must not fall in this order."
        raise click.UsageError(message)
    registry = _labelled(file, columns, without)
    began = time.perf_counter()
    known = _compared(registry, thresholds)
    model = known.estimated() if is_estimated else known.model
    found = known.evaluated(model)
    seconds = time.perf_counter() - began
    if as_json:
        bits = attrs.asdict(thresholds)
        extra = {"thresholds": bits, "crowded_keys": known.candidates.crowded, "seconds": round(seconds, 3)}
        click.echo(json.dumps(as_data(found) | extra, indent=2))
        return
    click.echo(
        f"{found.records} records, {found.duplicates} pairs of one person. {found.compared.pairs} pairs have "
        f"a key in common and were compared, {found.compared.right} of one person among them."
    )
    if known.candidates.crowded:
        click.echo(f"{known.candidates.crowded} keys are shared by too many records and brought no pairs.")
    click.echo()
    show_rows(_measures(found), as_json=False)
    click.echo(f"\n{found.false_links:.2f} false links in 10,000 records; {seconds:.1f} s.\n")
    show_rows(_counts("strongest other explanation", found.rivals), as_json=False)
    click.echo()
    show_rows(_counts("guard that kept a pair from being linked", found.guards), as_json=False)


@click.command("estimate", short_help="Estimate weights from the records in FILE, without labels.")
@click.argument("file", type=_FILE)
@_map
@_without
@click.option(
    "--labelled", type=_FILE, help="A labelled file on which the estimate is tried; FILE itself will do."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def estimate_weights(
    *, file: Path, columns: dict[str, str], without: Sequence[str], labelled: Path | None, as_json: bool
) -> None:
    """Estimate weights from the records in FILE, without labels, by expectation and maximisation.

    FILE is as for "evaluate"; a column "cluster" is not looked at. Each field learns only from pairs that the
    other fields settle, no weight goes further than a factor of four from the one the service has, and what
    fewer than 50 pairs teach stays as it is. The service goes on with its own weights: this shows where a
    registry differs from what they take for granted.

    With --labelled it is told how the service's weights and the estimated ones do on that file.

    \b
    Examples:
      vantrexia matching estimate registry.csv
      vantrexia matching estimate registry.csv --json > weights.json
      vantrexia matching estimate labelled.csv --labelled labelled.csv
    """
    known = _compared(_read(file, columns, without))
    found = known.estimate()
    trials = []
    if labelled is not None:
        tried = _compared(_labelled(labelled, columns, without))
        estimated = attrs.evolve(tried.model, weights=found.weights, priors=found.priors)
        trials = [
            {"weights": name} | _summary(tried.evaluated(model))
            for name, model in (("the service's", tried.model), ("estimated", estimated))
        ]
    if as_json:
        click.echo(
            json.dumps(_estimate_data(found, file.name, len(known.people)) | {"trial": trials}, indent=2)
        )
        return
    click.echo(f"From {len(known.people)} records, in {found.rounds} rounds. What changed: before → after.\n")
    show_rows(_changes(known.model, found), as_json=False)
    if trials:
        click.echo()
        show_rows(trials, as_json=False)


def _estimate_data(found: "Estimate", name: str, records: int) -> dict[str, object]:
    return {
        "origin": f"Estimated without labels from {records} records of {name}.",
        "rounds": found.rounds,
        "priors": attrs.asdict(found.priors),
        "weights": {
            field.value: {level.name.lower(): attrs.asdict(row) for level, row in table.rows.items()}
            for field, table in found.weights.items()
        },
        "evidence": {field.value: attrs.asdict(row) for field, row in found.evidence.items()},
    }


def _changes(model: "MatchingModel", found: "Estimate") -> list[dict[str, object]]:
    """The priors and each level, what was judged and what came out where they differ."""
    rows = [{"field": "partners a record", "level": ""} | _changed(model.priors, found.priors)]
    for field, table in found.weights.items():
        rows += [
            {"field": field.value, "level": level.name.lower()}
            | _changed(model.weights[field].rows[level], row)
            for level, row in table.rows.items()
        ]
    return rows


def _changed(before: attrs.AttrsInstance, after: attrs.AttrsInstance) -> dict[str, object]:
    return {
        name: f"{old:.2g} → {new:.2g}" if f"{old:.2g}" != f"{new:.2g}" else f"{old:.2g}"
        for (name, old), new in zip(attrs.asdict(before).items(), attrs.astuple(after), strict=True)
    }


def _summary(found: "Evaluation") -> dict[str, object]:
    return {
        "precision": round(found.even.precision, 4),
        "recall": round(found.even.recall(found.duplicates), 4),
        "F1": round(found.even.f1(found.duplicates), 4),
        "linked": round(found.linked.recall(found.duplicates), 4),
        "false links": found.linked.wrong,
        "left to people": found.queued.pairs,
    }


def as_data(found: "Evaluation") -> dict[str, object]:
    """An evaluation for machines."""
    return {
        "records": found.records,
        "duplicates": found.duplicates,
        "compared": _data(found.compared, found),
        "even_odds": _data(found.even, found),
        "linked": _data(found.linked, found),
        "false_links_per_10000_records": round(found.false_links, 3),
        "queue": {grade.value: _data(tally, found) for grade, tally in found.queue.items()},
        "rivals": {each.value: _data(tally, found) for each, tally in found.rivals.items() if tally.pairs},
        "guards": {
            guard.name.lower(): _data(tally, found) for guard, tally in found.guards.items() if tally.pairs
        },
    }


def _data(tally: "Tally", found: "Evaluation") -> dict[str, float]:
    duplicates = found.duplicates
    return {
        "pairs": tally.pairs,
        "right": tally.right,
        "wrong": tally.wrong,
        "precision": round(tally.precision, 5),
        "recall": round(tally.recall(duplicates), 5),
        "f1": round(tally.f1(duplicates), 5),
    }


def _measures(found: "Evaluation") -> list[dict[str, object]]:
    tallies = {
        "even odds": found.even,
        "linked by a machine": found.linked,
        **{f"left to people, {grade.value}": tally for grade, tally in found.queue.items()},
    }
    return [
        {
            "measure": name,
            "pairs": tally.pairs,
            "wrong": tally.wrong,
            "precision": f"{tally.precision:.4f}",
            "recall": f"{tally.recall(found.duplicates):.4f}",
            "F1": f"{tally.f1(found.duplicates):.4f}" if tally is found.even else "",
        }
        for name, tally in tallies.items()
    ]


def _counts(
    title: str, tallies: "Mapping[Explanation, Tally] | Mapping[Guard, Tally] | Mapping[MatchGrade, Tally]"
) -> list[dict[str, object]]:
    return [
        {title: each.value, "of one person": tally.right, "of two": tally.wrong}
        for each, tally in tallies.items()
        if tally.pairs
    ]


def _read(file: Path, columns: Mapping[str, str], without: Sequence[str] = ()) -> "Registry":
    from vantrexia_adapters.matching.registry_file import NoRegistryError, read_registry

    try:
        return read_registry(file, columns, without=without)
    except NoRegistryError as refused:
        raise click.ClickException(str(refused)) from None


def _tell_of(registry: "Registry") -> None:
    """What was not read, by field and line."""
    absent = [field for field in registry.absent if field != _CLUSTER]
    if absent:
        click.echo(f"Not known of anybody: {', '.join(absent)}.", err=True)
    for field, lines in registry.not_understood.items():
        shown = ", ".join(str(line) for line in lines[:_LINES_SHOWN_MAX])
        more = ", …" if len(lines) > _LINES_SHOWN_MAX else ""
        click.echo(
            f"{field}: not understood {len(lines)} times, and counted as absent (line {shown}{more}).",
            err=True,
        )


@attrs.frozen(repr=False, eq=False)
class _Compared:
    """A registry's people, the pairs to compare, and the service's model for it."""

    people: "Sequence[Traits]"
    labels: Sequence[str]
    candidates: "CandidatePairs"
    model: "MatchingModel"
    texts: "RapidfuzzTexts"

    def evaluated(self, model: "MatchingModel") -> "Evaluation":
        """Judge each pair and hold it against the labels."""
        from vantrexia_core.patients import evaluate as evaluate_matches
        from vantrexia_core.patients import judged

        pairs = self.candidates.pairs
        matches = judged(self.people, pairs, model, self.texts)
        return evaluate_matches(
            self.labels, with_progress(matches, total=len(pairs), label="Comparing pairs")
        )

    def estimate(self) -> "Estimate":
        """Run the rounds."""
        from vantrexia_core.patients import ESTIMATE_ROUNDS_MAX, estimate

        rounds = estimate(self.people, self.candidates.pairs, self.model, self.texts)
        *_, found = with_progress(rounds, total=ESTIMATE_ROUNDS_MAX, label="Estimating, round")
        return found

    def estimated(self) -> "MatchingModel":
        """The model with what the registry itself teaches."""
        found = self.estimate()
        return attrs.evolve(self.model, weights=found.weights, priors=found.priors)


def _compared(registry: "Registry", thresholds: "Thresholds | None" = None) -> _Compared:
    from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
    from vantrexia_core.patients import THRESHOLDS, Frequencies, MatchingModel, candidate_pairs, traits_of

    _tell_of(registry)
    texts, phones = RapidfuzzTexts(), LibPhoneNumbers()
    rows = with_progress(registry.people, total=len(registry.people), label="Reading records")
    people = [traits_of(person, texts, phones) for person in rows]
    model = MatchingModel(Frequencies.counted(people), len(people), thresholds=thresholds or THRESHOLDS)
    return _Compared(people, registry.labels or (), candidate_pairs(people), model, texts)


def _labelled(file: Path, columns: Mapping[str, str], without: Sequence[str]) -> "Registry":
    registry = _read(file, columns, without)
    if registry.labels is None:
        message = (
            f"{file.name} does not say who is one person: it has no column “cluster”. "
            "If another column says so, name it with --map cluster=COLUMN."
        )
        raise click.ClickException(message)
    return registry
