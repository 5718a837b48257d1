"""The four keyed primitives everything in this package is made of, each a line over OpenSSL.

They exist so that published test vectors run through the very calls that protect records: HMAC-SHA-256
(RFC 2104), HKDF-SHA-256 (RFC 5869), AES key wrap (RFC 3394). AES-GCM stands in ``aes_gcm``, with its framing.
"""

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from vantrexia_core.protection import UnreadableError

KEY_BYTES: Final = 32
"""Every key of ours: AES-256, HMAC-SHA-256, and the roots they are derived from."""

WRAPPED_KEY_BYTES: Final = KEY_BYTES + 8


def hkdf(key: bytes, info: bytes, *, salt: bytes | None = None, length: int = KEY_BYTES) -> bytes:
    """HKDF-SHA-256, extract and expand (RFC 5869, sections 2.2 and 2.3). No salt stands for zeros."""
    return HKDF(SHA256(), length, salt, info).derive(key)


def hkdf_expand(key: bytes, info: bytes, *, length: int = KEY_BYTES) -> bytes:
    """HKDF-SHA-256, expand only (RFC 5869, section 2.3): for keys that are uniformly random already."""
    return HKDFExpand(SHA256(), length, info).derive(key)


def keyed_context(key: bytes) -> HMAC:
    """An HMAC-SHA-256 that has taken its key and no data yet; `digest` copies it."""
    return HMAC(key, SHA256())


def digest(context: HMAC, data: bytes) -> bytes:
    """The HMAC of ``data`` under the context's key, 32 bytes. The context can be used again."""
    own = context.copy()
    own.update(data)
    return own.finalize()


def wrap_key(wrapping_key: bytes, key: bytes) -> bytes:
    """AES key wrap (RFC 3394): the key and an integrity block of eight bytes."""
    return aes_key_wrap(wrapping_key, key)


def unwrap_key(wrapping_key: bytes, wrapped: bytes) -> bytes:
    """The key inside.

    Raises:
        UnreadableError: another key wrapped it, or it is damaged.
    """
    try:
        return aes_key_unwrap(wrapping_key, wrapped)
    except InvalidUnwrap:
        raise UnreadableError from None
