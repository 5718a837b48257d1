r"""The bytes of a packed index of candidates: a cache, framed as `vantrexia_core.patients.framing` says.

Its columns are the salt; the number of records and the highest record number, u64 each; then those of
`Packed`. Sealed like a directory's snapshot, in chunks of a format of their own.
"""

from typing import Final

from vantrexia_core.patients.framing import array_of, frame, raw, unframe
from vantrexia_core.patients.matching.candidates import (
    BUCKETS,
    SALT_BYTES,
    CandidateIndex,
    Packed,
)
from vantrexia_core.protection import UnreadableError

MAGIC: Final = b"vantrexia/candidates/1\n"
CANDIDATES_CHUNK_FORMAT: Final = b"vantrexia/candidates-chunk/1"
COLUMNS_COUNT: Final = 7

_INT_BYTES: Final = 8


def encode(index: CandidateIndex) -> bytes:
    """The snapshot of an index whose overlay is empty."""
    columns = index.columns
    sizes = index.size.to_bytes(_INT_BYTES, "little") + index.number_max.to_bytes(_INT_BYTES, "little")
    arrays = (columns.starts, columns.rests, columns.numbers, columns.counted, columns.counts)
    return frame(MAGIC, index.as_of, (index.hashing.salt, sizes, *map(raw, arrays)))


def decode(data: bytes) -> CandidateIndex:
    """The index in a snapshot.

    Raises:
        UnreadableError: not a snapshot of this format, or not the bytes that were written.
    """
    as_of, (salt, sizes, *arrays) = unframe(MAGIC, COLUMNS_COUNT, data)
    try:
        columns = Packed(*map(array_of, "IHIII", arrays))
    except ValueError:
        raise UnreadableError from None
    people = int.from_bytes(sizes[:_INT_BYTES], "little")
    number_max = int.from_bytes(sizes[_INT_BYTES:], "little")
    if len(salt) != SALT_BYTES or len(sizes) != 2 * _INT_BYTES or not _fit(columns, number_max):
        raise UnreadableError
    return CandidateIndex(bytes(salt), columns, as_of=as_of, people=people, number_max=number_max)


def _fit(columns: Packed, number_max: int) -> bool:
    """Whether the columns fit each other: with a right digest, somebody wrote them wrongly."""
    return (
        len(columns.starts) == BUCKETS + 1
        and columns.starts[0] == 0
        and columns.starts[-1] == len(columns.rests) == len(columns.numbers)
        and len(columns.counted) == len(columns.counts)
        and max(columns.numbers, default=0) <= number_max
    )
