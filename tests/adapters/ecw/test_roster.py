import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.adapters.ecw.conftest import JANE, JOHN
from tests.adapters.ecw.server import (
    BASE_PATH,
    OWN_SYSTEM,
    FakeEcw,
    Resource,
    a_record,
    answered,
    bundle,
    dripping,
    endless,
    hung,
    outcome,
    raw,
    sent,
)
from tests.adapters.ecw.server import Fault as ServerFault
from tests.adapters.ecw.site import Site
from tests.contracts.stores import at_once
from vantrexia_adapters.ecw import ClientKeyFile
from vantrexia_adapters.settings import EcwIdRule
from vantrexia_adapters.system import SystemClock
from vantrexia_core.ehr import CANDIDATES_MAX, EhrPatient, EhrQuery, EhrUnavailableError, Fault, Missed
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import ExternalId

SECONDS = 200.0
PATIENT = "/Patient/ECW-12345"
SEARCH = "/Patient"
TOKEN = "/oauth/token"
CONFIGURATION = "/.well-known/smart-configuration"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ID = ExternalId("ECW-12345")
OTHER = ExternalId("ECW-67890")
PHI = ("jane", "qqpatient", "1958", "okonkwo", "ecw-12345")


def outcome_of(site: Site, id_: str = "ECW-12345", *, seconds: float = SECONDS) -> EhrPatient | Fault:
    """What a fetch of one id gives."""
    (one,) = site.roster.fetch([ExternalId(id_)], seconds_max=seconds)
    return one.fault if isinstance(one, Missed) else one


def told(site: Site, id_: str = "ECW-12345") -> EhrPatient:
    """A patient that must be there."""
    one = outcome_of(site, id_)
    assert isinstance(one, EhrPatient)
    return one


def why_unavailable(site: Site) -> str:
    """The sentence of a fetch that could not begin, free of anybody's data."""
    with pytest.raises(EhrUnavailableError) as refused:
        site.roster.fetch([ID], seconds_max=SECONDS)
    assert not any(word in refused.value.detail.lower() for word in PHI)
    return refused.value.detail


# ---- what is found


def test_an_id_that_is_no_logical_id_is_looked_up_as_an_identifier(site: Site) -> None:
    """Staff see the account number, so that is what they type."""
    assert told(site, "ACC-1").known_as == (ID,)


def test_an_identifier_of_another_numbering_is_not_taken_for_ours(site: Site, ecw: FakeEcw) -> None:
    """A family can share an insurer's number."""
    ecw.patients["p1"] = a_record("p1") | {
        "identifier": [{"system": "https://payer.example", "value": "S-1"}]
    }
    assert outcome_of(site, "S-1") is Fault.NOT_FOUND


def test_the_numbering_can_be_set(ecw: FakeEcw) -> None:
    """A practice whose identifiers carry a system of their own names it."""
    ecw.patients["p1"] = a_record("p1") | {"identifier": [{"system": "https://own.example", "value": "S-1"}]}
    site = Site(ecw, identifier_system="https://own.example")
    assert told(site, "S-1").external_id == ExternalId("S-1")
    assert any("identifier=https%3A%2F%2Fown.example%7CS-1" in call for call in ecw.calls)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (EcwIdRule.LOGICAL_FIRST, [True, True]),
        (EcwIdRule.LOGICAL, [True, False]),
        (EcwIdRule.IDENTIFIER, [False, True]),
    ],
)
def test_the_rule_of_lookup_can_be_set(ecw: FakeEcw, rule: EcwIdRule, expected: list[bool]) -> None:
    """By logical id, by identifier, or by one after the other."""
    ecw.patients["opaque-1"] = a_record("opaque-1") | {"identifier": [{"system": OWN_SYSTEM, "value": "A-9"}]}
    site = Site(ecw, id_rule=rule)
    found = [isinstance(outcome_of(site, id_), EhrPatient) for id_ in ("opaque-1", "A-9")]
    assert found == expected


