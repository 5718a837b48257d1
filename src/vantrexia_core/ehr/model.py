"""The results of an import: an outcome for each id, a report of them, and a job for long lists."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.audit import Outcome
from vantrexia_core.ehr.roster import Fault
from vantrexia_core.ehr.survivorship import Conflict
from vantrexia_core.kernel import PatientId, PracticeId, UserId
from vantrexia_core.patients import ExternalId

IDS_MAX: Final = 100_000
"""How many ids one import may have: more patients than any practice monitors."""
IDS_AT_ONCE: Final = 50
"""How many ids are fetched together and stored with one commit: a fifth of a minute's calls to eCW."""
IDS_AT_ONCE_MAX: Final = 200
"""How many where the EHR answers at once: the practice's head is locked as long as they take to store."""
TRIES_MAX: Final = 3
"""How often a job asks for an id whose fault may pass by itself."""
LEASE: Final = timedelta(minutes=3)
"""How long a job is left to whoever took it: longer than fetching and storing one batch can take."""
JOB_LIFE: Final = timedelta(days=30)
"""How long a finished job can be looked at."""
PAUSES_MAX: Final = 6
"""How often a job waits for an EHR that cannot be reached, each time twice as long, before it fails."""
PAUSE: Final = timedelta(minutes=1)


class Verdict(Enum):
    """What became of an id. The values are the published ones."""

    IMPORTED = "imported"
    UPDATED = "updated"
    SKIPPED = "skipped"
    FAILED = "error"


class Why(Enum):
    """Why an id was not imported, beside the EHR's faults (`Fault`). Codes of the trail: never rename."""

    EXISTS = "already_exists"
    DELETED = "exists_deleted"
    LINKED = "linked"
    CURRENT = "already_current"
    INCOMPLETE = "ecw_incomplete"
    INVALID = "ecw_invalid"
    SOMEBODY_ELSE = "identity_conflict"
    UNAVAILABLE = "ecw_unavailable"
    NOT_STORED = "not_stored"
    REPEATED = "repeated"


SENTENCES: Final[Mapping[Why | Fault, str]] = MappingProxyType(
    {
        Why.EXISTS: "Patient already exists (ID: {id})",
        Why.DELETED: "Patient was deleted here; an administrator can restore the record",
        Why.LINKED: "Linked to the patient with the same name, birth date and gender (ID: {id})",
        Why.CURRENT: "Patient is up to date (ID: {id})",
        Why.REPEATED: "The same ID stands earlier in this list",
        Why.INCOMPLETE: "The record in eClinicalWorks lacks a first name, a last name or a full birth date",
        Why.INVALID: "The record in eClinicalWorks has a birth date in the future",
        Why.SOMEBODY_ELSE: "Name and birth date in eClinicalWorks are another person's; nothing was changed",
        Why.UNAVAILABLE: "eClinicalWorks could not be reached any more; try this one again",
        Why.NOT_STORED: "The patient could not be stored; tell support the X-Request-ID",
        Fault.NOT_FOUND: "No patient with this ID in eClinicalWorks",
        Fault.AMBIGUOUS: "Several patients in eClinicalWorks have this ID; use the EHR's own",
        Fault.REFUSED: "eClinicalWorks does not let us read this patient",
        Fault.MALFORMED: "eClinicalWorks' answer for this ID is not a readable patient",
        Fault.TIMED_OUT: "eClinicalWorks did not answer in time; try this one again",
        Fault.BUSY: "The limit of calls to eClinicalWorks was reached; try this one again in a minute",
        Fault.FAILED: "eClinicalWorks failed to answer; try this one again",
    }
)
"""What people read. Published API text; ``{id}`` is the patient's id here."""

PASSING: Final = frozenset({Fault.TIMED_OUT, Fault.BUSY, Fault.FAILED})
"""Faults that may be gone when the id is asked for again."""

_NOBODYS_REFUSAL: Final = PASSING | {Why.UNAVAILABLE, Why.NOT_STORED}


@attrs.frozen
class ImportOutcome:
    """What became of one id. ``patient_id`` is the record it led to, if any.

    ``version`` is the record's that was made; it goes into the trail and is not kept with the outcome.
    """

    external_id: ExternalId
    verdict: Verdict
    why: Why | Fault | None = None
    patient_id: PatientId | None = None
    changed: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    version: int | None = attrs.field(default=None, eq=False)

    @property
    def reason(self) -> str | None:
        """The sentence for people, if there is something to explain."""
        return None if self.why is None else SENTENCES[self.why].format(id=self.patient_id)

    @property
    def recorded_as(self) -> Outcome:
        """What the trail records: done, refused for a reason, or failed because of the EHR or the store."""
        if self.verdict in {Verdict.IMPORTED, Verdict.UPDATED} or self.why is Why.LINKED:
            return Outcome.DONE
        return Outcome.FAILED if self.why in _NOBODYS_REFUSAL else Outcome.REFUSED


@attrs.frozen
class ImportReport:
    """What became of a list of ids, in the order they were given."""

    outcomes: tuple[ImportOutcome, ...]

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many ids came to each verdict."""
        return Counter(outcome.verdict for outcome in self.outcomes)


class JobStatus(Enum):
    """Where an import in the background stands."""

    OPEN = "running"
    DONE = "completed"
    HALTED = "failed"
    """Given up because the EHR could not be reached, or whoever asked may not import any more."""


@attrs.frozen
class ImportJob:
    """A list of ids that is imported in the background, and how far it has come.

    ``by`` asked for it; the work is done in their name and with the permissions they have then. ``code`` says
    why it was given up. ``is_refresh`` brings patients who are here already up to date.
    """

    id: UUID
    practice_id: PracticeId
    by: UserId
    total: int
    created_at: datetime
    updated_at: datetime
    is_refresh: bool = False
    status: JobStatus = JobStatus.OPEN
    code: str | None = None
    pauses: int = 0
    counts: Mapping[Verdict, int] = attrs.field(factory=dict)

    @property
    def settled(self) -> int:
        """How many ids have their outcome."""
        return sum(self.counts.values())


@attrs.frozen
class JobItem:
    """One id of a job: its place in the list, from 0, and its outcome once there is one.

    ``tries`` counts how often the EHR was asked for it without success.
    """

    place: int
    external_id: ExternalId
    tries: int = 0
    outcome: ImportOutcome | None = None
