"""Which pairs of a registry are worth comparing: those who share a blocking key that not everybody shares."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Final

import attrs

from vantrexia_core.patients.matching.blocking import BlockingKey, blocking_keys
from vantrexia_core.patients.matching.traits import Traits

BLOCK_MAX: Final = 400
"""A key that more records than this share tells nobody apart."""


@attrs.frozen
class CandidatePairs:
    """Pairs by the records' numbers in the registry, the smaller first, in order; and what was left out."""

    pairs: tuple[tuple[int, int], ...]
    crowded: int
    """Keys that more than `BLOCK_MAX` records share, and that brought no pair therefore."""


def candidate_pairs(people: Sequence[Traits], *, block_max: int = BLOCK_MAX) -> CandidatePairs:
    """Each pair that shares a key, once."""
    blocks: defaultdict[BlockingKey, list[int]] = defaultdict(list)
    for number, person in enumerate(people):
        for key in blocking_keys(person):
            blocks[key].append(number)
    kept = [block for block in blocks.values() if len(block) <= block_max]
    pairs = {pair for block in kept for pair in combinations(block, 2)}
    return CandidatePairs(tuple(sorted(pairs)), len(blocks) - len(kept))
