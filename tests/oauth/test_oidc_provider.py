"""Our sign-in, judged by an OAuth server that somebody else wrote."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from tests.adapters.ecw.site import TLS
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.ecw import (
    CallBudget,
    ClientAssertions,
    ClientKeyFile,
    EcwConnection,
    EcwProtocol,
    EcwRoster,
)
from vantrexia_adapters.http import HttpTransport, Request, Response
from vantrexia_core.ehr import EhrUnavailableError
from vantrexia_core.kernel import Clock
from vantrexia_core.patients import ExternalId

HERE = Path(__file__).parent
_NUMBERS = count(1)
CLIENT_ID, SCOPE = "vantrexia", "system/Patient.read"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not (HERE / "node_modules").is_dir(),
    reason="needs Node.js 20 or newer and packages of npm: `nox -s oauth` installs them and runs this",
)


class Provider:
    """The other server, and our keys where it reads them."""

    def __init__(self, token_url: str, keys: ClientKeyFile) -> None:
        self.token_url = token_url
        self.keys = keys
        self.transport = HttpTransport(tls=TLS)

    def roster(self, clock: Clock, *, client_id: str = CLIENT_ID) -> EcwRoster:
        """Our roster, signing in there; whoever answers at its FHIR address is nobody."""
        connection = EcwConnection("http://127.0.0.1:9/fhir", client_id, SCOPE, token_url=self.token_url)
        assertions = ClientAssertions(client_id, self.keys, CountedIds(f"jti {clock.now()}"))
        protocol = EcwProtocol(connection, assertions, clock, budget=CallBudget(250), jitter=lambda: 0.0)
        return EcwRoster(protocol, self.transport, clock, lambda _: None)

    def answer_to(self, assertion: str) -> tuple[int, str]:
        """Status and error code, or scope of the token, for an assertion."""
        form = {
            "grant_type": "client_credentials",
            "scope": SCOPE,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        request = Request("POST", self.token_url, headers, urlencode(form).encode(), 20.0, 65536)
        answer = self.transport.send(request)
        assert isinstance(answer, Response)
        told = json.loads(answer.body)
        return answer.status, told.get("error") or told["scope"]


class _Keys(BaseHTTPRequestHandler):
    """Serves our public keys, as the API does at /.well-known/jwks.json."""

    def do_GET(self) -> None:
        body = json.dumps({"keys": self.server.keys.published()}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is inherited
        """Keep quiet."""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """oidc-provider in a process of its own, fetching our keys over HTTP."""
    keys = ClientKeyFile(tmp_path_factory.mktemp("keys") / "ecw.pem")
    keys.create()
    # Published from the start: the server keeps our keys for a minute at least, and knows this one then.
    keys.prepare()
    published = ThreadingHTTPServer(("127.0.0.1", 0), _Keys)
    published.keys = keys  # type: ignore[attr-defined]
    Thread(target=published.serve_forever, daemon=True).start()
    told = {
        "client_id": CLIENT_ID,
        "scope": SCOPE,
        "jwks_uri": f"http://127.0.0.1:{published.server_address[1]}/jwks.json",
    }
    command = [NODE or "node", "provider.mjs"]
    with subprocess.Popen(
        command, cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        port = int(process.stdout.readline())
        running = Provider(f"http://127.0.0.1:{port}/token", keys)
        try:
            yield running
        finally:
            running.transport.close()
            process.stdin.close()
            process.wait(timeout=20)
            published.shutdown()
            published.server_close()


def now() -> datetime:
    """The present by this machine's clock, which the other server lives by."""
    return datetime.now(UTC)  # noqa: TID251 - the other server has no other clock


def claims(provider: Provider, **others: object) -> dict[str, object]:
    """What a good assertion says, but for some claims."""
    issued_at = int(now().timestamp())
    return {
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "aud": provider.token_url,
        "jti": f"made by hand {next(_NUMBERS)}",
        "iat": issued_at,
        "exp": issued_at + 240,
    } | others


