"""A thousand requests an hour, by a really served practice with two workers."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from tests.programs import ask, run, serving

PASSWORD = "a long pass phrase"
CREATE_ADMIN = (
    "users", "create", "--email", "admin@practice.example", "--first-name", "Ada", "--last-name", "Lee",
    "--role", "admin", "--password-stdin",
)  # fmt: skip
LOGIN, ONE = "/api/v1/auth/login/", "/api/v1/patients/00000000-0000-4000-8000-000000000000/"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The setting that names an empty database."""
    if request.param == "sqlite":
        yield {}
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield {"VANTREXIA_DATABASE_URL": url}


def _token(port: int) -> dict[str, str]:
    body = json.dumps({"email": "admin@practice.example", "password": PASSWORD}).encode()
    answer, content = ask(port, "POST", LOGIN, body, JSON)
    assert answer.status == 200, content
    return {"Authorization": f"Bearer {json.loads(content)['access']}"}


def test_two_workers_let_exactly_one_thousand_pass(database: dict[str, str], tmp_path: Path) -> None:
    """Of 1,030 requests, from six threads, 1,000 pass; each saw another number left."""
    data, log = tmp_path / "data", tmp_path / "service.log"
    assert run(data, *CREATE_ADMIN, stdin=f"{PASSWORD}\n", **database).status == 0
    with serving(data, "serve", "--workers", "2", log=log, **database) as (_, port):
        headers = _token(port)
        numbers, lock = count(), threading.Lock()

        def until_enough() -> list[tuple[int, str | None, str | None, bytes]]:
            seen = []
            while True:
                with lock:
                    if next(numbers) >= 1_030:
                        return seen
                answer, content = ask(port, "GET", ONE, headers=headers)
                left, retry = answer.getheader("X-RateLimit-Remaining"), answer.getheader("Retry-After")
                seen.append((answer.status, left, retry, content))

        with ThreadPoolExecutor(6) as pool:
            seen = [one for each in pool.map(lambda _: until_enough(), range(6)) for one in each]
        again = ask(port, "GET", ONE, headers=_token(port))[0]
    assert Counter(status for status, *_ in seen) == {404: 1_000, 429: 30}
    assert sorted(int(left or -1) for status, left, _, _ in seen if status == 404) == list(range(1_000))
    for status, _, retry, content in seen:
        if status == 429:
            assert 3_400 < int(retry or 0) <= 3_600
            assert json.loads(content) == {
                "detail": f"Request was throttled. Expected available in {retry} seconds.",
                "code": "throttled",
            }
    # A new token is no new hour.
    assert again.status == 429


def test_each_kind_of_error_says_how_its_caller_stands(tmp_path: Path) -> None:
    """401, 404, 405, 408's neighbour 413, 415, 308 and 429 from a real server, headers and all."""
    data, log = tmp_path / "data", tmp_path / "service.log"
    requests = [
        ("GET", ONE, None, {}, 401),
        ("GET", "/nowhere/", None, {}, 404),
        ("PATCH", LOGIN, None, {}, 405),
        ("GET", "/api/v1/patients", None, {}, 308),
        ("POST", LOGIN, b" " * 70_000, JSON, 413),
        ("POST", LOGIN, b"{}", {}, 415),
        ("POST", LOGIN, b"{", JSON, 400),
        ("POST", LOGIN, b"{}", JSON, 429),
        ("GET", ONE, None, {}, 401),
        ("GET", ONE, None, {"X-Forwarded-For": "1.2.3.4"}, 429),
    ]
    limits = {"VANTREXIA_LIMIT_AUTH": "3/minute", "VANTREXIA_LIMIT_ANONYMOUS": "5/hour"}
    with serving(data, log=log, **limits) as (_, port):
        for method, path, body, headers, status in requests:
            answer, _ = ask(port, method, path, body, headers)
            assert answer.status == status, (method, path)
            for name in ("RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining"):
                assert answer.getheader(name), (method, path, name)
            assert (answer.getheader("Allow") is not None) == (status == 405)
            assert (answer.getheader("Retry-After") is not None) == (status == 429)
