"""ETag and If-Match keep updates from overwriting each other; Idempotency-Key makes a call happen once."""

import pytest

from tests.web.refusals import VALIDATION, Unchanged, assert_problem
from tests.web.service import PATIENTS, path_of, restore_path
from vantrexia_core.audit import Outcome
from vantrexia_core.kernel import Role

NEW = {"first_name": "A", "last_name": "B", "date_of_birth": "1990-01-02", "gender": "other"}
CONDITIONAL = {
    "PUT": ("PUT", "", NEW),
    "PATCH": ("PATCH", "", {"phone": "555-0177"}),
    "DELETE": ("DELETE", "", None),
    "archive": ("POST", "archive", {"reason": "x"}),
}


def test_the_etag_counts_saved_changes(service):
    """Create, read, change, archive and unarchive show the version as a strong tag."""
    created = service.send("POST", PATIENTS, NEW)
    url = created.headers["location"].removeprefix("https://app.vantrexia.com")
    tags = [
        created,
        service.send("GET", url),
        service.send("PATCH", url, {"phone": "555-0177"}),
        service.send("PUT", url, NEW),
        service.send("POST", f"{url}archive/", {"reason": "x"}),
        service.send("POST", f"{url}unarchive/"),
    ]
    assert [response.headers["etag"] for response in tags] == ['"1"', '"1"', '"2"', '"3"', '"4"', '"5"']


@pytest.mark.parametrize("name", CONDITIONAL)
@pytest.mark.parametrize("tags", ['"1"', "*", '"7", "1"', '"x,y" , "1"', 'W/"1", "1"', ' "1" '])
def test_a_change_with_a_matching_tag_is_made(service, name, tags):
    """The tag of the current version, alone or in a list, or any version at all."""
    method, action, body = CONDITIONAL[name]
    response = service.send(method, path_of(service.patient(), action), body, If_Match=tags)
    assert response.status_code in {200, 204}


@pytest.mark.parametrize("name", CONDITIONAL)
@pytest.mark.parametrize(
    "tags",
    ['"2"', '"0"', 'W/"1"', '"01"', "1", '"1', "", '""', '"1" "1"', "* ,", '"x", *', '"' + "9" * 5000 + '"'],
)
def test_a_change_without_a_matching_tag_is_refused(service, name, tags):
    """412 for another version, for a weak tag, and for what is no tag: nothing is changed."""
    method, action, body = CONDITIONAL[name]
    patient = service.patient()
    with Unchanged(service, "precondition_failed"):
        response = service.send(method, path_of(patient, action), body, If_Match=tags)
    assert_problem(response, 412, "precondition_failed")


def test_two_who_read_the_same_version_do_not_overwrite_each_other(service):
    """The second of two conditional updates is told to read again."""
    url = path_of(service.patient())
    tag = service.send("GET", url).headers["etag"]
    assert service.send("PATCH", url, {"phone": "555-0171"}, If_Match=tag).status_code == 200
    assert_problem(
        service.send("PATCH", url, {"phone": "555-0172"}, If_Match=tag), 412, "precondition_failed"
    )
    assert service.send("GET", url).json()["phone"] == "555-0171"


def test_a_repeated_creation_is_answered_again(service):
    """Same key, same body: one patient, and the first answer with its status, tag and location."""
    first = service.send("POST", PATIENTS, NEW, Idempotency_Key="key-1")
    stored = service.stored
    again = service.send("POST", PATIENTS, NEW, Idempotency_Key="key-1")
    assert (again.status_code, again.content) == (201, first.content)
    for header in ("etag", "location", "content-type"):
        assert again.headers[header] == first.headers[header]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert service.stored == stored
    assert service.trail[-1].outcome is Outcome.REPLAYED


def _moves(service):
    return {
        "archive": (path_of(service.patient(), "archive"), {"reason": "x"}),
        "unarchive": (path_of(service.archived_patient(), "unarchive"), None),
        "restore": (restore_path(service.deleted_patient()), {"reason": "x"}),
    }


@pytest.mark.parametrize("name", ["archive", "unarchive", "restore"])
def test_a_repeated_move_is_answered_again(service, name):
    """Without the key the second one would be a conflict."""
    path, body = _moves(service)[name]
    first = service.send("POST", path, body, Idempotency_Key="key-1")
    again = service.send("POST", path, body, Idempotency_Key="key-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"
    assert service.send("POST", path, body).status_code == 409


def test_a_key_used_for_another_body_is_refused(service):
    """422, and nothing is created."""
    service.send("POST", PATIENTS, NEW, Idempotency_Key="key-1")
    with Unchanged(service, "idempotency_key_reused"):
        response = service.send("POST", PATIENTS, NEW | {"first_name": "C"}, Idempotency_Key="key-1")
    assert_problem(response, 422, "idempotency_key_reused")


def test_a_key_used_on_another_path_is_refused(service):
    """The path is part of what makes a request the same."""
    one, other = service.patient(), service.patient()
    service.send("POST", path_of(one, "archive"), {"reason": "x"}, Idempotency_Key="key-1")
    with Unchanged(service, "idempotency_key_reused"):
        response = service.send("POST", path_of(other, "archive"), {"reason": "x"}, Idempotency_Key="key-1")
    assert_problem(response, 422, "idempotency_key_reused")


def test_two_people_may_use_the_same_key(service):
    """A key belongs to who sends it."""
    first = service.send("POST", PATIENTS, NEW, Role.NURSE, Idempotency_Key="key-1")
    second = service.send("POST", PATIENTS, NEW, Role.MA, Idempotency_Key="key-1")
    assert first.json()["id"] != second.json()["id"]


def test_a_refused_call_leaves_its_key_free(service):
    """The corrected call may use the key of the refused one."""
    bad = service.send("POST", PATIENTS, NEW | {"gender": "x"}, Idempotency_Key="key-1")
    good = service.send("POST", PATIENTS, NEW, Idempotency_Key="key-1")
    assert (bad.status_code, good.status_code) == (400, 201)


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ключ", "a\tb"])
def test_a_malformed_key_is_refused(service, key):
    """400 on the header's name: 1 to 255 visible ASCII characters."""
    headers = service.headers() | {"Idempotency-Key": key.encode()}
    with Unchanged(service, VALIDATION):
        response = service.client.post(PATIENTS, json=NEW, headers=headers)
    assert_problem(response, 400, VALIDATION, "Idempotency-Key")


def test_two_keys_are_refused(service):
    """Nobody can tell which one would count."""
    headers = [*service.headers().items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    with Unchanged(service, VALIDATION):
        response = service.client.post(PATIENTS, json=NEW, headers=headers)
    assert_problem(response, 400, VALIDATION, "Idempotency-Key")
