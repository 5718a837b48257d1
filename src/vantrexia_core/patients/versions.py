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
    PAGE_SIZE_MAX,
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
from vantrexia_core.patients.ports import PatientStore, PatientWork
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
    (45 CFR 164.526(c)), and a deletion hides all of it. A patient's own account is not shown what the record
    said between a merge and its undoing: that may be of another person.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: no such record for this actor, or it is deleted, or has no such version.
    """
    attempt = Attempt(actor, Action.READ_VERSION, Permission.VIEW_PATIENTS, patient_id)
    with undertake(desk, attempt) as deed:
        seen(deed, patient_id)
        if version > ID_MAX or any(version in hidden for hidden in _anothers(deed, patient_id)):
            raise NotFoundError
        patient = deed.work.patients.version_of(patient_id, version)
        (shown,) = _told(deed, patient_id, (patient,))
        fact = VersionViewed(patient_id, disclosed=(patient_id,), version=version)
        return deed.finish(fact, shown)


@repeated_if_undone
def list_versions(
    desk: Desk[VersionWork], actor: Actor, patient_id: PatientId, page: PageRequest = PageRequest()
) -> Page[PatientVersion]:
    """A page of a record's versions, newest first. Each is the record whole; see `read_version`.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: no such record for this actor, or it is deleted, or there is no such page.
    """
    attempt = Attempt(actor, Action.LIST_VERSIONS, Permission.VIEW_PATIENTS, patient_id)
    with undertake(desk, attempt) as deed:
        seen(deed, patient_id)
        found = _own_versions(deed, patient_id, page)
        shown = Page(found.count, _told(deed, patient_id, found.items), page)
        return deed.finish(VersionsListed(patient_id, disclosed=(patient_id,)), shown)


def _own_versions(deed: Deed[VersionWork], patient_id: PatientId, page: PageRequest) -> Page[Patient]:
    patients, anothers = deed.work.patients, _anothers(deed, patient_id)
    if not anothers:
        return patients.versions(patient_id, page)
    shown = [
        one
        for one in _every_version(patients, patient_id)
        if not any(one.version in hidden for hidden in anothers)
    ]
    page.check_within(len(shown))
    return Page(len(shown), tuple(shown[page.offset : page.offset + page.size]), page)


def _anothers(deed: Deed[VersionWork], patient_id: PatientId) -> Sequence[range]:
    """The versions that a patient's account is not shown: those of merges that were undone.

    From the merge up to its undoing the record may have said what another person's did. Staff see them: they
    have to be able to find out what was mixed up.
    """
    if deed.reach is not Reach.OWN:
        return ()
    undone = [
        (one.survivor.version + 1, one.undoing.at)
        for one in deed.work.merges.of(patient_id)
        if one.survivor.id == patient_id and one.undoing is not None
    ]
    if not undone:
        return ()
    every = _every_version(deed.work.patients, patient_id)
    # An undoing and its version have one time. Of several the last one: hidden is better than shown.
    made = {one.updated_at: one.version for one in reversed(every)}
    return tuple(range(first, made.get(at, every[0].version)) for first, at in undone)


def _every_version(patients: PatientStore, patient_id: PatientId) -> Sequence[Patient]:
    """All versions, newest first."""
    every: list[Patient] = []
    while True:
        found = patients.versions(patient_id, PageRequest(len(every) // PAGE_SIZE_MAX + 1, PAGE_SIZE_MAX))
        every += found.items
        if len(every) >= found.count:
            return every


def _told(
    deed: Deed[VersionWork], patient_id: PatientId, versions: Sequence[Patient]
) -> tuple[PatientVersion, ...]:
    if deed.reach is not Reach.PRACTICE or isinstance(deed.attempt.actor.role, Machine):
        return tuple(PatientVersion(one, None) for one in versions)
    makers = tell_makers(deed.work, patient_id, [one.version for one in versions])
    return tuple(PatientVersion(one, makers.get(one.version)) for one in versions)
