"""What can be done with a Patient: the use cases of the REST API in FHIR's words, conditions and all."""

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.patient import Patient as R4Patient

from tests.web.fhir.resources import ECW_SYSTEM, FHIR, MANY, MRN_SYSTEM, PATCH, a_resource, created, path_of
from tests.web.refusals import Unchanged, assert_outcome
from tests.web.service import PATIENTS, PUBLIC_URL
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.kernel import Role
from vantrexia_web.outcomes import FHIR_JSON

SECOND_NAME = [{"op": "add", "path": "/name/0/given/-", "value": "Inés"}]


@pytest.fixture
def made(service):
    """A Patient that was created: the answer."""
    return created(service)


def test_a_patient_is_created(service, made):
    """201 with where it is, its version, when, and the resource with the number it was given."""
    resource = made.json()
    R4Patient.model_validate(resource)
    assert made.headers["location"] == f"{PUBLIC_URL}{MANY}/{resource['id']}/_history/1"
    assert made.headers["etag"] == 'W/"1"'
    assert made.headers["last-modified"] == "Fri, 06 Feb 2026 14:30:00 GMT"
    assert made.headers["content-type"] == FHIR_JSON
    assert resource["identifier"] == [{"system": MRN_SYSTEM, "value": "MRN-00001"}]
    assert resource["meta"] | {"profile": None} == {
        "versionId": "1",
        "lastUpdated": "2026-02-06T14:30:00Z",
        "profile": None,
    }
    entry = service.trail[-1]
    assert (entry.action, entry.outcome) == (Action.CREATE, Outcome.DONE)
    assert str(entry.patient_id) == resource["id"]


def test_what_is_created_here_is_read_there_and_the_other_way_round(service, made):
    """One record behind both APIs."""
    id_ = made.json()["id"]
    assert service.send("GET", f"{PATIENTS}{id_}/").json()["last_name"] == "Quintero"
    service.send("PATCH", f"{PATIENTS}{id_}/", {"last_name": "Vela"})
    assert service.send("GET", f"{MANY}/{id_}").json()["name"][0]["family"] == "Vela"


def test_a_patient_is_read(service, made):
    """The same resource, its version in the ETag, one entry in the trail."""
    response = service.send("GET", path_of(made))
    assert (response.status_code, response.json()) == (200, made.json())
    assert response.headers["etag"] == 'W/"1"'
    assert service.trail[-1].action is Action.READ


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If_None_Match", 'W/"1"', 304),
        ("If_None_Match", '"1"', 304),
        ("If_None_Match", "*", 304),
        ("If_None_Match", 'W/"2", W/"1"', 304),
        ("If_None_Match", 'W/"2"', 200),
        ("If_Modified_Since", "Fri, 06 Feb 2026 14:30:00 GMT", 304),
        ("If_Modified_Since", "Fri, 06 Feb 2026 14:29:59 GMT", 200),
        ("If_Modified_Since", "yesterday", 200),
    ],
)
def test_what_a_client_has_is_not_sent_again(service, made, header, value, status):
    """304 without a body; tags strong or weak, dates by the second."""
    response = service.send("GET", path_of(made), **{header: value})
    assert response.status_code == status
    assert (response.content == b"") is (status == 304)
    assert response.headers["etag"] == 'W/"1"'


@pytest.mark.parametrize("id_", ["abc", "x" * 64, "D290F1EE-6C54-4B01-90E6-D701748F0851", "1.2.3"])
def test_an_id_that_is_none_of_ours_is_not_found(service, id_):
    """404 for whoever may look, recorded; 401 for whoever may not."""
    with Unchanged(service, "not_found"):
        assert_outcome(service.send("GET", f"{MANY}/{id_}"), 404, "not_found")
    assert_outcome(service.send("GET", f"{MANY}/{id_}", role=None), 401, "not_authenticated")


