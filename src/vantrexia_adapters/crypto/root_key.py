"""A root key in memory, from which every other key is derived."""

from vantrexia_adapters.crypto.primitives import KEY_BYTES, digest, hkdf_expand, keyed_context
from vantrexia_adapters.crypto.ring_format import CHECK_BYTES, KeyName
from vantrexia_core.protection import KeyWrapper


class RootKey:
    """A root key in memory. It prints nothing, and gives away only what is derived from it."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            message = f"a root key has {KEY_BYTES} bytes"
            raise ValueError(message)
        self._key = key

    def derive(self, info: bytes) -> bytes:
        """The 32-byte key for one use, named by ``info``: HKDF-Expand-SHA-256 (RFC 5869, section 2.3)."""
        return hkdf_expand(self._key, info)

    def check(self, name: KeyName) -> bytes:
        """Eight bytes that recognise the key under its name; they say nothing else about it."""
        return digest(keyed_context(self._key), b"check|" + name.context)[:CHECK_BYTES]

    def wrapped(self, wrapper: KeyWrapper, name: KeyName) -> bytes:
        """The key at rest."""
        return wrapper.wrap(self._key, name.context)

    def __repr__(self) -> str:
        return "RootKey()"
