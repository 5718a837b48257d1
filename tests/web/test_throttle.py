"""Rate limits over HTTP: who is counted as whom, what every answer says, and what happens without a store."""

import re
import signal
from datetime import timedelta
from hashlib import sha256
from ipaddress import ip_network

import pytest

from tests.redises import NONE, running_redis, server_program
from tests.sources import ManualClock
from tests.web.refusals import assert_problem
from tests.web.service import LOGIN, PASSWORD, PATIENTS, Service
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.redis import RedisRateStore
from vantrexia_core.kernel import Role, UnavailableError
from vantrexia_core.throttling import PUBLISHED, Limit, Limits
from vantrexia_web.door import Number
from vantrexia_web.health import HealthCheck, Probe
from vantrexia_web.throttle import Throttle

FEW = Limits(Limit(3, 3_600), Limit(2, 3_600), Limit(2, 60), Limit(2, 3_600), Limit(2, 3_600))
PROXY = ip_network("10.0.0.0/24")


@pytest.fixture
def limited():
    """A service whose limits are reached soon."""
    with Service(limits=FEW) as service:
        yield service


def _from(service, address, method="GET", path=PATIENTS, **request):
    """A request of another peer."""
    service.client._transport.client = (address, 50_000)  # the test client has no other way to say it
    return service.client.request(method, path, **request)


def test_a_throttled_answer_is_the_published_one(limited):
    """Body, status and Retry-After of the overview."""
    for _ in range(3):
        assert limited.send("GET", PATIENTS).status_code == 200
    limited.clock.advance(timedelta(seconds=3_542))
    refused = limited.send("GET", PATIENTS)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "58"
    assert refused.headers["content-type"] == "application/json"
    assert refused.json() == {
        "detail": "Request was throttled. Expected available in 58 seconds.",
        "code": "throttled",
    }


def test_whoever_waits_as_told_is_let_in(limited):
    """And not a second before."""
    headers = [limited.send("GET", PATIENTS) for _ in range(4)][-1].headers
    limited.clock.advance(timedelta(seconds=int(headers["retry-after"]) - 1))
    assert limited.send("GET", PATIENTS).status_code == 429
    limited.clock.advance()
    assert limited.send("GET", PATIENTS).status_code == 200


def test_every_answer_says_how_its_caller_stands(limited):
    """The IETF's fields and the customary ones, agreeing, one less each time."""
    for remaining in (2, 1, 0):
        headers = limited.send("GET", PATIENTS).headers
        assert headers["ratelimit"] == f'"user";r={remaining};t=3600'
        assert headers["ratelimit-policy"] == '"user";q=3;w=3600'
        assert headers["x-ratelimit-limit"] == "3"
        assert headers["x-ratelimit-remaining"] == str(remaining)
        assert headers["x-ratelimit-reset"] == "3600"
    refused = limited.send("GET", PATIENTS).headers
    assert (refused["ratelimit"], refused["x-ratelimit-reset"]) == ('"user";r=0;t=3600', "3600")


def test_the_published_limits_hold_without_a_word():
    """An app that nobody configured is limited."""
    with Service(throttle=None) as service:
        headers = service.client.get(PATIENTS).headers
    assert headers["ratelimit-policy"] == '"anonymous";q=100;w=3600'


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATIENTS), ("GET", "/nowhere/"), ("DELETE", PATIENTS), ("GET", PATIENTS[:-1])],
)
def test_who_is_not_signed_in_counts_by_address_everywhere(limited, method, path):
    """401, 404, 405 and 308 cost as much as any other answer."""
    first = _from(limited, "198.51.100.4", method, path)
    assert first.headers["ratelimit"] == '"anonymous";r=1;t=3600'
    _from(limited, "198.51.100.4")
    assert_problem(_from(limited, "198.51.100.4", method, path), 429, "throttled")
    assert _from(limited, "198.51.100.5", method, path).status_code == first.status_code


