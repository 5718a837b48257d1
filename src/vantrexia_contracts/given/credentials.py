"""Passwords and tokens that keep the promises of `vantrexia_core.identity` at the price of a digest.

Argon2id takes tens of milliseconds by design; a law that signs in a hundred times does not want to wait. What
the core is promised is all here: salted hashes, an equal cost for unknown accounts, parameters in the hash,
tokens that expire, are of one kind, and cannot be made up.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID, uuid5

from vantrexia_core.identity import (
    ClientClaims,
    MachineClient,
    Scopes,
    Session,
    TokenClaims,
    TokenNotValidError,
    TokenPair,
    User,
    Verdict,
    password_bytes,
)
from vantrexia_core.kernel import ClientId, Phi, SessionId, TokenId, UserId

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
        is_hash = password_hash is not None and password_hash.startswith("$quick$")
        stored = password_hash if is_hash else self._hashed(Phi(""), "nobody", self._rounds)
        _, _, rounds, salt, _ = str(stored).split("$")
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
    """Signed by a digest: ``kind/user/session/token/number/expiry.signature``."""

    def __init__(self, key: bytes = b"a key of the tests alone") -> None:
        self._key = key
        self._numbers = count(1)

    @property
    def session_life(self) -> timedelta:
        """A day."""
        return REFRESH_LIFE

    def issue(self, user: User, session: Session, *, at: datetime) -> TokenPair:
        """A fresh pair; never twice the same."""
        access_id = TokenId(uuid5(session.id, str(next(self._numbers))))
        return TokenPair(
            Phi(self._token("access", user, session, access_id, at + ACCESS_LIFE)),
            Phi(self._token("refresh", user, session, session.refresh_id, session.expires_at)),
        )

    def read_access(self, token: Phi[str], *, at: datetime) -> TokenClaims:
        """What it says, if it is an access token of ours that has not expired."""
        return self._read("access", token, at)

    def read_refresh(self, token: Phi[str], *, at: datetime) -> TokenClaims:
        """What it says, if it is a refresh token of ours that has not expired."""
        return self._read("refresh", token, at)

    def issue_to_client(
        self, client: MachineClient, scopes: Scopes, *, at: datetime, expires_at: datetime
    ) -> Phi[str]:
        """A fresh token; never twice the same."""
        token_id = uuid5(client.id, f"{next(self._numbers)} {at}")
        said = scopes.text.replace("/", ":")
        claims = (
            f"client/{client.number}/{client.id}/{client.version}/{token_id}/{said}/{expires_at.isoformat()}"
        )
        return Phi(f"{claims}.{self._signature(claims)}")

    def read_client(self, token: Phi[str], *, at: datetime) -> ClientClaims:
        """What it says, if it is a machine client's of ours that has not expired."""
        number, client_id, version, token_id, said = self._parts("client", token, at)
        scopes = Scopes.trusted(said.replace(":", "/"))
        return ClientClaims(
            UserId(int(number)), ClientId(UUID(client_id)), int(version), scopes, TokenId(UUID(token_id))
        )

    def _parts(self, wanted: str, token: Phi[str], at: datetime) -> list[str]:
        claims, _, signature = token.reveal().rpartition(".")
        if not hmac.compare_digest(signature.encode("utf-8", "replace"), self._signature(claims).encode()):
            raise TokenNotValidError
        kind, *parts, expires = claims.split("/")
        if kind != wanted or at >= datetime.fromisoformat(expires):
            raise TokenNotValidError
        return parts

    def _read(self, wanted: str, token: Phi[str], at: datetime) -> TokenClaims:
        user_id, session_id, token_id, _ = self._parts(wanted, token, at)
        return TokenClaims(UserId(int(user_id)), SessionId(UUID(session_id)), TokenId(UUID(token_id)))

    def _token(self, kind: str, user: User, session: Session, id_: TokenId, expires: datetime) -> str:
        expires = min(expires, session.expires_at)
        claims = f"{kind}/{user.id}/{session.id}/{id_}/{next(self._numbers)}/{expires.isoformat()}"
        return f"{claims}.{self._signature(claims)}"

    def _signature(self, claims: str) -> str:
        return hmac.new(self._key, claims.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
