"""The packed directory equals the definition of a listing, whatever happens to the practice meanwhile."""

from collections.abc import Sequence
from datetime import timedelta

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.builders import NOW, a_patient_id
from tests.strategies.directory import entries_of, names, patient_ids, practices, rows
from tests.strategies.patients import Row, listings, mrns
from vantrexia_core.kernel import PageRequest, Phi
from vantrexia_core.patients import (
    Directory,
    DirectoryEntry,
    Listing,
    Ordering,
    Status,
    Unreadable,
    decode_directory,
    encode_directory,
    find,
)
from vantrexia_core.patients.directory import Taken

EVERYBODY = [
    Listing(status=status, ordering=ordering, page=page)
    for status in Status
    for ordering in Ordering
    for page in (PageRequest(1, 100), PageRequest(2, 3))
]


def _ann(
    number: int, *, last: str = "Smith", status: Status = Status.ACTIVE, minutes: int = 0
) -> DirectoryEntry:
    at = NOW + timedelta(minutes=minutes)
    return Row(a_patient_id(number), status, at, last, "Ann", f"M-{number}").entry(number)


def _check(directory: Directory, entries: Sequence[DirectoryEntry], listing: Listing) -> None:
    assert directory.find(listing) == find(entries, listing)


class DirectoryMachine(RuleBasedStateMachine):
    """A practice lives on, its directory is told of every change, and both are asked the same."""

    @initialize(practice=practices(size_max=8))
    def begin(self, practice: dict[int, Row]) -> None:
        """Start with some people, or none."""
        self.practice = practice
        self.damaged: dict[int, Row] = {}
        self.seq = 1
        self.directory = Directory.of(entries_of(practice), as_of=self.seq)
        self.waiting: Taken | None = None
        self.changed_since: set[int] = set()

    def _tell(self, numbers: Sequence[int]) -> None:
        self.seq += 1
        self.changed_since |= set(numbers)
        changes = (self.practice[n].entry(n) if n in self.practice else Unreadable(n) for n in numbers)
        self.directory.apply(changes, as_of=self.seq)

    def _some(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.practice)), label="who")

    @rule(news=st.lists(rows(), min_size=1, max_size=4, unique_by=lambda row: row.id), gap=st.integers(1, 40))
    def register(self, news: list[Row], gap: int) -> None:
        """New people, whose numbers go on somewhere behind the last."""
        known = self.practice | self.damaged
        taken = {row.id for row in known.values()}
        free = [row for row in news if row.id not in taken]
        begin = max(known, default=0) + gap
        self.practice |= dict(enumerate(free, begin))
        self._tell(range(begin, begin + len(free)))

    @precondition(lambda self: self.practice)
    @rule(data=st.data(), last=names() | st.none(), first=names() | st.none(), mrn=mrns() | st.none())
    def revise(self, data: st.DataObject, last: str | None, first: str | None, mrn: object) -> None:
        """Somebody is called otherwise, in any of the three fields, or in none."""
        number = self._some(data)
        row = self.practice[number]
        self.practice[number] = attrs.evolve(
            row,
            last=row.last if last is None else last,
            first=row.first if first is None else first,
            mrn=row.mrn if mrn is None else mrn.reveal(),
        )
        self._tell([number])

    @precondition(lambda self: self.practice)
    @rule(data=st.data(), status=st.sampled_from(Status))
    def move(self, data: st.DataObject, status: Status) -> None:
        """Somebody is archived, deleted or restored."""
        number = self._some(data)
        self.practice[number] = attrs.evolve(self.practice[number], status=status)
        self._tell([number])

    @precondition(lambda self: self.practice)
    @rule(data=st.data(), status=st.sampled_from(Status), last=names())
    def change_several_at_once(self, data: st.DataObject, status: Status, last: str) -> None:
        """One reading brings several changes, among them one that changes nothing."""
        numbers = data.draw(st.permutations(sorted(self.practice)), label="who")[:3]
        self.practice[numbers[0]] = attrs.evolve(self.practice[numbers[0]], last=last, status=status)
        self.practice[numbers[-1]] = attrs.evolve(self.practice[numbers[-1]], status=status)
        self._tell([*numbers, numbers[0]])

    @precondition(lambda self: self.practice)
    @rule(data=st.data())
    def damage(self, data: st.DataObject) -> None:
        """A record does not open any more: nobody is listed under its number."""
        number = self._some(data)
        self.damaged[number] = self.practice.pop(number)
        self._tell([number])

    @precondition(lambda self: self.damaged)
    @rule()
    def mend(self) -> None:
        """All damaged records open again, as they were."""
        mended, self.damaged = self.damaged, {}
        self.practice |= mended
        self._tell(sorted(mended))

    @rule()
    def rebase(self) -> None:
        """The overlay is packed; the bytes are those of a directory that is made from everybody anew."""
        self.directory = self.directory.taken().packed()
        assert self.directory.overlay_size == 0
        anew = Directory.of(entries_of(self.practice), as_of=self.directory.as_of)
        assert encode_directory(self.directory) == encode_directory(anew)

    @rule()
    def restart_from_a_snapshot(self) -> None:
        """Packed, written, and read again."""
        written = encode_directory(self.directory.taken().packed())
        self.directory = decode_directory(written)
        assert encode_directory(self.directory) == written
        self._tell(sorted(self.damaged))

    @rule()
    def begin_packing(self) -> None:
        """The directory is taken as it is; it goes on changing."""
        self.waiting, self.changed_since = self.directory.taken(), set()

    @precondition(lambda self: self.waiting is not None)
    @rule()
    def end_packing(self) -> None:
        """The packed one takes the place of the living one, and is told what happened meanwhile."""
        assert self.waiting is not None
        self.directory, self.waiting = self.waiting.packed(), None
        self._tell(sorted(self.changed_since))

    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        """Any listing."""
        listing = data.draw(listings(list(self.practice.values())))
        _check(self.directory, entries_of(self.practice), listing)

    @invariant()
    def everybody_is_where_the_definition_says(self) -> None:
        """Every status in every order."""
        if hasattr(self, "practice"):
            entries = entries_of(self.practice)
            for listing in EVERYBODY:
                _check(self.directory, entries, listing)
            assert (self.directory.size, self.directory.as_of) == (len(entries), self.seq)
            assert self.directory.unreadable == len(self.damaged)


