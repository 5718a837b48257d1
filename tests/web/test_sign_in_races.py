"""Thieves and guessers who come at the same moment, through two servers on one database."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders import a_new_user, a_password, a_practice_id, an_origin
from tests.contracts.stores import at_once
from tests.databases import database_of, quick_engine
from tests.desks import SqlHouse, entries_of
from tests.sources import CountedIds, ManualClock
from tests.web.refusals import assert_problem
from tests.web.service import LOGIN, NO_LIMITS, PUBLIC_URL, OneKey
from vantrexia_adapters.crypto.passwords import Argon2Cost, Argon2Passwords
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.sql import SqlDesk
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import (
    AccountLockedError,
    AuthenticationFailedError,
    UserRevision,
    create_user,
    operator,
    refresh_tokens,
    revise_user,
    sign_in,
)
from vantrexia_core.kernel import Email, Origin, Phi, Role, VantrexiaError
from vantrexia_web.app import create_app
from vantrexia_web.throttle import Throttle

ME, LOGOUT = "/api/v1/auth/me/", "/api/v1/auth/logout/"
REFRESH = "/api/v1/auth/token/refresh/"
PASSWORD, WRONG = a_password(), Phi("not the password")
NURSE, NOBODY = "new.nurse@example.org", "nobody@example.org"
MANY = 16


class TwoServers:
    """Two apps and their desks on one database, which share nothing else but the key ring and a nurse."""

    def __init__(self, house: SqlHouse, stack: ExitStack) -> None:
        self.practice_id = house.found(a_practice_id())
        clock = ManualClock()
        self.desks = [self._desk(house, clock, number) for number in (1, 2)]
        self.clients = [stack.enter_context(self._client(desk, clock)) for desk in self.desks]
        self.operator = operator(self.practice_id, Origin())
        self.user = create_user(self.desks[0], self.operator, a_new_user(Role.NURSE), PASSWORD)
        self.opened = len(entries_of(self.desks[0], self.practice_id))

    @staticmethod
    def _desk(house: SqlHouse, clock: ManualClock, number: int) -> SqlDesk:
        return house.desk(
            clock,
            CountedIds(f"server {number}"),
            passwords=Argon2Passwords(bytes(32), Argon2Cost(memory_kib=64, passes=1, lanes=1)),
            tokens=JwtTokens(OneKey(), ids=CountedIds(f"tokens of {number}"), issuer=PUBLIC_URL),
        )

    @staticmethod
    def _client(desk: SqlDesk, clock: ManualClock) -> TestClient:
        throttle = Throttle(MemoryRateStore(), MemoryRateStore(), clock, NO_LIMITS)
        return TestClient(
            create_app(desk, public_url=PUBLIC_URL, throttle=throttle, worker_threads=MANY // 2),
            "https://testserver",
        )

    def post(self, server: int, path: str, body: object, access: str | None = None) -> Any:
        """One request to one of the servers."""
        headers = {} if access is None else {"Authorization": f"Bearer {access}"}
        return self.clients[server].post(path, json=body, headers=headers)

    def signed_in(self) -> dict[str, str]:
        """The tokens of a fresh session."""
        response = self.post(0, LOGIN, {"email": NURSE, "password": PASSWORD.reveal()})
        assert response.status_code == 200, response.text
        return response.json()

    def at_once(self, call: Callable[[int], Any], number: int = MANY) -> list[Any]:
        """So many calls at the same moment, to one server and the other in turn."""
        return at_once([lambda server=server: call(server) for server in islice(cycle((0, 1)), number)])

    def is_good(self, tokens: dict[str, str]) -> bool:
        """Whether any server takes one of the tokens. Changes nothing unless one does."""
        header = {"Authorization": f"Bearer {tokens['access']}"}
        answers = [client.get(ME, headers=header) for client in self.clients]
        answers += [self.post(server, REFRESH, {"refresh": tokens["refresh"]}) for server in (0, 1)]
        return any(answer.status_code == 200 for answer in answers)

    def trail(self, *actions: Action) -> Counter[tuple[Action, Outcome]]:
        """How often each of these was done or refused since the account was opened."""
        with self.desks[0].begin_sign_in() as work:
            entries = [one.entry for one in work.trail.read(after=self.opened, limit=1_000)]
        return Counter((entry.action, entry.outcome) for entry in entries if entry.action in actions)


@pytest.fixture(params=["sqlite", "postgresql"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TwoServers]:
    """Two servers on a database that holds one practice and one nurse."""
    with ExitStack() as stack:
        url = stack.enter_context(database_of(request, tmp_path))
        house = stack.enter_context(closing(SqlHouse(quick_engine(url), tmp_path)))
        yield TwoServers(house, stack)


def _verdict(call: Callable[[], object]) -> str:
    try:
        call()
    except VantrexiaError as refusal:
        return refusal.code
    return "done"


def test_of_sixteen_requests_with_one_refresh_token_one_is_answered_and_the_session_ends(servers):
    """Whoever it was holds nothing: the other fifteen were a second use. The trail has each of them."""
    tokens, other = servers.signed_in(), servers.signed_in()
    responses = servers.at_once(lambda server: servers.post(server, REFRESH, {"refresh": tokens["refresh"]}))
    [pair] = [response.json() for response in responses if response.status_code == 200]
    refused = [response for response in responses if response.status_code != 200]
    for response in refused:
        assert_problem(response, 401, "token_not_valid")
    assert len(refused) == MANY - 1
    seen = servers.trail(Action.TOKEN_REFRESHED, Action.TOKEN_REUSE_DETECTED)
    assert seen[Action.TOKEN_REFRESHED, Outcome.DONE] == 1
    assert seen[Action.TOKEN_REUSE_DETECTED, Outcome.REFUSED] >= 1
    assert seen.total() == MANY
    assert not servers.is_good(tokens)
    assert not servers.is_good(pair)
    assert servers.is_good(other)


def test_of_sixteen_threads_with_one_refresh_token_one_gets_a_pair(servers):
    """The same without HTTP, where no queue of requests puts them in order."""
    token = Phi(servers.signed_in()["refresh"])
    codes = servers.at_once(
        lambda server: _verdict(lambda: refresh_tokens(servers.desks[server], token, an_origin()))
    )
    assert Counter(codes) == {"done": 1, "token_not_valid": MANY - 1}


@pytest.mark.parametrize("ending", ["logout of all", "deactivation", "another role"])
def test_no_exchange_outlives_an_ending_that_comes_at_the_same_moment(servers, ending):
    """Before it or after it: eight sessions exchange while all of them are ended, and no token is left."""
    sessions = [servers.signed_in() for _ in range(8)]
    leaver = servers.signed_in()

    def end() -> Any:
        if ending == "logout of all":
            body = {"refresh": leaver["refresh"], "all_sessions": True}
            return servers.post(1, LOGOUT, body, leaver["access"])
        revision = UserRevision(is_active=False) if ending == "deactivation" else UserRevision(role=Role.MA)
        return revise_user(servers.desks[1], servers.operator, servers.user.id, revision)

    exchanges = [
        lambda token=tokens["refresh"], server=number % 2: servers.post(server, REFRESH, {"refresh": token})
        for number, tokens in enumerate(sessions)
    ]
    *responses, ended = at_once([*exchanges, end])
    assert not isinstance(ended, Exception), ended
    assert {response.status_code for response in responses} <= {200, 401}
    pairs = [response.json() for response in responses if response.status_code == 200]
    assert not any(servers.is_good(tokens) for tokens in [*sessions, *pairs, leaver])


@pytest.mark.parametrize("email", [NURSE, NOBODY])
def test_of_sixteen_guesses_sent_at_once_five_are_answered(servers, email):
    """Four times no, and the fifth is the lock; the right password is then refused like the rest."""
    body = {"email": email, "password": WRONG.reveal()}
    responses = servers.at_once(lambda server: servers.post(server, LOGIN, body))
    codes = Counter((response.status_code, response.json()["code"]) for response in responses)
    assert codes == {(401, "authentication_failed"): 4, (423, "account_locked"): MANY - 4}
    assert servers.trail(Action.ACCOUNT_LOCKED) == {(Action.ACCOUNT_LOCKED, Outcome.DONE): 1}
    for server in (0, 1):
        response = servers.post(server, LOGIN, {"email": email, "password": PASSWORD.reveal()})
        assert (response.status_code, response.json()["code"]) == (423, "account_locked")


@pytest.mark.parametrize("email", [NURSE, NOBODY])
def test_of_sixteen_threads_that_guess_at_once_five_are_answered(servers, email):
    """All sixteen compare at the same time; what four of them learn is all that anybody learns."""
    codes = servers.at_once(
        lambda server: _verdict(lambda: sign_in(servers.desks[server], Email(email), WRONG, an_origin()))
    )
    assert Counter(codes) == {AuthenticationFailedError.code: 4, AccountLockedError.code: MANY - 4}


def test_the_right_guess_among_sixteen_is_heard_only_as_one_of_five(servers):
    """After four failures there is one answer left: either the right one comes first, or nobody is let in."""
    for _ in range(4):
        assert servers.post(0, LOGIN, {"email": NURSE, "password": WRONG.reveal()}).status_code == 401
    guesses = [WRONG] * 8 + [PASSWORD] + [WRONG] * 7
    codes = at_once(
        [
            lambda guess=guess, desk=servers.desks[number % 2]: _verdict(
                lambda: sign_in(desk, Email(NURSE), guess, an_origin())
            )
            for number, guess in enumerate(guesses)
        ]
    )
    locked = {AccountLockedError.code: MANY}
    let_in = {"done": 1, AuthenticationFailedError.code: 4, AccountLockedError.code: MANY - 5}
    assert Counter(codes) == (let_in if codes[8] == "done" else locked)


def test_a_person_with_sixteen_windows_is_let_in_by_each(servers):
    """Signing in rightly at the same moment is no attack, and makes sixteen sessions that all work."""
    body = {"email": NURSE, "password": PASSWORD.reveal()}
    responses = servers.at_once(lambda server: servers.post(server, LOGIN, body))
    assert [response.status_code for response in responses] == [200] * MANY
    assert all(servers.is_good(response.json()) for response in responses)