def test_a_patient_is_replaced(service, made):
    """What is not sent is gone, the three numbers stay; the version rises."""
    resource = made.json() | {"gender": "other", "telecom": [{"system": "phone", "value": "555-0199"}]}
    del resource["identifier"]
    response = service.send("PUT", path_of(made), resource, Content_Type=FHIR, If_Match='W/"1"')
    assert (response.status_code, response.headers["etag"]) == (200, 'W/"2"')
    after = response.json()
    assert (after["gender"], after["identifier"]) == ("other", made.json()["identifier"])
    again = service.send("PUT", path_of(made), a_resource(id=after["id"]), Content_Type=FHIR)
    assert "telecom" not in again.json()
    assert service.trail[-1].action is Action.UPDATE


@pytest.mark.parametrize("tag", ['W/"7"', '"7"', "7", 'W/"x"', ""])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_another_version_is_refused(service, made, method, tag):
    """412, and nothing is changed; what is no tag matches nothing."""
    body = {"PUT": made.json(), "PATCH": SECOND_NAME}.get(method)
    media_type = {"PUT": FHIR, "PATCH": PATCH}.get(method, "text/plain")
    with Unchanged(service, "precondition_failed"):
        response = service.send(method, path_of(made), body, Content_Type=media_type, If_Match=tag)
        assert_outcome(response, 412, "precondition_failed")


def test_a_patient_is_patched(service, made):
    """Operations in order, on the resource as it is read; what it says beyond our fields is kept."""
    response = service.send("PATCH", path_of(made), SECOND_NAME, Content_Type=PATCH, If_Match='W/"1"')
    assert response.status_code == 200
    assert response.json()["name"][0]["given"] == ["Marisol", "Inés"]
    assert response.json() == service.send("GET", path_of(made)).json()


@pytest.mark.parametrize(
    ("patch", "status", "code"),
    [
        ([{"op": "test", "path": "/gender", "value": "male"}], 422, "unprocessable"),
        ([{"op": "remove", "path": "/photo"}], 422, "unprocessable"),
        ([{"op": "replace", "path": "", "value": []}], 422, "unprocessable"),
        ([{"op": "replace", "path": "/gender", "value": "f"}], 400, "validation_error"),
        ([{"op": "replace", "path": "/id", "value": "x"}], 400, "validation_error"),
        ([{"op": "remove", "path": "/birthDate"}], 422, "validation_error"),
        ([{"op": "guess", "path": "/gender"}], 400, "validation_error"),
        ({"op": "remove", "path": "/gender"}, 400, "validation_error"),
        (b"[", 400, "parse_error"),
    ],
)
def test_a_patch_that_does_not_fit_changes_nothing(service, made, patch, status, code):
    """422 where the record speaks against it, 400 where it is no patch or leaves no Patient."""
    with Unchanged(service, code):
        response = service.send("PATCH", path_of(made), patch, Content_Type=PATCH)
        assert (response.status_code, response.json()["resourceType"]) == (status, "OperationOutcome")
        assert response.json()["issue"][0]["details"]["coding"][0]["code"] == code


def test_a_deleted_patient_is_gone(service, made):
    """204; then 410, in no search, and deleting again is no error. REST says no more than not found."""
    assert service.send("DELETE", path_of(made)).status_code == 204
    for method, body in (("GET", None), ("PUT", made.json()), ("PATCH", SECOND_NAME)):
        media_type = PATCH if method == "PATCH" else FHIR
        gone = service.send(method, path_of(made), body, Content_Type=media_type)
        assert_outcome(gone, 410, "not_found")
    assert_outcome(service.send("GET", f"{path_of(made)}/_history"), 410, "not_found")
    assert service.send("DELETE", path_of(made)).status_code == 204
    assert service.send("GET", MANY).json()["total"] == 0
    assert service.send("GET", f"{PATIENTS}{made.json()['id']}/").status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_record_of_another_practice_does_not_exist(service, method):
    """404, and the same words as for an id that nobody has."""
    foreign = service.patient(practice_id=type(service.practice_id)(int=7))
    answers = set()
    for id_ in (str(foreign.id), "00000000-0000-4000-8000-000000000000"):
        body = a_resource(id=id_) if method == "PUT" else SECOND_NAME if method == "PATCH" else None
        response = service.send(
            method, f"{MANY}/{id_}", body, Content_Type=PATCH if method == "PATCH" else FHIR
        )
        assert response.status_code == 404
        answers.add(response.text)
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("prefer", "kind"), [("return=minimal", None), ("return=OperationOutcome", "OperationOutcome"),
                         ("return=representation", "Patient"), ("handling=strict", "Patient")],
)  # fmt: skip
def test_a_client_says_what_it_wants_back(service, prefer, kind):
    """Nothing, a sentence, or the resource (RFC 7240)."""
    response = service.send("POST", MANY, a_resource(), Content_Type=FHIR, Prefer=prefer)
    assert (response.status_code, response.headers["etag"]) == (201, 'W/"1"')
    assert (response.json()["resourceType"] if response.content else None) == kind


