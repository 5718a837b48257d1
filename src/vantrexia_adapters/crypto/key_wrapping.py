"""Keys that wrap keys. The wrapped form may lie anywhere; the key-encryption key may not."""

from collections.abc import Iterator
from contextlib import contextmanager

from vantrexia_adapters.crypto.primitives import KEY_BYTES, hkdf, unwrap_key, wrap_key
from vantrexia_adapters.crypto.ring_format import KeyRingError
from vantrexia_core.kernel import UnavailableError


class KeyServiceError(KeyRingError):
    """The service that holds the key-encryption key does not answer, or refuses. Says which, and what to do.

    Keys that are in memory go on working; what needs a new one has to wait.
    """

    sentence = "The key service does not answer."


class FileKeyWrapper:
    """Implements the core's ``KeyWrapper`` with a key-encryption key from the key ring's own file.

    Each context has a wrapping key of its own, derived by HKDF-SHA-256 (``info = "wrap|" + context``), so a
    wrapped key that is moved to another scope, purpose or version does not unwrap. Whoever can read the file
    has every key: its protection is the file's mode and the disk's encryption.
    """

    __slots__ = ("_key_encryption_key",)

    def __init__(self, key_encryption_key: bytes) -> None:
        if len(key_encryption_key) != KEY_BYTES:
            message = f"a key-encryption key has {KEY_BYTES} bytes"
            raise ValueError(message)
        self._key_encryption_key = key_encryption_key

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """The wrapped form of a 32-byte key, bound to ``context``; eight bytes longer."""
        return wrap_key(self._wrapping_key(context), data_key)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key.

        Raises:
            UnreadableError: another key-encryption key or another context wrapped it, or it is damaged.
        """
        return unwrap_key(self._wrapping_key(context), wrapped)

    def _wrapping_key(self, context: bytes) -> bytes:
        return hkdf(self._key_encryption_key, b"wrap|" + context)

    def __repr__(self) -> str:
        return "FileKeyWrapper()"


@contextmanager
def answering() -> Iterator[None]:
    """Turn an error of the key service into one that callers may see: it says nothing about the service."""
    try:
        yield
    except KeyServiceError:
        raise UnavailableError from None
