"""Patient.link of records that were merged: one rule, wherever a record is shown."""

import json

import pytest

from tests.builders import a_new_patient, a_suspicion, an_actor
from tests.web.fhir.resources import FHIR, MANY, MRN_SYSTEM, PATCH, a_resource, created, found
from tests.web.service import PATIENTS, PUBLIC_URL
from vantrexia_core.patients import Decision, Reason, decide, merge_patients, undo_merge

WHY = Reason("Registered twice")


@pytest.fixture
def merged(service):
    """A survivor, the record that gave way to it, and the merge."""
    survivor, loser = service.patient(a_new_patient(phone=None)), service.patient()
    actor = an_actor()
    return survivor.id, loser.id, merge_patients(service.desk, actor, survivor.id, loser.id, WHY).merge


def _links(resource):
    return [(one["type"], one["other"]["reference"]) for one in resource.get("link", ())]


def _shown(service, id_):
    """The record's links by where it is shown."""
    path = f"{MANY}/{id_}"
    version = service.send("GET", path).json()["meta"]["versionId"]
    started = service.send("GET", "/fhir/Patient/$export", Accept=FHIR, Prefer="respond-async")
    manifest = service.send("GET", started.headers["content-location"].removeprefix(PUBLIC_URL)).json()
    lines = service.send("GET", manifest["output"][0]["url"].removeprefix(PUBLIC_URL)).text.splitlines()
    (exported,) = [one for one in map(json.loads, lines) if one["id"] == str(id_)]
    return {
        "read": _links(service.send("GET", path).json()),
        "search": _links(found(service, f"_id={id_}")["entry"][0]["resource"]),
        "vread": _links(service.send("GET", f"{path}/_history/{version}").json()),
        "history": _links(service.send("GET", f"{path}/_history").json()["entry"][0]["resource"]),
        "everything": _links(service.send("GET", f"{path}/$everything").json()["entry"][0]["resource"]),
        "export": _links(exported),
        "REST": _links(service.send("GET", f"/fhir/patients/{id_}/").json()),
    }


def test_a_survivor_and_who_gave_way_say_so_wherever_they_are_shown(service, merged):
    """The same links in read, search, versions, $everything and exports; none once it is undone."""
    survivor, loser, merge = merged
    assert set(map(tuple, _shown(service, survivor).values())) == {(("replaces", f"Patient/{loser}"),)}
    assert set(map(tuple, _shown(service, loser).values())) == {(("replaced-by", f"Patient/{survivor}"),)}
    undo_merge(service.desk, an_actor(), merge.id, WHY)
    for id_ in (survivor, loser):
        assert set(map(tuple, _shown(service, id_).values())) == {()}


def test_a_version_says_what_held_then(service, merged):
    """Before the merge nothing, while it held the link, after its undoing nothing."""
    survivor, loser, merge = merged
    undo_merge(service.desk, an_actor(), merge.id, WHY)
    entries = service.send("GET", f"{MANY}/{survivor}/_history").json()["entry"]
    assert [_links(entry["resource"]) for entry in entries] == [[], [("replaces", f"Patient/{loser}")], []]


def test_a_change_answers_with_the_links_and_takes_them_back(service, merged):
    """What a client found by searching can be sent as it is."""
    survivor, loser, _ = merged
    resource = found(service, f"_id={survivor}")["entry"][0]["resource"]
    path = f"{MANY}/{survivor}"
    sent = service.send("PUT", path, resource | {"gender": "other"}, Content_Type=FHIR)
    patch = [{"op": "replace", "path": "/gender", "value": "female"}]
    patched = service.send("PATCH", path, patch, Content_Type=PATCH)
    for response in (sent, patched):
        assert _links(response.json()) == [("replaces", f"Patient/{loser}")]


def test_the_number_of_a_record_that_gave_way_finds_its_survivor(service, merged):
    """In FHIR as over REST, and where a create is conditional on it: nobody is made twice."""
    survivor, loser, _ = merged
    number = service.send("GET", f"{PATIENTS}{loser}/").json()["mrn"]
    (entry,) = found(service, f"identifier={MRN_SYSTEM}|{number}")["entry"]
    (listed,) = service.send("GET", f"{PATIENTS}?search={number}").json()["results"]
    condition = {"If_None_Exist": f"identifier={number}"}
    known = service.send("POST", MANY, a_resource(), Content_Type=FHIR, **condition)
    assert {entry["resource"]["id"], listed["id"], known.json()["id"]} == {str(survivor)}
    assert (known.status_code, _links(known.json())) == (200, [("replaces", f"Patient/{loser}")])


def test_two_records_of_one_person_that_were_not_merged_see_each_other(service, merged):
    """Somebody decided so; a survivor stands for whom it replaced."""
    survivor, loser, _ = merged
    third = created(service).json()["id"]
    with service.desk.begin(service.practice_id) as work:
        pair = a_suspicion(loser, type(loser)(third))
        work.suspicions.add([pair])
        work.suspicions.lead([loser], survivor)
        work.commit()
    decide(service.desk, an_actor(), pair.id, Decision.SAME)
    assert set(map(tuple, _shown(service, third).values())) == {(("seealso", f"Patient/{survivor}"),)}
    assert ("seealso", f"Patient/{third}") in _shown(service, survivor)["search"]