@pytest.mark.parametrize(
    "id_", ["..", ".", "../Group", "a/b", "a?b=c", "a#b", "a%2e", "%2e%2e", "a\\b", "ö", "a b"]
)
def test_an_id_never_leads_out_of_its_place_in_the_path(site: Site, ecw: FakeEcw, id_: str) -> None:
    """What has not the form of a logical id goes into a parameter, encoded."""
    assert outcome_of(site, id_) is Fault.NOT_FOUND
    assert [call.partition("?")[0] for call in ecw.calls[2:]] == [f"{BASE_PATH}/Patient"]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_not_found(site: Site, ecw: FakeEcw, status: int) -> None:
    """Deleted there is as good as never known."""
    ecw.patients.clear()
    ecw.fail(PATIENT, answered(status))
    assert outcome_of(site) is Fault.NOT_FOUND


def test_several_holders_of_an_identifier_are_ambiguous(site: Site, ecw: FakeEcw) -> None:
    """Over several pages too."""
    ecw.patients |= {f"p{n}": a_record(f"p{n}", "SHARED") for n in range(5)}
    assert outcome_of(site, "SHARED") is Fault.AMBIGUOUS


def test_a_patient_who_is_listed_twice_is_one(site: Site, ecw: FakeEcw) -> None:
    """Paging over a list that grows shows some entries again."""
    ecw.fail(SEARCH, answered(200, bundle([JANE, JANE])))
    assert told(site, "ACC-1").external_id == ExternalId("ACC-1")


def test_two_records_under_one_id_are_malformed(site: Site, ecw: FakeEcw) -> None:
    """They contradict each other, and nobody can say which one counts."""
    ecw.fail(SEARCH, answered(200, bundle([JANE, JANE | {"gender": "male"}])))
    assert outcome_of(site, "ACC-1") is Fault.MALFORMED


def test_a_server_that_ignores_the_question_finds_nobody(site: Site, ecw: FakeEcw) -> None:
    """It answers with everybody; none of them is taken for the one."""
    everybody = [a_record(f"p{n}") for n in range(CANDIDATES_MAX + 1)]
    ecw.fail(SEARCH, answered(200, bundle(everybody)))
    assert outcome_of(site, "ACC-1") is Fault.MALFORMED


# ---- searches


def names_found(site: Site, name: str) -> list[ExternalId]:
    """The ids of a search by name."""
    return [one.external_id for one in site.roster.search(EhrQuery(name=Phi(name)), seconds_max=SECONDS)]


def test_a_search_follows_all_pages(site: Site, ecw: FakeEcw) -> None:
    """In the order of the answer."""
    ecw.patients |= {f"p{n}": a_record(f"p{n}", name=[{"family": "Paged"}]) for n in range(5)}
    assert names_found(site, "paged") == [ExternalId(f"p{n}") for n in range(5)]


def test_a_search_gives_no_more_than_a_person_reads(site: Site, ecw: FakeEcw) -> None:
    """And fetches no further pages."""
    ecw.page_size = 20
    ecw.patients |= {f"p{n}": a_record(f"p{n}", name=[{"family": "Paged"}]) for n in range(90)}
    assert len(names_found(site, "paged")) == CANDIDATES_MAX
    assert ecw.calls_to(SEARCH) == 3


