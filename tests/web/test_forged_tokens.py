"""Forged tokens over HTTP: a table of everything that has gone wrong with JSON Web Tokens elsewhere.

RFC 8725 and the advisories of the libraries are where the rows come from. Each is sent where an access token
is expected, where a refresh token is, and where it is asked whether it is good: 401, always the same one.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.web.refusals import assert_problem
from tests.web.service import PATIENTS, Service
from vantrexia_core.kernel import Role

KEY, STRANGER = bytes(range(32)), bytes(range(1, 33))
HEADER = {"alg": "HS256", "kid": "1", "typ": "JWT"}
GONE = object()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
JWK = {"kty": "oct", "k": base64.urlsafe_b64encode(STRANGER).rstrip(b"=").decode(), "alg": "HS256"}


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One service: nothing here changes it."""
    with Service() as service:
        yield service


@pytest.fixture(scope="module")
def genuine(service: Service) -> dict[str, str]:
    """The tokens of one sign-in, from which all others are made."""
    pair = service.tokens(Role.ADMIN)
    return {"access": pair.access.reveal(), "refresh": pair.refresh.reveal()}


def _part(value: object) -> str:
    raw = (
        value
        if isinstance(value, bytes)
        else json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    )
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _signed(header: object, payload: object, key: bytes = KEY, algorithm: str = "sha256") -> str:
    text = f"{_part(header)}.{_part(payload)}"
    return f"{text}.{_part(hmac.digest(key, text.encode(), algorithm))}"


def _with_header(token: str, key: bytes = KEY, **changes: object) -> str:
    header = {name: value for name, value in (HEADER | changes).items() if value is not GONE}
    return _signed(header, _claims(token), key)


def _with_claims(token: str, **changes: object) -> str:
    claims = {name: value for name, value in (_claims(token) | changes).items() if value is not GONE}
    return _signed(HEADER, claims)


def _unsigned(token: str, algorithm: object = "none", signature: str = "") -> str:
    return f"{_part(HEADER | {'alg': algorithm})}.{token.split('.')[1]}.{signature}"


def _resigned_rs256(token: str) -> str:
    return jwt.encode(_claims(token), RSA, "RS256", headers={"kid": "1"})


def _exchanged(token: str, signed: str) -> str:
    """The one's claims with the other's signature."""
    return f"{token.rpartition('.')[0]}.{signed.rpartition('.')[2]}"


def _beheaded(token: str, header: bytes) -> str:
    """Another header, the old signature."""
    return ".".join([_part(header), *token.split(".")[1:]])