def signed(
    provider: Provider,
    content: dict[str, object],
    *,
    key: RSAPrivateKey | None = None,
    algorithm: str = "RS384",
    key_id: str | None = None,
) -> str:
    """An assertion made by hand, by default with our own key under its own name."""
    ours = provider.keys.signing()
    return jwt.encode(content, key or ours.private, algorithm, headers={"kid": key_id or ours.key_id})


def test_our_sign_in_is_accepted(provider: Provider) -> None:
    """The whole flow of the roster, over a socket; the token's life is what the server said."""
    clock = ManualClock(now())
    roster = provider.roster(clock)
    token = roster._run(roster._protocol.renew(clock.now() + timedelta(seconds=30)))
    assert token.value
    assert token.renew_at == clock.now() + timedelta(seconds=240)


def test_every_sign_in_is_accepted(provider: Provider) -> None:
    """Each carries a ``jti`` of its own."""
    clock = ManualClock(now())
    roster = provider.roster(clock)
    until = clock.now() + timedelta(seconds=60)
    tokens = {roster._run(roster._protocol.renew(until)).value for _ in range(3)}
    assert len(tokens) == 3


def test_an_assertion_made_by_hand_is_accepted(provider: Provider) -> None:
    """So the refusals below are for what is wrong in them and for nothing else."""
    assert provider.answer_to(signed(provider, claims(provider))) == (200, SCOPE)


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"aud": "https://elsewhere.example/token"}, id="for another server"),
        pytest.param({"exp": 1_700_000_000}, id="expired"),
        pytest.param({"exp": None}, id="without an end"),
        pytest.param({"jti": None}, id="without a jti"),
        pytest.param({"iss": "somebody"}, id="issued by somebody else"),
        pytest.param({"nbf": 4_000_000_000}, id="not valid yet"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(provider: Provider, others: dict[str, object]) -> None:
    """Signed by the right key, and saying something else."""
    content = {name: value for name, value in claims(provider, **others).items() if value is not None}
    assert provider.answer_to(signed(provider, content)) == (401, "invalid_client")


def test_an_assertion_is_accepted_once(provider: Provider) -> None:
    """Whoever overhears one cannot use it."""
    assertion = signed(provider, claims(provider))
    assert provider.answer_to(assertion) == (200, SCOPE)
    assert provider.answer_to(assertion) == (401, "invalid_client")


def test_an_assertion_by_another_key_is_refused(provider: Provider) -> None:
    """Under our key's name, and under a name of its own."""
    other = generate_private_key(65537, 2048)
    for key_id in (None, "another"):
        assertion = signed(provider, claims(provider), key=other, key_id=key_id)
        assert provider.answer_to(assertion) == (401, "invalid_client")


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS384"])
def test_an_assertion_by_another_algorithm_is_refused(provider: Provider, algorithm: str) -> None:
    """RS384 was registered."""
    assertion = signed(provider, claims(provider), algorithm=algorithm)
    assert provider.answer_to(assertion) == (401, "invalid_client")


def test_a_clock_that_is_wrong_is_told_as_a_refused_sign_in(provider: Provider) -> None:
    """The roster says who refused and what to compare, and repeats no description."""
    roster = provider.roster(ManualClock(now() - timedelta(minutes=10)))
    with pytest.raises(EhrUnavailableError, match=r"refuses our sign-in \(HTTP 401, invalid_client\)"):
        roster.fetch([ExternalId("ECW-12345")], seconds_max=30)


def test_a_client_that_is_not_registered_is_told(provider: Provider) -> None:
    """The same sentence."""
    roster = provider.roster(ManualClock(now()), client_id="somebody")
    with pytest.raises(EhrUnavailableError, match="compare the client id"):
        roster.fetch([ExternalId("ECW-12345")], seconds_max=30)


def test_a_rotated_key_is_accepted(provider: Provider) -> None:
    """It was published before it signs, so a server that keeps our keys for a while knows it already."""
    before = provider.keys.signing()
    provider.keys.rotate()
    assert provider.keys.signing().key_id != before.key_id
    assert provider.answer_to(signed(provider, claims(provider))) == (200, SCOPE)
    # What the old one signed a moment ago is still good: it stays published until it is retired.
    under_way = signed(provider, claims(provider), key=before.private, key_id=before.key_id)
    assert provider.answer_to(under_way) == (200, SCOPE)
