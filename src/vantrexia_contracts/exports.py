"""Bulk exports on every store: one moment however long it takes, and each record on the trail."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vantrexia_contracts.given.builders import a_name, a_new_patient, a_patient_id, an_actor
from vantrexia_contracts.given.clients import a_client
from vantrexia_contracts.stores import Stores, StoresContract, a_record, at_once, entries_of
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import TokenNotValidError, operator, revoke_client
from vantrexia_core.kernel import (
    ConflictError,
    InvalidError,
    NotFoundError,
    Origin,
    PageRequest,
    PatientId,
)
from vantrexia_core.patients import (
    EXPORT_LIFE,
    LIVE_EXPORTS_MAX,
    SINCE_SLACK,
    Asked,
    Export,
    ExportWish,
    Listing,
    Part,
    Patient,
    Phone,
    Reason,
    Revision,
    Status,
    TooManyExportsError,
    archive_patient,
    delete_patient,
    end_export,
    fetch_departed,
    fetch_part,
    look_up_export,
    merge_patients,
    register_patient,
    restore_patient,
    revise_patient,
    start_export,
)

ADMIN = an_actor()
OTHER_ADMIN = an_actor(user_id=77)
EVERYTHING = ExportWish()


def _fetched(stores: Stores, export: Export) -> list[Patient]:
    return [
        patient
        for place in range(len(export.shown))
        for batch in fetch_part(stores.desk, ADMIN, export.id, place)[1]
        for patient in batch
    ]


def _departed(stores: Stores, export: Export) -> list[PatientId]:
    return [
        one.patient_id
        for place in range(len(export.gone))
        for batch in fetch_departed(stores.desk, ADMIN, export.id, place)[1]
        for one in batch
    ]


def _small_parts(monkeypatch: pytest.MonkeyPatch, part: int = 3, batch: int = 2) -> None:
    monkeypatch.setattr("vantrexia_core.patients.exporting.PART_RECORDS", part)
    monkeypatch.setattr("vantrexia_core.patients.exporting.RECORDS_AT_ONCE", batch)


CHANGES: dict[str, Callable[[Stores, PatientId], object]] = {
    "revise": lambda stores, id_: revise_patient(
        stores.desk, ADMIN, id_, Revision(phone=Phone("555-0199"), last_name=a_name(last="Other").last)
    ),
    "archive": lambda stores, id_: archive_patient(stores.desk, ADMIN, id_, Reason("so")),
    "delete": lambda stores, id_: delete_patient(stores.desk, ADMIN, id_),
    "restore": lambda stores, id_: restore_patient(stores.desk, ADMIN, id_, Reason("so")),
    "register": lambda stores, _: register_patient(
        stores.desk, ADMIN, attrs.evolve(a_new_patient(), name=a_name("Late"))
    ),
}


def _there(stores: Stores) -> list[Patient]:
    """Everybody of the practice who is not deleted, in order of numbers."""
    found = [
        stores.desk.directory.find(stores.here, Listing(status, page=PageRequest(number, 100)))
        for status in (Status.ACTIVE, Status.ARCHIVED)
        for number in (1, 2, 3)
        if number == 1 or stores.desk.directory.find(stores.here, Listing(status)).count > 100 * (number - 1)
    ]
    numbers = sorted(number for one in found for number in one.numbers)
    with stores.desk.begin(stores.here) as work:
        return list(work.patients.fetch(numbers, as_of=found[-1].as_of) or ())


Changes = list[tuple[str, int]]


class ExportStoreContract(StoresContract):
    """Exports of a practice."""

    def test_an_export_is_everybody_who_is_not_deleted(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Active and archived, in order of numbers, in parts and batches of any size, each record once."""
        _small_parts(monkeypatch)
        stores.store(*(a_record(number) for number in range(1, 9)))
        archive_patient(stores.desk, ADMIN, a_patient_id(2), Reason("Moved away"))
        for number in (4, 5, 6):
            delete_patient(stores.desk, ADMIN, a_patient_id(number))
        export = start_export(stores.desk, ADMIN, EVERYTHING)
        assert [(part.first, part.last, part.count) for part in export.shown] == [(1, 3, 3), (7, 8, 2)]
        assert (export.count, export.gone) == (5, ())
        assert [one.id for one in _fetched(stores, export)] == [a_patient_id(n) for n in (1, 2, 3, 7, 8)]
        assert look_up_export(stores.desk, ADMIN, export.id) == export

    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        before=st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 3)), max_size=6),
        after=st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 3)), max_size=8),
        between=st.integers(0, 8),
    )
    def test_an_export_is_of_one_moment(
        self, stores: Stores, before: Changes, after: Changes, between: int
    ) -> None:
        """Whatever changes before, between and after its fetches, it holds what was there at its grant."""
        records = [register_patient(stores.desk, ADMIN, a_new_patient()) for _ in range(4)]

        def change(changes: list[tuple[str, int]]) -> None:
            for name, which in changes:
                with suppress(ConflictError, NotFoundError):  # not every move is in its turn
                    CHANGES[name](stores, records[which].id)

        change(before)
        there = _there(stores)
        export = start_export(stores.desk, ADMIN, EVERYTHING)
        change(after[:between])
        assert _fetched(stores, export) == there
        change(after[between:])
        assert _fetched(stores, export) == there
        assert export.count == len(there)
        end_export(stores.desk, ADMIN, export.id)

    def test_since_tells_what_changed_and_who_left(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Created, revised, moved after the moment; the deleted by their ids; nothing of the others."""
        _small_parts(monkeypatch)
        stores.clock.advance(timedelta(days=1))
        people = [register_patient(stores.desk, ADMIN, a_new_patient()) for _ in range(6)]
        delete_patient(stores.desk, ADMIN, people[0].id)
        stores.clock.advance(SINCE_SLACK + timedelta(seconds=1))
        first = start_export(stores.desk, ADMIN, EVERYTHING)
        assert [one.id for one in _fetched(stores, first)] == [one.id for one in people[1:]]
        stores.clock.advance(timedelta(hours=1))
        revised = revise_patient(stores.desk, ADMIN, people[1].id, Revision(phone=None))
        archived = archive_patient(stores.desk, ADMIN, people[4].id, Reason("so")).patient
        delete_patient(stores.desk, ADMIN, people[5].id)
        added = register_patient(stores.desk, ADMIN, a_new_patient())
        second = start_export(stores.desk, ADMIN, ExportWish(since=first.at))
        assert _fetched(stores, second) == [revised, archived, added]
        assert _departed(stores, second) == [people[5].id]
        third = start_export(stores.desk, ADMIN, ExportWish(since=stores.clock.now() + timedelta(hours=1)))
        assert (third.shown, third.gone) == ((), ())

    def test_deleting_the_survivor_takes_the_merged_out_of_exports(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As they stood at the moment; restored, both are told again."""
        _small_parts(monkeypatch)
        stores.clock.advance(timedelta(days=1))
        kept, merged, other = (register_patient(stores.desk, ADMIN, a_new_patient()) for _ in range(3))
        merge_patients(stores.desk, ADMIN, kept.id, merged.id, Reason("Twice"))
        stores.clock.advance(SINCE_SLACK + timedelta(seconds=1))
        before = start_export(stores.desk, ADMIN, EVERYTHING)
        stores.clock.advance(timedelta(hours=1))
        delete_patient(stores.desk, ADMIN, kept.id)
        since = start_export(stores.desk, ADMIN, ExportWish(since=before.at))
        everything = start_export(stores.desk, ADMIN, EVERYTHING)
        with pytest.raises(InvalidError):
            start_export(stores.desk, ADMIN, ExportWish(patient_ids=(merged.id,)))
        stores.clock.advance(timedelta(hours=1))
        restore_patient(stores.desk, ADMIN, kept.id, Reason("By mistake"))
        restored = start_export(stores.desk, ADMIN, ExportWish(since=since.at))
        assert [one.id for one in _fetched(stores, before)] == [kept.id, merged.id, other.id]
        assert [one.id for one in _fetched(stores, everything)] == [other.id]
        assert (_fetched(stores, since), _departed(stores, since)) == ([], [kept.id, merged.id])
        assert [one.id for one in _fetched(stores, restored)] == [kept.id, merged.id]

    def test_what_was_under_way_at_the_moment_is_told_the_next_time(self, stores: Stores) -> None:
        """A change stamped before an export and committed after it is not lost between the two."""
        stores.clock.advance(timedelta(days=1))
        stamped = stores.clock.now()
        stores.store(a_record(1))
        stores.clock.advance(timedelta(minutes=1))
        first = start_export(stores.desk, ADMIN, EVERYTHING)
        late = attrs.evolve(a_record(1), version=2, updated_at=stamped, name=a_name("Late"))
        with stores.desk.begin(stores.here) as work:
            work.patients.save(late)
            work.commit()
        assert _fetched(stores, first) == [a_record(1)]
        assert _fetched(stores, start_export(stores.desk, ADMIN, ExportWish(since=first.at))) == [late]

    def test_patients_can_be_asked_for_by_name(self, stores: Stores) -> None:
        """They and nobody else, however often they are named; one who is not there refuses the whole."""
        stores.store(*(a_record(number) for number in range(1, 60)))
        wanted = tuple(a_patient_id(number) for number in (58, 3, 3, 41))
        export = start_export(stores.desk, ADMIN, ExportWish(patient_ids=wanted))
        assert [one.id for one in _fetched(stores, export)] == [a_patient_id(n) for n in (3, 41, 58)]
        everybody = tuple(a_patient_id(number) for number in range(1, 60))
        assert (
            len(_fetched(stores, start_export(stores.desk, ADMIN, ExportWish(patient_ids=everybody)))) == 59
        )
        delete_patient(stores.desk, ADMIN, a_patient_id(3))
        for missing in (wanted, (a_patient_id(99),)):
            with pytest.raises(InvalidError, match="field_errors"):
                start_export(stores.desk, ADMIN, ExportWish(patient_ids=missing))

    def test_each_batch_is_on_the_trail_before_it_is_given(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whom it holds, in order of ids; what was not asked for any more is not there."""
        _small_parts(monkeypatch, part=50)
        stores.store(*(a_record(number) for number in range(1, 6)))
        export = start_export(stores.desk, ADMIN, EVERYTHING)
        _, batches = fetch_part(stores.desk, ADMIN, export.id, 0)
        next(batches), next(batches)
        lines = [one for one in entries_of(stores.desk) if one.action is Action.EXPORT]
        assert [one.disclosed for one in lines] == [
            (a_patient_id(1), a_patient_id(2)),
            (a_patient_id(3), a_patient_id(4)),
        ]
        assert {(one.outcome, one.actor_id) for one in lines} == {(Outcome.DONE, ADMIN.user_id)}

    def test_an_export_ends(self, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
        """Deleted or expired, nothing more of it is given, not even to whoever is fetching it."""
        _small_parts(monkeypatch, part=50)
        stores.store(*(a_record(number) for number in range(1, 6)))
        deleted, expired = (start_export(stores.desk, ADMIN, EVERYTHING) for _ in range(2))
        batches = [fetch_part(stores.desk, ADMIN, one.id, 0)[1] for one in (deleted, expired)]
        for one in batches:
            next(one)
        end_export(stores.desk, ADMIN, deleted.id)
        with pytest.raises(NotFoundError):
            next(batches[0])
        stores.clock.advance(EXPORT_LIFE)
        with pytest.raises(NotFoundError):
            next(batches[1])
        for gone in (deleted, expired):
            for ask in (look_up_export, end_export):
                with pytest.raises(NotFoundError):
                    ask(stores.desk, ADMIN, gone.id)
        start_export(stores.desk, ADMIN, EVERYTHING)
        with stores.desk.begin(stores.here) as work, pytest.raises(NotFoundError):
            work.exports.get(expired.id)

    def test_an_export_under_way_ends_with_its_client(
        self, stores: Stores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A client that was revoked after the first batch gets no second one."""
        _small_parts(monkeypatch, part=50)
        stores.store(*(a_record(number) for number in range(1, 6)))
        client = a_client(stores.desk, stores.here)
        actor = client.as_actor(client.scopes, Origin())
        export = start_export(stores.desk, actor, EVERYTHING)
        _, batches = fetch_part(stores.desk, actor, export.id, 0)
        assert len(next(batches)) == 2
        assert len(next(batches)) == 2
        revoke_client(stores.desk, operator(stores.here, Origin()), client.id)
        with pytest.raises(TokenNotValidError):
            next(batches)

    def test_an_export_is_its_accounts_own(self, stores: Stores) -> None:
        """Neither another administrator, nor another practice, nor another part of it."""
        stores.store(a_record(1))
        export = start_export(stores.desk, ADMIN, EVERYTHING)
        for actor in (OTHER_ADMIN, an_actor(practice_id=stores.elsewhere)):
            asked = (stores.desk, actor, export.id)
            for ask in (
                partial(look_up_export, *asked),
                partial(end_export, *asked),
                partial(fetch_part, *asked, 0),
                partial(fetch_departed, *asked, 0),
            ):
                with pytest.raises(NotFoundError):
                    ask()
        for place in (-1, 1):
            with pytest.raises(NotFoundError):
                fetch_part(stores.desk, ADMIN, export.id, place)

    def test_open_exports_are_bounded(self, stores: Stores) -> None:
        """By account, also when they are asked for at once; one that was deleted makes room."""
        results = at_once(
            [lambda: start_export(stores.desk, ADMIN, EVERYTHING) for _ in range(LIVE_EXPORTS_MAX + 3)]
        )
        granted = [one for one in results if isinstance(one, Export)]
        assert len(granted) == LIVE_EXPORTS_MAX
        assert sum(isinstance(one, TooManyExportsError) for one in results) == 3
        start_export(stores.desk, OTHER_ADMIN, EVERYTHING)
        end_export(stores.desk, ADMIN, granted[0].id)
        start_export(stores.desk, ADMIN, EVERYTHING)

    def test_an_export_survives_storing(self, stores: Stores) -> None:
        """Every member of it, and of two parts the right one."""
        wish = ExportWish(
            stores.clock.now(),
            (a_patient_id(1), a_patient_id(2)),
            ("name", "birthDate"),
            "https://x/$export?a=b",
        )
        parts = (Part(1, 50_000, 49_999), Part(50_001, 50_002, 1))
        at = stores.clock.now()
        export = Export(stores.desk.ids.new_id(), stores.here, ADMIN.user_id, at, 7, wish, parts, parts[1:])
        with stores.desk.begin(stores.here) as work:
            work.exports.add(export, forget_until=at - EXPORT_LIFE)
            work.commit()
        with stores.desk.begin(stores.here) as work:
            assert work.exports.get(export.id) == export
            work.exports.remove(export.id)
        with stores.desk.begin(stores.here) as work:
            assert work.exports.get(export.id) == export

    def test_numbers_are_walked_without_gaps(self, stores: Stores) -> None:
        """Whatever the limit, whoever asks for what lies behind the last one gets everything once."""
        stores.store(*(a_record(number) for number in range(1, 31)))
        for number in (*range(2, 20), 25):
            delete_patient(stores.desk, ADMIN, a_patient_id(number))
        with stores.desk.begin(stores.here) as work:
            as_of, newest = work.patients.change_number(), work.patients.newest_number()
            assert newest == 30
            for limit in (1, 3, 8):
                walked: list[int] = []
                while found := work.patients.standing(
                    Asked(range((walked or [0])[-1] + 1, newest + 1), as_of), limit=limit
                ):
                    assert len(found) <= limit
                    walked += [number for number, _ in found]
                assert walked == [1, *range(20, 25), *range(26, 31)]
            gone = work.patients.departed(Asked(range(1, 31), as_of), limit=99)
            assert [number for number, _ in gone] == [*range(2, 20), 25]
            assert work.patients.tally(Asked(range(1, 31), as_of)) == (11, 19)
