"""Every use case on SQLite, cut off inside its statements: all or nothing below the ports too.

SQLite calls a progress handler every few of its virtual machine's steps and stops when the handler says so.
That is a disk that fails or a process that is killed, at any moment, without waiting for either.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import pytest
from hypothesis import settings
from sqlalchemy import event

from tests.builders import a_practice_id
from tests.databases import SqliteTemplate, quick_engine
from tests.desks import SqlHouse, entries_of
from tests.faults.failing import Snapshot
from tests.faults.test_every_call_fails import CHANGES, Scene
from tests.marks import core_frames, marks_in
from vantrexia_adapters.sql import StatementFailedError
from vantrexia_core.audit import Outcome
from vantrexia_core.kernel import UnavailableError

STEPS = 4
"""Steps of the virtual machine between two chances to stop."""
CHANCES_MAX = 2_000
REFUSED = {"import lines": {Outcome.REFUSED}}
"""What else a use case records when it gets through."""
STRIDE = {"merge": 17, "merge despite differences": 17, "undo a merge": 17}
"""What has so many statements that every chance would take a minute; nights take every one."""


class Interruption:
    """Stops SQLite at the ``at``-th chance; 0 never."""

    def __init__(self) -> None:
        self.at = 0
        self.chances = 0

    def arm(self, at: int) -> None:
        """Count anew."""
        self.at, self.chances = at, 0

    def __call__(self) -> int:
        """Whether to stop now."""
        self.chances += 1
        return int(self.chances == self.at)


@pytest.fixture
def scene_and_interruption(
    sqlite_template: SqliteTemplate, tmp_path: Path
) -> Iterator[tuple[Scene, Interruption]]:
    """A scene on SQLite whose statements can be stopped."""
    engine, interruption = quick_engine(sqlite_template.database(tmp_path)), Interruption()

    @event.listens_for(engine, "connect")
    def _watch(connection: Connection, _: object) -> None:
        connection.set_progress_handler(interruption, STEPS)

    with closing(SqlHouse(engine, tmp_path)) as house:
        house.found(a_practice_id())
        scene = Scene.on(house.desk())
        # A comparison that is cut off is made later: that is told beside this.
        scene.desk.candidacy.is_asked = False
        yield scene, interruption


@pytest.mark.parametrize("use_case", CHANGES)
def test_a_statement_that_is_cut_off_leaves_all_or_nothing(
    scene_and_interruption: tuple[Scene, Interruption], use_case: str
) -> None:
    """At every chance in turn, until the use case gets through: kept if and only if the trail says done.

    Cut off at its very end, a COMMIT has happened although it reports an error: then the trail says so too.
    """
    scene, interruption = scene_and_interruption
    before, failures = Snapshot.of(scene.desk), 0
    is_night = settings.get_current_profile_name() == "night"
    for at in range(1, CHANCES_MAX, 1 if is_night else STRIDE.get(use_case, 1)):
        lines = len(entries_of(scene.desk))
        interruption.arm(at)
        try:
            CHANGES[use_case](scene.desk, scene)
        except (UnavailableError, StatementFailedError) as failure:
            assert marks_in(core_frames(failure)) == []  # noqa: PT017 - the last one succeeds
            failures += 1
        finally:
            interruption.arm(0)
        outcomes = {entry.outcome for entry in entries_of(scene.desk)[lines:]}
        assert (Snapshot.of(scene.desk) != before) == (Outcome.DONE in outcomes)
        # Of the lines of a file some are refused, whether or not anything fails.
        assert outcomes - REFUSED.get(use_case, set()) <= {Outcome.DONE, Outcome.FAILED}
        if Outcome.DONE in outcomes:
            break
    assert failures > 10
    assert Snapshot.of(scene.desk) != before
