r"""The bytes of a packed directory, and of the chunks it is sealed in.

The columns are framed as `vantrexia_core.patients.framing` says, under ``vantrexia/directory/2``. A snapshot
is a cache: what cannot be read is thrown away and built anew from the rows.

Each chunk is sealed on its own and bound to practice, snapshot, epoch, change number, its place and the
number of chunks, so that chunks cannot be swapped, dropped or mixed, nor a snapshot passed for another one's.
"""

from array import array
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.patients.directory.columns import CODES, GENDER_CODES, Columns
from vantrexia_core.patients.directory.index import Directory
from vantrexia_core.patients.directory.postings import Postings
from vantrexia_core.patients.directory.texts import SortedTexts, Texts
from vantrexia_core.patients.framing import array_of, frame, raw, unframe
from vantrexia_core.protection import UnreadableError

MAGIC: Final = b"vantrexia/directory/2\n"
CHUNK_FORMAT: Final = b"vantrexia/directory-chunk/1"
CHUNK_BYTES: Final = 1 << 20
COLUMNS_COUNT: Final = 21


def encode(directory: Directory) -> bytes:
    """The snapshot of a directory whose overlay is empty."""
    return frame(MAGIC, directory.as_of, _parts(directory.columns))


def decode(data: bytes) -> Directory:
    """The directory in a snapshot.

    Raises:
        UnreadableError: not a snapshot of this format, or not the bytes that were written.
    """
    as_of, parts = unframe(MAGIC, COLUMNS_COUNT, data)
    try:
        columns = _columns(parts)
        _check(columns)
        return Directory(columns, as_of)
    except (ValueError, IndexError, OverflowError):
        raise UnreadableError from None


def chunks(data: bytes) -> Iterator[bytes]:
    """The snapshot cut into chunks of 1 MiB; the last one may be shorter."""
    return (data[at : at + CHUNK_BYTES] for at in range(0, len(data), CHUNK_BYTES))


@attrs.frozen
class SnapshotLabel:
    """What is stored in clear beside a sealed snapshot. It can be trusted because every chunk is bound to it.

    ``as_of`` is the change number of the snapshot, ``chunks`` their number, ``format`` what they contain.
    """

    practice_id: UUID
    snapshot_id: UUID
    epoch: UUID
    as_of: int
    chunks: int
    format: bytes = CHUNK_FORMAT


def chunk_binding(label: SnapshotLabel, place: int, key_version: int) -> bytes:
    """What the chunk at ``place``, from 0, is bound to: fixed lengths, so no two readings exist."""
    return b"".join(
        (
            label.format,
            label.practice_id.bytes,
            label.snapshot_id.bytes,
            label.epoch.bytes,
            label.as_of.to_bytes(8, "big"),
            label.chunks.to_bytes(4, "big"),
            place.to_bytes(4, "big"),
            key_version.to_bytes(2, "big"),
        )
    )


def _parts(columns: Columns) -> Iterator[bytes]:
    yield raw(columns.numbers)
    yield columns.ids
    yield bytes(columns.statuses)
    yield columns.lasts.blob
    yield raw(columns.last_starts)
    yield columns.firsts.blob
    yield columns.first_of.typecode.encode("ascii")
    yield raw(columns.first_of)
    yield from _posting_parts(columns.first_postings)
    yield columns.variants.blob
    yield from _posting_parts(columns.variant_postings)
    yield columns.mrns.blob
    yield raw(columns.created)
    yield raw(columns.created_tail)
    yield columns.genders
    yield raw(columns.days)
    yield from _posting_parts(columns.born)
    yield raw(columns.updated)


def _columns(parts: list[memoryview]) -> Columns:
    rest = iter(parts)

    def numbers(kind: str) -> "array[int]":
        return array_of(kind, next(rest))

    def texts() -> SortedTexts:
        return SortedTexts.from_blob(bytes(next(rest)))

    return Columns(
        numbers=numbers("I"),
        ids=bytes(next(rest)),
        statuses=bytearray(next(rest)),
        lasts=texts(),
        last_starts=numbers("I"),
        firsts=texts(),
        first_of=numbers(_kind(bytes(next(rest)))),
        first_postings=Postings(numbers("I"), numbers("I")),
        variants=texts(),
        variant_postings=Postings(numbers("I"), numbers("I")),
        mrns=Texts.from_blob(bytes(next(rest))),
        created=numbers("I"),
        created_tail=numbers("Q"),
        genders=bytes(next(rest)),
        days=numbers("I"),
        born=Postings(numbers("I"), numbers("I")),
        updated=numbers("I"),
    )


def _check(columns: Columns) -> None:
    """Refuse columns that do not fit each other: with a right digest, somebody wrote them wrongly."""
    size, codes = columns.size, columns.first_postings
    texts = (columns.lasts, columns.firsts, columns.variants, columns.mrns)
    fits = (
        len(columns.statuses) == len(columns.first_of) == len(columns.mrns) == len(columns.created) == size
        and len(columns.ids) == 16 * size
        and all(one.blob.startswith(b"\n") for one in texts if one.blob)
        and len(columns.last_starts) == len(columns.lasts) + 1
        and columns.last_starts[-1] == size
        and len(codes.starts) == len(columns.firsts) + 1
        and codes.starts[-1] == len(codes.positions) == size
        and len(columns.variant_postings.starts) == len(columns.variants) + 1
        and columns.variant_postings.starts[-1] == len(columns.variant_postings.positions)
        and max(columns.created, default=-1) < size
        and len(columns.created_tail) <= size
        and sum(map(columns.statuses.count, CODES.values())) == size
        and len(columns.genders) == len(columns.updated) == size
        and sum(map(columns.genders.count, GENDER_CODES.values())) == size
        and len(columns.born.starts) == len(columns.days) + 1
        and columns.born.starts[-1] == len(columns.born.positions) == size
        and max(columns.born.positions, default=-1) < size
    )
    if not fits:
        raise UnreadableError


def _posting_parts(postings: Postings) -> Iterator[bytes]:
    yield raw(postings.starts)
    yield raw(postings.positions)


def _kind(kind: bytes) -> str:
    if kind not in {b"H", b"I"}:
        raise UnreadableError
    return kind.decode("ascii")
