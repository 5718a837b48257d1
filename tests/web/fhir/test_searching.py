"""Search for Patients: parameters, modifiers, prefixes, pages, links that hold nobody's name."""

from datetime import timedelta

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.web.fhir.resources import (
    ECW_SYSTEM,
    FHIR,
    FORM,
    MANY,
    MRN_SYSTEM,
    a_resource,
    created,
    families,
    found,
    links,
)
from tests.web.refusals import Unchanged, assert_outcome
from tests.web.service import PUBLIC_URL, Service
from vantrexia_core.audit import Action

PEOPLE = (
    ("Adams", "Zoë", "1950-01-31", "female", "E-1", "555-0001", "zoe@example.org"),
    ("Adamson", "Ben", "1950-12-31", "male", "E-2", "(555) 0002", None),
    ("Núñez", "José", "1970-06-15", "male", "E-3", None, None),
    ("O'Brien", "Ana", "1970-07-01", "other", None, None, None),
    ("de la Cruz", "María Ana", "2001-02-28", "unknown", None, "555-0001", None),
)


@pytest.fixture(scope="module")
def practice():
    """Five people, the last of them archived; no test changes anything."""
    with Service() as service:
        for family, given, born, gender, external_id, phone, email in PEOPLE:
            telecom = [("phone", phone), ("email", email)]
            more = {
                "gender": gender,
                "telecom": [{"system": system, "value": value} for system, value in telecom if value],
                "identifier": [{"system": ECW_SYSTEM, "value": external_id}] if external_id else [],
            }
            made = created(
                service, family=family, given=given, born=born, **{k: v for k, v in more.items() if v}
            )
            service.clock.advance(timedelta(minutes=1))
        archive = f"/api/v1/patients/{made.json()['id']}/archive/"
        assert service.send("POST", archive, {"reason": "Moved away"}).status_code == 200
        yield service


