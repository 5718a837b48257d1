r"""How packed columns are written as one sequence of bytes, and read again.

::

    frame  = magic | SHA-256 of the rest | as_of u64 | column* | zero padding to 64 KiB
    column = length u64 | bytes

Numbers are little-endian. Such bytes are a cache: what cannot be read is thrown away and built again, so
reading is strict and every doubt is an `UnreadableError`. The digest is no protection against forgery; it
finds damage, so that the columns need not be compared with each other item by item. The padding keeps the
length from showing what one patient changes.
"""

import hashlib
import sys
from array import array
from collections.abc import Iterable
from typing import Final

from vantrexia_core.protection import UnreadableError

PADDED_TO_BYTES: Final = 1 << 16

_LENGTH_BYTES: Final = 8
_DIGEST_BYTES: Final = 32


def frame(magic: bytes, as_of: int, columns: Iterable[bytes]) -> bytes:
    """Columns as of a change number, written down."""
    parts = [as_of.to_bytes(_LENGTH_BYTES, "little")]
    for column in columns:
        parts += (len(column).to_bytes(_LENGTH_BYTES, "little"), column)
    head_bytes = len(magic) + _DIGEST_BYTES
    parts.append(bytes(-(head_bytes + sum(map(len, parts))) % PADDED_TO_BYTES))
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return b"".join((magic, digest.digest(), *parts))


def unframe(magic: bytes, count: int, data: bytes) -> tuple[int, list[memoryview]]:
    """The change number and the ``count`` columns.

    Raises:
        UnreadableError: not of this format, or not the bytes that were written.
    """
    view, columns = memoryview(data), []
    head_bytes = len(magic) + _DIGEST_BYTES
    digest = hashlib.sha256(view[head_bytes:]).digest()
    if not data or len(data) % PADDED_TO_BYTES or data[:head_bytes] != magic + digest:
        raise UnreadableError
    at = head_bytes + _LENGTH_BYTES
    as_of = int.from_bytes(view[head_bytes:at], "little")
    for _ in range(count):
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(view[at:begin], "little")
        if at > len(data):
            raise UnreadableError
        columns.append(view[begin:at])
    if len(data) - at >= PADDED_TO_BYTES or any(view[at:]):
        raise UnreadableError
    return as_of, columns


def raw(column: "array[int]") -> bytes:
    """The bytes of an array, little-endian."""
    if sys.byteorder == "big":
        column = column[:]
        column.byteswap()
    return column.tobytes()


def array_of(kind: str, data: memoryview) -> "array[int]":
    """The array of such bytes.

    Raises:
        ValueError: they are no whole number of items.
    """
    column = array(kind)
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
