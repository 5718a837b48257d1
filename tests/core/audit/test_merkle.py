"""The tree is RFC 6962's, compared with the RFC's own recursion, and its proofs prove nothing else."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.audit import rfc6962
from vantrexia_core.audit import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    subtrees_of,
)

ENTRIES = [number.to_bytes(3, "big") for number in range(70)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
MTH = subtrees_of(LEAVES)
ROOTS = [rfc6962.mth(ENTRIES[:size]) for size in range(len(ENTRIES) + 1)]
SIZES = st.integers(1, len(ENTRIES))


@pytest.mark.parametrize("size", range(len(ENTRIES) + 1))
def test_a_frontier_has_the_root_of_the_rfc(size: int):
    """For every size, the empty tree included."""
    assert Frontier().grown(LEAVES[:size]).root == ROOTS[size]


@given(cuts=st.lists(st.integers(0, len(LEAVES)), max_size=6))
def test_a_frontier_grows_in_any_portions(cuts: list[int]):
    """However the leaves are divided among several times, the tree is one."""
    frontier = Frontier()
    for start, end in pairwise([0, *sorted(cuts), len(LEAVES)]):
        frontier = frontier.grown(LEAVES[start:end])
    assert frontier == Frontier().grown(LEAVES)


def test_a_frontier_holds_a_hash_for_each_bit_of_its_size():
    """Any other number of hashes is none."""
    assert Frontier().root == EMPTY_ROOT
    for size, peaks in ((1, ()), (2, (EMPTY_ROOT, EMPTY_ROOT)), (-1, (EMPTY_ROOT,))):
        with pytest.raises(ValueError, match="frontier"):
            Frontier(size, peaks)


@given(data=st.data(), size=SIZES)
def test_an_inclusion_proof_is_the_rfcs_and_proves(data: st.DataObject, size: int):
    """PATH of section 2.1.1, from leaf to root."""
    index = data.draw(st.integers(0, size - 1))
    found = inclusion_proof(index, size, MTH)
    assert list(found) == rfc6962.path(index, ENTRIES[:size])
    check_inclusion(LEAVES[index], index, size, found, ROOTS[size])


@given(data=st.data(), size=SIZES)
def test_a_consistency_proof_is_the_rfcs_and_proves(data: st.DataObject, size: int):
    """PROOF of section 2.1.2."""
    old = data.draw(st.integers(1, size))
    found = consistency_proof(old, size, MTH)
    assert list(found) == rfc6962.proof(old, ENTRIES[:size])
    check_consistency(old, ROOTS[old], size, ROOTS[size], found)


@given(data=st.data(), size=SIZES)
def test_an_inclusion_proof_proves_nothing_else(data: st.DataObject, size: int):
    """Another leaf, place, size, root, or a proof that is cut, longer or altered by a bit."""
    index = data.draw(st.integers(0, size - 1))
    good = inclusion_proof(index, size, MTH)
    wrong = [
        (LEAVES[index - 1] if size > 1 else EMPTY_ROOT, index, size, good, ROOTS[size]),
        (LEAVES[index], index, size, (*good, EMPTY_ROOT), ROOTS[size]),
        (LEAVES[index], index, size, good, ROOTS[size - 1]),
        (LEAVES[index], size, size, good, ROOTS[size]),
        (LEAVES[index], -1, size, good, ROOTS[size]),
    ]
    if good:
        at, bit = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(good[at], "big") ^ (1 << bit)).to_bytes(32, "big")
        wrong += [
            (LEAVES[index], index, size, good[:-1], ROOTS[size]),
            (LEAVES[index], index, size, (*good[:at], flipped, *good[at + 1 :]), ROOTS[size]),
            (LEAVES[index], (index + 1) % size, size, good, ROOTS[size]),
        ]
    for case in wrong:
        with pytest.raises(ProofError):
            check_inclusion(*case)


@given(data=st.data(), size=st.integers(2, len(ENTRIES)))
def test_a_consistency_proof_proves_nothing_else(data: st.DataObject, size: int):
    """A tree whose older part differs in one leaf is not the old one grown."""
    old = data.draw(st.integers(1, size - 1))
    good = consistency_proof(old, size, MTH)
    at = data.draw(st.integers(0, old - 1))
    altered = [*LEAVES[:at], EMPTY_ROOT, *LEAVES[at + 1 :]]
    other_root = Frontier().grown(altered[:size]).root
    wrong = [
        (old, ROOTS[old], size, other_root, consistency_proof(old, size, subtrees_of(altered))),
        (old, ROOTS[old], size, other_root, good),
        (old, ROOTS[old - 1], size, ROOTS[size], good),
        (old, ROOTS[old], size, ROOTS[size], good[:-1]),
        (old, ROOTS[old], size, ROOTS[size], (*good, EMPTY_ROOT)),
        (size, ROOTS[size], old, ROOTS[old], good),
        (-1, ROOTS[old], size, ROOTS[size], good),
        (old, ROOTS[old], size, ROOTS[size], ()),
    ]
    for case in wrong:
        with pytest.raises(ProofError):
            check_consistency(*case)


def test_the_empty_tree_is_older_than_every_tree_and_a_tree_is_itself():
    """Neither needs a proof, and neither takes one."""
    check_consistency(0, EMPTY_ROOT, 5, ROOTS[5], ())
    check_consistency(5, ROOTS[5], 5, ROOTS[5], ())
    for case in (
        (0, ROOTS[1], 5, ROOTS[5], ()),
        (5, ROOTS[5], 5, ROOTS[4], ()),
        (5, ROOTS[5], 5, ROOTS[5], (EMPTY_ROOT,)),
    ):
        with pytest.raises(ProofError):
            check_consistency(*case)


def test_a_proof_is_asked_for_what_is_there():
    """A leaf behind the last one has no proof, nor has a tree that is larger than the tree."""
    for index, size in ((-1, 3), (3, 3), (0, 0)):
        with pytest.raises(ValueError, match="inclusion"):
            inclusion_proof(index, size, MTH)
    for old, size in ((0, 3), (4, 3)):
        with pytest.raises(ValueError, match="consistency"):
            consistency_proof(old, size, MTH)
