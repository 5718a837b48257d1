"""The promises of ``FieldCipher``, kept by AES-256-GCM."""

from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.crypto.conftest import ELSEWHERE, HERE
from tests.builders import a_practice_id
from tests.sources import ManualClock
from vantrexia_adapters.crypto import AesGcmFieldCipher, KeyRing, Purpose, UnknownKeyError
from vantrexia_contracts.ciphers import NAME, PLACE, VALUE, FieldCipherContract
from vantrexia_core.protection import (
    BUCKET_NAME,
    BUCKET_SHORT,
    Envelope,
    FieldGroup,
    FieldName,
    UnreadableError,
)


@pytest.fixture(scope="module")
def cipher(ring: KeyRing) -> AesGcmFieldCipher:
    """The cipher under test."""
    return AesGcmFieldCipher(ring)


class TestFieldCipher(FieldCipherContract):
    """AES-256-GCM under keys of a ring."""

    @pytest.fixture
    def cipher(self, ring: KeyRing) -> AesGcmFieldCipher:
        """The cipher under test."""
        return AesGcmFieldCipher(ring)


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
