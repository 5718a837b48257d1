"""What lies inside a backup's seal: frames, and in most of them rows of one table, column by column.

::

    frame     kind u8 | length u32 | payload
    manifest  1: JSON, first: what is copied, when, of which trail
    file      2: name | line feed | content: the key ring, checkpoints, the keys at eClinicalWorks
    rows      3: table u16 | rows u32 | one column after the other
    end       4: JSON, last: rows and digest of each table, size and root of the trail

    column    0 | values, or 1 | a bit for each row, first row highest | the values of those that are set
    bigint, integer, smallint   8 bytes each, signed
    timestamp with time zone    8 bytes each, signed: microseconds since 1970
    double precision            8 bytes each (IEEE 754)
    boolean                     1 byte each, 0 or 1
    uuid                        16 bytes each
    text, bytea                 all lengths as u32, then all values; text in UTF-8

All numbers are big-endian. Rows come in the order of their primary key, 500 at a time, so the same rows make
the same bytes wherever they lie: the digest of a table is the SHA-256 of its frames' payloads.
"""

import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import accumulate, pairwise
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

import attrs

from vantrexia_adapters.crypto import DamagedBackupError
from vantrexia_adapters.crypto.ring_format import FILE_BYTES_MAX
from vantrexia_adapters.sql import Outline, TableOutline
from vantrexia_adapters.sql.copying import ROWS_AT_ONCE

Row: TypeAlias = tuple[Any, ...]

FRAME_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024
"""A key ring as large as one may be; the rows of a frame never come near it."""

SAID_BYTES_MAX: Final = 1024 * 1024
"""What a manifest or an end may take: it is parsed as a whole."""

_COLUMNS_MAX: Final = 256
_FRAME: Final = struct.Struct(">BI")
_ROWS: Final = struct.Struct(">HI")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_UUID_BYTES: Final = 16
_LENGTH_BYTES: Final = 4


class FrameKind(IntEnum):
    """What a frame holds."""

    MANIFEST = 1
    FILE = 2
    ROWS = 3
    END = 4


_SAID: Final = frozenset({FrameKind.MANIFEST, FrameKind.END})


