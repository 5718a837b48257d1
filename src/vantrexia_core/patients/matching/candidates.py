r"""Who shares a blocking key with somebody: an index of a practice's records, open in memory.

Keys are kept as 32 bits of a salted hash. A record has some ten, six bytes each: two of the hash beside four
for the record's number; the other half of the hash is where they stand. Two keys that meet by chance bring
a candidate too many, whom the comparison removes: one in a hundred questions at a million records.

The index only ever grows. A changed record adds its new keys and keeps the old ones, so whoever married or
moved is found under both. What stands in the records now is the comparison's business, and so is a status.

Changes since the columns were packed wait in an overlay. Pure: no input or output. One caller at a time;
whoever holds an index guards it.
"""

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from itertools import accumulate, chain
from types import MappingProxyType
from typing import Final

import attrs

from vantrexia_core.patients.listing import Unreadable
from vantrexia_core.patients.matching.blocking import Blocking, BlockingKey, blocking_keys
from vantrexia_core.patients.matching.frequencies import Frequencies
from vantrexia_core.patients.matching.traits import Traits

SHARERS_MAX: Final = 400
"""Records that may share a key. One that more share tells nobody apart; it is left out, and that is told."""

CANDIDATES_MAX: Final = 400
"""Candidates of one question, those with most keys in common first. How many were left out is told."""

SALT_BYTES: Final = 16
BUCKETS: Final = 1 << 16
"""Places by the first 16 bits of a token; the other 16 are kept."""

_TOKEN_BYTES: Final = 4
_REST_BITS: Final = 16
_REST: Final = (1 << _REST_BITS) - 1
_NUMBER_BITS: Final = 32
_NUMBER: Final = (1 << _NUMBER_BITS) - 1
_RUNS: Final = 256
_RUN_BITS: Final = 24


class Counted(Enum):
    """What is counted over a practice's records. The values go into the hash, and name no blocking key."""

    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    BIRTH_DATE = "birth date"


@attrs.frozen(repr=False, eq=False)
class Row:
    """What a record says of a person, or said before, and the number of the change that made it so."""

    seq: int
    number: int
    person: Traits | Unreadable
    is_former: bool = False


@attrs.frozen(repr=False)
class Fingerprint:
    """What the index keeps of a record: its keys and what is counted of it, hashed."""

    number: int
    tokens: frozenset[int]
    counted: tuple[int, ...]


@attrs.frozen(repr=False)
class Candidates:
    """Who may be somebody: numbers of records, those that share most keys first."""

    numbers: tuple[int, ...]
    crowded: frozenset[Blocking]
    """Kinds of keys that were not followed, because more than `SHARERS_MAX` records share them."""
    left_out: int
    """Candidates beyond `CANDIDATES_MAX`."""
    as_of: int
    """The practice's change number this rests on."""
    people: int
    frequencies: Frequencies


class Hashing:
    """Keys and counted values as 32 bits, under a salt that nobody outside knows."""

    __slots__ = ("salt",)

    def __init__(self, salt: bytes) -> None:
        if len(salt) != SALT_BYTES:
            message = "a salt has sixteen bytes"
            raise ValueError(message)
        self.salt: Final = salt

    def token(self, kind: str, text: str) -> int:
        """The hash of a value of one kind."""
        data = f"{kind}|{text}".encode(errors="surrogatepass")
        return int.from_bytes(hashlib.blake2b(data, digest_size=_TOKEN_BYTES, key=self.salt).digest(), "big")

    def key(self, key: BlockingKey) -> int:
        """The hash of a blocking key."""
        return self.token(key.kind.value, key.text)

    def fingerprint(self, number: int, person: Traits) -> Fingerprint:
        """What is kept of a record."""
        counted = (
            (Counted.FIRST_NAME, person.first_joined),
            (Counted.LAST_NAME, person.last_joined),
            (Counted.BIRTH_DATE, person.born_digits),
        )
        return Fingerprint(
            number,
            frozenset(map(self.key, blocking_keys(person))),
            tuple(self.token(kind.value, text) for kind, text in counted if text),
        )


