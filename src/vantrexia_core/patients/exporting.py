"""Exporting patients in bulk: granted once, fetched part by part, recorded record by record.

An account of disclosures (45 CFR 164.528) says of each patient when the record left. So every batch is a deed
of its own: its entry names the patients in it, and is committed before the batch is handed out. A batch that
was never reached is not on the trail, and one that was fetched twice is there twice.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final, TypeVar
from uuid import UUID

import attrs

from vantrexia_core.audit import (
    DISCLOSED_MAX,
    Action,
    Attempt,
    again_if_undone,
    repeated_if_undone,
    undertake,
)
from vantrexia_core.identity import check_standing
from vantrexia_core.kernel import (
    Actor,
    InvalidError,
    NotFoundError,
    PatientId,
    Permission,
    VantrexiaError,
)
from vantrexia_core.patients.export import (
    EXPORT_LIFE,
    LIVE_EXPORTS_MAX,
    PART_RECORDS,
    PATIENTS_ASKED_MAX,
    Export,
    ExportWish,
    Part,
)
from vantrexia_core.patients.facts import Exported, ExportEnded, ExportShown, ExportStarted
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.ports import Asked, ExportDesk, PatientDesk, PatientWork

T = TypeVar("T")

RECORDS_AT_ONCE: Final = DISCLOSED_MAX
"""How many records are read, recorded and given together: as many as one entry of the trail can name."""


class TooManyExportsError(VantrexiaError):
    """The account has as many open exports as it may; the caller must delete one, or wait."""

    code = "too_many_exports"
    sentence = f"You have {LIVE_EXPORTS_MAX} open exports. Delete one of them, or wait until it expires."


@attrs.frozen
class Departed:
    """A record that was deleted, and when."""

    patient_id: PatientId
    at: datetime


@repeated_if_undone
def start_export(desk: PatientDesk, actor: Actor, wish: ExportWish) -> Export:
    """Grant an export of the practice's active and archived patients, of this moment.

    Records are counted and nothing is read yet, so it is ready when it is granted.

    Raises:
        PermissionDeniedError: the role may not export.
        InvalidError: a patient that is asked for by name is not there, or there are too many of them.
        TooManyExportsError: the account has as many open exports as it may.
    """
    with undertake(desk, Attempt(actor, Action.EXPORT_START, Permission.EXPORT_PATIENTS)) as deed:
        exports, patients = deed.work.exports, deed.work.patients
        if exports.count_live(actor.user_id, after=deed.now - EXPORT_LIFE) >= LIVE_EXPORTS_MAX:
            raise TooManyExportsError
        if len(wish.patient_ids) > PATIENTS_ASKED_MAX:
            raise InvalidError.on("patient", f"Ask for at most {PATIENTS_ASKED_MAX} patients by name.")
        # In this order: what is numbered later is not in the export, whatever its change number.
        as_of, newest = patients.change_number(), patients.newest_number()
        export = Export(desk.ids.new_id(), actor.practice_id, actor.user_id, deed.now, as_of, wish)
        if wish.patient_ids:
            shown, gone = _named(deed.work, export, newest)
        else:
            shown, gone = _everybody(deed.work, export, newest)
        export = attrs.evolve(export, shown=shown, gone=gone)
        exports.add(export, forget_until=deed.now - EXPORT_LIFE)
        return deed.finish(ExportStarted(), export)


@repeated_if_undone
def look_up_export(desk: PatientDesk, actor: Actor, export_id: UUID) -> Export:
    """An export of the actor's own.

    Raises:
        PermissionDeniedError: the role may not export.
        NotFoundError: the account has no such export, or it has expired.
    """
    with undertake(desk, Attempt(actor, Action.EXPORT_READ, Permission.EXPORT_PATIENTS)) as deed:
        return deed.finish(ExportShown(), _live(deed.work, actor, export_id, deed.now))


@repeated_if_undone
def end_export(desk: PatientDesk, actor: Actor, export_id: UUID) -> None:
    """Forget an export. Downloads that are under way get nothing more.

    Raises:
        PermissionDeniedError: the role may not export.
        NotFoundError: the account has no such export, or it has expired.
    """
    with undertake(desk, Attempt(actor, Action.EXPORT_END, Permission.EXPORT_PATIENTS)) as deed:
        _live(deed.work, actor, export_id, deed.now)
        deed.work.exports.remove(export_id)
        deed.finish(ExportEnded(), None)


def fetch_part(
    desk: ExportDesk, actor: Actor, export_id: UUID, place: int
) -> tuple[Export, Iterator[Sequence[Patient]]]:
    """The records of one part, from place 0 on, a batch at a time, in order of their numbers.

    The first batch is read and recorded before this returns, each further one when it is asked for.

    Raises:
        PermissionDeniedError: the role may not export.
        NotFoundError: the account has no such export, or it has expired or no such part; and while batches
            are asked for: it was deleted or expired meanwhile.
        TokenNotValidError: also while batches are asked for: the actor would not be let in any more.
        UnavailableError: the store or the trail is out of reach; also while batches are asked for.
    """

    def read(work: PatientWork, export: Export, numbers: range) -> tuple[int, list[Patient]]:
        asked = _asked(export, numbers)
        found = list(work.patients.standing(asked, limit=RECORDS_AT_ONCE))
        return _last(found, numbers), [patient for _, patient in found]

    def exported(batch: Sequence[Patient]) -> Exported:
        return Exported(disclosed=tuple(sorted((patient.id for patient in batch), key=attrgetter("int"))))

    return _batches(desk, actor, export_id, lambda export: export.shown, place, read, exported)


def fetch_departed(
    desk: ExportDesk, actor: Actor, export_id: UUID, place: int
) -> tuple[Export, Iterator[Sequence[Departed]]]:
    """Like `fetch_part`, for the records that were deleted: their ids alone, so nothing is disclosed.

    Raises:
        As `fetch_part`.
    """

    def read(work: PatientWork, export: Export, numbers: range) -> tuple[int, list[Departed]]:
        asked = _asked(export, numbers)
        found = list(work.patients.departed(asked, limit=RECORDS_AT_ONCE))
        return _last(found, numbers), [Departed(id_, at) for _, (id_, at) in found]

    return _batches(desk, actor, export_id, lambda export: export.gone, place, read, lambda _: Exported())


_Reading = Callable[[PatientWork, Export, range], tuple[int, list[T]]]
"""Reads a batch; gives the number that it reached as well."""


def _batches(
    desk: ExportDesk,
    actor: Actor,
    export_id: UUID,
    parts_of: Callable[[Export], Sequence[Part]],
    place: int,
    read: _Reading[T],
    exported: Callable[[Sequence[T]], Exported],
) -> tuple[Export, Iterator[Sequence[T]]]:
    attempt = Attempt(actor, Action.EXPORT, Permission.EXPORT_PATIENTS)

    def batch(after: int) -> tuple[Export, Part, int, list[T]]:
        # As with the export below: whoever may no longer act gets nothing more.
        check_standing(desk, actor)
        with undertake(desk, attempt) as deed:
            # Asked for again each time: an export that was deleted ends where it stands.
            export = _live(deed.work, actor, export_id, deed.now)
            if not 0 <= place < len(parts_of(export)):
                raise NotFoundError
            part = parts_of(export)[place]
            reached, found = read(deed.work, export, range(max(after + 1, part.first), part.last + 1))
            return deed.finish(exported(found), (export, part, reached, found))

    export, part, reached, first = again_if_undone(desk.clock, lambda: batch(0))

    def rest() -> Iterator[Sequence[T]]:
        at, found = reached, first
        while True:
            if found:
                yield found
            if at >= part.last:
                return
            _, _, at, found = again_if_undone(desk.clock, lambda after=at: batch(after))  # type: ignore[misc]

    return export, rest()


def _last(found: Sequence[tuple[int, object]], numbers: range) -> int:
    """The number that a batch reached: the end of the part, if the batch was not full."""
    return found[-1][0] if len(found) == RECORDS_AT_ONCE else numbers.stop - 1


def _asked(export: Export, numbers: range) -> Asked:
    return Asked(numbers, export.as_of, export.wish.changed_after, export.wish.patient_ids)


def _live(work: PatientWork, actor: Actor, export_id: UUID, now: datetime) -> Export:
    export = work.exports.get(export_id)
    export.check_live(now)
    if export.by != actor.user_id:
        raise NotFoundError
    return export


def _everybody(work: PatientWork, export: Export, newest: int) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The parts; a range of numbers at a time, so that no statement takes long however many there are."""
    shown: list[Part] = []
    gone: list[Part] = []
    for first in range(1, newest + 1, PART_RECORDS):
        last = min(first + PART_RECORDS - 1, newest)
        there, deleted = work.patients.tally(_asked(export, range(first, last + 1)))
        shown += [Part(first, last, there)] if there else []
        gone += [Part(first, last, deleted)] if deleted and export.wish.since is not None else []
    return tuple(shown), tuple(gone)


def _named(work: PatientWork, export: Export, newest: int) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """One part, however far apart their numbers are.

    Raises:
        InvalidError: one of them is not there, or was deleted.
    """
    unknown = InvalidError.on("patient", "At least one of these patients is not there.")
    everything = Asked(range(1, newest + 1), export.as_of, None, export.wish.patient_ids)
    there, _ = work.patients.tally(everything)
    if there != len(set(export.wish.patient_ids)):
        raise unknown
    changed, _ = work.patients.tally(_asked(export, range(1, newest + 1)))
    return ((Part(1, newest, changed),) if changed else ()), ()
