"""The reference page at ``/docs/``: the API's document as a page to read and to try requests on.

Script and style are ours and served by us: the page handles access tokens and answers with PHI, so nothing on
it comes from elsewhere, and its Content-Security-Policy lets nothing else run.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from vantrexia_web.answer import Answer
from vantrexia_web.docs.page import reference_page
from vantrexia_web.openapi import document

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@cache
def reference_pages(public_url: str) -> Mapping[str, Answer]:
    """The page, what it is made of, and the document itself, by path; made once, which takes its time."""
    described = document(public_url)
    closed = {"Content-Security-Policy": _POLICY}
    html = reference_page(described).encode()
    return MappingProxyType(
        {
            "/openapi.json": Answer(200, json.dumps(described, ensure_ascii=False).encode()),
            "/docs/": Answer(200, html, closed, "text/html; charset=utf-8"),
            "/docs/reference.css": Answer(200, _asset("reference.css"), media_type="text/css"),
            "/docs/reference.js": Answer(200, _asset("reference.js"), media_type="text/javascript"),
        }
    )


def _asset(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()
