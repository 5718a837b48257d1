"""A record's versions: what it said before, and who made it say something else.

Who made a version stands in the trail, which is where a change is recorded and nowhere else: action, fields,
account, time. So it is as hard to forge as the trail, and the versions themselves are records and no more.
"""

from collections.abc import Sequence
from typing import Protocol

import attrs

from vantrexia_core.audit import (
    ID_MAX,
    Action,
    Attempt,
    Deed,
    Desk,
    TrailLine,
    TrailWork,
    repeated_if_undone,
    tell_makers,
    undertake,
)
from vantrexia_core.kernel import (
    Actor,
    Machine,
    NotFoundError,
    Page,
    PageRequest,
    PatientId,
    Permission,
    Reach,
)
from vantrexia_core.patients.facts import VersionsListed, VersionViewed
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.ports import PatientWork
from vantrexia_core.patients.sight import seen


class VersionWork(PatientWork, TrailWork, Protocol):
    """The unit of work in which versions are shown."""


@attrs.frozen
class PatientVersion:
    """A record as it was from one change to the next, and the trail's line of the change that made it.

    ``made_by`` is None where the trail does not tell: the record was put in beside the use cases. It is None,
    too, for a patient's own account and for machine clients: it names staff, and says what they did.
    """

    patient: Patient
    made_by: TrailLine | None


@repeated_if_undone
def read_version(
    desk: Desk[VersionWork], actor: Actor, patient_id: PatientId, version: int
) -> PatientVersion:
    """One version of a record, which may be the present one.

    Whoever may see the record may see what it said: an amendment does not hide what was there before it
    (45 CFR 164.526(c)), and a deletion hides all of it.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: no such record for this actor, or it is deleted, or has no such version.
    """
    attempt = Attempt(actor, Action.READ_VERSION, Permission.VIEW_PATIENTS, patient_id)
    with undertake(desk, attempt) as deed:
        seen(deed, patient_id)
        if version > ID_MAX:
            raise NotFoundError
        patient = deed.work.patients.version_of(patient_id, version)
        (shown,) = _told(deed, patient_id, (patient,))
        fact = VersionViewed(patient_id, disclosed=(patient_id,), version=version)
        return deed.finish(fact, shown)


@repeated_if_undone
def list_versions(
    desk: Desk[VersionWork], actor: Actor, patient_id: PatientId, page: PageRequest = PageRequest()
) -> Page[PatientVersion]:
    """A page of a record's versions, newest first. Each is the record whole.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: no such record for this actor, or it is deleted, or there is no such page.
    """
    attempt = Attempt(actor, Action.LIST_VERSIONS, Permission.VIEW_PATIENTS, patient_id)
    with undertake(desk, attempt) as deed:
        seen(deed, patient_id)
        found = deed.work.patients.versions(patient_id, page)
        shown = Page(found.count, _told(deed, patient_id, found.items), page)
        return deed.finish(VersionsListed(patient_id, disclosed=(patient_id,)), shown)


def _told(
    deed: Deed[VersionWork], patient_id: PatientId, versions: Sequence[Patient]
) -> tuple[PatientVersion, ...]:
    if deed.reach is not Reach.PRACTICE or isinstance(deed.attempt.actor.role, Machine):
        return tuple(PatientVersion(one, None) for one in versions)
    makers = tell_makers(deed.work, patient_id, [one.version for one in versions])
    return tuple(PatientVersion(one, makers.get(one.version)) for one in versions)
