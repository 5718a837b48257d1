"""What the moves of the lifecycle have in common, and what is asked before an answer is given again."""

from vantrexia_core.audit import Deed
from vantrexia_core.kernel import PatientId, Reason
from vantrexia_core.patients.lifecycle import GoneError, Move
from vantrexia_core.patients.model import ExpectedVersion, MovedPatient
from vantrexia_core.patients.ports import PatientWork
from vantrexia_core.patients.sight import is_hidden


def check_shown(work: PatientWork, patient_id: PatientId) -> None:
    """Refuse to answer again about a record that was deleted meanwhile, or merged into one that was.

    Raises:
        GoneError: it is, and hidden from whoever asked first as well.
    """
    if is_hidden(work.patients, work.patients.get(patient_id)):
        raise GoneError


def moved(
    deed: Deed[PatientWork],
    patient_id: PatientId,
    move: Move,
    *,
    reason: Reason | None = None,
    expected_version: ExpectedVersion = None,
) -> MovedPatient:
    """Read the record to change it, let it move, store and record the move."""
    patients = deed.work.patients
    patient = patients.get_to_change(patient_id)
    after, change, fact = patient.move(move, by=deed.attempt.actor, now=deed.now, reason=reason)
    patient.check_version(expected_version)
    patients.move(after, change)
    return deed.finish(fact, MovedPatient(after, change))
