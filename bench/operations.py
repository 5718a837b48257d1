"""What is measured: the operations of the Patients API, each as a turn of requests.

They know the API and nothing else: ids, names and totals are asked for, so that any server of the same
contract can be measured, with whatever patients it holds.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import attrs

from synthetic import fields_of
from traffic import Address, Response, TrafficError, Turn, WrongAnswerError
from vantrexia_adapters.sandbox import synthetic_people

LOGIN: Final = "/api/v1/auth/login/"
REFRESH: Final = "/api/v1/auth/token/refresh/"
PATIENTS: Final = "/api/v1/patients/"
ARCHIVED: Final = "/api/v1/patients/archived/"

PAGES: Final = 10
PAGE_SIZE: Final = 20
IDS_MAX: Final = 500
WORDS: Final = 8
LETTERS: Final = 3
"""Of a name, in a short search."""
PEOPLE: Final = 2_000
PEOPLE_SEED: Final = 99
"""Other people than those that are loaded."""

_OK, _CREATED = 200, 201


@attrs.frozen
class Credentials:
    """Who measures: an account that may write patients."""

    email: str
    password: str = attrs.field(repr=False)


@attrs.define
class World:
    """A server under measurement, as its API shows it. ``token`` is renewed before every phase."""

    address: Address
    credentials: Credentials
    token: str = attrs.field(repr=False)
    ids: tuple[str, ...]
    words: tuple[str, ...]
    archived_pages: int
    people: Iterator[bytes] = attrs.field(repr=False)
    chance: random.Random = attrs.field(repr=False)
    resting: list[str] = attrs.field(repr=False)
    """Patients that nobody is archiving at the moment."""
    sessions: list[str] = attrs.field(repr=False, factory=list)
    """Refresh tokens that nobody is using at the moment."""

    @classmethod
    def explored(cls, address: Address, credentials: Credentials) -> "World":
        """Sign in and look around.

        Raises:
            TrafficError: the server does not answer as the contract says.
        """
        token = _signed_in(address, credentials)

        def ask(path: str) -> dict[str, Any]:
            return _content(address.send(address.request("GET", path, token=token)), path)

        patients: list[dict[str, Any]] = []
        for page in range(1, 1 + IDS_MAX // 100):
            content = ask(f"{PATIENTS}?page={page}&page_size=100")
            patients += content["results"]
            if content["next"] is None:
                break
        if len(patients) < PAGES * PAGE_SIZE:
            message = f"at least {PAGES * PAGE_SIZE} active patients are needed, there are {len(patients)}"
            raise TrafficError(message)
        archived = ask(ARCHIVED)["count"]
        names = sorted({patient["last_name"] for patient in patients})
        bodies = [json.dumps(fields_of(person)).encode() for person in _other_people()]
        half = len(patients) // 2
        return cls(
            address=address,
            credentials=credentials,
            token=token,
            ids=tuple(patient["id"] for patient in patients[:half]),
            words=tuple(names[:: max(1, len(names) // WORDS)]),
            archived_pages=max(1, min(3, archived // PAGE_SIZE)),
            people=cycle(bodies),
            chance=random.Random(1),  # noqa: S311 - the same requests in every run
            resting=[patient["id"] for patient in patients[half:]],
        )

    def sign_in(self) -> None:
        """A fresh token, so that none expires during a phase."""
        self.token = _signed_in(self.address, self.credentials)

    def request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The bytes of a request with the token."""
        return self.address.request(method, path, token=self.token, body=body)

    def a_page(self, query: str = "") -> str:
        """One of the first pages of the list."""
        return f"{PATIENTS}?page={self.chance.randint(1, PAGES)}&page_size={PAGE_SIZE}{query}"


Operation: TypeAlias = Callable[[World], Turn]


def get(world: World) -> Turn:
    """One patient."""
    expect((yield world.request("GET", f"{PATIENTS}{world.chance.choice(world.ids)}/")), _OK)


