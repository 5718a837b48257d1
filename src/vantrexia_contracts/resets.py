"""What every adapter promises of forgotten passwords."""

from datetime import timedelta

import attrs
import pytest

from vantrexia_contracts.given.builders import a_new_user, an_email
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.identity import User
from vantrexia_core.identity.resets import GIVEN_UP_AFTER, RETRY_AFTER, ResetRequest
from vantrexia_core.kernel import Email, Phi

HASH = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g"
TOKEN = Phi("0123456789abcdef" * 4)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def _hire(stores: Stores, email: str = "ann@example.org") -> User:
    with stores.desk.begin(stores.here) as work:
        user = work.users.add(a_new_user(email=email), HASH)
        work.commit()
    return user


def _put(stores: Stores, user: User, token: Phi[str] = TOKEN) -> None:
    with stores.desk.begin(stores.here) as work:
        work.reset_tokens.put(user, token, at=stores.clock.now(), expires_at=stores.clock.now() + HOUR)
        work.commit()


def _ask(stores: Stores, email: Email) -> None:
    with stores.desk.begin_sign_in() as work:
        work.reset_requests.ask(email, at=stores.clock.now())
        work.commit()


def _next(stores: Stores) -> ResetRequest | None:
    with stores.desk.begin_sign_in() as work:
        return work.reset_requests.next_due(stores.clock.now())


