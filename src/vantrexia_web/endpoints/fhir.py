"""The FHIR endpoint: the same use cases as the REST API's, in FHIR's words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import attrs
import orjson

from vantrexia_adapters.fhir import (
    Asked,
    Found,
    InvalidSearchError,
    Issue,
    Json,
    ProvenanceOf,
    TrailAsked,
    audit_event_bundle,
    match_bundle,
    operation_outcome,
    parse_patient,
    parse_revision,
    read_match,
    read_search,
    read_trail_search,
    render_patient,
    render_provenance,
    searchset,
    subset,
)
from vantrexia_adapters.json_patch import MalformedPatchError, PatchError, apply_patch
from vantrexia_core.audit import Once, read_trail, record_refusal
from vantrexia_core.kernel import NON_FIELD, InvalidError, NotFoundError, Page, PatientId, Phi
from vantrexia_core.patients import (
    Admission,
    GoneError,
    NewPatient,
    Patient,
    PatientLink,
    Revision,
    admit_patient,
    delete_patient,
    find_links,
    find_links_now,
    find_matches,
    list_versions,
    look_up_patient,
    may_read_patients,
    patch_patient,
    read_version,
    register_unless_known,
    revise_patient,
    search_patients,
)
from vantrexia_core.protection import UnreadableError
from vantrexia_web.answer import Answer
from vantrexia_web.call import Call, Visit
from vantrexia_web.outcomes import BASE
from vantrexia_web.problems import UnprocessableError
from vantrexia_web.wire.duplicates import admission_headers
from vantrexia_web.wire.fhir import (
    http_date,
    is_unchanged,
    parse_form,
    parse_format,
    parse_history_page,
    parse_if_match,
    parse_if_none_exist,
    parse_parameters,
    parse_patch,
    parse_preferences,
    parse_resource,
    version_tag,
)
from vantrexia_web.wire.patients import parse_on_duplicate
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.strict_json import parse_json

SMART_PATH: Final = f"{BASE}/.well-known/smart-configuration"

PAGE: Final = "_page"
"""The parameter of links to further pages: the whole search and the page's number, sealed."""


def metadata(visit: Visit) -> Answer:
    """What this server can do, as a CapabilityStatement."""
    return visit.site.pages[f"{BASE}/metadata"].with_media_type(parse_format(visit.request))


def smart_configuration(visit: Visit) -> Answer:
    """How programs find the token endpoint (SMART App Launch, conformance)."""
    return visit.site.pages[SMART_PATH]


def read(call: Call) -> Answer:
    """One patient."""
    form = call.read(parse_format)
    patient = look_up_patient(call.desk, call.actor, _patient_id(call))
    if is_unchanged(call.request, patient.version, patient.updated_at):
        return Answer(304, headers=_version_headers(patient))
    return _shown_answer(call, patient, form)


def create(call: Call) -> Answer:
    """Register a patient, unless ``If-None-Exist`` finds one."""
    form, prefer = call.read(parse_format), parse_preferences(call.request)
    new, on_duplicate = call.read(_new_patient), call.read(parse_on_duplicate)
    condition = call.read(parse_if_none_exist)

    def created(admission: Admission, *, is_new: bool = True) -> Answer:
        patient = admission.patient
        location = f"{_url(call, patient.id)}/_history/{patient.version}"
        status = 201 if is_new else 200
        answer = _preferred(patient, form, prefer.returns, status, links=admission.links)
        headers = admission_headers(admission, lambda id_: _url(call, id_))
        return answer.with_headers(Location=location, **headers)

    if condition is None:

        def admit(once: Once | None) -> Admission:
            return admit_patient(call.desk, call.actor, new, once=once, on_duplicate=on_duplicate)

        return call.answer_once(admit, created)
    known = call.read(lambda _: read_search(condition, is_strict=True).search)

    def register(once: Once | None) -> tuple[Admission, bool]:
        return register_unless_known(call.desk, call.actor, new, known, once=once, on_duplicate=on_duplicate)

    return call.answer_once(register, lambda found: created(found[0], is_new=found[1]))


def update(call: Call) -> Answer:
    """Replace what is said of a patient."""
    form, prefer = call.read(parse_format), parse_preferences(call.request)
    # Links are let through as they were shown; from whoever may not read, one would be a question.
    links = _links_now(call, _patient_id(call)) if may_read_patients(call.actor) else ()
    revision = partial(parse_revision, call.read(parse_resource), links=links)
    return _revised(call, revise_patient, revision, form, prefer.returns, links)


