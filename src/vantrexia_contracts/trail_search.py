"""What every adapter promises of searching the trail: what the core's definition of an inquiry says."""

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vantrexia_contracts.given.builders import NOW, a_new_user, a_password, a_patient_id, a_user_id, an_actor
from vantrexia_contracts.given.clients import a_client
from vantrexia_contracts.given.strategies.audit import entries, inquiries
from vantrexia_contracts.stores import ELSEWHERE, HERE, Stores, StoresContract
from vantrexia_core.audit import Action, AuditEntry, Inquiry, Outcome, SequencedEntry
from vantrexia_core.identity import create_user
from vantrexia_core.kernel import Email, PracticeId

EVERYTHING = Inquiry()
FIRST = AuditEntry(at=NOW, action=Action.READ, outcome=Outcome.DONE, practice_id=HERE)


def _append(stores: Stores, *added: AuditEntry) -> None:
    with stores.desk.begin(HERE) as work:
        for entry in added:
            work.trail.append(entry)
        work.commit()


def _all(stores: Stores, inquiry: Inquiry, practice_id: PracticeId = HERE) -> list[int]:
    with stores.desk.begin(practice_id) as work:
        search = work.trail_search
        return [one.seq for one in search.oldest_first(inquiry, as_of=search.newest(), after=0, limit=1000)]


class TrailSearchContract(StoresContract):
    """The trail, searched."""

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        added=st.lists(entries(), min_size=5, max_size=40),
        asked=st.lists(inquiries(), min_size=1, max_size=12),
        as_of=st.integers(0, 45),
        skip=st.integers(0, 5),
        limit=st.integers(1, 8),
    )
    def test_a_search_finds_what_looking_at_every_entry_finds(
        self, stores: Stores, added: list[AuditEntry], asked: list[Inquiry], as_of: int, skip: int, limit: int
    ) -> None:
        """Any question, in any practice, up to any number: one count, and the same entries in both orders.

        All examples share the stores, for entries cannot be taken away again.
        """
        with stores.desk.begin(HERE) as work:
            start = work.trail_search.newest()
        _append(stores, *added)
        for practice_id in (HERE, ELSEWHERE):
            with stores.desk.begin(practice_id) as work:
                search = work.trail_search
                assert search.newest() == start + len(added)
                for inquiry in asked:
                    expected = [
                        SequencedEntry(seq, entry)
                        for seq, entry in enumerate(added[:as_of], start=start + 1)
                        if entry.practice_id == practice_id and inquiry.is_answered_by(entry)
                    ]
                    upto = start + as_of
                    before = search.count(inquiry, as_of=start)
                    assert search.count(inquiry, as_of=upto) - before == len(expected)
                    newest = search.newest_first(inquiry, as_of=upto, skip=skip, limit=limit)
                    assert [one for one in newest if one.seq > start] == expected[::-1][skip : skip + limit]
                    oldest = search.oldest_first(inquiry, as_of=upto, after=start + skip, limit=limit)
                    assert list(oldest) == [one for one in expected if one.seq > start + skip][:limit]

    def test_a_practice_sees_its_own_entries_only(self, stores: Stores) -> None:
        """Neither another practice's nor those of nobody, such as an unknown address signing in."""
        _append(
            stores, FIRST, attrs.evolve(FIRST, practice_id=ELSEWHERE), attrs.evolve(FIRST, practice_id=None)
        )
        assert (_all(stores, EVERYTHING), _all(stores, EVERYTHING, ELSEWHERE)) == ([1], [2])

    def test_a_patient_is_found_in_the_lists_that_showed_them(self, stores: Stores) -> None:
        """Wherever the id stands, and nobody else's list is taken for theirs."""
        shown = tuple(a_patient_id(number) for number in range(1, 6))
        a_list = attrs.evolve(FIRST, action=Action.LIST)
        _append(stores, *(attrs.evolve(a_list, disclosed=shown[:number]) for number in range(6)))
        for number, patient_id in enumerate(shown, start=2):
            assert _all(stores, Inquiry(patient_id=patient_id)) == list(range(number, 7))
            assert _all(stores, Inquiry(shown_ids=(patient_id,))) == list(range(number, 7))
            assert _all(stores, Inquiry(subject_id=patient_id)) == []

    def test_who_is_shown_beside_the_subject_is_found(self, stores: Stores) -> None:
        """A call about one patient may show another; an entry that shows nobody is no disclosure."""
        one, other = a_patient_id(1), a_patient_id(2)
        _append(
            stores,
            attrs.evolve(FIRST, patient_id=one, disclosed=(other,)),
            attrs.evolve(FIRST, patient_id=one),
        )
        assert _all(stores, Inquiry(shown_ids=(other,))) == [1]
        assert _all(stores, Inquiry(shown_ids=(one,))) == []
        assert _all(stores, Inquiry(patient_id=one)) == [1, 2]

    def test_what_is_not_committed_is_not_found(self, stores: Stores) -> None:
        """An auditor reads what happened."""
        with stores.desk.begin(HERE) as work:
            work.trail.append(FIRST)
            assert work.trail_search.newest() == 0
            assert work.trail_search.count(EVERYTHING, as_of=10) == 0
        assert _all(stores, EVERYTHING) == []

    def test_a_machine_client_is_named_by_its_id_within_its_practice(self, stores: Stores) -> None:
        """Where people are named by their addresses: with one that nobody can have."""
        ours, theirs = a_client(stores.desk, HERE), a_client(stores.desk, ELSEWHERE)
        with stores.desk.begin(HERE) as work:
            told = work.trail_search.emails({ours.number, theirs.number})
        assert told == {ours.number: Email(f"{ours.id}@clients.invalid")}

    def test_an_accounts_address_is_told_within_its_practice(self, stores: Stores) -> None:
        """By its number; numbers of no account, and of another practice's, are left out."""
        ours = create_user(stores.desk, an_actor(practice_id=HERE), a_new_user(), a_password())
        theirs = create_user(
            stores.desk, an_actor(practice_id=ELSEWHERE), a_new_user(email="other@example.org"), a_password()
        )
        with stores.desk.begin(HERE) as work:
            told = work.trail_search.emails({ours.id, theirs.id, a_user_id(99)})
        assert told == {ours.id: ours.email}
