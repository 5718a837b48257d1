"""The bytes of a snapshot: what was written is read, and nothing else."""

import hashlib
import random
from collections.abc import Callable
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_patient_id, a_practice_id
from tests.strategies.directory import entries_of, practices
from tests.strategies.patients import Row, listings
from vantrexia_core.patients import (
    Directory,
    Listing,
    SnapshotLabel,
    Status,
    chunk_binding,
    chunks,
    decode_directory,
    encode_directory,
)
from vantrexia_core.patients.directory.snapshot import (
    CHUNK_BYTES,
    CHUNK_FORMAT,
    COLUMNS_COUNT,
    MAGIC,
)
from vantrexia_core.patients.framing import PADDED_TO_BYTES
from vantrexia_core.protection import UnreadableError

HEAD_BYTES = len(MAGIC) + 32
TEXTS = (3, 5, 10, 13)
FITTED = [which for which in range(COLUMNS_COUNT) if which != 15]
NAMES = ("Smith", "O'Brien", "Núñez", "李", "de la Cruz", "Smith", "A")
LABEL = SnapshotLabel(a_practice_id(1), UUID(int=7), UUID(int=8), as_of=9, chunks=3)


def _directory(size: int = 40) -> Directory:
    statuses = list(Status)
    rows = (
        Row(a_patient_id(n), statuses[n % 3], NOW, NAMES[n % 7], NAMES[n % 5], f"M-{n}").entry(n + 1)
        for n in range(size)
    )
    return Directory.of(rows, as_of=123_456)


SNAPSHOT = encode_directory(_directory())
CONTENT_BYTES = len(SNAPSHOT.rstrip(b"\0"))


def _sealed(rest: bytes) -> bytes:
    """What a program that writes nonsense with a right digest would write."""
    rest += bytes(-(HEAD_BYTES + len(rest)) % PADDED_TO_BYTES)
    return MAGIC + hashlib.sha256(rest).digest() + rest


def _columns() -> list[bytes]:
    at, columns = HEAD_BYTES + 8, []
    for _ in range(COLUMNS_COUNT):
        length = int.from_bytes(SNAPSHOT[at : at + 8], "little")
        columns.append(SNAPSHOT[at + 8 : at + 8 + length])
        at += 8 + length
    return columns


def _written(columns: list[bytes]) -> bytes:
    return (123_456).to_bytes(8, "little") + b"".join(
        len(column).to_bytes(8, "little") + column for column in columns
    )


@given(
    practices(size_max=25).flatmap(
        lambda practice: st.tuples(st.just(practice), listings(list(practice.values())))
    ),
    st.integers(0, 2**64 - 1),
)
def test_what_was_written_is_read(case: tuple[dict[int, Row], Listing], as_of: int) -> None:
    """It answers as before and is as of the same change; written again it is the same bytes."""
    practice, listing = case
    directory = Directory.of(entries_of(practice), as_of=as_of)
    written = encode_directory(directory)
    read = decode_directory(written)
    assert (read.as_of, read.size, read.overlay_size) == (as_of, len(practice), 0)
    assert read.find(listing) == directory.find(listing)
    assert encode_directory(read) == written


def test_a_snapshot_that_was_cut_is_not_read() -> None:
    """At any byte of the content, at any block of the padding, and of length 0."""
    lengths = [*range(CONTENT_BYTES + 2), *range(CONTENT_BYTES, len(SNAPSHOT), 4096), len(SNAPSHOT) - 1]
    for length in lengths:
        with pytest.raises(UnreadableError):
            decode_directory(SNAPSHOT[:length])


def test_a_snapshot_with_any_other_byte_is_not_read() -> None:
    """One bit of any byte of the content, and of some of the padding."""
    chance = random.Random(1)  # noqa: S311 - where to flip needs no secrecy
    padding = [chance.randrange(CONTENT_BYTES, len(SNAPSHOT)) for _ in range(50)]
    for at in (*range(CONTENT_BYTES), *padding, len(SNAPSHOT) - 1):
        changed = bytearray(SNAPSHOT)
        changed[at] ^= 1 << chance.randrange(8)
        with pytest.raises(UnreadableError):
            decode_directory(bytes(changed))


@given(st.binary(max_size=200), st.integers(0, 200))
def test_other_bytes_are_not_read(noise: bytes, kept: int) -> None:
    """Noise, noise behind a good beginning, and more behind a good end."""
    for data in (noise, SNAPSHOT[:kept] + noise, SNAPSHOT + noise + b"x", SNAPSHOT + bytes(PADDED_TO_BYTES)):
        with pytest.raises(UnreadableError):
            decode_directory(data)


def test_a_snapshot_of_another_format_is_not_read() -> None:
    """Another version is not guessed at, whatever its digest says."""
    with pytest.raises(UnreadableError):
        decode_directory(SNAPSHOT.replace(b"directory/2", b"directory/1", 1))


@given(
    st.sampled_from(FITTED),
    st.binary(max_size=9),
    st.booleans(),
)
def test_a_column_that_does_not_fit_the_others_is_not_read(
    which: int,
    content: bytes,
    is_added: bool,  # noqa: FBT001 - hypothesis passes by position
) -> None:
    """Even when the digest is right. Only the times' length is free; of texts it is their number."""
    columns = _columns()
    before = columns[which]
    after = columns[which] = before + content if is_added else content
    if which in TEXTS:
        is_free = after.startswith(b"\n") and after.count(b"\n") == before.count(b"\n")
    else:
        is_free = len(after) == len(before)
    if not is_free:
        with pytest.raises(UnreadableError):
            decode_directory(_sealed(_written(columns)))