class Source(Protocol):
    """Where frames are read from."""

    def read(self, count: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            DamagedBackupError: there are fewer.
        """
        ...


@attrs.frozen
class Manifest:
    """What a backup says of itself first."""

    made_at: datetime
    software: str
    origin: str
    database: str
    outline: Outline

    def encode(self) -> bytes:
        """JSON."""
        document = {
            "made_at": self.made_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "software": self.software,
            "origin": self.origin,
            "database": self.database,
            "revision": self.outline.revision,
            "tables": [
                {"name": table.name, "key": table.key, "columns": table.columns}
                for table in self.outline.tables
            ],
        }
        return json.dumps(document).encode()

    @classmethod
    def decode(cls, payload: bytes) -> "Manifest":
        """A manifest.

        Raises:
            DamagedBackupError: it is none.
        """
        try:
            document = json.loads(payload)
            tables = tuple(
                TableOutline(
                    str(table["name"]),
                    tuple((str(name), str(type_)) for name, type_ in table["columns"]),
                    tuple(map(str, table["key"])),
                )
                for table in document["tables"]
            )
            if not all(map(_is_sound, tables)):
                raise DamagedBackupError
            return cls(
                datetime.fromisoformat(document["made_at"]),
                str(document["software"]),
                str(document["origin"]),
                str(document["database"]),
                Outline(str(document["revision"]), tables),
            )
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise DamagedBackupError from None


def _is_sound(table: TableOutline) -> bool:
    names = {name for name, _ in table.columns}
    return len(names) == len(table.columns) <= _COLUMNS_MAX and names >= set(table.key) != set()


@attrs.frozen
class TableSum:
    """How many rows of a table there are, and the digest of all of them."""

    rows: int
    sha256: str


@attrs.frozen
class End:
    """What a backup says of itself last: sums by table; how many entries the trail has, with which root."""

    tables: Mapping[str, TableSum]
    trail_size: int
    trail_root: bytes

    def encode(self) -> bytes:
        """JSON."""
        document = {
            "tables": {name: attrs.asdict(one) for name, one in self.tables.items()},
            "trail": {"size": self.trail_size, "root": self.trail_root.hex()},
        }
        return json.dumps(document).encode()

    @classmethod
    def decode(cls, payload: bytes) -> "End":
        """The end of a backup.

        Raises:
            DamagedBackupError: it is none.
        """
        try:
            document = json.loads(payload)
            tables = {
                str(name): TableSum(int(one["rows"]), str(one["sha256"]))
                for name, one in document["tables"].items()
            }
            return cls(tables, int(document["trail"]["size"]), bytes.fromhex(document["trail"]["root"]))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            raise DamagedBackupError from None


def frame(kind: FrameKind, payload: bytes) -> bytes:
    """A frame's bytes."""
    return _FRAME.pack(kind, len(payload)) + payload


def frames(source: Source) -> Iterator[tuple[FrameKind, bytes]]:
    """All frames, the end included.

    Raises:
        DamagedBackupError: what is there is none, or they do not end.
    """
    kind = FrameKind.MANIFEST
    while kind is not FrameKind.END:
        number, length = _FRAME.unpack(source.read(_FRAME.size))
        try:
            kind = FrameKind(number)
        except ValueError:
            raise DamagedBackupError from None
        if length > (SAID_BYTES_MAX if kind in _SAID else FRAME_BYTES_MAX):
            raise DamagedBackupError
        yield kind, source.read(length)


def encode_file(name: str, content: bytes) -> bytes:
    """A file's payload. A name has no line feed."""
    return name.encode() + b"\n" + content


def decode_file(payload: bytes) -> tuple[str, bytes]:
    """A file's name and content.

    Raises:
        DamagedBackupError: there is no name.
    """
    name, feed, content = payload.partition(b"\n")
    if not feed:
        raise DamagedBackupError
    return name.decode("utf-8", "replace"), content


def encode_rows(number: int, table: TableOutline, rows: Sequence[Row]) -> bytes:
    """The payload of rows of the table with that number in the outline."""
    parts = [_ROWS.pack(number, len(rows))]
    for (_, type_), column in zip(table.columns, zip(*rows, strict=True), strict=True):
        present = column
        if None in column:
            parts += [b"\x01", _bits([value is not None for value in column])]
            present = tuple(value for value in column if value is not None)
        else:
            parts.append(b"\x00")
        parts.append(_WRITERS[type_](present))
    return b"".join(parts)


def decode_rows(outlined: Outline, payload: bytes) -> tuple[TableOutline, Sequence[Row]]:
    """The table, and its rows.

    Raises:
        DamagedBackupError: they are not as `encode_rows` writes them.
    """
    try:
        number, count = _ROWS.unpack_from(payload)
        if count > ROWS_AT_ONCE:
            raise DamagedBackupError
        table = outlined.tables[number]
        rest, columns = _Rest(payload, _ROWS.size), []
        for _, type_ in table.columns:
            if rest.take(1) == b"\x00":
                columns.append(_READERS[type_](rest, count))
                continue
            bits = _unpacked(rest.take(-(-count // 8)), count)
            present = iter(_READERS[type_](rest, sum(bits)))
            columns.append([next(present) if bit else None for bit in bits])
        rest.finish()
    except (struct.error, ValueError, IndexError, KeyError, OverflowError):
        raise DamagedBackupError from None
    return table, list(zip(*columns, strict=True))


class _Rest:
    """What of a payload has not been read yet."""

    __slots__ = ("_at", "_payload")

    def __init__(self, payload: bytes, at: int) -> None:
        self._payload = payload
        self._at = at

    def take(self, count: int) -> bytes:
        taken = self._payload[self._at : self._at + count]
        if len(taken) != count:
            raise ValueError
        self._at += count
        return taken

    def finish(self) -> None:
        if self._at != len(self._payload):
            raise ValueError


def _bits(flags: Sequence[bool]) -> bytes:
    padded = "".join("1" if flag else "0" for flag in flags).ljust(-(-len(flags) // 8) * 8, "0")
    return int(padded, 2).to_bytes(len(padded) // 8, "big")


def _unpacked(bits: bytes, count: int) -> list[bool]:
    text = f"{int.from_bytes(bits, 'big'):0{len(bits) * 8}b}" if bits else ""
    if "1" in text[count:]:
        raise ValueError
    return [bit == "1" for bit in text[:count]]


def _write_ints(values: Sequence[Any]) -> bytes:
    return struct.pack(f">{len(values)}q", *values)


def _read_ints(rest: _Rest, count: int) -> Sequence[Any]:
    return struct.unpack(f">{count}q", rest.take(8 * count))


def _write_moments(values: Sequence[Any]) -> bytes:
    return _write_ints([(value - _EPOCH) // _MICROSECOND for value in values])


def _read_moments(rest: _Rest, count: int) -> Sequence[Any]:
    return [_EPOCH + timedelta(microseconds=value) for value in _read_ints(rest, count)]


def _write_doubles(values: Sequence[Any]) -> bytes:
    return struct.pack(f">{len(values)}d", *values)


def _read_doubles(rest: _Rest, count: int) -> Sequence[Any]:
    return struct.unpack(f">{count}d", rest.take(8 * count))


def _write_booleans(values: Sequence[Any]) -> bytes:
    return bytes(map(bool, values))


def _read_booleans(rest: _Rest, count: int) -> Sequence[Any]:
    return [(False, True)[value] for value in rest.take(count)]


def _write_ids(values: Iterable[Any]) -> bytes:
    return b"".join([value.bytes for value in values])


def _read_ids(rest: _Rest, count: int) -> Sequence[Any]:
    return [UUID(bytes=value) for value in _cut(rest, [_UUID_BYTES] * count)]


def _write_bytes(values: Sequence[Any]) -> bytes:
    return struct.pack(f">{len(values)}I", *map(len, values)) + b"".join(values)


def _read_bytes(rest: _Rest, count: int) -> Sequence[Any]:
    return _cut(rest, struct.unpack(f">{count}I", rest.take(_LENGTH_BYTES * count)))


def _write_texts(values: Iterable[Any]) -> bytes:
    return _write_bytes([value.encode() for value in values])


def _read_texts(rest: _Rest, count: int) -> Sequence[Any]:
    return [value.decode() for value in _read_bytes(rest, count)]


def _cut(rest: _Rest, lengths: Sequence[int]) -> list[bytes]:
    whole = rest.take(sum(lengths))
    return [whole[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


_WRITERS: Final[Mapping[str, Callable[[Sequence[Any]], bytes]]] = {
    "bigint": _write_ints,
    "boolean": _write_booleans,
    "bytea": _write_bytes,
    "double precision": _write_doubles,
    "integer": _write_ints,
    "smallint": _write_ints,
    "text": _write_texts,
    "timestamp with time zone": _write_moments,
    "uuid": _write_ids,
}
_READERS: Final[Mapping[str, Callable[[_Rest, int], Sequence[Any]]]] = {
    "bigint": _read_ints,
    "boolean": _read_booleans,
    "bytea": _read_bytes,
    "double precision": _read_doubles,
    "integer": _read_ints,
    "smallint": _read_ints,
    "text": _read_texts,
    "timestamp with time zone": _read_moments,
    "uuid": _read_ids,
}
