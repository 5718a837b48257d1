"""Tags of rows that are stored in clear (HMAC-SHA-256, RFC 2104)."""

from cryptography.hazmat.primitives.hmac import HMAC

from vantrexia_adapters.crypto.key_ring import KeyRing
from vantrexia_adapters.crypto.primitives import digest, keyed_context
from vantrexia_adapters.crypto.ring_format import DEPLOYMENT
from vantrexia_core.protection import Purpose


class HmacRowSeal:
    """Implements the core's ``RowSeal`` with the keys of a ring. Safe to share between threads.

    A table's key is ``HKDF-Expand(the deployment's account root, "row/<table>")``.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._contexts: dict[str, HMAC] = {}

    def tag(self, table: str, row: bytes) -> bytes:
        """The tag of a row, 32 bytes.

        Raises:
            KeyRingError: the deployment has no such key; `KeyRing.ensure_scope` gives it one.
        """
        context = self._contexts.get(table)
        if context is None:
            root = self._ring.root(
                DEPLOYMENT, Purpose.ACCOUNT, self._ring.active(DEPLOYMENT, Purpose.ACCOUNT)
            )
            # Kept for good: account keys are not rotated (see KeyRing.rotate).
            self._contexts[table] = context = keyed_context(root.derive(f"row/{table}".encode("ascii")))
        return digest(context, row)

    def __repr__(self) -> str:
        return f"HmacRowSeal({self._ring!r})"
