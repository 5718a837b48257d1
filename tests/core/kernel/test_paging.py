"""Pages are numbered from one, bounded, and say truly what comes before and after."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies.kernel import page_requests
from vantrexia_core.kernel import (
    PAGE_NUMBER_MAX,
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    NotFoundError,
    Page,
    PageRequest,
)


def test_the_first_page_of_the_published_size_is_the_default() -> None:
    """The API documents page 1 of 20."""
    assert PageRequest() == PageRequest(1, 20)
    assert PAGE_SIZE_DEFAULT == 20


@pytest.mark.parametrize(
    ("number", "size"),
    [(0, 20), (-1, 20), (PAGE_NUMBER_MAX + 1, 20), (1, 0), (1, -5), (1, PAGE_SIZE_MAX + 1)],
)
def test_a_page_out_of_bounds_is_refused(number: int, size: int) -> None:
    """Numbers start at one and sizes end at a hundred."""
    with pytest.raises(ValueError, match=r"number|size"):
        PageRequest(number, size)


@given(page_requests(number_max=30, size_max=30), st.integers(0, 500))
def test_a_page_exists_when_it_holds_an_item_or_is_the_first(request: PageRequest, count: int) -> None:
    """The first page always exists; any other needs at least one item to start with."""
    exists = request.number == 1 or request.offset < count
    if exists:
        request.check_within(count)
    else:
        with pytest.raises(NotFoundError):
            request.check_within(count)


@given(st.integers(0, 200), st.integers(1, 30))
def test_following_next_visits_every_item_once(count: int, size: int) -> None:
    """Walking by ``has_next`` covers the whole list, in order, and every step back exists."""
    seen: list[int] = []
    number = 1
    while True:
        request = PageRequest(number, size)
        request.check_within(count)
        page = Page(count, tuple(range(count)[request.offset : request.offset + size]), request)
        assert page.has_previous is (number > 1)
        seen.extend(page.items)
        if not page.has_next:
            break
        number += 1
    assert seen == list(range(count))


@given(page_requests(), st.integers(0, 10**6), st.lists(st.integers(), max_size=5))
def test_changing_the_items_changes_nothing_else(request: PageRequest, count: int, items: list[int]) -> None:
    """`Page.map` keeps count, order and request."""
    page = Page(count, tuple(items), request).map(str)
    assert page == Page(count, tuple(str(item) for item in items), request)
