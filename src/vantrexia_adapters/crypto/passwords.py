"""Password hashing with Argon2id (RFC 9106), stored as PHC strings."""

import os
import re
from base64 import b64encode
from threading import BoundedSemaphore
from typing import Final

import attrs
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vantrexia_adapters.crypto.guessing import is_guessable
from vantrexia_adapters.crypto.key_ring import KeyRing
from vantrexia_adapters.crypto.primitives import digest, keyed_context
from vantrexia_adapters.crypto.ring_format import DEPLOYMENT
from vantrexia_core.identity import Verdict, password_bytes
from vantrexia_core.kernel import Phi
from vantrexia_core.protection import Purpose

SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
HASHES_AT_ONCE_MAX: Final = 3
"""Bounds the memory that parallel sign-ins can take: three times 46 MiB."""
MEMORY_KIB_MAX: Final = 1024 * 1024
"""A stored hash that asks for more is not computed: whoever writes to the database could stop the service."""
PASSES_MAX: Final = 64

_PHC: Final = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,7}),t=([1-9][0-9]{0,2}),p=([1-9][0-9]{0,2})"
    r"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}"
)


@attrs.frozen
class Argon2Cost:
    """What a hash costs. The defaults are OWASP's first choice for Argon2id: 46 MiB, one pass, one lane."""

    memory_kib: int = 47_104
    passes: int = 1
    lanes: int = 1


class Argon2Passwords:
    """Implements the core's ``Passwords``. Safe to share between threads; a fourth hash waits its turn.

    A password is hashed as the core's `password_bytes`: normalised, but neither trimmed nor cut. Before, it
    goes through HMAC-SHA-256 under the ``pepper`` (NIST SP 800-63B-4, 3.1.1.2): a stolen table of hashes
    without the key ring cannot even be tried against a list of common passwords.
    """

    __slots__ = ("_at_work", "_cost", "_nobody", "_pepper")

    def __init__(self, pepper: bytes, cost: Argon2Cost | None = None) -> None:
        self._pepper = keyed_context(pepper)
        self._cost = cost or Argon2Cost()
        self._at_work = BoundedSemaphore(HASHES_AT_ONCE_MAX)
        self._nobody = _hash_of_nothing(self._cost)

    def hash(self, password: Phi[str]) -> str:
        """The PHC string to store, under a fresh salt."""
        cost = self._cost
        argon2 = Argon2id(
            salt=os.urandom(SALT_BYTES),
            length=HASH_BYTES,
            iterations=cost.passes,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
        with self._at_work:
            return argon2.derive_phc_encoded(self._peppered(password))

    def verify(self, password_hash: str | None, password: Phi[str]) -> Verdict:
        """Whether the password matches. An unknown account, or a malformed hash, takes as much time."""
        cost = None if password_hash is None else _cost_of(password_hash)
        if password_hash is None or cost is None:
            self._matches(self._nobody, password)
            return Verdict(matches=False)
        matches = self._matches(password_hash, password)
        return Verdict(matches, needs_rehash=matches and cost != self._cost)

    def is_guessable(self, password: Phi[str]) -> bool:
        """See `Passwords`."""
        return is_guessable(password)

    def _matches(self, password_hash: str, password: Phi[str]) -> bool:
        with self._at_work:
            try:
                Argon2id.verify_phc_encoded(self._peppered(password), password_hash)
            except (InvalidKey, ValueError):
                return False
        return True

    def _peppered(self, password: Phi[str]) -> bytes:
        return digest(self._pepper, password_bytes(password))

    def __repr__(self) -> str:
        return f"Argon2Passwords({self._cost!r})"


def ring_pepper(ring: KeyRing) -> bytes:
    """The deployment's pepper, 32 bytes, derived from the account root of its key ring."""
    version = ring.active(DEPLOYMENT, Purpose.ACCOUNT)
    return ring.root(DEPLOYMENT, Purpose.ACCOUNT, version).derive(b"pepper/password")


def _cost_of(password_hash: str) -> Argon2Cost | None:
    found = _PHC.fullmatch(password_hash)
    if found is None:
        return None
    cost = Argon2Cost(*map(int, found.groups()))
    return cost if cost.memory_kib <= MEMORY_KIB_MAX and cost.passes <= PASSES_MAX else None


def _hash_of_nothing(cost: Argon2Cost) -> str:
    """A PHC string of today's cost that no password matches, except by guessing 256 random bits."""
    salt, digest = (
        b64encode(os.urandom(length)).rstrip(b"=").decode("ascii") for length in (SALT_BYTES, HASH_BYTES)
    )
    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${salt}${digest}"
