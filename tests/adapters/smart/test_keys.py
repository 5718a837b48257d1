"""Which public keys of machine clients are taken."""

import json
from typing import Any

import pytest

from tests.clients import a_jwks, a_key
from vantrexia_adapters.ecw import ClientKeyFile
from vantrexia_adapters.smart import KeySetError, read_key_set
from vantrexia_adapters.smart.keys import key_set_text

P384, P256 = a_key("p384").jwk, a_key("p256").jwk
RSA = a_key("rsa").jwk


def _read(*keys: Any) -> list[tuple[str, str]]:
    return [(key.kid, key.algorithm) for key in read_key_set(a_jwks(*keys).encode())]


def test_the_two_kinds_are_taken() -> None:
    """RSA for RS384 and P-384 for ES384: the key says which, never the assertion."""
    assert _read(RSA | {"kid": "a"}, P384 | {"kid": "b"}) == [("a", "RS384"), ("b", "ES384")]


def test_our_own_published_keys_are_taken(tmp_path) -> None:
    """What we publish for an EHR to read we would read ourselves."""
    file = ClientKeyFile(tmp_path / "keys.pem")
    file.create()
    assert [algorithm for _, algorithm in _read(*file.published())] == ["RS384"]


def test_other_keys_may_stand_beside() -> None:
    """For encryption, for other algorithms, of other kinds: a client has one set for all its servers."""
    others = [
        P384 | {"use": "enc"},
        P384 | {"key_ops": ["encrypt"]},
        RSA | {"alg": "RS256"},
        P256,
        {"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "AAAA"},
        {name: value for name, value in RSA.items() if name != "kid"},
        a_key("1024").jwk,
    ]
    assert _read(*others, P384 | {"kid": "mine"}) == [("mine", "ES384")]


def test_a_set_is_kept_in_one_spelling() -> None:
    """Without what we do not take; reading it again gives the same."""
    text = key_set_text(read_key_set(a_jwks(P256, P384 | {"x5c": ["AAAA"]}).encode()))
    assert key_set_text(read_key_set(text.encode())) == text
    assert [sorted(key) for key in json.loads(text)["keys"]] == [
        ["alg", "crv", "kid", "kty", "use", "x", "y"]
    ]


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        (a_key("1024").jwk, "2048"),
        (P256, "P-384"),
        (RSA | {"alg": "RS256"}, "RS384"),
        (P384 | {"alg": "ES256"}, "ES384"),
        (RSA | {"e": "AQ"}, "not an RSA key"),
        (RSA | {"n": "!"}, "base64url"),
        (RSA | {"n": None}, "base64url"),
        (RSA | {"n": "A" * 2_049}, "base64url"),
        (P384 | {"x": P384["y"]}, "not a point"),
        (P384 | {"x": "AAAA"}, "not a point"),
        (P384 | {"kid": ""}, "kid"),
        (P384 | {"kid": 7}, "kid"),
        (P384 | {"kid": "a b"}, "kid"),
        ({"kty": "oct", "kid": "a"}, "neither"),
    ],
    # The same in every process that shares the tests out: keys are made anew in each.
    ids=lambda value: value if isinstance(value, str) else "key",
)
def test_a_set_without_a_key_of_ours_is_refused(key: dict[str, Any], complaint: str) -> None:
    """With the reason, for whoever registers it."""
    with pytest.raises(KeySetError, match=complaint):
        _read(key)


@pytest.mark.parametrize("name", ["d", "p", "k"])
def test_a_private_key_is_refused(name: str) -> None:
    """Also beside a public one: somebody has shown what nobody may see."""
    with pytest.raises(KeySetError, match="private"):
        _read(P384, RSA | {name: "AAAA"})


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", b"[]", b'{"keys":{}}', b'{"keys":[1]}', b'{"keys":[],"keys":[]}', b"\xff", b"[" * 100_000,
        b'{"keys":[{"kty":{"a":{"b":{"c":1}}}}]}', a_jwks(*[P384] * 33).encode(), b" " * (64 * 1024 + 1),
    ],
)  # fmt: skip
def test_what_is_no_key_set_is_refused(raw: bytes) -> None:
    """Too large, too deep, too many, or another thing."""
    with pytest.raises(KeySetError):
        read_key_set(raw)


def test_two_keys_of_one_name_are_refused() -> None:
    """Nobody could say which one is meant."""
    with pytest.raises(KeySetError, match="same kid"):
        _read(P384, RSA)
