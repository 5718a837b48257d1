"""Whatever is sent as an assertion or stands in a key set: read, or refused with our own error."""

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.clients import a_key
from tests.sources import ManualClock
from tests.web.service import Hosts
from vantrexia_adapters.smart import FetchedKeySets, KeySetError, SmartClientProofs, read_key_set
from vantrexia_core.identity import ClientKeys, InvalidClientError
from vantrexia_core.kernel import Phi

PROOFS = SmartClientProofs(FetchedKeySets(Hosts(), ManualClock()))
GENUINE = a_key().assertion("3f2b8a3e-5d0c-4a53-9f50-0c8a0b1c2d3e", NOW)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["ES384", "RS384", "none"]) | VALUES,
        "kid": VALUES,
        "typ": VALUES,
        "jku": VALUES,
    },
)
CLAIMS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("iss", "sub", "aud", "jti", "exp", "iat", "nbf"), VALUES)
)
JWKS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("kid", "n", "e", "x", "y", "use", "alg", "key_ops"), VALUES)
    | {"kty": st.sampled_from(["RSA", "EC", "oct"]) | VALUES, "crv": st.just("P-384") | VALUES},
)


def _part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _is_refused(text: str) -> bool:
    try:
        PROOFS.read(Phi(text))
        PROOFS.check(Phi(text), ClientKeys(jwks=json.dumps({"keys": [a_key().jwk]})))
    except InvalidClientError:
        return True
    return False


@given(header=HEADERS, claims=CLAIMS, signature=st.binary(max_size=100))
def test_any_header_and_claims_are_refused(header: object, claims: object, signature: bytes) -> None:
    """By our own error, and never by another one."""
    signed = urlsafe_b64encode(signature).rstrip(b"=").decode()
    assert _is_refused(f"{_part(header)}.{_part(claims)}.{signed}")


@given(text=st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    """Whatever was sent."""
    assert _is_refused(text)


@given(place=st.integers(0, len(GENUINE) - 1), character=st.characters(max_codepoint=0x17F))
def test_any_other_character_breaks_an_assertion(place: int, character: str) -> None:
    """Except where it says the same: the last character of a part has bits that nobody reads."""
    altered = GENUINE[:place] + character + GENUINE[place + 1 :]
    is_end = GENUINE[place + 1 : place + 2] in {"", "."}
    assert altered == GENUINE or is_end or _is_refused(altered)


@given(keys=st.lists(JWKS, max_size=3) | VALUES)
def test_any_key_set_is_read_or_refused(keys: Any) -> None:
    """By our own error."""
    with suppress(KeySetError):
        read_key_set(json.dumps({"keys": keys}).encode())
