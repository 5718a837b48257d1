"""Every field of every body with everything that can be wrong with it."""

import json
from itertools import product

import pytest

from tests.web.refusals import VALIDATION, Unchanged, assert_problem
from tests.web.service import LOGIN, PATIENTS, path_of, restore_path

MARK = "Zqmark"

GOOD = {
    "first_name": "Marisol",
    "last_name": "Quintero",
    "date_of_birth": "1961-04-09",
    "gender": "female",
    "mrn": "MRN-77123",
    "phone": "555-0142",
    "email": "m.quintero@example.org",
    "address": {
        "line1": "1200 Prairie Avenue",
        "line2": "Apt 4B",
        "city": "Springfield",
        "state": "IL",
        "zip": "62704",
    },
    "ssn": "899-12-3456",
    "external_id": "ECW-77001",
}

WRONG_TYPES = [7, -1.5, True, [], [MARK], {}, {MARK: MARK}]
NOT_CLEAN = [f"{MARK}\x07", f"{MARK}\x00", f"{MARK}\ud800", f"\udfff{MARK}", f"{MARK}\u202e", f"{MARK}\r\nx"]
BLANK = ["", "   ", "\t\n"]


def _texts(characters_max: int) -> list[object]:
    return [*WRONG_TYPES, *BLANK, *NOT_CLEAN, MARK + "x" * (characters_max - len(MARK) + 1), "x" * 5000]


def _patterned(*bad: object) -> list[object]:
    return [*WRONG_TYPES, *BLANK, *NOT_CLEAN, MARK, MARK * 1000, *bad]


BAD = {
    "first_name": [None, *_texts(100)],
    "last_name": [None, *_texts(100)],
    "date_of_birth": [
        None,
        *_patterned(
            "2023-02-29",
            "1965-13-01",
            "1965-00-10",
            "19650822",
            "1965-W34-7",
            "1965-8-22",
            "1965-08-22T00:00:00Z",
            " 1965-08-22",
            "1965-08-22\n",
            "١٩٦٥-٠٨-٢٢",
            "1899-12-31",
            "0000-01-01",
            "2026-02-08",
            "9999-12-31",
        ),
    ],
    "gender": [None, *_patterned("Female", "f", " FEMALE", "nonbinary")],
    "mrn": _texts(64),
    "phone": _patterned("123456", "1" * 21, "555-0142 ext. 3", "-------", "५५५५५५५५"),
    "email": _patterned(
        "nobody", "a@b", "a@@example.org", "a b@example.org", "@example.org", f"{'a' * 65}@x.org"
    ),
    "ssn": _patterned(
        "489-45-678", "000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000"
    ),
    "external_id": _texts(64),
    "address": [7, -1.5, True, [], [MARK], "", MARK],
    "address.line1": _texts(200),
    "address.line2": _texts(200),
    "address.city": _texts(100),
    "address.state": _patterned("Illinois", "I1", "I", "ÄÖ"),
    "address.zip": _patterned("6270", "62704-", "62704-44", "627044455", "ABCDE", "６２７０４"),
}
CASES = [
    pytest.param(field, value, id=f"{field}-{number}")
    for field in BAD
    for number, value in enumerate(BAD[field])
]


def _with(field: str, value: object) -> dict[str, object]:
    body = json.loads(json.dumps(GOOD))
    *above, name = field.split(".")
    target = body
    for step in above:
        target = target[step]
    target[name] = value
    return body


def _only(field: str, value: object) -> dict[str, object]:
    name, _, nested = field.partition(".")
    return {name: {nested: value} if nested else value}


def _check(response, field, value):
    assert_problem(response, 400, VALIDATION, field)
    assert MARK not in response.text
    if isinstance(value, str) and len(value) > 5:
        assert json.dumps(value)[1:-1] not in response.text


@pytest.fixture(scope="module")
def patient(refusing_service):
    """The record that PUT and PATCH try to change."""
    return refusing_service.patient()


@pytest.mark.parametrize(("field", "value"), CASES)
def test_a_creation_with_a_bad_field_is_refused_on_that_field(refusing_service, field, value):
    """400 on the field, its value nowhere, nothing stored, the refusal on the trail."""
    with Unchanged(refusing_service, VALIDATION):
        _check(refusing_service.send("POST", PATIENTS, _with(field, value)), field, value)


@pytest.mark.parametrize(("field", "value"), [*CASES, pytest.param("mrn", None, id="mrn-null")])
def test_a_replacement_with_a_bad_field_is_refused_on_that_field(refusing_service, patient, field, value):
    """As for a creation; besides, an MRN cannot be emptied."""
    with Unchanged(refusing_service, VALIDATION):
        _check(refusing_service.send("PUT", path_of(patient), _with(field, value)), field, value)


@pytest.mark.parametrize(("field", "value"), [*CASES, pytest.param("mrn", None, id="mrn-null")])
def test_a_change_with_a_bad_field_is_refused_on_that_field(refusing_service, patient, field, value):
    """As for a replacement, with the bad field alone."""
    with Unchanged(refusing_service, VALIDATION):
        _check(refusing_service.send("PATCH", path_of(patient), _only(field, value)), field, value)


@pytest.mark.parametrize("value", [None, *_texts(500)])
def test_archiving_with_a_bad_reason_is_refused_on_the_reason(refusing_service, patient, value):
    """400 on the reason, its text nowhere, nothing stored."""
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send("POST", path_of(patient, "archive"), {"reason": value})
        _check(response, "reason", value)