ADAMS, ADAMSON, NUNEZ, OBRIEN, CRUZ = (person[0] for person in PEOPLE)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [ADAMS, ADAMSON, CRUZ, NUNEZ, OBRIEN]),
        ("_sort=-family", [OBRIEN, NUNEZ, CRUZ, ADAMSON, ADAMS]),
        ("family=adams", [ADAMS, ADAMSON]),
        ("family=ADAMS,nun", [ADAMS, ADAMSON, NUNEZ]),
        ("family=cruz", []),
        ("family:contains=CRUZ", [CRUZ]),
        ("family:exact=Adams", [ADAMS]),
        ("family:exact=adams", []),
        ("family=obrien", [OBRIEN]),
        ("family=O%27Brien", [OBRIEN]),
        ("given=ana", [OBRIEN]),
        ("given=maria", [CRUZ]),
        ("given:contains=ana", [CRUZ, OBRIEN]),
        ("name=ad", [ADAMS, ADAMSON]),
        ("name=jose", [NUNEZ]),
        ("name=jose+nu", [NUNEZ]),
        ("name=ana&name=obr", [OBRIEN]),
        ("name=a%5C,b", []),
        ("birthdate=1950", [ADAMS, ADAMSON]),
        ("birthdate=1950-12", [ADAMSON]),
        ("birthdate=1950-01-31", [ADAMS]),
        ("birthdate=ne1950", [CRUZ, NUNEZ, OBRIEN]),
        ("birthdate=gt1970-06-15", [CRUZ, OBRIEN]),
        ("birthdate=ge1970-06-15&birthdate=lt1970-07-01", [NUNEZ]),
        ("birthdate=le1950", [ADAMS, ADAMSON]),
        ("birthdate=sa1970", [CRUZ]),
        ("birthdate=eb1950-12", [ADAMS]),
        ("birthdate=1950-01-31,2001-02", [ADAMS, CRUZ]),
        ("gender=male", [ADAMSON, NUNEZ]),
        ("gender=MALE,other", [ADAMSON, NUNEZ, OBRIEN]),
        ("gender:not=male", [ADAMS, CRUZ, OBRIEN]),
        ("gender=http://hl7.org/fhir/administrative-gender|male", [ADAMSON, NUNEZ]),
        ("gender=urn:elsewhere|male", []),
        ("gender=m", []),
        ("active=true", [ADAMS, ADAMSON, NUNEZ, OBRIEN]),
        ("active=false", [CRUZ]),
        ("active:not=false", [ADAMS, ADAMSON, NUNEZ, OBRIEN]),
        ("active=true,false", [ADAMS, ADAMSON, CRUZ, NUNEZ, OBRIEN]),
        (f"identifier={ECW_SYSTEM}|E-2", [ADAMSON]),
        ("identifier=E-2", [ADAMSON]),
        ("identifier=e-2", []),
        ("identifier=|E-2", []),
        (f"identifier={MRN_SYSTEM}|MRN-00003", [NUNEZ]),
        (f"identifier={MRN_SYSTEM}|E-2", []),
        ("identifier=MRN-00003,E-1&gender=female", [ADAMS]),
        ("_id=nobody", []),
        ("telecom=phone|5550001", [ADAMS, CRUZ]),
        ("telecom=555-0001&gender=female", [ADAMS]),
        ("telecom=email|ZOE@example.org", [ADAMS]),
        ("phone=555-0002", [ADAMSON]),
        ("email=zoe@example.org", [ADAMS]),
        ("_lastUpdated=lt2026-02-06T14:31:00Z", [ADAMS]),
        ("_lastUpdated=ge2026-02-06T14:32:00Z", [CRUZ, NUNEZ, OBRIEN]),
        ("_lastUpdated=2026-02-06T14:31Z", [ADAMSON]),
        ("_lastUpdated=2026-02-06", [ADAMS, ADAMSON, CRUZ, NUNEZ, OBRIEN]),
        ("_lastUpdated=gt2026-02-06T15:31:59.5%2B01:00", [CRUZ, NUNEZ, OBRIEN]),
        ("birthdate=1970&name=jo", [NUNEZ]),
        ("gender=male&name=ad", [ADAMSON]),
        ("birthdate=1950&family=adamson", [ADAMSON]),
        ("family=ad&gender=female", [ADAMS]),
        ("nonsense=1&family:exact=Adams&_include=Patient:link", [ADAMS]),
        ("family=", [ADAMS, ADAMSON, CRUZ, NUNEZ, OBRIEN]),
    ],
)
def test_patients_are_found(practice, query, expected):
    """By GET and by POST, with the exact total, in order of names; an answer that R4 takes."""
    by_get = found(practice, query)
    Bundle.model_validate(by_get)
    assert (families(by_get), by_get["total"]) == (expected, len(expected))
    by_post = practice.send("POST", f"{MANY}/_search", query.encode(), Content_Type=FORM).json()
    assert (by_post.get("entry"), by_post["total"]) == (by_get.get("entry"), by_get["total"])
    patients = [one for one in by_get.get("entry", ()) if one["resource"]["resourceType"] == "Patient"]
    assert all(entry["search"] == {"mode": "match"} for entry in patients)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("birthdate=yesterday", "birthdate"),
        ("birthdate=1970-13", "birthdate"),
        ("birthdate=1970-02-30", "birthdate"),
        ("birthdate=ap1970", "birthdate"),
        ("birthdate:missing=true", "birthdate"),
        ("family:fuzzy=x", "family"),
        ("family:text=x", "family"),
        ("gender:in=x", "gender"),
        ("active=perhaps", "active"),
        ("identifier=urn:x|", "identifier"),
        ("_lastUpdated=gt1", "_lastUpdated"),
        ("_count=many", "_count"),
        ("_total=some", "_total"),
        ("_elements=%00", "_elements"),
        ("name=%00", "name"),
        ("family=d%00oe", "family"),
        ("gender=%00", "gender"),
        ("name=" + "x" * 201, "name"),
        ("name=" + "x," * 101, "name"),
        ("_page=nonsense", "_page"),
    ],
)
def test_what_is_not_to_be_understood_is_refused(practice, query, parameter):
    """400 naming the parameter, never ignored: another answer than the one asked for would be worse."""
    with Unchanged(practice, "validation_error"):
        response = practice.send("GET", f"{MANY}?{query}")
    assert_outcome(response, 400, "validation_error")
    assert response.json()["issue"][0]["details"]["text"].startswith(f"{parameter}: ")


