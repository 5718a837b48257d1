"""Lists on the wire: the query that asks for a page, and the envelope around it with its links."""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlencode

import attrs

from vantrexia_core.kernel import (
    NON_FIELD,
    PAGE_NUMBER_MAX,
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    InvalidError,
    InvalidValueError,
    NotFoundError,
    Page,
    PageRequest,
    Phi,
    clean_text,
)
from vantrexia_core.patients import SEARCH_CHARACTERS_MAX, Listing, Ordering, Status
from vantrexia_web.wire.request import Request

T = TypeVar("T")

PARAMETERS_MAX: Final = 100

_NUMBER: Final = re.compile(r"[0-9]+")
_STATUS_OF_ACTIVE: Final = {"true": Status.ACTIVE, "false": Status.ARCHIVED}


def parse_listing(request: Request) -> Listing:
    """Which page of which patients in which order. Parameters that the API does not know are ignored.

    Raises:
        InvalidError: ``search`` or ``ordering`` is not acceptable.
        NotFoundError: ``page`` is not the number of a page.
    """
    query = dict(_parameters(request))
    return Listing(search=_search(query), ordering=_ordering(query), page=_page(query))


def parse_patient_listing(request: Request) -> Listing:
    """Like `parse_listing`, with ``active`` to choose between active and archived patients.

    Raises:
        InvalidError: ``active``, ``search`` or ``ordering`` is not acceptable.
        NotFoundError: ``page`` is not the number of a page.
    """
    active = dict(_parameters(request)).get("active", "true")
    if active not in _STATUS_OF_ACTIVE:
        complaint = "Use true or false."
        raise InvalidError.on("active", complaint)
    return attrs.evolve(parse_listing(request), status=_STATUS_OF_ACTIVE[active])


def parse_query(request: Request) -> dict[str, str]:
    """The parameters by name; of one that comes twice the last counts.

    Raises:
        InvalidError: there are too many.
    """
    return dict(_parameters(request))


def parse_page(request: Request) -> PageRequest:
    """Which page is asked for.

    Raises:
        NotFoundError: ``page`` is not the number of a page.
    """
    return _page(parse_query(request))


def page_content(
    page: Page[T],
    render: Callable[[T], dict[str, object]],
    request: Request,
    public_url: str,
    **carried: str,
) -> dict[str, object]:
    """The envelope of a list. ``carried`` are parameters that its links add to the caller's."""
    links = page_links(page, request, public_url, **carried)
    return {
        "count": page.count,
        "next": links["next"],
        "previous": links["previous"],
        "results": [render(item) for item in page.items],
    }


def page_links(page: Page[T], request: Request, public_url: str, **carried: str) -> dict[str, str | None]:
    """Where this page, the next and the previous one are: at the public URL, never at the Host header."""
    number = page.request.number

    def link(to: int) -> str:
        return f"{public_url}{request.path}?{_with(request, page=str(to), **carried)}"

    return {
        "self": link(number),
        "next": link(number + 1) if page.has_next else None,
        "previous": link(number - 1) if page.has_previous else None,
    }


def parse_flag(query: Mapping[str, str], name: str) -> bool:
    """Whether a parameter is ``true``; left out is ``false``.

    Raises:
        InvalidError: it is something else.
    """
    text = query.get(name, "false")
    if text not in {"true", "false"}:
        complaint = "Use true or false."
        raise InvalidError.on(name, complaint)
    return text == "true"


def _parameters(request: Request) -> list[tuple[str, str]]:
    # Bytes that are no UTF-8 become surrogates: whoever reads a parameter refuses them, a link restores them.
    try:
        return parse_qsl(
            request.query, keep_blank_values=True, errors="surrogateescape", max_num_fields=PARAMETERS_MAX
        )
    except ValueError:
        complaint = f"There are more than {PARAMETERS_MAX} query parameters."
    raise InvalidError.on(NON_FIELD, complaint)


def _with(request: Request, **changed: str) -> str:
    """The caller's query with some parameters changed, everything else as it was and where it was."""
    query = [(name, changed.get(name, value)) for name, value in _parameters(request)]
    there = {name for name, _ in query}
    query += [(name, value) for name, value in changed.items() if name not in there]
    return urlencode(query, errors="surrogateescape")


def _search(query: dict[str, str]) -> Phi[str] | None:
    search = query.get("search", "")
    if not search or search.isspace():
        return None
    complaint = "This search has characters that cannot be searched for."
    if len(search) > SEARCH_CHARACTERS_MAX:
        complaint = f"Ensure this field has no more than {SEARCH_CHARACTERS_MAX} characters."
    else:
        try:
            return Phi(clean_text(search, characters_max=SEARCH_CHARACTERS_MAX))
        except InvalidValueError:
            pass
    raise InvalidError.on("search", complaint)


def _ordering(query: dict[str, str]) -> Ordering:
    name = query.get("ordering", Ordering.LAST_NAME.value)
    for ordering in Ordering:
        if ordering.value == name:
            return ordering
    complaint = f"Use one of: {', '.join(ordering.value for ordering in Ordering)}."
    raise InvalidError.on("ordering", complaint)


def _page(query: dict[str, str]) -> PageRequest:
    number = _positive(query.get("page", "1"), at_most=PAGE_NUMBER_MAX + 1)
    if number is None or number > PAGE_NUMBER_MAX:
        message = "There is no such page: pages are numbered from 1."
        raise NotFoundError(message)
    size = _positive(query.get("page_size", ""), at_most=PAGE_SIZE_MAX)
    return PageRequest(number, size or PAGE_SIZE_DEFAULT)


def _positive(digits: str, *, at_most: int) -> int | None:
    """The number above zero that ASCII digits spell, cut off at ``at_most``; None if they spell none."""
    if _NUMBER.fullmatch(digits) is None:
        return None
    significant = digits.lstrip("0")
    if len(significant) > len(str(at_most)):
        return at_most
    return min(int(significant or "0"), at_most) or None
