"""Writers over HTTP who know what they were promised, and a server that is killed under them.

Each writer has records of its own and does one thing at a time, so it knows of each record what was
acknowledged last, and of at most one what it had asked for when the answer did not come.
"""

import json
import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import attrs

from tests.programs import ask

PATIENTS = "/api/v1/patients/"
JSON = {"Content-Type": "application/json"}
Shown = tuple[str, str | None, str]
"""What is looked at: first name, phone, status."""


@attrs.define
class Promise:
    """What is known of one record: as it was acknowledged last, and as it may be if an answer was lost."""

    mrn: str
    id: str | None = None
    acknowledged: Shown | None = None
    in_doubt: Shown | None = None


@attrs.define
class Writer:
    """Creates, corrects, archives and unarchives, one after the other, until the server is gone."""

    name: str
    port: int
    headers: dict[str, str]
    dice: random.Random
    count: "Acknowledged"
    promises: list[Promise] = attrs.Factory(list)
    request_ids: list[str] = attrs.Factory(list)
    unexpected: list[tuple[str, int, bytes]] = attrs.Factory(list)

    def write_on(self) -> None:
        """Write until a call breaks off."""
        with suppress(OSError, HTTPException):
            while not self.unexpected:
                self._write()

    def _write(self) -> None:
        here = [promise for promise in self.promises if promise.id is not None]
        if not here or self.dice.random() < 0.4:
            promise = Promise(f"{self.name}-{len(self.promises)}")
            self.promises.append(promise)
            self.create(promise)
            return
        promise = self.dice.choice(here)
        assert promise.acknowledged is not None
        first, phone, status = promise.acknowledged
        path = f"{PATIENTS}{promise.id}/"
        if self.dice.random() < 0.5:
            number = f"+1-555-{self.dice.randrange(10**7):07}"
            self._ask("PATCH", path, {"phone": number}, promise, (first, number, status))
        elif status == "active":
            self._ask("POST", f"{path}archive/", {"reason": "Moved"}, promise, (first, phone, "archived"))
        else:
            self._ask("POST", f"{path}unarchive/", {}, promise, (first, phone, "active"))

    def create(self, promise: Promise) -> None:
        """Create a record under a key of its own: asked again, it is the same record."""
        first = f"Name{promise.mrn}"
        body = {
            "first_name": first, "last_name": "Crash", "date_of_birth": "1980-02-03", "gender": "other",
            "mrn": promise.mrn,
        }  # fmt: skip
        content = self._ask("POST", PATIENTS, body, promise, (first, None, "active"), key=promise.mrn)
        promise.id = content["id"] if content else None

    def _ask(
        self, method: str, path: str, body: object, promise: Promise, then: Shown, *, key: str | None = None
    ) -> Any:
        promise.in_doubt = then
        headers = self.headers | JSON | ({"Idempotency-Key": key} if key else {})
        answer, content = ask(self.port, method, path, json.dumps(body).encode(), headers)
        if answer.status not in {200, 201}:
            self.unexpected.append((f"{method} {path}", answer.status, content))
            return None
        promise.acknowledged, promise.in_doubt = then, None
        self.request_ids.append(answer.getheader("X-Request-ID", ""))
        self.count.one_more()
        return json.loads(content)


class Acknowledged:
    """Counts what was acknowledged, and tells whoever waits for so many."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._lock = threading.Lock()
        self._seen = 0
        self.is_enough = threading.Event()

    def one_more(self) -> None:
        """Count one."""
        with self._lock:
            self._seen += 1
            if self._seen >= self._wanted:
                self.is_enough.set()


def kill(pid: int) -> None:
    """Kill a process and all that it began, at once and without a word."""
    for one in (pid, *descendants(pid)):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process began, and those that they began."""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield int(child)
                yield from descendants(int(child))
