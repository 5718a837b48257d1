"""Two records that may be one person, waiting for somebody to look: what the machine found, what people said.

A suspicion holds ids, a grade, levels, bits and guards, and nothing of the person. It outlives every
re-scoring: what a person decided about a pair, no new score asks again.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid5

import attrs

from vantrexia_core.kernel import BrokenPromiseError, Email, PageRequest, PatientId, SuspicionId, UserId
from vantrexia_core.patients.matching.grades import MatchGrade
from vantrexia_core.patients.matching.guards import Guard
from vantrexia_core.patients.matching.judging import Match
from vantrexia_core.patients.matching.levels import Field
from vantrexia_core.patients.matching.weights import Explanation

_PAIRS: Final = UUID("6f1d5c1e-52b4-4b0e-9f0c-6a1c4be0d2a7")
"""The name space of pairs' ids (RFC 9562, section 5.5). Never changed: the ids in use hang on it."""

SCORE_MAX: Final = 1_000.0
"""Bits. Beyond, either way, a score says nothing more; and JSON has no infinity."""

_MODEL: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")


class Decision(Enum):
    """What has been said of a pair."""

    OPEN = "open"
    """Nobody has looked yet."""
    LATER = "later"
    """Somebody has looked and could not tell: it stays in the list."""
    SAME = "same"
    DIFFERENT = "different"
    """Two people. The pair never comes back, whatever its score, and the two are never merged."""

    @property
    def is_settled(self) -> bool:
        """Whether nobody is asked any more."""
        return self in {Decision.SAME, Decision.DIFFERENT}


class Occasion(Enum):
    """What made the machine look."""

    CREATE = "create"
    IMPORT = "import"
    REVISION = "revision"
    SWEEP = "sweep"
    UNMERGE = "unmerge"
    """Nobody suspected the pair; somebody separated it."""


@attrs.frozen
class Pair:
    """Two records, in order of their ids: whichever is named first, it is one pair.

    Raises:
        BrokenPromiseError: a record and itself; ids that are not in order (`of` orders them).
    """

    low: PatientId
    high: PatientId

    def __attrs_post_init__(self) -> None:
        if not self.low < self.high:
            message = "a pair is two records, in order of their ids"
            raise BrokenPromiseError(message)

    @classmethod
    def of(cls, one: PatientId, other: PatientId) -> "Pair":
        """The pair of two records."""
        return cls(min(one, other), max(one, other))

    @property
    def id(self) -> SuspicionId:
        """The pair's own id, the same for good."""
        return SuspicionId(uuid5(_PAIRS, f"{self.low}:{self.high}"))

    @property
    def ids(self) -> tuple[PatientId, PatientId]:
        """Both records."""
        return self.low, self.high


@attrs.frozen
class Ruling:
    """Who decided about a pair last, and when."""

    by: UserId
    by_email: Email
    at: datetime


def _model(name: str) -> str:
    if _MODEL.fullmatch(name) is None:
        message = "the name of a model is at most 40 letters, digits, dots, dashes"
        raise BrokenPromiseError(message)
    return name


@attrs.frozen
class Suspicion:
    """A pair with the reasons for which it is suspected, and what became of it.

    ``score`` and ``bits`` are logarithms of odds to base 2; ``levels`` says how each field compared,
    ``rival`` which explanation came closest to "one person", ``model`` which version of the model judged.
    ``found_at`` is its age, ``scored_at`` when it was last scored anew. ``leads_to`` are the records that
    stand for the pair's today, in the pair's order: a merged record is answered by its survivor.
    ``version`` counts changes from 1.
    """

    pair: Pair
    grade: MatchGrade
    score: float
    bits: Mapping[Field, float]
    levels: Mapping[Field, str]
    rival: Explanation
    guards: tuple[Guard, ...]
    model: str = attrs.field(converter=_model)
    occasion: Occasion
    found_at: datetime
    scored_at: datetime = attrs.field(default=attrs.Factory(lambda new: new.found_at, takes_self=True))
    decision: Decision = Decision.OPEN
    ruling: Ruling | None = None
    version: int = 1
    leads_to: tuple[PatientId, PatientId] = attrs.field(
        default=attrs.Factory(lambda new: new.pair.ids, takes_self=True)
    )

    @classmethod
    def found(cls, pair: Pair, match: Match, *, model: str, occasion: Occasion, at: datetime) -> "Suspicion":
        """What the machine has to say of a pair."""
        return cls(
            pair=pair,
            grade=match.grade,
            score=max(-SCORE_MAX, min(match.score, SCORE_MAX)),
            bits=MappingProxyType(dict(match.bits)),
            levels=MappingProxyType(dict(match.levels)),
            rival=match.rival,
            guards=match.guards,
            model=model,
            occasion=occasion,
            found_at=at,
        )

    @property
    def id(self) -> SuspicionId:
        """The pair's id."""
        return self.pair.id

    @property
    def records(self) -> Pair | None:
        """The two records that the question is about today; None once they are one."""
        one, other = self.leads_to
        return None if one == other else Pair.of(one, other)

    def ruled(self, decision: Decision, ruling: Ruling) -> "Suspicion":
        """This suspicion after somebody decided about it."""
        return attrs.evolve(self, decision=decision, ruling=ruling, version=self.version + 1)

    def found_again(self, found: "Suspicion") -> "Suspicion":
        """This suspicion after the machine looked again: its age stays, the newer score is taken.

        What a person settled stays as it is.
        """
        if self.decision.is_settled or found.scored_at < self.scored_at:
            return self
        scored = attrs.evolve(
            self,
            grade=found.grade,
            score=found.score,
            bits=found.bits,
            levels=found.levels,
            rival=found.rival,
            guards=found.guards,
            model=found.model,
            scored_at=found.scored_at,
        )
        if attrs.evolve(scored, scored_at=self.scored_at) == self:
            return scored
        return attrs.evolve(scored, version=self.version + 1)


class SuspicionOrdering(Enum):
    """The orders a list of suspicions can have; a minus turns it round."""

    SCORE_DESCENDING = "-score"
    SCORE = "score"
    FOUND_AT = "found_at"
    FOUND_AT_DESCENDING = "-found_at"

    @property
    def is_by_score(self) -> bool:
        """Whether scores decide, rather than ages."""
        return self in {SuspicionOrdering.SCORE, SuspicionOrdering.SCORE_DESCENDING}

    @property
    def is_descending(self) -> bool:
        """Whether the order is turned round."""
        return self.value.startswith("-")


WAITING: Final = frozenset({Decision.OPEN, Decision.LATER})
"""The decisions after which a pair still waits for somebody."""


@attrs.frozen
class SuspicionListing:
    """Which suspicions a caller wants to see.

    Of those that wait, only the ones that there is something to decide about: both records are there, not
    deleted, two, and not told apart already under another pair's id.
    """

    decisions: frozenset[Decision] = WAITING
    grade: MatchGrade | None = None
    score_min: float | None = None
    ordering: SuspicionOrdering = SuspicionOrdering.SCORE_DESCENDING
    page: PageRequest = PageRequest()
