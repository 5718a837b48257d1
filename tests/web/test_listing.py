"""Pages, search, order: what a query may say, and what comes back."""

import pytest

from tests.builders import a_new_patient
from tests.web.refusals import VALIDATION, Unchanged, assert_problem
from tests.web.service import ARCHIVED, DELETED, PATIENTS, PUBLIC_URL, Service, path_of
from vantrexia_core.audit import Action

LISTS = [PATIENTS, ARCHIVED, DELETED]


@pytest.fixture(scope="module")
def five():
    """Five active patients, A to E by last name, created in reverse; one archived, one deleted."""
    with Service() as service:
        for last in "EDCBA":
            service.patient(a_new_patient(first="Jo", last=last))
            service.clock.advance()
        service.archived_patient()
        service.deleted_patient()
        yield service


def _names(response):
    assert response.status_code == 200, response.text
    return "".join(item["last_name"] for item in response.json()["results"])


def _get(service, query="", path=PATIENTS):
    return service.send("GET", f"{path}{query}")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "ABCDE"),
        ("?page_size=2", "AB"),
        ("?page=2&page_size=2", "CD"),
        ("?page=3&page_size=2", "E"),
        ("?page=03&page_size=02", "E"),
        ("?ordering=-last_name", "EDCBA"),
        ("?ordering=created_at", "EDCBA"),
        ("?ordering=-created_at", "ABCDE"),
        ("?search=c", "C"),
        ("?search=%5Ec", "C"),
        ("?search=JO%20c", "C"),
        ("?search=%25", ""),
        ("?search=", "ABCDE"),
        ("?search=%20%09", "ABCDE"),
        ("?active=true", "ABCDE"),
        ("?active=false", "Quintero"),
        ("?unheard_of=1&%FF=%00", "ABCDE"),
        ("?page=2&page=1", "ABCDE"),
    ],
)
def test_a_query_selects(five, query, names):
    """Paging, order, search and status do what the documentation says; unknown parameters do nothing."""
    assert _names(_get(five, query)) == names


@pytest.mark.parametrize("size", ["0", "-1", "x", "", "1.5", "٣", "1e1"])
def test_a_page_size_that_is_none_counts_as_twenty(service, size):
    """The documented fallback."""
    for _ in range(21):
        service.patient()
    assert len(_get(service, f"?page_size={size}").json()["results"]) == 20


@pytest.mark.parametrize("size", ["101", "1000", "9" * 5000])
def test_a_page_size_over_the_limit_counts_as_a_hundred(service, size):
    """The documented clamp, however large the number."""
    for _ in range(101):
        service.patient()
    content = _get(service, f"?page_size={size}").json()
    assert (len(content["results"]), content["count"]) == (100, 101)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "page", ["0", "-1", "x", "", "1.5", "٢", "+1", "99", "1000000001", "9" * 5000, "%ff"]
)
def test_a_page_that_is_none_is_not_found(five, path, page):
    """404 for what is no page number and for a page behind the last."""
    with Unchanged(five, "not_found"):
        assert_problem(_get(five, f"?page={page}", path), 404, "not_found")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "ordering", ["first_name", "LAST_NAME", "", "--last_name", "last_name,created_at", "Zqmark"]
)
def test_an_unknown_ordering_is_refused(five, path, ordering):
    """400 on `ordering`; nothing is silently ordered otherwise."""
    with Unchanged(five, VALIDATION):
        response = _get(five, f"?ordering={ordering}", path)
    assert_problem(response, 400, VALIDATION, "ordering")
    assert "Zq" not in response.text


