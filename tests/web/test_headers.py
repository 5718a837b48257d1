"""What every answer carries, whatever it answers."""

import re

import pytest

from tests.web.service import LOGIN, PATIENTS, Service

EVERY_KIND = {
    "list": ("GET", PATIENTS, None, True),
    "not signed in": ("GET", PATIENTS, None, False),
    "bad body": ("POST", PATIENTS, b"{", True),
    "too large": ("POST", PATIENTS, b" " * 2**21, True),
    "not found": ("GET", "/nowhere/", None, False),
    "redirect": ("GET", PATIENTS[:-1], None, False),
    "no such method": ("DELETE", PATIENTS, None, True),
    "sign-in": ("POST", LOGIN, b"{}", False),
    "health": ("GET", "/health/", None, False),
    "document": ("GET", "/openapi.json", None, False),
    "page": ("GET", "/docs/", None, False),
    "script": ("GET", "/docs/reference.js", None, False),
}


@pytest.fixture(scope="module", params=EVERY_KIND.values(), ids=EVERY_KIND)
def response(request, refusing_service):
    """One answer of each kind."""
    method, path, body, is_signed_in = request.param
    headers = refusing_service.headers() if is_signed_in else {}
    return refusing_service.client.request(
        method,
        path,
        content=body,
        headers=headers | {"X-Request-ID": "forged", "Content-Type": "application/json"},
    )


def test_every_answer_has_an_id_of_ours(response):
    """32 hexadecimal digits, never what the request brought along."""
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["x-request-id"])


def test_no_answer_may_be_kept_or_guessed_at(response):
    """Not cached, not sniffed, not framed, its address not passed on."""
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["strict-transport-security"] == "max-age=31536000"


def test_no_answer_says_what_it_was_made_with_or_opens_to_other_sites(response):
    """No server's name but the product's own, no version, no framework, no CORS."""
    assert response.headers["server"] == "vantrexia"
    for name in ("x-powered-by", "access-control-allow-origin", "set-cookie"):
        assert name not in response.headers


def test_no_header_comes_twice(response):
    """Not even where an answer brings its own policy."""
    names = [name for name, _ in response.headers.multi_items()]
    assert len(names) == len(set(names))


def test_without_tls_nothing_is_promised_about_it():
    """A service on loopback without a certificate does not ask browsers for https."""
    with Service(public_url="http://127.0.0.1:8000/") as service:
        response = service.client.get("/health/")
    assert "strict-transport-security" not in response.headers


def test_the_id_of_an_answer_is_on_the_trail(service):
    """Answer, log and trail can be joined; the caller's address is on the trail as well."""
    response = service.send("GET", PATIENTS)
    assert service.trail[-1].request_id == response.headers["x-request-id"]
    assert service.trail[-1].address == "testclient"


def test_a_websocket_is_closed(service):
    """There are none."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "websocket", "path": PATIENTS, "query_string": b"", "headers": []}
    service.client.portal.call(service.app, scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]
