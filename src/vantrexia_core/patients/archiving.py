"""Putting patients out of service and back."""

from vantrexia_core.audit import Action, Attempt, Once, repeated_if_undone, undertake
from vantrexia_core.kernel import Actor, PatientId, Permission, Reason
from vantrexia_core.patients.lifecycle import Move
from vantrexia_core.patients.model import ExpectedVersion, MovedPatient
from vantrexia_core.patients.moving import check_shown, moved
from vantrexia_core.patients.ports import PatientDesk


@repeated_if_undone
def archive_patient(
    desk: PatientDesk,
    actor: Actor,
    patient_id: PatientId,
    reason: Reason,
    *,
    expected_version: ExpectedVersion = None,
    once: Once | None = None,
) -> MovedPatient:
    """Archive an active patient: still readable, but no longer in the active list.

    Raises:
        PermissionDeniedError: the role may not archive patients.
        NotFoundError: no such record in the practice, or it is deleted.
        AlreadyArchivedError: it is archived already.
        StaleVersionError: the record is at another version than expected.
    """
    attempt = Attempt(actor, Action.ARCHIVE, Permission.ARCHIVE_PATIENTS, patient_id)
    with undertake(desk, attempt, once, before_replay=check_shown) as deed:
        return moved(deed, patient_id, Move.ARCHIVE, reason=reason, expected_version=expected_version)


@repeated_if_undone
def unarchive_patient(
    desk: PatientDesk,
    actor: Actor,
    patient_id: PatientId,
    *,
    expected_version: ExpectedVersion = None,
    once: Once | None = None,
) -> MovedPatient:
    """Bring an archived patient back to the active list.

    Raises:
        PermissionDeniedError: the role may not unarchive patients.
        NotFoundError: no such record in the practice, or it is deleted.
        NotArchivedError: it is not archived.
        StaleVersionError: the record is at another version than expected.
    """
    attempt = Attempt(actor, Action.UNARCHIVE, Permission.ARCHIVE_PATIENTS, patient_id)
    with undertake(desk, attempt, once, before_replay=check_shown) as deed:
        return moved(deed, patient_id, Move.UNARCHIVE, expected_version=expected_version)
