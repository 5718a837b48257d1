"""Bodies that are no bodies: malformed JSON in all its forms, wrong types of content, too much of it."""

import json

import pytest

from tests.web.refusals import VALIDATION, Unchanged, assert_problem
from tests.web.service import LOGIN, PATIENTS, path_of, restore_path
from vantrexia_core.kernel import Role

MARK = b"Zqmark"
MIB = 1024 * 1024
LIMIT = 64 * 1024


def _object(members: bytes) -> bytes:
    return b'{"first_name": "Zqmark"' + members + b"}"


MALFORMED = {
    "empty": b"",
    "blank": b"  \n",
    "cut": b'{"first_name": "Zqmark',
    "trailing comma": _object(b","),
    "trailing text": _object(b"") + b" Zqmark",
    "two values": _object(b"") * 2,
    "single quotes": b"{'first_name': 'Zqmark'}",
    "comment": b"/* Zqmark */ {}",
    "bare word": b"Zqmark",
    "control character in text": b'{"first_name": "Zq\x07mark"}',
    "bad escape": rb'{"first_name": "Zqmark\q"}',
    "half an escape": rb'{"first_name": "Zqmark\u12"}',
    "NaN": _object(b', "x": NaN'),
    "Infinity": _object(b', "x": Infinity'),
    "minus Infinity": _object(b', "x": -Infinity'),
    "leading zero": _object(b', "x": 01'),
    "5000 digits": _object(b', "x": ' + b"9" * 5000),
    "duplicate key": _object(b', "first_name": "Zqmark"'),
    "duplicate key in the address": _object(b', "address": {"zip": "62704", "zip": "62705"}'),
    "duplicate key by escape": _object(rb', "first\u005fname": "Zqmark"'),
    "100 arrays deep": _object(b', "x": ' + b"[" * 100 + b"]" * 100),
    "100 objects deep": _object(b', "x": ' + b'{"x":' * 100 + b"1" + b"}" * 100),
    "30,000 arrays deep": _object(b', "x": ' + b"[" * 30_000 + b"]" * 30_000),
    "only brackets": b"[" * 65_000,
    "byte order mark": b"\xef\xbb\xbf" + _object(b""),
    "UTF-16": _object(b"").decode().encode("utf-16"),
    "UTF-16 without mark": _object(b"").decode().encode("utf-16-le"),
    "UTF-32": _object(b"").decode().encode("utf-32"),
    "Latin-1": _object(', "x": "José"'.encode("latin-1")),
    "overlong UTF-8": b'{"first_name": "Zqmark\xc0\xaf"}',
    "surrogate in UTF-8": b'{"first_name": "Zqmark\xed\xa0\x80"}',
    "cut UTF-8": b'{"first_name": "Zqmark\xe2\x82"}',
    "NUL": b'{"first_name": "Zqmark"}\x00',
}
NOT_OBJECTS = {"array": b'["Zqmark"]', "text": b'"Zqmark"', "number": b"7", "true": b"true", "null": b"null"}


@pytest.fixture(scope="module")
def patient(refusing_service):
    """The record that requests try to change."""
    return refusing_service.patient()


def _doors(patient):
    return {
        "create": ("POST", PATIENTS),
        "replace": ("PUT", path_of(patient)),
        "revise": ("PATCH", path_of(patient)),
        "archive": ("POST", path_of(patient, "archive")),
        "restore": ("POST", restore_path(patient)),
    }


DOORS = ["create", "replace", "revise", "archive", "restore"]


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("door", DOORS)
def test_malformed_json_is_refused(refusing_service, patient, door, body):
    """400 with `parse_error`, nothing of the body in the answer, nothing stored, the refusal on the trail."""
    with Unchanged(refusing_service, "parse_error"):
        response = refusing_service.send(*_doors(patient)[door], body)
    assert_problem(response, 400, "parse_error", "non_field_errors")
    assert "Zq" not in response.text


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_json_does_not_sign_in(refusing_service, body):
    """A sign-in is parsed as strictly as everything else."""
    response = refusing_service.send("POST", LOGIN, body, role=None)
    assert_problem(response, 400, "parse_error", "non_field_errors")
    assert "Zq" not in response.text


@pytest.mark.parametrize("body", NOT_OBJECTS.values(), ids=NOT_OBJECTS)
@pytest.mark.parametrize("door", DOORS)
def test_json_that_is_no_object_is_refused(refusing_service, patient, door, body):
    """400 with a complaint that belongs to no field."""
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send(*_doors(patient)[door], body)
    assert_problem(response, 400, VALIDATION, "non_field_errors")
    assert "Zq" not in response.text


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/jsonp",
        "application/fhir+json",
        "",
    ],
)
def test_another_media_type_is_refused(refusing_service, media_type):
    """415 for whatever is not declared as JSON in UTF-8."""
    with Unchanged(refusing_service, "unsupported_media_type"):
        response = refusing_service.send(
            "POST", PATIENTS, b'{"first_name": "Zqmark"}', Content_Type=media_type
        )
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type", ["application/json", "APPLICATION/JSON;charset=UTF-8", 'application/json; charset="utf-8"']
)
def test_json_is_recognised_however_it_is_spelled(refusing_service, media_type):
    """Media types are compared without regard to case, and the charset may be said."""
    response = refusing_service.send("POST", PATIENTS, b"[]", Content_Type=media_type)
    assert_problem(response, 400, VALIDATION, "non_field_errors")


def test_a_compressed_body_is_refused(refusing_service):
    """415: a small body that unpacks to a huge one is not even started on."""
    with Unchanged(refusing_service, "unsupported_media_type"):
        response = refusing_service.send("POST", PATIENTS, b"\x1f\x8b", Content_Encoding="gzip")
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("door", DOORS)
def test_a_body_of_two_megabytes_is_refused(refusing_service, patient, door):
    """413 from the announced length."""
    body = json.dumps({"first_name": "Zqmark" * (2 * MIB // 6)}).encode()
    with Unchanged(refusing_service, "payload_too_large"):
        response = refusing_service.send(*_doors(patient)[door], body)
    assert_problem(response, 413, "payload_too_large")


def test_a_body_of_two_megabytes_in_chunks_is_refused(refusing_service):
    """413 as well where no length was announced."""
    headers = refusing_service.headers(Role.ADMIN) | {"Content-Type": "application/json"}
    with Unchanged(refusing_service, "payload_too_large"):
        response = refusing_service.client.post(PATIENTS, content=iter([b" " * 65536] * 32), headers=headers)
    assert_problem(response, 413, "payload_too_large")


def test_a_body_at_the_limit_is_read(refusing_service):
    """One mebibyte is not too much."""
    response = refusing_service.send("POST", PATIENTS, b"[]".ljust(LIMIT))
    assert_problem(response, 400, VALIDATION, "non_field_errors")
    assert_problem(refusing_service.send("POST", PATIENTS, b"[]".ljust(LIMIT + 1)), 413, "payload_too_large")


def test_a_too_large_sign_in_is_refused(refusing_service):
    """The limit holds for those who are not signed in, too."""
    assert_problem(refusing_service.send("POST", LOGIN, b" " * 2 * MIB, role=None), 413, "payload_too_large")


@pytest.mark.parametrize("body", [None, b"", b"{}", b" { } "])
def test_unarchiving_takes_no_body_or_an_empty_object(service, body):
    """The published request has none; a client that always sends JSON is welcome as well."""
    patient = service.archived_patient()
    assert service.send("POST", path_of(patient, "unarchive"), body).status_code == 200
