"""The trail's tree: RFC 6962, section 2, with SHA-256. Leaves are counted from 0 here, as the RFC does.

``MTH`` is the RFC's Merkle Tree Hash. Proofs are made from any source of subtree hashes, whether it holds the
leaves in memory or reads tiles, and are checked as RFC 9162, sections 2.1.3.2 and 2.1.4.2, spells out.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

import attrs

from vantrexia_core.kernel import InvalidValueError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of the tree without leaves."""

SubtreeHash: TypeAlias = Callable[[int, int], bytes]
"""``MTH(D[start:end])`` of a tree, where ``start`` is a multiple of a power of two not below the length."""


class ProofError(InvalidValueError):
    """A proof does not prove what it was given for."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


@attrs.frozen
class Frontier:
    """All that is needed of a tree to add leaves to it: the roots of its perfect subtrees, from the left.

    There is one for each bit set in ``size``, so a frontier of a billion entries holds 13 to 30 hashes.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            message = "a frontier has a hash for each bit of its size"
            raise ValueError(message)

    def grown(self, leaves: Iterable[bytes]) -> "Frontier":
        """The frontier with more leaves at the right."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            node, merged = leaf, size
            while merged & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                merged >>= 1
            peaks.append(node)
            size += 1
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The Merkle Tree Hash of all leaves so far."""
        return joined(self.peaks)


def joined(peaks: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees that stand side by side, each smaller than the one at its left."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for peak in reversed(peaks[:-1]):
        node = node_hash(peak, node)
    return node


def subtrees_of(leaves: Sequence[bytes]) -> SubtreeHash:
    """Subtree hashes of a tree whose leaf hashes are at hand."""

    def mth(start: int, end: int) -> bytes:
        return Frontier().grown(leaves[start:end]).root

    return mth


def inclusion_proof(index: int, size: int, mth: SubtreeHash) -> tuple[bytes, ...]:
    """``PATH(index, D[size])``: the hashes beside the way from a leaf to the root, from the leaf on."""
    if not 0 <= index < size:
        message = "a proof of inclusion is of a leaf inside the tree"
        raise ValueError(message)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(mth(middle, end))
            end = middle
        else:
            path.append(mth(start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, size: int, mth: SubtreeHash) -> tuple[bytes, ...]:
    """``PROOF(old_size, D[size])``: that a tree is an older one with leaves added at the right."""
    if not 0 < old_size <= size:
        message = "a proof of consistency is from a tree with leaves to one that is not smaller"
        raise ValueError(message)
    path: list[bytes] = []
    start, end, is_whole = 0, size, True
    while old_size != end:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(mth(middle, end))
            end = middle
        else:
            path.append(mth(start, middle))
            start, is_whole = middle, False
    if not is_whole:
        path.append(mth(start, end))
    return tuple(reversed(path))


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Refuse a leaf that the proof does not show to be the tree's leaf number ``index``.

    Raises:
        ProofError: it is not, or the proof is of another tree.
    """
    if not 0 <= index < size:
        raise ProofError
    place, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or node != root:
        raise ProofError


def check_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Refuse a tree that the proof does not show to be the old one, grown.

    Raises:
        ProofError: it is not: something was changed, removed or put in between.
    """
    if not 0 <= old_size <= size:
        raise ProofError
    if old_size in {0, size}:
        # Nothing is consistent with everything, and a tree with itself; neither needs a proof.
        if proof or (old_root != root if old_size else old_root != EMPTY_ROOT):
            raise ProofError
        return
    if not proof:
        raise ProofError
    # A tree whose size is a power of two is a node of the larger one, and so not part of the proof.
    hashes = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    older = newer = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError
        if place & 1 or place == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not place & 1 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or older != old_root or newer != root:
        raise ProofError


def _split(size: int) -> int:
    """The largest power of two below ``size``: where the RFC divides a tree."""
    return 1 << ((size - 1).bit_length() - 1)
