"""Adapters of a stranger who was in a hurry: each breaks one promise."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone

import pytest

from vantrexia_adapters.memory import MemoryDesk, MemoryRoster, MemoryTrailSource, MemoryWork
from vantrexia_contracts.given.builders import NOW
from vantrexia_contracts.given.credentials import QuickPasswords, QuickTokens
from vantrexia_contracts.given.sources import CountedIds, CountedSecrets, ManualClock
from vantrexia_contracts.key_wrappers import KeyWrapperContract
from vantrexia_contracts.sources import ClockContract, IdSourceContract
from vantrexia_contracts.stores import Stores
from vantrexia_contracts.work import UnitOfWorkContract
from vantrexia_core.kernel import BrokenPromiseError, PracticeId


class HastyDesk(MemoryDesk):
    """Commits whoever leaves a unit of work, asked or not."""

    @contextmanager
    def begin(self, practice_id: PracticeId) -> Iterator[MemoryWork]:
        """See `Desk`."""
        with super().begin(practice_id) as work:
            yield work
            with suppress(BrokenPromiseError):  # it was committed already
                work.commit()


class LocalClock:
    """Shows the time on the wall, an hour ahead."""

    def now(self) -> datetime:
        """See `Clock`."""
        return NOW.astimezone(timezone(timedelta(hours=1)))


class PlainWrapper:
    """Wraps nothing."""

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """See `KeyWrapper`."""
        return data_key

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See `KeyWrapper`."""
        return wrapped


class TestHastyDesk(UnitOfWorkContract):
    """Leaves what nobody committed."""

    @pytest.fixture
    def stores(self) -> Stores:
        """Over the hasty desk."""
        clock, roster = ManualClock(), MemoryRoster()
        desk = HastyDesk(clock, CountedIds(), CountedSecrets(), QuickPasswords(), QuickTokens(), rosters={})
        behind = (desk.directory.store, desk.candidacy.store, MemoryTrailSource(desk.entries))
        return Stores(desk, clock, roster, *behind)


class TestLocalClock(ClockContract):
    """Is an hour off."""

    @pytest.fixture
    def clock(self) -> LocalClock:
        """The one on the wall."""
        return LocalClock()


class TestPlainWrapper(KeyWrapperContract):
    """Shows every key."""

    @pytest.fixture
    def wrappers(self) -> tuple[PlainWrapper, PlainWrapper]:
        """Two that are one."""
        return PlainWrapper(), PlainWrapper()


class TestForgotten(IdSourceContract):
    """Overrides nothing."""
