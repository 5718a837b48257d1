"""Seven years: what is kept for how long, and what an archive may hold."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger import OneKey, an_entry
from vantrexia_adapters.checkpoints import ExportedTrail, FolderCheckpoints, export_trail
from vantrexia_adapters.crypto import is_signed
from vantrexia_adapters.memory import MemoryCheckpoints, MemoryTrailSource
from vantrexia_core.audit import (
    RETENTION_YEARS,
    AuditEntry,
    Inspector,
    Notary,
    UntrustedCheckpointError,
    archivable,
    encode_entry,
    retained_until,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD = NOW.replace(year=NOW.year - RETENTION_YEARS)


def _notary(entries: list[AuditEntry], key: OneKey | None = None) -> Notary:
    return Notary(MemoryTrailSource(entries), MemoryCheckpoints(), key or OneKey(), is_signed)


def _trail(times: list[datetime], signed_at: list[int]) -> tuple[Notary, list[AuditEntry]]:
    """A trail of entries at these times, signed on a day of its own whenever it had so many."""
    entries: list[AuditEntry] = []
    notary = _notary(entries)
    for number, at in enumerate(times, start=1):
        entries.append(attrs.evolve(an_entry(number), at=at))
        if number in signed_at:
            notary.publish(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=number), is_patient=True)
    return notary, entries


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (datetime(2019, 11, 22, 12, tzinfo=UTC), datetime(2026, 11, 22, 12, tzinfo=UTC)),
        (datetime(2020, 2, 29, 8, tzinfo=UTC), datetime(2027, 3, 1, 8, tzinfo=UTC)),
        (datetime(2017, 2, 28, 8, tzinfo=UTC), datetime(2024, 2, 28, 8, tzinfo=UTC)),
        (
            datetime(2019, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            datetime(2025, 12, 31, 23, tzinfo=UTC),
        ),
    ],
)
def test_an_entry_is_kept_until_the_same_day_seven_years_later(at: datetime, until: datetime):
    """In UTC; a leap day's comes a day later, not a day earlier."""
    assert retained_until(at) == until


@given(at=st.integers(0, 200 * 365).map(lambda days: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(days=days)))
def test_nothing_is_kept_for_less_than_seven_years(at: datetime):
    """The leap days come on top, at most two; and what is written later is not kept less long."""
    assert timedelta(days=7 * 365) <= retained_until(at) - at <= timedelta(days=7 * 365 + 2)
    assert retained_until(at) <= retained_until(at + timedelta(microseconds=1))


@settings(max_examples=40)
@given(
    ages=st.lists(st.integers(-40, 40), max_size=12).map(lambda days: [timedelta(days=day) for day in days]),
    signed_at=st.lists(st.integers(1, 12)),
)
def test_an_archive_is_the_largest_signed_beginning_that_is_old_enough(ages, signed_at):
    """No entry in it is younger, and no larger signed state would do, whatever order the clocks wrote in."""
    notary, entries = _trail([OLD + age for age in ages], signed_at)
    state = archivable(notary, NOW)
    size = 0 if state is None else state.size
    assert all(retained_until(entry.at) <= NOW for entry in entries[:size])
    larger = [number for number in signed_at if size < number <= len(entries)]
    assert all(any(retained_until(entry.at) > NOW for entry in entries[:number]) for number in larger)


def test_an_entry_leaves_at_the_very_moment():
    """Not a microsecond before."""
    notary, _ = _trail([OLD], [1])
    assert archivable(notary, NOW - timedelta(microseconds=1)) is None
    assert archivable(notary, NOW) is not None


def test_what_was_never_signed_is_not_archived():
    """Nothing could vouch for it."""
    notary, _ = _trail([OLD] * 3, [])
    assert archivable(notary, NOW) is None


def test_a_checkpoint_of_somebody_else_is_not_believed():
    """An archive is made of what this trail's key signed."""
    notary, _ = _trail([OLD] * 3, [2])
    stranger = attrs.evolve(notary, keys=OneKey(seed=2))
    with pytest.raises(UntrustedCheckpointError):
        archivable(stranger, NOW)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(1, 700), more=st.integers(0, 600))
@pytest.mark.parametrize("later", [0, 1])
def test_an_archive_verifies_by_itself(tmp_path_factory: pytest.TempPathFactory, cut, more, later):
    """Whatever was not full then, and however much came after: tiles, entries and root agree offline."""
    folder: Path = tmp_path_factory.mktemp("archive")
    times = [OLD] * cut + [NOW] * (more + later)
    notary, entries = _trail(times, [cut, len(times)])
    state = archivable(notary, NOW)
    assert state is not None
    assert state.size == cut
    assert export_trail(notary.source, notary.store, folder / "a", note=state.note) == cut
    archive, store = ExportedTrail(folder / "a"), FolderCheckpoints(folder / "a")
    found = Inspector(archive, store, notary.keys.verifiers(), is_signed).inspect()
    assert (found.fault, found.size, found.checked) == (None, cut, cut)
    assert [one.canonical for one in archive.entries(after=0)] == [encode_entry(one) for one in entries[:cut]]
