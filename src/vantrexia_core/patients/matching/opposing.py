"""What speaks against one person, when somebody says that two records are of one.

Whom the machine suspects is a question about everybody in a registry. This one is about two records that
somebody chose, so the registry plays no part: neither how many people there are nor how common a name is
makes two records contradict each other. The same two are answered alike everywhere and at any time.
"""

from typing import Final

import attrs

from vantrexia_core.patients.matching.comparing import compare
from vantrexia_core.patients.matching.frequencies import NOTHING_COUNTED
from vantrexia_core.patients.matching.grades import MatchGrade
from vantrexia_core.patients.matching.guards import Guard, guards_against
from vantrexia_core.patients.matching.judging import MODEL_NAME, MatchingModel
from vantrexia_core.patients.matching.ports import Texts
from vantrexia_core.patients.matching.traits import Traits

MODEL_OF_TWO_NAME: Final = f"{MODEL_NAME}-of-two"
"""The same weights, without the registry. Its scores are not those of the review queue."""

DECISIVE: Final = frozenset({Guard.SSN, Guard.SUFFIX})
"""What is written down to tell people apart speaks against one person however much else agrees."""

OPPOSING: Final = DECISIVE | {Guard.FIRST_NAME, Guard.BIRTH_DATE, Guard.LOOKALIKE, Guard.GENERATION}
"""The guards that name a difference. The others say that too little is known, and contradict nobody."""

_OF_TWO: Final = MatchingModel()


@attrs.frozen
class Assessment:
    """How two chosen records compare. Nothing of the person."""

    grade: MatchGrade
    score: float
    """Bits."""
    guards: tuple[Guard, ...]
    """Those of `OPPOSING` that stand."""

    @property
    def is_against(self) -> bool:
        """Whether it says that these are two people, or most likely two.

        Certainly so by the score; by a number or a suffix; or by the odds and a difference together. ADR 0071
        has how often that is so of one person.
        """
        if self.grade is MatchGrade.POSSIBLE:
            return bool(self.guards)
        return self.grade is MatchGrade.CERTAINLY_NOT or not DECISIVE.isdisjoint(self.guards)


def assess(one: Traits, other: Traits, texts: Texts) -> Assessment:
    """Compare two chosen records."""
    comparison = compare(one, other, texts, NOTHING_COUNTED)
    match = _OF_TWO.weigh(comparison)
    guards = tuple(guard for guard in guards_against(comparison) if guard in OPPOSING)
    return Assessment(match.grade, match.score, guards)
