"""The index of candidates: it says what blocking keys say, however it is packed."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.comparing import traits
from tests.strategies.matching import anybody
from vantrexia_core.patients import (
    CANDIDATES_MAX,
    SALT_BYTES,
    SHARERS_MAX,
    Blocking,
    CandidateIndex,
    CandidateRow,
    Frequencies,
    Traits,
    Unreadable,
    blocking_keys,
    decode_candidates,
    encode_candidates,
)
from vantrexia_core.patients.framing import frame, unframe
from vantrexia_core.patients.matching.candidate_snapshot import COLUMNS_COUNT, MAGIC
from vantrexia_core.protection import UnreadableError

SALT = bytes(range(SALT_BYTES))
ROSA = traits(ssn="401-17-8993", mrn="MRN-00007")
BORN = date(1950, 1, 1)


def _built(people: Iterable[Traits | Unreadable], size_max: int = 10_000) -> CandidateIndex:
    rows = (CandidateRow(seq, seq, person) for seq, person in enumerate(people, start=1))
    index = CandidateIndex.built(rows, salt=SALT, size_max=size_max)
    assert index is not None
    return index


def _grown(people: Iterable[Traits | Unreadable]) -> CandidateIndex:
    """The same, every record a change that waits in the overlay."""
    index = _built(())
    for number, person in enumerate(people, start=1):
        index.apply([CandidateRow(number, number, person)], as_of=number)
    return index


def _brute(probe: Traits, people: list[Traits]) -> set[int]:
    keys = blocking_keys(probe)
    return {number for number, person in enumerate(people, start=1) if keys & blocking_keys(person)}


@given(st.lists(anybody(), max_size=12), anybody(), st.integers(0, 12))
@settings(max_examples=50)
def test_it_finds_whoever_shares_a_key(people: list[Traits], probe: Traits, packed: int) -> None:
    """Packed from the start, in the overlay, some of each, packed later: a brute search finds the same."""
    mixed = _built(people[:packed])
    later = enumerate(people[packed:], start=packed + 1)
    mixed.apply((CandidateRow(n, n, person) for n, person in later), as_of=len(people))
    expected = _brute(probe, people)
    for index in (_built(people), _grown(people), mixed, mixed.taken().packed()):
        found = index.find(blocking_keys(probe))
        assert set(found.numbers) == expected
        assert (found.people, found.as_of, found.left_out) == (len(people), len(people), 0)


@given(anybody())
def test_a_record_is_found_by_itself(person: Traits) -> None:
    """Unless nothing is known of it that makes a key."""
    found = _built([ROSA, person]).find(blocking_keys(person))
    assert (2 in found.numbers) == bool(blocking_keys(person))


@given(st.lists(anybody(), max_size=8))
@settings(max_examples=30)
def test_names_and_birth_dates_are_counted(people: list[Traits]) -> None:
    """As `Frequencies` counts them, packed or not."""
    expected = Frequencies.counted(people)
    for index in (_built(people), _grown(people), _grown(people).taken().packed()):
        counted = index.frequencies
        for one in people:
            if one.first_joined:
                assert counted.first_name(one.first_joined) == expected.first_name(one.first_joined)
            if one.last_joined:
                assert counted.last_name(one.last_joined) == expected.last_name(one.last_joined)
            if one.born_digits:
                assert counted.birth_date(one.born_digits) == expected.birth_date(one.born_digits)


def test_whoever_shares_most_keys_comes_first() -> None:
    """The order in which candidates are opened, should there be too many."""
    people = [traits(first_name="Hector", last_name="Okafor"), ROSA, traits(last_name="Okafor")]
    assert _built(people).find(blocking_keys(ROSA)).numbers == (2, 3, 1)


@pytest.mark.parametrize("is_packed", [True, False])
def test_former_values_are_found(is_packed: bool) -> None:  # noqa: FBT001 - a case of the table
    """She married and moved; whoever knows her by her old name finds her, and she is counted once."""
    now = traits(last_name="Okafor", phone="3096110010", line1="90 Oak Avenue", email=None)
    index = _built([ROSA]) if is_packed else _grown([ROSA])
    index.apply([CandidateRow(2, 1, now)], as_of=2)
    for known in (ROSA, now):
        assert index.find(blocking_keys(known)).numbers == (1,)
    assert index.size == 1
    assert index.taken().packed().find(blocking_keys(ROSA)).numbers == (1,)


def test_what_a_record_said_before_is_no_further_person() -> None:
    """Read from the rows in any order, it is found by both and counted by what it says."""
    now = traits(last_name="Okafor", phone="3096110010", line1="90 Oak Avenue", email=None)
    rows = [CandidateRow(2, 1, ROSA, is_former=True), CandidateRow(2, 1, now)]
    built = CandidateIndex.built(rows, salt=SALT, size_max=1)
    assert built is not None
    grown = _built(())
    grown.apply(rows[::-1], as_of=2)
    for index in (built, grown, grown.taken().packed()):
        assert index.find(blocking_keys(ROSA)).numbers == index.find(blocking_keys(now)).numbers == (1,)
        counted, expected = index.frequencies, Frequencies.counted([now])
        assert index.size == 1
        assert counted.last_name("quintero") == expected.last_name("quintero")
        assert counted.last_name("okafor") == expected.last_name("okafor")


def test_to_hear_of_a_change_again_changes_nothing() -> None:
    """The same rows may come twice, whenever a packed index takes the place of a living one."""
    once, twice = _grown([ROSA]), _grown([ROSA])
    twice.apply([CandidateRow(1, 1, ROSA)], as_of=1)
    assert encode_candidates(once.taken().packed()) == encode_candidates(twice.taken().packed())


def test_a_change_of_a_status_waits_for_nothing() -> None:
    """Nothing of it stands in the index, so it costs no memory."""
    index = _built([ROSA])
    index.apply([CandidateRow(2, 1, ROSA)], as_of=2)
    assert (index.overlay_size, index.as_of) == (0, 2)


def test_one_record_corrected_again_and_again_is_packed_some_time() -> None:
    """Each correction leaves keys of what was said before; what waits would grow for ever otherwise."""
    index = _built([ROSA])
    for seq in range(2, 12):
        now = traits(last_name=f"Name{'abcdefghijkl'[seq]}")
        index.apply([CandidateRow(seq, 1, now)], as_of=seq)
    assert index.overlay_size == 10
    assert index.taken().packed().overlay_size == 0


def test_a_key_that_too_many_share_is_left_out_and_told() -> None:
    """Others still find whom it would have found."""
    crowd = [
        traits(
            first_name="Rosa", last_name="Quintero", date_of_birth=BORN + timedelta(days=number), phone=None,
            email=None, line1=None,
        )
        for number in range(SHARERS_MAX + 1)
    ]  # fmt: skip
    found = _built(crowd).find(blocking_keys(crowd[7]))
    assert {Blocking.NAMES, Blocking.INITIAL_AND_LAST, Blocking.NICKNAME} <= found.crowded
    assert found.numbers[0] == 8
    assert len(found.numbers) <= CANDIDATES_MAX
    assert _built(crowd[:-1]).find(blocking_keys(crowd[7])).crowded == frozenset()


def test_too_many_candidates_are_told() -> None:
    """Those with most keys in common are kept."""
    one = [traits(first_name=None, last_name=None, date_of_birth=None, line1=None, email=None)] * 300
    two = [traits(first_name=None, last_name=None, date_of_birth=None, line1=None, phone=None)] * 300
    both = traits(first_name=None, last_name=None, date_of_birth=None, line1=None)
    found = _built([*one, *two, both]).find(blocking_keys(both))
    assert len(found.numbers) == CANDIDATES_MAX
    assert found.left_out == 601 - CANDIDATES_MAX
    assert found.numbers[0] == 601


def test_a_record_that_does_not_open_is_nobodys_candidate() -> None:
    """It counts, and is told; once it opens again it is found."""
    index = _built([ROSA, Unreadable(2)])
    assert (index.size, index.unreadable) == (2, 1)
    index.apply([CandidateRow(3, 2, ROSA), CandidateRow(3, 3, Unreadable(3))], as_of=3)
    assert index.find(blocking_keys(ROSA)).numbers == (1, 2)
    assert (index.size, index.unreadable) == (3, 1)


def test_more_records_than_allowed_are_no_index() -> None:
    """Nobody is left out in silence."""
    rows = [CandidateRow(number, number, ROSA) for number in range(1, 4)]
    assert CandidateIndex.built(rows, salt=SALT, size_max=2) is None


def test_six_bytes_a_key() -> None:
    """What a record takes, beside a fixed table and what is counted."""
    people = [
        traits(first_name=f"F{number}", last_name=f"L{number}", phone=f"217394{number:04d}")
        for number in range(500)
    ]
    keys = sum(len(blocking_keys(person)) for person in people)
    columns = _built(people).columns
    assert columns.memory_bytes == 6 * keys + 4 * (1 << 16) + 4 + 8 * len(columns.counted)


# --- snapshots --------------------------------------------------------------------------------------------


@given(st.lists(anybody(), max_size=6), anybody())
@settings(max_examples=30)
def test_a_snapshot_is_read_as_it_was_written(people: list[Traits], probe: Traits) -> None:
    """The same answers, the same bytes."""
    index = _built(people)
    read = decode_candidates(encode_candidates(index))
    found, again = index.find(blocking_keys(probe)), read.find(blocking_keys(probe))
    assert (found.numbers, found.people, found.as_of) == (again.numbers, again.people, again.as_of)
    assert encode_candidates(read) == encode_candidates(index)
    read.apply([CandidateRow(len(people) + 1, len(people) + 1, probe)], as_of=len(people) + 1)
    assert (len(people) + 1 in read.find(blocking_keys(probe)).numbers) == bool(blocking_keys(probe))


def test_a_changed_snapshot_is_not_read() -> None:
    """Not one byte of it."""
    snapshot = encode_candidates(_built([ROSA]))
    for place in [*range(0, 200, 7), len(snapshot) // 2, len(snapshot) - 1]:
        changed = bytearray(snapshot)
        changed[place] ^= 1
        with pytest.raises(UnreadableError):
            decode_candidates(bytes(changed))
    for other in (b"", snapshot[:-1], snapshot + bytes(1 << 16)):
        with pytest.raises(UnreadableError):
            decode_candidates(other)


@pytest.mark.parametrize("column", range(COLUMNS_COUNT))
def test_columns_that_do_not_fit_are_not_read(column: int) -> None:
    """With a right digest, somebody wrote them wrongly."""
    as_of, columns = unframe(MAGIC, COLUMNS_COUNT, encode_candidates(_built([ROSA])))
    wrong = [bytes(one) + bytes(12) if place == column else bytes(one) for place, one in enumerate(columns)]
    with pytest.raises(UnreadableError):
        decode_candidates(frame(MAGIC, as_of, wrong))


def test_nothing_of_it_shows_a_person() -> None:
    """Hashes, and not even those are printed."""
    index = _built([ROSA])
    shown = f"{index!r} {index.find(blocking_keys(ROSA))!r} {index.columns!r} {index.hashing!r}".lower()
    # Where an object lies in memory is any number.
    shown = re.sub(r"\bat 0x[0-9a-f]+", "", shown)
    assert [mark for mark in ("quintero", "rosa", "1961", "0142", "8993") if mark in shown] == []


def test_other_salts_make_other_hashes() -> None:
    """Whoever does not know the salt cannot make people collide."""
    other = CandidateIndex.built([CandidateRow(1, 1, ROSA)], salt=bytes(SALT_BYTES), size_max=9)
    assert other is not None
    tokens = {index.hashing.fingerprint(1, ROSA).tokens for index in (_built([ROSA]), other)}
    one, two = tokens
    assert one.isdisjoint(two)
    assert attrs.asdict(other.find(blocking_keys(ROSA)))["numbers"] == (1,)
