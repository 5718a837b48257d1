"""Keyed digests for exact look-up of values that are unique by nature (HMAC-SHA-256, RFC 2104)."""

from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.hmac import HMAC

from vantrexia_adapters.crypto.key_ring import KeyRing, Scope
from vantrexia_adapters.crypto.primitives import digest, keyed_context
from vantrexia_adapters.crypto.ring_format import DEPLOYMENT
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
        self._contexts: dict[tuple[int, str, str], HMAC] = {}

    def digest(self, name: FieldName, practice_id: UUID, value: bytes) -> bytes:
        """The digest of a value within one practice, 32 bytes: equal values of two practices differ.

        Raises:
            KeyRingError: the practice has no key; `KeyRing.ensure_scope` gives it one.
        """
        context = self._contexts.get((practice_id.int, name.table, name.column))
        if context is None:
            context = self._context(practice_id.int, practice_id, name)
        return digest(context, value)

    def digest_across_practices(self, name: FieldName, value: bytes) -> bytes:
        """The digest of a value that is unique over all practices, such as a sign-in address; 32 bytes."""
        context = self._contexts.get((_ACROSS_PRACTICES, name.table, name.column))
        if context is None:
            context = self._context(_ACROSS_PRACTICES, DEPLOYMENT, name)
        return digest(context, value)

    def _context(self, place: int, scope: Scope, name: FieldName) -> HMAC:
        info = f"blind/{name.table}/{name.column}".encode("ascii")
        root = self._ring.root(scope, Purpose.INDEX, self._ring.active(scope, Purpose.INDEX))
        # Kept for good: index keys are not rotated (see KeyRing.rotate).
        self._contexts[place, name.table, name.column] = context = keyed_context(root.derive(info))
        return context

    def __repr__(self) -> str:
        return f"HmacBlindIndex({self._ring!r})"