def test_the_directory_equals_the_definition_while_the_practice_lives_on() -> None:
    """Registered, renamed, moved, packed, written and read in any order: every answer is the defined one."""
    examples = 2 * settings.default.max_examples
    run_state_machine_as_test(
        DirectoryMachine, settings=settings(max_examples=examples, stateful_step_count=30)
    )


practices_and_listings = practices(size_max=30).flatmap(
    lambda practice: st.tuples(st.just(practice), listings(list(practice.values())))
)


@given(practices_and_listings)
def test_a_packed_directory_equals_the_definition(case: tuple[dict[int, Row], Listing]) -> None:
    """Packed in one go, from people in any order."""
    practice, listing = case
    entries = entries_of(practice)
    _check(Directory.of(entries, as_of=1), entries, listing)


@given(practices_and_listings)
def test_an_overlay_alone_equals_the_definition(case: tuple[dict[int, Row], Listing]) -> None:
    """Nothing is packed: everybody came later."""
    practice, listing = case
    entries = entries_of(practice)
    directory = Directory.of((), as_of=0)
    directory.apply(entries, as_of=1)
    assert directory.overlay_size == len(entries)
    _check(directory, entries, listing)


@given(practices(), st.data())
def test_the_order_in_which_people_come_does_not_show(practice: dict[int, Row], data: st.DataObject) -> None:
    """Shuffled people give the same bytes."""
    entries = list(entries_of(practice))
    shuffled = data.draw(st.permutations(entries))
    assert encode_directory(Directory.of(shuffled, as_of=3)) == encode_directory(
        Directory.of(entries, as_of=3)
    )


@given(practices(), st.data())
def test_a_change_told_twice_is_told_once(practice: dict[int, Row], data: st.DataObject) -> None:
    """Of several entries of one patient the last counts, and repeating it changes nothing."""
    if not practice:
        return
    number = data.draw(st.sampled_from(sorted(practice)))
    directory = Directory.of(entries_of(practice), as_of=1)
    versions = [data.draw(rows(st.just(practice[number].id))) for _ in range(2)]
    practice[number] = attrs.evolve(versions[-1], created_at=practice[number].created_at)
    first = attrs.evolve(versions[0], created_at=practice[number].created_at)
    directory.apply([first.entry(number), practice[number].entry(number)], as_of=2)
    directory.apply([practice[number].entry(number)], as_of=2)
    for listing in EVERYBODY:
        _check(directory, entries_of(practice), listing)


