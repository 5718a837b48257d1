"""The promises of ``FieldCipher``, kept by AES-256-GCM."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.crypto.conftest import ELSEWHERE, HERE
from tests.builders import a_patient_id, a_practice_id
from tests.sources import ManualClock
from tests.strategies.protection import BUCKETS, field_names
from vantrexia_adapters.crypto import AesGcmFieldCipher, KeyRing, Purpose, UnknownKeyError
from vantrexia_core.protection import (
    BUCKET_NAME,
    BUCKET_SHORT,
    HEADER_BYTES,
    TAG_BYTES,
    VALUE_BYTES_MAX,
    Envelope,
    FieldGroup,
    FieldName,
    Place,
    UnreadableError,
)

NAME = FieldName("patient", "last_name")
PLACE = Place(HERE, a_patient_id(), 3)
VALUE = b"Quintero"


@pytest.fixture(scope="module")
def cipher(ring: KeyRing) -> AesGcmFieldCipher:
    """The cipher under test."""
    return AesGcmFieldCipher(ring)


@pytest.fixture(scope="module")
def wire(cipher: AesGcmFieldCipher) -> bytes:
    """`VALUE`, sealed."""
    return cipher.seal(NAME, PLACE, VALUE, bucket=BUCKET_NAME)


@given(
    field_names(), st.uuids(), st.integers(0, 2**64 - 1), st.binary(max_size=400), st.sampled_from(BUCKETS)
)
def test_what_was_sealed_opens(
    cipher: AesGcmFieldCipher, name: FieldName, record_id: UUID, version: int, value: bytes, bucket: int
) -> None:
    """Any bytes in any column of any record come back unchanged."""
    place = Place(HERE, record_id, version)
    assert cipher.open(name, place, cipher.seal(name, place, value, bucket=bucket), bucket=bucket) == value


@pytest.mark.parametrize("length", [0, 1, VALUE_BYTES_MAX - 1, VALUE_BYTES_MAX])
def test_the_longest_values_open(cipher: AesGcmFieldCipher, length: int) -> None:
    """Up to 65,535 bytes fit into a field."""
    value = b"\xa5" * length
    assert cipher.open(NAME, PLACE, cipher.seal(NAME, PLACE, value, bucket=64), bucket=64) == value


def test_a_longer_value_is_refused(cipher: AesGcmFieldCipher) -> None:
    """Nothing is cut off silently."""
    with pytest.raises(ValueError, match="65535 bytes"):
        cipher.seal(NAME, PLACE, bytes(VALUE_BYTES_MAX + 1), bucket=BUCKET_NAME)


def test_sealing_twice_gives_different_bytes_everywhere(cipher: AesGcmFieldCipher) -> None:
    """A nonce is never used twice, so equal values cannot be told from unequal ones."""
    nonces = {
        Envelope.decode(cipher.seal(NAME, PLACE, VALUE, bucket=BUCKET_NAME)).nonce for _ in range(2_000)
    }
    assert len(nonces) == 2_000


def test_threads_never_share_a_nonce_or_a_record(cipher: AesGcmFieldCipher) -> None:
    """One cipher serves all threads: each seals and opens its own records, all nonces differ."""
    barrier = Barrier(4)

    def work(number: int) -> set[bytes]:
        barrier.wait()
        nonces = set()
        for version in range(250):
            place, value = Place(HERE, a_patient_id(number), version), f"{number}/{version}".encode()
            sealed = cipher.seal(NAME, place, value, bucket=BUCKET_SHORT)
            assert cipher.open(NAME, place, sealed, bucket=BUCKET_SHORT) == value
            nonces.add(Envelope.decode(sealed).nonce)
        return nonces

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(work, range(4)))
    assert len(set[bytes]().union(*found)) == 4 * 250


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (FieldName("patient", "first_name"), PLACE),
        (FieldName("account", "last_name"), PLACE),
        (NAME, attrs.evolve(PLACE, practice_id=ELSEWHERE)),
        (NAME, attrs.evolve(PLACE, practice_id=a_practice_id(99))),
        (NAME, attrs.evolve(PLACE, record_id=a_patient_id(2))),
        (NAME, attrs.evolve(PLACE, version=PLACE.version - 1)),
        (NAME, attrs.evolve(PLACE, version=PLACE.version + 1)),
    ],
    ids=["column", "table", "practice", "unknown practice", "record", "older version", "newer version"],
)
def test_a_value_opens_nowhere_else(
    cipher: AesGcmFieldCipher, wire: bytes, name: FieldName, place: Place
) -> None:
    """A ciphertext moved to another place, or put beside newer fields, does not open."""
    with pytest.raises(UnreadableError):
        cipher.open(name, place, wire, bucket=BUCKET_NAME)


def test_every_single_bit_is_protected(cipher: AesGcmFieldCipher, wire: bytes) -> None:
    """Format, key version, nonce, ciphertext and tag: no bit can be flipped unnoticed."""
    opened = []
    for bit in range(8 * len(wire)):
        forged = bytearray(wire)
        forged[bit // 8] ^= 1 << bit % 8
        try:
            cipher.open(NAME, PLACE, bytes(forged), bucket=BUCKET_NAME)
        except UnreadableError:
            continue
        opened.append(bit)
    assert opened == []


def test_every_truncation_and_extension_is_refused(cipher: AesGcmFieldCipher, wire: bytes) -> None:
    """An envelope is whole or unreadable."""
    for length in range(len(wire)):
        with pytest.raises(UnreadableError):
            cipher.open(NAME, PLACE, wire[:length], bucket=BUCKET_NAME)
    for more in (b"\0", b"\xff", wire):
        with pytest.raises(UnreadableError):
            cipher.open(NAME, PLACE, wire + more, bucket=BUCKET_NAME)


@given(st.binary(max_size=200))
def test_no_other_bytes_open(cipher: AesGcmFieldCipher, noise: bytes) -> None:
    """Whatever stands in the column, there is a value or one kind of error."""
    for forged in (noise, b"\x01\x00\x02" + noise):
        with pytest.raises(UnreadableError):
            cipher.open(NAME, PLACE, forged, bucket=BUCKET_NAME)


def test_another_bucket_is_another_field(cipher: AesGcmFieldCipher, wire: bytes) -> None:
    """Padding is part of the format: reading is as strict as writing."""
    with pytest.raises(UnreadableError):
        cipher.open(NAME, PLACE, wire, bucket=64)


@given(st.integers(0, 30), st.integers(0, 30))
def test_padding_hides_the_length_within_a_bucket(cipher: AesGcmFieldCipher, one: int, other: int) -> None:
    """Two names of any usual length are sealed into the same number of bytes."""
    lengths = {len(cipher.seal(NAME, PLACE, bytes(n), bucket=BUCKET_NAME)) for n in (one, other)}
    assert lengths == {HEADER_BYTES + BUCKET_NAME + TAG_BYTES}


def test_an_unreadable_value_shows_nothing(cipher: AesGcmFieldCipher, wire: bytes) -> None:
    """Neither the error nor what led to it carries ciphertext or a cause."""
    with pytest.raises(UnreadableError) as raised:
        cipher.open(NAME, PLACE, wire[:-1] + b"\0", bucket=BUCKET_NAME)
    report = "".join(traceback.format_exception(raised.value))
    assert "InvalidTag" not in report
    assert wire.hex() not in report
    assert repr(wire) not in report


def test_the_newest_key_seals_and_every_key_opens(path: Path) -> None:
    """After a rotation old values stay readable, and new ones are sealed under the new key."""
    ring = KeyRing.create(path, ManualClock())
    ring.ensure_scope(HERE)
    cipher = AesGcmFieldCipher(ring)
    sealed = {}
    for version in (1, 2, 3):
        assert cipher.key_version(PLACE) == version
        sealed[version] = cipher.seal(NAME, PLACE, f"under {version}".encode(), bucket=BUCKET_NAME)
        assert Envelope.decode(sealed[version]).key_version == version
        ring.rotate(HERE, Purpose.FIELD)
    for version, wire in sealed.items():
        assert cipher.open(NAME, PLACE, wire, bucket=BUCKET_NAME) == f"under {version}".encode()


def test_a_key_that_another_process_added_is_found(path: Path) -> None:
    """A running process opens what another one sealed under a key made a moment ago."""
    ours = KeyRing.create(path, ManualClock())
    ours.ensure_scope(HERE)
    cipher = AesGcmFieldCipher(ours)
    cipher.seal(NAME, PLACE, VALUE, bucket=BUCKET_NAME)
    theirs = KeyRing.open(path, ManualClock())
    theirs.rotate(HERE, Purpose.FIELD)
    wire = AesGcmFieldCipher(theirs).seal(NAME, PLACE, VALUE, bucket=BUCKET_NAME)
    assert cipher.open(NAME, PLACE, wire, bucket=BUCKET_NAME) == VALUE


def test_a_rotation_by_another_process_reaches_sealing_with_the_next_refresh(path: Path) -> None:
    """Whoever refreshes seals with the newest key."""
    ours = KeyRing.create(path, ManualClock())
    ours.ensure_scope(HERE)
    cipher = AesGcmFieldCipher(ours)
    cipher.seal(NAME, PLACE, VALUE, bucket=BUCKET_NAME)
    KeyRing.open(path, ManualClock()).rotate(HERE, Purpose.FIELD)
    ours.refresh()
    assert Envelope.decode(cipher.seal(NAME, PLACE, VALUE, bucket=BUCKET_NAME)).key_version == 2


GROUP = FieldGroup(
    (
        (FieldName("patient", "first_name"), BUCKET_NAME),
        (NAME, BUCKET_NAME),
        (FieldName("patient", "gender"), BUCKET_SHORT),
    )
)


@given(st.lists(st.none() | st.binary(max_size=60), min_size=3, max_size=3), st.lists(st.booleans()))
def test_a_group_opens_as_its_fields_do(
    tmp_path_factory: pytest.TempPathFactory, values: list[bytes | None], rotates: list[bool]
) -> None:
    """Absent fields, fields under different keys: the same values, in their order."""
    ring = KeyRing.create(tmp_path_factory.mktemp("ring") / "ring", ManualClock())
    ring.ensure_scope(HERE)
    cipher = AesGcmFieldCipher(ring)
    wires: list[bytes | None] = []
    for (name, bucket), value, rotate in zip(
        GROUP.fields, values, [*rotates, False, False, False], strict=False
    ):
        wires.append(None if value is None else cipher.seal(name, PLACE, value, bucket=bucket))
        if rotate:
            ring.rotate(HERE, Purpose.FIELD)
    for _ in range(2):
        assert cipher.open_all(GROUP, PLACE, wires) == values


def test_one_field_of_a_group_that_does_not_open_shows_none_of_it(cipher: AesGcmFieldCipher) -> None:
    """Moved, cut, flipped, exchanged, of another practice: the group does not open, and says nothing else."""
    wires = [cipher.seal(name, PLACE, VALUE, bucket=bucket) for name, bucket in GROUP.fields]
    for place, forged in (
        (attrs.evolve(PLACE, version=2), wires),
        (attrs.evolve(PLACE, practice_id=ELSEWHERE), wires),
        (attrs.evolve(PLACE, practice_id=a_practice_id(99)), wires),
        (PLACE, [wires[1], wires[0], wires[2]]),
        *((PLACE, [wires[0], damaged, wires[2]]) for damaged in _damaged(wires[1])),
        *((PLACE, [damaged, *wires[1:]]) for damaged in _damaged(wires[0])),
    ):
        with pytest.raises(UnreadableError) as raised:
            cipher.open_all(GROUP, place, forged)
        assert raised.value.__cause__ is None


def _damaged(wire: bytes) -> list[bytes]:
    flipped = [bytes((*wire[:at], wire[at] ^ 1, *wire[at + 1 :])) for at in range(len(wire))]
    return [*flipped, *(wire[:length] for length in range(len(wire))), wire + b"\0"]


def test_a_practice_without_keys_cannot_seal(cipher: AesGcmFieldCipher) -> None:
    """There is no default key."""
    with pytest.raises(UnknownKeyError, match="field key"):
        cipher.seal(NAME, attrs.evolve(PLACE, practice_id=a_practice_id(99)), VALUE, bucket=BUCKET_NAME)


def test_practices_and_columns_have_keys_of_their_own(ring: KeyRing) -> None:
    """Not only the associated data keeps them apart."""
    derived = {
        ring.root(practice, Purpose.FIELD, 1).derive(FieldName("patient", column).info)
        for practice in (HERE, ELSEWHERE)
        for column in ("first_name", "last_name")
    }
    assert len(derived) == 4
