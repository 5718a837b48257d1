"""Pairs of records that may be one person, records still to be compared, and merges."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import attrs

from vantrexia_core.kernel import (
    MergeId,
    Page,
    PatientId,
    SuspicionId,
)
from vantrexia_core.patients.merge import Joining, Merge
from vantrexia_core.patients.suspicion import Pair, Suspicion, SuspicionListing


class MergeStore(Protocol):
    """The merges of one practice's records, inside one transaction. Both records are kept sealed."""

    def add(self, merge: Merge) -> None:
        """Store a new merge."""
        ...

    def get(self, merge_id: MergeId) -> Merge:
        """One merge, undone or not.

        Raises:
            NotFoundError: no such merge in this practice.
        """
        ...

    def of(self, patient_id: PatientId) -> Sequence[Merge]:
        """The merges that a record took part in, as survivor or as loser, newest first."""
        ...

    def joined(self, survivors: Sequence[PatientId]) -> Sequence[Joining]:
        """What was ever merged into these records, undone merges too, oldest first. Nothing is opened."""
        ...

    def save(self, merge: Merge) -> None:
        """Store that a merge was undone. Nothing else of it changes.

        Raises:
            NotFoundError: no such merge in this practice, or it was undone before.
        """
        ...


class SuspicionStore(Protocol):
    """The pairs of one practice's records that may be one person, inside one transaction.

    Its locks are taken after those of records and of the practice (`PatientStore.be_alone`), in order of the
    pairs' ids.
    """

    def add(self, found: Sequence[Suspicion]) -> Sequence[Suspicion]:
        """Put pairs on the list, and give those that wait for somebody now, as they stand, in their order.

        Adding a pair again is safe: the list keeps its age and takes the newer score. Silent for pairs that
        somebody settled: decided "different", or one person already. That holds for pairs of survivors, too:
        who was told apart from a record is told apart from the one it was merged into.

        Raises:
            NotFoundError: a record is not this practice's; nothing was stored.
        """
        ...

    def get(self, suspicion_id: SuspicionId) -> Suspicion:
        """One pair, whatever was decided.

        Raises:
            NotFoundError: no such pair in this practice.
        """
        ...

    def get_to_change(self, suspicion_id: SuspicionId) -> Suspicion:
        """Like `get`; until this transaction ends nobody else can change it.

        Raises:
            NotFoundError: no such pair in this practice.
        """
        ...

    def about(self, records: Pair) -> Sequence[Suspicion]:
        """All pairs for which these two records stand today, whatever was decided, in order of their ids."""
        ...

    def same_as(self, ids: Sequence[PatientId]) -> Sequence[tuple[PatientId, PatientId]]:
        """Two records of one person, as somebody decided, that have not been merged; one is among ``ids``.

        By the records that stand for them today, in any order, each perhaps more than once.
        """
        ...

    def save(self, suspicion: Suspicion) -> None:
        """Store a changed suspicion whose version is one above the stored one.

        Raises:
            StaleVersionError: the stored one is not the one this change started from.
        """
        ...

    def lead(self, ids: Sequence[PatientId], to: PatientId) -> None:
        """From now on ``to`` stands for these records wherever they are in a pair."""
        ...

    def page(self, listing: SuspicionListing) -> Page[Suspicion]:
        """A page of the list and the exact count; pairs that are equal in order come in order of their ids.

        Raises:
            NotFoundError: the page lies behind the last one.
        """
        ...


@attrs.frozen
class Noted:
    """A record that is to be compared with the others, and since when that is known."""

    patient_id: PatientId
    number: int
    at: datetime


class UncomparedStore(Protocol):
    """Records of one practice that were not compared with the others yet, inside one transaction."""

    def add(self, ids: Sequence[PatientId], *, at: datetime) -> None:
        """Note records of this practice; one that is noted already is noted anew.

        Called after `PatientStore.be_alone`, or after a change of a record: nobody else notes meanwhile.
        """
        ...

    def add_everybody(self, *, at: datetime) -> None:
        """Note every record that is not deleted. Called after `PatientStore.be_alone`."""
        ...

    def first(self, limit: int) -> Sequence[Noted]:
        """At most ``limit`` of the noted records, always in one order."""
        ...

    def of(self, patient_id: PatientId) -> Noted | None:
        """The note of one record, if it is noted."""
        ...

    def remove(self, noted: Sequence[Noted]) -> None:
        """Forget records, except those that were noted anew since."""
        ...

    def count(self) -> int:
        """How many are noted."""
        ...
