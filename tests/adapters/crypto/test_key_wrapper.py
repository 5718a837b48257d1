"""The promises of ``KeyWrapper``, kept by a key-encryption key in a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vantrexia_adapters.crypto import FileKeyWrapper
from vantrexia_core.protection import UnreadableError

KEK, KEY = bytes(range(32)), bytes(range(100, 132))
CONTEXT = b"deployment|index|1"

keys = st.binary(min_size=32, max_size=32)
contexts = st.binary(max_size=80)


@given(keys, keys, contexts)
def test_what_was_wrapped_unwraps(kek: bytes, key: bytes, context: bytes) -> None:
    """Any key under any key-encryption key and context."""
    assert FileKeyWrapper(kek).unwrap(FileKeyWrapper(kek).wrap(key, context), context) == key


@given(contexts, contexts)
def test_a_wrapped_key_unwraps_in_its_own_context_only(one: bytes, other: bytes) -> None:
    """A key moved to another scope, purpose or version is of no use there."""
    wrapped = FileKeyWrapper(KEK).wrap(KEY, one)
    if one == other:
        assert FileKeyWrapper(KEK).unwrap(wrapped, other) == KEY
    else:
        with pytest.raises(UnreadableError):
            FileKeyWrapper(KEK).unwrap(wrapped, other)


@given(keys)
def test_another_key_encryption_key_unwraps_nothing(other: bytes) -> None:
    """Another deployment's file opens nothing here."""
    if other != KEK:
        with pytest.raises(UnreadableError):
            FileKeyWrapper(other).unwrap(FileKeyWrapper(KEK).wrap(KEY, CONTEXT), CONTEXT)


def test_every_single_bit_of_a_wrapped_key_is_protected() -> None:
    """A damaged key is never mistaken for a key."""
    wrapper, wrapped = FileKeyWrapper(KEK), FileKeyWrapper(KEK).wrap(KEY, CONTEXT)
    for bit in range(8 * len(wrapped)):
        damaged = bytearray(wrapped)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(UnreadableError):
            wrapper.unwrap(bytes(damaged), CONTEXT)


@pytest.mark.parametrize("length", [0, 8, 16, 24, 31, 39, 41, 48])
def test_a_wrapped_key_of_another_length_is_refused(length: int) -> None:
    """Cut and padded forms do not unwrap."""
    wrapped = FileKeyWrapper(KEK).wrap(KEY, CONTEXT) + bytes(8)
    with pytest.raises(UnreadableError):
        FileKeyWrapper(KEK).unwrap(wrapped[:length], CONTEXT)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_encryption_key_has_32_bytes(length: int) -> None:
    """AES-256 and nothing less."""
    with pytest.raises(ValueError, match="32 bytes"):
        FileKeyWrapper(bytes(length))


def test_a_wrapper_prints_nothing() -> None:
    """Its key is in no representation."""
    assert repr(FileKeyWrapper(KEK)) == str(FileKeyWrapper(KEK)) == "FileKeyWrapper()"