@attrs.frozen(repr=False, eq=False)
class Packed:
    """Tokens in order, and under each the numbers of the records that have it, in order.

    The first 16 bits of a token are a place in ``starts``; ``rests`` has the others.
    """

    starts: "array[int]"
    rests: "array[int]"
    numbers: "array[int]"
    counted: "array[int]"
    counts: "array[int]"

    @classmethod
    def of(cls, entries: Iterable[int], counts: Mapping[int, int]) -> "Packed":
        """From ``token << 32 | number`` in order, each once, and how often what is counted occurs."""
        starts = array("I", bytes(4 * (BUCKETS + 1)))
        rests, numbers = array("H"), array("I")
        for entry in entries:
            token = entry >> _NUMBER_BITS
            starts[(token >> _REST_BITS) + 1] += 1
            rests.append(token & _REST)
            numbers.append(entry & _NUMBER)
        order = sorted(counts)
        return cls(
            array("I", accumulate(starts)),
            rests,
            numbers,
            array("I", order),
            array("I", (counts[token] for token in order)),
        )

    @property
    def memory_bytes(self) -> int:
        """What the columns take, in bytes."""
        columns = (self.starts, self.rests, self.numbers, self.counted, self.counts)
        return sum(len(column) * column.itemsize for column in columns)

    def block(self, token: int) -> range:
        """Where the records that have a token stand in ``numbers``."""
        bucket, rest = token >> _REST_BITS, token & _REST
        begin = bisect_left(self.rests, rest, self.starts[bucket], self.starts[bucket + 1])
        return range(begin, bisect_right(self.rests, rest, begin, self.starts[bucket + 1]))

    def has(self, token: int, number: int) -> bool:
        """Whether a record has a token."""
        block = self.block(token)
        place = bisect_left(self.numbers, number, block.start, block.stop)
        return place < block.stop and self.numbers[place] == number

    def count(self, token: int) -> int:
        """How often something that is counted occurs."""
        place = bisect_left(self.counted, token)
        return self.counts[place] if place < len(self.counted) and self.counted[place] == token else 0

    def merged(self, added: Mapping[int, Iterable[int]], counts: Mapping[int, int]) -> "Packed":
        """With further records under their tokens, and further counts."""
        starts = array("I", bytes(4 * (BUCKETS + 1)))
        rests, numbers, done = array("H"), array("I"), 0
        for token in sorted(added):
            block, rest = self.block(token), token & _REST
            for number in sorted(added[token]):
                place = bisect_left(self.numbers, number, block.start, block.stop)
                rests.extend(self.rests[done:place])
                numbers.extend(self.numbers[done:place])
                rests.append(rest)
                numbers.append(number)
                starts[(token >> _REST_BITS) + 1] += 1
                done = place
        rests.extend(self.rests[done:])
        numbers.extend(self.numbers[done:])
        both = Counter(dict(zip(self.counted, self.counts, strict=True)))
        both.update(counts)
        order = sorted(both)
        return Packed(
            array("I", map(int.__add__, self.starts, accumulate(starts))),
            rests,
            numbers,
            array("I", order),
            array("I", (both[token] for token in order)),
        )


class Packer:
    """Packs fingerprints that come in any order, in twice the memory of what comes out."""

    def __init__(self) -> None:
        self._runs = [array("Q") for _ in range(_RUNS)]
        self._counts: Counter[int] = Counter()

    def add(self, one: Fingerprint, *, is_former: bool = False) -> None:
        """Take in what one record says, or said; only what it says is counted."""
        runs, number = self._runs, one.number
        for token in one.tokens:
            runs[token >> _RUN_BITS].append(token << _NUMBER_BITS | number)
        if not is_former:
            self._counts.update(one.counted)

    def packed(self) -> Packed:
        """The columns. Empties the packer."""
        return Packed.of(chain.from_iterable(self._sorted_runs()), self._counts)

    def _sorted_runs(self) -> Iterator[list[int]]:
        for place, run in enumerate(self._runs):
            yield sorted(set(run))  # what a record says now and said before has keys in common
            self._runs[place] = array("Q")


@attrs.frozen(repr=False, eq=False)
class TakenIndex:
    """An index at one moment, ready to be packed elsewhere while the original lives on."""

    _hashing: Hashing
    _packed: Packed
    _added: Mapping[int, frozenset[int]]
    _counts: Mapping[int, int]
    _people: int
    _number_max: int
    _unreadable: frozenset[int]
    as_of: int

    def packed(self) -> "CandidateIndex":
        """The index with its overlay in fresh columns."""
        columns = self._packed.merged(self._added, self._counts)
        return CandidateIndex(
            self._hashing.salt,
            columns,
            as_of=self.as_of,
            people=self._people,
            number_max=self._number_max,
            unreadable=self._unreadable,
        )


