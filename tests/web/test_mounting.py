"""The app inside another one: it answers as it does alone, below the path where it was mounted."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from io import StringIO
from ipaddress import ip_network

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.builders import a_new_user, a_password, an_actor, an_email
from tests.desks import a_memory_desk
from tests.sources import CountedIds
from tests.web.service import OneKey
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.identity import create_user
from vantrexia_core.kernel import Role
from vantrexia_web.app import create_app

PLACE = "/records"
BEGAN, ENDED = "began", "ended"


@contextmanager
def told(happened: list[str]) -> Iterator[None]:
    """Surroundings that say when they were entered and left."""
    happened.append(BEGAN)
    try:
        yield
    finally:
        happened.append(ENDED)


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[TestClient, list[str]]]:
    """A client of another app that has ours below `PLACE`, and what happened when it ended."""
    desk, happened = a_memory_desk(), list[str]()
    desk.tokens = JwtTokens(OneKey(), ids=CountedIds("tokens"))
    create_user(
        desk, an_actor(Role.ADMIN), a_new_user(Role.PROVIDER, email=an_email("ann").reveal()), a_password()
    )
    records = create_app(desk, public_url=f"https://host.example{PLACE}", runs_within=lambda: told(happened))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with records.running():
            yield

    app = Starlette(routes=[Mount(PLACE, app=records)], lifespan=lifespan)
    with TestClient(app, base_url="https://host.example", follow_redirects=False) as client:
        yield client, happened


def test_it_lets_people_in_and_links_to_itself(host: tuple[TestClient, list[str]]) -> None:
    """Links in answers lead below the mount."""
    client, _ = host
    login = {"email": an_email("ann").reveal(), "password": a_password().reveal()}
    token = client.post(f"{PLACE}/api/v1/auth/login/", json=login).json()["access"]
    headers = {"Authorization": f"Bearer {token}"}
    new = {"first_name": "Åsa", "last_name": "Quill", "date_of_birth": "1958-03-15", "gender": "female"}
    for _ in range(2):
        assert client.post(f"{PLACE}/api/v1/patients/", json=new, headers=headers).status_code == 201
    page = client.get(f"{PLACE}/api/v1/patients/?page_size=1", headers=headers).json()
    assert page["count"] == 2
    assert page["next"].startswith(f"https://host.example{PLACE}/api/v1/patients/?")
    assert client.get(page["next"], headers=headers).json()["previous"] is not None


@pytest.mark.parametrize("path", ["/docs/", "/fhir/metadata", "/health/", "/.well-known/jwks.json"])
def test_pages_are_below_the_mount(host: tuple[TestClient, list[str]], path: str) -> None:
    """Those that never change among them."""
    assert host[0].get(f"{PLACE}{path}").status_code == 200
    assert host[0].get(path).status_code == 404


def test_a_forgotten_slash_leads_below_the_mount(host: tuple[TestClient, list[str]]) -> None:
    """And not to the host's own paths."""
    answered = host[0].get(f"{PLACE}/api/v1/patients?search=q")
    assert (answered.status_code, answered.headers["location"]) == (308, f"{PLACE}/api/v1/patients/?search=q")


@pytest.mark.parametrize(
    ("path", "words"), [("/fhir/Nothing", "resourceType"), ("/api/v1/nothing/", "detail")]
)
def test_errors_speak_the_language_of_their_path(
    host: tuple[TestClient, list[str]], path: str, words: str
) -> None:
    """FHIR's or the API's, as without a mount."""
    answered = host[0].get(f"{PLACE}{path}")
    assert answered.status_code == 404
    assert words in answered.json()


def test_a_path_that_only_begins_like_the_mount_is_the_hosts(host: tuple[TestClient, list[str]]) -> None:
    """Another app of the host may be called much the same."""
    assert host[0].get(f"{PLACE}-of-others/health/").status_code == 404


def test_the_end_of_the_host_is_the_end_of_the_app() -> None:
    """What surrounds the app begins with it, and ends when the last answer has been given."""
    happened: list[str] = []
    records = create_app(
        a_memory_desk(), public_url="https://host.example", runs_within=lambda: told(happened)
    )
    app = Starlette(lifespan=lambda _: records.running())
    with TestClient(app):
        assert happened == [BEGAN]
    assert happened == [BEGAN, ENDED]


def test_an_app_that_nobody_entered_answers_nothing(log_to: Callable[[str], StringIO]) -> None:
    """Its host's author learns it by the first request, and not by a trail that was never signed."""
    stream, happened = log_to("info"), list[str]()
    records = create_app(
        a_memory_desk(), public_url="https://host.example", runs_within=lambda: told(happened)
    )
    client = TestClient(Starlette(routes=[Mount(PLACE, records)]), "https://host.example")
    assert client.get(f"{PLACE}/health/").status_code == 500
    assert "until its running() is entered" in stream.getvalue()
    assert happened == []


def test_a_host_that_fails_ends_the_app_all_the_same() -> None:
    """Its threads are finished and what surrounds it is left, as at a good end."""
    happened: list[str] = []
    records = create_app(
        a_memory_desk(), public_url="https://host.example", runs_within=lambda: told(happened)
    )
    before = set(threading.enumerate())

    async def fail() -> None:
        async with records.running():
            assert any(one.name.startswith("vantrexia-web") for one in set(threading.enumerate()) - before)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(fail())
    assert happened == [BEGAN, ENDED]
    assert not [one for one in set(threading.enumerate()) - before if one.name.startswith("vantrexia-")]


@pytest.mark.parametrize(("peer", "status"), [("10.0.0.7", 200), ("127.0.0.1", 200), ("203.0.113.9", 403)])
def test_a_mounted_app_is_not_spoken_to_in_clear(peer: str, status: int) -> None:
    """By nobody but this machine and a proxy that is named."""
    records = create_app(
        a_memory_desk(), public_url="https://host.example", trusted_proxies=[ip_network("10.0.0.7")]
    )
    client = TestClient(Starlette(routes=[Mount(PLACE, app=records)]), client=(peer, 50_000))
    answered = client.get(f"{PLACE}/health/")
    assert (answered.status_code, answered.json().get("code")) == (
        status,
        None if status == 200 else "tls_required",
    )
