"""Keyed digests for exact look-up of values that are unique by nature (HMAC-SHA-256, RFC 2104)."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hmac import HMAC

from vantrexia_adapters.crypto.key_ring import KeyRing
from vantrexia_adapters.crypto.key_wrapping import answering
from vantrexia_adapters.crypto.primitives import digest, keyed_context
from vantrexia_adapters.crypto.ring_format import DEPLOYMENT, Scope
from vantrexia_core.protection import FieldName, Purpose

_ACROSS_PRACTICES: Final = -1
"""Where the deployment's contexts are kept, beside practices by their UUID's number."""


class HmacBlindIndex:
    """Implements the core's ``BlindIndex`` with the keys of a ring. Safe to share between threads.

    A column's key is ``HKDF-Expand(practice's index root, "blind/<table>/<column>")``: the index root is not
    the field root, so whoever learns one cannot use it as the other.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        # Kept as long as the ring is the same; the deployment's key is not rotated (see KeyRing.rotate).
        self._generation = ring.generation
        self._contexts: dict[tuple[int, str, str, int], HMAC] = {}
        self._versions: dict[int, tuple[int, ...]] = {}

    def digest(
        self, name: FieldName, practice_id: UUID, value: bytes, *, version: int | None = None
    ) -> bytes:
        """The digest of a value within one practice, 32 bytes: equal values of two practices differ.

        Raises:
            KeyRingError: the practice has no key; `KeyRing.ensure_scope` gives it one.
            PracticeDestroyedError: its keys were destroyed.
            UnavailableError: the key is new, and the key service does not answer.
        """
        if version is None:
            version = self.versions(practice_id)[0]
        context = self._contexts.get((practice_id.int, name.table, name.column, version))
        if context is None:
            context = self._context(practice_id.int, practice_id, name, version)
        return digest(context, value)

    def versions(self, practice_id: UUID) -> Sequence[int]:
        """See `BlindIndex`. The active one first: a practice uses it unless its head says otherwise."""
        self._ring.notice()
        if self._generation != self._ring.generation:
            self._generation = self._ring.generation
            self._contexts = {}
            self._versions = {}
        found = self._versions.get(practice_id.int)
        if found is None:
            with answering():
                active = self._ring.active(practice_id, Purpose.INDEX)
            others = (
                entry.name.version
                for entry in reversed(self._ring.entries(practice_id, Purpose.INDEX))
                if not entry.state.has_ended and entry.name.version != active
            )
            found = self._versions[practice_id.int] = (active, *others)
        return found

    def digest_across_practices(self, name: FieldName, value: bytes) -> bytes:
        """The digest of a value that is unique over all practices, such as a sign-in address; 32 bytes."""
        context = self._contexts.get((_ACROSS_PRACTICES, name.table, name.column, 0))
        if context is None:
            active = self._ring.active(DEPLOYMENT, Purpose.INDEX)
            context = self._context(_ACROSS_PRACTICES, DEPLOYMENT, name, active, at=0)
        return digest(context, value)

    def _context(
        self, place: int, scope: Scope, name: FieldName, version: int, *, at: int | None = None
    ) -> HMAC:
        info = f"blind/{name.table}/{name.column}".encode("ascii")
        with answering():
            root = self._ring.root(scope, Purpose.INDEX, version)
        key = (place, name.table, name.column, version if at is None else at)
        self._contexts[key] = context = keyed_context(root.derive(info))
        return context

    def __repr__(self) -> str:
        return f"HmacBlindIndex({self._ring!r})"
