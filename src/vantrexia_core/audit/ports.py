"""What the trail needs from the world."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

import attrs

from vantrexia_core.audit.checkpoint import VerifierKey
from vantrexia_core.audit.entry import AuditEntry, SequencedEntry
from vantrexia_core.audit.inquiry import Inquiry
from vantrexia_core.audit.tiles import Tile
from vantrexia_core.kernel import Clock, Email, IdSource, PatientId, Phi, PracticeId, UserId

W_co = TypeVar("W_co", bound="RecordedWork", covariant=True)

RECEIPT_LIFE: Final = timedelta(hours=24)
"""How long a first answer is kept for a repeated call."""


class AuditTrail(Protocol):
    """The append-only trail of one transaction."""

    def append(self, entry: AuditEntry) -> None:
        """Add an entry. It exists if, and only if, the transaction commits.

        Raises:
            AuditUnavailableError: the trail cannot be written; nothing may be shown or changed.
        """
        ...

    def read(self, *, after: int = 0, limit: int = 1000) -> Sequence[SequencedEntry]:
        """Entries with a sequence number above ``after``, oldest first, at most ``limit`` of them."""
        ...


class TrailSearch(Protocol):
    """One practice's part of the trail, as an auditor searches it; entries of others do not exist here.

    It shows what was committed when each method was called. Entries never change and are numbered in the
    order of commits, so all questions asked ``as_of`` one number are answered as of one moment.
    """

    def newest(self) -> int:
        """The number of the newest entry of the whole trail; 0 before the first."""
        ...

    def count(self, inquiry: Inquiry, *, as_of: int) -> int:
        """How many entries up to the number ``as_of`` answer the inquiry, exactly."""
        ...

    def newest_first(
        self, inquiry: Inquiry, *, as_of: int, skip: int, limit: int
    ) -> Sequence[SequencedEntry]:
        """Entries up to the number ``as_of``, newest first, after passing over ``skip`` of them."""
        ...

    def oldest_first(
        self, inquiry: Inquiry, *, as_of: int, after: int, limit: int
    ) -> Sequence[SequencedEntry]:
        """Entries with numbers above ``after`` and up to ``as_of``, oldest first, at most ``limit``."""
        ...

    def makers(self, patient_id: PatientId, versions: Collection[int]) -> Mapping[int, SequencedEntry]:
        """The entries of the changes that made these versions of a patient's record.

        Versions that the trail does not know are left out: those of records that were not written by the use
        cases.
        """
        ...

    def emails(self, ids: Collection[UserId]) -> Mapping[UserId, Email]:
        """The e-mail addresses of the practice's accounts today; that of a machine client is made of its id.

        Ids of no account are left out, and accounts whose stored address cannot be read.
        """
        ...


@attrs.frozen
class Once:
    """What is needed to do a call only once (the Idempotency-Key header).

    ``key`` is the caller's, ``request`` is everything that makes the call what it is; the same key with
    another request is refused. ``render`` turns the use case's result into the answer to be kept.
    """

    key: Phi[str]
    request: Phi[bytes]
    render: Callable[[Any], bytes] = attrs.field(eq=False, repr=False)


class Receipts(Protocol):
    """First answers, kept sealed so that a repeated call is answered again instead of done again."""

    def claim(self, by: UserId, once: Once, *, at: datetime) -> Phi[bytes] | None:
        """The answer kept for this key, or None: then the key is the caller's until the transaction ends.

        A concurrent call with the same key waits until this transaction ends. Receipts live `RECEIPT_LIFE`.

        Raises:
            IdempotencyKeyReusedError: the key was used for another request.
        """
        ...

    def keep(self, by: UserId, once: Once, answer: Phi[bytes]) -> None:
        """Keep the answer under the claimed key."""
        ...


class RecordedWork(Protocol):
    """The part of a unit of work that every context shares. Leaving it without `commit` undoes everything."""

    @property
    def trail(self) -> AuditTrail:
        """The trail, inside this transaction."""
        ...

    @property
    def receipts(self) -> Receipts:
        """Kept answers, inside this transaction."""
        ...

    def commit(self) -> None:
        """Keep everything done in this work, trail included, or nothing."""
        ...


class TrailWork(RecordedWork, Protocol):
    """The unit of work in which the trail is read."""

    @property
    def trail_search(self) -> TrailSearch:
        """The practice's part of the trail."""
        ...