@pytest.mark.parametrize("value", [None, *_texts(500)])
def test_restoring_with_a_bad_reason_is_refused_on_the_reason(refusing_service, patient, value):
    """As for archiving."""
    with Unchanged(refusing_service, VALIDATION):
        _check(refusing_service.send("POST", restore_path(patient), {"reason": value}), "reason", value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *product(["email"], [None, *_patterned("nobody", "a@b")]),
        *product(["password"], [None, *WRONG_TYPES, "", "\ud800" * 12, MARK * 30]),
    ],
)
def test_signing_in_with_a_bad_field_is_refused_on_that_field(refusing_service, field, value):
    """400 on the field, and nothing of what was typed in the answer."""
    body = {"email": "clinician@practice.com", "password": "SecureP@ss123"} | {field: value}
    with Unchanged(refusing_service, VALIDATION, entries=0):
        _check(refusing_service.send("POST", LOGIN, body, role=None), field, value)


@pytest.mark.parametrize("missing", ["first_name", "last_name", "date_of_birth", "gender"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_required_field_that_is_missing_is_named(refusing_service, patient, method, missing):
    """The four required fields are required by create and PUT alike."""
    body = {name: value for name, value in GOOD.items() if name != missing}
    path = PATIENTS if method == "POST" else path_of(patient)
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send(method, path, body)
    assert response.json()["field_errors"] == {missing: ["This field is required."]}


def test_all_bad_fields_are_reported_at_once(refusing_service):
    """One answer names every field that is wrong, those of the address by dotted keys."""
    body = {
        "first_name": "",
        "gender": None,
        "phone": "12",
        "address": {"zip": "1", "state": "Illinois", "street": "x"},
        "nick_name": "x",
    }
    response = refusing_service.send("POST", PATIENTS, body)
    assert_problem(
        response,
        400,
        VALIDATION,
        *("first_name", "last_name", "date_of_birth", "gender", "phone"),
        *("address.zip", "address.state", "address.street", "nick_name"),
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_birth_in_the_future_is_reported_with_all_that_is_wrong(refusing_service, patient, method):
    """The present is known before the core is asked; and what the path asks for is wrong as well."""
    body = GOOD | {"date_of_birth": "2026-02-08", "gender": "f"}
    created = method == "POST"
    path = f"{PATIENTS}?on_duplicate=perhaps" if created else path_of(patient)
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send(method, path, body)
    assert_problem(response, 400, VALIDATION, "date_of_birth", "gender", *(["on_duplicate"] * created))


@pytest.mark.parametrize(
    "field",
    ["id", "active", "status", "created_at", "updated_at", "version", "practice_id", "fist_name", "_x"],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_an_unknown_field_is_refused_by_its_name(refusing_service, patient, method, field):
    """A typo never loses data silently, and nothing that the service decides can be set from outside."""
    path = PATIENTS if method == "POST" else path_of(patient)
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send(method, path, GOOD | {field: MARK})
    assert_problem(response, 400, VALIDATION, field)
    assert MARK not in response.text


@pytest.mark.parametrize(
    "key",
    [
        f"{MARK} Doe",
        f"{MARK}\ud800",
        f"{MARK}\x00",
        MARK * 7,
        f"{MARK}\n",
        "",
        "é" + MARK,
        f"9{MARK}",
        f"{MARK}.x",
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_an_unknown_field_that_is_no_field_name_is_not_repeated(refusing_service, key, nested):
    """Such a key may be PHI in the wrong place, or not even printable."""
    body = GOOD | ({"address": GOOD["address"] | {key: "x"}} if nested else {key: "x"})
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send("POST", PATIENTS, body)
    assert_problem(response, 400, VALIDATION, "non_field_errors")
    assert MARK not in response.text


@pytest.mark.parametrize("action", ["archive", "unarchive"])
def test_an_unknown_field_of_a_move_is_refused(refusing_service, patient, action):
    """Unarchiving takes no fields at all."""
    body = {"reason": "Moved away", "notify": True} if action == "archive" else {"notify": True}
    with Unchanged(refusing_service, VALIDATION):
        response = refusing_service.send("POST", path_of(patient, action), body)
    assert_problem(response, 400, VALIDATION, "notify")


@pytest.mark.parametrize("field", ["mrn", "external_id"])
def test_a_taken_identifier_is_refused_on_its_field(service, field):
    """An MRN or external id of another record is a 400 on that field."""
    assert service.send("POST", PATIENTS, GOOD).status_code == 201
    other = GOOD | {"mrn": "MRN-77124", "external_id": "ECW-77002"} | {field: GOOD[field]}
    with Unchanged(service, VALIDATION):
        assert_problem(service.send("POST", PATIENTS, other), 400, VALIDATION, field)


@pytest.mark.parametrize(
    "name", ["O'Brien", "Nguyễn", "李", "X", "Jean-Luc", "Mc Donald", "ʻOkina", "Ærøskøbing", "Ⅳ"]
)
def test_real_names_pass_and_come_back_equal(service, name):
    """People have names in every script, of one letter, with apostrophes and marks."""
    response = service.send("POST", PATIENTS, GOOD | {"first_name": name, "last_name": name})
    assert response.status_code == 201
    assert (response.json()["first_name"], response.json()["last_name"]) == (name, name)
