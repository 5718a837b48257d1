"""How sure we are that two records are of one person, and the thresholds that decide it.

The words are FHIR's (``http://terminology.hl7.org/CodeSystem/match-grade``).
"""

from enum import Enum
from typing import Final

import attrs


class MatchGrade(Enum):
    """What may be done about a pair."""

    CERTAIN = "certain"
    """An outside id may be linked by a machine. Records are merged by people only."""
    PROBABLE = "probable"
    """More likely one person than not: somebody looks at it."""
    POSSIBLE = "possible"
    """Unlikely, and worth a look when there is time."""
    CERTAINLY_NOT = "certainly-not"
    """Not worth a look."""


@attrs.frozen
class Thresholds:
    """The least score, in bits, of each grade above certainly-not."""

    certain: float
    probable: float
    possible: float

    def grade(self, score: float) -> MatchGrade:
        """The grade of a score in bits, before any guard."""
        if score >= self.certain:
            return MatchGrade.CERTAIN
        if score >= self.probable:
            return MatchGrade.PROBABLE
        return MatchGrade.POSSIBLE if score >= self.possible else MatchGrade.CERTAINLY_NOT


THRESHOLDS: Final = Thresholds(certain=7.0, probable=0.0, possible=-7.0)
"""Bits. 128 to 1 **and** no guard for a link, because a wrong one shows one person's chart to another's
carers; even odds for a probable match; 1 to 128 for one that is worth a look."""
