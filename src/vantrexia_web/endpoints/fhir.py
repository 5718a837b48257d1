"""The FHIR endpoint: the same use cases as the REST API's, in FHIR's words. Searches: `fhir_search`."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from vantrexia_adapters.fhir import (
    Found,
    Issue,
    Json,
    ProvenanceOf,
    match_bundle,
    operation_outcome,
    parse_patient,
    parse_revision,
    read_match,
    read_search,
    render_patient,
    render_provenance,
    searchset,
)
from vantrexia_adapters.json_patch import MalformedPatchError, PatchError, apply_patch
from vantrexia_core.audit import Once, record_refusal
from vantrexia_core.kernel import NON_FIELD, InvalidError, NotFoundError, PatientId
from vantrexia_core.patients import (
    Admission,
    GoneError,
    NewPatient,
    Patient,
    PatientLink,
    Revision,
    admit_patient,
    delete_patient,
    find_links_now,
    find_matches,
    list_versions,
    look_up_patient,
    may_read_patients,
    patch_patient,
    read_version,
    register_unless_known,
    revise_patient,
)
from vantrexia_web.answer import Answer
from vantrexia_web.call import Call, Visit
from vantrexia_web.endpoints.fhir_answers import (
    fhir_answer,
    other_pages,
    patient_url,
    provenance_entry,
    with_links,
)
from vantrexia_web.outcomes import BASE
from vantrexia_web.problems import UnprocessableError
from vantrexia_web.wire.duplicates import admission_headers
from vantrexia_web.wire.fhir import (
    http_date,
    is_unchanged,
    parse_format,
    parse_history_page,
    parse_if_match,
    parse_if_none_exist,
    parse_patch,
    parse_preferences,
    parse_resource,
    version_tag,
)
from vantrexia_web.wire.patients import parse_on_duplicate
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.strict_json import parse_json

SMART_PATH: Final = f"{BASE}/.well-known/smart-configuration"


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
        location = f"{patient_url(call, patient.id)}/_history/{patient.version}"
        status = 201 if is_new else 200
        answer = _preferred(patient, form, prefer.returns, status, links=admission.links)
        headers = admission_headers(admission, lambda id_: patient_url(call, id_))
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
    numbers = {"self": wanted.number, **other_pages(page)}
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
            for patient, links in with_links(call, [version.patient for version in page.items])
        ],
    }
    return fhir_answer(bundle, form)


def everything(call: Call) -> Answer:
    """All that there is about a patient: the Patient, and where its record comes from."""
    form = call.read(parse_format)
    patient = look_up_patient(call.desk, call.actor, _patient_id(call))
    ((_, own_links),) = with_links(call, [patient])
    found = [
        Found(render_patient(patient, links=own_links), patient_url(call, patient.id)),
        provenance_entry(call, patient),
    ]
    links = {"self": f"{call.site.public_url}{call.request.path}"}
    return fhir_answer(searchset(found, total=len(found), links=links), form)


def match(call: Call) -> Answer:
    """Whom of the practice somebody may be, the likeliest first."""
    form = call.read(parse_format)
    asked = call.read(lambda request: read_match(parse_resource(request)))
    matches = find_matches(
        call.desk, call.actor, asked.person, limit=asked.count, only_certain=asked.only_certain
    )
    shown = with_links(call, [one.key for one in matches.ranked])
    links = {patient.id: links for patient, links in shown}
    return fhir_answer(match_bundle(matches, lambda id_: patient_url(call, id_), links), form)


def provenance(call: Call) -> Answer:
    """Where one version of a patient's record comes from."""
    form = call.read(parse_format)
    about = call.read(_provenance_of)
    shown = read_version(call.desk, call.actor, about.patient_id, about.version)
    return fhir_answer(render_provenance(shown.patient), form)


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


def _version_entry(call: Call, patient: Patient, links: Sequence[PatientLink]) -> Json:
    is_first = patient.version == 1
    method, url = ("POST", "Patient") if is_first else ("PUT", f"Patient/{patient.id}")
    response = {
        "status": "201" if is_first else "200",
        "etag": version_tag(patient.version),
        "lastModified": patient.updated_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    entry = {"fullUrl": patient_url(call, patient.id), "resource": render_patient(patient, links=links)}
    return {**entry, "request": {"method": method, "url": url}, "response": response}


def _preferred(
    patient: Patient, form: str, returns: str, status: int, *, links: Sequence[PatientLink] = ()
) -> Answer:
    """The answer to a change: the resource, nothing, or a sentence."""
    match returns:
        case "minimal":
            return Answer(status, headers=_version_headers(patient))
        case "operationoutcome":
            done = operation_outcome([Issue("informational", "Done.", severity="information")])
            return fhir_answer(done, form, status, _version_headers(patient))
        case _:
            return fhir_answer(render_patient(patient, links=links), form, status, _version_headers(patient))


def _shown_answer(call: Call, patient: Patient, form: str) -> Answer:
    """A record, or a version of one, that somebody was shown."""
    ((_, links),) = with_links(call, [patient])
    return _preferred(patient, form, "representation", 200, links=links)


def _links_now(call: Call, patient_id: PatientId) -> Sequence[PatientLink]:
    """The links that a client was shown of a record, and sends back with it."""
    return find_links_now(call.desk, call.actor.practice_id, patient_id)


def _version_headers(patient: Patient) -> dict[str, str]:
    return {"ETag": version_tag(patient.version), "Last-Modified": http_date(patient.updated_at)}
