"""Passwords and tokens: the real ones, and the quick ones that tests use."""

from pathlib import Path

import pytest

from tests.credentials import QuickPasswords, QuickTokens
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.crypto import Argon2Cost, Argon2Passwords, KeyRing, RingSigningKeys
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_contracts.credentials import PasswordsContract, TokensContract
from vantrexia_core.identity import Passwords, Tokens

PASSWORDS: dict[str, tuple[Passwords, Passwords]] = {
    "argon2": (Argon2Passwords(bytes(32), Argon2Cost(64)), Argon2Passwords(bytes(32), Argon2Cost(128))),
    "quick": (QuickPasswords(), QuickPasswords(rounds=2)),
}
"""Each with a dearer sibling, as after a change of its parameters."""


class TestPasswords(PasswordsContract):
    """Argon2id, and one round of a digest."""

    @pytest.fixture(params=PASSWORDS)
    def both(self, request: pytest.FixtureRequest) -> tuple[Passwords, Passwords]:
        """Passwords, and their dearer sibling."""
        return PASSWORDS[request.param]

    @pytest.fixture
    def passwords(self, both: tuple[Passwords, Passwords]) -> Passwords:
        """As configured."""
        return both[0]

    @pytest.fixture
    def dearer(self, both: tuple[Passwords, Passwords]) -> Passwords:
        """After a change of the parameters."""
        return both[1]


class TestTokens(TokensContract):
    """JWT, and those signed by a digest."""

    @pytest.fixture(params=["jwt", "quick"])
    def tokens(self, request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Tokens, Tokens]:
        """Tokens, and those of a stranger with keys of its own."""
        if request.param == "quick":
            return QuickTokens(), QuickTokens(b"another key")
        ours, theirs = (
            JwtTokens(
                RingSigningKeys(KeyRing.create(tmp_path / whose / "keyring.json", ManualClock())),
                ids=CountedIds(whose),
            )
            for whose in ("ours", "theirs")
        )
        return ours, theirs