@given(st.lists(patient_ids(), min_size=2, max_size=8, unique=True))
def test_ids_decide_between_people_of_one_name_and_moment(ids: list[object]) -> None:
    """Byte by byte, as the ids themselves sort; packed or not."""
    entries = [attrs.evolve(_ann(number), id=id_) for number, id_ in enumerate(ids, 1)]
    directory = Directory.of(entries[::2], as_of=1)
    directory.apply(entries[1::2], as_of=2)
    for one in (directory, directory.taken().packed()):
        for ordering in Ordering:
            _check(one, entries, Listing(ordering=ordering))


def test_an_empty_directory_answers() -> None:
    """A practice before its first patient: nothing, in every order, whatever is searched."""
    directory = Directory.of((), as_of=0)
    for one in (directory, directory.taken().packed(), decode_directory(encode_directory(directory))):
        for ordering in Ordering:
            for search in (None, Phi("smith"), Phi("^a b"), Phi("%")):
                assert one.find(Listing(ordering=ordering, search=search)) == (0, ())
        assert (one.size, one.overlay_size, one.as_of) == (0, 0, 0)


def test_what_was_taken_does_not_change_with_the_living() -> None:
    """Packing works on a copy: a status that changes meanwhile stays out of it."""
    directory = Directory.of([_ann(1), _ann(2)], as_of=1)
    taken = directory.taken()
    directory.apply([_ann(1, status=Status.DELETED), _ann(3)], as_of=2)
    packed = taken.packed()
    assert (packed.find(Listing()), packed.as_of) == ((2, (1, 2)), 1)
    assert directory.find(Listing()) == (2, (2, 3))


def test_a_name_that_nobody_has_any_more_is_not_kept() -> None:
    """Packing forgets it, so that no snapshot carries it on."""
    directory = Directory.of([_ann(1, last="Oldname"), _ann(2)], as_of=1)
    renamed = Row(a_patient_id(1), Status.ACTIVE, NOW, "Newname", "Newfirst", "N-1").entry(1)
    other = Row(a_patient_id(2), Status.ACTIVE, NOW, "O'Newname", "Newfirst", "N-2").entry(2)
    directory.apply([renamed, other], as_of=2)
    kept = encode_directory(directory.taken().packed())
    assert [name for name in (b"oldname", b"smith", b"ann", b"m-1") if name in kept] == []


def test_rows_are_packed_as_of_the_newest_change() -> None:
    """Whatever order they come in; a practice without rows is as of 0."""
    built = Directory.built([(7, _ann(1)), (9, _ann(2)), (8, _ann(3))], size_max=3)
    assert built is not None
    assert (built.as_of, built.size) == (9, 3)
    empty = Directory.built((), size_max=1)
    assert empty is not None
    assert empty.as_of == 0


def test_rows_that_do_not_open_are_not_packed() -> None:
    """Their change numbers count all the same: they have been seen."""
    built = Directory.built([(7, _ann(1)), (9, Unreadable(2))], size_max=2)
    assert built is not None
    assert (built.as_of, built.find(Listing()), built.unreadable) == (9, (1, (1,)), 1)


def test_more_rows_than_allowed_are_not_packed() -> None:
    """No more of them are even read."""
    read: list[int] = []

    def row(number: int) -> tuple[int, DirectoryEntry]:
        read.append(number)
        return number, _ann(number)

    assert Directory.built(map(row, range(1, 100)), size_max=3) is None
    assert read == [1, 2, 3, 4]


def test_a_directory_says_what_it_takes() -> None:
    """Figures grow with the people; the overlay is counted apart."""
    directory = Directory.of(map(_ann, range(1, 101)), as_of=1)
    before = directory.memory_bytes
    directory.apply([_ann(200), _ann(1, last="Jones")], as_of=2)
    assert (directory.size, directory.overlay_size) == (101, 2)
    assert directory.taken().packed().memory_bytes > before > 100 * 30


def test_a_directory_prints_nobody() -> None:
    """Neither it nor its parts show a name."""
    directory = Directory.of([_ann(1, last="Marked")], as_of=1)
    directory.apply([_ann(2, last="Marked")], as_of=2)
    shown = (
        f"{directory!r} {directory} {directory.columns!r} {directory.taken()!r} {directory.columns.lasts!r}"
    )
    assert "marked" not in shown.lower()
    assert "ann" not in shown.lower()
