"""Merges, undoings, edits and moves in any order, against a model that is nothing but dictionaries."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.builders import a_new_patient, a_suspicion, an_actor
from tests.machines.practice import Ground
from tests.sources import CountedIds, ManualClock
from vantrexia_core.kernel import Actor, Email, MergeId, NamePart, NotFoundError, PatientId, VantrexiaError
from vantrexia_core.patients import (
    AlreadyUndoneError,
    EditedSinceError,
    Heir,
    Listing,
    LooksDifferentError,
    MergedAwayError,
    MergeDoneError,
    NewerMergeError,
    Pair,
    Party,
    Phone,
    Reason,
    Revision,
    Ssn,
    Status,
    ToldApartError,
    archive_patient,
    delete_patient,
    find_merges,
    find_patients,
    find_suspicions,
    merge_patients,
    register_patient,
    restore_patient,
    revise_patient,
    undo_merge,
)

PHONES = (None, "555-0101", "555-0102")
EMAILS = (None, "one@example.org", "two@example.org")
NAMES = ("Mari", "Marisol")
SSNS = (None, None, "219091234", "401178993")
FIELDS = ("first_name", "phone", "email", "ssn")
WHY = Reason("because")
_RECORDS_MAX = 5


@attrs.define
class Told:
    """What the model knows of a record."""

    said: dict[str, str | None]
    status: Status = Status.ACTIVE
    into: PatientId | None = None


@attrs.frozen
class Past:
    """What the model knows of a merge."""

    id: MergeId
    survivor: PatientId
    loser: PatientId
    before: tuple[dict[str, str | None], dict[str, str | None], Status]
    taken: frozenset[str]
    led: frozenset[PatientId]


class MergingMachine(RuleBasedStateMachine):
    """One practice; the model is asked before each call what must happen."""

    new_ground: ClassVar[Callable[[ManualClock, CountedIds], Ground]]

    @initialize()
    def found(self) -> None:
        """An empty practice."""
        self.ground = self.new_ground(ManualClock(), CountedIds())
        self.desk, self.practice = self.ground.desk, self.ground.practices[0]
        self.actor: Actor = an_actor(practice_id=self.practice)
        self.records: dict[PatientId, Told] = {}
        self.merges: list[Past] = []
        self.undone: set[MergeId] = set()
        self.apart: set[Pair] = set()

    def _stands(self, id_: PatientId) -> PatientId:
        return self.records[id_].into or id_

    def _attempt(self, call: Callable[[], Any], refusal: type[VantrexiaError] | None) -> Any:
        """Make a call that must be refused so, or not at all."""
        if refusal is None:
            return call()
        with pytest.raises(refusal):
            call()
        return None

    def _own(self, *ids: PatientId) -> type[VantrexiaError] | None:
        """Why records may not be touched."""
        for id_ in ids:
            if self.records[id_].status is Status.DELETED:
                return NotFoundError
            if self.records[id_].into is not None:
                return MergedAwayError
        return None

    @precondition(lambda self: len(self.records) < _RECORDS_MAX)
    @rule(
        phone=st.sampled_from(PHONES),
        email=st.sampled_from(EMAILS),
        name=st.sampled_from(NAMES),
        ssn=st.sampled_from(SSNS),
    )
    def register(self, phone: str | None, email: str | None, name: str, ssn: str | None) -> None:
        """Somebody new."""
        new = a_new_patient(first=name, phone=phone, email=email, ssn=ssn)
        patient = register_patient(self.desk, self.actor, new)
        self.records[patient.id] = Told({"first_name": name, "phone": phone, "email": email, "ssn": ssn})

    @precondition(lambda self: self.records)
    @rule(
        data=st.data(),
        phone=st.sampled_from(PHONES),
        email=st.sampled_from(EMAILS),
        name=st.sampled_from(NAMES),
        ssn=st.sampled_from(SSNS),
    )
    def edit(
        self, data: st.DataObject, phone: str | None, email: str | None, name: str, ssn: str | None
    ) -> None:
        """Some fields of a record."""
        id_ = data.draw(st.sampled_from(sorted(self.records)))
        said = {"first_name": name, "phone": phone, "email": email, "ssn": ssn}
        fields = data.draw(st.sets(st.sampled_from(FIELDS), min_size=1))
        values = {
            "first_name": NamePart(name),
            "phone": None if phone is None else Phone(phone),
            "email": None if email is None else Email(email),
            "ssn": None if ssn is None else Ssn(ssn),
        }
        revision = Revision(**{field: values[field] for field in fields})  # type: ignore[arg-type]
        refusal = self._own(id_)
        self._attempt(lambda: revise_patient(self.desk, self.actor, id_, revision), refusal)
        if refusal is None:
            self.records[id_].said |= {field: said[field] for field in fields}

    @precondition(lambda self: self.records)
    @rule(data=st.data(), status=st.sampled_from([Status.ARCHIVED, Status.DELETED, Status.ACTIVE]))
    def move(self, data: st.DataObject, status: Status) -> None:
        """Archive an active record, delete one, restore a deleted one."""
        id_ = data.draw(st.sampled_from(sorted(self.records)))
        record = self.records[id_]
        calls = {
            Status.ARCHIVED: lambda: archive_patient(self.desk, self.actor, id_, WHY),
            Status.DELETED: lambda: delete_patient(self.desk, self.actor, id_),
            Status.ACTIVE: lambda: restore_patient(self.desk, self.actor, id_, WHY),
        }
        refusal = MergedAwayError if record.into is not None else None
        if refusal is None and (record.status is Status.DELETED) != (status is Status.ACTIVE):
            refusal = VantrexiaError
        if refusal is None and status is record.status:
            refusal = VantrexiaError
        self._attempt(calls[status], refusal)
        if refusal is None:
            record.status = status

    @precondition(lambda self: len(self.records) > 1)
    @rule(data=st.data())
    def suspect(self, data: st.DataObject) -> None:
        """The machine finds a pair, whatever was said about it."""
        one, other = data.draw(st.permutations(sorted(self.records)))[:2]
        if self.records[one].into is None and self.records[other].into is None:
            with self.desk.begin(self.practice) as work:
                work.suspicions.add([a_suspicion(one, other)])
                work.commit()

    @precondition(lambda self: len(self.records) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        """One record into another, every field chosen; of those told apart as often as of all.

        Two who look different, here by their social security numbers, are merged only knowingly.
        """
        told_apart = sorted(pair.ids for pair in self._told_apart())
        pairs = st.permutations(sorted(self.records)).map(lambda ids: tuple(ids[:2]))
        survivor, loser = data.draw(st.one_of(pairs, *map(st.just, told_apart)))
        choices = {field: data.draw(st.sampled_from(Party)) for field in FIELDS}
        refusal = self._own(survivor) or self._own(loser)
        if self._own(survivor) is None and self.records[loser].into == survivor:
            refusal = MergeDoneError
        elif refusal is None and Pair.of(survivor, loser) in self._told_apart():
            refusal = ToldApartError
        ssns = {self.records[id_].said["ssn"] for id_ in (survivor, loser)} - {None}
        if refusal is None and len(ssns) > 1:
            call = partial(merge_patients, self.desk, self.actor, survivor, loser, WHY, choices)
            self._attempt(call, LooksDifferentError)
        call = partial(
            merge_patients, self.desk, self.actor, survivor, loser, WHY, choices, despite_differences=True
        )
        merged = self._attempt(call, refusal)
        if merged is None:
            return
        kept, gone = self.records[survivor], self.records[loser]
        taken = {
            field
            for field, party in choices.items()
            if party is Party.LOSER and kept.said[field] != gone.said[field]
        }
        led = {id_ for id_, record in self.records.items() if record.into == loser}
        self.merges.append(
            Past(
                merged.merge.id,
                survivor,
                loser,
                (dict(kept.said), dict(gone.said), gone.status),
                frozenset(taken),
                frozenset(led),
            )
        )
        kept.said |= {field: gone.said[field] for field in taken}
        gone.status = Status.ARCHIVED
        for id_ in {loser, *led}:
            self.records[id_].into = survivor
        assert set(merged.merge.taken) == taken

    @precondition(lambda self: self.merges)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        """Any merge, in any order, first without saying whose later edits are."""
        number = data.draw(st.integers(0, len(self.merges) - 1))
        past = self.merges[number]
        kept, gone = self.records[past.survivor], self.records[past.loser]
        mine, theirs, status = past.before
        edited = {field for field in past.taken if kept.said[field] != theirs[field]}
        refusal = self._own(past.survivor)
        newer = (
            other
            for other in self.merges[number + 1 :]
            if other.id not in self.undone and other.survivor == past.survivor and other.taken & past.taken
        )
        if past.id in self.undone:
            refusal = AlreadyUndoneError
        elif refusal is None and any(newer):
            refusal = NewerMergeError
        elif refusal is None and edited:
            self._attempt(lambda: undo_merge(self.desk, self.actor, past.id, WHY), EditedSinceError)
        heirs = {field: data.draw(st.sampled_from(Heir)) for field in sorted(edited)}
        call = lambda: undo_merge(self.desk, self.actor, past.id, WHY, heirs)  # noqa: E731 - one line, used once
        if self._attempt(call, refusal) is None:
            return
        for field in past.taken:
            if heirs.get(field) is Heir.LOSER:
                gone.said[field] = kept.said[field]
            if heirs.get(field) is not Heir.SURVIVOR:
                kept.said[field] = mine[field]
        gone.status, gone.into = status, None
        for id_ in past.led:
            self.records[id_].into = past.loser
        self.undone.add(past.id)
        self.apart.add(Pair.of(past.survivor, past.loser))

    def _told_apart(self) -> set[Pair]:
        """The pairs of records of today that stand for people who were told apart."""
        pairs = {(self._stands(pair.low), self._stands(pair.high)) for pair in self.apart}
        return {Pair.of(one, other) for one, other in pairs if one != other}

    @invariant()
    def every_record_says_what_the_model_says(self) -> None:
        """Values, status, and who stands for it: somebody who stands for themself."""
        with self.desk.begin(self.practice) as work:
            records = {id_: work.patients.get(id_) for id_ in self.records}
        for id_, patient in records.items():
            told = self.records[id_]
            said = {
                "first_name": patient.name.first.reveal(),
                "phone": None if patient.phone is None else patient.phone.reveal(),
                "email": None if patient.email is None else patient.email.reveal(),
                "ssn": None if patient.ssn is None else patient.ssn.reveal(),
            }
            assert (said, patient.status, patient.merged_into) == (told.said, told.status, told.into)
            assert told.into is None or records[told.into].merged_into is None

    @invariant()
    def lists_show_those_who_stand_for_themselves(self) -> None:
        """Active and not merged away; found by every number that leads to them."""
        active = {id_ for id_, told in self.records.items() if told.status is Status.ACTIVE}
        page = find_patients(self.desk, self.actor, Listing())
        assert {patient.id for patient in page.items} == active

    @invariant()
    def nobody_is_asked_about_people_who_were_told_apart(self) -> None:
        """Whatever the machine finds, and whoever was merged into whom."""
        waiting = {one.records for one in find_suspicions(self.desk, self.actor).items}
        assert waiting.isdisjoint(self._told_apart())
        assert None not in waiting

    @invariant()
    def every_merge_is_kept(self) -> None:
        """With what the two said before it."""
        for past in self.merges:
            if self.records[self._stands(past.survivor)].status is Status.DELETED:
                continue
            (kept,) = (one for one in find_merges(self.desk, self.actor, past.survivor) if one.id == past.id)
            assert kept.is_undone == (past.id in self.undone)
            assert kept.survivor.name.first.reveal() == past.before[0]["first_name"]
            assert kept.loser.name.first.reveal() == past.before[1]["first_name"]
