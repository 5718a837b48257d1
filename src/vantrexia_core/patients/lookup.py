"""Showing patients: one, a page, the archived, the deleted. Recorded before it is answered."""

import attrs

from vantrexia_core.audit import Action, Attempt, Deed, repeated_if_undone, undertake
from vantrexia_core.kernel import (
    Actor,
    NotFoundError,
    Page,
    PatientId,
    Permission,
    Reach,
    UnavailableError,
)
from vantrexia_core.patients.facts import ArchivedListed, DeletedListed, Listed, Viewed
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.listing import DirectoryEntry, Listing, find
from vantrexia_core.patients.model import MovedPatient, Patient
from vantrexia_core.patients.ports import PatientDesk, PatientWork

_TRIES = 5


@repeated_if_undone
def look_up_patient(desk: PatientDesk, actor: Actor, patient_id: PatientId) -> Patient:
    """One record, active or archived. A patient's account sees its own record only.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: no such record for this actor, or it is deleted.
    """
    with undertake(desk, Attempt(actor, Action.READ, Permission.VIEW_PATIENTS, patient_id)) as deed:
        if deed.reach is Reach.OWN and actor.patient_id != patient_id:
            raise NotFoundError
        patient = deed.work.patients.get(patient_id)
        if patient.status is Status.DELETED:
            raise NotFoundError
        shown = Viewed(patient_id, disclosed=(patient_id,), version=patient.version)
        return deed.finish(shown, patient)


@repeated_if_undone
def find_patients(desk: PatientDesk, actor: Actor, listing: Listing) -> Page[Patient]:
    """A page of active (or, if asked for, archived) patients with the exact count.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: the page lies behind the last one.
    """
    with undertake(desk, Attempt(actor, Action.LIST, Permission.VIEW_PATIENTS)) as deed:
        page = _page(desk, deed, listing)
        return deed.finish(Listed(disclosed=_disclosed(page)), page)


@repeated_if_undone
def find_archived_patients(desk: PatientDesk, actor: Actor, listing: Listing) -> Page[MovedPatient]:
    """A page of archived patients, each with when, by whom and why it was archived.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: the page lies behind the last one.
    """
    listing = attrs.evolve(listing, status=Status.ARCHIVED)
    with undertake(desk, Attempt(actor, Action.LIST_ARCHIVED, Permission.VIEW_PATIENTS)) as deed:
        page = _page(desk, deed, listing)
        return deed.finish(ArchivedListed(disclosed=_disclosed(page)), _with_moves(deed, page))


@repeated_if_undone
def find_deleted_patients(desk: PatientDesk, actor: Actor, listing: Listing) -> Page[MovedPatient]:
    """A page of deleted patients for an administrator, each with when and by whom it was deleted.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: the page lies behind the last one.
    """
    listing = attrs.evolve(listing, status=Status.DELETED)
    attempt = Attempt(actor, Action.LIST_DELETED, Permission.MANAGE_DELETED_PATIENTS)
    with undertake(desk, attempt) as deed:
        page = _page(desk, deed, listing)
        return deed.finish(DeletedListed(disclosed=_disclosed(page)), _with_moves(deed, page))


def _page(desk: PatientDesk, deed: Deed[PatientWork], listing: Listing) -> Page[Patient]:
    actor = deed.attempt.actor
    if deed.reach is Reach.OWN:
        return _own_page(deed, listing)
    for _ in range(_TRIES):
        found = desk.directory.find(actor.practice_id, listing)
        listing.page.check_within(found.count)
        patients = deed.work.patients.fetch(found.numbers, as_of=found.as_of)
        if patients is not None:
            return Page(found.count, tuple(patients), listing.page)
    # Each time a record of this very page was changed between the two readings: say so rather than mix them.
    raise UnavailableError


def _own_page(deed: Deed[PatientWork], listing: Listing) -> Page[Patient]:
    """The list of a patient's own account: their record, if it is what the listing asks for, or nothing."""
    own = deed.attempt.actor.patient_id
    try:
        shown = () if own is None else (deed.work.patients.get(own),)
    except NotFoundError:
        shown = ()
    entries = [
        DirectoryEntry.of(
            0,
            patient.id,
            patient.status,
            patient.created_at,
            last=patient.name.last.reveal(),
            first=patient.name.first.reveal(),
            mrn=patient.mrn.reveal(),
        )
        for patient in shown
    ]
    count, _ = find(entries, listing)
    listing.page.check_within(count)
    return Page(count, shown[:count], listing.page)


def _with_moves(deed: Deed[PatientWork], page: Page[Patient]) -> Page[MovedPatient]:
    changes = deed.work.patients.last_changes(_ids(page))
    return page.map(lambda patient: MovedPatient(patient, changes[patient.id]))


def _disclosed(page: Page[Patient]) -> tuple[PatientId, ...]:
    """Whose PHI leaves with the page, by id: in the order shown, the trail would spell out the alphabet."""
    return tuple(sorted(_ids(page)))


def _ids(page: Page[Patient]) -> tuple[PatientId, ...]:
    return tuple(patient.id for patient in page.items)
