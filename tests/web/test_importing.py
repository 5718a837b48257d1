"""Importing over HTTP: bodies, the background, dry runs, refreshing, searching, repeating."""

import json
import threading
from contextlib import nullcontext

import pytest

from tests.desks import a_memory_desk
from tests.ehr import a_told
from tests.web.refusals import Unchanged, assert_problem
from tests.web.service import IMPORT, IMPORTS, PATIENTS, PUBLIC_URL, SEARCH, Service
from tests.web.test_openapi import _validator
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.ehr import Fault
from vantrexia_core.kernel import Role, UnavailableError
from vantrexia_core.patients import ExternalId
from vantrexia_web.importer import Importer
from vantrexia_web.wire.ehr import IDS_WAITED_FOR_MAX

ONE, TWO, NOBODY = "ECW-00001", "ECW-00002", "ECW-99999"


@pytest.fixture
def practice(service: Service) -> Service:
    """A service whose EHR knows patients 1 and 2."""
    service.roster.put(a_told(1))
    service.roster.put(a_told(2))
    return service


def _import(service: Service, *ids: object, query: str = "", **headers: str):
    return service.send("POST", f"{IMPORT}{query}", {"ecw_patient_ids": list(ids)}, Role.PROVIDER, **headers)


def test_each_id_has_a_line_in_the_order_of_the_request(practice: Service) -> None:
    """And the numbers above them are their sums."""
    content = _import(practice, NOBODY, TWO, ONE).json()
    assert [line["ecw_id"] for line in content["details"]] == [NOBODY, TWO, ONE]
    assert [line["status"] for line in content["details"]] == ["error", "imported", "imported"]
    assert (content["imported"], content["skipped"], content["errors"]) == (2, 0, 1)
    assert content["details"][0]["reason"] == "No patient with this ID in eClinicalWorks"