def test_a_conditional_create_happens_once(service):
    """The first time 201; then 200 and the same record, whatever is sent."""
    numbered = a_resource(identifier=[{"system": ECW_SYSTEM, "value": "E-1"}])
    condition = {"If_None_Exist": f"identifier={ECW_SYSTEM}|E-1"}
    first = service.send("POST", MANY, numbered, Content_Type=FHIR, **condition)
    again = service.send("POST", MANY, numbered | {"gender": "other"}, Content_Type=FHIR, **condition)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert service.trail[-1].disclosed == service.trail[-2].disclosed


def test_a_condition_may_stand_in_the_url(service):
    """Where clients of other servers write it; a parameter that there is not is refused, not ignored."""
    first, again = (
        service.send("POST", f"{MANY}?family=quintero", a_resource(), Content_Type=FHIR) for _ in range(2)
    )
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    assert service.send("POST", f"{MANY}?x=1", a_resource(), Content_Type=FHIR).status_code == 400


def test_a_conditional_create_that_fits_several_is_refused(service):
    """412: the condition does not tell who is meant."""
    created(service)
    created(service)
    with Unchanged(service, "ambiguous"):
        response = service.send("POST", MANY, a_resource(), Content_Type=FHIR, If_None_Exist="family=quin")
        assert_outcome(response, 412, "ambiguous")


@pytest.mark.parametrize("condition", ["", "nonsense=1", "birthdate=x", "%zz%ff"])
def test_a_condition_that_is_none_is_refused(service, condition):
    """A condition that is ignored would create what it should prevent."""
    with Unchanged(service, "validation_error"):
        response = service.send("POST", MANY, a_resource(), Content_Type=FHIR, If_None_Exist=condition)
        assert response.status_code == 400


def test_an_idempotency_key_works_here_as_well(service):
    """The first answer again, media type and all."""
    first, again = (
        service.send("POST", MANY, a_resource(), Content_Type=FHIR, Idempotency_Key="k-1") for _ in range(2)
    )
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == FHIR_JSON


def test_a_conditional_create_by_a_numbering_that_is_not_searched_is_refused(service):
    """It would find nobody each time, and make a second record of one person."""
    condition = {"If_None_Exist": "identifier=http://lab.example/pid|L-900"}
    response = service.send("POST", MANY, a_resource(), Content_Type=FHIR, **condition)
    assert response.status_code == 400
    assert response.json()["resourceType"] == "OperationOutcome"
    assert service.send("GET", f"{MANY}?_summary=count").json()["total"] == 0


@pytest.mark.parametrize("condition", ["If_None_Exist", "If_Match"])
def test_an_idempotency_key_belongs_to_the_conditions_it_came_with(service, condition):
    """Another condition, or none, is another call."""
    values = {"If_None_Exist": ("family=one", "family=two"), "If_Match": ('W/"1"', 'W/"2"')}[condition]
    key = {"Content_Type": FHIR, "Idempotency_Key": "k-1"}
    first, again = (service.send("POST", MANY, a_resource(), **key, **{condition: values[0]}) for _ in "12")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    for other in ({condition: values[1]}, {}):
        with Unchanged(service, "idempotency_key_reused"):
            response = service.send("POST", MANY, a_resource(), **key, **other)
            assert_outcome(response, 422, "idempotency_key_reused")


