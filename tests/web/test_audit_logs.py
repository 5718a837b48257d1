"""The trail over HTTP: filters, pages that stand still, CSV that no spreadsheet executes, AuditEvents."""

import asyncio
import csv
import io
from datetime import timedelta

import attrs
import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.builders import a_patient_id
from tests.web.refusals import assert_problem
from tests.web.service import PATIENTS, PUBLIC_URL, path_of
from vantrexia_core.audit import Action, Inquiry, Outcome, entry_hash, export_trail, reading
from vantrexia_core.identity import operator
from vantrexia_core.kernel import Origin, Role
from vantrexia_web.wire.audit import CSV_COLUMNS

LOGS = "/api/v1/audit-logs/"
EXPORT = f"{LOGS}export/"


def _rows(response):
    assert response.status_code == 200, response.text
    return list(csv.DictReader(io.StringIO(response.text, newline="")))


def _ids(service, query):
    response = service.send("GET", f"{LOGS}?page_size=100&{query}")
    assert response.status_code == 200, response.text
    return [(item["action"], item["outcome"]) for item in response.json()["results"]]


@pytest.fixture
def told(service):
    """A practice whose trail has something of everything."""
    patient, other = service.patient(), service.patient()
    service.send("GET", path_of(patient), role=Role.NURSE)
    service.send("GET", path_of(patient, "archive"), role=Role.NURSE)
    service.send("PATCH", path_of(patient), {"phone": "555-0177"}, Role.PROVIDER)
    service.send("DELETE", path_of(other), role=Role.NURSE)
    service.send("GET", PATIENTS, role=Role.MA)
    return patient, other


def test_an_entry_has_the_documented_fields(service, told):
    """Who, in which role, from where, did what to whom, how it ended, and which fields."""
    patient, _ = told
    item = service.send("GET", f"{LOGS}?action=update").json()["results"][0]
    assert item == {
        "id": item["id"],
        "timestamp": "2026-02-06T14:30:00Z",
        "user_id": service.user(Role.PROVIDER).id,
        "user_email": service.user(Role.PROVIDER).email.reveal(),
        "role": "provider",
        "practice_id": str(service.practice_id),
        "ip_address": "testclient",
        "action": "update",
        "resource_type": "patient",
        "resource_id": str(patient.id),
        "patient_id": str(patient.id),
        "outcome": "done",
        "code": None,
        "changed_fields": ["phone"],
        "disclosed_patient_ids": [str(patient.id)],
        "request_id": item["request_id"],
        "record_version": 2,
        "hash": entry_hash(service.desk.entries[item["id"] - 1]).hex(),
        "purpose": None,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=delete", [("delete", "refused")]),
        ("action=list", [("list", "done")]),
        ("resource_type=user", [("user_create", "done")] * 4),
        ("resource_type=audit_log", []),
        ("user_id=999", []),
        ("ip_address=192.0.2.99", []),
        ("ip_address=192.0.2.7", [("create", "done")] * 2),
        ("date_from=2026-02-07", []),
        ("date_to=2026-02-05", []),
        ("date_from=2026-02-06&date_to=2026-02-06&action=read", [("read", "done")]),
        ("date_from=2026-02-06T14:30:00Z&date_to=2026-02-06T14:30:00Z&action=read", [("read", "done")]),
        ("date_from=2026-02-06T15:30:00%2B01:00&action=read", [("read", "done")]),
        ("date_from=2026-02-06T14:30:01Z", []),
        ("unknown=filter&action=read", [("read", "done")]),
        ("action=&action=read", [("read", "done")]),
    ],
)
def test_filters_narrow_the_trail(service, told, query, found):
    """Each by itself and together."""
    assert _ids(service, query) == found


def test_a_patient_is_found_in_what_was_done_and_in_lists(service, told):
    """``patient_id`` is wide, ``resource_id`` is the subject alone."""
    patient, other = told
    wide = [("list", "done"), ("update", "done"), ("read", "done"), ("create", "done")]
    assert _ids(service, f"patient_id={patient.id}") == wide
    assert _ids(service, f"resource_id={patient.id}") == wide[1:]
    assert _ids(service, f"resource_id={other.id}") == [("delete", "refused"), ("create", "done")]


