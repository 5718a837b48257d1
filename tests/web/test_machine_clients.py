"""Machine clients over HTTP: one way in, everything else is refused, and none reaches beyond its scopes."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from starlette.testclient import TestClient

from tests.builders import a_new_patient, a_practice_id, an_actor
from tests.clients import ALL, ASSERTION_TYPE, TOKEN_URL, a_client, a_jwks, a_key, form
from tests.contracts.stores import at_once
from tests.sources import CountedIds
from tests.web.refusals import assert_problem, assert_refused
from tests.web.service import NO_LIMITS, PATIENTS, PUBLIC_URL, OneKey, Service, path_of
from tests.web.test_permissions import BODIES, GUARDED, somewhere
from vantrexia_adapters.ecw import ClientAssertions, SigningKey
from vantrexia_adapters.http import Response
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import (
    SCOPES,
    NoClientProofs,
    Scopes,
    Unproved,
    change_client_keys,
    change_client_scopes,
    operator,
    revoke_client,
)
from vantrexia_core.identity.clients import ClientKeys
from vantrexia_core.kernel import Machine, Origin, Role
from vantrexia_core.patients import DateOfBirth, Reason, merge_patients
from vantrexia_core.throttling import Limit

TOKEN = "/api/v1/auth/token/"
FORM = "application/x-www-form-urlencoded"
NOBODY = "00000000-0000-4000-8000-000000000000"


class Asking:
    """A service, two of its clients, and requests for tokens."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = a_client(service.desk, service.practice_id)
        self.rsa = a_client(service.desk, service.practice_id, name="RSA", jwks=a_jwks(a_key("rsa")))

    def ask(self, assertion: str, scope: str = ALL, **others: Any) -> Any:
        """One request for a token."""
        return self.service.client.post(TOKEN, data=form(assertion, scope, **others))

    def assertion(self, **wrong: Any) -> str:
        """An assertion of the client, but for what is said otherwise."""
        return a_key().assertion(self.client.id, self.service.clock.now(), **wrong)

    def headers(self, scope: str = ALL) -> dict[str, str]:
        """The header of a fresh token."""
        answer = self.ask(self.assertion(), scope)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
def asking(service: Service) -> Asking:
    """A client of a fresh service."""
    return Asking(service)


@pytest.fixture(scope="module")
def refused() -> Iterator[Asking]:
    """One for all that is refused."""
    with Service() as service:
        yield Asking(service)


def _now(asking: Asking) -> int:
    return int(asking.service.clock.now().timestamp())


