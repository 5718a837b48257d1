"""Access and refresh tokens: JSON Web Tokens (RFC 7519) signed with HS256, held to RFC 8725.

A token in any other spelling than `JwtTokens.issue` writes is refused. Its header is not parsed at all: there
are only as many valid headers as there are keys, each one known text, so ``alg``, ``crit``, ``jwk`` and
``kid`` give an attacker nothing to choose (RFC 8725, sections 3.1 and 3.10). Access and refresh tokens have
an audience and a type each, and so have machine clients' tokens: none is ever taken for another (section
3.12).
"""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from threading import Lock
from typing import Any, Final, Protocol
from uuid import UUID

import attrs
import jwt

from vantrexia_core.identity import (
    ClientClaims,
    MachineClient,
    Scopes,
    Session,
    TokenClaims,
    TokenNotValidError,
    TokenPair,
    User,
)
from vantrexia_core.kernel import BrokenPromiseError, ClientId, IdSource, Phi, SessionId, TokenId, UserId

ALGORITHM: Final = "HS256"
KEY_BYTES_MIN: Final = 32
"""RFC 7518, section 3.2: a key as long as the digest."""
TOKEN_BYTES_MAX: Final = 4096
ACCESS_TTL_SECONDS: Final = 900
REFRESH_TTL_SECONDS: Final = 86_400
LEEWAY_SECONDS: Final = 0
"""Tokens are issued and judged by one deployment's clocks."""
VERIFIED_TOKENS_MAX: Final = 10_000
"""How many verified tokens are remembered, some 300 bytes each."""

_SPELLING: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}", re.ASCII)


class TokenKeyTooShortError(BrokenPromiseError):
    """A signing key has fewer than 32 bytes; it could be found by trying."""

    sentence = f"A token signing key must have at least {KEY_BYTES_MIN} bytes."


class SigningKeys(Protocol):
    """The keys that sign tokens, by version."""

    @property
    def generation(self) -> int:
        """Grows whenever the keys may have changed."""
        ...

    def active(self) -> int:
        """The version that signs now."""
        ...

    def all(self) -> Mapping[int, bytes]:
        """Every version that verifies, and its key."""
        ...

    def superseded(self) -> Mapping[int, datetime]:
        """Since when each version but the active one signs no more."""
        ...

    def refresh(self) -> None:
        """Notice keys that another process added."""
        ...


class _Kind(Enum):
    ACCESS = "access"
    REFRESH = "refresh"
    CLIENT = "client"


_ALWAYS: Final = ("user_id", "sub", "token_type", "jti", "iat", "exp", "iss", "aud", "practice_id")
_OF_ACCOUNT: Final = (*_ALWAYS, "sid", "role", "auth_time")
_CLAIMS: Final[Mapping[_Kind, tuple[str, ...]]] = {
    _Kind.ACCESS: _OF_ACCOUNT,
    _Kind.REFRESH: _OF_ACCOUNT,
    _Kind.CLIENT: (*_ALWAYS, "client_id", "client_version", "scope"),
}


@attrs.frozen
class _Keys:
    """The keys of one generation, the active one's version, and each valid header's version."""

    generation: int
    active: int
    by_version: Mapping[int, bytes] = attrs.field(repr=False)
    by_header: Mapping[str, int]
    superseded: Mapping[int, datetime]


@attrs.frozen
class _Verified:
    """What is remembered of a token whose signature and claims were found right."""

    kind: _Kind
    claims: TokenClaims | ClientClaims
    iat: int
    exp: int
    generation: int
    until: float
    """When the key that signed it is no longer believed."""


