"""What the patients' use cases need from the world."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import attrs

from vantrexia_core.audit import Desk, RecordedWork
from vantrexia_core.identity import StandingDesk
from vantrexia_core.kernel import (
    InvalidError,
    MergeId,
    Page,
    PageRequest,
    PatientId,
    PersonName,
    Phi,
    PracticeId,
    SuspicionId,
    UserId,
)
from vantrexia_core.patients.export import Export
from vantrexia_core.patients.file_import import FileImport
from vantrexia_core.patients.lifecycle import Status
from vantrexia_core.patients.listing import DirectoryEntry, Found, Listing, Unlisted, Unreadable
from vantrexia_core.patients.matching.blocking import BlockingKey
from vantrexia_core.patients.matching.candidates import Candidates
from vantrexia_core.patients.matching.ports import PhoneNumbers, Texts
from vantrexia_core.patients.matching.traits import Person
from vantrexia_core.patients.merge import Joining, Merge
from vantrexia_core.patients.model import Patient, StatusChange
from vantrexia_core.patients.searching import PatientSearch
from vantrexia_core.patients.suspicion import Pair, Suspicion, SuspicionListing
from vantrexia_core.patients.values import DateOfBirth, ExternalId, Gender, Mrn


class MrnTakenError(InvalidError):
    """The MRN belongs to another record of the practice, perhaps a deleted one: numbers stay reserved."""

    def __init__(self) -> None:
        super().__init__({"mrn": ("This MRN is already in use in your practice.",)})


class ExternalIdTakenError(InvalidError):
    """The external id belongs to another record of the practice."""

    def __init__(self) -> None:
        super().__init__({"external_id": ("This external id is already in use in your practice.",)})


@attrs.frozen
class Holder:
    """Whose number it is: the record's id and where it stands.

    Where the record was merged into another, that is the other one, which stands for it; ``via`` is then the
    record that has the number.
    """

    patient_id: PatientId
    status: Status
    via: PatientId | None = None

    @property
    def record_id(self) -> PatientId:
        """The record that has the number itself."""
        return self.patient_id if self.via is None else self.via


@attrs.frozen
class Sighting:
    """A record as far as telling who it is; ``identity`` is None if it has an external id or is deleted."""

    patient_id: PatientId
    seq: int
    identity: tuple[PersonName, DateOfBirth, Phi[Gender]] | None


@attrs.frozen
class Asked:
    """Which records an export asks for: by their numbers, as they stood at the change number ``as_of``.

    With ``changed_after`` only those whose version then was made after it; with ``patient_ids`` only those.
    A record that was merged then counts as deleted if the one that stood for it was, and as changed with it.
    """

    numbers: range
    as_of: int
    changed_after: datetime | None = None
    patient_ids: tuple[PatientId, ...] = ()


class PatientStore(Protocol):
    """The records of one practice, inside one transaction. Another practice's records do not exist here.

    A record has versions, counted from 1. `save` and `move` make the next one, and keep the one that they
    replace as it was.
    """

    def next_mrn_number(self, *, skip: int = 0) -> int:
        """The next number of the practice's counter, from 1, after passing over ``skip`` of them.

        No two transactions get the same one.
        """
        ...

    def be_alone(self) -> None:
        """From here to the end of this transaction nobody else adds or changes a record of the practice.

        Taken after a record's own lock (`get_to_change`), never before one: that is the order in which
        `save` takes them.
        """
        ...

    def holders(self, external_ids: Sequence[ExternalId]) -> Sequence[Holder | None]:
        """Who has each external id, whatever the record's status; in the order of ``external_ids``."""
        ...

    def mrn_holders(self, mrns: Sequence[Mrn]) -> Sequence[Holder | None]:
        """Who has each record number, whatever the record's status; in the order of ``mrns``."""
        ...

    def has_unlinked(self) -> bool:
        """Whether any record that is not deleted has no external id."""
        ...

    def change_number(self) -> int:
        """The number of the practice's newest change that is kept; 0 before the first."""
        ...

    def unlinked_since(self, seq: int, *, limit: int) -> Sequence[Sighting]:
        """Records without external id that changed after a change number, at most ``limit``, oldest first.

        With a ``seq`` above 0 the others that changed are among them, without an identity.
        """
        ...

    def unlinked(self, numbers: Sequence[int]) -> Sequence[Patient]:
        """Those of the records with these ``numbers`` that have no external id, in any order."""
        ...

    def add(self, patient: Patient) -> None:
        """Store a new record. On an error nothing is stored and the transaction goes on.

        Raises:
            MrnTakenError, ExternalIdTakenError: the value belongs to another record.
        """
        ...

    def add_many(self, patients: Sequence[Patient]) -> None:
        """Store new records, for much less than one by one. On an error none of them is stored.

        Raises:
            MrnTakenError, ExternalIdTakenError: a value belongs to another record, or to two of these.
        """
        ...

    def get(self, patient_id: PatientId) -> Patient:
        """One record of any status, as it is now.

        Raises:
            NotFoundError: no such record in this practice.
        """
        ...

    def get_to_change(self, patient_id: PatientId) -> Patient:
        """Like `get`; until this transaction ends nobody else can change the record.

        Raises:
            NotFoundError: no such record in this practice.
        """
        ...

    def save(self, patient: Patient) -> None:
        """Store a revised record whose version is one above the stored one.

        Raises:
            MrnTakenError, ExternalIdTakenError: the value belongs to another record.
            StaleVersionError: the stored record is not the one this revision started from.
        """
        ...

    def move(self, patient: Patient, change: StatusChange) -> None:
        """Store a record's new status together with the line of its history.

        Raises:
            StaleVersionError: the stored record is not the one this move started from.
        """
        ...

    def redirect(self, patient: Patient) -> None:
        """Store which record stands for this one from now on, if any, and the status that goes with it.

        Raises:
            StaleVersionError: the stored record is not the one this change started from.
        """
        ...

    def led_to(self, patient_id: PatientId) -> Sequence[PatientId]:
        """The records that this one stands for, in order of their ids."""
        ...

    def fetch(self, numbers: Sequence[int], *, as_of: int) -> Sequence[Patient] | None:
        """The records of a page, in the order of their ``numbers``; None when one changed after ``as_of``.

        Raises:
            NotFoundError: the practice has no record of that number.
        """
        ...

    def of_numbers(self, numbers: Sequence[int]) -> Sequence[Patient]:
        """The records with these ``numbers``, whatever their status, in any order.

        Those that do not open are left out.
        """
        ...

    def changed_since(self, seq: int, *, limit: int, but: PatientId | None = None) -> Sequence[Patient]:
        """Records ``but`` one that were added or changed after a change number, oldest change first.

        At most ``limit``. Those of this transaction are among them. After a change, or `be_alone`, nobody
        else's can follow.
        """
        ...

    def last_changes(self, ids: Sequence[PatientId]) -> Mapping[PatientId, StatusChange]:
        """The newest line of each record's history of moves; records that never moved are left out."""
        ...

    def history(self, patient_id: PatientId) -> Sequence[StatusChange]:
        """All moves of a record, oldest first."""
        ...

    def versions(self, patient_id: PatientId, page: PageRequest) -> Page[Patient]:
        """A page of a record's versions, newest first; the first is the record as it is.

        Raises:
            NotFoundError: no such record in this practice, or the page lies behind the last one.
        """
        ...

    def version_of(self, patient_id: PatientId, version: int) -> Patient:
        """One version of a record, today's included.

        Raises:
            NotFoundError: no such record in this practice, or no such version is kept.
        """
        ...

    def newest_number(self) -> int:
        """The number of the practice's newest record; they are dense. 0 before the first."""
        ...

    def tally(self, asked: Asked) -> tuple[int, int]:
        """How many records that are asked for were not deleted then, and how many were."""
        ...

    def standing(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, Patient]]:
        """Records that are asked for and were not deleted then, as they were then, each with its number.

        At most ``limit``, in order of their numbers. Whoever asks for the numbers behind the last one gets
        the next, of the same moment, whatever changed meanwhile.
        """
        ...

    def departed(self, asked: Asked, *, limit: int) -> Sequence[tuple[int, tuple[PatientId, datetime]]]:
        """Like `standing`, for records that were deleted then: their ids and when, and nothing of them."""
        ...


