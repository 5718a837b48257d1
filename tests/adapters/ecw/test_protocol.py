"""The protocol without a socket: which steps it takes, and what it says in each."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from tests.adapters.ecw.site import a_client_key
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.ecw import CallBudget, ClientAssertions, EcwConnection, EcwProtocol
from vantrexia_adapters.ecw.exchange import Flow, Pause, Renew, Reply, Step, Token
from vantrexia_adapters.ecw.protocol import ANSWER_BYTES_MAX, SEARCH_BYTES_MAX
from vantrexia_adapters.http import Request, Response, Trouble
from vantrexia_core.ehr import EhrPatient, EhrQuery, EhrUnavailableError, Fault, Missed
from vantrexia_core.kernel import BrokenPromiseError, Phi
from vantrexia_core.patients import ExternalId

BASE = "https://fhir4.ecw.example/fhir/r4/FAKEAB"
TOKEN_URL = "https://oauthserver.ecw.example/oauth/oauth2/token"
ID = ExternalId("p1")
JANE = Response(200, b'{"resourceType": "Patient", "id": "p1"}')
GRANT = Response(200, b'{"access_token": "t1", "token_type": "Bearer", "expires_in": 300}')
DISCOVERED = Response(200, b'{"token_endpoint": "%b"}' % TOKEN_URL.encode())


class Conversation:
    """A flow, the steps it took, and answers by script."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.steps: list[Step] = []

    def hold(self, flow: Flow[object], *replies: Reply) -> object:
        """Let the flow run over these replies; pauses take their time by themselves."""
        script = iter(replies)
        reply: Reply = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as done:
                return done.value
            self.steps.append(step)
            if isinstance(step, Pause):
                self.clock.advance(timedelta(seconds=step.seconds))
                reply = None
            else:
                reply = next(script)

    @property
    def requests(self) -> list[Request]:
        """The calls among the steps."""
        return [step for step in self.steps if isinstance(step, Request)]


@pytest.fixture
def clock() -> ManualClock:
    """Moved by pauses only."""
    return ManualClock()


@pytest.fixture
def protocol(clock: ManualClock) -> EcwProtocol:
    """A practice's EHR that discovers its token endpoint."""
    connection = EcwConnection(BASE, "client-1", "system/Patient.read")
    assertions = ClientAssertions("client-1", a_client_key(), CountedIds())
    return EcwProtocol(connection, assertions, clock, budget=CallBudget(250), jitter=lambda: 0.5)


@pytest.fixture
def talk(clock: ManualClock) -> Conversation:
    """An empty conversation."""
    return Conversation(clock)


def test_a_fetch_is_a_token_and_a_read(protocol: EcwProtocol, talk: Conversation, clock: ManualClock) -> None:
    """The token goes to our FHIR address and to no other, with limits of size and time."""
    until = clock.now() + timedelta(seconds=60)
    found = talk.hold(protocol.fetch(ID, until), Token("secret", until), JANE)
    assert found == EhrPatient.told(ID)
    renewal, read = talk.steps
    assert renewal == Renew(None, until)
    assert isinstance(read, Request)
    assert (read.method, read.url) == ("GET", f"{BASE}/Patient/p1")
    assert read.headers == {"Accept": "application/fhir+json", "Authorization": "Bearer secret"}
    assert (read.seconds_max, read.bytes_max) == (20.0, 4 * 1024 * 1024)


