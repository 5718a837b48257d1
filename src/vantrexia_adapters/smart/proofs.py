"""What machine clients sign: one-time assertions (RFC 7523), JWTs in compact form and in one spelling.

What an assertion says is read strictly and believed only after its signature was checked; what is demanded of
audience and lifetime is the core's to judge.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import jwt

from vantrexia_adapters.http import split_url
from vantrexia_adapters.smart.fetching import FetchedKeySets, KeySetUnavailableError
from vantrexia_adapters.smart.keys import ALGORITHMS, KeySetError, PublicKey, key_set_text, read_key_set
from vantrexia_adapters.strict_json import StrictJsonError, read_json
from vantrexia_core.identity import AssertionClaims, ClientKeys, InvalidClientError, Unproved
from vantrexia_core.kernel import ClientId, InvalidValueError, Phi

ASSERTION_CHARACTERS_MAX: Final = 8_192

_DEPTH_MAX: Final = 8
_SPELLING: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_JTI: Final = re.compile(r"[!-~]{1,255}")
_NUMBERS: Final = ("exp", "iat", "nbf")
_ONLY_SIGNATURE: Final = {
    "verify_signature": True,
    "enforce_minimum_key_length": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
"""The claims were read before, and are judged by the core's clock and rules."""


class SmartClientProofs:
    """Implements the core's ``ClientProofs``. Threads may share it."""

    def __init__(self, key_sets: FetchedKeySets) -> None:
        self._key_sets: Final = key_sets

    def admitted_jwks(self, text: str) -> str:
        """See `ClientProofs`."""
        try:
            return key_set_text(read_key_set(text.encode("utf-8", "replace")))
        except KeySetError as unusable:
            raise InvalidValueError(str(unusable)) from None

    def admitted_url(self, text: str) -> str:
        """See `ClientProofs`."""
        url = text.strip()
        parts = split_url(url)
        if parts is None or parts.scheme != "https":
            message = "Keys are fetched by https alone: an absolute URL without user and fragment."
            raise InvalidValueError(message)
        return url

    def read(self, assertion: Phi[str]) -> AssertionClaims:
        """See `ClientProofs`."""
        text = assertion.reveal()
        _header(text)
        claims = _part(text, 1)
        issuer, subject, audience, jti = (claims.get(name) for name in ("iss", "sub", "aud", "jti"))
        if issuer is None or issuer != subject:
            raise _malformed("The assertion's iss and sub must both be the client_id.")
        if isinstance(audience, list) and len(audience) == 1:
            audience = audience[0]
        if not isinstance(audience, str):
            raise InvalidClientError(Unproved.AUDIENCE, "The assertion must have one aud, the token URL.")
        if not isinstance(jti, str) or _JTI.fullmatch(jti) is None:
            raise _malformed("The assertion needs a jti of 1 to 255 visible ASCII characters.")
        moments = {name: _moment(claims[name]) for name in _NUMBERS if name in claims}
        if "exp" not in moments:
            raise InvalidClientError(Unproved.LIFETIME, "The assertion needs an exp.")
        starts = [moments[name] for name in ("iat", "nbf") if name in moments]
        return AssertionClaims(_client_id(issuer), audience, jti, moments["exp"], max(starts, default=None))

    def found(self, keys: ClientKeys) -> Sequence[str]:
        """See `ClientProofs`."""
        try:
            return [f"{key.kid} ({key.algorithm})" for key in self._keys(keys)]
        except (KeySetUnavailableError, KeySetError) as unavailable:
            raise InvalidValueError(str(unavailable)) from None

    def check(self, assertion: Phi[str], keys: ClientKeys) -> None:
        """See `ClientProofs`."""
        text = assertion.reveal()
        header = _header(text)
        named = header.get("jku")
        if named is not None and named != keys.jwks_url:
            raise InvalidClientError(Unproved.SIGNATURE)
        try:
            known = self._keys(keys, header["kid"])
        except (KeySetUnavailableError, KeySetError) as unavailable:
            raise InvalidClientError(Unproved.KEYS_UNAVAILABLE) from unavailable
        found = [key for key in known if key.kid == header["kid"] and key.algorithm == header["alg"]]
        if not any(_has_signed(key, text) for key in found):
            raise InvalidClientError(Unproved.SIGNATURE)

    def _keys(self, keys: ClientKeys, kid: str = "") -> Sequence[PublicKey]:
        if keys.jwks_url is not None:
            return self._key_sets.keys(keys.jwks_url, kid)
        return read_key_set((keys.jwks or "").encode())


def _has_signed(key: PublicKey, text: str) -> bool:
    try:
        jwt.decode(text, key.key, algorithms=[key.algorithm], options=_ONLY_SIGNATURE)  # type: ignore[arg-type]
    except (jwt.PyJWTError, ValueError, TypeError):
        return False
    return True


def _header(text: str) -> Mapping[str, Any]:
    """The header, with a ``kid`` and one of our algorithms."""
    # PyJWT takes a "=" after a part; two spellings of one assertion would be two assertions.
    if len(text) > ASSERTION_CHARACTERS_MAX or _SPELLING.fullmatch(text) is None:
        raise _malformed("The assertion is not a JWT in compact form.")
    header = _part(text, 0)
    if header.get("alg") not in ALGORITHMS:
        message = f"The assertion must be signed with one of: {', '.join(ALGORITHMS)}."
        raise InvalidClientError(Unproved.ALGORITHM, message)
    if not isinstance(header.get("kid"), str) or header.get("typ", "JWT") != "JWT" or "crit" in header:
        raise _malformed("The assertion's header needs a kid, the typ JWT, and no crit.")
    return header


def _part(text: str, place: int) -> Mapping[str, Any]:
    encoded = text.split(".")[place]
    content: object = None
    if len(encoded) % 4 != 1:
        try:
            content = read_json(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)), depth_max=_DEPTH_MAX)
        except StrictJsonError:
            content = None
    if not isinstance(content, dict):
        raise _malformed("The assertion is not a JWT in compact form.")
    return content


def _client_id(issuer: object) -> ClientId:
    try:
        client_id = UUID(issuer) if isinstance(issuer, str) else None
    except ValueError:
        client_id = None
    if client_id is None or str(client_id) != issuer:
        # As for an id that nobody has.
        raise InvalidClientError(Unproved.UNKNOWN)
    return ClientId(client_id)


def _moment(value: object) -> datetime:
    if not isinstance(value, bool) and isinstance(value, int | float):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            pass
    raise InvalidClientError(Unproved.LIFETIME, "The assertion's exp, iat and nbf are seconds since 1970.")


def _malformed(detail: str) -> InvalidClientError:
    return InvalidClientError(Unproved.MALFORMED, detail)