class FileImportStore(Protocol):
    """The files that one practice has taken in, inside one transaction."""

    def add(self, file: FileImport, fingerprint: Phi[bytes] | None) -> None:
        """Store the import of a file. Its fingerprint is kept as a keyed digest."""
        ...

    def find(self, fingerprint: Phi[bytes]) -> FileImport | None:
        """The newest import of a file, done or not."""
        ...

    def get_to_change(self, import_id: UUID) -> FileImport:
        """One import; until this transaction ends nobody else goes on with it. Taken before other locks.

        Raises:
            NotFoundError: the practice has no such import.
        """
        ...

    def save(self, file: FileImport) -> None:
        """Store how far an import has come."""
        ...


class ExportStore(Protocol):
    """The exports of one practice, inside one transaction."""

    def add(self, export: Export, *, forget_until: datetime) -> None:
        """Store a new export; forget those of this practice that began at ``forget_until`` or before."""
        ...

    def get(self, export_id: UUID) -> Export:
        """One export, expired or not.

        Raises:
            NotFoundError: the practice has no such export.
        """
        ...

    def count_live(self, by: UserId, *, after: datetime) -> int:
        """How many exports of an account began after a moment. Whoever asks at once waits here."""
        ...

    def remove(self, export_id: UUID) -> None:
        """Forget an export, if it is there."""
        ...


