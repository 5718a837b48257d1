"""What every adapter promises of sessions: one refresh token at a time, and an end that is an end."""

from datetime import timedelta
from functools import partial

import attrs
import pytest

from vantrexia_contracts.given.builders import NOW, a_new_user, a_session, a_token_id
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.identity import Present, Session, User
from vantrexia_core.kernel import Role, SessionId

LATER = NOW + timedelta(hours=1)


def _hire(stores: Stores, name: str = "ann") -> User:
    with stores.desk.begin(stores.here) as work:
        user = work.users.add(a_new_user(Role.NURSE, email=f"{name}@example.org"), "hash")
        work.commit()
    return user


def _open(stores: Stores, user: User, *numbers: int, life: timedelta = timedelta(days=1)) -> list[Session]:
    sessions = [a_session(user.id, number=number, life=life) for number in numbers]
    with stores.desk.begin_sign_in() as work:
        for session in sessions:
            work.sessions.open(session)
        work.commit()
    return sessions


def _rotate(stores: Stores, session: Session, presented: int, successor: int) -> bool:
    with stores.desk.begin_sign_in() as work:
        is_done = work.sessions.rotate(session.id, a_token_id(presented), a_token_id(successor), at=LATER)
        work.commit()
    return is_done


def _get(stores: Stores, session_id: SessionId) -> Session | None:
    with stores.desk.begin_sign_in() as work:
        return work.sessions.get(session_id)