def test_a_number_that_somebody_has_is_a_duplicate(service):
    """422: FHIR's word for what breaks a rule of the business."""
    numbered = {"identifier": [{"system": MRN_SYSTEM, "value": "M-1"}]}
    created(service, **numbered)
    response = service.send("POST", MANY, a_resource(**numbered), Content_Type=FHIR)
    assert_outcome(response, 422, "validation_error", "Patient.identifier")
    assert response.json()["issue"][0]["code"] == "duplicate"


def test_what_is_wrong_is_told_with_its_place_and_without_its_value(service):
    """All complaints at once, each with a FHIRPath, none with what was sent."""
    with Unchanged(service, "validation_error"):
        response = service.send("POST", MANY, a_resource(gender="Zzmark", born="Zzmark"), Content_Type=FHIR)
    assert_outcome(response, 400, "validation_error", "Patient.gender", "Patient.birthDate")
    assert "Zzmark" not in response.text


def test_versions_are_read_and_listed(service, made):
    """Vread gives what a version said; the history is newest first, with how each came about."""
    service.send("PATCH", path_of(made), SECOND_NAME, Content_Type=PATCH)
    first = service.send("GET", f"{path_of(made)}/_history/1")
    assert (first.json(), first.headers["etag"]) == (made.json(), 'W/"1"')
    bundle = service.send("GET", f"{path_of(made)}/_history?_count=1").json()
    Bundle.model_validate(bundle)
    assert (bundle["type"], bundle["total"]) == ("history", 2)
    assert bundle["entry"][0]["request"] == {"method": "PUT", "url": path_of(made).removeprefix("/fhir/")}
    (following,) = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
    older = service.send("GET", following.removeprefix(PUBLIC_URL)).json()
    assert [entry["response"]["etag"] for entry in older["entry"]] == ['W/"1"']
    assert_outcome(service.send("GET", f"{path_of(made)}/_history/9"), 404, "not_found")


def test_everything_of_a_patient_is_a_bundle(service, made):
    """The Patient and where its record comes from; one entry in the trail."""
    before = len(service.trail)
    bundle = service.send("GET", f"{path_of(made)}/$everything").json()
    Bundle.model_validate(bundle)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert (kinds, bundle["total"], len(service.trail)) == (["Patient", "Provenance"], 2, before + 1)
    url = bundle["entry"][1]["fullUrl"].removeprefix(PUBLIC_URL)
    assert service.send("GET", url).json() == bundle["entry"][1]["resource"]


def test_a_patients_account_finds_and_reads_itself_alone(service):
    """Other records are not found, and no search shows them."""
    own, other = service.patient(), service.patient()
    service.user(Role.PATIENT, patient_id=own.id)
    assert service.send("GET", f"{MANY}/{own.id}", role=Role.PATIENT).status_code == 200
    assert_outcome(service.send("GET", f"{MANY}/{other.id}", role=Role.PATIENT), 404, "not_found")
    assert service.send("GET", f"{MANY}?_id={own.id},{other.id}", role=Role.PATIENT).json()["total"] == 1


def test_the_path_of_the_rest_api_shows_the_resource_and_keeps_its_envelope(service, made):
    """`/fhir/patients/{uuid}/` is part of that API; only what it shows is FHIR."""
    id_ = made.json()["id"]
    assert service.send("GET", f"/fhir/patients/{id_}/").json() == made.json()
    missing = service.send("GET", "/fhir/patients/00000000-0000-4000-8000-000000000000/")
    assert missing.json() == {"detail": "No such record.", "code": "not_found"}
    assert service.send("GET", f"/fhir/patients/{id_}").status_code == 308


@pytest.mark.parametrize("path", [MANY, f"{MANY}/", "/fhir/metadata/"])
def test_a_slash_at_the_end_makes_no_difference(service, path):
    """Nobody is sent elsewhere."""
    assert service.send("GET", path).status_code == 200