def test_an_account_is_found_as_who_acted_and_as_what_was_acted_upon(service, told):
    """``user_id`` acted; ``resource_id`` was acted upon."""
    assistant = service.user(Role.MA)
    assert _ids(service, f"user_id={assistant.id}") == [("list", "done")]
    assert _ids(service, f"resource_id={assistant.id}") == [("user_create", "done")]
    assert _ids(service, f"resource_type=user&resource_id={assistant.id}") == [("user_create", "done")]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("user_id=me", "user_id"),
        ("user_id=-1", "user_id"),
        ("user_id=9999999999999999999", "user_id"),
        ("action=peek", "action"),
        ("resource_type=car", "resource_type"),
        ("resource_id=x", "resource_id"),
        ("resource_type=user&resource_id=d290f1ee-6c54-4b01-90e6-d701748f0851", "resource_id"),
        ("resource_type=patient&resource_id=7", "resource_id"),
        ("resource_type=audit_log&resource_id=7", "resource_id"),
        ("patient_id=7", "patient_id"),
        ("ip_address=" + "1" * 65, "ip_address"),
        ("ip_address=%00", "ip_address"),
        ("date_from=yesterday", "date_from"),
        ("date_from=2026-02-30", "date_from"),
        ("date_from=2026-02-06T14:30:00", "date_from"),
        ("date_to=2026-13-01T00:00:00Z", "date_to"),
        ("date_to=9999-12-31", "date_to"),
        ("date_from=0001-01-01T00:00:00%2B10:00", "date_from"),
        ("as_of=now", "as_of"),
    ],
)
@pytest.mark.parametrize("path", [LOGS, EXPORT])
def test_a_filter_that_is_none_is_refused(service, path, query, field):
    """400 on the filter, recorded as a refused attempt; an export has no pages and ignores ``as_of``."""
    response = service.send("GET", f"{path}?{query}")
    if (path, field) == (EXPORT, "as_of"):
        assert response.status_code == 200
        return
    assert_problem(response, 400, "validation_error", field)
    assert (service.trail[-1].outcome, service.trail[-1].code) == (Outcome.REFUSED, "validation_error")


def test_every_bad_filter_is_named_at_once(service):
    """One answer for all of them."""
    response = service.send("GET", f"{LOGS}?user_id=x&action=x&date_from=x")
    assert set(response.json()["field_errors"]) == {"user_id", "action", "date_from"}


def test_pages_stand_still_while_entries_are_written(service, told):
    """Following ``next`` gives every entry once, although each step writes one."""
    seen, url = [], f"{LOGS}?page_size=2&action="
    counts = set()
    while url:
        page = service.send("GET", url.removeprefix(PUBLIC_URL)).json()
        seen += [item["id"] for item in page["results"]]
        counts.add(page["count"])
        url = page["next"]
    assert seen == [*range(len(seen), 0, -1)]
    assert counts == {len(seen)}
    assert "page_size=2" in page["previous"]


def test_reading_is_in_the_trail_the_next_time(service, told):
    """With the patient that was asked about."""
    patient, _ = told
    service.send("GET", f"{LOGS}?patient_id={patient.id}")
    assert (service.trail[-1].action, service.trail[-1].patient_id) == (Action.TRAIL_READ, patient.id)


def test_another_practices_entries_do_not_exist(service, told):
    """Nor do those of addresses that nobody has."""
    service.patient(practice_id=type(service.practice_id)(int=7))
    service.send("POST", "/api/v1/auth/login/", {"email": "who@example.org", "password": "x"}, role=None)
    practices = {
        item["practice_id"] for item in service.send("GET", f"{LOGS}?page_size=100").json()["results"]
    }
    assert practices == {str(service.practice_id)}


# --- the file ----------------------------------------------------------------------------------------------


def test_the_file_has_what_the_pages_have(service, told):
    """The same entries with the same values, oldest first, and how many there are."""
    items = service.send("GET", f"{LOGS}?page_size=100&date_to=2026-02-06").json()["results"]
    response = service.send("GET", f"{EXPORT}?date_to=2026-02-06")
    rows = _rows(response)[:-1]
    assert int(response.headers["x-total-count"]) == len(rows) + 1
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["content-disposition"] == 'attachment; filename="audit-logs.csv"'
    assert [row["id"] for row in rows] == [str(item["id"]) for item in items[::-1]]
    assert list(rows[0]) == list(CSV_COLUMNS) == list(items[0])
    for row, item in zip(rows, items[::-1], strict=True):
        shown = {name: " ".join(value) if isinstance(value, list) else value for name, value in item.items()}
        shown["timestamp"] = shown["timestamp"].replace("Z", ".000000Z")
        assert row == {name: "" if value is None else str(value) for name, value in shown.items()}


def test_the_export_is_recorded_before_it_begins(service, told):
    """Its own entry is not among its rows."""
    rows = _rows(service.send("GET", EXPORT))
    assert (service.trail[-1].action, service.trail[-1].outcome) == (Action.TRAIL_EXPORT, Outcome.DONE)
    assert "trail_export" not in {row["action"] for row in rows}


@pytest.mark.parametrize("begin", ["=", "+", "-"])
def test_no_cell_is_a_formula(service, begin):
    """An address may begin like one: a spreadsheet must show it, not calculate it."""
    email = f"{begin}cmd@example.org"
    user = service.user(Role.NURSE, email=email)
    service.send("GET", PATIENTS, role=None, **service.headers(Role.NURSE, email=email))
    rows = _rows(service.send("GET", f"{EXPORT}?user_id={user.id}"))
    assert {row["user_email"] for row in rows} == {f"'{email}"}