class SessionStoreContract(StoresContract):
    """Sessions of accounts."""

    def test_a_session_is_read_back_as_it_was_opened(self, stores: Stores) -> None:
        """By its id, and by whoever asks whose it is."""
        user = _hire(stores)
        [session] = _open(stores, user, 1)
        assert _get(stores, session.id) == session
        assert stores.desk.accounts.in_session(user.id, session.id, at=NOW) == Present(user)

    def test_a_session_that_never_was_is_nobodys(self, stores: Stores) -> None:
        """None, not an error: who presents a token must not learn why it is refused."""
        user = _hire(stores)
        assert _get(stores, a_session().id) is None
        assert stores.desk.accounts.in_session(user.id, a_session().id, at=NOW) is None

    def test_a_session_is_its_users_alone(self, stores: Stores) -> None:
        """A token that names another account finds nobody."""
        user, other = _hire(stores), _hire(stores, "max")
        [session] = _open(stores, user, 1)
        assert stores.desk.accounts.in_session(other.id, session.id, at=NOW) is None

    def test_an_expired_session_is_nobodys(self, stores: Stores) -> None:
        """To the microsecond."""
        user = _hire(stores)
        [session] = _open(stores, user, 1)
        last = session.expires_at - timedelta(microseconds=1)
        assert stores.desk.accounts.in_session(user.id, session.id, at=last) == Present(user)
        assert stores.desk.accounts.in_session(user.id, session.id, at=session.expires_at) is None

    def test_an_account_is_seen_as_it_is_now(self, stores: Stores) -> None:
        """Not as it was when the session began."""
        user = _hire(stores)
        [session] = _open(stores, user, 1)
        with stores.desk.begin(stores.here) as work:
            work.users.save(attrs.evolve(user, is_active=False))
            work.commit()
        shown = stores.desk.accounts.in_session(user.id, session.id, at=NOW)
        assert shown is not None
        assert not shown.user.is_active

    def test_a_successor_takes_the_place_of_the_token_presented(self, stores: Stores) -> None:
        """Everything else about the session stays, its end above all."""
        [session] = _open(stores, _hire(stores), 1)
        assert _rotate(stores, session, 1, 2)
        assert _get(stores, session.id) == attrs.evolve(session, refresh_id=a_token_id(2))

    @pytest.mark.parametrize("presented", [1, 3])
    def test_a_token_that_is_not_in_place_changes_nothing(self, stores: Stores, presented: int) -> None:
        """Neither the one before nor one that never was."""
        [session] = _open(stores, _hire(stores), 1)
        _rotate(stores, session, 1, 2)
        assert not _rotate(stores, session, presented, 4)
        assert _get(stores, session.id) == attrs.evolve(session, refresh_id=a_token_id(2))

    def test_an_expired_session_gets_no_successor(self, stores: Stores) -> None:
        """Its end is absolute."""
        [session] = _open(stores, _hire(stores), 1, life=timedelta(hours=1))
        assert not _rotate(stores, session, 1, 2)

    def test_of_sixteen_who_present_one_token_one_gets_a_successor(self, stores: Stores) -> None:
        """Decided by the store, however closely they come."""
        [session] = _open(stores, _hire(stores), 1)
        results = at_once([partial(_rotate, stores, session, 1, n) for n in range(2, 18)])
        assert sorted(results, key=bool) == [False] * 15 + [True]
        winner = _get(stores, session.id)
        assert winner is not None
        assert winner.refresh_id == a_token_id(2 + results.index(True))

    def test_what_is_not_committed_is_not_exchanged(self, stores: Stores) -> None:
        """The token presented is good again."""
        [session] = _open(stores, _hire(stores), 1)
        with stores.desk.begin_sign_in() as work:
            assert work.sessions.rotate(session.id, a_token_id(1), a_token_id(2), at=LATER)
        assert _rotate(stores, session, 1, 3)

    def test_an_ended_session_is_gone(self, stores: Stores) -> None:
        """For every way of looking; ending it again ends nothing."""
        user = _hire(stores)
        ended, other = _open(stores, user, 1, 2)
        for was_open in (True, False):
            with stores.desk.begin_sign_in() as work:
                assert work.sessions.end(ended.id) is was_open
                work.commit()
        assert _get(stores, ended.id) is None
        assert stores.desk.accounts.in_session(user.id, ended.id, at=NOW) is None
        assert not _rotate(stores, ended, 1, 3)
        assert stores.desk.accounts.in_session(user.id, other.id, at=NOW) == Present(user)

    @pytest.mark.parametrize("is_one_kept", [False, True])
    def test_all_sessions_of_an_account_end_but_one_perhaps(
        self, stores: Stores, *, is_one_kept: bool
    ) -> None:
        """Nobody else's does."""
        user, other = _hire(stores), _hire(stores, "max")
        sessions, [foreign] = _open(stores, user, 1, 2, 3), _open(stores, other, 4)
        with stores.desk.begin(stores.here) as work:
            ended = work.sessions.end_all(user.id, but=sessions[1].id if is_one_kept else None)
            work.commit()
        assert ended == (2 if is_one_kept else 3)
        left = [session for session in sessions if _get(stores, session.id)]
        assert left == ([sessions[1]] if is_one_kept else [])
        assert _get(stores, foreign.id) == foreign

    def test_a_new_session_clears_away_what_has_expired(self, stores: Stores) -> None:
        """Of the same account: so much stays as a day's sign-ins leave, and no more."""
        user, other = _hire(stores), _hire(stores, "max")
        [old], [foreign] = _open(stores, user, 1), _open(stores, other, 2)
        fresh = a_session(user.id, number=3, at=old.expires_at)
        with stores.desk.begin_sign_in() as work:
            work.sessions.open(fresh)
            work.commit()
        assert _get(stores, old.id) is None
        assert _get(stores, fresh.id) == fresh
        assert _get(stores, foreign.id) == foreign

    def test_a_sign_in_notes_its_moment(self, stores: Stores) -> None:
        """And keeps the password's hash anew, if it is given one."""
        user = _hire(stores)
        for at, renewed, kept in ((NOW, None, "hash"), (LATER, "a dearer hash", "a dearer hash")):
            with stores.desk.begin_sign_in() as work:
                work.accounts.signed_in(user.id, at=at, password_hash=renewed)
                work.commit()
            account = stores.desk.accounts.by_email(user.email)
            assert account is not None
            assert (account.user, account.password_hash) == (attrs.evolve(user, last_login_at=at), kept)

    def test_a_sign_in_finds_accounts_by_address_and_by_id(self, stores: Stores) -> None:
        """Of every practice; who is not there is None."""
        user = _hire(stores)
        with stores.desk.begin_sign_in() as work:
            account = work.accounts.get_to_change(user.email)
            assert account is not None
            assert (account.user, account.password_hash) == (user, "hash")
            assert work.accounts.get(user.id) == user
            assert work.accounts.get_to_change(a_new_user(email="nobody@example.org").email) is None
            assert work.accounts.get(type(user.id)(99)) is None