class Desk(Protocol[W_co]):
    """Where work is begun: the time, fresh ids, and a unit of work scoped to one practice."""

    @property
    def clock(self) -> Clock:
        """The present."""
        ...

    @property
    def ids(self) -> IdSource:
        """Fresh ids."""
        ...

    def begin(self, practice_id: PracticeId) -> AbstractContextManager[W_co]:
        """A unit of work that sees and changes this practice's records and no others.

        Raises:
            UnavailableError: the store cannot be reached or is busy beyond its bound.
        """
        ...


@attrs.frozen
class StoredEntry:
    """An entry as its store holds it now: what it says, as canonical bytes, and the leaf kept beside it.

    ``canonical`` is None where the store holds something that is no entry.
    """

    seq: int
    canonical: bytes | None
    leaf: bytes


class TrailSource(Protocol):
    """The committed trail as it lies in its store, for whoever signs or verifies it."""

    def size(self) -> int:
        """How many entries the store says it has.

        Raises:
            UnavailableError: the store cannot be reached.
        """
        ...

    def leaves(self, *, after: int) -> Iterator[tuple[int, bytes]]:
        """Numbers and leaves of the entries behind number ``after``, oldest first, of one moment."""
        ...

    def entries(self, *, after: int) -> Iterator[StoredEntry]:
        """The entries behind the entry numbered ``after``, oldest first, of one moment."""
        ...


class CheckpointStore(Protocol):
    """Where checkpoints and the hashes under them are kept: outside the store that they speak for."""

    def newest(self) -> bytes | None:
        """The newest checkpoint, a signed note; None before the first.

        Raises:
            UnavailableError: it cannot be read.
        """
        ...

    def history(self) -> Iterator[bytes]:
        """The last checkpoint of each day, newest first; read one by one.

        Raises:
            UnavailableError: one cannot be read.
        """
        ...

    def tile(self, tile: Tile) -> bytes:
        """A tile's content.

        Raises:
            DamagedTileError: it is not there.
        """
        ...

    def put(self, tile: Tile, content: bytes) -> None:
        """Keep a tile. It counts only once a checkpoint that covers it is published.

        Raises:
            UnavailableError: it cannot be written.
        """
        ...

    def drop(self, tile: Tile) -> None:
        """Forget a partial tile whose place a fuller one has taken."""
        ...

    def publish(self, note: bytes, *, on: date) -> None:
        """Keep a checkpoint as the newest, and as that day's last; it is durable when this returns.

        Raises:
            UnavailableError: it cannot be written.
        """
        ...

    def lease(self, *, is_patient: bool) -> AbstractContextManager[bool]:
        """The right to publish, which one caller in all processes has at a time.

        True if this caller has it. A patient caller waits for its turn, though not for ever.

        Raises:
            UnavailableError: a patient caller has waited for too long; or there is no place to publish.
        """
        ...


class SigningKey(Protocol):
    """The key that signs checkpoints, and nothing else: Ed25519 (RFC 8032)."""

    @property
    def public_key(self) -> bytes:
        """Its public half, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes."""
        ...


class CheckpointKeys(Protocol):
    """The keys of one trail."""

    @property
    def origin(self) -> str:
        """The trail's name."""
        ...

    def active(self) -> SigningKey:
        """The key that signs now."""
        ...

    def verifiers(self) -> Sequence[VerifierKey]:
        """The public halves of all keys that have signed."""
        ...
