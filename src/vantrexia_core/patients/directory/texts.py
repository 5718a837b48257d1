"""Many short texts packed into one, and which of them have a word. Nothing here knows what a name is."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import Final, Self

import attrs

from vantrexia_core.patients.directory.grams import GRAM_BYTES, Grams

_SIXTEEN_TEXTS: Final = re.compile(rb"(?:\n[^\n]*){1,16}")
_MARK: Final = b"\x01"
"""Stands for a needle that was found. No folded text has it."""
_EVERY_BYTE: Final = bytes(range(256))
_SIGNS_TO_FLAGS: Final = bytes.maketrans(b"\x01\x03\x05", b"\x00\x00\x01")
_MARKS_MET: Final = b"\x02\x06"
_SAMPLES, _SAMPLE_BYTES = 16, 4096
_BYTES_A_HIT: Final = 75
"""Walking to a hit takes as long as `flags` takes for so many bytes."""


@attrs.frozen(repr=False, eq=False)
class Texts:
    """Many short texts in one: each is preceded by a line feed, which no folded text contains."""

    blob: bytes
    starts: "array[int]"
    """Where the line feed of every sixteenth text stands; the others are counted from there."""
    size: int
    _missing: set[int] = attrs.field(factory=set, init=False)
    """Bytes that were looked for and are nowhere."""

    @classmethod
    def of(cls, texts: Iterable[bytes]) -> Self:
        """Pack the texts in their order."""
        return cls.from_blob(b"".join([b"\n" + text for text in texts]))

    @classmethod
    def from_blob(cls, blob: bytes) -> Self:
        """The texts in a packed form."""
        starts = array("I", (found.start() for found in _SIXTEEN_TEXTS.finditer(blob)))
        return cls(blob, starts, blob.count(b"\n"))

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> bytes:
        begin = self.start_of(index) + 1
        end = self.blob.find(b"\n", begin)
        return self.blob[begin : end if end >= 0 else None]

    def start_of(self, index: int) -> int:
        """Where the text's line feed stands; of the one behind the last, where the texts end."""
        if index == self.size:
            return len(self.blob)
        start = self.starts[index >> 4]
        for _ in range(index & 15):
            start = self.blob.find(b"\n", start + 1)
        return start

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.blob[1:].split(b"\n")) if self.blob else iter(())

    def containing(self, needle: bytes, *, at_start: bool) -> Sequence[int]:
        """The indices, ascending, of the texts that have the needle: anywhere, or where a part starts."""
        if self._lacks_a_byte_of(needle):
            return ()
        if self.is_frequent(needle):
            return list(compress(range(len(self)), self.flags(needle, at_start=at_start)))
        if at_start:
            return sorted({*self._indices(b"\n" + needle), *self._indices(b" " + needle)})
        return list(self._indices(needle))

    def is_frequent(self, needle: bytes) -> bool:
        """Whether so many texts seem to have it that `flags` is faster than walking from hit to hit."""
        blob = self.blob
        step = max(_SAMPLE_BYTES, len(blob) // _SAMPLES)
        found = sum(blob.count(needle, at, at + _SAMPLE_BYTES) for at in range(0, len(blob), step))
        return found * step > _SAMPLE_BYTES * (len(blob) // _BYTES_A_HIT)

    def flags(self, needle: bytes, *, at_start: bool) -> bytes:
        """A byte for each text: 1 if it has the needle, anywhere or where a part starts. All of it in C."""
        if self._lacks_a_byte_of(needle):
            return bytes(len(self))
        blob, mark = self.blob, _MARK
        if at_start:
            blob = blob.replace(b"\n" + needle, b"\n" + mark).replace(b" " + needle, mark)
        elif len(needle) == 1:
            mark = needle
        else:
            blob = blob.replace(needle, mark)
        # Line feeds become 1, marks 2, and nothing else stays. Shifted by seven bits each byte meets the
        # double of its right neighbour: 5 is a line feed before a mark, 3 before another one, 1 at the end.
        kept = b"\n" + mark
        signs = blob.translate(bytes.maketrans(kept, b"\x01\x02"), _EVERY_BYTE.translate(None, kept))
        number = int.from_bytes(signs, "little")
        met = (number | number >> 7).to_bytes(len(signs), "little")
        return met.translate(_SIGNS_TO_FLAGS, _MARKS_MET)

    def _lacks_a_byte_of(self, needle: bytes) -> bool:
        """Finding one missing byte is many times cheaper than looking for the whole needle everywhere."""
        missing = self._missing
        for byte in set(needle):
            if byte in missing:
                return True
            if byte not in self.blob:
                missing.add(byte)
                return True
        return False

    def _indices(self, needle: bytes) -> Iterator[int]:
        blob, starts = self.blob, self.starts
        at = blob.find(needle)
        while at >= 0:
            block = bisect_right(starts, at) - 1
            yield 16 * block + blob.count(b"\n", starts[block], at + 1) - 1
            behind = blob.find(b"\n", at + 1)
            at = blob.find(needle, behind) if behind >= 0 else -1


@attrs.frozen(repr=False, eq=False)
class SortedTexts(Texts):
    """Texts in ascending order, none of them twice: where they begin alike, they stand together."""

    _parted: "list[tuple[array[int], Texts]]" = attrs.field(factory=list, init=False)
    """The indices of texts that have several parts, and these texts: made when first asked for."""
    _grams: list[Grams] = attrs.field(factory=list, init=False)
    """The index of pieces, once it is made."""

    def index_pieces(self) -> None:
        """Make words of three letters and more cheap to find. Safe beside other threads that read."""
        if not self._grams:
            self._grams.append(Grams.of(self))

    @property
    def has_pieces_indexed(self) -> bool:
        """Whether `index_pieces` has been done."""
        return bool(self._grams)

    @property
    def index_bytes(self) -> int:
        """What the index of pieces takes, in bytes."""
        return sum(one.memory_bytes for one in self._grams)

    def containing(self, needle: bytes, *, at_start: bool) -> Sequence[int]:
        """As of any texts, and without reading them once their pieces are indexed."""
        if self._grams and not at_start and len(needle) >= GRAM_BYTES:
            places = self._grams[0].candidates(needle)
            is_exact = len(needle) == GRAM_BYTES
            return places if is_exact else [place for place in places if needle in self[place]]
        return super().containing(needle, at_start=at_start)

    def place_of(self, text: bytes) -> int:
        """Where the text stands, or would stand."""
        return bisect_left(self, text)

    def beginning(self, needle: bytes) -> tuple[range, Sequence[int]]:
        """The indices of the texts that begin with the needle, and of others in which a later part does."""
        # UTF-8 has no byte above it.
        begun = range(self.place_of(needle), self.place_of(needle + b"\xff"))
        if not self._parted:
            indices = array("I", compress(range(len(self)), self.flags(b" ", at_start=False)))
            self._parted.append((indices, Texts.of(map(self.__getitem__, indices))))
        indices, texts = self._parted[0]
        found = (indices[place] for place in texts.containing(b" " + needle, at_start=False))
        return begun, [index for index in found if index not in begun]
