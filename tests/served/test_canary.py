"""Marked people go through every flow of a really served practice; afterwards no mark lies in clear anywhere.

Searched are the database files with their write-ahead logs (or PostgreSQL's whole data directory, WAL and
server log included), the key ring, the service's own log, and every answer that was an error.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import marks
from tests.databases import running_postgresql
from tests.programs import ask, run, serving

PASSWORD = "a long pass phrase"
CREATE_ADMIN = (
    "users", "create", "--email", "admin@practice.example", "--first-name", "Ada", "--last-name", "Lee",
    "--role", "admin", "--password-stdin",
)  # fmt: skip
PATIENT = {
    "first_name": marks.FIRST,
    "last_name": marks.LAST,
    "date_of_birth": marks.BORN.isoformat(),
    "gender": "other",
    "mrn": marks.MRN,
    "phone": marks.PHONE,
    "email": marks.EMAIL,
    "ssn": marks.SSN,
    "external_id": marks.EXTERNAL_ID,
    "address": {
        "line1": marks.LINE1,
        "line2": marks.LINE2,
        "city": marks.CITY,
        "state": marks.STATE,
        "zip": marks.ZIP,
    },
}
PATIENTS = "/api/v1/patients/"
LONG_MARKS = [mark for mark in marks.MARKS if len(mark) > 4]


class Practice:
    """A served practice, spoken to over HTTP; keeps every answer that was an error."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.errors: list[bytes] = []
        credentials = {"email": "admin@practice.example", "password": PASSWORD}
        self._headers: dict[str, str] = {}
        _, signed_in = self.call("POST", "/api/v1/auth/login/", credentials)
        self._headers = {"Authorization": f"Bearer {json.loads(signed_in)['access']}"}

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """One call; a body is sent as JSON."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        answer, content = ask(
            self._port, method, path, sent, {"Content-Type": "application/json"} | self._headers | given
        )
        if answer.status >= 400:
            whole = content + str(answer.getheaders()).encode()
            self.errors.append(whole)
        return answer.status, content


def _walk(practice: Practice) -> None:
    """Every flow once, and most of them wrongly as well."""
    status, created = practice.call("POST", PATIENTS, PATIENT, Idempotency_Key="key-1")
    assert status == 201
    assert practice.call("POST", PATIENTS, PATIENT, Idempotency_Key="key-1")[0] == 201
    assert practice.call("POST", PATIENTS, PATIENT | {"gender": "male"}, Idempotency_Key="key-1")[0] == 422
    one = f"{PATIENTS}{json.loads(created)['id']}/"
    reason = {"reason": marks.REASON}
    steps = (
        ("GET", one, None, 200),
        ("POST", PATIENTS, PATIENT, 400),
        ("POST", PATIENTS, PATIENT | {f"{marks.LAST}, {marks.FIRST}": marks.FIRST}, 400),
        (
            "POST",
            PATIENTS,
            PATIENT | {"gender": marks.FIRST, "date_of_birth": marks.LAST, "zip": marks.ZIP},
            400,
        ),
        ("POST", PATIENTS, json.dumps(PATIENT).encode()[:-1], 400),
        ("PUT", one, PATIENT | {"phone": marks.PHONE[:-1]}, 200),
        ("PUT", one, PATIENT | {"phone": marks.LAST}, 400),
        ("PATCH", one, {"email": marks.EMAIL.replace("zz", "yy")}, 200),
        ("PATCH", one, {"address": {"state": marks.CITY}}, 400),
        ("GET", f"{PATIENTS}?search={marks.LAST}", None, 200),
        ("GET", f"{PATIENTS}?search={marks.LAST}&ordering={marks.FIRST}", None, 400),
        ("GET", f"{PATIENTS}?search={marks.LAST}&page=9", None, 404),
        ("GET", f"{PATIENTS}{marks.LAST}/", None, 404),
        ("POST", f"{one}archive/", {"reason": marks.REASON * 40}, 400),
        ("POST", f"{one}archive/", reason, 200),
        ("POST", f"{one}archive/", reason, 409),
        ("GET", f"{PATIENTS}archived/?search={marks.FIRST}", None, 200),
        ("POST", f"{one}unarchive/", None, 200),
        ("DELETE", one, None, 204),
        ("GET", one, None, 404),
        ("GET", "/api/v1/admin/patients/deleted/", None, 200),
        (
            "POST",
            f"/api/v1{one.removeprefix('/api/v1').replace('/patients/', '/admin/patients/')}restore/",
            reason,
            200,
        ),
        *_in_fhir(f"/fhir/Patient/{json.loads(created)['id']}"),
        ("POST", "/api/v1/auth/login/", {"email": marks.EMAIL, "password": marks.LAST}, 401),
        ("POST", "/api/v1/auth/login/", {"email": marks.LAST, "password": marks.FIRST}, 400),
    )
    assert [(method, path, practice.call(method, path, body)[0]) for method, path, body, _ in steps] == [
        (method, path, status) for method, path, _, status in steps
    ]


def _in_fhir(one: str) -> tuple[tuple[str, str, object, int], ...]:
    """The same person in FHIR: found, matched, told of and changed, rightly and wrongly."""
    many, name = "/fhir/Patient", {"family": marks.LAST, "given": [marks.FIRST, marks.FIRST]}
    resource = {"resourceType": "Patient", "id": one.rpartition("/")[2], "name": [name], "gender": "other"}
    said = resource | {"birthDate": marks.BORN.isoformat(), "maritalStatus": {"text": marks.REASON}}
    return (
        ("GET", one, None, 200),
        ("GET", f"{many}?family={marks.LAST}&_count=1", None, 200),
        ("GET", f"{many}?family={marks.LAST}&birthdate={marks.FIRST}", None, 400),
        ("GET", f"{many}?identifier={marks.MRN}&{marks.LAST}={marks.LAST}&_page={marks.LAST}", None, 400),
        ("GET", f"{many}/{marks.LAST}", None, 404),
        ("POST", f"{many}?family={marks.LAST}", said, 200),
        ("POST", many, resource | {"gender": marks.LAST, marks.LAST: marks.FIRST}, 400),
        ("POST", many, resource | {"telecom": [{"system": marks.LAST, "value": marks.PHONE}]}, 400),
        ("POST", f"{many}/$match", said, 200),
        ("POST", f"{many}/$match", said | {"birthDate": marks.LAST}, 400),
        ("PUT", one, said, 200),
        ("PUT", one, said | {"id": marks.LAST}, 400),
        ("PATCH", one, [{"op": "add", "path": f"/{marks.LAST}", "value": marks.LAST}], 415),
        ("GET", f"{one}/_history", None, 200),
        ("GET", f"{one}/$everything", None, 200),
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[dict[str, str], list[Path]]]:
    """The settings of a practice, and the folders in which all of it lies."""
    folder = tmp_path / "data"
    if request.param == "sqlite":
        yield {}, [folder]
        return
    # A server of its own: what other tests leave in theirs is not this test's business.
    with running_postgresql() as server, server.database() as url:
        yield {"VANTREXIA_DATABASE_URL": url}, [folder, server.data_directory]


def test_no_mark_lies_in_clear_after_every_flow(
    places: tuple[dict[str, str], list[Path]], tmp_path: Path
) -> None:
    """No file and no error holds a marked value, plain, in UTF-16, in hex or in base64."""
    settings, folders = places
    log, data = tmp_path / "service.log", tmp_path / "data"
    assert run(data, *CREATE_ADMIN, stdin=f"{PASSWORD}\n", **settings).status == 0
    with serving(data, log=log, VANTREXIA_LOG_LEVEL="debug", **settings) as (_, port):
        practice = Practice(port)
        _walk(practice)
        # While the server lives: its write-ahead log is still there.
        lying = {str(path): path.read_bytes() for folder in folders for path in _files(folder)}
    lying["service.log"] = log.read_bytes()
    lying["errors"] = b"\n".join(practice.errors)
    assert len(practice.errors) >= 13
    assert [(name, mark) for name, content in lying.items() for mark in _marks_in(content)] == []


def test_the_search_for_marks_finds_them() -> None:
    """The other test can fail: each form of a mark is found in a heap of other bytes."""
    for form in _forms(marks.LAST):
        assert _marks_in(b"\x00heap" * 100 + form + b"heap") == [marks.LAST]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "postmaster.pid"]


def _forms(mark: str) -> list[bytes]:
    plain = mark.encode()
    forms = [plain, mark.encode("utf-16-le"), mark.encode("utf-16-be"), plain.hex().encode()]
    # Base64 depends on where a value starts; the middle of each shift is what its neighbours leave alone.
    forms += [
        base64.b64encode(b"x" * shift + plain)[4 : -4 if len(plain) > 8 else None] for shift in range(3)
    ]
    return [form for form in forms if len(form) > 5]


def _marks_in(content: bytes) -> list[str]:
    lowered = content.lower()
    return [
        mark
        for mark in LONG_MARKS
        if any(form in content or form.lower() in lowered for form in _forms(mark))
    ]