@pytest.mark.parametrize(
    "query", ["nonsense=1", "_include=x", "_summary=true", "_sort=birthdate", "_revinclude=x"]
)
def test_what_there_is_not_is_left_out_or_refused_as_the_client_wants(practice, query):
    """Leniently it is not in the link to itself, so that the client can see it; strictly it is a 400."""
    assert links(found(practice, f"{query}&gender=male"))["self"] == f"{PUBLIC_URL}{MANY}?gender=male"
    strict = practice.send("GET", f"{MANY}?{query}", Prefer="handling=strict")
    assert_outcome(strict, 400, "validation_error")


def _outcomes(bundle):
    return [one["resource"] for one in bundle.get("entry", ()) if one["search"]["mode"] == "outcome"]


@pytest.mark.parametrize(
    ("query", "named", "meant"),
    [
        ("famly=x", "famly", "family"),
        ("birthDate=1950", "birthDate", "birthdate"),
        ("_lastupdated=gt1950", "_lastupdated", "_lastUpdated"),
        ("_sort=birthdate", "_sort", None),
        ("family=", "family", None),
        ("identifier=,", "identifier", None),
        ("organization=x", "organization", None),
        ("O%27Brien%201950=x", None, None),
        ("555-0142=x", None, None),
    ],
)
def test_what_is_left_out_is_told(practice, query, named, meant):
    """An outcome beside the matches, or why it is refused: by its name, unless that may be anything."""
    bundle = found(practice, f"{query}&gender=male")
    Bundle.model_validate(bundle)
    (outcome,) = _outcomes(bundle)
    (issue,) = outcome["issue"]
    strict = practice.send("GET", f"{MANY}?{query}", Prefer="handling=strict")
    for text in (issue["details"]["text"], strict.json()["issue"][0]["details"]["text"]):
        assert (named or "arameter") in text
        assert meant is None or f"Perhaps {meant} is meant" in text
        assert "Brien" not in text
        assert "0142" not in text
    assert (issue["severity"], issue["code"]) == ("warning", "not-supported")
    assert bundle["total"] == len(bundle["entry"]) - 1


def test_a_search_by_a_numbering_that_is_kept_alone_says_so(practice):
    """Nobody is found, which does not say that nobody is here."""
    bundle = found(practice, "identifier=http://lab.example/pid|L-900")
    (outcome,) = _outcomes(bundle)
    assert bundle["total"] == 0
    assert "kept and not searched" in outcome["issue"][0]["details"]["text"]
    assert "lab" not in str(bundle["entry"])


def test_a_search_that_is_understood_has_no_outcome(practice):
    """Nor has one with parameters of the answer's form."""
    assert _outcomes(found(practice, "gender=male&_format=json&_pretty=true&_count=5")) == []


def test_the_trail_tells_of_what_it_left_out_as_well(practice):
    """The same words."""
    bundle = practice.send("GET", "/fhir/AuditEvent?patint=x").json()
    (outcome,) = _outcomes(bundle)
    assert "Perhaps patient is meant" in outcome["issue"][0]["details"]["text"]
    strict = practice.send("GET", "/fhir/AuditEvent?patint=x", Prefer="handling=strict")
    assert_outcome(strict, 400, "validation_error")
    assert "patint: " in strict.text


def test_pages_are_followed_by_their_links(practice):
    """Each patient once; first, previous, next and last as they should be; the size as asked."""
    seen, url, pages = [], f"{PUBLIC_URL}{MANY}?_count=2&birthdate=gt1900", []
    while url:
        page = practice.send("GET", url.removeprefix(PUBLIC_URL)).json()
        seen += families(page)
        pages.append(sorted(links(page)))
        url = links(page).get("next")
    assert seen == [ADAMS, ADAMSON, CRUZ, NUNEZ, OBRIEN]
    assert pages == [
        ["first", "last", "next", "self"],
        ["first", "last", "next", "previous", "self"],
        ["first", "last", "previous", "self"],
    ]
    back = practice.send("GET", links(page)["previous"].removeprefix(PUBLIC_URL)).json()
    assert families(back) == [CRUZ, NUNEZ]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_link_to_another_page_tells_what_was_searched(practice, method):
    """URLs end up in logs. What a client sent in a body is in no link at all."""
    query = "family=Ad&birthdate=1950&_count=1"
    if method == "GET":
        bundle = found(practice, query)
        others = [url for relation, url in links(bundle).items() if relation != "self"]
        assert links(bundle)["self"] == f"{PUBLIC_URL}{MANY}?{query}"
    else:
        bundle = practice.send("POST", f"{MANY}/_search", query.encode(), Content_Type=FORM).json()
        others = list(links(bundle).values())
    assert len(others) >= 3
    assert not any("Ad" in url.partition("?_page=")[0] or "1950" in url or "family" in url for url in others)
    following = practice.send("GET", links(bundle)["next"].removeprefix(PUBLIC_URL)).json()
    assert families(following) == [ADAMSON]
    assert "family" not in str(links(following))


