"""Public keys of machine clients: JSON Web Key Sets (RFC 7517) of which we take two kinds of key.

RSA for RS384 and P-384 for ES384 (SMART App Launch 2.2, "Asymmetric Client Authentication"), and nothing
else. The algorithm is a property of the key here: an assertion's header can only name it, never choose.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP384R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from vantrexia_adapters.strict_json import StrictJsonError, read_json

ALGORITHMS: Final = ("RS384", "ES384")
RSA_BITS_MIN: Final = 2048
"""RFC 7518, section 3.3."""
RSA_BITS_MAX: Final = 8192
"""Checking a signature takes longer with every bit."""
KEY_SET_BYTES_MAX: Final = 64 * 1024
KEYS_MAX: Final = 32

_DEPTH_MAX: Final = 4
_COORDINATE_BYTES: Final = 48
_BASE64: Final = re.compile(r"[A-Za-z0-9_-]{1,2048}")
_KEY_ID: Final = re.compile(r"[!-~]{1,256}")
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

Key: TypeAlias = RSAPublicKey | EllipticCurvePublicKey


class KeySetError(ValueError):
    """No set of keys as we take them. The text says why and quotes nothing but names of keys."""


@attrs.frozen
class PublicKey:
    """One key that we take: its name, the one algorithm that it verifies, and its members as text."""

    kid: str
    algorithm: str
    key: Key = attrs.field(repr=False)
    members: Mapping[str, str] = attrs.field(repr=False)


def read_key_set(raw: bytes) -> Sequence[PublicKey]:
    """The keys of a set that we take, at least one. Others may stand beside them, for other uses.

    Raises:
        KeySetError: it is no JWK Set, holds no such key, names two alike, or holds a private key.
    """
    if len(raw) > KEY_SET_BYTES_MAX:
        message = f"The key set is larger than {KEY_SET_BYTES_MAX} bytes."
        raise KeySetError(message)
    try:
        content = read_json(raw, depth_max=_DEPTH_MAX)
    except StrictJsonError:
        message = "The key set is not valid JSON."
        raise KeySetError(message) from None
    members = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        message = 'A key set is an object with a member "keys", which is a list of keys (RFC 7517).'
        raise KeySetError(message)
    if len(members) > KEYS_MAX:
        message = f"The key set holds more than {KEYS_MAX} keys."
        raise KeySetError(message)
    if any(_PRIVATE & set(member) for member in members):
        message = "The key set holds a private key. Publish the public halves alone, and replace that key."
        raise KeySetError(message)
    return _usable(members)


def key_set_text(keys: Sequence[PublicKey]) -> str:
    """A set as it is kept: what we take of it, in one spelling."""
    return json.dumps({"keys": [dict(key.members) for key in keys]}, separators=(",", ":"), sort_keys=True)


def _usable(members: Sequence[Mapping[str, Any]]) -> Sequence[PublicKey]:
    keys: list[PublicKey] = []
    complaints: list[str] = []
    for place, member in enumerate(members, start=1):
        try:
            keys.append(_key(member))
        except KeySetError as unusable:
            complaints.append(f"Key {place}: {unusable}")
    if not keys:
        message = " ".join(["No key of the set can be used.", *complaints])
        raise KeySetError(message)
    if len({key.kid for key in keys}) < len(keys):
        message = "Two keys of the set have the same kid."
        raise KeySetError(message)
    return keys


def _key(member: Mapping[str, Any]) -> PublicKey:
    kid, use, operations = member.get("kid"), member.get("use", "sig"), member.get("key_ops", ["verify"])
    if not isinstance(kid, str) or _KEY_ID.fullmatch(kid) is None:
        message = "it needs a kid, of visible ASCII without blanks."
        raise KeySetError(message)
    if use != "sig" or not isinstance(operations, list) or "verify" not in operations:
        message = "it is not for signatures."
        raise KeySetError(message)
    key: Key
    named: tuple[str, ...]
    match member.get("kty"):
        case "RSA":
            algorithm, key, named = "RS384", _rsa(member), ("n", "e")
        case "EC":
            algorithm, key, named = "ES384", _p384(member), ("crv", "x", "y")
        case _:
            message = "it is neither RSA nor EC."
            raise KeySetError(message)
    if member.get("alg", algorithm) != algorithm:
        message = f"its alg is not {algorithm}."
        raise KeySetError(message)
    kept = {"kty": member["kty"], "kid": kid, "use": "sig", "alg": algorithm}
    return PublicKey(kid, algorithm, key, kept | {name: member[name] for name in named})


def _rsa(member: Mapping[str, Any]) -> RSAPublicKey:
    modulus, exponent = (int.from_bytes(_decoded(member.get(name)), "big") for name in ("n", "e"))
    if not RSA_BITS_MIN <= modulus.bit_length() <= RSA_BITS_MAX:
        message = f"an RSA key has {RSA_BITS_MIN} to {RSA_BITS_MAX} bits."
        raise KeySetError(message)
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        message = "it is not an RSA key."
    raise KeySetError(message)


def _p384(member: Mapping[str, Any]) -> EllipticCurvePublicKey:
    if member.get("crv") != "P-384":
        message = "an EC key is on the curve P-384."
        raise KeySetError(message)
    x, y = (_decoded(member.get(name)) for name in ("x", "y"))
    if len(x) == len(y) == _COORDINATE_BYTES:
        try:
            numbers = EllipticCurvePublicNumbers(
                int.from_bytes(x, "big"), int.from_bytes(y, "big"), SECP384R1()
            )
            return numbers.public_key()
        except ValueError:
            pass
    message = "it is not a point on its curve."
    raise KeySetError(message)


def _decoded(value: object) -> bytes:
    if isinstance(value, str) and _BASE64.fullmatch(value) is not None and len(value) % 4 != 1:
        return urlsafe_b64decode(value + "=" * (-len(value) % 4))
    message = "one of its numbers is not in base64url."
    raise KeySetError(message)
