"""Hiding records and bringing them back. Nothing is ever removed: HIPAA wants the record retained."""

from vantrexia_core.audit import Action, Attempt, Once, repeated_if_undone, undertake
from vantrexia_core.kernel import Actor, PatientId, Permission, Reason
from vantrexia_core.patients.lifecycle import Move
from vantrexia_core.patients.model import ExpectedVersion, MovedPatient
from vantrexia_core.patients.moving import check_shown, moved
from vantrexia_core.patients.ports import PatientDesk


@repeated_if_undone
def delete_patient(
    desk: PatientDesk, actor: Actor, patient_id: PatientId, *, expected_version: ExpectedVersion = None
) -> MovedPatient:
    """Hide a record from everything but the administrator's view. Its MRN and external id stay reserved.

    Raises:
        PermissionDeniedError: the role may not delete patients.
        NotFoundError: no such record in the practice, or it is deleted already.
        StaleVersionError: the record is at another version than expected.
    """
    attempt = Attempt(actor, Action.DELETE, Permission.DELETE_PATIENTS, patient_id)
    with undertake(desk, attempt) as deed:
        return moved(deed, patient_id, Move.DELETE, expected_version=expected_version)


@repeated_if_undone
def restore_patient(
    desk: PatientDesk, actor: Actor, patient_id: PatientId, reason: Reason, *, once: Once | None = None
) -> MovedPatient:
    """Make a deleted record active again.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such record in the practice.
        InvalidTransitionError: it is not deleted.
    """
    attempt = Attempt(actor, Action.RESTORE, Permission.RESTORE_PATIENTS, patient_id)
    with undertake(desk, attempt, once, before_replay=check_shown) as deed:
        return moved(deed, patient_id, Move.RESTORE, reason=reason)