def patch(call: Call) -> Answer:
    """Change some of what is said of a patient, by a JSON Patch. It can ask as well, so it takes reading."""
    form, prefer = call.read(parse_format), parse_preferences(call.request)
    operations = call.read(lambda request: parse_json(parse_patch(request)))
    links = _links_now(call, _patient_id(call))

    def revision(patient: Patient) -> Revision:
        patched = _patched(render_patient(patient, links=links), operations)
        return parse_revision(patched, patient, links=links)

    return _revised(call, patch_patient, revision, form, prefer.returns, links)


def delete(call: Call) -> Answer:
    """Hide a patient's record. What is hidden already stays so, and that is no error."""
    call.read(parse_format)
    expected = parse_if_match(call.request)
    with suppress(GoneError):
        delete_patient(call.desk, call.actor, _patient_id(call), expected_version=expected)
    return Answer(204)


def vread(call: Call) -> Answer:
    """One version of a patient."""
    form = call.read(parse_format)
    shown = read_version(call.desk, call.actor, _patient_id(call), call.request.version)
    return _shown_answer(call, shown.patient, form)


def history(call: Call) -> Answer:
    """A page of a patient's versions, newest first."""
    form, wanted = call.read(parse_format), call.read(parse_history_page)
    page = list_versions(call.desk, call.actor, _patient_id(call), wanted)
    url = f"{call.site.public_url}{call.request.path}?_count={wanted.size}&page="
    numbers = {"self": wanted.number, **_other_pages(page)}
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "history",
        "total": page.count,
        "link": [
            {"relation": relation, "url": f"{url}{number}"}
            for relation, number in numbers.items()
            if number is not None
        ],
        "entry": [
            _version_entry(call, patient, links)
            for patient, links in _with_links(call, [version.patient for version in page.items])
        ],
    }
    return _answer(bundle, form)


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


def everything(call: Call) -> Answer:
    """All that there is about a patient: the Patient, and where its record comes from."""
    form = call.read(parse_format)
    patient = look_up_patient(call.desk, call.actor, _patient_id(call))
    ((_, own_links),) = _with_links(call, [patient])
    found = [
        Found(render_patient(patient, links=own_links), _url(call, patient.id)),
        _provenance_entry(call, patient),
    ]
    links = {"self": f"{call.site.public_url}{call.request.path}"}
    return _answer(searchset(found, total=len(found), links=links), form)


def match(call: Call) -> Answer:
    """Whom of the practice somebody may be, the likeliest first."""
    form = call.read(parse_format)
    asked = call.read(lambda request: read_match(parse_resource(request)))
    matches = find_matches(
        call.desk, call.actor, asked.person, limit=asked.count, only_certain=asked.only_certain
    )
    shown = _with_links(call, [one.key for one in matches.ranked])
    links = {patient.id: links for patient, links in shown}
    return _answer(match_bundle(matches, lambda id_: _url(call, id_), links), form)


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


def provenance(call: Call) -> Answer:
    """Where one version of a patient's record comes from."""
    form = call.read(parse_format)
    about = call.read(_provenance_of)
    shown = read_version(call.desk, call.actor, about.patient_id, about.version)
    return _answer(render_provenance(shown.patient), form)


def patient_resource(call: Call) -> Answer:
    """One patient as a FHIR resource, at a path of the REST API: its errors keep that API's envelope."""
    form = call.read(parse_format)
    return _shown_answer(call, look_up_patient(call.desk, call.actor, call.patient_id), form)


def _patient_id(call: Call) -> PatientId:
    """The patient that the path names; an id that cannot be one of ours is nobody's."""
    if call.attempt.patient_id is None:
        refusal = NotFoundError()
        record_refusal(call.desk, call.attempt, refusal)
        raise refusal
    return call.attempt.patient_id


def _new_patient(request: Request) -> NewPatient:
    return parse_patient(parse_resource(request))


def _provenance_of(request: Request) -> ProvenanceOf:
    about = ProvenanceOf.read(str(request.parameters.get("provenance")))
    if about is None:
        raise NotFoundError
    return about


def _revised(
    call: Call,
    revise: Callable[..., Patient],
    revision: Callable[[Patient], Revision],
    form: str,
    returns: str,
    links: Sequence[PatientLink],
) -> Answer:
    """Revise the patient as it stands, and answer as the client prefers."""
    expected = parse_if_match(call.request)
    patient = revise(call.desk, call.actor, _patient_id(call), revision, expected_version=expected)
    # Scopes can grant changing without reading: then there is nothing to show, whatever is preferred.
    is_shown = returns != "representation" or may_read_patients(call.actor)
    return _preferred(patient, form, returns if is_shown else "minimal", 200, links=links)