class CandidateIndex:
    """Which records of one practice share a key with somebody, as of a change number."""

    __slots__ = (
        "_added", "_columns", "_counts", "_number_max", "_overlay_size", "_people", "_unreadable", "_waiting",
        "as_of", "hashing",
    )  # fmt: skip

    def __init__(
        self,
        salt: bytes,
        columns: Packed,
        *,
        as_of: int,
        people: int,
        number_max: int,
        unreadable: Iterable[int] = (),
    ) -> None:
        self.as_of = as_of
        self.hashing = Hashing(salt)
        self._columns = columns
        self._people = people
        self._number_max = number_max
        self._unreadable = set(unreadable)
        self._added: dict[int, set[int]] = {}
        self._counts: Counter[int] = Counter()
        self._waiting: set[int] = set()
        self._overlay_size = 0

    @classmethod
    def built(cls, rows: Iterable[Row], *, salt: bytes, size_max: int) -> "CandidateIndex | None":
        """Pack rows in any order; None if they are of more records than ``size_max``."""
        packer, hashing = Packer(), Hashing(salt)
        as_of = number_max = people = 0
        unreadable = set()
        for row in rows:
            as_of, number_max = max(as_of, row.seq), max(number_max, row.number)
            if not row.is_former:
                people += 1
                if people > size_max:
                    return None
            if not isinstance(row.person, Unreadable):
                packer.add(hashing.fingerprint(row.number, row.person), is_former=row.is_former)
            elif not row.is_former:
                unreadable.add(row.number)
        columns = packer.packed()
        return cls(salt, columns, as_of=as_of, people=people, number_max=number_max, unreadable=unreadable)

    @property
    def columns(self) -> Packed:
        """The packed records, without the overlay."""
        return self._columns

    @property
    def size(self) -> int:
        """How many records."""
        return self._people

    @property
    def number_max(self) -> int:
        """The highest record number."""
        return self._number_max

    @property
    def unreadable(self) -> int:
        """How many records do not open, and so are nobody's candidates. A snapshot would not know of them."""
        return len(self._unreadable)

    @property
    def overlay_size(self) -> int:
        """How many records, and former versions of records, wait to be packed."""
        return self._overlay_size

    @property
    def memory_bytes(self) -> int:
        """What the columns take, in bytes; the overlay takes about 3 KB a record more."""
        return self._columns.memory_bytes

    def apply(self, changes: Iterable[Row], *, as_of: int) -> None:
        """Take in changed records, in any order; applying one again is harmless."""
        known = self._number_max
        for row in changes:
            number, person = row.number, row.person
            if row.is_former:
                if not isinstance(person, Unreadable):
                    self._add(self.hashing.fingerprint(number, person))
                continue
            is_new = number > known and number not in self._waiting
            if is_new:
                self._people += 1
                self._waiting.add(number)
                self._number_max = max(self._number_max, number)
            if isinstance(person, Unreadable):
                self._unreadable.add(number)
                continue
            self._unreadable.discard(number)
            fingerprint = self.hashing.fingerprint(number, person)
            self._add(fingerprint)
            if is_new:
                # A record is counted once, as it came: who marries does not make two people.
                self._counts.update(fingerprint.counted)
        self.as_of = max(self.as_of, as_of)

    def _add(self, one: Fingerprint) -> None:
        new = [
            token
            for token in one.tokens
            if not self._columns.has(token, one.number) and one.number not in self._added.get(token, ())
        ]
        for token in new:
            self._added.setdefault(token, set()).add(one.number)
        if new:
            self._waiting.add(one.number)
            # Not the records alone: one that is corrected again and again leaves keys each time.
            self._overlay_size += 1

    def find(self, keys: Iterable[BlockingKey]) -> Candidates:
        """The records that share a key, those that share most of them first."""
        shared: Counter[int] = Counter()
        crowded = set()
        for key in keys:
            token = self.hashing.key(key)
            block, added = self._columns.block(token), self._added.get(token, ())
            if len(block) + len(added) > SHARERS_MAX:
                crowded.add(key.kind)
                continue
            shared.update(self._columns.numbers[block.start : block.stop])
            shared.update(added)
        order = sorted(shared, key=lambda number: (-shared[number], number))
        return Candidates(
            numbers=tuple(order[:CANDIDATES_MAX]),
            crowded=frozenset(crowded),
            left_out=max(0, len(order) - CANDIDATES_MAX),
            as_of=self.as_of,
            people=self._people,
            frequencies=self.frequencies,
        )

    @property
    def frequencies(self) -> Frequencies:
        """How common names and birth dates are among the records, as they are counted at each question."""
        return Frequencies(
            self._counter(Counted.FIRST_NAME),
            self._counter(Counted.LAST_NAME),
            self._counter(Counted.BIRTH_DATE),
            self._people,
        )

    def taken(self) -> TakenIndex:
        """What packing needs, copied so that this index can go on changing meanwhile."""
        return TakenIndex(
            self.hashing,
            self._columns,
            MappingProxyType({token: frozenset(numbers) for token, numbers in self._added.items()}),
            MappingProxyType(dict(self._counts)),
            self._people,
            self._number_max,
            frozenset(self._unreadable),
            self.as_of,
        )

    def _counter(self, kind: Counted) -> Callable[[str], int]:
        def count(text: str) -> int:
            token = self.hashing.token(kind.value, text)
            return self._columns.count(token) + self._counts.get(token, 0)

        return count