def test_a_search_term_is_only_a_term(site: Site, ecw: FakeEcw) -> None:
    r"""``,`` would be "or", ``|`` a system, ``&`` another parameter."""
    assert names_found(site, "a,b|c$d\\e&_id=ECW-12345") == []
    assert ecw.calls[-1].endswith("name=a%5C%2Cb%5C%7Cc%5C%24d%5C%5Ce%26_id%3DECW-12345")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/fhir/r4/FAKEAB/Patient?page=1",
        "http://169.254.169.254/latest/meta-data",
        "//evil.example/x",
        "file:///etc/passwd",
        "ORIGIN/fhir/r4/OTHERPRACTICE/Patient",
        "ORIGIN/fhir/r4/FAKEABC/Patient",
        "ORIGIN/fhir/r4/FAKEAB/../OTHER/Patient",
        "ORIGIN/fhir/r4/FAKEAB/%2e%2e/OTHER/Patient",
        "ORIGIN/fhir/r4/FAKEAB/Patient?a=b\r\nX: y",
        "ORIGIN@evil.example/fhir/r4/FAKEAB/Patient",
        "/Patient?page=2",
        "",
        7,
    ],
)
def test_a_link_leads_nowhere_but_into_the_same_practice(site: Site, ecw: FakeEcw, link: object) -> None:
    """Nobody can make us call another host, or show it our token."""
    url = link.replace("ORIGIN", ecw.origin) if isinstance(link, str) else link
    ecw.fail(SEARCH, answered(200, bundle([JANE]) | {"link": [{"relation": "next", "url": url}]}))
    with pytest.raises(EhrUnavailableError, match="not FHIR R4 as expected"):
        names_found(site, "oko")
    assert ecw.calls_to(SEARCH) == 1


def test_pages_that_lead_in_a_circle_end(site: Site, ecw: FakeEcw) -> None:
    """The second time a link shows up is the last."""
    link = {"relation": "next", "url": f"{ecw.base_url}/Patient?page=again"}
    ecw.fail(SEARCH, answered(200, bundle([JANE], [link])), times=20)
    with pytest.raises(EhrUnavailableError):
        names_found(site, "oko")
    assert ecw.calls_to(SEARCH) == 2


def test_pages_without_end_end(site: Site, ecw: FakeEcw) -> None:
    """Each page names a new one, and all are empty."""
    pages = [
        answered(200, bundle([], [{"relation": "next", "url": f"{ecw.base_url}/Patient?page={n}"}]))
        for n in range(50)
    ]
    ecw.fail(SEARCH, *pages)
    assert names_found(site, "oko") == []
    assert ecw.calls_to(SEARCH) == 10


# ---- tokens


def test_a_token_serves_many_calls(site: Site, ecw: FakeEcw) -> None:
    """Token calls count against the budget too."""
    for _ in range(3):
        told(site)
    assert (ecw.calls_to(TOKEN), ecw.calls_to(CONFIGURATION)) == (1, 1)


def test_a_token_is_renewed_a_minute_before_its_end(site: Site, ecw: FakeEcw) -> None:
    """``expires_in`` is believed, and nothing else: eCW's tokens live five minutes."""
    told(site)
    site.clock.advance(timedelta(seconds=239))
    told(site)
    assert ecw.calls_to(TOKEN) == 1
    site.clock.advance(timedelta(seconds=1))
    told(site)
    assert ecw.calls_to(TOKEN) == 2


def test_a_token_that_lives_a_minute_is_used_for_half_of_it(site: Site, ecw: FakeEcw) -> None:
    """Renewing a minute early would mean never using it."""
    ecw.token_seconds = 60
    told(site)
    site.clock.advance(timedelta(seconds=29))
    told(site)
    site.clock.advance(timedelta(seconds=1))
    told(site)
    assert ecw.calls_to(TOKEN) == 2


def test_a_token_that_was_taken_back_is_renewed_once(site: Site, ecw: FakeEcw) -> None:
    """The call is repeated with the new one."""
    told(site)
    ecw.revoke()
    assert told(site).external_id == ID
    assert ecw.calls_to(TOKEN) == 2


def test_a_fresh_token_that_is_refused_ends_the_fetch(site: Site, ecw: FakeEcw) -> None:
    """Asking for a third one would not help; the sentence says where to look."""
    ecw.fail(PATIENT, answered(401), times=9)
    assert "ECW_BASE_URL" in why_unavailable(site)
    assert (ecw.calls_to(TOKEN), ecw.calls_to(PATIENT)) == (2, 2)


