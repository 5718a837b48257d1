"""An eCW of our own on loopback: a token endpoint and a FHIR API over real sockets, with faults on request.

It verifies our assertions by our published keys as the real one does, refuses a token that it did not give or
took back, and pages its searches. A fault is a function that writes whatever it likes to the socket.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt

BASE_PATH = "/fhir/r4/FAKEAB"
CLIENT_ID = "vantrexia-test-client"
SCOPES = "system/Patient.read"
OWN_SYSTEM = "urn:oid:2.16.840.1.113883.4.391.2026"
CHUNK = b"x" * (1 << 20)

Fault = Callable[["Handler"], None]
Resource = Mapping[str, Any]


class FakeEcw:
    """The server. Use as a context manager; faults and patients may be changed while it runs."""

    def __init__(
        self, jwks: Callable[[], Sequence[Mapping[str, str]]], patients: Iterable[Resource] = ()
    ) -> None:
        self.patients: dict[str, Resource] = {str(one["id"]): one for one in patients}
        self.faults: dict[str, list[Fault]] = {}
        self.calls: list[str] = []
        self.seen_jti: set[str] = set()
        self.token_seconds: object = 300
        self.page_size = 2
        self.ended = Event()
        self.at_end: list[Callable[[], None]] = []
        self._jwks = jwks
        self._tokens: set[str] = set()
        self._numbers = count(1)
        self._lock = Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.fake = self  # type: ignore[attr-defined]
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        for leave in self.at_end:
            leave()
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        """The practice's FHIR address."""
        return self.origin + BASE_PATH

    @property
    def token_url(self) -> str:
        """Where tokens are given."""
        return f"{self.origin}/oauth/token"

    def fail(self, path: str, *faults: Fault, times: int = 1) -> None:
        """Answer the next calls whose path (without query) ends with ``path`` by these faults, in turn."""
        self.faults.setdefault(path, []).extend(faults * times)

    def revoke(self) -> None:
        """Take all tokens back."""
        with self._lock:
            self._tokens.clear()

    def calls_to(self, path: str) -> int:
        """How many calls there were to paths that end so."""
        return sum(call.partition("?")[0].endswith(path) for call in self.calls)

    def handle(self, handler: "Handler") -> None:
        """One call."""
        path = urlsplit(handler.path).path
        with self._lock:
            self.calls.append(handler.path)
            pending = next(
                (faults for end, faults in self.faults.items() if path.endswith(end) and faults), None
            )
            fault = pending.pop(0) if pending else None
        if fault is not None:
            fault(handler)
        elif path == "/oauth/token":
            self._give_token(handler)
        elif path == f"{BASE_PATH}/.well-known/smart-configuration":
            handler.answer(200, {"token_endpoint": self.token_url})
        elif not self._is_admitted(handler):
            handler.answer(401, outcome("login"))
        elif path == f"{BASE_PATH}/Patient":
            self._search(handler)
        elif path.startswith(f"{BASE_PATH}/Patient/") and (one := self.patients.get(path.rpartition("/")[2])):
            handler.answer(200, one)
        else:
            handler.answer(404, outcome("not-found"))

    def _give_token(self, handler: "Handler") -> None:
        form = {name: values[0] for name, values in parse_qs(handler.body().decode()).items()}
        try:
            claims = self._verified(form["client_assertion"])
        except (jwt.PyJWTError, KeyError):
            handler.answer(401, {"error": "invalid_client", "error_description": "Jane Qqpatient is unknown"})
            return
        with self._lock:
            is_replay = claims["jti"] in self.seen_jti
            self.seen_jti.add(claims["jti"])
            token = f"token-{next(self._numbers)}"
            if not is_replay:
                self._tokens.add(token)
        if is_replay or form.get("scope") != SCOPES or form.get("grant_type") != "client_credentials":
            handler.answer(400, {"error": "invalid_grant"})
        else:
            answer = {"access_token": token, "token_type": "bearer", "expires_in": self.token_seconds}
            handler.answer(200, answer)

    def _verified(self, assertion: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(assertion)
        keys = {key["kid"]: jwt.PyJWK(dict(key)) for key in self._jwks()}
        claims: dict[str, Any] = jwt.decode(
            assertion,
            keys[header["kid"]],
            algorithms=["RS384"],
            audience=self.token_url,
            issuer=CLIENT_ID,
            # Tests live at a time of their own.
            options={
                "require": ["iss", "sub", "aud", "jti", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        if (
            claims["sub"] != CLIENT_ID
            or not 0 < claims["exp"] - claims["iat"] <= 300
            or header["typ"] != "JWT"
        ):
            raise jwt.InvalidTokenError
        return claims

    def _is_admitted(self, handler: "Handler") -> bool:
        with self._lock:
            return handler.headers.get("Authorization", "").removeprefix("Bearer ") in self._tokens

    def _search(self, handler: "Handler") -> None:
        query = parse_qs(urlsplit(handler.path).query)
        offset = int(query.pop("page", ["0"])[0])
        fitting = [one for one in self.patients.values() if _fits(one, query)]
        page = fitting[offset : offset + self.page_size]
        links = [{"relation": "self", "url": self.base_url + "/Patient"}]
        if offset + self.page_size < len(fitting):
            following = handler.path.partition("&page=")[0] + f"&page={offset + self.page_size}"
            links.append({"relation": "next", "url": self.origin + following})
        handler.answer(200, bundle(page, links))


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def fake(self) -> FakeEcw:
        """Whose connection it is."""
        fake: FakeEcw = self.server.fake  # type: ignore[attr-defined]
        return fake

    def do_GET(self) -> None:
        """A read, a search, a discovery."""
        self.fake.handle(self)

    def do_POST(self) -> None:
        """A token request."""
        self.fake.handle(self)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is inherited
        """Keep quiet."""

    def handle(self) -> None:
        """Serve until the client goes, which it may do at any moment."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def body(self) -> bytes:
        """What was posted."""
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def answer(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        """A whole answer in JSON."""
        self.answer_bytes(status, json.dumps(content).encode(), headers)

    def answer_bytes(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """A whole answer of any bytes."""
        self.send_response(status)
        for name, value in {"Content-Type": "application/fhir+json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def raw(self, *parts: bytes) -> None:
        """Bytes as they are, and the end of the connection."""
        self.close_connection = True
        for part in parts:
            self.wfile.write(part)


def answered(status: int, content: object = None, headers: Mapping[str, str] | None = None) -> Fault:
    """Some status, with a body that quotes a patient."""
    told = outcome("exception") if content is None else content
    return lambda handler: handler.answer(status, told, headers)


def sent(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Fault:
    """Any bytes as the body."""
    return lambda handler: handler.answer_bytes(status, body, headers)


def raw(*parts: bytes) -> Fault:
    """Any bytes instead of HTTP."""
    return lambda handler: handler.raw(*parts)


def hung(handler: Handler) -> None:
    """No answer at all."""
    handler.close_connection = True
    handler.fake.ended.wait(20)


def dripping(start: bytes) -> Fault:
    """A byte every hundredth of a second, for ever."""

    def drip(handler: Handler) -> None:
        handler.raw(start)
        while not handler.fake.ended.wait(0.01):
            handler.wfile.write(b"a")

    return drip


def endless(head: bytes, chunk: bytes = CHUNK) -> Fault:
    """A hundred megabytes."""

    def pour(handler: Handler) -> None:
        handler.raw(head)
        for _ in range(100):
            handler.wfile.write(chunk)

    return pour


def outcome(code: str) -> dict[str, Any]:
    """An OperationOutcome whose text names a patient, as real ones do."""
    issue = {"severity": "error", "code": code, "diagnostics": "Jane Qqpatient (DOB 1958-03-15) failed"}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def bundle(patients: Iterable[Resource], links: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """A page of a search."""
    entries = [{"resource": one, "search": {"mode": "match"}} for one in patients]
    return {"resourceType": "Bundle", "type": "searchset", "link": list(links), "entry": entries}


def a_record(id_: str, *others: str, **members: Any) -> dict[str, Any]:
    """A Patient as eCW gives it: its id repeated as an identifier, account numbers beside it."""
    identifiers = [{"use": "usual", "system": OWN_SYSTEM, "value": id_}]
    identifiers += [{"use": "secondary", "system": OWN_SYSTEM, "value": other} for other in others]
    return {"resourceType": "Patient", "id": id_, "identifier": identifiers, **members}


def _fits(one: Resource, query: Mapping[str, list[str]]) -> bool:
    names = [
        text.lower()
        for name in one.get("name", [])
        for text in (name.get("family", ""), *name.get("given", []))
    ]
    values = [identifier["value"] for identifier in one.get("identifier", [])]
    wanted = {name: value[0] for name, value in query.items()}
    return (
        ("name" not in wanted or any(text.startswith(wanted["name"].lower()) for text in names))
        and ("birthdate" not in wanted or one.get("birthDate") == wanted["birthdate"])
        and ("identifier" not in wanted or wanted["identifier"].rpartition("|")[2] in values)
    )