def test_a_long_file_is_made_in_pieces(service, monkeypatch):
    """No more entries are held than a piece has: each piece is read when the one before was taken."""
    monkeypatch.setattr(reading, "ENTRIES_AT_ONCE", 20)
    for _ in range(120):
        service.send("GET", PATIENTS, role=Role.MA)
    export = export_trail(service.desk, operator(service.practice_id, Origin()), Inquiry())
    assert next(export.lines).seq == 1
    rows = _rows(service.send("GET", f"{EXPORT}?action=list"))
    assert len(rows) == 120
    assert len({row["id"] for row in rows}) == 120


def test_head_of_the_file_has_no_body(service, told):
    """Headers as of a GET; recorded like the export that it could have been."""
    response = service.send("HEAD", EXPORT)
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["x-total-count"]) > 0


def test_a_taker_who_leaves_ends_the_export(service, monkeypatch):
    """Nothing more is read for somebody who is gone."""
    monkeypatch.setattr("vantrexia_web.wire.audit._CHUNK_CHARACTERS", 1)
    for _ in range(30):
        service.send("GET", PATIENTS, role=Role.MA)
    sent, has_left = [], asyncio.Event()

    async def receive():
        if not sent:
            await has_left.wait()
        await has_left.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        if len(sent) == 4:
            has_left.set()
            await asyncio.sleep(0)

    headers = [(name.lower().encode(), value.encode()) for name, value in service.headers(Role.ADMIN).items()]
    scope = {
        "type": "http", "method": "GET", "path": EXPORT, "raw_path": EXPORT.encode(), "query_string": b"",
        "headers": headers, "client": ("192.0.2.7", 4711), "scheme": "https", "root_path": "",
    }  # fmt: skip
    asyncio.run(service.app(scope, receive, send))
    assert len(sent) <= 6
    assert sent[-1]["more_body"] is True


# --- disclosures -------------------------------------------------------------------------------------------


def test_the_disclosures_of_a_patient(service, told):
    """Newest first: the list that showed them, the correction, the reading, the registration."""
    patient, other = told
    page = service.send("GET", path_of(patient, "disclosures")).json()
    assert [item["action"] for item in page["results"]] == ["list", "update", "read", "create"]
    assert page["count"] == 4
    assert (service.trail[-1].action, service.trail[-1].patient_id) == (Action.ACCOUNTING, patient.id)
    refused = service.send("GET", path_of(other, "disclosures")).json()["results"]
    assert [item["action"] for item in refused] == ["list", "create"]


def test_disclosures_of_a_period(service):
    """``date_from`` and ``date_to``, both counting."""
    patient = service.patient()
    for _ in range(3):
        service.clock.advance(timedelta(days=1))
        service.send("GET", path_of(patient))
    page = service.send("GET", f"{path_of(patient, 'disclosures')}?date_from=2026-02-08&date_to=2026-02-08")
    assert [item["timestamp"][:10] for item in page.json()["results"]] == ["2026-02-08"]
    refused = service.send("GET", f"{path_of(patient, 'disclosures')}?date_from=soon")
    assert_problem(refused, 400, "validation_error", "date_from")


def test_disclosures_of_nobody_are_not_found(service):
    """An unknown record, as everywhere."""
    unknown = attrs.evolve(service.patient(), id=a_patient_id(99))
    assert_problem(service.send("GET", path_of(unknown, "disclosures")), 404, "not_found")


# --- AuditEvents -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "is_fhir"),
    [
        ("application/fhir+json", True),
        ("application/fhir+json; fhirVersion=4.0", True),
        ("APPLICATION/FHIR+JSON, */*;q=0.1", True),
        ("application/json;q=0.5, application/fhir+json;q=0.9", True),
        ("application/json, application/fhir+json;q=0.9", False),
        ("application/fhir+json;q=0", False),
        ("application/fhir+json;q=x", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_audit_events_are_given_to_who_asks_for_them(service, told, accept, is_fhir):
    """By name: a browser's */* gets the JSON that the API documents."""
    patient, _ = told
    for path in (LOGS, path_of(patient, "disclosures")):
        response = service.send("GET", path, Accept=accept)
        kind = "application/fhir+json" if is_fhir else "application/json"
        assert (response.headers["content-type"], response.headers["vary"]) == (kind, "Accept")
        assert ("resourceType" in response.json()) is is_fhir


def test_a_bundle_of_audit_events(service, told):
    """Valid R4, with the same entries and the same links as the page."""
    plain = service.send("GET", f"{LOGS}?page_size=3").json()
    as_of = f"as_of={plain['results'][0]['id']}"
    response = service.send("GET", f"{LOGS}?page_size=3&{as_of}", Accept="application/fhir+json")
    bundle = response.json()
    Bundle.model_validate(bundle)
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == [
        str(item["id"]) for item in plain["results"]
    ]
    assert bundle["total"] == plain["count"]
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    assert set(links) == {"self", "next"}
    following = service.send("GET", links["next"].removeprefix(PUBLIC_URL)).json()
    assert following["results"][0]["id"] == plain["results"][-1]["id"] - 1
