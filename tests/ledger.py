"""A trail that a test can tamper with, and somebody who signs its states."""

from collections.abc import Iterator
from datetime import timedelta

import attrs

from tests.builders import NOW, a_patient_id, a_user_id
from vantrexia_adapters.crypto import Ed25519SigningKey, is_signed
from vantrexia_adapters.memory import MemoryCheckpoints
from vantrexia_core.audit import (
    Action,
    AuditEntry,
    CheckpointStore,
    Inspection,
    Inspector,
    Notary,
    Outcome,
    StoredEntry,
    VerifierKey,
    encode_entry,
    leaf_hash,
)
from vantrexia_core.kernel import UnavailableError

ORIGIN = "vantrexia.com/audit/0123456789abcdef"


def an_entry(number: int) -> AuditEntry:
    """An entry; another number, another entry."""
    return AuditEntry(
        NOW + timedelta(seconds=number),
        Action.READ,
        Outcome.DONE,
        actor_id=a_user_id(1),
        patient_id=a_patient_id(number),
        disclosed=(a_patient_id(number),),
    )


def stored(seq: int, entry: AuditEntry) -> StoredEntry:
    """As a store holds it, with its own leaf."""
    canonical = encode_entry(entry)
    return StoredEntry(seq, canonical, leaf_hash(canonical))


class OneKey:
    """The keys of a trail that has had one. ``seed`` tells whose."""

    def __init__(self, seed: int = 1, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.key = Ed25519SigningKey(bytes([seed]) * 32)

    def active(self) -> Ed25519SigningKey:
        """The one."""
        return self.key

    def verifiers(self) -> list[VerifierKey]:
        """Its public half."""
        return [VerifierKey(self.origin, self.key.public_key)]


@attrs.define
class Ledger:
    """A trail as a list, which says of itself what is in the list unless ``claimed`` says otherwise."""

    rows: list[StoredEntry] = attrs.Factory(list)
    store: CheckpointStore = attrs.Factory(MemoryCheckpoints)
    keys: OneKey = attrs.Factory(OneKey)
    claimed: int | None = None
    is_away: bool = False

    @classmethod
    def of(cls, size: int) -> "Ledger":
        """A trail with that many entries."""
        ledger = cls()
        ledger.grow(size)
        return ledger

    def grow(self, by: int, *, start: int | None = None) -> None:
        """Add entries; ``start`` makes them others than would come next."""
        first = len(self.rows) + 1 if start is None else start
        for number in range(by):
            self.rows.append(stored(len(self.rows) + 1, an_entry(first + number)))

    def size(self) -> int:
        """See `TrailSource`."""
        self._check_here()
        return len(self.rows) if self.claimed is None else self.claimed

    def leaves(self, *, after: int) -> Iterator[tuple[int, bytes]]:
        """See `TrailSource`."""
        return ((row.seq, row.leaf) for row in self.entries(after=after))

    def entries(self, *, after: int) -> Iterator[StoredEntry]:
        """See `TrailSource`."""
        self._check_here()
        return iter([row for row in self.rows if row.seq > after])

    @property
    def notary(self) -> Notary:
        """Signs this trail's states."""
        return Notary(self, self.store, self.keys, is_signed)

    def publish(self) -> int:
        """Sign the trail as it is; its size."""
        checkpoint = self.notary.publish(NOW, is_patient=True)
        assert checkpoint is not None
        return checkpoint.size

    def inspect(self, newest: int | None = None) -> Inspection:
        """Verify it with the public key."""
        return Inspector(self, self.store, self.keys.verifiers(), is_signed).inspect(newest=newest)

    def _check_here(self) -> None:
        if self.is_away:
            raise UnavailableError


def copied(store: MemoryCheckpoints) -> MemoryCheckpoints:
    """The same checkpoints and tiles, for somebody to damage."""
    copy = MemoryCheckpoints()
    copy._newest, copy._days, copy._tiles = store._newest, dict(store._days), dict(store._tiles)
    return copy
