"""Whether two records are of one person: the score, the grade, and why.

The score is log2 of how much more probable "the same person" is than strangers, relatives, twins and a
parent and child of one name *together*: at 0 the odds are even, at 10 a thousand to one. Where relatives
are patients too, two explanations instead of five mistake "same household" for "same person" (ADR 0036).
"""

from collections.abc import Iterable, Mapping
from math import inf, log2
from types import MappingProxyType
from typing import Final, Generic, TypeAlias, TypeVar

import attrs

from vantrexia_core.patients.matching.comparing import compare
from vantrexia_core.patients.matching.frequencies import NOTHING_COUNTED, Frequencies
from vantrexia_core.patients.matching.grades import THRESHOLDS, MatchGrade, Thresholds
from vantrexia_core.patients.matching.guards import Guard, guards_against
from vantrexia_core.patients.matching.levels import BirthDate, Comparison, Field, FirstName, LastName
from vantrexia_core.patients.matching.ports import Texts
from vantrexia_core.patients.matching.traits import Traits
from vantrexia_core.patients.matching.weights import (
    BIRTH_SHARE_MAX,
    BIRTH_SHARE_MIN,
    GENERATION_YEARS_MIN,
    PRIORS,
    SAME_GENERATION,
    SHARE_MAX,
    SHARE_MIN,
    WEIGHTS,
    Explanation,
    Row,
    Table,
)

K = TypeVar("K")

MODEL_NAME: Final = "default-1"
"""What was judged by is told with the judgement. A change of weights, levels or guards gets another name."""

_EXPLANATIONS: Final = tuple(Explanation)
_RIVALS: Final = range(1, len(_EXPLANATIONS))
_PEOPLE_MIN: Final = 1_000
_Probabilities = tuple[float, float, float, float, float]
_MISSING: Final[_Probabilities] = (1.0, 1.0, 1.0, 1.0, 1.0)


def _by_level(table: Table) -> tuple[_Probabilities, ...]:
    most = max(table.rows)
    rows = {int(level): attrs.astuple(row) for level, row in table.rows.items()}
    return tuple(rows.get(level, _MISSING) for level in range(most + 1))


_Tables: TypeAlias = tuple[tuple[_Probabilities, ...], ...]
"""By the place of the field in `Field`, and the level: looked up eleven times for every candidate."""


def _tables_of(weights: Mapping[Field, Table]) -> _Tables:
    return tuple(_by_level(weights[field]) for field in Field)


_TABLES: Final = _tables_of(WEIGHTS)
_FIELDS: Final = tuple(Field)
_FIRST_NAME: Final = _FIELDS.index(Field.FIRST_NAME)
_LAST_NAME: Final = _FIELDS.index(Field.LAST_NAME)
_DATE_OF_BIRTH: Final = _FIELDS.index(Field.DATE_OF_BIRTH)


@attrs.frozen
class Match:
    """How two records were judged. Levels, bits and reasons; nothing of the person."""

    grade: MatchGrade
    score: float
    """Bits: log2 of the odds that it is one person."""
    bits: Mapping[Field, float]
    """What each field gave for one person and against the `rival`; 0 for a field that is missing."""
    levels: Mapping[Field, str]
    """How each field compared: ``exact``, ``day_month_swapped``, ``missing``."""
    prior_bits: float
    """What was to be expected before anything was compared."""
    crowd_bits: float
    """What the other explanations take away together: prior and bits minus this are the score."""
    shares: Mapping[Explanation, float]
    """How probable each explanation is; they add up to 1."""
    rival: Explanation
    """The strongest explanation other than one person."""
    guards: tuple[Guard, ...]
    """Why a machine may not link the two; empty if it may, or if the score did not ask for it."""

    @property
    def may_link(self) -> bool:
        """Whether a machine may attach an outside id. No machine merges."""
        return self.grade is MatchGrade.CERTAIN

    @property
    def probability(self) -> float:
        """That it is one person, 0 to 1: FHIR's ``search.score``."""
        return self.shares[Explanation.SAME]

    @property
    def second(self) -> Explanation:
        """The explanation that came second."""
        return sorted(_EXPLANATIONS, key=self.shares.__getitem__, reverse=True)[1]

    def guarded(self, guard: Guard) -> "Match":
        """The same, and no longer a link; a match that was none stays as it is."""
        if self.grade is not MatchGrade.CERTAIN:
            return self
        return attrs.evolve(self, grade=MatchGrade.PROBABLE, guards=(*self.guards, guard))