def test_threads_renew_a_token_once_between_them(site: Site, ecw: FakeEcw) -> None:
    """One asks, the others wait for its answer."""
    at_once([lambda: told(site) for _ in range(8)])
    ecw.revoke()
    at_once([lambda: told(site) for _ in range(8)])
    assert ecw.calls_to(TOKEN) == 2


def test_every_assertion_is_used_once(site: Site, ecw: FakeEcw) -> None:
    """The server refuses a ``jti`` that it has seen: a repeated token call carries a new one."""
    ecw.fail(TOKEN, answered(503))
    told(site)
    ecw.revoke()
    told(site)
    assert len(ecw.seen_jti) == 2


def test_a_wrong_client_is_told_what_to_compare(ecw: FakeEcw) -> None:
    """The code of the refusal is repeated, its description is not."""
    sentence = why_unavailable(Site(ecw, client_id="somebody-else"))
    assert "HTTP 401, invalid_client" in sentence
    assert "jwks.json" in sentence


def test_a_wrong_scope_is_told_what_to_compare(ecw: FakeEcw) -> None:
    """ECW answers a wrong scope with invalid_grant."""
    assert "compare the scopes" in why_unavailable(Site(ecw, scopes="system/Group.read"))


def test_a_refused_client_is_not_asked_about_again_at_once(ecw: FakeEcw) -> None:
    """A list of a thousand ids makes one token call, and half a minute later another."""
    site = Site(ecw, client_id="somebody-else")
    with pytest.raises(EhrUnavailableError):
        site.roster.fetch([ExternalId(f"E{n}") for n in range(100)], seconds_max=SECONDS)
    assert ecw.calls_to(TOKEN) == 1
    with pytest.raises(EhrUnavailableError):
        site.roster.check()
    site.clock.advance(timedelta(seconds=30))
    site.roster.check()


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"access_token": "t", "token_type": "bearer"},
        {"access_token": "t", "token_type": "mac", "expires_in": 300},
        {"access_token": "", "token_type": "bearer", "expires_in": 300},
        {"access_token": "a b", "token_type": "bearer", "expires_in": 300},
        {"access_token": "a\r\nX-Injected: 1", "token_type": "bearer", "expires_in": 300},
        {"access_token": "t" * 9000, "token_type": "bearer", "expires_in": 300},
        {"access_token": "t", "token_type": "bearer", "expires_in": "300"},
        {"access_token": "t", "token_type": "bearer", "expires_in": True},
        {"access_token": "t", "token_type": "bearer", "expires_in": 0},
        {"access_token": "t", "token_type": "bearer", "expires_in": -1},
        {"access_token": "t", "token_type": "bearer", "expires_in": 1e9},
    ],
)
def test_a_token_answer_that_is_none_is_refused(site: Site, ecw: FakeEcw, answer: object) -> None:
    """Neither guessed at nor sent on."""
    ecw.fail(TOKEN, answered(200, answer))
    assert "not a token" in why_unavailable(site)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/token",
        "http://127.0.0.2/token",
        "https://169.254.169.254/token",
        "file:///token",
        "",
        None,
        7,
    ],
)
def test_a_token_endpoint_elsewhere_is_not_called(site: Site, ecw: FakeEcw, endpoint: object) -> None:
    """An administrator may set one; a discovery document may not."""
    ecw.fail(CONFIGURATION, answered(200, {"token_endpoint": endpoint}))
    assert "set ECW_TOKEN_URL" in why_unavailable(site)


def test_a_token_endpoint_that_is_set_is_not_discovered(ecw: FakeEcw) -> None:
    """One call less, and no trust in the document."""
    told(Site(ecw, token_url=ecw.token_url))
    assert ecw.calls_to(CONFIGURATION) == 0


# ---- budget, repetition, back-off


def test_the_budget_counts_every_call_of_a_clock_minute(ecw: FakeEcw) -> None:
    """Discovery and token among them; the eleventh call waits for the next minute."""
    site = Site(ecw, calls_per_minute=10)
    site.clock.advance(timedelta(seconds=15))
    for _ in range(8):
        told(site)
    assert site.naps.taken == []
    told(site)
    assert site.naps.taken == [45.0]