def _patched(resource: Json, operations: object) -> Json:
    """A Patient after a patch.

    Raises:
        UnprocessableError: the patch does not fit the Patient as it is.
        InvalidError: it is no patch.
    """
    try:
        patched = apply_patch(resource, operations)
    except PatchError as refused:
        complaint, is_malformed = str(refused), isinstance(refused, MalformedPatchError)
    else:
        if isinstance(patched, dict):
            return patched
        complaint, is_malformed = "After the patch this is no resource.", False
    # Raised outside the handler.
    if is_malformed:
        raise InvalidError.on(NON_FIELD, complaint)
    raise UnprocessableError(complaint)


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
        Found(_shown(patient, asked, links), _url(call, patient.id))
        for patient, links in _with_links(call, page.items)
    ]
    if asked.brings_provenance:
        found += [_provenance_entry(call, patient, mode="include") for patient in page.items]
    found += _told_of(asked.ignored)
    return _answer(
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

    others = {name: number for name, number in _other_pages(found.page).items() if number is not None}
    links: dict[str, str | None] = {name: link(number) for name, number in others.items()}
    return _answer(
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
        relation: link(number) for relation, number in _other_pages(page).items() if number is not None
    }


def _other_pages(page: Page[Any]) -> Mapping[str, int | None]:
    """Where the other pages are, by the names of their relations; none where there is one page only."""
    number, last = page.request.number, max(1, -(-page.count // page.request.size))
    if last == 1:
        return {}
    return {
        "first": 1,
        "previous": number - 1 if page.has_previous else None,
        "next": number + 1 if page.has_next else None,
        "last": last,
    }


def _version_entry(call: Call, patient: Patient, links: Sequence[PatientLink]) -> Json:
    is_first = patient.version == 1
    method, url = ("POST", "Patient") if is_first else ("PUT", f"Patient/{patient.id}")
    response = {
        "status": "201" if is_first else "200",
        "etag": version_tag(patient.version),
        "lastModified": patient.updated_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    entry = {"fullUrl": _url(call, patient.id), "resource": render_patient(patient, links=links)}
    return {**entry, "request": {"method": method, "url": url}, "response": response}


def _provenance_entry(call: Call, patient: Patient, *, mode: str = "match") -> Found:
    rendered = render_provenance(patient)
    return Found(rendered, f"{call.site.public_url}{BASE}/Provenance/{rendered['id']}", mode)


def _shown(patient: Patient, asked: Asked, links: Sequence[PatientLink]) -> Json:
    rendered = render_patient(patient, links=links)
    return rendered if asked.elements is None else subset(rendered, asked.elements)


def _url(call: Call, patient_id: PatientId) -> str:
    return f"{call.site.public_url}{BASE}/Patient/{patient_id}"


def _preferred(
    patient: Patient, form: str, returns: str, status: int, *, links: Sequence[PatientLink] = ()
) -> Answer:
    """The answer to a change: the resource, nothing, or a sentence."""
    match returns:
        case "minimal":
            return Answer(status, headers=_version_headers(patient))
        case "operationoutcome":
            done = operation_outcome([Issue("informational", "Done.", severity="information")])
            return _answer(done, form, status, _version_headers(patient))
        case _:
            return _answer(render_patient(patient, links=links), form, status, _version_headers(patient))


def _shown_answer(call: Call, patient: Patient, form: str) -> Answer:
    """A record, or a version of one, that somebody was shown."""
    ((_, links),) = _with_links(call, [patient])
    return _preferred(patient, form, "representation", 200, links=links)


def _with_links(call: Call, patients: Sequence[Patient]) -> Iterator[tuple[Patient, Sequence[PatientLink]]]:
    """Records together with what they have to do with others of the same person: one look-up for all."""
    return zip(patients, find_links(call.desk, call.actor.practice_id, patients), strict=True)


def _links_now(call: Call, patient_id: PatientId) -> Sequence[PatientLink]:
    """The links that a client was shown of a record, and sends back with it."""
    return find_links_now(call.desk, call.actor.practice_id, patient_id)


def _version_headers(patient: Patient) -> dict[str, str]:
    return {"ETag": version_tag(patient.version), "Last-Modified": http_date(patient.updated_at)}


def _answer(content: Json, form: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, orjson.dumps(content), {"Vary": "Accept", **(headers or {})}, form)
