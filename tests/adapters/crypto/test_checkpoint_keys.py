"""The keys that sign the trail's state: of the ring, one for each version, under a name that stays."""

from pathlib import Path

from tests.sources import ManualClock
from vantrexia_adapters.crypto import (
    DEPLOYMENT,
    KeyRing,
    Purpose,
    RingCheckpointKeys,
    is_signed,
)

MESSAGE = b"a state of the trail"


def test_what_the_active_key_signs_its_verifier_accepts(tmp_path: Path) -> None:
    """And nothing else: another message, another signature, a key that is none."""
    keys = RingCheckpointKeys(KeyRing.create(tmp_path / "ring" / "keyring.json", ManualClock()))
    key, (verifier,) = keys.active(), keys.verifiers()
    signature = key.sign(MESSAGE)
    assert verifier.public_key == key.public_key
    assert is_signed(verifier.public_key, signature, MESSAGE)
    assert not is_signed(verifier.public_key, signature, MESSAGE + b".")
    assert not is_signed(verifier.public_key, signature[:-1] + bytes([signature[-1] ^ 1]), MESSAGE)
    assert not is_signed(b"too short", signature, MESSAGE)
    assert not is_signed(verifier.public_key, b"", MESSAGE)


def test_a_rotated_key_signs_under_the_same_name(tmp_path: Path) -> None:
    """The trail keeps its name, and what older keys signed can still be verified."""
    ring = KeyRing.create(tmp_path / "ring" / "keyring.json", ManualClock())
    keys = RingCheckpointKeys(ring)
    origin, before = keys.origin, keys.active().public_key
    ring.rotate(DEPLOYMENT, Purpose.CHECKPOINT)
    assert keys.origin == origin
    assert keys.active().public_key != before
    assert [key.public_key for key in keys.verifiers()] == [before, keys.active().public_key]


def test_two_deployments_have_two_names(tmp_path: Path) -> None:
    """A checkpoint of one is not taken for one of the other, and a key prints nothing."""
    one, other = (
        RingCheckpointKeys(KeyRing.create(tmp_path / name / "keyring.json", ManualClock()))
        for name in ("one", "other")
    )
    assert one.origin != other.origin
    assert repr(one.active()) == "Ed25519SigningKey()"