def test_a_made_up_token_counts_as_anonymous(limited):
    """Any number of them, each a different one: two requests and no more."""
    answers = [
        limited.client.get(PATIENTS, headers={"Authorization": f"Bearer a.b.{number}"}) for number in range(3)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[0].headers["ratelimit-policy"] == '"anonymous";q=2;w=3600'


def test_a_user_is_one_whatever_token_and_address(limited):
    """A fresh token and another address bring nothing; another account has its own."""
    for address in ("198.51.100.4", "198.51.100.5", "198.51.100.6"):
        limited.clock.advance()  # so that the next token is another one
        assert _from(limited, address, headers=limited.headers()).status_code == 200
    assert _from(limited, "198.51.100.7", headers=limited.headers()).status_code == 429
    assert _from(limited, "198.51.100.7", headers=limited.headers(Role.NURSE)).status_code == 200


def test_a_throttled_write_writes_nothing(limited):
    """No record, no entry, no receipt."""
    headers = limited.headers()
    for _ in range(3):
        limited.client.get(PATIENTS, headers=headers)
    stored, entries = limited.stored, len(limited.desk.entries)
    body = {"first_name": "A", "last_name": "B", "date_of_birth": "1990-01-01", "gender": "other"}
    response = limited.client.post(PATIENTS, headers=headers | {"Idempotency-Key": "k-1"}, json=body)
    assert response.status_code == 429
    assert (limited.stored, len(limited.desk.entries)) == (stored, entries)


def test_a_permission_is_asked_after_the_limit(limited):
    """Refused attempts use up the limit as well."""
    headers = limited.headers(Role.DATA_MONITOR)
    answers = [limited.client.post(PATIENTS, headers=headers, json={}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]


def _log_in(service, email, address="198.51.100.4", password="WrongP@ss1234"):
    return _from(service, address, "POST", LOGIN, json={"email": email, "password": password})


def test_guesses_from_one_address_are_limited_whoever_they_are_at(limited):
    """Twenty a minute, here two; the third is refused unheard, and a minute later there are two more."""
    answers = [_log_in(limited, f"user{number}@practice.example") for number in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[0].headers["ratelimit-policy"] == '"auth";q=2;w=60'
    limited.clock.advance(timedelta(minutes=1))
    assert _log_in(limited, "user9@practice.example").status_code == 401


def test_guesses_at_one_account_are_limited_wherever_they_come_from(limited):
    """However the address is written."""
    answers = [
        _log_in(limited, email, f"198.51.100.{number}")
        for number, email in enumerate(
            ["ann@practice.example", " ANN@practice.example", "Ann@Practice.Example"]
        )
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert _log_in(limited, "bob@practice.example", "198.51.100.9").status_code == 401


def test_signing_in_uses_nothing_up_of_the_other_limits(limited):
    """A scope each."""
    email = limited.user().email.reveal()
    for _ in range(2):
        assert _log_in(limited, email, password=PASSWORD).status_code == 200
    assert _log_in(limited, email, password=PASSWORD).status_code == 429
    assert _from(limited, "198.51.100.4").headers["x-ratelimit-remaining"] == "1"
    assert limited.send("GET", PATIENTS).headers["x-ratelimit-remaining"] == "2"


@pytest.mark.parametrize(
    "forged",
    [
        {"X-Forwarded-For": "{n}.2.3.4"},
        {"Forwarded": "for={n}.2.3.4"},
        {"X-Real-IP": "{n}.2.3.4"},
        {"X-Client-IP": "{n}.2.3.4", "True-Client-IP": "{n}.2.3.4", "CF-Connecting-IP": "{n}.2.3.4"},
    ],
    ids=" ".join,
)
def test_forged_headers_open_no_bucket(limited, forged):
    """Whatever a client claims, it stays one client."""
    statuses = [
        _from(limited, "198.51.100.4", headers={k: v.format(n=n) for k, v in forged.items()}).status_code
        for n in range(1, 5)
    ]
    assert statuses == [401, 401, 429, 429]


def test_clients_of_a_trusted_proxy_are_told_apart_and_recorded():
    """Each has its own limit, and the trail names the client, not the proxy."""
    with Service(limits=FEW, trusted_proxies=(PROXY,)) as service:

        def through(client):
            headers = {"X-Forwarded-For": f"6.6.6.6, {client}"}
            return _from(service, "10.0.0.7", headers=headers).status_code

        assert [through("198.51.100.4") for _ in range(3)] == [401, 401, 429]
        assert through("198.51.100.5") == 401
        headers = service.headers() | {"X-Forwarded-For": "6.6.6.6, 2001:db8::7"}
        assert _from(service, "10.0.0.7", headers=headers).status_code == 200
        assert service.trail[-1].address == "2001:db8::7"


def test_an_ipv6_network_is_one_caller(limited):
    """A /64 is one household; the next one is another."""
    addresses = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::1", "2001:db8:0:1::2", "2001:db8:0:2::1"]
    assert [_from(limited, address).status_code for address in addresses] == [401, 401, 429, 401]


def test_the_health_page_has_a_measure_of_its_own(limited):
    """A load balancer uses up nobody's limit, and is told its own."""
    answers = [_from(limited, "198.51.100.4", path="/health/") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[-1].headers["ratelimit"] == '"health";r=3595;t=3600'
    assert _from(limited, "198.51.100.4").status_code == 401


class Broken:
    """A store that cannot be reached; counts how often somebody tried."""

    def __init__(self):
        self.asked = 0

    def hit(self, bucket, *, at):
        """Fail."""
        self.asked += 1
        raise UnavailableError


@pytest.fixture
def broken():
    """A store that fails, the seconds that pass, and a throttle over both."""
    store, now = Broken(), [0.0]

    return store, now, Throttle(store, MemoryRateStore(), ManualClock(), FEW, seconds=lambda: now[0])


def test_without_a_store_nobody_signs_in_and_the_signed_in_go_on(broken):
    """503 with Retry-After for guesses; reading goes on, limited by this process alone."""
    _, _, throttle = broken
    with Service(throttle=throttle) as service:
        refused = _log_in(service, service.user().email.reveal(), password=PASSWORD)
        assert_problem(refused, 503, "rate_limit_unavailable")
        assert refused.headers["retry-after"] == "5"
        assert re.fullmatch(r'"anonymous";r=0;t=\d+', refused.headers["ratelimit"])
        answers = [service.send("GET", PATIENTS) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit"] == '"user";r=2;t=3600'


def test_a_store_that_failed_is_left_alone_for_a_second(broken):
    """Nobody waits for it meanwhile; then it is asked again."""
    store, now, throttle = broken
    with Service(throttle=throttle) as service:
        for _ in range(3):
            service.client.get(PATIENTS)
        assert store.asked == 1
        now[0] = 1.0
        service.client.get(PATIENTS)
        assert store.asked == 2


def test_the_default_limits_are_the_published_ones():
    """1,000, 100 and 20, as every answer says."""
    with Service(limits=PUBLISHED) as service:
        policies = [
            service.send("GET", PATIENTS).headers["ratelimit-policy"],
            service.client.get(PATIENTS).headers["ratelimit-policy"],
            service.client.post(LOGIN, json={}).headers["ratelimit-policy"],
        ]
    assert policies == ['"user";q=1000;w=3600', '"anonymous";q=100;w=3600', '"auth";q=20;w=60']


def test_exactly_one_hundred_strangers_requests_an_hour():
    """The hundred-and-first is refused."""
    with Service(limits=PUBLISHED) as service:
        statuses = [service.client.get(PATIENTS).status_code for _ in range(102)]
    assert statuses == [401] * 100 + [429] * 2


def test_a_store_that_fails_shows_on_the_health_page(broken):
    """Degraded, not down: the signed-in go on."""
    _, _, throttle = broken
    check = HealthCheck({"rate_limits": Probe(throttle.look, 100, is_vital=False)}, ManualClock())
    with Service(throttle=throttle, health=check) as service:
        content = service.client.get("/health/").json()
    assert content["status"] == "degraded"
    assert content["services"]["rate_limits"]["status"] == "down"


def test_a_redis_that_dies_and_comes_back():
    """A real one: signing in stops with it, reading goes on, and it counts again when it is there again."""
    program = server_program()
    if program is None:
        pytest.skip(NONE)
    now = [0.0]
    with running_redis(program) as (url, process):
        store = RedisRateStore(url, lambda key: sha256(key).digest())
        throttle = Throttle(store, MemoryRateStore(), ManualClock(), FEW, seconds=lambda: now[0])
        with Service(throttle=throttle) as service:
            assert service.send("GET", PATIENTS).headers["x-ratelimit-remaining"] == "2"
            process.send_signal(signal.SIGSTOP)
            assert service.send("GET", PATIENTS).status_code == 200
            assert_problem(_log_in(service, "ann@practice.example"), 503, "rate_limit_unavailable")
            process.send_signal(signal.SIGCONT)
            now[0] = 1.0
            assert _log_in(service, "ann@practice.example").status_code == 401
        store.close()


def test_paths_that_cannot_be_read_are_counted():
    """A number of thousands of digits is one unknown path among others."""
    with Service(limits=FEW) as service:
        path = f"/api/v1/users/{'9' * 4400}/"
        statuses = [_from(service, "198.51.100.4", path=path).status_code for _ in range(3)]
    assert statuses == [404, 404, 429]


def test_a_path_that_breaks_the_router_is_an_unknown_one_that_counts(monkeypatch):
    """Routes are looked for before anybody is counted: no exception there is free of charge."""

    def broken(_, value):
        raise OverflowError

    monkeypatch.setattr(Number, "convert", broken)
    with Service(limits=FEW) as service:
        answers = [_from(service, "198.51.100.4", path="/api/v1/users/1/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]


def test_what_fails_in_the_shell_is_counted():
    """The same measure as for any other stranger, then 429."""

    async def broken():
        raise RuntimeError

    def ask(service):
        sent = []

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": PATIENTS,
            "scheme": "https",
            "query_string": b"",
            "headers": [],
            "client": ("198.51.100.4", 50_000),
        }
        service.client.portal.call(service.app, scope, broken, send)
        return sent[0]["status"]

    with Service(limits=FEW) as service:
        assert [ask(service) for _ in range(3)] == [500, 500, 429]
