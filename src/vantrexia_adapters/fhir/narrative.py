"""Narratives (https://hl7.org/fhir/R4/narrative.html): XHTML that any reader may show without a thought.

A narrative is shown by programs that trust it, so what could run, load or ask for something is refused.
"""

import re
from typing import Any, Final
from xml.parsers import expat

XHTML: Final = "http://www.w3.org/1999/xhtml"

ELEMENTS: Final = frozenset(
    {
        "a", "abbr", "acronym", "b", "big", "blockquote", "br", "caption", "cite", "code", "col",
        "colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
        "img", "li", "ol", "p", "pre", "q", "samp", "small", "span", "strong", "sub", "sup", "table",
        "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var",
    }
)  # fmt: skip
"""Invariant txt-1."""

ATTRIBUTES: Final = frozenset(
    {
        "abbr", "accesskey", "align", "alt", "axis", "bgcolor", "border", "cellhalign", "cellpadding",
        "cellspacing", "cellvalign", "char", "charoff", "charset", "cite", "class", "colspan", "compact",
        "coords", "dir", "frame", "headers", "height", "href", "hreflang", "hspace", "id", "lang", "longdesc",
        "name", "nowrap", "rel", "rev", "rowspan", "rules", "scope", "shape", "span", "src", "start", "style",
        "summary", "tabindex", "title", "type", "valign", "value", "vspace", "width",
        "http://www.w3.org/XML/1998/namespace lang", "http://www.w3.org/XML/1998/namespace space",
    }
)  # fmt: skip
"""Invariant txt-1; ``xml:lang`` is how the language of XHTML is said."""

_SCHEME: Final = re.compile(r"[\s\x00-\x1f]*([a-z][a-z0-9+.\-\s]*):", re.IGNORECASE)
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", "urn", "cid"})
_IMAGE: Final = re.compile(r"data:image/(png|jpeg|gif)[;,]", re.IGNORECASE)
_REFUSED_STYLE: Final = re.compile(r"url\s*\(|expression\s*\(|@import|behavio|-moz-binding|\\", re.IGNORECASE)


class NarrativeError(ValueError):
    """The narrative is not what FHIR allows. The text says why and quotes nothing."""


def check_narrative(div: str) -> None:
    """Refuse what is no harmless XHTML.

    Raises:
        NarrativeError: it is none.
    """
    checker = _Checker()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = checker.on_doctype
    parser.ProcessingInstructionHandler = checker.on_instruction
    parser.StartElementHandler = checker.on_start
    parser.CharacterDataHandler = checker.on_text
    complaint = None
    try:
        parser.Parse(div, True)  # noqa: FBT003 - that this is the end; the name of the parameter is not fixed
    except expat.ExpatError:
        complaint = "A narrative is well-formed XHTML, without a declaration and without entities of HTML."
    except NarrativeError as refused:
        complaint = str(refused)
    if complaint is None and not checker.has_content:
        complaint = "A narrative has some text or an image (txt-2)."
    if complaint is not None:
        # Raised here, outside the handlers: the parser's exceptions hold what was sent.
        raise NarrativeError(complaint)


class _Checker:
    """What the parser tells, held against the rules."""

    def __init__(self) -> None:
        self.has_content = False
        self._is_root = True

    def on_doctype(self, *_: object) -> None:
        raise NarrativeError("A narrative has no document type.")

    def on_instruction(self, *_: object) -> None:
        raise NarrativeError("A narrative has no processing instructions.")

    def on_text(self, text: str) -> None:
        self.has_content = self.has_content or not text.isspace()

    def on_start(self, name: str, attributes: dict[str, Any]) -> None:
        space, _, local = name.rpartition(" ")
        if self._is_root and local != "div":
            raise NarrativeError("A narrative is a div element of XHTML.")
        self._is_root = False
        if space != XHTML:
            raise NarrativeError("The elements of a narrative are in the namespace of XHTML.")
        if local not in ELEMENTS:
            raise NarrativeError(
                "A narrative holds simple elements only, nothing that runs or loads (txt-1)."
            )
        self.has_content = self.has_content or local == "img"
        for attribute, value in attributes.items():
            _check_attribute(attribute, value)


def _check_attribute(name: str, value: str) -> None:
    if name not in ATTRIBUTES:
        raise NarrativeError("An element of a narrative has an attribute that is not allowed (txt-1).")
    if name in {"href", "src", "cite", "longdesc"} and not _is_harmless(value, is_image=name == "src"):
        raise NarrativeError("A link in a narrative is to a page, an address or an image.")
    if name == "style" and _REFUSED_STYLE.search(value):
        raise NarrativeError("A style in a narrative loads nothing.")


def _is_harmless(url: str, *, is_image: bool) -> bool:
    scheme = _SCHEME.match(url)
    if scheme is None:
        return True
    return scheme[1].lower() in _SCHEMES or (is_image and _IMAGE.match(url) is not None)
