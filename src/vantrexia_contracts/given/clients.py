"""Machine clients for tests: real keys, real signatures, and assertions that can be wrong in one thing."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa

from vantrexia_core.identity import (
    ClientDesk,
    ClientKeys,
    ClientName,
    MachineClient,
    NewClient,
    Scopes,
    operator,
    register_client,
)
from vantrexia_core.kernel import Origin, Phi, PracticeId

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_URL: Final = "https://app.vantrexia.com/api/v1/auth/token/"
ALL: Final = "system/*.cruds"
_JTIS: Final = count(1)


class ClientKey:
    """A private key of a client and its public half, as a JWK. ``kind`` is p384, p256, rsa or the bits."""

    def __init__(self, kind: str = "p384", kid: str = "one") -> None:
        self.kid = kid
        self.algorithm = "ES384" if kind.startswith("p") else "RS384"
        self.private: Any
        if kind == "p384":
            self.private = generate_private_key(SECP384R1())
        elif kind == "p256":
            self.private = generate_private_key(SECP256R1())
        else:
            self.private = generate_rsa(65537, 2048 if kind == "rsa" else int(kind))
        self.jwk = _jwk(self.private.public_key(), kid)

    def assertion(
        self,
        client_id: object,
        at: datetime,
        *,
        header: Mapping[str, object] | None = None,
        key: object = None,
        algorithm: str | None = None,
        without: tuple[str, ...] = (),
        **claims: object,
    ) -> str:
        """An assertion as it should be, but for what is said otherwise."""
        now = int(at.timestamp())
        said: dict[str, object] = {
            "iss": str(client_id),
            "sub": str(client_id),
            "aud": TOKEN_URL,
            "jti": f"jti-{next(_JTIS)}",
            "iat": now,
            "exp": now + 240,
        }
        said = {name: value for name, value in (said | claims).items() if name not in without}
        headers = {"kid": self.kid, "typ": "JWT", **(header or {})}
        return jwt.encode(
            said,
            self.private if key is None else key,  # type: ignore[arg-type]
            algorithm or self.algorithm,
            headers={name: value for name, value in headers.items() if value is not None},
        )


@cache
def a_key(kind: str = "p384", kid: str = "one") -> ClientKey:
    """The same key each time: making one takes long."""
    return ClientKey(kind, kid)


def a_jwks(*keys: ClientKey | Mapping[str, object]) -> str:
    """A JWK Set."""
    return json.dumps({"keys": [key.jwk if isinstance(key, ClientKey) else dict(key) for key in keys]})


def a_new_client(
    name: str = "Billing warehouse",
    *,
    scopes: str = ALL,
    jwks: str | None = None,
    jwks_url: str | None = None,
) -> NewClient:
    """A client to be registered."""
    if jwks is None and jwks_url is None:
        jwks = a_jwks(a_key())
    return NewClient(ClientName(name), Scopes.known(scopes), ClientKeys(jwks, jwks_url))


def a_client(desk: ClientDesk, practice_id: PracticeId, **new: Any) -> MachineClient:
    """A registered client."""
    return register_client(desk, operator(practice_id, Origin()), a_new_client(**new))


def form(assertion: str | Phi[str], scope: str = ALL, **others: str) -> dict[str, str]:
    """A request for a token."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion if isinstance(assertion, str) else assertion.reveal(),
        "scope": scope,
    } | others


def minutes(number: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)


def _jwk(public: Any, kid: str) -> dict[str, str]:
    numbers = public.public_numbers()
    if hasattr(numbers, "n"):
        return {"kty": "RSA", "kid": kid, "n": _number(numbers.n), "e": _number(numbers.e)}
    size = (public.key_size + 7) // 8
    curve = {48: "P-384", 32: "P-256"}[size]
    return {
        "kty": "EC",
        "kid": kid,
        "crv": curve,
        "x": _number(numbers.x, size),
        "y": _number(numbers.y, size),
    }


def _number(value: int, size: int | None = None) -> str:
    raw = value.to_bytes(size or (value.bit_length() + 7) // 8, "big")
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