class JwtTokens:
    """Implements the core's ``Tokens``. Threads may share it; verification cannot be switched off."""

    __slots__ = ("_ids", "_issuer", "_keys", "_lock", "_source", "_ttl_seconds", "_verified", "_verified_max")

    def __init__(
        self,
        keys: SigningKeys,
        *,
        ids: IdSource,
        issuer: str = "vantrexia",
        access_ttl_seconds: int = ACCESS_TTL_SECONDS,
        refresh_ttl_seconds: int = REFRESH_TTL_SECONDS,
        verified_max: int = VERIFIED_TOKENS_MAX,
    ) -> None:
        """Make and read tokens of ``issuer``, signed under ``keys``.

        Raises:
            TokenKeyTooShortError: one of the keys has fewer than 32 bytes.
        """
        self._source = keys
        self._ids = ids
        self._issuer = issuer
        self._ttl_seconds = {_Kind.ACCESS: access_ttl_seconds, _Kind.REFRESH: refresh_ttl_seconds}
        self._keys = _keys_of(keys)
        self._lock = Lock()
        self._verified: dict[bytes, _Verified] = {}
        self._verified_max = verified_max

    @property
    def session_life(self) -> timedelta:
        """How long a session lasts from its sign-in: as long as its first refresh token."""
        return timedelta(seconds=self._ttl_seconds[_Kind.REFRESH])

    def issue(self, user: User, session: Session, *, at: datetime) -> TokenPair:
        """A pair for a session at ``at``; neither token outlives the session.

        Raises:
            KeyRingError: the keys' file is gone or damaged.
        """
        # Perhaps another process has begun a newer key; signing is rare enough to look each time.
        self._source.refresh()
        access_id = TokenId(self._ids.new_id())
        return TokenPair(
            access=self._sign(user, session, _Kind.ACCESS, access_id, int(at.timestamp())),
            refresh=self._sign(user, session, _Kind.REFRESH, session.refresh_id, int(at.timestamp())),
        )

    def read_access(self, token: Phi[str], *, at: datetime) -> TokenClaims:
        """What an access token says.

        Raises:
            TokenNotValidError: it is not a valid access token at ``at``.
        """
        return _of_account(self._recalled(_ascii(token), _Kind.ACCESS), at)

    def read_refresh(self, token: Phi[str], *, at: datetime) -> TokenClaims:
        """What a refresh token says.

        Raises:
            TokenNotValidError: it is not a valid refresh token at ``at``.
        """
        return _of_account(self._verify(_ascii(token), _Kind.REFRESH), at)

    def issue_to_client(
        self, client: MachineClient, scopes: Scopes, *, at: datetime, expires_at: datetime
    ) -> Phi[str]:
        """An access token for a machine client.

        Raises:
            KeyRingError: the keys' file is gone or damaged.
        """
        self._source.refresh()
        claims: dict[str, str | int] = {
            "user_id": client.number,
            "sub": str(client.id),
            "client_id": str(client.id),
            "client_version": client.version,
            "scope": scopes.text,
            "token_type": _Kind.CLIENT.value,
            "jti": str(self._ids.new_id()),
            "iat": int(at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "iss": self._issuer,
            "aud": self._audience(_Kind.CLIENT),
            "practice_id": str(client.practice_id),
        }
        return self._signed(claims)

    def read_client(self, token: Phi[str], *, at: datetime) -> ClientClaims:
        """What a machine client's access token says.

        Raises:
            TokenNotValidError: it is not a valid one at ``at``.
        """
        claims = _claims_at(self._recalled(_ascii(token), _Kind.CLIENT), at)
        if not isinstance(claims, ClientClaims):
            raise TokenNotValidError
        return claims

    def _recalled(self, text: str, kind: _Kind) -> _Verified:
        """What is known of a token that was verified before, or what verifying it gives."""
        # Remembered by digest: comparing the texts themselves would tell by time how much of one is right.
        fingerprint = sha256(text.encode("ascii")).digest()
        known = self._verified.get(fingerprint)
        if known is None or known.generation != self._source.generation:
            known = self._verify(text, kind)
            self._remember(fingerprint, known)
        if known.kind is not kind:
            raise TokenNotValidError
        return known

    def _sign(self, user: User, session: Session, kind: _Kind, token_id: TokenId, now: int) -> Phi[str]:
        claims: dict[str, str | int] = {
            "user_id": user.id,
            "sub": str(user.id),
            "sid": str(session.id),
            "token_type": kind.value,
            "jti": str(token_id),
            "iat": now,
            "exp": min(now + self._ttl_seconds[kind], int(session.expires_at.timestamp())),
            "iss": self._issuer,
            "aud": self._audience(kind),
            "role": user.role.value,
            "practice_id": str(user.practice_id),
            "auth_time": int(session.auth_at.timestamp()),
        }
        return self._signed(claims)

    def _signed(self, claims: dict[str, str | int]) -> Phi[str]:
        keys = self._current_keys()
        key = keys.by_version[keys.active]
        return Phi(jwt.encode(claims, key, ALGORITHM, headers={"kid": str(keys.active)}))

    def _audience(self, kind: _Kind) -> str:
        return f"{self._issuer}/{kind.value}"

    def _verify(self, text: str, kind: _Kind) -> _Verified:
        """Check everything about a token of this kind except the time."""
        # PyJWT takes a "=" after a part; two spellings of one token would be two tokens to a block list.
        if _SPELLING.fullmatch(text) is None:
            raise TokenNotValidError
        generation = self._source.generation
        key, until = self._key_for(text.partition(".")[0])
        try:
            claims = jwt.decode(
                text,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience(kind),
                issuer=self._issuer,
                options={
                    "require": list(_CLAIMS[kind]),
                    "strict_aud": True,
                    "enforce_minimum_key_length": True,
                    # PyJWT judges these by the machine's clock; we judge them by the caller's.
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            # Their messages may repeat the token.
            raise TokenNotValidError from None
        is_ours = (
            all(type(claims[claim]) is int for claim in ("user_id", "iat", "exp"))
            and claims["token_type"] == kind.value
            and "nbf" not in claims
            and _is_uuid(claims["jti"])
        )
        if not is_ours:
            raise TokenNotValidError
        said = _said_by_client(claims) if kind is _Kind.CLIENT else _said_by_account(claims)
        return _Verified(kind, said, claims["iat"], claims["exp"], generation, until)

    def _key_for(self, header: str) -> tuple[bytes, float]:
        """The key behind a header, and until when it is believed.

        A key that signs no more is believed as long as its last token can live. What it has signed after
        that was signed by somebody who stole it.
        """
        keys = self._current_keys()
        if header not in keys.by_header:
            # Perhaps another process has begun to sign with a newer key.
            self._source.refresh()
            keys = self._current_keys()
        version = keys.by_header.get(header)
        if version is None:
            raise TokenNotValidError
        since = keys.superseded.get(version)
        until = float("inf") if since is None else (since + self.session_life).timestamp()
        return keys.by_version[version], until

    def _current_keys(self) -> _Keys:
        keys = self._keys
        if keys.generation != self._source.generation:
            self._keys = keys = _keys_of(self._source)
        return keys

    def _remember(self, fingerprint: bytes, verified: _Verified) -> None:
        with self._lock:
            while len(self._verified) >= self._verified_max:
                del self._verified[next(iter(self._verified))]
            self._verified[fingerprint] = verified

    def __repr__(self) -> str:
        return f"JwtTokens(issuer={self._issuer!r})"


def _ascii(token: Phi[str]) -> str:
    text = token.reveal()
    if len(text) > TOKEN_BYTES_MAX or not text.isascii():
        raise TokenNotValidError
    return text


def _said_by_account(claims: Mapping[str, Any]) -> TokenClaims:
    user_id = claims["user_id"]
    is_ours = (
        type(claims["auth_time"]) is int
        and claims["sub"] == str(user_id)
        and claims["auth_time"] <= claims["iat"]
        and _is_uuid(claims["sid"])
    )
    if not is_ours:
        raise TokenNotValidError
    return TokenClaims(UserId(user_id), SessionId(UUID(claims["sid"])), TokenId(UUID(claims["jti"])))


def _said_by_client(claims: Mapping[str, Any]) -> ClientClaims:
    version, scope = claims["client_version"], claims["scope"]
    is_ours = (
        type(version) is int
        and isinstance(scope, str)
        and claims["sub"] == claims["client_id"]
        and _is_uuid(claims["client_id"])
    )
    if not is_ours:
        raise TokenNotValidError
    return ClientClaims(
        UserId(claims["user_id"]),
        ClientId(UUID(claims["client_id"])),
        version,
        Scopes.trusted(scope),
        TokenId(UUID(claims["jti"])),
    )


def _of_account(verified: _Verified, at: datetime) -> TokenClaims:
    claims = _claims_at(verified, at)
    if not isinstance(claims, TokenClaims):
        raise TokenNotValidError
    return claims


def _claims_at(verified: _Verified, at: datetime) -> TokenClaims | ClientClaims:
    now = at.timestamp()
    is_in_time = verified.iat - LEEWAY_SECONDS <= now < verified.exp + LEEWAY_SECONDS
    if not is_in_time or now >= verified.until:
        raise TokenNotValidError
    return verified.claims


def _keys_of(source: SigningKeys) -> _Keys:
    generation, by_version = source.generation, source.all()
    if any(len(key) < KEY_BYTES_MIN for key in by_version.values()):
        raise TokenKeyTooShortError
    by_header = {_header(version): version for version in by_version}
    return _Keys(generation, source.active(), by_version, by_header, source.superseded())


def _header(version: int) -> str:
    """The one spelling of the header of tokens signed with a key: as PyJWT writes it, members sorted."""
    members = {"alg": ALGORITHM, "kid": str(version), "typ": "JWT"}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return urlsafe_b64encode(text.encode("ascii")).rstrip(b"=").decode("ascii")


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False
