"""What only many patients show: the ways for tens of thousands of hits, and times that are forgotten."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import attrs
import pytest

from tests.builders import NOW
from vantrexia_core.kernel import PageRequest, Phi
from vantrexia_core.patients import (
    BORN_MIN,
    Directory,
    DirectoryEntry,
    Gender,
    Listing,
    Ordering,
    OutOfOrderError,
    Spelling,
    Status,
    decode_directory,
    encode_directory,
    find,
)
from vantrexia_core.patients.directory.index import SPARSE_MAX
from vantrexia_core.patients.directory.packing import CREATED_TAIL_MAX

SIZE = max(SPARSE_MAX, CREATED_TAIL_MAX) + 8_000
LASTS = [
    Spelling.of(f"{start}{end}")
    for start in ("Al", "Be", "O'", "Mc")
    for end in ("aro", "itt", "ski", "en-a")
]
FIRSTS = [Spelling.of(name) for name in ("Anna", "Maria", "D'Ana", "Zara", "Ada", "Eva", "Bo")]
"""All but one in seven have an ``a``; with the last names that is more than `SPARSE_MAX` of all."""
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
GENDERS = tuple(Gender)


def _entry(number: int) -> DirectoryEntry:
    """One of many: three in a thousand are not active, and three at a time were created together."""
    status = (Status.ACTIVE, Status.ARCHIVED, Status.DELETED)[number % 3 if number % 1000 < 3 else 0]
    return DirectoryEntry(
        number,
        UUID(int=(0xB0 << 120) | (number * 7919 % 65_537) << 64 | number),
        status,
        NOW + number // 3 * SECOND,
        LASTS[number * 31 % len(LASTS)],
        FIRSTS[number * 17 % len(FIRSTS)] if number % 11 else FIRSTS[0],
        Spelling(b"m %d" % number),
        BORN_MIN + number % 40_000 * DAY,
        GENDERS[number % 7 % 4],
        NOW + number % 5_000 * SECOND,
    )


@pytest.fixture(scope="module")
def everybody() -> list[DirectoryEntry]:
    """The patients of a large practice."""
    return [_entry(number) for number in range(1, SIZE + 1)]


@pytest.fixture(scope="module")
def snapshot(everybody: list[DirectoryEntry]) -> bytes:
    """Their packed directory, to be opened by whoever changes it."""
    return encode_directory(Directory.of(everybody, as_of=1))


@pytest.fixture
def directory(snapshot: bytes) -> Directory:
    """A directory of its own for each test."""
    return decode_directory(snapshot)


LISTINGS = [
    Listing(ordering=Ordering.LAST_NAME_DESCENDING, page=PageRequest(400, 100)),
    Listing(ordering=Ordering.CREATED_AT, page=PageRequest(3, 7)),
    Listing(ordering=Ordering.CREATED_AT, search=Phi("a"), page=PageRequest(401, 100)),
    Listing(ordering=Ordering.CREATED_AT_DESCENDING, search=Phi("a"), page=PageRequest(1, 5)),
    Listing(ordering=Ordering.LAST_NAME, search=Phi("^a"), page=PageRequest(2_000, 11)),
    Listing(ordering=Ordering.CREATED_AT_DESCENDING, search=Phi("ana ^o 77"), page=PageRequest(2, 3)),
    Listing(status=Status.ARCHIVED, search=Phi("a"), ordering=Ordering.CREATED_AT),
]


def _check(directory: Directory, entries: Sequence[DirectoryEntry]) -> None:
    for listing in LISTINGS:
        assert directory.find(listing) == find(entries, listing)


def test_hits_by_the_ten_thousand_equal_the_definition(
    everybody: list[DirectoryEntry], directory: Directory
) -> None:
    """By name and by creation, with and without a search, first and far pages."""
    assert directory.find(Listing(search=Phi("a")))[0] > SPARSE_MAX
    assert directory.find(Listing())[0] > SPARSE_MAX
    _check(directory, everybody)


def test_changes_of_a_large_practice_equal_the_definition(
    everybody: list[DirectoryEntry], directory: Directory
) -> None:
    """Renamed, moved and new people, old ones among them; before they are packed and after."""
    _check(directory, everybody)  # so that there are bitmaps to carry over
    entries = list(everybody)
    for number in range(1, SIZE, 997):
        entries[number - 1] = attrs.evolve(
            entries[number - 1], last=LASTS[number % 5], first=FIRSTS[number % 3]
        )
    for number in range(2, SIZE, 991):
        entries[number - 1] = attrs.evolve(entries[number - 1], status=Status.ARCHIVED)
    late = NOW + (SIZE // 3 - 1_000) * SECOND
    news = [attrs.evolve(_entry(SIZE + n), created_at=late + n * 40 * SECOND) for n in range(1, 40)]
    changed = [entry for entry, old in zip(entries, everybody, strict=True) if entry is not old]
    directory.apply([*changed, *news], as_of=2)
    _check(directory, [*entries, *news])
    packed = directory.taken().packed()
    _check(packed, [*entries, *news])
    assert encode_directory(packed) == encode_directory(Directory.of([*entries, *news], as_of=2))


def _created(number: int, seconds: int) -> DirectoryEntry:
    return attrs.evolve(_entry(number), created_at=NOW + seconds * SECOND)


OLDEST_KNOWN = (SIZE - CREATED_TAIL_MAX + 1) // 3
"""The oldest creation time that is kept, in seconds."""


@pytest.mark.parametrize("seconds", [-1, 0, OLDEST_KNOWN - 1, OLDEST_KNOWN])
def test_somebody_from_before_the_known_times_is_out_of_order(directory: Directory, seconds: int) -> None:
    """Among others of the oldest known moment, too: where those before it stand is not known."""
    with pytest.raises(OutOfOrderError):
        directory.apply([_created(SIZE + 1, seconds)], as_of=2)


def test_somebody_within_the_known_times_is_placed(
    everybody: list[DirectoryEntry], directory: Directory
) -> None:
    """The clocks of hosts differ by less than sixteen thousand patients."""
    news = [_created(SIZE + n, OLDEST_KNOWN + n) for n in (1, 2, 3)]
    directory.apply(news, as_of=2)
    listing = Listing(
        ordering=Ordering.CREATED_AT, page=PageRequest((SIZE - CREATED_TAIL_MAX) // 100 + 1, 100)
    )
    assert directory.find(listing) == find([*everybody, *news], listing)


def test_changes_of_the_oldest_patients_are_in_order(
    everybody: list[DirectoryEntry], directory: Directory
) -> None:
    """They have their place already, so their times need not be known."""
    renamed = attrs.evolve(everybody[0], last=LASTS[3])
    directory.apply([renamed], as_of=2)
    directory.apply([attrs.evolve(renamed, status=Status.ARCHIVED)], as_of=3)
    assert directory.find(Listing(status=Status.ARCHIVED, ordering=Ordering.CREATED_AT))[1][0] == 1
    assert (
        directory.taken().packed().find(Listing(status=Status.ARCHIVED, ordering=Ordering.CREATED_AT))[1][0]
        == 1
    )


def test_what_was_taken_in_before_an_out_of_order_entry_counts(directory: Directory) -> None:
    """Nothing is lost or doubled if the changes are told again: no bitmap is left half-way."""
    archived = attrs.evolve(_entry(3), status=Status.ARCHIVED)
    count, _ = directory.find(Listing())
    for _ in range(2):
        with pytest.raises(OutOfOrderError):
            directory.apply([archived, _created(SIZE + 1, 0)], as_of=2)
        assert directory.as_of == 1
        assert directory.find(Listing())[0] == count - 1
