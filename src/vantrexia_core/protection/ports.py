"""What protection needs from the world: ciphers and keys."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from vantrexia_core.protection.binding import FieldGroup, FieldName, Place
from vantrexia_core.protection.keys import Need, Purpose


class FieldCipher(Protocol):
    """Seals single fields. The newest key seals, every key in the ring opens."""

    def seal(self, name: FieldName, place: Place, value: bytes, *, bucket: int) -> bytes:
        """The envelope of ``value``, padded to ``bucket``, bound to its place. Never twice the same."""
        ...

    def open(self, name: FieldName, place: Place, wire: bytes, *, bucket: int) -> bytes:
        """The value inside an envelope.

        Raises:
            UnreadableError: damaged, moved, forged, or its key is not in the ring.
        """
        ...

    def reseal(self, name: FieldName, place: Place, wire: bytes) -> bytes:
        """The envelope of the same value under the newest key; the same bytes if it is under that already.

        Raises:
            UnreadableError: as for `open`.
        """
        ...

    def open_all(self, group: FieldGroup, place: Place, wires: Sequence[bytes | None]) -> list[bytes | None]:
        """The values in a record's envelopes, in the order of the group.

        Much faster than opening them one by one. Where there is no envelope, the value is None.

        Raises:
            UnreadableError: one of them is damaged, moved, forged, or its key is not in the ring.
        """
        ...

    def key_version(self, place: Place) -> int:
        """The version of the key that seals now, for this practice."""
        ...


class BlindIndex(Protocol):
    """Keyed digests of values that are unique by nature, for exact look-up and unique constraints.

    Only for such values: equal digests show equal values, and a name is not unique.
    """

    def digest(
        self, name: FieldName, practice_id: UUID, value: bytes, *, version: int | None = None
    ) -> bytes:
        """HMAC-SHA-256 (RFC 2104) under this practice's and this column's own key, 32 bytes.

        By default under the newest version of the key.
        """
        ...

    def versions(self, practice_id: UUID) -> Sequence[int]:
        """The versions of a practice's key that values may have been digested under, newest first."""
        ...

    def digest_across_practices(self, name: FieldName, value: bytes) -> bytes:
        """The same under the deployment's key, for what is unique over all practices: sign-in addresses."""
        ...


class RowSeal(Protocol):
    """Tags for rows that are stored in clear and decide who is let in: only a holder of the key makes one.

    A tag covers a row as it was at one moment. That a whole older row was put back with its tag is not
    noticed.
    """

    def tag(self, table: str, row: bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104) of a row's encoded values under this table's own key, 32 bytes."""
        ...


class SnapshotCipher(Protocol):
    """Seals chunks of derived data, such as a directory's snapshot, under a key that seals nothing else."""

    def seal(self, practice_id: UUID, bound_to: Callable[[int], bytes], chunk: bytes) -> bytes:
        """The envelope of a chunk; ``bound_to`` gives its associated data for the key version that seals."""
        ...

    def open(self, practice_id: UUID, bound_to: Callable[[int], bytes], wire: bytes) -> bytes:
        """The chunk inside an envelope.

        Raises:
            UnreadableError: damaged, moved, forged, or its key is not in the ring.
        """
        ...


class KeyWrapper(Protocol):
    """Wraps data keys under a key-encryption key that lives outside the database (a file, a KMS).

    An adapter that calls a service may raise an error of its own when the service does not answer; nothing
    was done then.
    """

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """The wrapped form of a 32-byte key, bound to ``context`` (scope, purpose, version; ASCII)."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key.

        Raises:
            UnreadableError: another key-encryption key or another context wrapped it.
        """
        ...


class KeyCustody(Protocol):
    """The keys of one practice and of the deployment, and what is sealed under them."""

    def active(self, purpose: Purpose) -> int:
        """The version that seals now."""
        ...

    def prepare(self, purpose: Purpose) -> int:
        """Publish the next version, which is not in use yet. Returns its number."""
        ...

    def rotate(self, purpose: Purpose) -> int:
        """Seal under the prepared version, or a new one, from now on. Returns its number."""
        ...

    def needs(self, purpose: Purpose) -> Sequence[Need]:
        """What is sealed under other versions, destroyed ones included, counted at one moment."""
        ...

    def reencrypt(self, purpose: Purpose) -> Iterator[int]:
        """Seal everything under the newest version, some hundred rows a transaction.

        Yields how many rows each had. It may be stopped at any moment and started again. It changes nothing
        but envelopes.
        """
        ...

    def superseded(self, purpose: Purpose) -> Sequence[int]:
        """The versions before the active one that can still open or verify, and are not retired."""
        ...

    def retire(self, purpose: Purpose, version: int) -> None:
        """End the use of a version in every process.

        Tokens that a retired token key has signed are refused.
        """
        ...

    def retired_at(self, purpose: Purpose, version: int) -> datetime | None:
        """When a version was retired; None if it is not."""
        ...

    def destroy(self, purpose: Purpose, version: int) -> None:
        """Remove a retired version for good."""
        ...

    def destroy_practice(self) -> int:
        """Remove all keys of the practice for good. Returns how many there were."""
        ...
