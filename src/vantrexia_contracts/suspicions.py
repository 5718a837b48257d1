"""The list of pairs that may be one person: what people decided outlives every score."""

from datetime import timedelta

import attrs
import pytest

from vantrexia_contracts.given.builders import NOW, a_patient_id, a_suspicion, an_email
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once
from vantrexia_core.kernel import (
    NotFoundError,
    Page,
    PageRequest,
    PatientId,
    StaleVersionError,
    SuspicionId,
    UserId,
)
from vantrexia_core.patients import (
    Decision,
    MatchGrade,
    Move,
    Occasion,
    Pair,
    Ruling,
    Status,
    StatusChange,
    Suspicion,
    SuspicionListing,
    SuspicionOrdering,
)

LATER = NOW + timedelta(days=1)
ALL = SuspicionListing()
RULING = Ruling(UserId(4), an_email("nurse"), LATER)


def _id(number: int) -> PatientId:
    return a_patient_id(number)


def _add(stores: Stores, *found: Suspicion) -> list[Suspicion]:
    with stores.desk.begin(stores.here) as work:
        waiting = work.suspicions.add(found)
        work.commit()
    return list(waiting)


def _get(stores: Stores, suspicion_id: SuspicionId) -> Suspicion:
    with stores.desk.begin(stores.here) as work:
        return work.suspicions.get(suspicion_id)


def _decide(stores: Stores, suspicion_id: SuspicionId, decision: Decision) -> Suspicion:
    with stores.desk.begin(stores.here) as work:
        known = work.suspicions.get_to_change(suspicion_id)
        decided = attrs.evolve(known, decision=decision, ruling=RULING, version=known.version + 1)
        work.suspicions.save(decided)
        work.commit()
    return decided


def _lead(stores: Stores, *numbers: int, to: int) -> None:
    with stores.desk.begin(stores.here) as work:
        work.suspicions.lead([_id(number) for number in numbers], _id(to))
        work.commit()


def _page(stores: Stores, listing: SuspicionListing = ALL) -> Page[Suspicion]:
    with stores.desk.begin(stores.here) as work:
        return work.suspicions.page(listing)


def _set_status(stores: Stores, status: Status) -> None:
    with stores.desk.begin(stores.here) as work:
        record = work.patients.get_to_change(_id(1))
        version = record.version + 1
        move = Move.DELETE if status is Status.DELETED else Move.RESTORE
        change = StatusChange(record.id, version, move, NOW, UserId(1), an_email())
        work.patients.move(attrs.evolve(record, status=status, version=version), change)
        work.commit()


