"""The bytes of one sealed field, version 1.

::

    envelope  = 0x01 | key version u16 | nonce 12 | ciphertext | tag 16     (31 bytes more than the plaintext)
    plaintext = length u16 | value | zero padding up to a multiple of the bucket

Numbers are big-endian. The padding hides the length of a name: unpadded lengths alone multiply a thief's hit
rate on surnames by five. Reading is strict: whatever opens re-encodes to the same bytes.
"""

from typing import Final

import attrs

from vantrexia_core.kernel import PermissionDeniedError, VantrexiaError

FORMAT_BYTE: Final = 0x01
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
HEADER_BYTES: Final = 1 + 2 + NONCE_BYTES
KEY_VERSION_MAX: Final = 0xFFFF
VALUE_BYTES_MAX: Final = 0xFFFF

BUCKET_SHORT: Final = 16
"""Dates, gender, social security numbers: values of nearly one length."""
BUCKET_NAME: Final = 32
"""Names, phones, record numbers."""
BUCKET_LONG: Final = 64
"""E-mail, address lines, free text."""
BUCKET_DOCUMENT: Final = 1024
"""Documents of hundreds to thousands of bytes, whose length would tell them apart."""


class UnreadableError(VantrexiaError):
    """A sealed value does not open: damaged, moved, forged, or sealed under a key that is not in the ring.

    It is never replaced by another field's value or an empty one. The error names the field, never the bytes.
    """

    code = "server_error"
    sentence = (
        "A stored value cannot be read. Its record was left untouched; an administrator must look at it."
    )


class PracticeDestroyedError(PermissionDeniedError):
    """A practice left, and its keys were destroyed: what it sealed cannot be read by anybody, ever again."""

    code = "practice_destroyed"
    sentence = (
        "The records of this practice were destroyed when it left. They cannot be read again. "
        "The audit trail is kept."
    )


@attrs.frozen
class Envelope:
    """A parsed envelope. ``sealed`` is ciphertext and tag, as AES-GCM gives them."""

    key_version: int
    nonce: bytes = attrs.field(repr=False)
    sealed: bytes = attrs.field(repr=False)

    def encode(self) -> bytes:
        """The wire form."""
        return b"".join((bytes((FORMAT_BYTE,)), self.key_version.to_bytes(2, "big"), self.nonce, self.sealed))

    @classmethod
    def decode(cls, wire: bytes) -> "Envelope":
        """Read the wire form.

        Raises:
            UnreadableError: not an envelope of this format. There is no fallback and no guessing.
        """
        if len(wire) < HEADER_BYTES + TAG_BYTES or wire[0] != FORMAT_BYTE:
            raise UnreadableError
        return cls(int.from_bytes(wire[1:3], "big"), bytes(wire[3:HEADER_BYTES]), bytes(wire[HEADER_BYTES:]))


def pad(value: bytes, bucket: int) -> bytes:
    """Length, value, and zeros up to a multiple of ``bucket`` bytes.

    Raises:
        ValueError: the value is longer than 65,535 bytes.
    """
    if len(value) > VALUE_BYTES_MAX:
        message = f"a sealed field holds at most {VALUE_BYTES_MAX} bytes"
        raise ValueError(message)
    return len(value).to_bytes(2, "big") + value + bytes(-(2 + len(value)) % bucket)


def unpad(padded: bytes, bucket: int) -> bytes:
    """The value inside.

    Raises:
        UnreadableError: length, padding or bucket are not what `pad` would have made.
    """
    size = len(padded)
    if size < 2 or size % bucket:  # noqa: PLR2004 - the length prefix
        raise UnreadableError
    end = 2 + (padded[0] << 8 | padded[1])
    padding = size - end
    if not 0 <= padding < bucket or not padded.endswith(bytes(padding)):
        raise UnreadableError
    return padded[2:end]
