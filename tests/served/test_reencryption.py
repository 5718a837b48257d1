"""Keys that are replaced while people work: by commands in processes of their own, killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Event, Thread

import attrs
import pytest

from tests.builders import a_new_patient, a_patient, a_patient_id, an_actor
from tests.databases import database_of
from tests.programs import environment
from vantrexia_adapters.assembly import Service, open_service
from vantrexia_adapters.settings import load
from vantrexia_core.kernel import Actor, NamePart, PatientId, UnavailableError
from vantrexia_core.patients import Revision, look_up_patient, register_patient, revise_patient

IS_LONG = bool(os.environ.get("LONG_RUN"))  # noqa: TID251 - tests have no settings
ROUNDS = 20 if IS_LONG else 1
PATIENTS = 20_000 if IS_LONG else 700
PAUSE_SECONDS = 0.002 if IS_LONG else 0.02
"""Between two writes of a writer: the commands share the machine with them."""


@attrs.define
class Writer:
    """Somebody who registers and corrects patients all the time, and remembers what was acknowledged."""

    service: Service
    actor: Actor
    number: int
    ids: list[PatientId]
    over: Event
    last: dict[PatientId, str] = attrs.field(factory=dict)
    writes: int = 0
    failure: BaseException | None = None

    def run(self) -> None:
        """Work until told to stop."""
        chance = Random(self.number)  # noqa: S311 - any order does
        try:
            while not self.over.wait(PAUSE_SECONDS):
                name = f"Okafor {self.number} {self.writes}"
                # A busy database answers so, and its users try again; whoever was answered is remembered.
                with suppress(UnavailableError):
                    if self.writes % 5 == 0:
                        new = a_new_patient(last=name, mrn=f"W-{self.number}-{self.writes}")
                        id_ = register_patient(self.service.desk, self.actor, new).id
                        self.ids.append(id_)
                    else:
                        id_ = chance.choice(self.ids)
                        revise_patient(self.service.desk, self.actor, id_, Revision(last_name=NamePart(name)))
                    self.last[id_] = name
                    self.writes += 1
        except BaseException as failure:
            self.failure = failure
            raise


@pytest.fixture(params=["sqlite", "postgresql"])
def given(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A data directory, and the settings beside it."""
    with database_of(request, tmp_path) as url:
        yield tmp_path / "data", {"VANTREXIA_DATABASE_URL": url}


def started(folder: Path, settings: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """A command of ours in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "vantrexia_adapters.cli", "keys", *arguments],
        env=environment(folder, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(folder: Path, settings: dict[str, str], *arguments: str) -> str:
    """What a command says that ends well."""
    command = started(folder, settings, *arguments)
    out, err = command.communicate(timeout=120)
    assert command.returncode == 0, err
    assert not any(key in out + err for key in _wrapped_keys(folder))
    return out


def _wrapped_keys(folder: Path) -> list[str]:
    content = json.loads((folder / "keyring.json").read_text())
    return [content["kek"]["key"], *(key["wrapped"] for key in content["keys"] if "wrapped" in key)]


def test_keys_are_replaced_under_work_and_kills_and_nothing_is_lost(
    given: tuple[Path, dict[str, str]],
) -> None:
    """Rotated, sealed anew by a command that is killed on the way, retired: all is read by the new key."""
    folder, settings = given
    with open_service(load(environment(folder, **settings))) as service:
        actor = an_actor(practice_id=service.practice_id)
        ids = [a_patient_id(number) for number in range(PATIENTS)]
        for start in range(0, PATIENTS, 500):
            with service.desk.begin(service.practice_id) as work:
                work.patients.add_many(
                    [
                        a_patient(
                            a_new_patient(last="Loaded", mrn=f"L-{id_.int}"),
                            id_=id_,
                            practice_id=service.practice_id,
                        )
                        for id_ in ids[start : start + 500]
                    ]
                )
                work.commit()
        over = Event()
        writers = [Writer(service, actor, number, ids[number::2], over) for number in range(2)]
        threads = [Thread(target=writer.run) for writer in writers]
        for thread in threads:
            thread.start()
        try:
            kills = 0
            for version in range(2, 2 + ROUNDS):
                assert f"field key {version}" in done(folder, settings, "rotate", "field")
                before = sum(writer.writes for writer in writers)
                # At a row a second it rests for minutes behind its first batch, which it has told of by then:
                # however slow whoever watches it is, it is killed in the middle.
                killed = started(folder, settings, "reencrypt", "field", "--at-most", "1")
                assert killed.stderr is not None
                is_at_work = any(f"Sealing under field key {version}" in line for line in killed.stderr)
                killed.kill()
                killed.communicate()
                assert is_at_work
                kills += killed.returncode == -signal.SIGKILL
                _until(lambda before=before: sum(w.writes for w in writers) > before + 20)  # type: ignore[misc]
                # Whoever still sealed under the key before has noticed by now or will, and is found then.
                _until(lambda: _is_clear(folder, settings))
                done(folder, settings, "retire", "field", str(version - 1))
            assert kills == ROUNDS
        finally:
            over.set()
            for thread in threads:
                thread.join()
        assert [writer.failure for writer in writers] == [None, None]
        assert all(writer.writes > 20 for writer in writers)
    content = json.loads((folder / "keyring.json").read_text())
    # What destroying does, without the three minutes of waiting for whoever may still be at work.
    for key in content["keys"]:
        if key["state"] == "retired":
            del key["wrapped"]
            key["state"] = "destroyed"
    (folder / "keyring.json").write_text(json.dumps(content))
    with open_service(load(environment(folder, **settings))) as service:
        for writer in writers:
            for id_, name in writer.last.items():
                assert look_up_patient(service.desk, actor, id_).name.last.reveal() == name
        for id_ in ids:
            assert look_up_patient(service.desk, actor, id_)


def _is_clear(folder: Path, settings: dict[str, str]) -> bool:
    command = started(folder, settings, "reencrypt", "field", "--json")
    out, err = command.communicate(timeout=300)
    assert command.returncode in {0, 1}, err
    (statement,) = json.loads(out)
    return bool(statement["needs"] == [])


def _until(is_so: object) -> None:
    """Ask again until it is so, for a minute at most."""
    end = time.monotonic() + 60
    pause = Event()
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end
        pause.wait(0.05)
