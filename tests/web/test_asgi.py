"""What a server process imports: the app over a real, freshly made service."""

import pytest
from starlette.testclient import TestClient

from vantrexia_adapters.settings import PREFIX
from vantrexia_web.asgi import build


@pytest.fixture
def client(monkeypatch, tmp_path, log_to):
    """The app that a server would serve in an empty directory."""
    log_to("info")  # so that logging is restored
    monkeypatch.setenv(f"{PREFIX}DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv(f"{PREFIX}PUBLIC_URL", "https://records.example.org")
    with TestClient(build()) as client:
        yield client


def test_an_app_built_from_the_environment_is_healthy(client):
    """Database, keys and schema are there, and the database is looked at."""
    content = client.get("/health/").json()
    assert content["status"] == "healthy"
    assert set(content["services"]) == {"database", "rate_limits"}


def test_an_app_built_from_the_environment_knows_its_address(client):
    """The public URL comes from the settings."""
    assert client.get("/openapi.json").json()["servers"] == [{"url": "https://records.example.org"}]


def test_an_app_built_from_the_environment_guards_its_routes(client):
    """Nobody is signed in yet."""
    assert client.get("/api/v1/patients/").status_code == 401
