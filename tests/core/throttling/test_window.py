"""The log of hits: exact, whatever the limit and whenever the hits come."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vantrexia_core.throttling import MARKS_MAX, Limit, Window, hit, kept_bytes, standing

START = 1_790_000_000_000
PAUSES = st.lists(st.integers(0, 2_500) | st.sampled_from([0, 999, 1_000, 1_001]), max_size=80)


def _play(limit: Limit, times: list[int]) -> list[tuple[int, bool, Window]]:
    window, played = Window(), []
    for at in times:
        after = hit(window, limit, at)
        window = window if after is None else after
        played.append((at, after is not None, window))
    return played


@given(hits=st.integers(1, 9), pauses=PAUSES)
def test_a_hit_is_admitted_exactly_if_fewer_than_the_limit_were_in_the_window_before_it(hits, pauses):
    """The definition, word for word, counted anew for every hit."""
    limit, admitted = Limit(hits, 1), []
    for at, is_admitted, _ in _play(limit, list(accumulate(pauses, initial=START))):
        before = [one for one in admitted if at - 1_000 < one <= at]
        assert is_admitted == (len(before) < hits)
        if is_admitted:
            admitted.append(at)


@given(hits=st.integers(1, 9) | st.integers(MARKS_MAX + 1, 5_000), pauses=PAUSES, burst=st.integers(1, 400))
def test_no_stretch_of_time_ever_has_more_than_the_limit(hits, pauses, burst):
    """Wherever it begins, and above the limit at which hits share marks, too."""
    limit = Limit(hits, 1)
    times = [at for at in accumulate(pauses, initial=START) for _ in range(burst)]
    admitted = [at for at, is_admitted, _ in _play(limit, times) if is_admitted]
    for first, beyond in zip(admitted, admitted[hits:], strict=False):
        assert beyond - first >= 1_000


@given(offsets=st.lists(st.integers(0, 3_599_999), min_size=1_000, max_size=1_000))
def test_one_thousand_pass_in_an_hour_and_no_more(offsets):
    """The published limit of an account, at any moments of an hour: 1,000 pass, the 1,001st waits as told."""
    limit = Limit(1_000, 3_600)
    times = [START + offset for offset in sorted(offsets)]
    played = _play(limit, times)
    assert all(is_admitted for _, is_admitted, _ in played)
    window = played[-1][2]
    assert hit(window, limit, times[-1]) is None
    told = standing(window, limit, times[-1], is_admitted=False)
    assert told.remaining == 0
    assert hit(window, limit, times[-1] + told.seconds * 1_000) is not None
    assert hit(window, limit, times[0] + 3_599_999) is None


@given(hits=st.integers(1, 9) | st.integers(MARKS_MAX + 1, 3_000), pauses=PAUSES, burst=st.integers(1, 40))
def test_whoever_waits_as_told_is_admitted_and_not_a_second_earlier(hits, pauses, burst):
    """`seconds` is the first whole number of seconds that is long enough."""
    limit = Limit(hits, 60)
    times = [at for at in accumulate(pauses, initial=START) for _ in range(burst)]
    for at, is_admitted, window in _play(limit, times):
        if not is_admitted:
            told = standing(window, limit, at, is_admitted=False)
            assert hit(window, limit, at + told.seconds * 1_000) is not None
            assert told.seconds == 1 or hit(window, limit, at + (told.seconds - 1) * 1_000) is None


@given(hits=st.integers(1, 9) | st.integers(MARKS_MAX + 1, 3_000), pauses=PAUSES)
def test_what_remains_can_be_had_at_once(hits, pauses):
    """As many hits as were said to remain pass, and the next does not."""
    limit = Limit(hits, 60)
    at, is_admitted, window = _play(limit, list(accumulate(pauses, initial=START)))[-1]
    remaining = standing(window, limit, at, is_admitted=is_admitted).remaining
    for _ in range(remaining):
        after = hit(window, limit, at)
        assert after is not None
        window = after
    assert hit(window, limit, at) is None


@pytest.mark.parametrize("hits", [1, 20, 999, 1_000, 1_001, 1_503, 10_000, 1_000_000_000])
def test_a_window_stays_small_whatever_the_limit(hits):
    """Six bytes for each of a thousand marks, and nothing more."""
    assert kept_bytes(Limit(hits, 3_600)) <= 6 * MARKS_MAX
    window = _play(Limit(hits, 3_600), [START + n for n in range(2_500)])[-1][2]
    assert len(window.marks) <= 6 * MARKS_MAX


def test_a_mark_does_not_go_back():
    """A host whose clock is behind records what it admits at the time of the newest mark."""
    limit = Limit(3, 60)
    window = hit(Window(), limit, START)
    assert window is not None
    behind = hit(window, limit, START - 5_000)
    assert behind is not None
    assert behind.latest == START
    assert behind.marks == window.marks * 2