def list_(world: World) -> Turn:
    """A page of 20, in the order that nobody asked for."""
    expect((yield world.request("GET", world.a_page())), _OK)


def search(world: World) -> Turn:
    """The first page of those with a last name."""
    word = quote(world.chance.choice(world.words))
    expect((yield world.request("GET", f"{PATIENTS}?search={word}&page_size={PAGE_SIZE}")), _OK)


def short(world: World) -> Turn:
    """The first page of those in whose name three letters stand."""
    word = quote(world.chance.choice(world.words)[:LETTERS].lower())
    expect((yield world.request("GET", f"{PATIENTS}?search={word}&page_size={PAGE_SIZE}")), _OK)


def order(world: World) -> Turn:
    """A page of 20 by last name."""
    expect((yield world.request("GET", world.a_page("&ordering=last_name"))), _OK)


def create(world: World) -> Turn:
    """A new patient without an MRN."""
    expect((yield world.request("POST", PATIENTS, next(world.people))), _CREATED)


def put(world: World) -> Turn:
    """Other demographics for one of the patients."""
    path = f"{PATIENTS}{world.chance.choice(world.ids)}/"
    expect((yield world.request("PUT", path, next(world.people))), _OK)


def archive(world: World) -> Turn:
    """A patient archived, and brought back."""
    id_ = world.resting.pop()
    reason = b'{"reason": "Patient discharged from RPM program - goals met"}'
    expect((yield world.request("POST", f"{PATIENTS}{id_}/archive/", reason)), _OK)
    expect((yield world.request("POST", f"{PATIENTS}{id_}/unarchive/")), _OK)
    world.resting.insert(0, id_)


def archived(world: World) -> Turn:
    """A page of the archived."""
    page = world.chance.randint(1, world.archived_pages)
    expect((yield world.request("GET", f"{ARCHIVED}?page={page}")), _OK)


def login(world: World) -> Turn:
    """A password checked and tokens handed out; a comparison means something at equal hash costs only."""
    expect((yield login_request(world.address, world.credentials)), _OK)


def refresh(world: World) -> Turn:
    """New tokens for a session's last ones; whoever finds no session free signs in first."""
    if world.sessions:
        token = world.sessions.pop()
    else:
        response = yield login_request(world.address, world.credentials)
        expect(response, _OK)
        token = json.loads(response.body)["refresh"]
    body = json.dumps({"refresh": token}).encode()
    response = yield world.address.request("POST", REFRESH, body=body)
    expect(response, _OK)
    world.sessions.append(json.loads(response.body)["refresh"])


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "get": get,
        "list": list_,
        "search": search,
        "short": short,
        "order": order,
        "archived": archived,
        "create": create,
        "put": put,
        "archive": archive,
        "login": login,
        "refresh": refresh,
    }
)


def expect(response: Response, status: int) -> None:
    """Take an answer for what it should be.

    Raises:
        WrongAnswerError: it has another status.
    """
    if response.status != status:
        raise WrongAnswerError(response.status)


def _other_people() -> Iterator[Any]:
    for person in synthetic_people(PEOPLE, seed=PEOPLE_SEED):
        # Created again and again: what has to be unique stays out.
        yield attrs.evolve(person, external_id=None, ssn=None)


def login_request(address: Address, credentials: Credentials) -> bytes:
    """The bytes of a sign-in."""
    body = json.dumps({"email": credentials.email, "password": credentials.password}).encode()
    return address.request("POST", LOGIN, body=body)


def _signed_in(address: Address, credentials: Credentials) -> str:
    return str(_content(address.send(login_request(address, credentials)), LOGIN)["access"])


def _content(response: Response, path: str) -> dict[str, Any]:
    if response.status != _OK:
        message = f"{path} answered {response.status}"
        raise TrafficError(message)
    content = json.loads(response.body)
    if not isinstance(content, dict):
        message = f"{path} did not answer with a JSON object"
        raise TrafficError(message)
    return content
