"""A row as the bytes that its tag covers (`RowSeal`): what decides something and is read in clear."""

from collections.abc import Sequence
from uuid import UUID


def encoded_row(values: Sequence[object]) -> bytes:
    """Values one after the other, each with its length, so that no two rows are encoded alike."""
    parts = []
    for value in values:
        if value is None:
            parts.append(b"\x00")
        else:
            content = _content(value)
            parts.append(b"\x01" + len(content).to_bytes(4, "big") + content)
    return b"".join(parts)


def _content(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, bool | int):
        return int(value).to_bytes(8, "big")
    return str(value).encode()
