"""One assertion at two apps on one database: it lets one in."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import a_practice_id
from tests.clients import a_client, a_key, form
from tests.contracts.stores import at_once
from tests.databases import database_of, quick_engine
from tests.desks import SqlHouse
from tests.sources import CountedIds, ManualClock
from tests.web.service import NO_LIMITS, PUBLIC_URL, Hosts, OneKey
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.smart import FetchedKeySets, SmartClientProofs
from vantrexia_adapters.sql import SqlDesk
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.identity import operator, revoke_client
from vantrexia_core.kernel import Origin
from vantrexia_web.app import create_app
from vantrexia_web.throttle import Throttle

TOKEN = "/api/v1/auth/token/"


@pytest.fixture(params=["sqlite", "postgresql"])
def apps(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[SqlDesk, list[TestClient]]]:
    """Two apps, which share nothing but the database and the keys, and one of their desks."""
    clock = ManualClock()
    with ExitStack() as stack:
        url = stack.enter_context(database_of(request, tmp_path))
        house = stack.enter_context(closing(SqlHouse(quick_engine(url), tmp_path)))
        house.found(a_practice_id())
        desks, clients = [], []
        for process in ("one process", "another"):
            tokens = JwtTokens(OneKey(), ids=CountedIds(f"tokens of {process}"), issuer=PUBLIC_URL)
            desk = house.desk(clock, CountedIds(process), tokens=tokens)
            desk.proofs = SmartClientProofs(FetchedKeySets(Hosts(), clock))
            throttle = Throttle(MemoryRateStore(), MemoryRateStore(), clock, NO_LIMITS)
            app: Any = create_app(desk, public_url=PUBLIC_URL, throttle=throttle)
            clients.append(stack.enter_context(TestClient(app, "https://testserver")))
            desks.append(desk)
        yield desks[0], clients


def test_an_assertion_at_two_apps_at_once_lets_one_in(apps: tuple[SqlDesk, list[TestClient]]) -> None:
    """The database decides, whichever process is asked."""
    desk, (one, other) = apps
    client = a_client(desk, a_practice_id())
    for _ in range(3):
        body = form(a_key().assertion(client.id, desk.clock.now()))
        answers = at_once(
            [lambda to=to, body=body: to.post(TOKEN, data=body) for to in (one, other, one, other)]
        )
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


def test_a_client_that_one_app_revoked_is_revoked_at_the_other(
    apps: tuple[SqlDesk, list[TestClient]],
) -> None:
    """On the next request, also for a token that the other one has verified before."""
    desk, (one, other) = apps
    client = a_client(desk, a_practice_id())
    granted = one.post(TOKEN, data=form(a_key().assertion(client.id, desk.clock.now()))).json()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert other.get("/api/v1/audit-logs/", headers=headers).status_code == 200
    revoke_client(desk, operator(a_practice_id(), Origin()), client.id)
    assert other.get("/api/v1/audit-logs/", headers=headers).status_code == 401
