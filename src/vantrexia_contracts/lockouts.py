"""What every adapter promises of failed sign-ins: each counted once, by address, known or not."""

from datetime import timedelta

import pytest

from vantrexia_contracts.given.builders import NOW, an_email
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.identity import FORGOTTEN_AFTER, Failures
from vantrexia_core.kernel import Email

ADDRESS = an_email("nobody-has-this")


def _fail(stores: Stores, email: Email = ADDRESS) -> Failures:
    at = stores.clock.now()
    with stores.desk.begin_sign_in() as work:
        after = work.lockouts.get_to_change(email).after_failure(at)
        work.lockouts.keep(email, after, at=at)
        work.commit()
    return after


def _seen(stores: Stores, email: Email = ADDRESS) -> Failures:
    with stores.desk.begin_sign_in() as work:
        in_work = work.lockouts.get(email)
    assert in_work == stores.desk.accounts.failures(email)
    return in_work


class LockoutsContract(StoresContract):
    """Failed sign-ins, counted."""

    def test_nobody_has_failed_at_first(self, stores: Stores) -> None:
        """An address that was never tried has no failures, and looking makes none."""
        assert _seen(stores) == Failures()
        with stores.desk.begin_sign_in() as work:
            assert work.lockouts.get_to_change(ADDRESS) == Failures()
            work.commit()
        assert _seen(stores) == Failures()

    def test_failures_are_read_back_as_they_were_kept(self, stores: Stores) -> None:
        """The count, and the end of the lock to the microsecond."""
        kept = _seen(stores)
        for _ in range(6):
            kept = _fail(stores)
            assert _seen(stores) == kept
            stores.clock.advance(timedelta(microseconds=1))
        assert kept.count == 6
        assert kept.locked_until is not None

    @pytest.mark.parametrize("typed", ["NOBODY-HAS-THIS@example.org", "Nobody-Has-This@EXAMPLE.org"])
    def test_an_address_is_one_whatever_its_case(self, stores: Stores, typed: str) -> None:
        """Spelling it anew gives no new guesses."""
        assert _fail(stores).count == 1
        assert _fail(stores, Email(typed)).count == 2
        assert _seen(stores).count == 2

    def test_addresses_are_counted_apart(self, stores: Stores) -> None:
        """Nobody is locked out by the failures of another address."""
        _fail(stores)
        assert _seen(stores, an_email("another")) == Failures()

    def test_failures_are_forgotten_on_request(self, stores: Stores) -> None:
        """Of that address alone; where there are none, nothing happens."""
        for email in (ADDRESS, an_email("another")):
            _fail(stores, email)
        for _ in range(2):
            with stores.desk.begin(stores.here) as work:
                work.lockouts.clear(ADDRESS)
                work.commit()
            assert _seen(stores) == Failures()
        assert _seen(stores, an_email("another")).count == 1

    def test_failures_that_come_at_once_are_all_counted(self, stores: Stores) -> None:
        """Each waits for the one before it: none reads a count that another is about to change."""
        results = at_once([lambda: _fail(stores) for _ in range(12)])
        assert sorted(result.count for result in results if isinstance(result, Failures)) == list(
            range(1, 13)
        )
        assert _seen(stores).count == 12

    def test_what_is_not_committed_is_not_counted(self, stores: Stores) -> None:
        """Leaving the work undoes it."""
        with stores.desk.begin_sign_in() as work:
            work.lockouts.keep(ADDRESS, work.lockouts.get_to_change(ADDRESS).after_failure(NOW), at=NOW)
        assert _seen(stores) == Failures()

    def test_addresses_that_nobody_tries_any_more_are_forgotten(self, stores: Stores) -> None:
        """When another one begins to fail: made-up addresses do not pile up for ever."""
        _fail(stores)
        stores.clock.advance(FORGOTTEN_AFTER - timedelta(seconds=1))
        _fail(stores, an_email("a-second"))
        assert _seen(stores).count == 1
        stores.clock.advance(timedelta(seconds=1))
        _fail(stores, an_email("a-third"))
        assert _seen(stores) == Failures()
        assert _seen(stores, an_email("a-second")).count == 1

    def test_an_address_that_is_tried_again_after_a_long_time_is_counted(self, stores: Stores) -> None:
        """Clearing away what is old takes nothing away from what is new."""
        for _ in range(5):
            _fail(stores)
        stores.clock.advance(FORGOTTEN_AFTER + timedelta(days=1))
        assert _fail(stores) == Failures(1)
        assert _seen(stores) == Failures(1)
