"""Our public keys, where an EHR looks for them."""

from tests.adapters.ecw.site import a_client_key
from tests.web.service import Service
from vantrexia_core.kernel import UnavailableError

PATH = "/.well-known/jwks.json"
PUBLIC_MEMBERS = {"kty", "use", "alg", "kid", "n", "e"}


def test_the_keys_are_published_without_their_private_members():
    """A JWK Set (RFC 7517), for anybody, to be kept for minutes only."""
    with Service(published_keys=lambda: a_client_key().published()) as service:
        answer = service.client.get(PATH)
    assert answer.status_code == 200
    assert [set(key) for key in answer.json()["keys"]] == [PUBLIC_MEMBERS]
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_without_a_key_the_set_is_empty():
    """Nobody has set up an EHR."""
    with Service() as service:
        assert service.client.get(PATH).json() == {"keys": []}


def test_keys_that_cannot_be_read_are_a_503():
    """And the answer names no file."""

    def unreadable():
        raise UnavailableError("Our keys cannot be read.")

    with Service(published_keys=unreadable) as service:
        answer = service.client.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