def test_a_wait_beyond_the_time_that_is_left_is_busy(ecw: FakeEcw) -> None:
    """Nobody waits for nothing."""
    site = Site(ecw, calls_per_minute=2)
    assert outcome_of(site, seconds=59) is Fault.BUSY
    assert site.naps.taken == []


def test_429_ends_the_minute(site: Site, ecw: FakeEcw) -> None:
    """ECW says no more than that; the call is repeated when the next minute begins."""
    site.clock.advance(timedelta(seconds=20))
    ecw.fail(PATIENT, answered(429))
    told(site)
    assert site.naps.taken == [40.0]


def test_429_again_and_again_is_busy(site: Site, ecw: FakeEcw) -> None:
    """Three minutes are enough."""
    ecw.fail(PATIENT, answered(429), times=9)
    assert outcome_of(site) is Fault.BUSY
    assert ecw.calls_to(PATIENT) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failing_server_is_asked_again_with_growing_pauses(site: Site, ecw: FakeEcw, status: int) -> None:
    """And answers the third time."""
    ecw.fail(PATIENT, answered(status), times=2)
    told(site)
    assert site.naps.taken == [0.5, 2.0]


def test_a_server_that_asks_for_a_pause_gets_it(site: Site, ecw: FakeEcw) -> None:
    """Within reason."""
    ecw.fail(PATIENT, answered(503, headers={"Retry-After": "7"}))
    ecw.fail(PATIENT, answered(503, headers={"Retry-After": "86400"}))
    told(site)
    assert site.naps.taken == [7.0, 60.0]


def test_an_ehr_that_is_out_is_left_alone(site: Site, ecw: FakeEcw) -> None:
    """A long list does not try every id for seconds each."""
    site.transport.close()
    dead = Site(ecw, base_url="http://127.0.0.1:9/fhir")
    with pytest.raises(EhrUnavailableError, match="cannot be reached"):
        dead.roster.fetch([ExternalId(f"E{n}") for n in range(200)], seconds_max=SECONDS)
    assert len(dead.naps.taken) <= 2 * 8
    with pytest.raises(EhrUnavailableError):
        dead.roster.check()


# ---- faults of the other side