BROKEN: dict[str, Callable[[list[bytes]], bytes]] = {
    "a column missing": lambda columns: _written(columns[1:]),
    "more times than people": lambda columns: _written([*columns[:15], bytes(8 * 41), *columns[16:]]),
    "a column too many": lambda columns: _written([*columns, b"x"]),
    "a length beyond the end": lambda columns: _written(columns)[:8] + b"\xff" * 8,
    "nothing": lambda _: b"",
    "a change number cut short": lambda _: bytes(3),
    "a width that does not exist": lambda columns: _written([*columns[:6], b"Q", *columns[7:]]),
    "a status that does not exist": lambda columns: _written([*columns[:2], b"\x04" * 40, *columns[3:]]),
    "somebody who is gone": lambda columns: _written([*columns[:2], b"\x00" * 40, *columns[3:]]),
    "a rank behind the last one": lambda columns: _written([*columns[:14], b"\xff" * 160, *columns[15:]]),
    "a gender that does not exist": lambda columns: _written([*columns[:16], b"\x05" * 40, *columns[17:]]),
    "a birth behind the last one": lambda columns: _written([*columns[:19], b"\xff" * 160, columns[20]]),
}


@pytest.mark.parametrize("breaking", BROKEN.values(), ids=BROKEN)
def test_nonsense_with_a_right_digest_is_not_read(breaking: Callable[[list[bytes]], bytes]) -> None:
    """A writer that errs is found out as well."""
    assert decode_directory(_sealed(_written(_columns()))).size == 40
    with pytest.raises(UnreadableError):
        decode_directory(_sealed(breaking(_columns())))


def test_the_length_tells_nothing_of_one_patient() -> None:
    """A name more or less, a long or a short one: the same number of bytes."""
    assert {len(encode_directory(_directory(size))) for size in (0, 1, 40, 300)} == {PADDED_TO_BYTES}


@pytest.mark.parametrize("size", [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_chunks_are_the_whole_in_pieces(size: int) -> None:
    """All of 1 MiB but the last one, none of them empty."""
    data = random.Random(size).randbytes(size)  # noqa: S311 - any bytes do
    pieces = list(chunks(data))
    assert b"".join(pieces) == data
    assert all(len(piece) == CHUNK_BYTES for piece in pieces[:-1])
    assert 0 < len(pieces[-1]) <= CHUNK_BYTES


uuids = st.sampled_from([UUID(int=n) for n in (0, 1, 256, 1 << 127)])
labels = st.builds(
    SnapshotLabel,
    uuids,
    uuids,
    uuids,
    as_of=st.sampled_from((0, 1, 256, 2**63 - 1)),
    chunks=st.sampled_from((1, 256)),
)
places = st.sampled_from((0, 1, 255, 256, 2**32 - 1))
versions = st.sampled_from((1, 256, 65_535))


@given(st.tuples(labels, places, versions), st.tuples(labels, places, versions))
def test_two_chunks_are_never_bound_to_the_same(
    one: tuple[SnapshotLabel, int, int], other: tuple[SnapshotLabel, int, int]
) -> None:
    """Equal bindings mean equal practice, snapshot, epoch, change, count, place and key version."""
    assert (chunk_binding(*one) == chunk_binding(*other)) == (one == other)


@pytest.mark.parametrize("field", ["practice_id", "snapshot_id", "epoch"])
def test_an_id_is_bound_with_every_bit(field: str) -> None:
    """And where it belongs: two ids exchanged are another binding."""
    bound = {chunk_binding(LABEL, 0, 1)}
    bound |= {
        chunk_binding(attrs.evolve(LABEL, **{field: UUID(int=getattr(LABEL, field).int ^ 1 << bit)}), 0, 1)
        for bit in range(128)
    }
    assert len(bound) == 129


@given(
    st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)
)
def test_a_binding_can_be_taken_apart_again(as_of: int, count: int, place: int, version: int) -> None:
    """Fixed lengths: whatever is bound is read back, so nothing runs into its neighbour."""
    bound = chunk_binding(attrs.evolve(LABEL, as_of=as_of, chunks=count), place, version)
    rest = bound.removeprefix(CHUNK_FORMAT)
    ids = [UUID(bytes=rest[at : at + 16]) for at in (0, 16, 32)]
    numbers = [int.from_bytes(rest[a:b], "big") for a, b in ((48, 56), (56, 60), (60, 64), (64, None))]
    assert ids == [LABEL.practice_id, LABEL.snapshot_id, LABEL.epoch]
    assert numbers == [as_of, count, place, version]


@pytest.mark.parametrize(
    ("as_of", "count", "place", "version"),
    [(2**64, 1, 0, 1), (0, 2**32, 0, 1), (0, 1, 2**32, 1), (0, 1, 0, 2**16), (-1, 1, 0, 1), (0, 1, -1, 1)],
)
def test_a_number_that_does_not_fit_is_not_cut_off(as_of: int, count: int, place: int, version: int) -> None:
    """It is refused, or else two bindings could be the same."""
    with pytest.raises(OverflowError):
        chunk_binding(attrs.evolve(LABEL, as_of=as_of, chunks=count), place, version)
