"""The reference page: everything on it is ours, it is complete, and nothing runs that we did not write."""

import re
from html.parser import HTMLParser

import pytest

from tests.web.service import PUBLIC_URL
from vantrexia_web.docs.page import reference_page
from vantrexia_web.openapi import document

VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """Reads a page and checks on the way that every element that is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Remember an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Elements end in the order in which they began, the last one first."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Remember text."""
        self.words.append(data)

    @property
    def text(self) -> str:
        """All text."""
        return "".join(self.words)


@pytest.fixture(scope="module")
def html(refusing_service):
    """The page as served."""
    response = refusing_service.client.get("/docs/")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


@pytest.fixture(scope="module")
def page(html):
    """The page, read."""
    return Page(html)


def test_nothing_comes_from_elsewhere(page, refusing_service):
    """Scripts and styles are files of this service; there is no inline script, style or handler."""
    for tag, attributes in page.elements:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "script":
            assert attributes["src"] == "/docs/reference.js"
        for name in ("src", "href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("/", "#", "data:,")), value
    for name in ("reference.css", "reference.js"):
        assert "//" not in re.sub(
            r"^\s*//.*$", "", refusing_service.client.get(f"/docs/{name}").text, flags=re.MULTILINE
        )


def test_the_policy_lets_nothing_else_run(refusing_service):
    """No inline code, no evaluation, no other origin, no framing, no form that leaves the page."""
    policy = refusing_service.client.get("/docs/").headers["content-security-policy"]
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


def test_assets_have_their_types(refusing_service):
    """With nosniff a wrong type would leave the page bare."""
    types = {
        name: refusing_service.client.get(f"/docs/{name}").headers["content-type"]
        for name in ("reference.css", "reference.js")
    }
    assert types == {"reference.css": "text/css", "reference.js": "text/javascript"}


def test_every_operation_has_its_section_and_its_link(page):
    """The navigation leads everywhere, and every link inside the page has a target."""
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    links = {
        attributes["href"][1:]
        for tag, attributes in page.elements
        if tag == "a" and attributes["href"][0] == "#"
    }
    operations = {
        operation["operationId"]
        for methods in document(PUBLIC_URL)["paths"].values()
        for operation in methods.values()
    }
    assert operations <= links
    assert links <= ids


def test_every_field_and_code_is_on_the_page(page):
    """What the document knows, the page shows."""
    schemas = document(PUBLIC_URL)["components"]["schemas"]
    for name in ("Registration", "Replacement", "Amendment", "ReasonGiven", "Credentials"):
        for field in schemas[name]["properties"]:
            assert field in page.text
    assert "address.zip" in page.text
    assert "idempotency_key_reused" in page.text
    assert f"curl -X POST {PUBLIC_URL}/api/v1/patients/" in page.text


def test_inputs_are_labelled(page):
    """Each input of the page can be found by its label."""
    labelled = {
        attributes["for"] for tag, attributes in page.elements if tag == "label" and "for" in attributes
    }
    own = {attributes["id"] for tag, attributes in page.elements if tag == "input" and "id" in attributes}
    assert own == labelled == {"email", "password"}


def test_whatever_is_written_into_the_page_is_escaped():
    """A document with markup in its texts gives a page without that markup."""
    hostile = document(PUBLIC_URL)
    hostile["info"]["description"] = "<script>alert(1)</script>"
    operation = hostile["paths"]["/api/v1/patients/"]["post"]
    operation["summary"] = operation["description"] = '"><img src=x onerror=alert(1)>'
    operation["requestBody"]["content"]["application/json"]["example"] = {
        "</pre><script>": "</textarea><script>"
    }
    tags = [tag for tag, _ in Page(reference_page(hostile)).elements]
    assert tags.count("script") == 1
    assert "img" not in tags
