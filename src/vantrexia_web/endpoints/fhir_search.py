"""Searching over FHIR: patients and the trail, by a URL, by a body, or by the link to a further page."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

import attrs
import orjson

from vantrexia_adapters.fhir import (
    Asked,
    Found,
    InvalidSearchError,
    Issue,
    Json,
    TrailAsked,
    audit_event_bundle,
    operation_outcome,
    read_search,
    read_trail_search,
    render_patient,
    searchset,
    subset,
)
from vantrexia_core.audit import read_trail
from vantrexia_core.kernel import Page, Phi
from vantrexia_core.patients import (
    Patient,
    PatientLink,
    search_patients,
)
from vantrexia_core.protection import UnreadableError
from vantrexia_web.answer import Answer
from vantrexia_web.call import Call
from vantrexia_web.endpoints.fhir_answers import (
    fhir_answer,
    other_pages,
    patient_url,
    provenance_entry,
    with_links,
)
from vantrexia_web.outcomes import BASE
from vantrexia_web.wire.fhir import (
    parse_form,
    parse_format,
    parse_parameters,
    parse_preferences,
)

PAGE: Final = "_page"
"""The parameter of links to further pages: the whole search and the page's number, sealed."""


def search(call: Call) -> Answer:
    """A page of the patients that a search finds."""
    form = call.read(parse_format)
    strict = parse_preferences(call.request).is_strict
    asked = call.read(lambda request: _asked(call, parse_parameters(request), is_strict=strict))
    return _found(call, asked, form, is_in_url=True)


def search_by_post(call: Call) -> Answer:
    """The same, asked in the body: a URL is written down in many places, a body in none."""
    form = call.read(parse_format)
    strict = parse_preferences(call.request).is_strict
    asked = call.read(lambda request: _asked(call, parse_form(request), is_strict=strict))
    return _found(call, asked, form, is_in_url=False)


def search_trail(call: Call) -> Answer:
    """A page of the practice's trail as AuditEvents, newest first."""
    form, strict = call.read(parse_format), parse_preferences(call.request).is_strict
    question = call.read(lambda request: _trail_asked(call, parse_parameters(request), is_strict=strict))
    return _trail(call, question, form)


def search_trail_by_post(call: Call) -> Answer:
    """The same, asked in the body."""
    form, strict = call.read(parse_format), parse_preferences(call.request).is_strict
    question = call.read(lambda request: _trail_asked(call, parse_form(request), is_strict=strict))
    return _trail(call, attrs.evolve(question, is_sealed=True), form)


def _asked(call: Call, pairs: Sequence[tuple[str, str]], *, is_strict: bool) -> "_Question":
    """What is asked: by the parameters, or by the link to a further page that an answer gave.

    Raises:
        InvalidSearchError: a parameter is not to be understood, or the link does not open.
    """
    token = dict(pairs).get(PAGE)
    if token is None:
        return _Question(read_search(pairs, is_strict=is_strict), 1)
    number, known = _opened(call, "Patient", token)
    return _Question(read_search(known, page=number), number, is_sealed=True)


def _trail_asked(call: Call, pairs: Sequence[tuple[str, str]], *, is_strict: bool) -> "_TrailQuestion":
    """Like `_asked`, of the trail."""
    token = dict(pairs).get(PAGE)
    if token is None:
        return _TrailQuestion(read_trail_search(pairs, is_strict=is_strict))
    _, known = _opened(call, "AuditEvent", token)
    return _TrailQuestion(read_trail_search(known), is_sealed=True)


def _sealed(call: Call, resource: str, number: int, pairs: Sequence[tuple[str, str]]) -> str:
    """The word that asks for a page of a search."""
    words = Phi(orjson.dumps([resource, number, pairs]).decode())
    return call.desk.search_tokens.seal(call.actor.practice_id, words)


