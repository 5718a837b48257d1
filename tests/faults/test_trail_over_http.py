"""The trail's storage is full, locked or raises, and somebody calls the API: 503, and nothing else."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.adapters.sql.site import Site
from tests.builders import a_new_patient, a_patient_id, an_actor
from tests.faults.troubles import TROUBLES
from tests.marks import FIRST, LAST, MRN, marks_in
from tests.programs import run
from tests.sources import CountedIds
from tests.web.service import (
    ARCHIVED,
    DELETED,
    LOGIN,
    NO_LIMITS,
    PASSWORD,
    PATIENTS,
    PUBLIC_URL,
    OneKey,
    path_of,
    restore_path,
)
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.sql import SqlTrailSource
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.identity import NewPassword, NewUser, create_user, operator
from vantrexia_core.kernel import Email, NamePart, Origin, PersonName, Role
from vantrexia_core.patients import Reason, archive_patient, delete_patient, register_patient
from vantrexia_web.app import create_app
from vantrexia_web.throttle import Throttle

ADMIN, NURSE = "admin@example.org", "nurse@example.org"
BODY = {"first_name": FIRST, "last_name": LAST, "date_of_birth": "1990-01-02", "gender": "other"}
LOGS = "/api/v1/audit-logs/"


@attrs.frozen
class Call:
    """A request; ``status`` is its answer when nothing is in the way, ``by`` whose it is."""

    method: str
    path: str
    body: object = None
    status: int = 200
    by: str | None = ADMIN
    headers: dict[str, str] = attrs.field(factory=dict)


class Clinic:
    """The app over a database, two people who are signed in, and patients."""

    def __init__(self, site: Site) -> None:
        self.site, self.source = site, SqlTrailSource(site.engine)
        limits = Throttle(MemoryRateStore(), MemoryRateStore(), site.clock, NO_LIMITS)
        # Tokens that fit into a header, as the service's own do.
        site.desk.tokens = JwtTokens(OneKey(), ids=CountedIds("tokens"), issuer=PUBLIC_URL)
        self.client = TestClient(
            create_app(site.desk, public_url=PUBLIC_URL, throttle=limits), "https://testserver"
        )
        self._tokens: dict[str, str] = {}
        tables = (sa.table(name) for name in sa.inspect(site.stranger).get_table_names())
        self._tables = {one.name: str(sa.select(sa.text("*")).select_from(one)) for one in tables}
        for email, role in ((ADMIN, Role.ADMIN), (NURSE, Role.NURSE)):
            new = NewUser(Email(email), PersonName(NamePart("Sarah"), NamePart("Johnson")), role)
            create_user(site.desk, operator(site.here, Origin()), new, NewPassword(PASSWORD))

    def sign_in(self) -> None:
        """Both of them, the way everybody does."""
        for email in (ADMIN, NURSE):
            answer = self.client.post(LOGIN, json={"email": email, "password": PASSWORD})
            self._tokens[email] = answer.json()["access"]

    def calls(self) -> dict[str, Call]:
        """Readings, changes, a refusal and a sign-in, each with a patient of its own where it changes one."""
        desk, actor = self.site.desk, an_actor()
        read, replaced, patched, archived, unarchived, deleted, restored = (
            register_patient(desk, actor, a_new_patient(first=FIRST, last=LAST, mrn=f"{MRN}-{number}"))
            for number in range(7)
        )
        archive_patient(desk, actor, unarchived.id, Reason("moved away"))
        delete_patient(desk, actor, restored.id)
        return {
            "get": Call("GET", path_of(read)),
            "get nobody": Call("GET", f"{PATIENTS}{a_patient_id(404)}/", status=404),
            "list": Call("GET", PATIENTS),
            "list archived": Call("GET", ARCHIVED),
            "list deleted": Call("GET", DELETED),
            "read the trail": Call("GET", LOGS),
            "export the trail": Call("GET", f"{LOGS}export/"),
            "create": Call("POST", PATIENTS, BODY, 201, headers={"Idempotency-Key": "once-and-no-more"}),
            "put": Call("PUT", path_of(replaced), BODY),
            "patch": Call("PATCH", path_of(patched), {"first_name": LAST}),
            "archive": Call("POST", path_of(archived, "archive"), {"reason": "moved away"}),
            "unarchive": Call("POST", path_of(unarchived, "unarchive")),
            "delete": Call("DELETE", path_of(deleted), status=204),
            "restore": Call("POST", restore_path(restored), {"reason": "by mistake"}),
            "malformed": Call("POST", PATIENTS, {"first_name": ""}, 400),
            "forbidden": Call("DELETE", path_of(read), status=403, by=NURSE),
            "sign in": Call("POST", LOGIN, {"email": ADMIN, "password": PASSWORD}, by=None),
        }

    def send(self, call: Call) -> Any:
        """One request."""
        signed = {} if call.by is None else {"Authorization": f"Bearer {self._tokens[call.by]}"}
        return self.client.request(call.method, call.path, json=call.body, headers=signed | call.headers)

    def stored(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, as somebody reads it who goes past the service."""
        # Past SQLAlchemy's BEGIN, which waits on SQLite for whoever writes.
        with closing(self.site.stranger.raw_connection()) as stranger, closing(stranger.cursor()) as cursor:
            return {name: sorted(cursor.execute(text), key=repr) for name, text in self._tables.items()}


@pytest.fixture
def clinic(any_site: Site) -> Iterator[Clinic]:
    """On each database."""
    clinic = Clinic(any_site)
    with clinic.client:
        clinic.sign_in()
        yield clinic


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_call_is_a_503_that_shows_and_changes_nothing(
    clinic: Clinic, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Readings, changes, refusals and sign-ins; the same calls succeed later, and the trail verifies.

    That it is the disk is for the log, and no caller's business.
    """
    calls = clinic.calls()
    with TROUBLES[trouble](clinic.site):
        before = clinic.stored()
        answers = {name: clinic.send(call) for name, call in calls.items()}
        assert clinic.stored() == before
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(calls, 503)
    for answer in answers.values():
        assert set(answer.json()) == {"detail", "code"}
        assert answer.json()["code"] in {"audit_unavailable", "unavailable"}
        assert answer.headers["retry-after"]
        assert not {"etag", "location", "content-disposition", "x-total-count"} & answer.headers.keys()
        assert marks_in(f"{answer.text}{answer.headers}") == []
        assert "disk" not in answer.text
    assert ("is full" in caplog.text, marks_in(caplog.text)) == (trouble == "full", [])
    size = clinic.source.size()
    later = {name: clinic.send(call).status_code for name, call in calls.items()}
    assert later == {name: call.status for name, call in calls.items()}
    assert clinic.source.size() == size + len(calls)
    assert _verified(clinic.site) == (0, "")


def _verified(site: Site) -> tuple[int, str]:
    """What ``vantrexia audit verify`` says of the database, by its own settings and key ring."""
    settings = {} if site.is_sqlite else {"VANTREXIA_DATABASE_URL": site.url}
    signed = run(site.folder, "audit", "checkpoint", **settings)
    assert (signed.status, signed.err) == (0, "")
    found = run(site.folder, "audit", "verify", **settings)
    return found.status, found.err
