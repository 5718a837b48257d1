"""A server that is killed at any moment has lost nothing that it acknowledged, and is back in seconds."""

import json
import os
import random
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.programs import ask, run, serving
from tests.served.crashing import JSON, PATIENTS, Acknowledged, Promise, Writer, descendants, kill

IS_LONG = bool(os.environ.get("LONG_RUN"))  # noqa: TID251 - tests have no settings
ROUNDS = 100 if IS_LONG else 5
WRITERS = 4
ACKNOWLEDGED_MAX = 60
"""In each round the server is killed after so many at most; how many, and while what, is left to chance."""

PASSWORD = "a long pass phrase"
CREATE_ADMIN = (
    "users", "create", "--email", "admin@practice.example", "--first-name", "Ada", "--last-name", "Lee",
    "--role", "admin", "--password-stdin",
)  # fmt: skip
UNLIMITED = {"VANTREXIA_LIMIT_USER": "100000/hour", "VANTREXIA_LIMIT_AUTH": "10000/minute"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The setting that names an empty database."""
    if request.param == "sqlite":
        yield {}
        return
    with request.getfixturevalue("postgresql").database() as url:
        yield {"VANTREXIA_DATABASE_URL": url}


def _signed_in(port: int) -> dict[str, str]:
    body = json.dumps({"email": "admin@practice.example", "password": PASSWORD}).encode()
    answer, content = ask(port, "POST", "/api/v1/auth/login/", body, JSON)
    assert answer.status == 200, content
    return {"Authorization": f"Bearer {json.loads(content)['access']}"}


def _get(port: int, path: str, headers: dict[str, str]) -> Any:
    answer, content = ask(port, "GET", path, headers=headers)
    assert answer.status == 200, content
    return json.loads(content)


def _check(writer: Writer, promise: Promise) -> None:
    """The record is as promised: whole, once, and found by search; what was in doubt is there or is not."""
    found = _get(writer.port, f"{PATIENTS}?search={promise.mrn}&page_size=100", writer.headers)
    archived = _get(writer.port, f"{PATIENTS}archived/?search={promise.mrn}&page_size=100", writer.headers)
    both = [*found["results"], *archived["results"]]
    here = {one["id"] for one in both if one["mrn"] == promise.mrn}
    if promise.id is None:
        # Its creation was not acknowledged. Asked again under the same key, there is one record.
        assert len(here) <= 1
        writer.create(promise)
        assert promise.id is not None
        assert here <= {promise.id}
        return
    assert here == {promise.id}
    record = _get(writer.port, f"{PATIENTS}{promise.id}/", writer.headers)
    status = "active" if record["active"] else "archived"
    seen = (record["first_name"], record["phone"], status)
    assert seen in {promise.acknowledged, promise.in_doubt}
    promise.acknowledged, promise.in_doubt = seen, None


def test_what_was_acknowledged_outlives_a_kill(database: dict[str, str], tmp_path: Path) -> None:
    """Kill -9 at a random moment of concurrent writing, start again, look at everything; again and again."""
    data, log, dice = tmp_path / "data", tmp_path / "service.log", random.Random(20_261_122)  # noqa: S311 - to be the same in each run
    settings = database | UNLIMITED
    assert run(data, *CREATE_ADMIN, stdin=f"{PASSWORD}\n", **settings).status == 0
    promises: list[list[Promise]] = [[] for _ in range(WRITERS)]
    request_ids: list[str] = []
    for _ in range(ROUNDS):
        with serving(data, "serve", log=log, **settings) as (process, port):
            headers = _signed_in(port)
            count = Acknowledged(dice.randrange(1, ACKNOWLEDGED_MAX))
            writers = [
                Writer(f"W{number}", port, headers, dice, count, promises[number])
                for number in range(WRITERS)
            ]
            for writer in writers:
                for promise in writer.promises:
                    _check(writer, promise)
            threads = [threading.Thread(target=writer.write_on) for writer in writers]
            for thread in threads:
                thread.start()
            assert count.is_enough.wait(60)
            kill(process.pid)
            for thread in threads:
                thread.join()
            assert [writer.unexpected for writer in writers] == [[]] * WRITERS
            request_ids += [one for writer in writers for one in writer.request_ids]
    with serving(data, "serve", log=log, **settings) as (_, port):
        headers = _signed_in(port)
        for number in range(WRITERS):
            last = Writer(f"W{number}", port, headers, dice, Acknowledged(1), promises[number])
            for promise in last.promises:
                _check(last, promise)
    verified = run(data, "audit", "verify", **settings)
    assert verified.status == 0, verified.err
    lines = [json.loads(line) for line in run(data, "audit", "dump", **settings).out.splitlines()]
    done = {line["request_id"] for line in lines if line["outcome"] in {"done", "replayed"}}
    assert len(request_ids) >= ROUNDS
    assert set(request_ids) <= done


def _wait_until_traced(pid: int, watching: subprocess.Popen[bytes]) -> None:
    """Block until every thread of a process has somebody who watches it."""
    while watching.poll() is None:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        if all("TracerPid:\t0\n" not in (thread / "status").read_text() for thread in threads):
            return
    pytest.skip("strace may not watch a process here; in a container it needs: --cap-add=SYS_PTRACE")


@pytest.mark.skipif(
    shutil.which("strace") is None,
    reason="strace is not on the PATH; on Debian it comes with: apt-get install strace",
)
def test_what_was_acknowledged_was_synced(tmp_path: Path) -> None:
    """Between two answers to changes the kernel was told to put SQLite's log onto the disk.

    Killing a process does not show this: what the kernel holds outlives it, and is lost when power fails.
    """
    data, log, trace = tmp_path / "data", tmp_path / "service.log", tmp_path / "calls"
    assert run(data, *CREATE_ADMIN, stdin=f"{PASSWORD}\n").status == 0
    number = 10
    with serving(data, "serve", log=log, **UNLIMITED) as (process, port):
        headers = _signed_in(port) | JSON
        (worker,) = descendants(process.pid)
        command = ["strace", "-f", "-y", "-qq", "-o", str(trace), "-e", "trace=fsync,fdatasync", "-p", worker]
        watching = subprocess.Popen([*map(str, command)])
        _wait_until_traced(worker, watching)
        synced = []
        for position in range(number):
            body = {
                "first_name": "Ann", "last_name": f"Lee{position}", "date_of_birth": "1980-01-01",
                "gender": "other",
            }  # fmt: skip
            answer, content = ask(port, "POST", PATIENTS, json.dumps(body).encode(), headers)
            assert answer.status == 201, content
            synced.append(len(re.findall(r"f(?:data)?sync\(.*vantrexia\.sqlite3-wal", trace.read_text())))
        watching.terminate()
        watching.wait()
    assert all(after > before for before, after in zip([0, *synced], synced, strict=False)), synced