def test_a_link_of_another_practice_does_not_open(practice):
    """A search is sealed for those who made it."""
    url = links(found(practice, "_count=1"))["next"].removeprefix(PUBLIC_URL)
    practice.user(email="else@example.org", practice_id=type(practice.practice_id)(int=7))
    elsewhere = practice.headers(email="else@example.org", practice_id=type(practice.practice_id)(int=7))
    assert_outcome(practice.send("GET", url, role=None, **elsewhere), 400, "validation_error")


@pytest.mark.parametrize(("query", "shown", "total"), [
    ("_count=0", 0, 5), ("_summary=count", 0, 5), ("_summary=count&gender=male", 0, 2),
    ("_count=1000", 5, 5), ("_total=none", 5, None), ("_total=accurate", 5, 5), ("_total=estimate", 5, 5),
])  # fmt: skip
def test_counts_are_as_asked(practice, query, shown, total):
    """Nobody is shown, and nobody disclosed, where only the number is wanted."""
    bundle = found(practice, query)
    assert (len(bundle.get("entry", ())), bundle.get("total")) == (shown, total)
    assert len(practice.trail[-1].disclosed) == shown


def test_a_capped_count_is_told_in_the_link(practice):
    """The link to itself says what was asked; there are no more than a hundred a page."""
    assert "_count=1000" in links(found(practice, "_count=1000"))["self"]


def test_elements_can_be_left_out(practice):
    """What is not wanted is not sent, and the resource says that it is not whole."""
    (entry,) = found(practice, "family=nun&_elements=birthDate,gender")["entry"]
    assert set(entry["resource"]) == {"resourceType", "id", "meta", "birthDate", "gender"}
    assert entry["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"


def test_where_records_come_from_can_be_brought_along(practice):
    """Each match with its Provenance, which is no match and not counted."""
    bundle = found(practice, "gender=male&_revinclude=Provenance:target")
    modes = [(entry["resource"]["resourceType"], entry["search"]["mode"]) for entry in bundle["entry"]]
    assert modes == [("Patient", "match")] * 2 + [("Provenance", "include")] * 2
    assert bundle["total"] == 2


def test_a_search_is_on_the_trail_without_its_words(practice):
    """One entry: whom it showed, in order of ids."""
    before = len(practice.trail)
    bundle = found(practice, "name=ad")
    (entry,) = practice.trail[before:]
    assert entry.action is Action.LIST
    assert [str(id_) for id_ in entry.disclosed] == sorted(one["resource"]["id"] for one in bundle["entry"])
    assert "ad" not in {entry.code, entry.address}


def test_ids_are_found_and_combined(practice):
    """By `_id`, several at once, and only those that the rest allows."""
    ids = [entry["resource"]["id"] for entry in found(practice)["entry"]]
    assert found(practice, f"_id={ids[0]},{ids[1]}")["total"] == 2
    assert families(found(practice, f"_id={ids[0]},{ids[1]}&family=adamson")) == [ADAMSON]
    assert found(practice, f"_id={ids[0]}&_id={ids[1]}")["total"] == 0


def test_a_search_of_the_rest_api_and_this_one_agree(practice):
    """One directory behind both."""
    rest = practice.send("GET", "/api/v1/patients/?search=%5Ead").json()
    assert rest["count"] == found(practice, "name=ad")["total"]


def test_a_search_that_asks_for_too_much_is_refused(practice):
    """With FHIR's own word for it, whether by GET, by POST or as the condition of a creation."""
    dates = "&".join(f"birthdate=ne19{year}" for year in range(10, 90))
    answers = [
        practice.send("GET", f"{MANY}?{dates}"),
        practice.send("POST", f"{MANY}/_search", dates.encode(), Content_Type=FORM),
        practice.send("POST", MANY, a_resource(), Content_Type=FHIR, If_None_Exist=dates),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert answer.json()["issue"][0]["code"] == "too-costly"