FAULTS = [
    pytest.param(answered(500), Fault.FAILED, id="500"),
    pytest.param(answered(403), Fault.REFUSED, id="403"),
    pytest.param(answered(400, outcome("forbidden")), Fault.REFUSED, id="400 for want of a scope"),
    pytest.param(answered(302, {}, {"Location": "http://127.0.0.1:9/"}), Fault.MALFORMED, id="302"),
    pytest.param(answered(418), Fault.MALFORMED, id="418"),
    pytest.param(raw(), Fault.FAILED, id="closed at once"),
    pytest.param(raw(HEAD), Fault.MALFORMED, id="closed in the head"),
    pytest.param(raw(HEAD + b"Content-Length: 10\r\n\r\n{}"), Fault.FAILED, id="cut off"),
    pytest.param(raw(b"SSH-2.0-OpenSSH_9\r\n"), Fault.MALFORMED, id="another protocol"),
    pytest.param(
        endless(HEAD + b"Content-Length: 104857600\r\n\r\n"), Fault.MALFORMED, id="100 MB announced"
    ),
    pytest.param(endless(HEAD + b"\r\n"), Fault.MALFORMED, id="100 MB unannounced"),
    pytest.param(sent(b""), Fault.MALFORMED, id="nothing"),
    pytest.param(sent(b"<html>Jane Qqpatient</html>"), Fault.MALFORMED, id="a page"),
    pytest.param(sent(b'{"resourceType": "Patient", "id": "ECW-123'), Fault.MALFORMED, id="half a record"),
    pytest.param(sent(b"\xff\xfe{\x00}\x00"), Fault.MALFORMED, id="UTF-16"),
    pytest.param(sent(b'{"id": NaN}'), Fault.MALFORMED, id="NaN"),
    pytest.param(sent(b'{"id": 1, "id": 2}'), Fault.MALFORMED, id="a member twice"),
    pytest.param(sent(b"[" * 100_000), Fault.MALFORMED, id="deep"),
    pytest.param(sent(b'{"a":' * 100 + b"1" + b"}" * 100), Fault.MALFORMED, id="rather deep"),
    pytest.param(sent(b'{"id": ' + b"9" * 5000 + b"}"), Fault.MALFORMED, id="a huge number"),
    pytest.param(answered(200, []), Fault.MALFORMED, id="a list"),
    pytest.param(answered(200, "Patient"), Fault.MALFORMED, id="a text"),
    pytest.param(answered(200, outcome("exception")), Fault.MALFORMED, id="an OperationOutcome"),
    pytest.param(answered(200, JANE | {"resourceType": "Practitioner"}), Fault.MALFORMED, id="no patient"),
    pytest.param(answered(200, JANE | {"id": 12345}), Fault.MALFORMED, id="an id that is a number"),
    pytest.param(answered(200, JOHN), Fault.MALFORMED, id="somebody else"),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
def test_a_fault_touches_one_id_and_no_other(
    site: Site, ecw: FakeEcw, fault: ServerFault, expected: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """Its outcome says what kind of fault it was; the other patient arrives; nothing is logged of anybody."""
    caplog.set_level(logging.DEBUG)
    ecw.fail(PATIENT, fault, times=9)
    jane, john = site.roster.fetch([ID, OTHER], seconds_max=SECONDS)
    assert jane == Missed(ID, expected)
    assert isinstance(john, EhrPatient)
    assert ecw.calls_to(PATIENT) <= 3
    assert not any(word in caplog.text.lower() for word in PHI)


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
def test_a_fault_of_a_search_is_one_sentence(
    site: Site, ecw: FakeEcw, fault: ServerFault, expected: Fault
) -> None:
    """Useful to whoever reads it, and without anybody's data."""
    ecw.fail(SEARCH, fault, times=9)
    with pytest.raises(EhrUnavailableError) as refused:
        names_found(site, "jane")
    assert refused.value.detail.startswith("eClinicalWorks ")
    assert not any(word in refused.value.detail.lower() for word in PHI)


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
def test_a_fault_of_the_sign_in_is_one_sentence(
    site: Site, ecw: FakeEcw, fault: ServerFault, expected: Fault
) -> None:
    """The fetch has not begun, so there is nothing to report per id."""
    ecw.fail(TOKEN, fault, times=9)
    assert why_unavailable(site).startswith("eClinicalWorks ")


@pytest.mark.parametrize(
    "fault", [hung, dripping(HEAD + b"Content-Length: 99999\r\n\r\n"), dripping(b"HTTP/1.1 2")]
)
def test_a_server_that_does_not_come_to_an_end_is_timed_out(ecw: FakeEcw, fault: ServerFault) -> None:
    """In the time that the caller gave, by a real clock; afterwards all goes on."""
    site = Site(ecw, clock=SystemClock())
    assert isinstance(outcome_of(site, "ECW-67890"), EhrPatient)
    ecw.fail(PATIENT, fault, times=9)
    started = time.perf_counter()
    assert outcome_of(site, seconds=0.3) is Fault.TIMED_OUT
    assert time.perf_counter() - started < 10
    assert isinstance(outcome_of(site, "ECW-67890"), EhrPatient)


def test_an_error_carries_nothing_of_what_was_sent(site: Site, ecw: FakeEcw) -> None:
    """Not in its chain either, where a tracker would print it."""
    ecw.fail(SEARCH, answered(200, outcome("exception")))
    with pytest.raises(EhrUnavailableError) as refused:
        names_found(site, "jane")
    error: BaseException | None = refused.value
    while error is not None:
        assert not any(word in f"{error!r} {error.args}".lower() for word in PHI)
        error = None if error.__suppress_context__ else error.__context__


# ---- odd records


def jane_with(site: Site, ecw: FakeEcw, **members: object) -> EhrPatient:
    """Jane with some members in another form."""
    record: Resource = JANE | members
    ecw.patients["ECW-12345"] = record
    return told(site)


@pytest.mark.parametrize(
    ("members", "left_out"),
    [
        ({"birthDate": "1958"}, ("date_of_birth",)),
        ({"birthDate": 1958}, ("date_of_birth",)),
        ({"birthDate": "1958-02-30"}, ("date_of_birth",)),
        ({"gender": "F"}, ("gender",)),
        ({"gender": ["female"]}, ("gender",)),
        ({"name": "Jane Okonkwo"}, ("last_name",)),
        ({"name": [{"family": 7}]}, ("last_name",)),
        ({"name": [{"family": "Ok\u202eonkwo"}]}, ("last_name",)),
        ({"name": [{"family": "x" * 101}]}, ("last_name",)),
        ({"telecom": [{"system": "phone", "value": "ext. four"}]}, ("phone",)),
        ({"address": [{"state": "Illinois"}]}, ("address.state",)),
        ({"address": [{"line": "123 Main St"}]}, ("address.line1",)),
    ],
)
def test_a_value_that_breaks_a_rule_is_left_out_and_named(
    site: Site, ecw: FakeEcw, members: dict[str, object], left_out: tuple[str, ...]
) -> None:
    """The rest of the patient arrives."""
    assert jane_with(site, ecw, **members).left_out == left_out


def test_the_official_name_wins_over_others(site: Site, ecw: FakeEcw) -> None:
    """A maiden name is nobody's name today."""
    names = [{"use": "maiden", "family": "Before"}, {"use": "usual", "family": "Called"}]
    found = jane_with(site, ecw, name=names)
    assert found.last_name is not None
    assert found.last_name.reveal() == "Called"
    found = jane_with(site, ecw, name=[*names, {"use": "official", "family": "Official"}])
    assert found.last_name is not None
    assert found.last_name.reveal() == "Official"


def test_lists_padded_with_null_are_read(site: Site, ecw: FakeEcw) -> None:
    """FHIR pads where a place holds an extension only."""
    found = jane_with(site, ecw, name=[{"family": "Okonkwo", "given": [None, "Jane"]}])
    assert found.first_name is not None
    assert found.first_name.reveal() == "Jane"


def test_the_record_number_is_the_identifier_of_that_type(site: Site, ecw: FakeEcw) -> None:
    """Whatever its system (HL7 v2-0203, MR)."""
    number = {"type": {"coding": [{"code": "MR"}]}, "system": "https://x.example", "value": "M-7"}
    found = jane_with(site, ecw, identifier=[*JANE["identifier"], number])
    assert found.mrn is not None
    assert found.mrn.reveal() == "M-7"
    assert found.known_as == (ExternalId("ACC-1"),)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-02-01T09:15:00+01:00", datetime(2026, 2, 1, 8, 15, tzinfo=UTC)),
        ("2026-02-01T09:15:00.5Z", datetime(2026, 2, 1, 9, 15, 0, 500_000, tzinfo=UTC)),
        ("2026-02-01", None),
        ("2026-02-01T09:15:00", None),
        ("2026-02-30T09:15:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        (7, None),
    ],
)
def test_the_time_of_the_last_change_is_utc_or_unknown(
    site: Site, ecw: FakeEcw, text: object, at: datetime | None
) -> None:
    """FHIR's instant, and nothing that only looks like one."""
    assert jane_with(site, ecw, meta={"lastUpdated": text}).updated_at == at


def test_a_key_that_is_gone_is_told_without_its_file(ecw: FakeEcw, tmp_path: Path) -> None:
    """The console is told which file; an answer of the API is not."""
    sentence = why_unavailable(Site(ecw, keys=ClientKeyFile(tmp_path / "gone.pem")))
    assert "vantrexia keys ecw show" in sentence
    assert "gone.pem" not in sentence
