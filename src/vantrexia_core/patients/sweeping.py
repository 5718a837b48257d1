"""Comparing all records of a practice with each other: for records that were there before comparing began.

Every record is noted first, and then compared and its note removed, a few in each transaction. So a sweep can
be interrupted at any moment and continued. Records that could not be compared when they were stored are
compared in the same way.
"""

from typing import Final

import attrs

from vantrexia_core.audit import Action, Attempt, undertake
from vantrexia_core.kernel import Actor, Permission
from vantrexia_core.patients.facts import SweepStarted
from vantrexia_core.patients.ports import MatchingDesk
from vantrexia_core.patients.suspecting import compare_noted
from vantrexia_core.patients.suspicion import Occasion

SWEPT_AT_ONCE: Final = 50
"""Records that are compared in one step: what is done again after a stop."""


@attrs.frozen
class Swept:
    """What one step did: how many records it compared, and how many pairs wait for somebody since."""

    records: int
    pairs: int


def start_sweep(desk: MatchingDesk, actor: Actor, *, is_anew: bool = False) -> int:
    """Note every record that is not deleted. Returns how many are to be compared.

    If some are noted already, because a sweep was interrupted or records could not be compared when they were
    stored, only those are compared, unless ``is_anew`` asks for everything.

    Raises:
        PermissionDeniedError: the role may not decide about duplicates.
    """
    attempt = Attempt(actor, Action.MATCH_SWEEP, Permission.DECIDE_DUPLICATES)
    with undertake(desk, attempt) as deed:
        work = deed.work
        if is_anew or not work.uncompared.count():
            work.patients.be_alone()
            work.uncompared.add_everybody(at=deed.now)
        return deed.finish(SweepStarted(), work.uncompared.count())


def sweep_on(desk: MatchingDesk, actor: Actor) -> Swept:
    """Compare the next few; none when nothing is left.

    Raises:
        PermissionDeniedError: the role may not decide about duplicates.
        UnavailableError: the candidates, the records or the store cannot be asked now.
    """
    actor.require(Permission.DECIDE_DUPLICATES, Action.MATCH_SWEEP)
    records, pairs = compare_noted(desk, actor.practice_id, Occasion.SWEEP, limit=SWEPT_AT_ONCE)
    return Swept(records, pairs)
