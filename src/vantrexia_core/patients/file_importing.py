"""Importing a file of patients, some hundred lines at a time, each lot completely or not at all.

How far a file has come is stored in the transaction that stores its patients. So an import that was stopped
continues where it was, and no line is imported twice, even without any identifier. A line whose identifiers
are here already is skipped, so that the same file, or next month's, can be imported again.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final, TypeVar

import attrs

from vantrexia_core.audit import (
    Action,
    Attempt,
    Deed,
    Fact,
    Line,
    Outcome,
    again_if_undone,
    repeated_if_undone,
    undertake,
)
from vantrexia_core.kernel import Actor, ConflictError, PatientId, Permission, Phi, Reason
from vantrexia_core.patients.facts import Imported, ImportPreviewed, ImportStarted, Registered
from vantrexia_core.patients.file_import import FileImport, FileLine, LineOutcome, LineVerdict
from vantrexia_core.patients.lifecycle import Move, Status
from vantrexia_core.patients.model import NewPatient, Patient
from vantrexia_core.patients.ports import Holder, MatchingDesk, MrnTakenError, PatientStore, PatientWork
from vantrexia_core.patients.registration import add_numbered, number_many
from vantrexia_core.patients.values import ExternalId, Mrn
from vantrexia_core.protection import fold

ARCHIVED_ELSEWHERE: Final = Reason("Archived in the system that the record was imported from")
"""Why a record is archived that was archived where it comes from: what was said there is in no file."""

_SKIPPED: Final = frozenset({LineVerdict.HERE, LineVerdict.REPLACED})


_Identifier = TypeVar("_Identifier", Mrn, ExternalId)


class FileMovedOnError(ConflictError):
    """Somebody else is importing the same file at the same moment."""

    code = "file_import_moved_on"
    sentence = "This file is being imported by somebody else at this moment. Nothing was done here."


@repeated_if_undone
def begin_file_import(
    desk: MatchingDesk, actor: Actor, fingerprint: Phi[bytes] | None, *, again: bool = False
) -> FileImport:
    """Begin the import of a file, or continue the one that was begun; ``again`` begins a new one in any case.

    ``fingerprint`` identifies the content of the file. Without one the import cannot be continued later.

    Raises:
        PermissionDeniedError: the role may not import.
    """
    with undertake(desk, Attempt(actor, Action.IMPORT_START, Permission.IMPORT_PATIENTS)) as deed:
        imports = deed.work.file_imports
        known = None if again or fingerprint is None else imports.find(fingerprint)
        if known is None:
            known = FileImport(desk.ids.new_id(), actor.practice_id, actor.user_id, deed.now, deed.now)
            imports.add(known, fingerprint)
        return deed.finish(ImportStarted(), known)


@repeated_if_undone
def import_lines(
    desk: MatchingDesk,
    actor: Actor,
    file: FileImport,
    lines: Sequence[FileLine],
    *,
    upto: int,
    is_last: bool = False,
) -> tuple[FileImport, list[LineOutcome]]:
    """Import the lines after those that are settled, up to the number ``upto``. Blank lines are left out.

    Raises:
        PermissionDeniedError: the role may not import any more.
        FileMovedOnError: somebody else has gone on with this file meanwhile; nothing was done.
    """
    with undertake(desk, Attempt(actor, Action.IMPORT, Permission.IMPORT_PATIENTS)) as deed:
        known = deed.work.file_imports.get_to_change(file.id)
        if known.is_done or known.lines != file.lines:
            raise FileMovedOnError
        settled = _settled(deed, lines, lambda: PatientId(desk.ids.new_id()))
        if desk.candidacy.is_asked:
            # Whom they resemble is looked at afterwards: a file must not wait for it, line by line.
            new = [one.patient_id for one, facts in settled if facts and one.patient_id is not None]
            if new:
                deed.work.uncompared.add(new, at=deed.now)
        outcomes = [outcome for outcome, _ in settled]
        skipped = sum(one.verdict in _SKIPPED for one in outcomes)
        imported = sum(one.verdict is LineVerdict.IMPORTED for one in outcomes)
        moved = attrs.evolve(
            known,
            lines=upto,
            imported=known.imported + imported,
            skipped=known.skipped + skipped,
            refused=known.refused + len(outcomes) - imported - skipped,
            is_done=is_last,
            updated_at=deed.now,
        )
        deed.work.file_imports.save(moved)
        entries = [entry for outcome, registered in settled for entry in _entries(outcome, registered)]
        # A lot without any line is recorded as well: it ends the file.
        return deed.finish_all(entries or [Line(Outcome.DONE, Imported())], (moved, outcomes))


@attrs.define(repr=False)
class Preview:
    """Says what would become of a file's lines, lot after lot. Only the fact that it was asked is recorded.

    It remembers the identifiers of earlier lines, so that two lines for one person are found.
    """

    _desk: MatchingDesk
    _actor: Actor
    _seen: "_Seen" = attrs.field(init=False)

    @_seen.default
    def _nobody_yet(self) -> "_Seen":
        return _Seen()

    def look(self, lines: Sequence[FileLine]) -> list[LineOutcome]:
        """What would become of these lines.

        Raises:
            PermissionDeniedError: the role may not import.
        """
        outcomes = again_if_undone(self._desk.clock, lambda: self._looked(lines))
        self._seen.keep()
        return outcomes

    def _looked(self, lines: Sequence[FileLine]) -> list[LineOutcome]:
        attempt = Attempt(self._actor, Action.IMPORT_PREVIEW, Permission.IMPORT_PATIENTS)
        self._seen.forget()
        with undertake(self._desk, attempt) as deed:
            judged = _judged(deed.work.patients, lines, self._seen, deed.now)
            outcomes = [
                one if isinstance(one, LineOutcome) else LineOutcome(one.number, LineVerdict.IMPORTED)
                for one in judged
            ]
            return deed.finish(ImportPreviewed(), outcomes)


@attrs.define(repr=False)
class _Seen:
    """Whose identifiers came in the lines before; those of a lot are kept once it was not undone."""

    _people: dict[tuple[str, str], NewPatient] = attrs.field(factory=dict)
    _newest: dict[tuple[str, str], NewPatient] = attrs.field(factory=dict)

    def others(self, new: NewPatient) -> list[NewPatient]:
        """Those who came with one of these identifiers."""
        found = (self._people.get(key) or self._newest.get(key) for key in _identifiers(new))
        return [one for one in found if one is not None]

    def add(self, new: NewPatient) -> None:
        """Remember somebody of this lot."""
        self._newest.update(dict.fromkeys(_identifiers(new), new))

    def keep(self) -> None:
        """This lot is done."""
        self._people.update(self._newest)
        self.forget()

    def forget(self) -> None:
        """This lot is begun, perhaps once more."""
        self._newest = {}


@attrs.frozen(repr=False)
class _Arrival:
    """Somebody who is not here yet."""

    number: int
    new: NewPatient
    is_active: bool


def _settled(
    deed: Deed[PatientWork], lines: Sequence[FileLine], new_id: Callable[[], PatientId]
) -> list[tuple[LineOutcome, Sequence[Fact]]]:
    """What became of each line, in their order, and the facts where there is a new record."""
    patients = deed.work.patients
    if lines:
        # From here on whoever holds an identifier is known for good.
        patients.be_alone()
    judged = _judged(patients, lines, _Seen(), deed.now)
    arrivals = [one for one in judged if isinstance(one, _Arrival)]
    added = _added(deed, arrivals, new_id)
    settled: list[tuple[LineOutcome, Sequence[Fact]]] = []
    for one in judged:
        if isinstance(one, LineOutcome):
            settled.append((one, ()))
            continue
        patient, fact = added[one.number]
        facts: list[Fact] = [fact]
        if not one.is_active:
            facts.append(_archived(deed, patient))
        settled.append((LineOutcome(one.number, LineVerdict.IMPORTED, patient.id), facts))
    return settled


def _archived(deed: Deed[PatientWork], patient: Patient) -> Fact:
    """Put a record out of service that is so where it comes from."""
    actor = deed.attempt.actor
    after, change, fact = patient.move(Move.ARCHIVE, by=actor, now=deed.now, reason=ARCHIVED_ELSEWHERE)
    deed.work.patients.move(after, change)
    return fact


def _judged(
    patients: PatientStore, lines: Sequence[FileLine], seen: _Seen, now: datetime
) -> list[LineOutcome | _Arrival]:
    """What is to be done for each line. Those of one person, or one identifier, follow the first of them."""
    people = [line.new for line in lines if line.new is not None]
    mrns = [new.mrn for new in people if new.mrn is not None]
    external_ids = [new.external_id for new in people if new.external_id is not None]
    by_mrn = _holders(mrns, patients.mrn_holders)
    by_external_id = _holders(external_ids, patients.holders)
    judged: list[LineOutcome | _Arrival] = []
    for line in lines:
        new = line.new
        if new is None or new.date_of_birth.is_after(now):
            judged.append(LineOutcome(line.number, LineVerdict.INVALID))
            continue
        if line.is_replaced:
            judged.append(LineOutcome(line.number, LineVerdict.REPLACED))
            continue
        holders = {
            holder.patient_id: holder
            for value, held in ((new.mrn, by_mrn), (new.external_id, by_external_id))
            if value is not None and (holder := held.get(value.reveal())) is not None
        }
        if holders:
            judged.append(_held(patients, line.number, new, list(holders.values())))
        elif others := seen.others(new):
            is_one = all(_is_same(other, new) for other in others)
            judged.append(LineOutcome(line.number, LineVerdict.HERE if is_one else LineVerdict.TAKEN))
        else:
            seen.add(new)
            judged.append(_Arrival(line.number, new, line.is_active))
    return judged


def _holders(
    values: Sequence[_Identifier], ask: Callable[[Sequence[_Identifier]], Sequence[Holder | None]]
) -> dict[str, Holder]:
    found = zip(values, ask(values), strict=True)
    return {value.reveal(): holder for value, holder in found if holder is not None}


def _held(patients: PatientStore, number: int, new: NewPatient, holders: Sequence[Holder]) -> LineOutcome:
    """A line whose identifiers are here: the same person's, or somebody else's."""
    if len(holders) > 1:
        return LineOutcome(number, LineVerdict.TAKEN)
    (holder,) = holders
    if not _is_same(patients.get(holder.patient_id), new):
        return LineOutcome(number, LineVerdict.TAKEN)
    verdict = LineVerdict.HIDDEN if holder.status is Status.DELETED else LineVerdict.HERE
    return LineOutcome(number, verdict, holder.patient_id)


def _is_same(known: Patient | NewPatient, new: NewPatient) -> bool:
    """Whether an identifier that both have is believed: they share the birth date, or both names.

    A number typed wrongly leads to somebody who shares neither.
    """
    names = [(fold(one.name.first.reveal()), fold(one.name.last.reveal())) for one in (known, new)]
    return known.date_of_birth == new.date_of_birth or names[0] == names[1]


def _identifiers(new: NewPatient) -> Collection[tuple[str, str]]:
    return [
        (kind, value.reveal())
        for kind, value in (("mrn", new.mrn), ("external_id", new.external_id))
        if value is not None
    ]


def _added(
    deed: Deed[PatientWork], arrivals: Sequence[_Arrival], new_id: Callable[[], PatientId]
) -> dict[int, tuple[Patient, Registered]]:
    """The new records by the numbers of their lines."""
    if not arrivals:
        return {}
    patients, ids = deed.work.patients, {one.number: new_id() for one in arrivals}
    practice_id = deed.attempt.actor.practice_id
    numbered = number_many(
        patients, [(one.new, ids[one.number]) for one in arrivals], practice_id=practice_id, now=deed.now
    )
    added = {one.number: registered for one, registered in zip(arrivals, numbered, strict=True)}
    try:
        patients.add_many([patient for patient, _ in added.values()])
    except MrnTakenError:
        # One of our numbers is somebody's, here or in these lines: those who brought theirs come first.
        for one in sorted(arrivals, key=lambda one: one.new.mrn is None):
            added[one.number] = add_numbered(
                patients, one.new, id_=ids[one.number], practice_id=practice_id, now=deed.now
            )
    return added


def _entries(outcome: LineOutcome, facts: Sequence[Fact]) -> list[Line]:
    """What the trail says of a line. One that brought nobody is refused, with its verdict as the reason."""
    if not facts:
        return [Line(Outcome.REFUSED, Imported(outcome.patient_id), outcome.verdict.value)]
    return [
        Line(Outcome.DONE, Imported(outcome.patient_id, changed=fact.changed, version=fact.version))
        for fact in facts
    ]
