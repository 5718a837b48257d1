"""Saying that two records are of one person although they look like two people's: only knowingly.

A machine's judgement binds nobody who has looked. But who merges two strangers by a slip of the hand shows
one person's chart to the other's carers. So who goes against the comparison says so, and the trail has it.
"""

from collections.abc import Iterable
from typing import Final

from vantrexia_core.audit import Deed
from vantrexia_core.kernel import ConflictError, PatientId
from vantrexia_core.patients.facts import DifferencesOverruled
from vantrexia_core.patients.lifecycle import GoneError, Status
from vantrexia_core.patients.matching.opposing import Assessment, assess
from vantrexia_core.patients.matching.traits import Person, traits_of
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.ports import Candidacy, PatientWork


class LooksDifferentError(ConflictError):
    """Compared as they are now, the two records look like two people's, and nobody said that they know."""

    code = "looks_different"
    sentence = (
        "Compared as they are now, these records look like two people's: see grade and guards. Look at both. "
        "If they are of one person all the same, say despite_differences (at the console "
        "--despite-differences)."
    )

    def __init__(self, assessment: Assessment, compared: Iterable[PatientId]) -> None:
        super().__init__()
        self.assessment: Final = assessment
        self._compared: Final = tuple(sorted(compared))

    @property
    def disclosed(self) -> tuple[PatientId, ...]:
        """Whose records it tells of, for the trail: in what they differ, their SSNs included."""
        return self._compared


def assess_records(candidacy: Candidacy, one: Patient, other: Patient) -> Assessment:
    """How two records compare as they are now, whatever a queue says of them."""
    texts, phones = candidacy.texts, candidacy.phones
    first, second = (traits_of(Person.of(record), texts, phones) for record in (one, other))
    return assess(first, second, texts)


def check_alike(
    candidacy: Candidacy, one: Patient, other: Patient, *, despite_differences: bool
) -> Assessment:
    """How two records compare that somebody says to be of one person.

    Raises:
        GoneError: one of them was deleted: what it held is compared with nothing any more.
        LooksDifferentError: they look like two people's, and it is not said that somebody knows.
    """
    if Status.DELETED in {one.status, other.status}:
        raise GoneError
    assessment = assess_records(candidacy, one, other)
    if assessment.is_against and not despite_differences:
        raise LooksDifferentError(assessment, (one.id, other.id))
    return assessment


def record_overruled(deed: Deed[PatientWork], assessment: Assessment, ids: Iterable[PatientId]) -> None:
    """Put on the trail of each record that the comparison was overruled, if it was."""
    if assessment.is_against:
        for id_ in ids:
            deed.also(DifferencesOverruled(id_))
