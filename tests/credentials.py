"""Passwords and tokens that keep the promises of `vantrexia_core.identity` at the price of a digest.

Argon2id takes tens of milliseconds by design; a law that signs in a hundred times does not want to wait. What
the core is promised is all here: salted hashes, an equal cost for unknown accounts, parameters in the hash,
tokens that expire, are of one kind, and cannot be made up.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import count

from vantrexia_core.identity import TokenNotValidError, TokenPair, User, Verdict, password_bytes
from vantrexia_core.kernel import Phi, UserId

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=1)
GUESSED_FIRST = frozenset({"password", "welcome", "iloveyou", "qwertyuiop[]"})


class QuickPasswords:
    """One round of a keyed digest. ``verified`` counts the comparisons, those for nobody included."""

    def __init__(self, rounds: int = 1) -> None:
        self._rounds = rounds
        self._salts = count(1)
        self.verified = 0

    def hash(self, password: Phi[str]) -> str:
        """A PHC-like string; never twice the same."""
        return self._hashed(password, f"salt{next(self._salts)}", self._rounds)

    def verify(self, password_hash: str | None, password: Phi[str]) -> Verdict:
        """Compare in constant time, and do the same work when there is nothing to compare with."""
        self.verified += 1
        _, _, rounds, salt, _ = (password_hash or self._hashed(Phi(""), "nobody", self._rounds)).split("$")
        matches = hmac.compare_digest(self._hashed(password, salt, int(rounds)), password_hash or "")
        return Verdict(matches=matches, needs_rehash=matches and int(rounds) < self._rounds)

    def is_guessable(self, password: Phi[str]) -> bool:
        """Whether it is what everybody tries, give or take a year and an exclamation mark."""
        return password.reveal().casefold().rstrip("0123456789!") in GUESSED_FIRST

    @staticmethod
    def _hashed(password: Phi[str], salt: str, rounds: int) -> str:
        digest = password_bytes(password)
        for _ in range(rounds):
            digest = hmac.digest(salt.encode(), digest, hashlib.sha256)
        return f"$quick${rounds}${salt}${digest.hex()}"


class QuickTokens:
    """Signed by a digest: ``kind/user/number/expiry.signature``."""

    def __init__(self, key: bytes = b"a key of the tests alone") -> None:
        self._key = key
        self._numbers = count(1)

    def issue(self, user: User, *, at: datetime) -> TokenPair:
        """A fresh pair; never twice the same."""
        return TokenPair(
            Phi(self._token("access", user.id, at + ACCESS_LIFE)),
            Phi(self._token("refresh", user.id, at + REFRESH_LIFE)),
        )

    def read_access(self, token: Phi[str], *, at: datetime) -> UserId:
        """Whose it is, if it is an access token of ours that has not expired."""
        claims, _, signature = token.reveal().rpartition(".")
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(claims).encode()):
            raise TokenNotValidError
        kind, user_id, _, expires = claims.split("/")
        if kind != "access" or at >= datetime.fromisoformat(expires):
            raise TokenNotValidError
        return UserId(int(user_id))

    def _token(self, kind: str, user_id: UserId, expires: datetime) -> str:
        claims = f"{kind}/{user_id}/{next(self._numbers)}/{expires.isoformat()}"
        return f"{claims}.{self._signature(claims)}"

    def _signature(self, claims: str) -> str:
        return hmac.new(self._key, claims.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
