"""What a server process imports: the app over a real, freshly made service."""

import json
from threading import Event

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.builders import a_new_user, a_password
from vantrexia_adapters.assembly import Service, StartRefusedError, client_keys, open_service
from vantrexia_adapters.checkpoints import FolderCheckpoints, TrailHealth
from vantrexia_adapters.settings import PREFIX, Settings, load
from vantrexia_core.identity import create_user, operator
from vantrexia_core.kernel import Origin, Role, UnavailableError
from vantrexia_web.asgi import _observed, app_over, build
from vantrexia_web.health import Condition, Observation

LOCAL = ("127.0.0.1", 50_000)


@pytest.fixture
def client(monkeypatch, tmp_path, log_to):
    """The app that a server would serve in an empty directory."""
    log_to("info")  # so that logging is restored
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", "https://records.example.org")
    with TestClient(build(), client=LOCAL) as client:
        yield client


def test_an_app_built_from_the_environment_is_healthy(client):
    """Database, keys and schema are there, and the database is looked at."""
    content = client.get("/health/").json()
    assert content["status"] == "healthy"
    assert set(content["services"]) == {"database", "rate_limits", "audit", "jobs", "fhir"}
    assert set(content["services"]["audit"]) == {"status", "latency_ms", "checked_at"}


def test_a_mounted_service_signs_its_trail_while_it_runs(monkeypatch, tmp_path):
    """Not at its end alone, which a worker that is killed never sees; and its letters leave."""
    signed, publish = Event(), FolderCheckpoints.publish

    def publish_and_tell(self, note, *, on):
        publish(self, note, on=on)
        signed.set()

    monkeypatch.setattr(FolderCheckpoints, "publish", publish_and_tell)
    service = open_service(Settings(data_dir=tmp_path, public_url="https://host.example/records"))
    create_user(
        service.desk, operator(service.practice_id, Origin()), a_new_user(Role.PROVIDER), a_password()
    )
    records = app_over(service)
    host = Starlette(routes=[Mount("/records", records)], lifespan=lambda _: records.running())
    assert not signed.is_set()
    with TestClient(host, "https://host.example") as client:
        assert signed.wait(30)
        services = client.get("/records/health/").json()["services"]
        assert (services["jobs"]["status"], services["audit"]["status"]) == ("healthy", "healthy")
    with pytest.raises(UnavailableError):
        service.postman.check()


def test_a_start_that_is_refused_leaves_nothing_open(monkeypatch, tmp_path, log_to):
    """The service that was opened for it is closed."""
    log_to("info")
    closed, close = [], Service.close
    monkeypatch.setattr(Service, "close", lambda self: (closed.append(True), close(self)))
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv(f"{PREFIX}RATE_STORE", "redis://127.0.0.1:1/0?socket_timeout=x")
    with pytest.raises(StartRefusedError):
        build()
    assert closed == [True]


@pytest.mark.parametrize(
    ("trail", "condition", "logged"),
    [
        (TrailHealth(7, is_sound=True, is_current=True), Condition.HEALTHY, []),
        (TrailHealth(7, is_sound=True, is_current=False), Condition.DEGRADED, [("degraded", 7)]),
        (TrailHealth(7, is_sound=False, is_current=True), Condition.DOWN, [("down", 7)]),
    ],
)
def test_how_many_entries_are_unprotected_is_for_the_log(log_to, trail, condition, logged):
    """Anybody may see the health page, and a count of entries says how busy a practice is."""
    stream = log_to("info")
    assert _observed(trail) == Observation(condition)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["condition"], line["unprotected_entries"]) for line in lines] == logged


def test_an_app_built_from_the_environment_knows_its_address(client):
    """The public URL comes from the settings."""
    assert client.get("/openapi.json").json()["servers"] == [{"url": "https://records.example.org"}]


def test_an_app_built_from_the_environment_guards_its_routes(client):
    """Nobody is signed in yet."""
    assert client.get("/api/v1/patients/").status_code == 401


def test_an_app_of_a_practice_at_eclinicalworks_publishes_its_key_and_watches(monkeypatch, tmp_path, log_to):
    """The key is where eClinicalWorks looks for it; its health is known without asking anybody."""
    log_to("info")
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv(f"{PREFIX}ECW_SOURCE", "fhir")
    monkeypatch.setenv(f"{PREFIX}ECW_BASE_URL", "https://fhir4.ecw.example/fhir/r4/FAKEAB")
    monkeypatch.setenv(f"{PREFIX}ECW_CLIENT_ID", "client-1")
    keys = client_keys(load())
    keys.create()
    with TestClient(build(), client=LOCAL) as client:
        assert client.get("/.well-known/jwks.json").json() == {"keys": list(keys.published())}
        assert client.get("/health/").json()["services"]["ecw"]["status"] == "healthy"


@pytest.mark.parametrize(
    ("peer", "scheme", "status"),
    [
        ("127.0.0.1", "http", 200),
        ("::1", "http", 200),
        ("::ffff:127.0.0.1", "http", 200),
        ("10.0.0.7", "http", 200),
        ("10.0.0.8", "http", 403),
        ("2001:db8::7", "http", 403),
        ("testclient", "http", 403),
        ("10.0.0.8", "https", 200),
    ],
)
def test_nobody_on_the_network_is_answered_in_clear(monkeypatch, tmp_path, log_to, peer, scheme, status):
    """A trusted proxy speaks TLS for its clients; whoever goes around it is told so, and nothing else."""
    log_to("info")
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv(f"{PREFIX}TRUSTED_PROXIES", "10.0.0.7")
    with TestClient(build(), f"{scheme}://records.example.org", client=(peer, 50_000)) as client:
        # What a client claims about itself makes no difference.
        headers = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
        answers = [client.get("/health/", headers=headers), client.get("/api/v1/patients/", headers=headers)]
    assert [answer.status_code for answer in answers] == [status, 401 if status == 200 else status]
    if status != 200:
        assert {answer.json()["code"] for answer in answers} == {"tls_required"}
