"""Showing patients: one, a page, the archived, the deleted. Recorded before it is answered."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import attrs

from vantrexia_core.audit import Action, Attempt, Deed, repeated_if_undone, undertake
from vantrexia_core.kernel import (
    PAGE_SIZE_MAX,
    Actor,
    NotFoundError,
    Page,
    PageRequest,
    PatientId,
    Permission,
    Reach,
    UnavailableError,
)
from vantrexia_core.patients.facts import ArchivedListed, DeletedListed, Listed, Viewed
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.listing import DirectoryEntry, Found, Listing, find
from vantrexia_core.patients.model import MovedPatient, Patient
from vantrexia_core.patients.ports import PatientDesk, PatientStore, PatientWork
from vantrexia_core.patients.searching import (
    OPENED_MAX,
    Condition,
    IdCondition,
    IdentifierCondition,
    PatientSearch,
    TooCostlyError,
)
from vantrexia_core.patients.sight import is_hidden, own, seen

_TRIES = 5


@repeated_if_undone
def look_up_patient(desk: PatientDesk, actor: Actor, patient_id: PatientId) -> Patient:
    """One record, active or archived. A patient's account sees its own record only.

    One that was merged into another is shown as well: its ``merged_into`` says which one stands for it.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: no such record for this actor; if it is deleted, a `GoneError`.
    """
    with undertake(desk, Attempt(actor, Action.READ, Permission.VIEW_PATIENTS, patient_id)) as deed:
        patient = seen(deed, patient_id)
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
def search_patients(desk: PatientDesk, actor: Actor, search: PatientSearch) -> Page[Patient]:
    """A page of the patients that a search by fields finds, with the exact count; or the count alone.

    Raises:
        PermissionDeniedError: the role may not see patients.
        NotFoundError: the page lies behind the last one.
        TooCostlyError: only opening very many records could answer it.
    """
    with undertake(desk, Attempt(actor, Action.LIST, Permission.VIEW_PATIENTS)) as deed:
        page = searched(desk, deed, search, opened_max=OPENED_MAX)
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
        PermissionDeniedError: the actor is not an administrator, and has declared no emergency.
        NotFoundError: the page lies behind the last one.
    """
    listing = attrs.evolve(listing, status=Status.DELETED)
    attempt = Attempt(actor, Action.LIST_DELETED, Permission.VIEW_DELETED_PATIENTS)
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


def searched(
    desk: PatientDesk, deed: Deed[PatientWork], search: PatientSearch, *, opened_max: int
) -> Page[Patient]:
    """The page of a search, for a deed that records itself afterwards.

    Raises:
        NotFoundError: the page lies behind the last one.
        TooCostlyError: it asks for too much at once, or only opening more than ``opened_max`` records could
            answer it.
    """
    search.check_cost()
    search = _led(deed.work.patients, search)
    if deed.reach is Reach.OWN:
        return _page_of(filter(search.holds, own(deed)), search)
    named = _named(deed.work.patients, search)
    if named is not None:
        return _page_of(filter(search.holds, named), search)
    for _ in range(_TRIES):
        page = _narrowed_page(desk, deed, search, opened_max)
        if page is not None:
            return page
    raise UnavailableError


def _led(patients: PatientStore, search: PatientSearch) -> PatientSearch:
    """The search with records instead of their numbers: the number of a merged one leads to its survivor."""

    def led(condition: Condition) -> Condition:
        if not isinstance(condition, IdentifierCondition):
            return condition
        holders = [*patients.mrn_holders(condition.mrns), *patients.holders(condition.external_ids)]
        return IdCondition(frozenset(holder.patient_id for holder in holders if holder is not None))

    return attrs.evolve(search, where=tuple(map(led, search.where)))


def _narrowed_page(
    desk: PatientDesk, deed: Deed[PatientWork], search: PatientSearch, opened_max: int
) -> Page[Patient] | None:
    """The page as the directory narrows it down; None when a record changed between the two readings."""
    practice_id, wanted = deed.attempt.actor.practice_id, search.page
    if not search.is_decided_by_entries:
        found = desk.directory.search(practice_id, search, skip=0, limit=opened_max)
        if found.count > opened_max:
            raise TooCostlyError
        opened = _fetched(deed.work.patients, found)
        return None if opened is None else _page_of(filter(search.holds, opened), search, is_in_order=True)
    if wanted is None:
        return Page(desk.directory.search(practice_id, search, skip=0, limit=0).count, (), PageRequest())
    found = desk.directory.search(practice_id, search, skip=wanted.offset, limit=wanted.size)
    wanted.check_within(found.count)
    shown = _fetched(deed.work.patients, found)
    return None if shown is None else Page(found.count, shown, wanted)


def _fetched(patients: PatientStore, found: Found) -> tuple[Patient, ...] | None:
    """The records found; None when one changed since."""
    opened: list[Patient] = []
    for begin in range(0, len(found.numbers), PAGE_SIZE_MAX):
        part = patients.fetch(found.numbers[begin : begin + PAGE_SIZE_MAX], as_of=found.as_of)
        if part is None:
            return None
        opened += part
    return tuple(opened)


def _named(patients: PatientStore, search: PatientSearch) -> Sequence[Patient] | None:
    """The records that the search names by their ids; None where it names none.

    A merged record is left out when the one that stands for it is deleted: it is one person's.
    """
    named = [condition.ids for condition in search.where if isinstance(condition, IdCondition)]
    if not named:
        return None
    found = []
    for id_ in sorted(frozenset.intersection(*named)):
        with suppress(NotFoundError):
            patient = patients.get(id_)
            if patient.merged_into is None or not is_hidden(patients, patient):
                found.append(patient)
    return found


def _page_of(found: Iterable[Patient], search: PatientSearch, *, is_in_order: bool = False) -> Page[Patient]:
    """A page of records that are all there."""
    held = list(found)
    if not is_in_order:
        held.sort(key=lambda patient: search.ordering.key(DirectoryEntry.of_patient(0, patient)))
        if search.ordering.is_descending:
            held.reverse()
    if search.page is None:
        return Page(len(held), (), PageRequest())
    search.page.check_within(len(held))
    begin = search.page.offset
    return Page(len(held), tuple(held[begin : begin + search.page.size]), search.page)


def _own_page(deed: Deed[PatientWork], listing: Listing) -> Page[Patient]:
    """The list of a patient's own account: their record, if it is what the listing asks for, or nothing."""
    shown = own(deed)
    entries = [DirectoryEntry.of_patient(0, patient) for patient in shown]
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
