"""The envelope and its padding are read strictly: whatever opens re-encodes to the same bytes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.strategies.protection import BUCKETS, envelopes
from vantrexia_core.kernel import VantrexiaError
from vantrexia_core.protection import KEY_VERSION_MAX, NONCE_BYTES, Envelope, UnreadableError, pad, unpad

HEADER_AND_TAG = 1 + 2 + NONCE_BYTES + 16


@given(envelopes())
def test_decoding_what_was_encoded_gives_it_back(envelope: Envelope) -> None:
    """Nothing is lost on the wire."""
    assert Envelope.decode(envelope.encode()) == envelope


@given(
    st.binary(max_size=100)
    | st.binary(min_size=HEADER_AND_TAG, max_size=100).map(lambda tail: b"\x01" + tail)
)
@example(b"")
@example(b"\x01")
@example(b"\x01" + bytes(HEADER_AND_TAG - 2))
@example(b"\x01" + bytes(HEADER_AND_TAG - 1))
@example(b"\x00" + bytes(60))
@example(b"\x02" + bytes(60))
def test_whatever_decodes_encodes_to_the_same_bytes(wire: bytes) -> None:
    """There is one wire form of an envelope; anything else is refused."""
    if len(wire) < HEADER_AND_TAG or wire[0] != 1:
        with pytest.raises(UnreadableError):
            Envelope.decode(wire)
    else:
        assert Envelope.decode(wire).encode() == wire


def test_the_wire_form_is_the_documented_one() -> None:
    """Format byte, big-endian key version, nonce, ciphertext and tag."""
    nonce, sealed = bytes(range(12)), bytes(range(100, 148))
    assert Envelope(0x0203, nonce, sealed).encode() == b"\x01\x02\x03" + nonce + sealed
    assert len(Envelope(1, nonce, sealed).encode()) - len(sealed) + 16 == 31


def test_a_key_version_beyond_two_bytes_has_no_wire_form() -> None:
    """Better no envelope than one that names another key."""
    with pytest.raises(OverflowError):
        Envelope(KEY_VERSION_MAX + 1, bytes(12), bytes(16)).encode()


def test_an_envelope_does_not_print_its_bytes() -> None:
    """The key version may be known, the rest is nobody's business."""
    assert repr(Envelope(7, b"N" * 12, b"S" * 32)) == "Envelope(key_version=7)"


@given(st.binary(max_size=300), st.sampled_from(BUCKETS))
def test_unpadding_what_was_padded_gives_it_back(value: bytes, bucket: int) -> None:
    """Every value, empty and zeros included, survives in every bucket."""
    padded = pad(value, bucket)
    assert unpad(padded, bucket) == value
    assert len(padded) % bucket == 0
    assert len(padded) - len(value) - 2 < bucket


@given(st.binary(max_size=200), st.sampled_from(BUCKETS))
@example(b"\x00\x02ab" + bytes(11), 16)
@example(b"\x00\x02ab" + bytes(11) + b"\x01", 16)
@example(bytes(32), 16)
@example(bytes(16), 32)
@example(b"\xff\xff" + bytes(14), 16)
@example(b"", 16)
@example(b"\x00", 16)
def test_whatever_unpads_pads_to_the_same_bytes(padded: bytes, bucket: int) -> None:
    """A wrong length, a byte in the padding, another bucket: refused, never repaired."""
    try:
        value = unpad(padded, bucket)
    except UnreadableError:
        return
    assert pad(value, bucket) == padded


@given(st.binary(max_size=60), st.sampled_from(BUCKETS), st.data())
def test_a_changed_byte_outside_the_value_is_refused(value: bytes, bucket: int, data: st.DataObject) -> None:
    """Length and padding carry no slack in which two readings could hide."""
    padded = bytearray(pad(value, bucket))
    outside = [position for position in range(len(padded)) if not 2 <= position < 2 + len(value)]
    position = data.draw(st.sampled_from(outside))
    padded[position] ^= data.draw(st.integers(1, 255))
    try:
        other = unpad(bytes(padded), bucket)
    except UnreadableError:
        return
    # Only a length that a value ending in zeros could have had reads differently, and it reads as just that.
    assert position < 2
    assert pad(other, bucket) == bytes(padded)


@given(st.binary(min_size=1, max_size=30), st.binary(min_size=1, max_size=30))
def test_values_of_one_bucket_have_one_length(one: bytes, other: bytes) -> None:
    """The padded length tells the bucket, not the name."""
    assert len(pad(one, 32)) == len(pad(other, 32)) == 32


def test_a_value_longer_than_its_length_prefix_can_say_is_refused() -> None:
    """65,535 bytes fit; one more does not, and is not cut."""
    assert unpad(pad(bytes(0xFFFF), 64), 64) == bytes(0xFFFF)
    with pytest.raises(ValueError, match="65535"):
        pad(bytes(0x10000), 64)


def test_an_unreadable_value_is_the_services_fault() -> None:
    """It is answered as an error of the server, and its sentence names no value."""
    assert issubclass(UnreadableError, VantrexiaError)
    assert UnreadableError.code == "server_error"
