"""Merges of records, on every store: what is kept, what leads where, and what crossing merges may not do."""

from functools import partial
from typing import Any

import attrs
import pytest

from vantrexia_adapters.directory import DirectoryKeeper
from vantrexia_contracts.given.builders import NOW, a_patient_id, an_actor, an_email
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once
from vantrexia_core.kernel import MergeId, NotFoundError, PatientId, StaleVersionError
from vantrexia_core.patients import (
    Condition,
    ExternalId,
    Holder,
    IdCondition,
    IdentifierCondition,
    Joining,
    Listing,
    Merge,
    MergedAwayError,
    Mrn,
    Patient,
    PatientSearch,
    Period,
    Phone,
    Reason,
    Revision,
    Status,
    Undoing,
    delete_patient,
    find_disclosures,
    find_merges,
    find_patients,
    look_up_patient,
    merge_patients,
    revise_patient,
    search_patients,
    undo_merge,
)

ADMIN = an_actor()
WHY = Reason("Registered twice")


def _id(number: int) -> PatientId:
    return a_patient_id(number)


def _merged(stores: Stores, survivor: int, loser: int) -> Merge:
    return merge_patients(stores.desk, ADMIN, _id(survivor), _id(loser), WHY).merge


def _listed(stores: Stores, **about: Any) -> list[PatientId]:
    page = find_patients(stores.desk, ADMIN, Listing(**about))
    return [one.id for one in page.items]