class MergeStore(Protocol):
    """The merges of one practice's records, inside one transaction. Both records are kept sealed."""

    def add(self, merge: Merge) -> None:
        """Store a new merge."""
        ...

    def get(self, merge_id: MergeId) -> Merge:
        """One merge, undone or not.

        Raises:
            NotFoundError: no such merge in this practice.
        """
        ...

    def of(self, patient_id: PatientId) -> Sequence[Merge]:
        """The merges that a record took part in, as survivor or as loser, newest first."""
        ...

    def joined(self, survivors: Sequence[PatientId]) -> Sequence[Joining]:
        """What was ever merged into these records, undone merges too, oldest first. Nothing is opened."""
        ...

    def save(self, merge: Merge) -> None:
        """Store that a merge was undone. Nothing else of it changes.

        Raises:
            NotFoundError: no such merge in this practice, or it was undone before.
        """
        ...


class SuspicionStore(Protocol):
    """The pairs of one practice's records that may be one person, inside one transaction.

    Its locks are taken after those of records and of the practice (`PatientStore.be_alone`), in order of the
    pairs' ids.
    """

    def add(self, found: Sequence[Suspicion]) -> Sequence[Suspicion]:
        """Put pairs on the list, and give those that wait for somebody now, as they stand, in their order.

        Adding a pair again is safe: the list keeps its age and takes the newer score. Silent for pairs that
        somebody settled: decided "different", or one person already. That holds for pairs of survivors, too:
        who was told apart from a record is told apart from the one it was merged into.

        Raises:
            NotFoundError: a record is not this practice's; nothing was stored.
        """
        ...

    def get(self, suspicion_id: SuspicionId) -> Suspicion:
        """One pair, whatever was decided.

        Raises:
            NotFoundError: no such pair in this practice.
        """
        ...

    def get_to_change(self, suspicion_id: SuspicionId) -> Suspicion:
        """Like `get`; until this transaction ends nobody else can change it.

        Raises:
            NotFoundError: no such pair in this practice.
        """
        ...

    def about(self, records: Pair) -> Sequence[Suspicion]:
        """All pairs for which these two records stand today, whatever was decided, in order of their ids."""
        ...

    def same_as(self, ids: Sequence[PatientId]) -> Sequence[tuple[PatientId, PatientId]]:
        """Two records of one person, as somebody decided, that have not been merged; one is among ``ids``.

        By the records that stand for them today, in any order, each perhaps more than once.
        """
        ...

    def save(self, suspicion: Suspicion) -> None:
        """Store a changed suspicion whose version is one above the stored one.

        Raises:
            StaleVersionError: the stored one is not the one this change started from.
        """
        ...

    def lead(self, ids: Sequence[PatientId], to: PatientId) -> None:
        """From now on ``to`` stands for these records wherever they are in a pair."""
        ...

    def page(self, listing: SuspicionListing) -> Page[Suspicion]:
        """A page of the list and the exact count; pairs that are equal in order come in order of their ids.

        Raises:
            NotFoundError: the page lies behind the last one.
        """
        ...


@attrs.frozen
class Noted:
    """A record that is to be compared with the others, and since when that is known."""

    patient_id: PatientId
    number: int
    at: datetime


class UncomparedStore(Protocol):
    """Records of one practice that were not compared with the others yet, inside one transaction."""

    def add(self, ids: Sequence[PatientId], *, at: datetime) -> None:
        """Note records of this practice; one that is noted already is noted anew.

        Called after `PatientStore.be_alone`, or after a change of a record: nobody else notes meanwhile.
        """
        ...

    def add_everybody(self, *, at: datetime) -> None:
        """Note every record that is not deleted. Called after `PatientStore.be_alone`."""
        ...

    def first(self, limit: int) -> Sequence[Noted]:
        """At most ``limit`` of the noted records, always in one order."""
        ...

    def of(self, patient_id: PatientId) -> Noted | None:
        """The note of one record, if it is noted."""
        ...

    def remove(self, noted: Sequence[Noted]) -> None:
        """Forget records, except those that were noted anew since."""
        ...

    def count(self) -> int:
        """How many are noted."""
        ...


class PatientDirectory(Protocol):
    """Search, order and count over a practice's patients, outside any transaction."""

    def find(self, practice_id: PracticeId, listing: Listing) -> Found:
        """One page of numbers and the exact count, over everything committed before the call."""
        ...

    def search(self, practice_id: PracticeId, search: PatientSearch, *, skip: int, limit: int) -> Found:
        """How many patients are admitted (`narrow`), and the numbers of at most ``limit`` of them, in order.

        The page that the search itself asks for plays no part: whoever asks may need other ones first.
        """
        ...