@attrs.frozen(repr=False)
class MatchingModel:
    """Weights, priors, thresholds and frequencies: all that a judgement hangs on, apart from the pair."""

    frequencies: Frequencies = NOTHING_COUNTED
    people: int = 10_000
    """How many records the registry holds: the more there are, the likelier a stranger is alike."""
    weights: Mapping[Field, Table] = WEIGHTS
    priors: Row = PRIORS
    thresholds: Thresholds = THRESHOLDS
    _tables: _Tables = attrs.field(init=False, eq=False)
    _priors: _Probabilities = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_tables", _TABLES if self.weights is WEIGHTS else _tables_of(self.weights))
        prior = self.priors
        strangers = prior.stranger * max(self.people, _PEOPLE_MIN)
        object.__setattr__(
            self, "_priors", (prior.same, strangers, prior.relative, prior.twin, prior.namesake)
        )

    def __repr__(self) -> str:
        return f"MatchingModel(people={self.people})"

    def judge(self, one: Traits, other: Traits, texts: Texts) -> Match:
        """Compare two people and say whether they are one."""
        return self.weigh(compare(one, other, texts, self.frequencies))

    def judge_unless_not(self, one: Traits, other: Traits, texts: Texts) -> Match | None:
        """Like `judge`, and None for two who are certainly not one person: nobody is told why.

        Nearly all candidates are such, and explaining costs more than knowing.
        """
        comparison = compare(one, other, texts, self.frequencies)
        if self.thresholds.grade(self.score(comparison)) is MatchGrade.CERTAINLY_NOT:
            return None
        return self.weigh(comparison)

    def score(self, comparison: Comparison) -> float:
        """The score alone, in bits, for those who look through many."""
        return _odds(self._joint(self._rows(comparison)))

    def weigh(self, comparison: Comparison) -> Match:
        """Grade and explain a comparison."""
        joint, rows = self.joint(comparison)
        score = _odds(joint)
        rival = max(_RIVALS, key=joint.__getitem__)
        total = sum(joint)
        against = sum(joint[1:])
        grade = self.thresholds.grade(score)
        guards = guards_against(comparison) if grade is MatchGrade.CERTAIN else ()
        return Match(
            grade=MatchGrade.PROBABLE if guards else grade,
            score=score,
            bits=MappingProxyType({field: log2(row[0] / row[rival]) for field, row in rows}),
            levels=MappingProxyType({field: level.name.lower() for field, level in comparison.levels()}),
            prior_bits=log2(self._priors[0] / self._priors[rival]),
            crowd_bits=log2(against / joint[rival]),
            shares=MappingProxyType(
                {explanation: joint[number] / total for number, explanation in enumerate(_EXPLANATIONS)}
            ),
            rival=_EXPLANATIONS[rival],
            guards=guards,
        )

    def row(self, field: Field, comparison: Comparison) -> Row:
        """What a field weighs in a comparison: its row, with frequencies put in."""
        return Row(*self._rows(comparison)[_FIELDS.index(field)])

    def joint(self, comparison: Comparison) -> tuple[list[float], list[tuple[Field, _Probabilities]]]:
        """P(levels and explanation) for each explanation, and the row of each field."""
        rows = self._rows(comparison)
        return self._joint(rows), list(zip(_FIELDS, rows, strict=True))

    def _joint(self, rows: Iterable[_Probabilities]) -> list[float]:
        same, stranger, relative, twin, namesake = self._priors
        for row in rows:
            same *= row[0]
            stranger *= row[1]
            relative *= row[2]
            twin *= row[3]
            namesake *= row[4]
        return [same, stranger, relative, twin, namesake]

    def _rows(self, comparison: Comparison) -> list[_Probabilities]:
        """What each field weighs, in the order of `Field`, with frequencies put in."""
        rows = [table[level] for table, level in zip(self._tables, comparison.in_order(), strict=True)]
        rows[_FIRST_NAME] = _first_name_row(rows[_FIRST_NAME], comparison)
        rows[_LAST_NAME] = _last_name_row(rows[_LAST_NAME], comparison)
        rows[_DATE_OF_BIRTH] = _birth_date_row(rows[_DATE_OF_BIRTH], comparison)
        return rows