class MergeStoreContract(StoresContract):
    """Merges of records."""

    @pytest.fixture
    def filled(self, stores: Stores) -> Stores:
        """Four records here, each with an external id, and one elsewhere."""
        stores.store(*(a_record(number, external_id=f"E-{number}") for number in range(1, 5)))
        stores.store(a_record(6, practice_id=stores.elsewhere))
        return stores

    def test_a_merge_is_read_back_with_both_records_as_they_were(self, filled: Stores) -> None:
        """Also after both have changed since, and after it was undone."""
        before = [filled.read(_id(number)) for number in (1, 2)]
        merge = _merged(filled, 1, 2)
        assert [merge.survivor, merge.loser] == before
        assert merge.resemblance is not None
        assert merge.resemblance.model == "default-1-of-two"
        revise_patient(filled.desk, ADMIN, _id(1), Revision(email=an_email("new")))
        assert find_merges(filled.desk, ADMIN, _id(2)) == (merge,)
        undone = undo_merge(filled.desk, ADMIN, merge.id, Reason("Not one")).merge
        assert find_merges(filled.desk, ADMIN, _id(1)) == (undone,)
        assert undone.undoing is not None
        assert undone == attrs.evolve(
            merge, undoing=Undoing(ADMIN.user_id, ADMIN.email, undone.undoing.at, Reason("Not one"))
        )

    def test_a_merge_is_undone_once(self, filled: Stores) -> None:
        """And is nobody else's."""
        merge = undo_merge(filled.desk, ADMIN, _merged(filled, 1, 2).id, WHY).merge
        with filled.desk.begin(filled.here) as work:
            with pytest.raises(NotFoundError):
                work.merges.save(merge)
            with pytest.raises(NotFoundError):
                work.merges.get(MergeId(_id(9)))
        with filled.desk.begin(filled.elsewhere) as work:
            with pytest.raises(NotFoundError):
                work.merges.get(merge.id)
            with pytest.raises(NotFoundError):
                work.merges.save(attrs.evolve(merge, undoing=None))
            assert list(work.merges.of(_id(1))) == []

    def test_an_identifier_of_a_merged_record_leads_to_its_survivor(self, filled: Stores) -> None:
        """MRN and external id, along a chain, with the survivor's status; and back."""
        _merged(filled, 2, 1)
        last = _merged(filled, 3, 2)

        def holders() -> list[Holder | None]:
            with filled.desk.begin(filled.here) as work:
                return [
                    *work.patients.holders([ExternalId("E-1"), ExternalId("E-3"), ExternalId("none")]),
                    *work.patients.mrn_holders([Mrn("MRN-00002")]),
                ]

        third = Holder(_id(3), Status.ACTIVE)
        via_first, via_second = (attrs.evolve(third, via=_id(number)) for number in (1, 2))
        assert holders() == [via_first, third, None, via_second]
        assert [holder.record_id for holder in holders() if holder] == [_id(1), _id(3), _id(2)]
        undo_merge(filled.desk, ADMIN, last.id, WHY)
        second = Holder(_id(2), Status.ACTIVE)
        assert holders() == [attrs.evolve(second, via=_id(1)), third, None, second]

    def test_a_merged_record_is_in_no_list_and_found_through_its_survivor(self, filled: Stores) -> None:
        """Before and after the directory is built anew; and as itself once the merge is undone."""
        assert _listed(filled) == [_id(number) for number in (1, 2, 3, 4)]
        merge = _merged(filled, 3, 1)
        assert _listed(filled) == [_id(number) for number in (2, 3, 4)]
        assert _listed(filled, status=Status.ARCHIVED) == []
        assert _listed(filled, search=Mrn("MRN-00001")) == [_id(3)]
        revise_patient(filled.desk, ADMIN, _id(3), Revision(phone=Phone("555-0177")))
        assert _listed(filled, search=Mrn("MRN-00001")) == [_id(3)]
        anew = DirectoryKeeper(filled.directory_store)
        assert anew.find(filled.here, Listing(search=Mrn("MRN-00001"))).numbers == (3,)
        assert anew.find(filled.here, Listing()).count == 3
        undo_merge(filled.desk, ADMIN, merge.id, WHY)
        assert _listed(filled, search=Mrn("MRN-00001")) == [_id(1)]
        assert _listed(filled) == [_id(number) for number in (1, 2, 3, 4)]
        assert anew.find(filled.here, Listing()).count == 4

    def test_records_led_to_another_are_named(self, filled: Stores) -> None:
        """In order of their ids, here and nowhere else."""
        _merged(filled, 4, 2)
        _merged(filled, 4, 1)
        with filled.desk.begin(filled.here) as work:
            assert list(work.patients.led_to(_id(4))) == [_id(1), _id(2)]
            assert list(work.patients.led_to(_id(1))) == []
        with filled.desk.begin(filled.elsewhere) as work:
            assert list(work.patients.led_to(_id(4))) == []

    def test_a_redirection_starts_from_the_stored_version(self, filled: Stores) -> None:
        """And is a version of its own."""
        record = filled.read(_id(1))
        with filled.desk.begin(filled.here) as work, pytest.raises(StaleVersionError):
            work.patients.redirect(attrs.evolve(record.give_way(_id(2), now=NOW), version=7))
        with filled.desk.begin(filled.here) as work:
            work.patients.redirect(record.give_way(_id(2), now=NOW))
            work.commit()
        assert filled.read(_id(1)) == record.give_way(_id(2), now=NOW)
        with filled.desk.begin(filled.here) as work:
            assert work.patients.version_of(_id(1), 1) == record

    def test_a_record_without_an_external_id_is_not_linked_once_it_is_merged(self, stores: Stores) -> None:
        """Its survivor is the one to link."""
        stores.store(a_record(1), a_record(2, external_id="E-2"))
        with stores.desk.begin(stores.here) as work:
            assert work.patients.has_unlinked()
        _merged(stores, 2, 1)
        with stores.desk.begin(stores.here) as work:
            assert not work.patients.has_unlinked()
            assert list(work.patients.unlinked_since(0, limit=10)) == []
            assert [one.identity for one in work.patients.unlinked_since(1, limit=10)] == [None, None]
            assert list(work.patients.unlinked([1, 2])) == []

    def test_disclosures_of_a_survivor_are_those_of_both(self, filled: Stores) -> None:
        """While the merge holds; the other record's own stay its own."""
        for number in (1, 2, 3):
            look_up_patient(filled.desk, ADMIN, _id(number))

        def shown(number: int) -> list[frozenset[PatientId]]:
            page = find_disclosures(filled.desk, ADMIN, _id(number), Period())
            return [frozenset(line.entry.disclosed) for line in page.page.items]

        assert shown(1) == [{_id(1)}]
        merge = _merged(filled, 1, 2)
        assert shown(1) == [{_id(1)}, {_id(2)}, {_id(1)}]
        assert shown(2) == [{_id(2)}]
        undo_merge(filled.desk, ADMIN, merge.id, WHY)
        # The undoing itself showed both.
        assert shown(1) == [{_id(1), _id(2)}, {_id(1)}, {_id(1)}]

    def test_crossing_merges_cannot_lead_two_records_to_each_other(self, filled: Stores) -> None:
        """One of them is made, the other one is told; round a ring of three as well."""
        answers = at_once([lambda: _merged(filled, 1, 2), lambda: _merged(filled, 2, 1)])
        assert sorted(type(answer).__name__ for answer in answers) == ["Merge", "MergedAwayError"]
        standing = [one for one in map(filled.read, (_id(1), _id(2))) if one.merged_into is None]
        assert len(standing) == 1
        left = standing[0].id

        def merge(survivor: PatientId, loser: PatientId) -> Merge:
            return merge_patients(filled.desk, ADMIN, survivor, loser, WHY).merge

        ring = [(_id(3), _id(4)), (_id(4), left), (left, _id(3))]
        answers = at_once([partial(merge, *pair) for pair in ring])
        assert all(isinstance(answer, Merge | MergedAwayError) for answer in answers)
        everybody = {number: filled.read(_id(number)) for number in (1, 2, 3, 4)}
        last = [one for one in everybody.values() if one.merged_into is None]
        assert len(last) == 1
        assert {one.merged_into for one in everybody.values()} == {None, last[0].id}

    def test_an_edit_and_a_merge_at_once_lose_nothing(self, filled: Stores) -> None:
        """Whoever comes first: the survivor has the edit, the loser's came before the merge or is refused."""

        def edit(number: int) -> Patient:
            return revise_patient(filled.desk, ADMIN, _id(number), Revision(email=an_email(f"of-{number}")))

        edited, refused, merge = at_once([lambda: edit(1), lambda: edit(2), lambda: _merged(filled, 1, 2)])
        assert isinstance(merge, Merge)
        assert isinstance(edited, Patient)
        assert isinstance(refused, Patient | MergedAwayError)
        after = filled.read(_id(1)).email
        taken = "email" in merge.taken and merge.survivor.email == an_email("of-1")
        assert after == (merge.loser.email if taken else an_email("of-1"))

    def test_a_number_of_a_merged_record_finds_its_survivor(self, filled: Stores) -> None:
        """As at every door; further conditions are asked of the survivor. Nobody once it is deleted."""
        _merged(filled, 2, 1)
        _merged(filled, 3, 2)
        old = IdentifierCondition((Mrn("MRN-00001"),), (ExternalId("E-2"),))

        def found(*where: Condition) -> list[PatientId]:
            return [one.id for one in search_patients(filled.desk, ADMIN, PatientSearch(where)).items]

        assert found(old) == [_id(3)]
        assert found(old, IdCondition(frozenset({_id(1), _id(3)}))) == [_id(3)]
        assert found(old, IdentifierCondition((Mrn("MRN-00003"),))) == [_id(3)]
        assert found(old, IdentifierCondition((Mrn("MRN-00004"),))) == []
        assert found(IdCondition(frozenset({_id(1)}))) == [_id(1)]
        delete_patient(filled.desk, ADMIN, _id(3))
        assert found(old) == []

    def test_what_records_stood_for_is_told_without_opening_anything(self, filled: Stores) -> None:
        """From the version that the merge made up to the one that its undoing made, chains and all."""
        first = _merged(filled, 2, 1)
        second = _merged(filled, 3, 2)
        undo_merge(filled.desk, ADMIN, second.id, WHY)
        revise_patient(filled.desk, ADMIN, _id(3), Revision(email=an_email("new")))
        third = _merged(filled, 3, 4)
        with filled.desk.begin(filled.here) as work:
            found = work.merges.joined([_id(3), _id(2), _id(3), _id(1)])
        assert sorted(found, key=lambda one: (one.survivor, one.before)) == [
            Joining(_id(2), first.survivor.version, (_id(1),)),
            Joining(_id(3), second.survivor.version, (_id(2), _id(1)), until=3),
            Joining(_id(3), third.survivor.version, (_id(4),)),
        ]
        with filled.desk.begin(filled.elsewhere) as work:
            assert list(work.merges.joined([_id(3)])) == []
