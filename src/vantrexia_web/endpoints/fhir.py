"""The FHIR endpoint: the same use cases as the REST API's, in FHIR's words."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

import attrs
import orjson

from vantrexia_adapters.fhir import (
    Asked,
    Found,
    InvalidResourceError,
    Issue,
    Json,
    ProvenanceOf,
    operation_outcome,
    parse_patient,
    parse_revision,
    read_search,
    render_patient,
    render_provenance,
    searchset,
    subset,
)
from vantrexia_adapters.json_patch import MalformedPatchError, PatchError, apply_patch
from vantrexia_core.audit import Once
from vantrexia_core.kernel import InvalidError, NotFoundError, Page, Phi, VantrexiaError
from vantrexia_core.patients import (
    GoneError,
    NewPatient,
    Patient,
    Revision,
    delete_patient,
    list_versions,
    look_up_patient,
    read_version,
    register_patient,
    register_unless_known,
    revise_patient,
    search_patients,
)
from vantrexia_core.protection import UnreadableError
from vantrexia_web.answer import Answer
from vantrexia_web.call import Call, Visit
from vantrexia_web.outcomes import BASE, UnknownToUpdateError, UnprocessableError
from vantrexia_web.wire.fhir import (
    http_date,
    is_unchanged,
    parse_form,
    parse_format,
    parse_if_match,
    parse_if_none_exist,
    parse_parameters,
    parse_patch,
    parse_preferences,
    parse_resource,
    version_tag,
)
from vantrexia_web.wire.listing import parse_page
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.strict_json import parse_json

T = TypeVar("T")

PAGE: Final = "_page"
"""The parameter of links to further pages: the whole search and the page's number, sealed."""


def metadata(visit: Visit) -> Answer:
    """What this server can do, as a CapabilityStatement."""
    return visit.site.pages[f"{BASE}/metadata"].with_media_type(parse_format(visit.request))


def read(call: Call) -> Answer:
    """One patient."""
    form = call.read(parse_format)
    patient = look_up_patient(call.desk, call.actor, _patient_id(call))
    if is_unchanged(call.request, patient.version, patient.updated_at):
        return Answer(304, headers=_version_headers(patient))
    return _patient_answer(patient, form)


def create(call: Call) -> Answer:
    """Register a patient, unless ``If-None-Exist`` finds one."""
    form, prefer = call.read(parse_format), call.read(parse_preferences)
    new = call.read(_new_patient)
    condition = call.read(parse_if_none_exist)

    def created(patient: Patient, *, is_new: bool = True) -> Answer:
        location = f"{_url(call, patient)}/_history/{patient.version}"
        answer = _preferred(patient, form, prefer.returns, 201 if is_new else 200)
        return answer.with_headers(Location=location)

    if condition is None:
        return call.answer_once(lambda once: register_patient(call.desk, call.actor, new, once=once), created)
    known = call.read(lambda _: read_search(condition, is_strict=True).search)

    def register(once: Once | None) -> tuple[Patient, bool]:
        return register_unless_known(call.desk, call.actor, new, known, once=once)

    return call.answer_once(register, lambda found: created(found[0], is_new=found[1]))


def update(call: Call) -> Answer:
    """Replace what is said of a patient."""
    form, prefer = call.read(parse_format), call.read(parse_preferences)
    content = call.read(parse_resource)
    return _revised(call, partial(parse_revision, content), form, prefer.returns)


def patch(call: Call) -> Answer:
    """Change some of what is said of a patient, by a JSON Patch."""
    form, prefer = call.read(parse_format), call.read(parse_preferences)
    operations = parse_json_of(call, parse_patch)

    def revision(patient: Patient) -> Revision:
        return parse_revision(_patched(render_patient(patient), operations), patient)

    return _revised(call, revision, form, prefer.returns)


def delete(call: Call) -> Answer:
    """Hide a patient's record. What is hidden already stays so, and that is no error."""
    call.read(parse_format)
    expected = parse_if_match(call.request)
    try:
        delete_patient(call.desk, call.actor, _patient_id(call), expected_version=expected)
    except GoneError:
        pass
    return Answer(204)


def vread(call: Call) -> Answer:
    """One version of a patient."""
    form = call.read(parse_format)
    shown = read_version(call.desk, call.actor, _patient_id(call), call.number("version"))
    return _patient_answer(shown.patient, form)


def history(call: Call) -> Answer:
    """A page of a patient's versions, newest first."""
    form, wanted = call.read(parse_format), call.read(_history_page)
    page = list_versions(call.desk, call.actor, _patient_id(call), wanted)
    url = f"{call.site.public_url}{call.request.path}"
    links = _page_links(page, lambda number: f"{url}?_count={page.request.size}&page={number}")
    entries = [_version_entry(call, version.patient) for version in page.items]
    bundle: Json = {"resourceType": "Bundle", "type": "history", "total": page.count, "link": links}
    return _answer({**bundle, "entry": entries}, form)


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
    found = [
        Found(render_patient(patient), _url(call, patient)),
        _provenance_entry(call, patient),
    ]
    links = {"self": f"{call.site.public_url}{call.request.path}"}
    return _answer(searchset(found, total=len(found), links=links), form)


def provenance(call: Call) -> Answer:
    """Where one version of a patient's record comes from."""
    form = call.read(parse_format)
    about = call.read(_provenance_of)
    shown = read_version(call.desk, call.actor, about.patient_id, about.version)
    return _answer(render_provenance(shown.patient), form)


def patient_resource(call: Call) -> Answer:
    """One patient as a FHIR resource, at a path of the REST API: its errors keep that API's envelope."""
    form = call.read(parse_format)
    return _patient_answer(look_up_patient(call.desk, call.actor, call.patient_id), form)


def parse_json_of(call: Call, parse: "Parse") -> object:
    """The JSON in a body that was declared as it should be."""
    return call.read(lambda request: parse_json(parse(request)))
