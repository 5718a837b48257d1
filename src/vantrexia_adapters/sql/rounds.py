"""Going through tables beside everybody who works on them, in rounds, until nothing is left to do."""

from collections.abc import Callable, Iterator
from typing import Final

from vantrexia_core.kernel import UnavailableError

ROWS_AT_ONCE: Final = 500
"""How many rows share a transaction."""
ROUNDS_WITHOUT_PROGRESS_MAX: Final = 5
"""After how many rounds that found rows and could change none of them they are left for another day."""
PAUSE_SECONDS: Final = 1.0
"""Before a round after one that could change nothing: somebody may be at work on those rows."""


def in_rounds(one: Callable[[], Iterator[tuple[int, int]]], sleep: Callable[[float], None]) -> Iterator[int]:
    """Make rounds until one finds nothing; yields the rows that each transaction changed.

    ``one`` round tells of each transaction how many rows it found and how many it changed.

    Raises:
        UnavailableError: the database cannot be reached or is busy for too long. What is done is kept.
    """
    fruitless = 0
    while fruitless < ROUNDS_WITHOUT_PROGRESS_MAX:
        found = changed = 0
        try:
            for seen, done in one():
                found += seen
                changed += done
                yield done
        except UnavailableError:
            # Busy: whoever works goes first. What is done is kept.
            if fruitless == ROUNDS_WITHOUT_PROGRESS_MAX - 1:
                raise
        else:
            if found == 0:
                return
        fruitless = 0 if changed else fruitless + 1
        if not changed:
            sleep(PAUSE_SECONDS)
