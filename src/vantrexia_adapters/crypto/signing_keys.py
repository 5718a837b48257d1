"""The deployment's token signing keys, as `vantrexia_adapters.tokens` wants them."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Final

from vantrexia_adapters.crypto.key_ring import KeyRing
from vantrexia_adapters.crypto.ring_format import DEPLOYMENT, KeyState
from vantrexia_core.protection import Purpose

_INFO: Final = b"token/hs256"


class RingSigningKeys:
    """HS256 keys (RFC 7518, section 3.2) derived from the ring's token roots, by version."""

    __slots__ = ("_ring",)

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    @property
    def generation(self) -> int:
        """Grows whenever the keys may have changed, also by another process: looked at once a second."""
        self._ring.notice()
        return self._ring.generation

    def active(self) -> int:
        """The version that signs now."""
        return self._ring.active(DEPLOYMENT, Purpose.TOKEN)

    def all(self) -> Mapping[int, bytes]:
        """Every version that verifies, and its 32-byte key. A retired one verifies nothing: it was stolen."""
        versions = [
            entry.name.version
            for entry in self._ring.entries(DEPLOYMENT, Purpose.TOKEN)
            if entry.state in {KeyState.ACTIVE, KeyState.READABLE}
        ]
        return {v: self._ring.root(DEPLOYMENT, Purpose.TOKEN, v).derive(_INFO) for v in versions}

    def superseded(self) -> Mapping[int, datetime]:
        """Since when each version but the active one signs no more: since the next one was made."""
        entries = self._ring.entries(DEPLOYMENT, Purpose.TOKEN)
        return {before.name.version: after.created_at for before, after in pairwise(entries)}

    def refresh(self) -> None:
        """Notice keys that another process added.

        Raises:
            KeyRingError: the ring's file is gone, unsafe or damaged.
        """
        self._ring.refresh()

    def __repr__(self) -> str:
        return f"RingSigningKeys({self._ring!r})"