KIDS = ("2", "0", "-1", "", 1, None, ["1"], "1 ", "01", "../../../../dev/null", "1' OR '1'='1", "1\x00")
CLAIMS = (
    "user_id", "sub", "sid", "token_type", "jti", "iat", "exp", "iss", "aud", "role", "practice_id",
    "auth_time",
)  # fmt: skip
FORGERIES = {
    # No signature, or one of another kind (RFC 8725, 3.1)
    **{
        f"alg {name}": (lambda t, name=name: _unsigned(t, name))
        for name in ("none", "None", "NONE", "nOnE", "", None)
    },
    "alg none with the old signature": lambda t: _unsigned(t, "none", t.split(".")[2]),
    "signature cut off": lambda t: t.rpartition(".")[0] + ".",
    "no third part": lambda t: t.rpartition(".")[0],
    "signature of zeros": lambda t: f"{t.rpartition('.')[0]}.{_part(bytes(32))}",
    "signature of another token's": lambda t: _exchanged(_with_claims(t, user_id=99), t),
    "re-signed by a stranger": lambda t: _signed(HEADER, _claims(t), STRANGER),
    "signed with an empty key": lambda t: _signed(HEADER, _claims(t), b""),
    "HS384": lambda t: _signed(HEADER | {"alg": "HS384"}, _claims(t), KEY, "sha384"),
    "HS512": lambda t: _signed(HEADER | {"alg": "HS512"}, _claims(t), KEY, "sha512"),
    "HS512 under HS256's name": lambda t: _signed(HEADER, _claims(t), KEY, "sha512"),
    "RS256": _resigned_rs256,
    "RS256 confused with HS256": lambda t: _signed(HEADER | {"alg": "RS256"}, _claims(t), PUBLIC_PEM),
    "HS256 under a public key": lambda t: _signed(HEADER, _claims(t), PUBLIC_PEM),
    # A header that asks for another key, or for something nobody understands (3.5, 3.10)
    "jwk in the header": lambda t: _with_header(t, STRANGER, jwk=JWK),
    "jku": lambda t: _with_header(t, STRANGER, jku="http://127.0.0.1:9/keys"),
    "x5u": lambda t: _with_header(t, STRANGER, x5u="http://127.0.0.1:9/certificate"),
    "x5c": lambda t: _with_header(t, STRANGER, x5c=["MIIB"]),
    "crit, rightly signed": lambda t: _with_header(t, crit=["exp"]),
    "b64 false, rightly signed": lambda t: _with_header(t, b64=False, crit=["b64"]),
    "zip, rightly signed": lambda t: _with_header(t, zip="DEF"),
    "another typ": lambda t: _with_header(t, typ="at+jwt"),
    "no typ": lambda t: _with_header(t, typ=GONE),
    "no kid": lambda t: _with_header(t, kid=GONE),
    **{
        f"kid {kid!r}": (lambda t, kid=kid: _with_header(t, kid=kid))
        for kid in KIDS
    },
    "kid of a file of zeros": lambda t: _with_header(t, bytes(32), kid="/dev/zero"),
    # Other times (4.1 of RFC 7519)
    "expired": lambda t: _with_claims(t, exp=_claims(t)["iat"] - 1),
    "expires as it is issued": lambda t: _with_claims(t, exp=_claims(t)["iat"]),
    "issued in the future": lambda t: _with_claims(t, iat=_claims(t)["iat"] + 60),
    "not before the future": lambda t: _with_claims(t, nbf=_claims(t)["iat"] + 60),
    "not before the past": lambda t: _with_claims(t, nbf=0),
    "signed in after its issue": lambda t: _with_claims(t, auth_time=_claims(t)["iat"] + 1),
    **{
        f"exp {value!r}": (lambda t, value=value: _with_claims(t, exp=value))
        for value in ("9999999999", 1e400, True, None, [], 4102444800.5, -1)
    },
    # Another kind, audience, issuer, bearer (3.9, 3.12)
    "another type": lambda t: _with_claims(t, token_type="id"),
    "no issuer of ours": lambda t: _with_claims(t, iss="https://evil.example"),
    "issuer in a list": lambda t: _with_claims(t, iss=[_claims(t)["iss"]]),
    "another audience": lambda t: _with_claims(t, aud="https://evil.example/access"),
    "audience in a list": lambda t: _with_claims(t, aud=[_claims(t)["aud"]]),
    "audiences of both kinds": lambda t: _with_claims(
        t, aud=["https://app.vantrexia.com/access", "https://app.vantrexia.com/refresh"]
    ),
    "another account": lambda t: _with_claims(t, user_id=99, sub="99"),
    "two accounts": lambda t: _with_claims(t, user_id=99),
    "account as text": lambda t: _with_claims(t, user_id="1"),
    "account true": lambda t: _with_claims(t, user_id=True, sub="True"),
    "another session": lambda t: _with_claims(t, sid="00000000-0000-4000-8000-000000000000"),
    "session spelt otherwise": lambda t: _with_claims(t, sid=_claims(t)["sid"].upper()),
    "session without dashes": lambda t: _with_claims(t, sid=_claims(t)["sid"].replace("-", "")),
    "session a number": lambda t: _with_claims(t, sid=7),
    "jti a number": lambda t: _with_claims(t, jti=7),
    "jti no UUID": lambda t: _with_claims(t, jti="x"),
    **{f"without {claim}": (lambda t, claim=claim: _with_claims(t, **{claim: GONE})) for claim in CLAIMS},
    **{f"{claim} null": (lambda t, claim=claim: _with_claims(t, **{claim: None})) for claim in CLAIMS},
    # Not the spelling that was given out: a block list by text would have let them pass
    "cut by one": lambda t: t[:-1],
    "first letter lost": lambda t: t[1:],
    "half": lambda t: t[: len(t) // 2],
    "one letter more": lambda t: f"{t}A",
    "padded": lambda t: f"{t}=",
    "padded twice": lambda t: f"{t}==",
    "padded header": lambda t: t.replace(".", "=.", 1),
    "a fourth part": lambda t: f"{t}.",
    "a fourth part, filled": lambda t: f"{t}.{_part({})}",
    "five parts, as if encrypted": lambda t: f"{t}.AAAA.AAAA",
    "standard alphabet": lambda t: t.replace("-", "+").replace("_", "/") + "+",
    "last bits of the signature": lambda t: t[:-1] + chr(ord(t[-1]) + 1),
    "claims in another order": lambda t: _signed(HEADER, dict(reversed(_claims(t).items())) | {"x": 1})[:-1],
    "payload that is no object": lambda t: _signed(HEADER, [1]),
    "payload that is no JSON": lambda t: _signed(HEADER, b"{"),
    "payload with a claim twice": lambda t: _signed(HEADER, b'{"user_id":1,"user_id":2}'),
    "header that is no JSON": lambda t: _beheaded(t, b"{"),
    "header with blanks": lambda t: _beheaded(t, json.dumps(HEADER).encode()),
    "empty parts": lambda t: "..",
    "oversized": lambda t: _with_claims(t, padding="x" * 4000),
    "a digest of the key": lambda t: hashlib.sha256(KEY).hexdigest(),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_opens_nothing(service: Service, genuine: dict[str, str], name: str) -> None:
    """401 wherever it is presented, always alike; the genuine ones stay as good as they were."""
    forge = FORGERIES[name]
    access, refresh = forge(genuine["access"]), forge(genuine["refresh"])
    assert access != genuine["access"]
    answers = [
        service.client.get(
            PATIENTS, headers={"Authorization": b"Bearer " + access.encode("utf-8", "replace")}
        ),
        service.send("POST", "/api/v1/auth/token/refresh/", {"refresh": refresh}, role=None),
        service.send("POST", "/api/v1/auth/token/verify/", {"token": access}, role=None),
        service.send("POST", "/api/v1/auth/token/verify/", {"token": refresh}, role=None),
    ]
    for response in answers:
        if response.status_code == 400 and len(access) > 4096:
            continue
        assert_problem(response, 401, "token_not_valid")
    for token in genuine.values():
        response = service.send("POST", "/api/v1/auth/token/verify/", {"token": token}, role=None)
        assert response.status_code == 200


def test_each_kind_of_token_opens_its_own_door_only(service: Service, genuine: dict[str, str]) -> None:
    """Not even with the other's type, nor with the other's audience: it takes both, and a signature."""
    access, refresh = genuine["access"], genuine["refresh"]
    for token in (
        refresh,
        _with_claims(refresh, token_type="access"),
        _with_claims(refresh, aud=_claims(access)["aud"]),
    ):
        response = service.client.get(PATIENTS, headers={"Authorization": f"Bearer {token}"})
        assert_problem(response, 401, "token_not_valid")
    for token in (
        access,
        _with_claims(access, token_type="refresh"),
        _with_claims(access, aud=_claims(refresh)["aud"]),
    ):
        response = service.send("POST", "/api/v1/auth/token/refresh/", {"refresh": token}, role=None)
        assert_problem(response, 401, "token_not_valid")


def test_the_forger_of_these_tests_can_forge(service: Service, genuine: dict[str, str]) -> None:
    """With the key and nothing changed its tokens are accepted: what is refused above is what was changed."""
    access = _with_claims(genuine["access"])
    assert service.client.get(PATIENTS, headers={"Authorization": f"Bearer {access}"}).status_code == 200
    assert len(FORGERIES) > 100