def _opened(call: Call, resource: str, token: str) -> tuple[int, Sequence[tuple[str, str]]]:
    """The page's number and the search that were sealed, if it was one of this resource.

    Raises:
        InvalidSearchError: it does not open here.
    """
    complaint = "This link is no longer valid. Search again."
    try:
        sealed = call.desk.search_tokens.open(call.actor.practice_id, token)
    except UnreadableError:
        pass
    else:
        kind, number, known = orjson.loads(sealed.reveal())
        if kind == resource:
            return number, [(name, value) for name, value in known]
    raise InvalidSearchError({PAGE: (complaint,)})


@attrs.frozen(repr=False)
class _Question:
    """A search, and the number of the page that is asked for; and whether a sealed link asked for it."""

    asked: Asked
    number: int
    is_sealed: bool = False

    def token(self, call: Call, number: int) -> str:
        """The word that asks for another page of the same."""
        return _sealed(call, "Patient", number, self.asked.understood)


@attrs.frozen(repr=False)
class _TrailQuestion:
    """A search of the trail, and whether it came in a body or a sealed link: then no URL may tell it."""

    asked: TrailAsked
    is_sealed: bool = False


def _found(call: Call, question: _Question, form: str, *, is_in_url: bool) -> Answer:
    """The page as a searchset.

    What a client put into a URL may stand in the link to this page; what it sent in a body may not. Links to
    other pages hold the search sealed in any case: whoever follows them writes them into logs.
    """
    asked = question.asked
    page = search_patients(call.desk, call.actor, asked.search)
    found = [
        Found(_shown(patient, asked, links), patient_url(call, patient.id))
        for patient, links in with_links(call, page.items)
    ]
    if asked.brings_provenance:
        found += [provenance_entry(call, patient, mode="include") for patient in page.items]
    found += _told_of(asked.ignored)
    return fhir_answer(
        searchset(
            found,
            total=page.count if asked.has_total else None,
            links=_search_links(call, question, page, is_in_url=is_in_url),
        ),
        form,
    )


def _trail(call: Call, question: _TrailQuestion, form: str) -> Answer:
    """The page as a searchset. Its links go on as of the same entry: reading the trail writes into it.

    What came in a body is sealed in the links: whoever follows them writes them into logs.
    """
    asked = question.asked
    found = read_trail(call.desk, call.actor, asked.inquiry, asked.page, as_of=asked.as_of)
    url = f"{call.site.public_url}{BASE}/AuditEvent"

    def link(number: int) -> str:
        pairs = [*asked.understood, ("page", str(number)), ("as_of", str(found.as_of))]
        if question.is_sealed:
            return f"{url}?{PAGE}={_sealed(call, 'AuditEvent', number, pairs)}"
        return f"{url}?{urlencode(pairs)}"

    others = {name: number for name, number in other_pages(found.page).items() if number is not None}
    links: dict[str, str | None] = {name: link(number) for name, number in others.items()}
    return fhir_answer(
        audit_event_bundle(
            found.page,
            {"self": link(asked.page.number), **links},
            server_url=call.site.public_url,
            also=_told_of(asked.ignored),
        ),
        form,
    )


def _told_of(ignored: Sequence[Issue]) -> list[Found]:
    """What was left out of a search, as an entry of its own (FHIR, search.mode outcome)."""
    return [Found(operation_outcome(ignored), mode="outcome")] if ignored else []


def _search_links(
    call: Call, question: _Question, page: Page[Patient], *, is_in_url: bool
) -> Mapping[str, str]:
    url = f"{call.site.public_url}{BASE}/Patient"

    def link(number: int) -> str:
        return f"{url}?{PAGE}={question.token(call, number)}"

    if is_in_url and not question.is_sealed:
        understood = urlencode(question.asked.understood)
        links = {"self": f"{url}?{understood}" if understood else url}
    else:
        links = {"self": link(question.number)}
    if question.asked.search.page is None:
        return links
    return links | {
        relation: link(number) for relation, number in other_pages(page).items() if number is not None
    }


def _shown(patient: Patient, asked: Asked, links: Sequence[PatientLink]) -> Json:
    rendered = render_patient(patient, links=links)
    return rendered if asked.elements is None else subset(rendered, asked.elements)