def test_a_renewal_discovers_and_asks(protocol: EcwProtocol, talk: Conversation, clock: ManualClock) -> None:
    """As SMART Backend Services has it; the token is then there for whoever wants one."""
    talk.hold(protocol.renew(clock.now() + timedelta(seconds=60)), DISCOVERED, GRANT)
    discovery, asked = talk.requests
    assert discovery.url == f"{BASE}/.well-known/smart-configuration"
    assert (asked.method, asked.url) == ("POST", TOKEN_URL)
    form = {name: value for name, (value,) in parse_qs(asked.body.decode()).items()}
    assert form.pop("client_assertion").count(".") == 2
    assert form == {
        "grant_type": "client_credentials",
        "scope": "system/Patient.read",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    token = protocol.token(None)
    assert token is not None
    assert token.value == "t1"
    assert protocol.token(token) is None


def test_a_repeated_token_request_carries_a_new_assertion(
    protocol: EcwProtocol, talk: Conversation, clock: ManualClock
) -> None:
    """The first one may have arrived, and an assertion is good for one use."""
    talk.hold(protocol.renew(clock.now() + timedelta(seconds=60)), DISCOVERED, Trouble.CUT_OFF, GRANT)
    _, first, second = talk.requests
    assert first.body != second.body


def test_pauses_grow_and_are_spread(protocol: EcwProtocol, talk: Conversation, clock: ManualClock) -> None:
    """Callers that failed together do not come back together."""
    until = clock.now() + timedelta(seconds=60)
    replies = (Token("t", until), Trouble.TIMED_OUT, Response(502, b""), JANE)
    talk.hold(protocol.fetch(ID, until), *replies)
    assert [step.seconds for step in talk.steps if isinstance(step, Pause)] == [0.75, 3.0]


def test_a_call_gets_no_more_time_than_is_left(
    protocol: EcwProtocol, talk: Conversation, clock: ManualClock
) -> None:
    """And none at all when none is left."""
    until = clock.now() + timedelta(seconds=2)
    found = talk.hold(
        protocol.fetch(ID, until), Token("t", until + timedelta(hours=1)), Trouble.CUT_OFF, JANE
    )
    assert found == EhrPatient.told(ID)
    assert [request.seconds_max for request in talk.requests] == [2.0, 1.25]
    late = talk.hold(protocol.fetch(ID, clock.now()), Token("t", until + timedelta(hours=1)))
    assert late == Missed(ID, Fault.TIMED_OUT)
    assert len(talk.requests) == 2


def test_who_comes_too_late_takes_no_place_in_the_budget(talk: Conversation, clock: ManualClock) -> None:
    """A long list that ran out of time leaves the minute's calls to others."""
    budget = CallBudget(1)
    assertions = ClientAssertions("client-1", a_client_key(), CountedIds())
    connection = EcwConnection(BASE, "client-1", "system/Patient.read")
    protocol = EcwProtocol(connection, assertions, clock, budget=budget, jitter=lambda: 0.0)
    token = Token("t", clock.now() + timedelta(hours=1))
    assert talk.hold(protocol.fetch(ID, clock.now()), token) == Missed(ID, Fault.TIMED_OUT)
    assert budget.take(clock.now()) == 0


@pytest.mark.parametrize("trouble", [Trouble.TOO_LARGE, Trouble.GARBLED, Trouble.UNTRUSTED])
def test_what_would_be_the_same_again_is_not_repeated(
    protocol: EcwProtocol, talk: Conversation, clock: ManualClock, trouble: Trouble
) -> None:
    """A hundred megabytes are as many the second time."""
    until = clock.now() + timedelta(seconds=60)
    try:
        talk.hold(protocol.fetch(ID, until), Token("t", until), trouble)
    except EhrUnavailableError:
        assert trouble is Trouble.UNTRUSTED
    assert len(talk.requests) == 1


@pytest.mark.parametrize("wrong", [lambda: None, lambda: Token("t", ManualClock().now()), lambda: JANE])
def test_a_driver_that_answers_amiss_is_told_so(
    protocol: EcwProtocol, talk: Conversation, clock: ManualClock, wrong: Callable[[], Reply]
) -> None:
    """A request wants a response, a renewal a token; anything else is the driver's fault."""
    until = clock.now() + timedelta(seconds=60)
    token = wrong()
    replies: tuple[Reply, ...] = (token, None) if isinstance(token, Token) else (token,)
    with pytest.raises(BrokenPromiseError):
        talk.hold(protocol.fetch(ID, until), *replies)


def test_nothing_of_a_conversation_prints(
    protocol: EcwProtocol, talk: Conversation, clock: ManualClock
) -> None:
    """Ids, tokens and records stay out of every repr."""
    until = clock.now() + timedelta(seconds=60)
    talk.hold(protocol.fetch(ID, until), Token("secret", until), JANE)
    shown = repr([*talk.steps, JANE, Token("secret", until)])
    assert "secret" not in shown
    assert "p1" not in shown


def _page(number: int, size: int) -> Response:
    """A page of a search that is as long as ``size`` says, and leads to another."""
    resource = {"resourceType": "Patient", "id": f"p{number}", "photo": [{"data": "A" * size}]}
    link = [{"relation": "next", "url": f"{BASE}/Patient?page={number + 1}"}]
    bundle = {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": [{"resource": resource}]}
    return Response(200, json.dumps(bundle).encode())


def test_the_pages_of_a_search_share_a_measure_of_bytes(
    protocol: EcwProtocol, talk: Conversation, clock: ManualClock
) -> None:
    """Each may have less than is left; what would be more is too large, and the search is over."""
    until = clock.now() + timedelta(seconds=60)
    token = Token("secret", until)
    pages = [_page(number, 3 * 1024 * 1024) for number in range(1, 4)]
    with pytest.raises(EhrUnavailableError):
        talk.hold(
            protocol.search(EhrQuery(name=Phi("Lee")), until),
            token,
            pages[0],
            token,
            pages[1],
            token,
            Trouble.TOO_LARGE,
        )
    first, second = len(pages[0].body), len(pages[1].body)
    assert [request.bytes_max for request in talk.requests] == [
        ANSWER_BYTES_MAX,
        ANSWER_BYTES_MAX,
        SEARCH_BYTES_MAX - first - second,
    ]
