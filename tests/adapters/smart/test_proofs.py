"""What administrators may register, and discovery."""

import pytest

from tests.clients import a_jwks, a_key
from tests.sources import ManualClock
from tests.web.service import Hosts
from vantrexia_adapters.smart import FetchedKeySets, SmartClientProofs, smart_configuration
from vantrexia_core.kernel import InvalidValueError

PROOFS = SmartClientProofs(FetchedKeySets(Hosts(), ManualClock()))


@pytest.mark.parametrize(
    "url",
    [
        "http://registry.example/jwks.json", "http://localhost/jwks.json", "registry.example", "",
        "file:///etc/passwd", "https://user@registry.example/", "https://registry.example/#keys", "https:///jwks",
        "ftp://registry.example/", "https://registry.example\\\\@other/", "https://registry.example:port/",
        "https://a b/", "https://x/" + "a" * 4_096,
    ],
)  # fmt: skip
def test_keys_are_fetched_by_https_alone(url: str) -> None:
    """An administrator is told before anything is stored."""
    with pytest.raises(InvalidValueError):
        PROOFS.admitted_url(url)


@pytest.mark.parametrize(
    "url", ["https://registry.example/jwks.json", "https://registry.example:8443/keys/?v=2"]
)
def test_a_url_is_kept_as_it_is(url: str) -> None:
    """To the slash: it is fetched as it was given."""
    assert PROOFS.admitted_url(f" {url}\n") == url


def test_a_set_is_kept_in_one_spelling() -> None:
    """Whatever blanks it came with."""
    pretty = a_jwks(a_key()).replace(",", ",\n  ")
    assert PROOFS.admitted_jwks(pretty) == PROOFS.admitted_jwks(a_jwks(a_key()))


def test_a_bad_set_is_told() -> None:
    """In a sentence for the administrator."""
    with pytest.raises(InvalidValueError, match="2048"):
        PROOFS.admitted_jwks(a_jwks(a_key("1024")))


def test_discovery_says_what_there_is() -> None:
    """SMART App Launch 2.2: required members, and nothing that does not work."""
    document = smart_configuration("https://app.vantrexia.com/")
    assert document["token_endpoint"] == "https://app.vantrexia.com/api/v1/auth/token/"
    assert document["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert document["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert document["grant_types_supported"] == ["client_credentials"]
    assert document["capabilities"] == ["client-confidential-asymmetric", "permission-v1", "permission-v2"]
    assert "authorization_endpoint" not in document