def test_an_imported_patient_is_a_patient(practice: Service) -> None:
    """Listed, readable, with the id it came under."""
    (line,) = _import(practice, ONE).json()["details"]
    record = practice.send("GET", f"{PATIENTS}{line['patient_id']}/").json()
    assert (record["external_id"], record["first_name"], record["active"]) == (ONE, "Marisol", True)
    assert practice.send("GET", PATIENTS).json()["count"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ecw_patient_ids": None},
        {"ecw_patient_ids": []},
        {"ecw_patient_ids": "ECW-00001"},
        {"ecw_patient_ids": {"0": "ECW-00001"}},
        {"ecw_patient_ids": [ONE, 2]},
        {"ecw_patient_ids": [ONE, None]},
        {"ecw_patient_ids": [" "]},
        {"ecw_patient_ids": ["x" * 65]},
        {"ecw_patient_ids": ["ECW\u0000"]},
        {"ecw_patient_ids": [f"ECW-{number}" for number in range(IDS_WAITED_FOR_MAX + 1)]},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_a_bad_list_is_refused_on_its_field(practice: Service, body: object) -> None:
    """Before anything is asked of the EHR."""
    with Unchanged(practice, "validation_error"):
        response = practice.send("POST", IMPORT, body, Role.PROVIDER)
    assert_problem(response, 400, "validation_error", "ecw_patient_ids")
    assert practice.roster.asked == 0


def test_the_place_of_a_bad_id_is_told_and_not_the_id(practice: Service) -> None:
    """What stands there may be anybody's."""
    response = _import(practice, ONE, "y" * 65)
    assert response.json()["field_errors"]["ecw_patient_ids"][0].startswith("Item 2: ")
    assert "yy" not in response.text


@pytest.mark.parametrize("flag", ["async", "refresh", "dry_run"])
def test_a_flag_is_true_or_false(practice: Service, flag: str) -> None:
    """Nothing else is guessed at."""
    assert_problem(_import(practice, ONE, query=f"?{flag}=yes"), 400, "validation_error", flag)
    assert _import(practice, ONE, query=f"?{flag}=false").status_code == 200


def test_a_dry_run_answers_at_once(practice: Service) -> None:
    """It cannot be put off."""
    refused = _import(practice, ONE, query="?dry_run=true&async=true")
    assert_problem(refused, 400, "validation_error", "dry_run")


def test_a_dry_run_tells_what_would_happen(practice: Service) -> None:
    """And nothing does."""
    content = _import(practice, ONE, NOBODY, query="?dry_run=true").json()
    assert content["dry_run"] is True
    assert [line["status"] for line in content["details"]] == ["imported", "error"]
    assert practice.send("GET", PATIENTS).json()["count"] == 0
    assert list(_validator("ImportReport").iter_errors(content)) == []


def test_an_ehr_that_cannot_be_reached_is_a_503(practice: Service) -> None:
    """With the published code and a time to come back."""
    practice.roster.is_reachable = False
    with Unchanged(practice, "ecw_unavailable"):
        response = _import(practice, ONE)
    assert_problem(response, 503, "ecw_unavailable")
    assert int(response.headers["retry-after"]) > 0


def test_a_repeated_call_gets_the_first_answer(practice: Service) -> None:
    """Under an Idempotency-Key; the same key with another list is refused."""
    first = _import(practice, ONE, Idempotency_Key="k1")
    again = _import(practice, ONE, Idempotency_Key="k1")
    assert (again.text, again.headers["idempotency-replayed"]) == (first.text, "true")
    assert practice.trail[-1].outcome is Outcome.REPLAYED
    assert_problem(_import(practice, TWO, Idempotency_Key="k1"), 422, "idempotency_key_reused")
    refused = _import(practice, ONE, query="?dry_run=false&refresh=true", Idempotency_Key="k1")
    assert_problem(refused, 422, "idempotency_key_reused")


def test_a_preview_refuses_a_key_that_is_none(practice: Service) -> None:
    """As the import that follows it would, although nothing would be done twice."""
    refused = _import(practice, ONE, query="?dry_run=true", Idempotency_Key="two words")
    assert_problem(refused, 400, "validation_error", "Idempotency-Key")


def test_a_long_list_is_answered_again_as_well(practice: Service) -> None:
    """As many ids as a call may wait for."""
    ids = [f"ECW-{number}" for number in range(IDS_WAITED_FOR_MAX)]
    first = _import(practice, *ids, Idempotency_Key="long")
    assert first.json()["errors"] == IDS_WAITED_FOR_MAX
    assert _import(practice, *ids, Idempotency_Key="long").text == first.text


def test_a_refresh_tells_what_changed_and_what_the_sides_disagree_on(practice: Service) -> None:
    """By the names of the fields, never by a value."""
    (line,) = _import(practice, ONE).json()["details"]
    practice.send("PATCH", f"{PATIENTS}{line['patient_id']}/", {"phone": "555-0177"})
    practice.roster.put(a_told(1, phone="555-0188", city="Chicago"))
    response = _import(practice, ONE, TWO, query="?refresh=true")
    content = response.json()
    assert (content["updated"], content["imported"]) == (1, 1)
    assert content["details"][0] == {
        "ecw_id": ONE,
        "status": "updated",
        "patient_id": line["patient_id"],
        "changed": ["phone", "address"],
        "conflicts": [{"field": "phone", "kept": "ehr"}],
    }
    assert "555-01" not in response.text
    assert list(_validator("ImportReport").iter_errors(content)) == []


def test_an_import_in_the_background_is_accepted_and_done() -> None:
    """202 and the address of its progress; a thread of the service does it."""
    done = threading.Event()
    with Service(runs_imports=True) as service:
        service.roster.put(a_told(1))
        fetch = service.roster.fetch

        def fetch_and_tell(*args: object, **options: object) -> object:
            done.set()
            return fetch(*args, **options)  # type: ignore[arg-type]

        service.roster.fetch = fetch_and_tell  # type: ignore[method-assign, assignment]
        response = _import(service, ONE, NOBODY, query="?async=true")
        assert response.status_code == 202
        assert list(_validator("ImportProgress").iter_errors(response.json())) == []
        url = response.headers["location"]
        assert url == response.json()["status_url"] == f"{PUBLIC_URL}{IMPORTS}{response.json()['id']}/"
        assert done.wait(30)
    # Leaving the service finishes the batch under way.
    with Service() as other:
        other.desk.committed, other.desk.entries = service.desk.committed, service.desk.entries
        other._users = service._users
        progress = other.send("GET", url.removeprefix(PUBLIC_URL), role=Role.PROVIDER).json()
    assert (progress["status"], progress["imported"], progress["errors"]) == ("completed", 1, 1)
    assert [line["status"] for line in progress["details"]] == ["imported", "error"]
    assert list(_validator("ImportProgressPage").iter_errors(progress)) == []


def test_progress_comes_by_the_page(practice: Service) -> None:
    """In the order of the request; what is not settled is pending."""
    job = practice.job(ONE, TWO, NOBODY)
    url = f"{IMPORTS}{job.id}/"
    page = practice.send("GET", f"{url}?page=2&page_size=2").json()
    assert page["details"] == [{"ecw_id": NOBODY, "status": "pending"}]
    assert (page["total"], page["settled"], page["next"]) == (3, 0, None)
    assert page["previous"] == f"{PUBLIC_URL}{url}?page=1&page_size=2"
    assert_problem(practice.send("GET", f"{url}?page=3&page_size=2"), 404, "not_found")


def test_progress_of_nobodys_import_is_not_found(practice: Service) -> None:
    """404, as for every id that there is not."""
    response = practice.send("GET", f"{IMPORTS}{practice.patient().id}/")
    assert_problem(response, 404, "not_found")


def test_a_search_shows_who_may_be_imported(practice: Service) -> None:
    """And who was already, with their id here."""
    (line,) = _import(practice, ONE).json()["details"]
    content = practice.send("GET", f"{SEARCH}?name=quintero", role=Role.PROVIDER).json()
    assert [(one["ecw_id"], one["already_imported"], one["patient_id"]) for one in content["results"]] == [
        (ONE, True, line["patient_id"]),
        (TWO, False, None),
    ]
    assert content["results"][0]["date_of_birth"] == "1961-04-09"
    assert list(_validator("EhrCandidates").iter_errors(content)) == []
    entry = practice.trail[-1]
    assert (entry.action, [str(id_) for id_ in entry.disclosed]) == (Action.EHR_SEARCH, [line["patient_id"]])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("birthdate=1961-04-09", [ONE, TWO]),
        ("identifier=ECW-00002", [TWO]),
        ("name=quintero&identifier=ECW-00002", [TWO]),
        ("name=nobody", []),
    ],
)
def test_a_search_goes_by_all_that_is_given(practice: Service, query: str, found: list[str]) -> None:
    """Name, birth date, identifier."""
    results = practice.send("GET", f"{SEARCH}?{query}", role=Role.PROVIDER).json()["results"]
    assert [one["ecw_id"] for one in results] == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "name"),
        ("name=%20", "name"),
        ("name=%00", "name"),
        ("birthdate=1961", "birthdate"),
        ("identifier=" + "x" * 65, "identifier"),
    ],
)
def test_a_search_that_cannot_be_is_refused(practice: Service, query: str, field: str) -> None:
    """On its field, without repeating it."""
    with Unchanged(practice, "validation_error"):
        response = practice.send("GET", f"{SEARCH}?{query}", role=Role.PROVIDER)
    assert_problem(response, 400, "validation_error", field)


def test_nothing_of_an_import_is_logged(practice: Service, log_to) -> None:
    """Ids at the EHR are PHI like names; faults, refusals and successes alike."""
    stream = log_to("debug")
    practice.roster.fail(ExternalId(TWO), Fault.MALFORMED)
    _import(practice, ONE, TWO, NOBODY)
    _import(practice, ONE, query="?async=true")
    practice.send("GET", f"{SEARCH}?name=quintero&identifier={ONE}", role=Role.PROVIDER)
    practice.roster.is_reachable = False
    _import(practice, TWO)
    logged = stream.getvalue()
    assert '"status": 503' in logged
    for phi in ("ECW-0", "ECW-9", "Quintero", "quintero", "1961-04"):
        assert phi not in logged


def test_imports_that_do_not_go_on_can_be_told() -> None:
    """Before it is opened and after it was drained nothing is imported; in between there is."""
    importer = Importer(a_memory_desk())
    for act, is_at_work in ((importer.open, True), (importer.drain, False)):
        with pytest.raises(UnavailableError) if not is_at_work else nullcontext():
            act()
            importer.check()