def _first_name_row(row: _Probabilities, comparison: Comparison) -> _Probabilities:
    level, frequency = comparison.first_name, comparison.first_frequency
    if frequency is None or level not in {FirstName.EXACT, FirstName.MISTYPED}:
        return row
    share = _name_share(frequency)
    if level is FirstName.EXACT:
        # Strangers and relatives have a name as often as it is given.
        return (row[0], share, max(row[2], share), row[3], row[4])
    # Others who have the name are mistyped as often; or theirs is a rare name of its own.
    others = row[0] * share
    return (row[0], row[1] + others, row[2] + others, row[3], row[4])


def _last_name_row(row: _Probabilities, comparison: Comparison) -> _Probabilities:
    level, frequency = comparison.last_name, comparison.last_frequency
    if frequency is None or level not in {LastName.EXACT, LastName.MISTYPED}:
        return row
    share = _name_share(frequency)
    strangers = share if level is LastName.EXACT else row[1] + row[0] * share
    return (row[0], strangers, *row[2:])


def _birth_date_row(row: _Probabilities, comparison: Comparison) -> _Probabilities:
    apart, frequency = comparison.years_apart, comparison.birth_frequency
    if comparison.date_of_birth is BirthDate.EXACT and frequency is not None:
        # A date that is on many records (a first of January) is weak for everybody but twins.
        share = min(max(frequency, BIRTH_SHARE_MIN), BIRTH_SHARE_MAX)
        row = (row[0], share, max(row[2], share), row[3], max(row[4], share))
    is_of_one_generation = apart is not None and apart < GENERATION_YEARS_MIN
    return (*row[:4], row[4] * SAME_GENERATION) if is_of_one_generation else row


def _name_share(frequency: float) -> float:
    return min(max(frequency, SHARE_MIN), SHARE_MAX)


def _odds(joint: list[float]) -> float:
    against = sum(joint[1:])
    return log2(joint[0] / against) if against else inf


@attrs.frozen
class Ranked(Generic[K]):
    """One candidate's match, under the key by which the caller knows the candidate."""

    key: K
    match: Match


def rank(
    probe: Traits, candidates: Iterable[tuple[K, Traits]], model: MatchingModel, texts: Texts
) -> tuple[Ranked[K], ...]:
    """The candidates that are not certainly somebody else, the likeliest first.

    Candidates are one record a *person*: the caller groups records that are known to be of one person.
    When two of them score for a link, neither is linked: it may be that they are one, or that a record
    between two people draws them together.
    """
    return in_order((Ranked(key, model.judge(probe, one, texts)) for key, one in candidates), model)


def in_order(judged: Iterable[Ranked[K]], model: MatchingModel) -> tuple[Ranked[K], ...]:
    """Judged candidates as `rank` gives them, for whoever judges them at different times."""
    found = [ranked for ranked in judged if ranked.match.grade is not MatchGrade.CERTAINLY_NOT]
    found.sort(key=lambda ranked: -ranked.match.score)
    over = sum(ranked.match.score >= model.thresholds.certain for ranked in found)
    if over > 1:
        found = [Ranked(ranked.key, ranked.match.guarded(Guard.AMBIGUOUS)) for ranked in found]
    return tuple(found)
