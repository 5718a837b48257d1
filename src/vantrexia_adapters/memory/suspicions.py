"""The list of pairs that may be one person, in memory."""

from collections.abc import Callable, Sequence
from operator import attrgetter

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.patients import MemoryPatients
from vantrexia_adapters.memory.state import Shelf
from vantrexia_core.kernel import NotFoundError, Page, PatientId, StaleVersionError, SuspicionId
from vantrexia_core.patients import WAITING, Decision, Pair, Status, Suspicion, SuspicionListing


class MemorySuspicions:
    """One practice's pairs in one unit of work."""

    def __init__(self, shelf: Shelf, patients: MemoryPatients) -> None:
        self.suspicions: Draft[SuspicionId, Suspicion] = Draft(shelf.suspicions)
        self._patients = patients

    def add(self, found: Sequence[Suspicion]) -> Sequence[Suspicion]:
        """See `SuspicionStore`."""
        for one in found:
            for id_ in one.pair.ids:
                self._patients.get(id_)
        apart = {
            known.records for _, known in self.suspicions.items() if known.decision is Decision.DIFFERENT
        }
        waiting: dict[SuspicionId, Suspicion] = {}
        for one in sorted(found, key=attrgetter("scored_at")):
            known = self.suspicions.get(one.id)
            stands = one if known is None else known.found_again(one)
            waits = not stands.decision.is_settled and stands.records not in {None, *apart}
            if stands != known and (waits or known is not None):
                self.suspicions.put(one.id, stands)
            if waits:
                waiting[one.id] = stands
        return [waiting[id_] for id_ in dict.fromkeys(one.id for one in found) if id_ in waiting]

    def get(self, suspicion_id: SuspicionId) -> Suspicion:
        """See `SuspicionStore`."""
        suspicion = self.suspicions.get(suspicion_id)
        if suspicion is None:
            raise NotFoundError
        return suspicion

    def get_to_change(self, suspicion_id: SuspicionId) -> Suspicion:
        """See `SuspicionStore`. There is one unit of work at a time."""
        return self.get(suspicion_id)

    def about(self, records: Pair) -> Sequence[Suspicion]:
        """See `SuspicionStore`."""
        return sorted((one for _, one in self.suspicions.items() if one.records == records), key=_id)

    def same_as(self, ids: Sequence[PatientId]) -> Sequence[tuple[PatientId, PatientId]]:
        """See `SuspicionStore`."""
        return [
            one.leads_to
            for _, one in self.suspicions.items()
            if one.decision is Decision.SAME
            and one.records is not None
            and not {*one.leads_to}.isdisjoint(ids)
        ]

    def save(self, suspicion: Suspicion) -> None:
        """See `SuspicionStore`."""
        stored = self.suspicions.get(suspicion.id)
        if stored is None or stored.version != suspicion.version - 1:
            raise StaleVersionError
        self.suspicions.put(suspicion.id, suspicion)

    def lead(self, ids: Sequence[PatientId], to: PatientId) -> None:
        """See `SuspicionStore`."""
        for id_, one in list(self.suspicions.items()):
            low, high = one.leads_to
            leads_to = (
                to if one.pair.low in ids else low,
                to if one.pair.high in ids else high,
            )
            if leads_to != one.leads_to:
                self.suspicions.put(id_, attrs.evolve(one, leads_to=leads_to))

    def page(self, listing: SuspicionListing) -> Page[Suspicion]:
        """See `SuspicionStore`."""
        hits = sorted((one for _, one in self.suspicions.items() if self._is_wanted(one, listing)), key=_id)
        key: Callable[[Suspicion], object] = attrgetter(
            "score" if listing.ordering.is_by_score else "found_at"
        )
        hits.sort(key=key, reverse=listing.ordering.is_descending)  # type: ignore[arg-type]
        page = listing.page
        page.check_within(len(hits))
        return Page(len(hits), tuple(hits[page.offset : page.offset + page.size]), page)

    def _is_wanted(self, one: Suspicion, listing: SuspicionListing) -> bool:
        return (
            one.decision in listing.decisions
            and listing.grade in {None, one.grade}
            and (listing.score_min is None or one.score >= listing.score_min)
            and (one.decision not in WAITING or self._can_be_decided(one))
        )

    def _can_be_decided(self, one: Suspicion) -> bool:
        records = one.records
        if records is None or any(other.decision is Decision.DIFFERENT for other in self.about(records)):
            return False
        return all(self._patients.get(id_).status is not Status.DELETED for id_ in records.ids)


def _id(suspicion: Suspicion) -> SuspicionId:
    return suspicion.id
