"""What every key-encryption key promises of the keys that it wraps."""

from typing import Final

import pytest

from vantrexia_core.kernel import VantrexiaError
from vantrexia_core.protection import KeyWrapper, UnreadableError

KEY: Final = bytes(range(100, 132))
CONTEXT: Final = b"deployment|index|1"


class KeyWrapperContract:
    """Keys, wrapped in a context."""

    @pytest.fixture
    def wrappers(self) -> tuple[KeyWrapper, KeyWrapper]:
        """Two key-encryption keys of one kind.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `wrappers`: two KeyWrappers with different keys")

    def test_what_was_wrapped_unwraps_and_shows_nothing(
        self, wrappers: tuple[KeyWrapper, KeyWrapper]
    ) -> None:
        """The key comes back, and does not stand in its wrapped form."""
        wrapped = wrappers[0].wrap(KEY, CONTEXT)
        assert wrappers[0].unwrap(wrapped, CONTEXT) == KEY
        assert KEY not in wrapped

    @pytest.mark.parametrize("context", [b"deployment|index|2", b"deployment|field|1", b"x" * 80])
    def test_a_wrapped_key_unwraps_in_its_own_context_only(
        self, wrappers: tuple[KeyWrapper, KeyWrapper], context: bytes
    ) -> None:
        """A key moved to another scope, purpose or version is of no use there."""
        wrapped = wrappers[0].wrap(KEY, CONTEXT)
        with pytest.raises(UnreadableError):
            wrappers[0].unwrap(wrapped, context)

    def test_another_key_encryption_key_unwraps_nothing(
        self, wrappers: tuple[KeyWrapper, KeyWrapper]
    ) -> None:
        """Another deployment's opens nothing here. KMS does not tell a stranger whose a key is."""
        wrapped = wrappers[0].wrap(KEY, CONTEXT)
        with pytest.raises(VantrexiaError):
            wrappers[1].unwrap(wrapped, CONTEXT)

    def test_a_damaged_wrapped_key_does_not_unwrap(self, wrappers: tuple[KeyWrapper, KeyWrapper]) -> None:
        """Cut, noise, nothing, and one other byte at its end."""
        wrapped = wrappers[0].wrap(KEY, CONTEXT)
        for damaged in (wrapped[:-1], b"\x00\xff", b"", wrapped[:-9] + b"AAAAAAAAA"):
            with pytest.raises(UnreadableError):
                wrappers[0].unwrap(damaged, CONTEXT)
