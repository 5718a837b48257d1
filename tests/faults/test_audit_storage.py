"""The trail's storage is full, locked or raises: the call fails, nothing is shown, nothing changes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, an_actor
from tests.databases import PostgresqlServer, SqliteTemplate
from tests.faults.failing import Snapshot
from tests.marks import FIRST, LAST, MRN, core_frames, marks_in
from vantrexia_adapters.sql import SqlTrailSource
from vantrexia_core.audit import AuditUnavailableError
from vantrexia_core.kernel import UnavailableError
from vantrexia_core.patients import (
    Listing,
    Patient,
    Reason,
    archive_patient,
    delete_patient,
    find_patients,
    look_up_patient,
    register_patient,
)
from vantrexia_web.problems import STATUS_OF

Trouble: TypeAlias = Callable[[Site], AbstractContextManager[None]]

CALLS: dict[str, Callable[[Site, Patient], object]] = {
    "read": lambda site, patient: look_up_patient(site.desk, an_actor(), patient.id),
    "list": lambda site, _: find_patients(site.desk, an_actor(), Listing()),
    "create": lambda site, _: register_patient(site.desk, an_actor(), a_new_patient()),
    "archive": lambda site, patient: archive_patient(site.desk, an_actor(), patient.id, Reason("moved away")),
    "delete": lambda site, patient: delete_patient(site.desk, an_actor(), patient.id),
}


@contextmanager
def _raising(site: Site) -> Iterator[None]:
    """A trigger that refuses every entry, as a broken index or a failing disk would."""
    if site.is_sqlite:
        site.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        undo = "DROP TRIGGER broken"
    else:
        site.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$"
        )
        site.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION broken()"
        )
        undo = "DROP TRIGGER broken ON audit_entry"
    yield
    site.execute(undo)


@contextmanager
def _locked(site: Site) -> Iterator[None]:
    """A stranger holds the trail for longer than anybody waits."""
    with site.stranger.connect() as stranger:
        if site.is_sqlite:
            stranger.execute(sa.text("UPDATE practice SET name = name"))
        else:
            stranger.execute(sa.text("LOCK TABLE audit_entry IN EXCLUSIVE MODE"))
        yield
        stranger.rollback()


@contextmanager
def _full(site: Site) -> Iterator[None]:
    """No page can be added to the file, and no free one is left in it (SQLITE_FULL)."""
    site.engine.dispose()
    with site.stranger.connect() as stranger:
        pages = stranger.scalar(sa.text("PRAGMA page_count"))
        stranger.rollback()

    def limit(connection: object, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    sa.event.listen(site.engine, "connect", limit)
    try:
        # What room is left in the last pages is used up first.
        for _ in range(400):
            try:
                find_patients(site.desk, an_actor(), Listing())
            except AuditUnavailableError:
                break
        yield
    finally:
        sa.event.remove(site.engine, "connect", limit)
        site.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A database with one practice."""
    if request.param == "sqlite":
        template: SqliteTemplate = request.getfixturevalue("sqlite_template")
        with Site(template.database(tmp_path), tmp_path) as site:
            yield site
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.database() as url, Site(url, tmp_path) as site:
        yield site


def _refused(site: Site, call: str, trouble: Trouble) -> None:
    patient = register_patient(site.desk, an_actor(), a_new_patient(first=FIRST, last=LAST, mrn=MRN))
    find_patients(site.desk, an_actor(), Listing())
    before, source = Snapshot.of(site.desk), SqlTrailSource(site.engine)
    with trouble(site):
        lines = source.size()
        with pytest.raises(UnavailableError) as refusal:
            CALLS[call](site, patient)
        assert refusal.value.code in {"audit_unavailable", "unavailable"}
        assert marks_in(core_frames(refusal.value)) == []
    assert (Snapshot.of(site.desk), source.size()) == (before, lines)
    CALLS[call](site, patient)
    assert source.size() == lines + 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("trouble", [_raising, _locked], ids=["raising", "locked"])
def test_without_a_trail_nothing_is_shown_or_changed(any_site: Site, call: str, trouble: Trouble) -> None:
    """Readings as well as changes; and when the trouble is over, the same call succeeds."""
    _refused(any_site, call, trouble)


@pytest.mark.parametrize("call", ["read", "list"])
def test_with_a_full_disk_nothing_is_shown(
    sqlite_template: SqliteTemplate, tmp_path: Path, call: str
) -> None:
    """SQLite's file may not grow any more. Not to be able to record is not to be able to read."""
    with Site(sqlite_template.database(tmp_path), tmp_path) as site:
        _refused(site, call, _full)


def test_the_refusal_is_a_503() -> None:
    """What the web makes of both errors."""
    assert STATUS_OF[UnavailableError] == 503
    assert issubclass(AuditUnavailableError, UnavailableError)