def _part(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _crafted(asking: Asking, header: dict[str, object], sign: Callable[[bytes], bytes]) -> str:
    """An assertion that no library would make: the claims are right, the header and signature are not."""
    claims = asking.assertion().split(".")[1]
    text = f"{_part(json.dumps({'kid': 'one', 'typ': 'JWT'} | header).encode())}.{claims}"
    return f"{text}.{_part(sign(text.encode()))}"


def _hmac_by_public_key(asking: Asking) -> str:
    secret = (asking.client.keys.jwks or "").encode()
    return _crafted(asking, {"alg": "HS384"}, lambda text: hmac.digest(secret, text, "sha384"))


def _unsigned(asking: Asking) -> str:
    return _crafted(asking, {"alg": "none"}, lambda _: b"none")


def _by_a_smaller_curve(asking: Asking) -> str:
    """Signed by a P-256 key, as ES384 would be."""

    def sign(text: bytes) -> bytes:
        r, s = decode_dss_signature(a_key("p256").private.sign(text, ECDSA(SHA384())))
        return r.to_bytes(48, "big") + s.to_bytes(48, "big")

    return _crafted(asking, {"alg": "ES384"}, sign)


def _stripped(asking: Asking) -> str:
    return asking.assertion().rpartition(".")[0] + "."


def _altered(asking: Asking) -> str:
    header, claims, signature = asking.assertion().split(".")
    said = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return f"{header}.{_part(json.dumps(said | {'jti': 'another'}).encode())}.{signature}"


def _twice_named(asking: Asking) -> str:
    """A member twice in the header: readers disagree on which one counts."""
    header = _part(b'{"alg":"ES384","alg":"none","kid":"one"}')
    return f"{header}.{asking.assertion().partition('.')[2]}"


def _signed_by(kind: str, kid: str = "stranger") -> Callable[[Asking], str]:
    key = a_key(kind, kid)
    return lambda asking: key.assertion(asking.client.id, asking.service.clock.now(), header={"kid": "one"})


ATTACKS: dict[str, tuple[Callable[[Asking], str], Unproved]] = {
    "another audience": (lambda a: a.assertion(aud="https://other.example/token"), Unproved.AUDIENCE),
    "the audience without its slash": (lambda a: a.assertion(aud=TOKEN_URL[:-1]), Unproved.AUDIENCE),
    "the audience of the Host header": (
        lambda a: a.assertion(aud=f"http://testserver{TOKEN}"),
        Unproved.AUDIENCE,
    ),
    "two audiences": (lambda a: a.assertion(aud=[TOKEN_URL, "https://other.example/"]), Unproved.AUDIENCE),
    "no audience": (lambda a: a.assertion(without=("aud",)), Unproved.AUDIENCE),
    "another issuer": (lambda a: a.assertion(iss=NOBODY), Unproved.MALFORMED),
    "no issuer": (lambda a: a.assertion(without=("iss", "sub")), Unproved.MALFORMED),
    "a client that nobody is": (lambda a: a.assertion(iss=NOBODY, sub=NOBODY), Unproved.UNKNOWN),
    "an issuer that is no id": (lambda a: a.assertion(iss="us", sub="us"), Unproved.UNKNOWN),
    "an id in capitals": (
        lambda a: a.assertion(iss=str(a.client.id).upper(), sub=str(a.client.id).upper()),
        Unproved.UNKNOWN,
    ),
    "ending too late": (lambda a: a.assertion(exp=_now(a) + 301), Unproved.LIFETIME),
    "never ending": (lambda a: a.assertion(exp=10**40), Unproved.LIFETIME),
    "ended": (lambda a: a.assertion(exp=_now(a)), Unproved.LIFETIME),
    "without an end": (lambda a: a.assertion(without=("exp",)), Unproved.LIFETIME),
    "an end in words": (lambda a: a.assertion(exp="tomorrow"), Unproved.LIFETIME),
    "not begun": (lambda a: a.assertion(nbf=_now(a) + 61), Unproved.LIFETIME),
    "made in the future": (lambda a: a.assertion(iat=_now(a) + 61), Unproved.LIFETIME),
    "no jti": (lambda a: a.assertion(without=("jti",)), Unproved.MALFORMED),
    "an empty jti": (lambda a: a.assertion(jti=""), Unproved.MALFORMED),
    "a jti that is no text": (lambda a: a.assertion(jti=["a"]), Unproved.MALFORMED),
    "a jti without end": (lambda a: a.assertion(jti="a" * 256), Unproved.MALFORMED),
    "none": (_unsigned, Unproved.ALGORITHM),
    "the signature left away": (_stripped, Unproved.MALFORMED),
    "HMAC with the public keys": (_hmac_by_public_key, Unproved.ALGORITHM),
    "RS256": (lambda a: a.assertion(algorithm="RS256", key=a_key("rsa").private), Unproved.ALGORITHM),
    "PS384": (lambda a: a.assertion(algorithm="PS384", key=a_key("rsa").private), Unproved.ALGORITHM),
    "RS384 by a name of an EC key": (
        lambda a: a.assertion(algorithm="RS384", key=a_key("rsa").private),
        Unproved.SIGNATURE,
    ),
    "ES384 by a name of an RSA key": (
        lambda a: a_key().assertion(a.rsa.id, a.service.clock.now()),
        Unproved.SIGNATURE,
    ),
    "ES384 by a P-256 key": (_by_a_smaller_curve, Unproved.SIGNATURE),
    "ES256": (lambda a: _crafted(a, {"alg": "ES256"}, lambda _: bytes(64)), Unproved.ALGORITHM),
    "only zeros": (lambda a: _crafted(a, {"alg": "ES384"}, lambda _: bytes(96)), Unproved.SIGNATURE),
    "another key under the name of ours": (_signed_by("p384"), Unproved.SIGNATURE),
    "another kid": (lambda a: a.assertion(header={"kid": "two"}), Unproved.SIGNATURE),
    "no kid": (lambda a: a.assertion(header={"kid": None}), Unproved.MALFORMED),
    "a kid that is no text": (lambda a: _with_header(a, {"kid": 1}), Unproved.MALFORMED),
    "a key of its own in the header": (
        lambda a: a_key("p384", "own").assertion(
            a.client.id, a.service.clock.now(), header={"jwk": a_key("p384", "own").jwk}
        ),
        Unproved.SIGNATURE,
    ),
    "a URL of its own": (
        lambda a: a.assertion(header={"jku": "https://attacker.example/keys"}),
        Unproved.SIGNATURE,
    ),
    "a critical extension": (lambda a: _with_header(a, {"crit": ["b64"]}), Unproved.MALFORMED),
    "another type of token": (lambda a: a.assertion(header={"typ": "at+jwt"}), Unproved.MALFORMED),
    "claims that were altered": (_altered, Unproved.SIGNATURE),
    "an algorithm named twice": (_twice_named, Unproved.MALFORMED),
    "another spelling": (lambda a: a.assertion() + "=", Unproved.MALFORMED),
    "a blank behind it": (lambda a: a.assertion() + "\n", Unproved.MALFORMED),
    "no JWT": (lambda _: "no.jw.t", Unproved.MALFORMED),
    "five parts": (lambda a: a.assertion() + ".a.b", Unproved.MALFORMED),
    "without end": (lambda _: "a" * 10_000, Unproved.MALFORMED),
}


def _with_header(asking: Asking, more: dict[str, object]) -> str:
    header = _part(json.dumps({"alg": "ES384", "kid": "one"} | more).encode())
    return f"{header}.{asking.assertion().partition('.')[2]}"


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_assertion_that_is_not_right_lets_nobody_in(refused, attack):
    """401 in OAuth's words, nothing of what was sent in it, and the reason in the trail."""
    make, because = ATTACKS[attack]
    sent = make(refused)
    answer = refused.ask(sent)
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"] == "invalid_client"
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"
    assert sent not in answer.text
    entry = refused.service.desk.entries[-1]
    assert (entry.action, entry.outcome) == (Action.LOGIN_FAILED, Outcome.REFUSED)
    assert (entry.role, entry.code) == (Machine.CLIENT, because.value)


@pytest.mark.parametrize("attack", ["another audience", "ended", "another kid"])
def test_a_practice_is_told_who_is_refused(refused, attack):
    """Its administrators read of it, as of a failed sign-in at an account, whoever it was."""
    refused.ask(ATTACKS[attack][0](refused))
    entry = refused.service.desk.entries[-1]
    assert (entry.practice_id, entry.actor_id) == (refused.service.practice_id, refused.client.number)


def test_a_right_assertion_is_let_in(asking):
    """For five minutes, with what was granted, never to be cached; who it was stands in the trail."""
    answer = asking.ask(asking.assertion(), "system/Patient.rs system/Observation.rs")
    content = answer.json()
    assert answer.status_code == 200
    assert (content["token_type"], content["expires_in"]) == ("bearer", 300)
    assert content["scope"] == "system/Patient.rs"
    assert set(content) == {"access_token", "token_type", "expires_in", "scope"}
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    entry = asking.service.desk.entries[-1]
    assert (entry.action, entry.outcome, entry.role) == (Action.LOGIN_SUCCESS, Outcome.DONE, Machine.CLIENT)
    assert (entry.actor_id, entry.practice_id) == (asking.client.number, asking.service.practice_id)


def test_our_own_assertions_are_let_in(asking):
    """What we send to an EHR as such a client we would take ourselves: RS384 over RSA."""

    class Keys:
        def signing(self) -> SigningKey:
            return SigningKey("one", a_key("rsa").private)

    made = ClientAssertions(str(asking.rsa.id), Keys(), CountedIds("assertions"))
    answer = asking.ask(made.make(TOKEN_URL, now=asking.service.clock.now()))
    assert answer.status_code == 200, answer.text


def test_a_single_audience_in_a_list_is_taken(asking):
    """RFC 7519 lets a client write it so."""
    assert asking.ask(asking.assertion(aud=[TOKEN_URL])).status_code == 200


def test_an_assertion_is_good_once(asking):
    """The second time it is refused, and recorded as what it is; so is it when the first got no scope."""
    for scope, status in ((ALL, 200), ("system/Observation.rs", 400)):
        assertion = asking.assertion()
        assert asking.ask(assertion, scope).status_code == status
        again = asking.ask(assertion)
        assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
        assert asking.service.desk.entries[-1].code == Unproved.REUSED.value


def test_of_many_at_once_one_assertion_lets_one_in(asking):
    """However the threads run."""
    assertion = asking.assertion()
    answers = at_once([lambda: asking.ask(assertion).status_code] * 4)
    assert sorted(answers) == [200, 401, 401, 401]


@pytest.mark.parametrize(
    ("wrong", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"client_assertion_type": ""}, 400, "invalid_request"),
        (
            {"client_assertion_type": ASSERTION_TYPE.replace("jwt", "saml2")},
            400,
            "invalid_request",
        ),
        ({"client_assertion": ""}, 401, "invalid_client"),
        ({"client_id": NOBODY}, 401, "invalid_client"),
        ({"client_id": "us"}, 401, "invalid_client"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"scope": "system/Observation.rs"}, 400, "invalid_scope"),
        ({"scope": "patient/Patient.rs user/Patient.rs"}, 400, "invalid_scope"),
        ({"scope": "system/Patient.sr"}, 400, "invalid_scope"),
        ({"scope": "system/Patient.rs?gender=male"}, 400, "invalid_scope"),
        ({"scope": 'system/"Patient".rs'}, 400, "invalid_scope"),
        ({"scope": "system/Patient.rs  system/Patient.c"}, 400, "invalid_scope"),
        ({"scope": "a" * 3_000}, 400, "invalid_scope"),
    ],
)
def test_a_request_that_is_not_right_is_refused_in_oauths_words(refused, wrong, status, error):
    """RFC 6749, section 5.2."""
    answer = refused.service.client.post(TOKEN, data=form(refused.assertion()) | wrong)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"{}", {"Content-Type": "application/json"}),
        (b"", {"Content-Type": FORM}),
        (b"grant_type=client_credentials&grant_type=client_credentials", {"Content-Type": FORM}),
        (b"grant_type", {"Content-Type": FORM}),
        (b"grant_type=\xff", {"Content-Type": FORM}),
        (b"grant_type=%ff", {"Content-Type": FORM}),
        (b"&".join([b"a=b"] * 101), {"Content-Type": FORM}),
        (b"grant_type=client_credentials", {"Content-Type": FORM, "Authorization": "Basic YTpi"}),
        (b"grant_type=client_credentials", {"Content-Type": FORM, "Content-Encoding": "gzip"}),
    ],
)
def test_what_is_no_such_form_is_an_invalid_request(refused, body, headers):
    """Another media type, a parameter twice, a second way of proving who one is."""
    answer = refused.service.client.post(TOKEN, content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_token_ends_after_five_minutes(asking):
    """To the second."""
    headers = asking.headers()
    asking.service.clock.advance(timedelta(seconds=299))
    assert asking.service.client.get(PATIENTS, headers=headers).status_code == 200
    asking.service.clock.advance(timedelta(seconds=1))
    assert_problem(asking.service.client.get(PATIENTS, headers=headers), 401, "token_not_valid")


@pytest.mark.parametrize("change", ["revoke", "keys", "scopes"])
def test_what_changes_about_a_client_ends_its_tokens(asking, change):
    """On the next request; a revoked client gets no new ones."""
    desk, actor, client = asking.service.desk, operator(asking.service.practice_id, Origin()), asking.client
    headers = asking.headers()
    if change == "revoke":
        revoke_client(desk, actor, client.id)
    elif change == "keys":
        change_client_keys(desk, actor, client.id, ClientKeys(a_jwks(a_key("rsa"))))
    else:
        change_client_scopes(desk, actor, client.id, Scopes.known("system/*.cruds"))
    assert_problem(asking.service.client.get(PATIENTS, headers=headers), 401, "token_not_valid")
    answer = asking.ask(asking.assertion())
    assert answer.status_code == (200 if change == "scopes" else 401)
    if change == "revoke":
        assert asking.service.desk.entries[-1].code == Unproved.REVOKED.value


def test_a_client_is_not_let_in_with_keys_that_were_replaced(asking):
    """Nor with ones of another client of the practice."""
    desk, actor = asking.service.desk, operator(asking.service.practice_id, Origin())
    change_client_keys(desk, actor, asking.client.id, ClientKeys(a_jwks(a_key("p384", "two"))))
    assert asking.ask(asking.assertion()).status_code == 401
    made = a_key("p384", "two").assertion(asking.client.id, asking.service.clock.now())
    assert asking.ask(made).status_code == 200


EACH = [f"system/{resource.value}.{may.value}" for resource, may in SCOPES]


@pytest.fixture(scope="module")
def granted() -> Iterator[tuple[Asking, dict[str, dict[str, str]]]]:
    """A token for each letter of each resource, and one for all."""
    with Service() as service:
        asking = Asking(service)
        service.patient()
        yield asking, {scope: asking.headers(scope) for scope in (*EACH, ALL)}


@pytest.mark.parametrize("scope", [*EACH, ALL])
@pytest.mark.parametrize("route", GUARDED, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_is_open_to_exactly_the_scopes_that_name_it(granted, route, scope):
    """Each scope by every guarded route: 403 and a record of it, or past the gate, where nobody is found."""
    asking, headers = granted
    service, path = asking.service, somewhere(route)
    answer = service.client.request(route.method, path, headers=headers[scope])
    allowed = Scopes.known(scope).allowances
    entry = service.desk.entries[-1]
    assert (entry.actor_id, entry.role) == (asking.client.number, Machine.CLIENT)
    assert entry.action is route.action
    if any(route.action in one.actions and route.permission is one.permission for one in allowed):
        assert answer.status_code in {200, 400, 404, 415}, answer.text
        assert entry.code != "insufficient_scope"
    else:
        assert_refused(answer, path, 403, "insufficient_scope")
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
        assert (entry.outcome, entry.code) == (Outcome.REFUSED, "insufficient_scope")


def test_a_program_does_with_patients_what_its_scopes_name(asking):
    """Create, read, find, correct and delete one, by tokens that say no more than that."""
    service, new = asking.service, BODIES["create"]

    def send(letter: str, method: str, path: str, body: object = None) -> Any:
        answer = service.client.request(
            method, path, json=body, headers=asking.headers(f"system/Patient.{letter}")
        )
        assert answer.is_success, answer.text
        assert service.desk.entries[-1].actor_id == asking.client.number
        return answer

    path = f"{PATIENTS}{send('c', 'POST', PATIENTS, new).json()['id']}/"
    assert send("r", "GET", path).json()["first_name"] == "A"
    assert send("s", "GET", f"{PATIENTS}?search=a").json()["count"] == 1
    assert send("u", "PATCH", path, {"phone": "555-0177"}).status_code == 204  # nothing is shown
    assert send("r", "GET", path).json()["phone"] == "555-0177"
    send("d", "DELETE", path)
    assert service.send("GET", path).status_code == 404


@pytest.mark.parametrize("value", ["1958-03-15", "1958-03-16"])
@pytest.mark.parametrize("scope", ["system/Patient.u", "system/Patient.ru"])
def test_whoever_may_not_read_learns_nothing_by_a_patch(asking, scope, value):
    """Whether a patch fits tells what stands there; without reading it is refused, whatever it guesses."""
    service = asking.service
    patient = service.patient(attrs.evolve(a_new_patient(), date_of_birth=DateOfBirth.parse("1958-03-15")))
    answers = [
        service.client.request(
            "PATCH",
            f"/fhir/Patient/{patient.id}",
            json=[operation],
            headers=asking.headers(scope) | {"Content-Type": "application/json-patch+json"},
        )
        for operation in (
            {"op": "test", "path": "/birthDate", "value": value},
            {"op": "remove", "path": "/photo"},
        )
    ]
    right = 200 if value == "1958-03-15" else 422
    assert [one.status_code for one in answers] == ([403, 403] if scope.endswith(".u") else [right, 422])
    if scope.endswith(".u"):
        assert_refused(answers[0], "/fhir/", 403, "insufficient_scope")
        entry = service.desk.entries[-1]
        assert (entry.action, entry.outcome) == (Action.UPDATE, Outcome.REFUSED)
        assert (entry.code, entry.patient_id) == ("insufficient_scope", patient.id)


def test_whoever_may_not_read_cannot_ask_by_a_link(asking):
    """An update may say links that reading showed; without reading, a right one is refused like others."""
    service = asking.service
    survivor, loser = service.patient(), service.patient()
    merge_patients(service.desk, an_actor(Role.ADMIN), survivor.id, loser.id, Reason("One person"))
    said = service.send("GET", f"/fhir/Patient/{survivor.id}").json()
    assert [link["type"] for link in said["link"]] == ["replaces"]
    statuses = [
        service.client.put(
            f"/fhir/Patient/{survivor.id}",
            json=said,
            headers=asking.headers(scope) | {"Content-Type": "application/fhir+json"},
        ).status_code
        for scope in ("system/Patient.u", "system/Patient.ru")
    ]
    assert statuses == [422, 200]


def test_a_client_of_another_practice_sees_nothing_of_ours(asking):
    """Its token is good, and our record does not exist for it."""
    service = asking.service
    foreign = a_client(service.desk, a_practice_id(7), name="Theirs")
    answer = asking.ask(a_key().assertion(foreign.id, service.clock.now()))
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert_problem(service.client.get(path_of(service.patient()), headers=headers), 404, "not_found")


def test_a_clients_token_is_no_accounts_token(asking):
    """It cannot be exchanged, and ends nobody's session; an account's token is no client's."""
    token = asking.headers()["Authorization"].removeprefix("Bearer ")
    service = asking.service
    assert service.send("POST", "/api/v1/auth/token/verify/", {"token": token}, None).status_code == 200
    refreshed = service.send("POST", "/api/v1/auth/token/refresh/", {"refresh": token}, None)
    assert_problem(refreshed, 401, "token_not_valid")
    ended = service.send("POST", "/api/v1/auth/logout/", {"refresh": token}, Role.ADMIN)
    assert_problem(ended, 401, "token_not_valid")


def test_what_a_program_did_is_told_apart_from_what_people_did(asking):
    """By its number and its role, in the trail and in its FHIR form."""
    service = asking.service
    headers = asking.headers()
    service.client.get(path_of(service.patient()), headers=headers)
    line = service.send("GET", "/api/v1/audit-logs/?action=read", role=Role.ADMIN).json()["results"][0]
    assert (line["action"], line["role"]) == ("read", "machine_client")
    address = f"{asking.client.id}@clients.invalid"
    assert (line["user_id"], line["user_email"]) == (asking.client.number, address)
    events = service.send("GET", "/api/v1/audit-logs/?action=read", Accept="application/fhir+json").json()
    agent = next(one for one in events["entry"][0]["resource"]["agent"] if one["requestor"])
    assert agent["name"] == address
    assert agent["who"]["identifier"] == {
        "system": "urn:vantrexia:machine-client",
        "value": str(asking.client.number),
    }


def test_a_client_is_counted_by_address_and_once_it_is_proved_by_itself():
    """Whoever pretends to be it uses up nothing of it, from wherever they try."""
    few = attrs.evolve(NO_LIMITS, auth=Limit(2, 60))
    with Service(limits=few, trusted_proxies=[ip_network("10.0.0.0/8")]) as service:
        asking = Asking(service)

        def ask(assertion: str, address: str) -> int:
            client = TestClient(service.app, client=("10.0.0.1", 1))
            sent = {"X-Forwarded-For": address}
            return client.post(TOKEN, data=form(assertion), headers=sent).status_code

        strangers = [
            ask(asking.assertion(header={"kid": "two"}), f"203.0.113.{number}") for number in range(9)
        ]
        assert strangers == [401] * 9
        from_one = [ask(asking.assertion(aud="other"), "198.51.100.1") for _ in range(3)]
        assert from_one == [401, 401, 429]
        itself = [ask(asking.assertion(), f"192.0.2.{number}") for number in range(3)]
        assert itself == [200, 200, 429]


def test_a_clients_calls_are_counted_like_an_accounts():
    """By who it is, whatever token it shows."""
    few = attrs.evolve(NO_LIMITS, user=Limit(2, 3_600))
    with Service(limits=few) as service:
        asking = Asking(service)
        statuses = [service.client.get(PATIENTS, headers=asking.headers()).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_keys_behind_a_url_are_fetched(service):
    """And what cannot be fetched lets nobody in; the trail says which of the two it was."""
    url = "https://registry.example/jwks.json"
    client = a_client(service.desk, service.practice_id, name="By URL", jwks_url=url)
    asking = Asking(service)
    service.hosts.answers[url] = Response(200, a_jwks(a_key()).encode())
    made = [a_key().assertion(client.id, service.clock.now(), header=header) for header in ({}, {"jku": url})]
    assert [asking.ask(assertion).status_code for assertion in made] == [200, 200]
    assert service.hosts.asked == [url]
    service.clock.advance(timedelta(minutes=5))
    service.hosts.answers[url] = Response(302, b"", {"location": "https://registry.example/elsewhere"})
    assert asking.ask(a_key().assertion(client.id, service.clock.now())).status_code == 401
    assert service.desk.entries[-1].code == Unproved.KEYS_UNAVAILABLE.value
    assert service.hosts.asked == [url, url]


def test_an_assertion_of_nobody_makes_us_fetch_nothing(service):
    """Neither its jku nor a client that is not registered; nor one that is addressed to somebody else."""
    client = a_client(
        service.desk, service.practice_id, name="By URL", jwks_url="https://registry.example/jwks.json"
    )
    asking = Asking(service)
    for wrong in ({"iss": NOBODY, "sub": NOBODY}, {"aud": "https://other.example/"}, {"exp": 1}):
        made = a_key().assertion(
            client.id, service.clock.now(), header={"jku": "https://attacker.example/"}, **wrong
        )
        assert asking.ask(made).status_code == 401
    assert service.hosts.asked == []


def test_a_desk_without_proofs_lets_no_client_in():
    """A library user who has not set them up has not opened a door."""
    with Service() as service:
        client = a_client(service.desk, service.practice_id)
        service.desk.proofs = NoClientProofs()
        answer = service.client.post(TOKEN, data=form(a_key().assertion(client.id, service.clock.now())))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_the_public_url_is_what_assertions_are_for():
    """Of the settings, not of the Host header."""
    assert f"{PUBLIC_URL}{TOKEN}" == TOKEN_URL


@pytest.mark.parametrize("is_reading", [False, True])
def test_who_may_only_change_a_record_is_not_shown_it(asking, is_reading):
    """A change says nothing of what else is on record, in either API, whatever the client prefers."""
    patient = asking.service.patient()
    headers = asking.headers(f"system/Patient.{'ru' if is_reading else 'u'}")
    rest = asking.service.client.patch(path_of(patient), json={}, headers=headers)
    path, said = f"/fhir/Patient/{patient.id}", {"Content-Type": "application/fhir+json"}
    same = asking.service.send("GET", path).content
    put = headers | said | {"Prefer": "return=representation"}
    fhir = asking.service.client.put(path, content=same, headers=put)
    assert (rest.status_code, fhir.status_code) == (200 if is_reading else 204, 200), (rest.text, fhir.text)
    assert (bool(rest.content), bool(fhir.content)) == (is_reading, is_reading)
    assert (rest.headers["etag"], fhir.headers["etag"]) == ('"1"', 'W/"1"')


def test_who_has_the_signing_key_alone_makes_no_token_of_a_client(asking: Asking) -> None:
    """Its number and version can be guessed; its id, which lies in the database, cannot."""
    [key] = OneKey().all().values()
    token = asking.headers()["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})

    def status(client_id: str) -> int:
        forged = jwt.encode(
            claims | {"sub": client_id, "client_id": client_id}, key, "HS256", headers={"kid": "1"}
        )
        return asking.service.send("GET", PATIENTS, role=None, Authorization=f"Bearer {forged}").status_code

    assert status(str(asking.client.id)) == 200
    assert status(NOBODY) == 401