class SearchTokens(Protocol):
    """Searches as words that say nothing: a link to a further page must hold no name and no birth date."""

    def seal(self, practice_id: PracticeId, search: Phi[str]) -> str:
        """A word for a search, of letters, digits, ``-`` and ``_``. It opens in this practice alone."""
        ...

    def open(self, practice_id: PracticeId, token: str) -> Phi[str]:
        """The search behind a word.

        Raises:
            UnreadableError: it was not made here, or too long ago.
        """
        ...


@attrs.frozen
class DirectoryHead:
    """Where a practice's rows stand: ``seq`` grows with each change, ``epoch`` is new after a restore."""

    epoch: UUID
    seq: int


class IndexStore(Protocol):
    """Where rows stand that an index in memory is made of, and the snapshots that spare reading all of them.

    Rows carry the number of the change that wrote them. Numbers are given out in the order of commits, so
    whoever has seen a number has seen everything below it. Everything is read outside any unit of work.
    """

    def head(self, practice_id: PracticeId) -> DirectoryHead:
        """Where the practice stands now.

        Raises:
            UnavailableError: the rows cannot be reached now.
        """
        ...

    def load_snapshot(self, practice_id: PracticeId, epoch: UUID) -> bytes | None:
        """The newest snapshot of this epoch, or None.

        Raises:
            UnreadableError: there is one, and a chunk of it is missing, changed, or in the wrong place.
        """
        ...

    def keep_snapshot(self, practice_id: PracticeId, epoch: UUID, as_of: int, snapshot: bytes) -> None:
        """Seal and store a snapshot unless one as new is there; the newest two stay.

        One of another epoch than the rows', or ahead of them, is not stored: a restore undid what it holds.
        """
        ...

    def drop_snapshots(self, practice_id: PracticeId) -> None:
        """Throw the practice's snapshots away, so that ones that do not open give way to a new one."""
        ...


class DirectoryStore(IndexStore, Protocol):
    """The rows behind a directory."""

    def entries(
        self, practice_id: PracticeId, *, after: int
    ) -> Iterable[tuple[int, DirectoryEntry | Unreadable | Unlisted]]:
        """The patients changed after a change number, each with its own, in any order, of one moment.

        One that was merged into another is `Unlisted`; the other is found by its record number, too.
        A row that does not open is `Unreadable`: one damaged record must not hide all others.
        """
        ...


@attrs.frozen(repr=False)
class Known:
    """What a record says of a person, or (``is_former``) said, and the change that made it so."""

    seq: int
    number: int
    person: Person | Unreadable
    is_former: bool = False


class CandidateStore(IndexStore, Protocol):
    """The rows behind an index of candidates: what is known of people. Deleted records are among them."""

    def people(self, practice_id: PracticeId, *, after: int) -> Iterable[Known]:
        """What the records changed after a change number say, and what was replaced after it.

        In any order, of one moment.
        """
        ...


class Candidacy(Protocol):
    """Whom of a practice somebody may be, outside any transaction; and what comparing people takes."""

    @property
    def is_asked(self) -> bool:
        """Whether records are compared when they are made or changed; a practice may not want it."""
        ...

    @property
    def texts(self) -> Texts:
        """How alike two texts are."""
        ...

    @property
    def phones(self) -> PhoneNumbers:
        """What a phone number is."""
        ...

    def candidates(self, practice_id: PracticeId, keys: Collection[BlockingKey]) -> Candidates:
        """The records that share a key, over everything committed before the call.

        Raises:
            UnavailableError: the rows cannot be read now, the index is still being built, or there are more
                records than it may hold.
        """
        ...


class PatientWork(RecordedWork, Protocol):
    """The unit of work of this context."""

    @property
    def patients(self) -> PatientStore:
        """The practice's records, inside this transaction."""
        ...

    @property
    def merges(self) -> MergeStore:
        """The merges of records, inside this transaction."""
        ...

    @property
    def suspicions(self) -> SuspicionStore:
        """The pairs of records that may be one person, inside this transaction."""
        ...

    @property
    def file_imports(self) -> FileImportStore:
        """The files that the practice takes in, inside this transaction."""
        ...

    @property
    def uncompared(self) -> UncomparedStore:
        """The records that are to be compared later, inside this transaction."""
        ...

    @property
    def exports(self) -> ExportStore:
        """The practice's exports, inside this transaction."""
        ...


class PatientDesk(Desk[PatientWork], Protocol):
    """Where patients' work is begun."""

    @property
    def directory(self) -> PatientDirectory:
        """The practice's directory."""
        ...


class ExportDesk(PatientDesk, StandingDesk, Protocol):
    """Where records leave in bulk, for so long that who asked for them must be looked up again."""


class MatchingDesk(PatientDesk, Protocol):
    """Where records are made and changed, and so compared with those that are there."""

    @property
    def candidacy(self) -> Candidacy:
        """Whom of the practice somebody may be."""
        ...