@pytest.mark.parametrize("active", ["True", "1", "yes", "", "null", "Zqmark"])
def test_active_is_true_or_false(five, active):
    """400 on `active` for anything else."""
    with Unchanged(five, VALIDATION):
        response = _get(five, f"?active={active}")
    assert_problem(response, 400, VALIDATION, "active")
    assert "Zq" not in response.text


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "search", ["Zqmark" * 40, "Zq%00", "Zq%0Ax", "Zq%1B%5B", "Zq%FF", "Zq%ED%A0%80", "Zq%E2%80%AE"]
)
def test_a_search_that_cannot_be_is_refused(five, path, search):
    """Too long, control characters, no UTF-8: 400 on `search`, without the search."""
    with Unchanged(five, VALIDATION):
        response = _get(five, f"?search={search}", path)
    assert_problem(response, 400, VALIDATION, "search")
    assert "Zq" not in response.text


def test_a_search_of_two_hundred_characters_is_answered(five):
    """The limit itself is allowed."""
    assert _get(five, f"?search={'x' * 200}").json()["count"] == 0


def test_too_many_parameters_are_refused(five):
    """A hundred are enough for anybody."""
    with Unchanged(five, VALIDATION):
        assert_problem(_get(five, "?" + "&".join(["a=1"] * 101)), 400, VALIDATION, "non_field_errors")


def test_links_keep_the_other_parameters_in_order(five):
    """Next and previous change the page and nothing else, even what this API does not know."""
    content = _get(five, "?search=jo&page=2&page_size=2&x=%C3%A9%20%2B&y=&z=%FF").json()
    start = f"{PUBLIC_URL}{PATIENTS}?search=jo&page="
    rest = "&page_size=2&x=%C3%A9+%2B&y=&z=%FF"
    assert (content["next"], content["previous"]) == (f"{start}3{rest}", f"{start}1{rest}")


def test_a_link_gets_a_page_where_the_query_had_none(five):
    """The page is added at the end."""
    content = _get(five, "?page_size=4").json()
    assert (content["next"], content["previous"]) == (f"{PUBLIC_URL}{PATIENTS}?page_size=4&page=2", None)


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Forwarded-Proto"])
def test_headers_do_not_steer_links(five, header):
    """Links start at the configured public URL, whatever the request claims."""
    content = five.send("GET", f"{PATIENTS}?page_size=4", **{header: "evil.example"}).json()
    assert content["next"].startswith(f"{PUBLIC_URL}{PATIENTS}?")


def test_following_next_visits_everybody_once(five):
    """From the first page to the last by the links alone."""
    url, seen = f"{PATIENTS}?page_size=2", ""
    while url:
        response = five.send("GET", url.removeprefix(PUBLIC_URL))
        seen += _names(response)
        url = response.json()["next"]
    assert seen == "ABCDE"


def test_archived_patients_are_listed_with_when_who_and_why(service):
    """The fields of the published archived list, nothing more."""
    patient = service.archived_patient("Goals met")
    (item,) = _get(service, path=ARCHIVED).json()["results"]
    assert item == {
        "id": str(patient.id),
        "first_name": "Marisol",
        "last_name": "Quintero",
        "mrn": "MRN-00001",
        "status": "archived",
        "archived_at": "2026-02-06T14:30:00Z",
        "archived_by": "admin@example.org",
        "archive_reason": "Goals met",
    }


def test_deleted_patients_are_listed_for_administrators(service):
    """The patient object with when and by whom; nowhere else is the record to be seen."""
    patient = service.deleted_patient()
    (item,) = _get(service, path=DELETED).json()["results"]
    assert (item["id"], item["active"]) == (str(patient.id), False)
    assert (item["deleted_at"], item["deleted_by"]) == ("2026-02-06T14:30:00Z", "admin@example.org")
    for path in (PATIENTS, f"{PATIENTS}?active=false", ARCHIVED):
        assert _get(service, path=path).json()["count"] == 0
    assert_problem(_get(service, path=path_of(patient)), 404, "not_found")


def test_a_list_is_recorded_with_the_patients_it_disclosed(five):
    """One entry a call, with the ids of the page in the order shown."""
    content = _get(five, "?page=2&page_size=2").json()
    entry = five.trail[-1]
    assert entry.action is Action.LIST
    assert [str(id_) for id_ in entry.disclosed] == sorted(item["id"] for item in content["results"])
