"""The promises of ``SnapshotCipher``, kept by AES-256-GCM."""

from functools import partial
from pathlib import Path
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.crypto.conftest import ELSEWHERE, HERE
from tests.builders import a_practice_id
from tests.sources import ManualClock
from vantrexia_adapters.crypto import (
    AesGcmFieldCipher,
    AesGcmSnapshotCipher,
    KeyRing,
    Purpose,
    UnknownKeyError,
)
from vantrexia_core.patients import SnapshotLabel, chunk_binding
from vantrexia_core.protection import (
    BUCKET_NAME,
    HEADER_BYTES,
    TAG_BYTES,
    Envelope,
    FieldName,
    Place,
    UnreadableError,
)

LABEL = SnapshotLabel(HERE, UUID(int=7), UUID(int=8), as_of=9, chunks=3)
BOUND = partial(chunk_binding, LABEL, 1)
CHUNK = b"vantrexia " * 50


@pytest.fixture(scope="module")
def cipher(ring: KeyRing) -> AesGcmSnapshotCipher:
    """The cipher under test."""
    return AesGcmSnapshotCipher(ring)


@pytest.fixture(scope="module")
def wire(cipher: AesGcmSnapshotCipher) -> bytes:
    """`CHUNK`, sealed."""
    return cipher.seal(HERE, BOUND, CHUNK)


@given(st.binary(max_size=3_000), st.integers(0, 2**32 - 1))
def test_what_was_sealed_opens(cipher: AesGcmSnapshotCipher, chunk: bytes, place: int) -> None:
    """Any bytes at any place come back unchanged, and take as much more as an envelope takes."""
    bound = partial(chunk_binding, LABEL, place)
    sealed = cipher.seal(HERE, bound, chunk)
    assert cipher.open(HERE, bound, sealed) == chunk
    assert len(sealed) == len(chunk) + HEADER_BYTES + TAG_BYTES


def test_a_whole_chunk_opens(cipher: AesGcmSnapshotCipher) -> None:
    """1 MiB, which is what snapshots are cut into."""
    chunk = bytes(range(256)) * 4096
    assert cipher.open(HERE, BOUND, cipher.seal(HERE, BOUND, chunk)) == chunk


def test_sealing_twice_gives_different_bytes_everywhere(cipher: AesGcmSnapshotCipher) -> None:
    """A nonce is never used twice; no byte of one ciphertext is tied to that of another."""
    one, other = (Envelope.decode(cipher.seal(HERE, BOUND, CHUNK)) for _ in range(2))
    equal = sum(a == b for a, b in zip(one.sealed, other.sealed, strict=True))
    assert one.nonce != other.nonce
    assert equal < len(one.sealed) // 20
    assert len({Envelope.decode(cipher.seal(HERE, BOUND, b"")).nonce for _ in range(500)}) == 500


@pytest.mark.parametrize(
    "moved",
    [
        attrs.evolve(LABEL, practice_id=ELSEWHERE),
        attrs.evolve(LABEL, snapshot_id=UUID(int=6)),
        attrs.evolve(LABEL, epoch=UUID(int=6)),
        attrs.evolve(LABEL, as_of=10),
        attrs.evolve(LABEL, chunks=4),
    ],
    ids=["practice", "snapshot", "epoch", "change number", "count"],
)
def test_a_chunk_does_not_open_under_another_label(
    cipher: AesGcmSnapshotCipher, wire: bytes, moved: SnapshotLabel
) -> None:
    """Whatever stands beside a snapshot in clear is bound to each of its chunks."""
    with pytest.raises(UnreadableError):
        cipher.open(HERE, partial(chunk_binding, moved, 1), wire)


def test_a_chunk_does_not_open_at_another_place(cipher: AesGcmSnapshotCipher, wire: bytes) -> None:
    """Chunks cannot change places."""
    with pytest.raises(UnreadableError):
        cipher.open(HERE, partial(chunk_binding, LABEL, 2), wire)


def test_a_chunk_does_not_open_with_another_practices_key(cipher: AesGcmSnapshotCipher, wire: bytes) -> None:
    """Even if the label says what it said."""
    with pytest.raises(UnreadableError):
        cipher.open(ELSEWHERE, BOUND, wire)


def test_no_changed_byte_opens(cipher: AesGcmSnapshotCipher, wire: bytes) -> None:
    """One bit of any byte: format, key version, nonce, ciphertext, tag."""
    for at in range(len(wire)):
        changed = bytearray(wire)
        changed[at] ^= 1 << at % 8
        with pytest.raises(UnreadableError):
            cipher.open(HERE, BOUND, bytes(changed))


def test_no_other_length_opens(cipher: AesGcmSnapshotCipher, wire: bytes) -> None:
    """Cut at any byte, or longer."""
    for other in (*(wire[:length] for length in range(len(wire))), wire + b"\0"):
        with pytest.raises(UnreadableError):
            cipher.open(HERE, BOUND, other)


def test_a_sealed_field_is_no_chunk_and_a_chunk_is_no_field(
    cipher: AesGcmSnapshotCipher, ring: KeyRing, wire: bytes
) -> None:
    """The keys of snapshots seal nothing else."""
    fields, name, place = (
        AesGcmFieldCipher(ring),
        FieldName("patient", "last_name"),
        Place(HERE, UUID(int=1), 1),
    )
    field = fields.seal(name, place, b"Quintero", bucket=BUCKET_NAME)
    with pytest.raises(UnreadableError):
        cipher.open(HERE, BOUND, field)
    with pytest.raises(UnreadableError):
        fields.open(name, place, wire, bucket=BUCKET_NAME)


def test_old_keys_open_and_the_newest_seals(path: Path) -> None:
    """After a rotation stored snapshots stay readable; a ring without the new key refuses what it sealed."""
    ring = KeyRing.create(path, ManualClock())
    ring.ensure_scope(HERE)
    before = path.read_bytes()
    cipher = AesGcmSnapshotCipher(ring)
    old = cipher.seal(HERE, BOUND, CHUNK)
    ring.rotate(HERE, Purpose.DIRECTORY)
    new = cipher.seal(HERE, BOUND, CHUNK)
    assert [Envelope.decode(one).key_version for one in (old, new)] == [1, 2]
    assert cipher.open(HERE, BOUND, old) == cipher.open(HERE, BOUND, new) == CHUNK
    path.write_bytes(before)
    with pytest.raises(UnreadableError):
        AesGcmSnapshotCipher(KeyRing.open(path, ManualClock())).open(HERE, BOUND, new)


def test_a_practice_without_keys_seals_nothing(cipher: AesGcmSnapshotCipher) -> None:
    """There is no key to fall back to."""
    with pytest.raises(UnknownKeyError):
        cipher.seal(a_practice_id(99), BOUND, CHUNK)


def test_the_cipher_prints_no_key(cipher: AesGcmSnapshotCipher, ring: KeyRing) -> None:
    """Neither itself nor by its ring."""
    key = ring.root(HERE, Purpose.DIRECTORY, 1).derive(b"directory/snapshot")
    assert key.hex() not in repr(cipher)
    assert repr(key)[2:-1] not in repr(cipher)