class SuspicionStoreContract(StoresContract):
    """Pairs of records that may be one person."""

    @pytest.fixture
    def filled(self, stores: Stores) -> Stores:
        """Five records here, and one elsewhere."""
        stores.store(*(a_record(number) for number in range(1, 6)))
        stores.store(a_record(6, practice_id=stores.elsewhere))
        return stores

    def test_what_was_found_is_read_back(self, filled: Stores) -> None:
        """Grade, bits, levels, guards, times: all of it, by the pair's id."""
        found = a_suspicion(occasion=Occasion.SWEEP)
        assert _add(filled, found) == [found]
        assert _get(filled, found.id) == found

    def test_a_pair_is_listed_once_whichever_record_comes_first(self, filled: Stores) -> None:
        """The pair's id is that of both orders."""
        _add(filled, a_suspicion(_id(1), _id(2)), a_suspicion(_id(2), _id(1)))
        _add(filled, a_suspicion(_id(2), _id(1)))
        assert _page(filled).count == 1

    def test_a_pair_found_again_keeps_its_age_and_takes_the_newer_score(self, filled: Stores) -> None:
        """And is another version, unless nothing but the time is new."""
        found = a_suspicion()
        _add(filled, found)
        again = a_suspicion(
            score=9.5, grade=MatchGrade.CERTAIN, guards=(), occasion=Occasion.SWEEP, found_at=LATER
        )
        (stands,) = _add(filled, again)
        assert stands == attrs.evolve(
            found, score=9.5, grade=MatchGrade.CERTAIN, guards=(), scored_at=LATER, version=2
        )
        assert _get(filled, found.id) == stands
        (older,) = _add(filled, found)
        assert older == stands
        (same,) = _add(filled, attrs.evolve(again, scored_at=LATER + timedelta(days=1)))
        assert (same.version, same.scored_at) == (2, LATER + timedelta(days=1))

    @pytest.mark.parametrize("decision", [Decision.SAME, Decision.DIFFERENT])
    def test_a_settled_pair_never_comes_back(self, filled: Stores, decision: Decision) -> None:
        """Whatever its new score: the row stays as it was decided, and the list stays empty."""
        found = a_suspicion()
        _add(filled, found)
        decided = _decide(filled, found.id, decision)
        assert _add(filled, a_suspicion(score=40.0, grade=MatchGrade.CERTAIN, found_at=LATER)) == []
        assert _get(filled, found.id) == decided
        assert _page(filled).count == 0

    def test_a_pair_put_off_stays_in_the_list_with_its_note(self, filled: Stores) -> None:
        """Who put it off and when is kept through a new score."""
        found = a_suspicion()
        _add(filled, found)
        _decide(filled, found.id, Decision.LATER)
        (stands,) = _add(filled, a_suspicion(score=6.0, found_at=LATER))
        assert (stands.decision, stands.ruling, stands.score, stands.version) == (
            Decision.LATER,
            RULING,
            6.0,
            3,
        )
        assert _page(filled).items == (stands,)

    def test_who_was_told_apart_stays_apart_from_the_survivor(self, filled: Stores) -> None:
        """1 and 2 are two people; 2 is merged into 3: then nobody is asked about 1 and 3."""
        found = a_suspicion(_id(1), _id(2))
        _add(filled, found)
        _decide(filled, found.id, Decision.DIFFERENT)
        _lead(filled, 2, to=3)
        assert _add(filled, a_suspicion(_id(1), _id(3))) == []
        with pytest.raises(NotFoundError):
            _get(filled, a_suspicion(_id(1), _id(3)).id)
        _lead(filled, 2, to=2)
        assert len(_add(filled, a_suspicion(_id(1), _id(3)))) == 1

    def test_a_pair_waits_for_nobody_once_its_records_are_told_apart(self, filled: Stores) -> None:
        """1 and 2 are two people, 1 and 3 wait; then 2 is merged into 3."""
        apart, waiting = a_suspicion(_id(1), _id(2)), a_suspicion(_id(1), _id(3))
        _add(filled, apart, waiting)
        _decide(filled, apart.id, Decision.DIFFERENT)
        assert _page(filled).items == (waiting,)
        _lead(filled, 2, to=3)
        assert _page(filled).count == 0
        _lead(filled, 2, to=2)
        assert _page(filled).items == (waiting,)

    def test_a_pair_of_a_merged_record_is_about_its_survivor(self, filled: Stores) -> None:
        """And about nothing once both are one."""
        found = a_suspicion(_id(1), _id(2))
        _add(filled, found, a_suspicion(_id(1), _id(3)))
        _lead(filled, 1, to=4)
        assert _get(filled, found.id).leads_to == (_id(4), _id(2))
        with filled.desk.begin(filled.here) as work:
            assert [one.id for one in work.suspicions.about(Pair.of(_id(2), _id(4)))] == [found.id]
        _lead(filled, 2, to=4)
        assert _get(filled, found.id).records is None
        assert [one.pair for one in _page(filled).items] == [Pair.of(_id(1), _id(3))]
        assert _add(filled, found) == []

    def test_a_pair_of_a_deleted_record_waits_for_nobody(self, filled: Stores) -> None:
        """It is back when the record is restored; what was settled is shown all the same."""
        found, settled = a_suspicion(_id(1), _id(2)), a_suspicion(_id(1), _id(3))
        _add(filled, found, settled)
        decided = _decide(filled, settled.id, Decision.DIFFERENT)
        _set_status(filled, Status.DELETED)
        assert _page(filled).count == 0
        assert _page(filled, SuspicionListing(frozenset({Decision.DIFFERENT}))).items == (decided,)
        _set_status(filled, Status.ARCHIVED)
        assert _page(filled).items == (found,)

    def test_the_list_is_ordered_and_paged(self, filled: Stores) -> None:
        """By score or age, either way round, with the exact count."""
        scores = {2: 1.5, 3: 6.5, 4: -2.0, 5: 3.0}
        for number, score in scores.items():
            at = NOW + timedelta(hours=number)
            _add(filled, a_suspicion(_id(1), _id(number), score=score, found_at=at))

        def order(ordering: SuspicionOrdering, page: PageRequest = PageRequest()) -> list[PatientId]:
            return [
                one.pair.high for one in _page(filled, SuspicionListing(ordering=ordering, page=page)).items
            ]

        assert order(SuspicionOrdering.SCORE_DESCENDING) == [_id(n) for n in (3, 5, 2, 4)]
        assert order(SuspicionOrdering.SCORE) == [_id(n) for n in (4, 2, 5, 3)]
        assert order(SuspicionOrdering.FOUND_AT) == [_id(n) for n in (2, 3, 4, 5)]
        assert order(SuspicionOrdering.FOUND_AT_DESCENDING) == [_id(n) for n in (5, 4, 3, 2)]
        second = PageRequest(2, 3)
        assert order(SuspicionOrdering.SCORE_DESCENDING, second) == [_id(4)]
        assert _page(filled, SuspicionListing(page=second)).count == 4
        with pytest.raises(NotFoundError):
            _page(filled, SuspicionListing(page=PageRequest(3, 3)))

    def test_the_list_is_narrowed(self, filled: Stores) -> None:
        """By decision, by grade, by the least score."""
        likely = a_suspicion(_id(1), _id(2), score=8.0, grade=MatchGrade.CERTAIN)
        unlikely = a_suspicion(_id(1), _id(3), score=-3.0, grade=MatchGrade.POSSIBLE)
        _add(filled, likely, unlikely)
        later = _decide(filled, unlikely.id, Decision.LATER)
        assert _page(filled, SuspicionListing(grade=MatchGrade.CERTAIN)).items == (likely,)
        assert _page(filled, SuspicionListing(score_min=8.0)).items == (likely,)
        assert _page(filled, SuspicionListing(score_min=-3.0)).count == 2
        assert _page(filled, SuspicionListing(frozenset({Decision.LATER}))).items == (later,)
        assert _page(filled, SuspicionListing(frozenset({Decision.LATER}), MatchGrade.CERTAIN)).count == 0

    def test_another_practice_has_another_list(self, filled: Stores) -> None:
        """Its pairs do not exist here, and none is made of records of two practices."""
        found = a_suspicion()
        _add(filled, found)
        with filled.desk.begin(filled.elsewhere) as work:
            assert work.suspicions.page(SuspicionListing()).count == 0
            with pytest.raises(NotFoundError):
                work.suspicions.get(found.id)
            with pytest.raises(NotFoundError):
                work.suspicions.get_to_change(found.id)
            with pytest.raises(NotFoundError):
                work.suspicions.add([found])
            with pytest.raises(StaleVersionError):
                work.suspicions.save(attrs.evolve(found, version=2))
            work.suspicions.lead([_id(1)], _id(6))
            work.commit()
        assert _get(filled, found.id) == found
        with pytest.raises(NotFoundError):
            _add(filled, a_suspicion(_id(1), _id(3)), a_suspicion(_id(1), _id(6)))
        assert _page(filled).items == (found,)

    def test_nothing_remains_of_an_unfinished_work(self, filled: Stores) -> None:
        """Leaving without commit undoes what was added."""
        with filled.desk.begin(filled.here) as work:
            work.suspicions.add([a_suspicion()])
            assert work.suspicions.get(a_suspicion().id) == a_suspicion()
        assert _page(filled).count == 0

    def test_of_two_who_decide_one_is_late(self, filled: Stores) -> None:
        """What was decided from an old version is refused."""
        found = a_suspicion()
        _add(filled, found)
        _decide(filled, found.id, Decision.LATER)
        stale = attrs.evolve(found, decision=Decision.SAME, ruling=RULING, version=2)
        with filled.desk.begin(filled.here) as work, pytest.raises(StaleVersionError):
            work.suspicions.save(stale)

    def test_many_who_find_the_same_pairs_at_once_list_each_once(self, filled: Stores) -> None:
        """In whatever order they come."""
        pairs = [a_suspicion(_id(1), _id(number)) for number in range(2, 6)]
        calls = [
            lambda turned=turned: _add(filled, *turned) for turned in (pairs, pairs[::-1], pairs[2:] + pairs)
        ]
        answers = at_once(calls)
        assert [len(answer) for answer in answers if isinstance(answer, list)] == [4, 4, 4]
        assert _page(filled).count == 4

    def test_more_pairs_than_one_statement_asks_for_are_added(self, filled: Stores) -> None:
        """A sweep brings thousands."""
        filled.store(*(a_record(number) for number in range(10, 90)))
        found = [a_suspicion(_id(1), _id(number), score=float(number)) for number in range(10, 90)]
        assert _add(filled, *found) == found
        assert _add(filled, *found[::-1]) == found[::-1]
        assert _page(filled).count == 80

    def test_who_is_decided_to_be_one_person_is_told_for_many_at_once(self, filled: Stores) -> None:
        """By the records that stand for them; not who was merged, told apart, or not decided about."""
        pairs = {pair: a_suspicion(_id(pair[0]), _id(pair[1])) for pair in ((1, 2), (3, 4), (4, 5), (2, 5))}
        _add(filled, *pairs.values())
        for pair, decision in (
            ((1, 2), Decision.SAME),
            ((3, 4), Decision.SAME),
            ((4, 5), Decision.DIFFERENT),
        ):
            with filled.desk.begin(filled.here) as work:
                known = work.suspicions.get_to_change(pairs[pair].id)
                work.suspicions.save(
                    attrs.evolve(known, decision=decision, ruling=RULING, version=known.version + 1)
                )
                work.commit()
        with filled.desk.begin(filled.here) as work:
            work.suspicions.lead([_id(3)], _id(4))
            assert set(work.suspicions.same_as([_id(1), _id(4), _id(5)])) == {(_id(1), _id(2))}
            assert list(work.suspicions.same_as([_id(5)])) == []
        with filled.desk.begin(filled.elsewhere) as work:
            assert list(work.suspicions.same_as([_id(1)])) == []
