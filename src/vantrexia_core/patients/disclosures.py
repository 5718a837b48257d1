"""Accounting for disclosures: whoever was shown one patient's record, when, from where, and in which call.

A patient may ask for it (45 CFR 164.528). The clause wants six years, and leaves out what was disclosed for
treatment, payment and operations; here is everything that the trail holds, and the practice chooses. Asking
is recorded, and discloses nothing of the record itself.
"""

from datetime import datetime
from typing import Protocol

import attrs

from vantrexia_core.audit import (
    Action,
    Attempt,
    Desk,
    Inquiry,
    TrailExport,
    TrailPage,
    TrailWork,
    follow,
    look,
    repeated_if_undone,
    undertake,
)
from vantrexia_core.kernel import Actor, PageRequest, PatientId, Permission
from vantrexia_core.patients.facts import DisclosuresAccounted
from vantrexia_core.patients.ports import PatientWork


class DisclosureWork(PatientWork, TrailWork, Protocol):
    """The unit of work in which disclosures are accounted for."""


@attrs.frozen
class Period:
    """From ``since`` on, and ``before`` a moment; either may be open."""

    since: datetime | None = None
    before: datetime | None = None


@repeated_if_undone
def find_disclosures(
    desk: Desk[DisclosureWork],
    actor: Actor,
    patient_id: PatientId,
    period: Period = Period(),
    page: PageRequest = PageRequest(),
    *,
    as_of: int | None = None,
) -> TrailPage:
    """A page of all disclosures of one patient, newest first, whatever the status of the record.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: the practice has no such record, or the page lies behind the last one.
    """
    with undertake(desk, _attempt(actor, patient_id)) as deed:
        found = look(deed.work, _shown(deed.work, patient_id, period), page, as_of=as_of)
        return deed.finish(DisclosuresAccounted(patient_id), found)


@repeated_if_undone
def account_for_disclosures(
    desk: Desk[DisclosureWork], actor: Actor, patient_id: PatientId, period: Period = Period()
) -> TrailExport:
    """All disclosures of one patient, oldest first, whatever the status of the record.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: the practice has no such record.
    """
    with undertake(desk, _attempt(actor, patient_id)) as deed:
        export = follow(desk, deed.work, actor.practice_id, _shown(deed.work, patient_id, period))
        return deed.finish(DisclosuresAccounted(patient_id), export)


def _attempt(actor: Actor, patient_id: PatientId) -> Attempt:
    return Attempt(actor, Action.ACCOUNTING, Permission.ACCOUNT_FOR_DISCLOSURES, patient_id)


def _shown(work: DisclosureWork, patient_id: PatientId, period: Period) -> Inquiry:
    """Whatever showed the record, or one that was merged into it: it is one person's."""
    work.patients.get(patient_id)
    shown = (patient_id, *work.patients.led_to(patient_id))
    return Inquiry(shown_ids=shown, since=period.since, before=period.before)