class ResetsContract(StoresContract):
    """Requests for a new password, and the tokens of their letters."""

    def test_a_token_is_good_for_its_account_until_it_expires(self, stores: Stores) -> None:
        """To the second, and not for anybody else."""
        user, other = _hire(stores), _hire(stores, "zoe@example.org")
        _put(stores, user)
        now = stores.clock.now()
        with stores.desk.begin(stores.here) as work:
            tokens = work.reset_tokens
            assert tokens.holds(user, TOKEN, at=now + HOUR - SECOND)
            assert not tokens.holds(user, TOKEN, at=now + HOUR)
            assert not tokens.take(user, TOKEN, at=now + HOUR)
            assert not tokens.holds(other, TOKEN, at=now)
            for altered in ("", TOKEN.reveal()[:-1], TOKEN.reveal() + "0", TOKEN.reveal().upper(), "\ud800"):
                assert not tokens.holds(user, Phi(altered), at=now)

    def test_a_token_is_taken_once(self, stores: Stores) -> None:
        """Of many at the same moment, one."""
        user = _hire(stores)
        _put(stores, user)

        def take() -> bool:
            with stores.desk.begin(stores.here) as work:
                is_good = work.reset_tokens.take(user, TOKEN, at=stores.clock.now())
                work.commit()
            return is_good

        assert sorted(at_once([take] * 6), key=str) == [False] * 5 + [True]

    def test_tokens_are_good_beside_each_other_until_one_is_used(self, stores: Stores) -> None:
        """Whoever asks again voids nobody's letter; whoever finds a letter after the reset has nothing."""
        user, other, another = _hire(stores), _hire(stores, "zoe@example.org"), Phi("another")
        _put(stores, other)
        with stores.desk.begin(stores.here) as work:
            assert work.reset_tokens.newest_expiry(user) is None
        _put(stores, user)
        stores.clock.advance(SECOND)
        _put(stores, user, another)
        now = stores.clock.now()
        with stores.desk.begin(stores.here) as work:
            assert work.reset_tokens.newest_expiry(user) == now + HOUR
            assert all(work.reset_tokens.holds(user, token, at=now) for token in (TOKEN, another))
            assert work.reset_tokens.take(user, TOKEN, at=now)
            work.commit()
        with stores.desk.begin(stores.here) as work:
            assert not work.reset_tokens.take(user, another, at=now)
            assert work.reset_tokens.newest_expiry(user) is None
            assert work.reset_tokens.holds(other, TOKEN, at=now)

    def test_a_removed_token_is_gone(self, stores: Stores) -> None:
        """As after a change of the password."""
        user = _hire(stores)
        _put(stores, user)
        with stores.desk.begin(stores.here) as work:
            work.reset_tokens.remove(user)
            work.commit()
        with stores.desk.begin(stores.here) as work:
            assert not work.reset_tokens.holds(user, TOKEN, at=stores.clock.now())

    @pytest.mark.parametrize("is_known", [True, False])
    def test_a_request_waits_whether_an_account_has_the_address_or_not(
        self, stores: Stores, *, is_known: bool
    ) -> None:
        """It names the account if there is one; the address's case makes no difference."""
        user = _hire(stores)
        assert _next(stores) is None
        _ask(stores, Email("ANN@example.org") if is_known else an_email("nobody"))
        due = _next(stores)
        assert due is not None
        assert due.user_id == (user.id if is_known else None)
        assert (due.requested_at, due.due_at, due.attempts) == (stores.clock.now(), stores.clock.now(), 0)

    def test_a_request_that_was_put_off_comes_back(self, stores: Stores) -> None:
        """When it is due, with what was noted about it."""
        user = _hire(stores)
        _ask(stores, user.email)
        due = _next(stores)
        assert due is not None
        later = due.after_attempt(stores.clock.now())
        with stores.desk.begin_sign_in() as work:
            work.reset_requests.postpone(later)
            work.commit()
        assert _next(stores) is None
        stores.clock.advance(RETRY_AFTER[0])
        assert _next(stores) == later

    def test_the_longest_due_comes_first(self, stores: Stores) -> None:
        """Nobody is overtaken for ever."""
        first, second = _hire(stores), _hire(stores, "zoe@example.org")
        _ask(stores, second.email)
        stores.clock.advance(SECOND)
        _ask(stores, first.email)
        due = _next(stores)
        assert due is not None
        assert due.user_id == second.id

    def test_asking_again_begins_anew_and_is_one_request(self, stores: Stores) -> None:
        """Ten times asked is one letter."""
        user = _hire(stores)
        for _ in range(10):
            stores.clock.advance(SECOND)
            _ask(stores, user.email)
        due = _next(stores)
        assert due is not None
        assert due.requested_at == stores.clock.now()
        with stores.desk.begin_sign_in() as work:
            work.reset_requests.close(due)
            work.commit()
        assert _next(stores) is None

    def test_who_asks_while_a_letter_is_on_its_way_gets_another(self, stores: Stores) -> None:
        """Closing the request that was answered does not close the one that came after."""
        user = _hire(stores)
        _ask(stores, user.email)
        due = _next(stores)
        assert due is not None
        stores.clock.advance(SECOND)
        _ask(stores, user.email)
        with stores.desk.begin_sign_in() as work:
            work.reset_requests.close(due)
            work.commit()
        assert _next(stores) is not None

    def test_a_request_that_was_withdrawn_is_gone(self, stores: Stores) -> None:
        """Whatever the case of the address; another's waits on. It was taken, and stands no more."""
        user, other = _hire(stores), _hire(stores, "zoe@example.org")
        _ask(stores, user.email)
        due = _next(stores)
        assert due is not None
        _ask(stores, other.email)
        with stores.desk.begin(stores.here) as work:
            assert work.reset_requests.is_standing(due)
            work.reset_requests.withdraw(Email("ANN@example.org"))
            assert not work.reset_requests.is_standing(due)
            work.commit()
        left = _next(stores)
        assert left is not None
        assert left.user_id == other.id

    def test_of_several_processes_one_takes_a_request(self, stores: Stores) -> None:
        """A round of each at the same moment: the letter leaves once."""
        user = _hire(stores)
        _ask(stores, user.email)
        now = stores.clock.now()

        def take() -> bool:
            with stores.desk.begin_sign_in() as work:
                due = work.reset_requests.next_due(now)
                if due is not None:
                    work.reset_requests.postpone(due.after_attempt(now))
                work.commit()
            return due is not None

        assert sorted(at_once([take] * 5), key=str) == [False] * 4 + [True]

    def test_waits_grow_and_end(self, stores: Stores) -> None:
        """The law of the retries, without any store."""
        request = ResetRequest(b"key", None, stores.clock.now(), stores.clock.now())
        waits = []
        for _ in range(len(RETRY_AFTER) + 2):
            after = request.after_attempt(request.due_at)
            waits.append(after.due_at - request.due_at)
            request = after
        assert waits == [*RETRY_AFTER, RETRY_AFTER[-1], RETRY_AFTER[-1]]
        assert not request.is_given_up(request.requested_at + GIVEN_UP_AFTER - SECOND)
        assert attrs.evolve(request).is_given_up(request.requested_at + GIVEN_UP_AFTER)
