"""The event of a merge: what it tells of the records is enough to give both back what they had."""

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_patient_id, a_user_id, an_email
from tests.strategies.patients import patients, revisions
from vantrexia_core.kernel import MergeId
from vantrexia_core.patients import (
    KIND_OF_FIELD,
    REVISABLE,
    Heir,
    Merge,
    Patient,
    Reason,
    Revision,
    Status,
)
from vantrexia_core.patients.model import value_of

ACTIVE = st.just(Status.ACTIVE)
FIELDS = st.sets(st.sampled_from(sorted(KIND_OF_FIELD)))
LATER_EDITS = revisions()


def _merge(survivor: Patient, loser: Patient, wanted: set[str]) -> Merge:
    taken = tuple(name for name in KIND_OF_FIELD if name in wanted and _differ(survivor, loser, name))
    other = attrs.evolve(loser, id=a_patient_id(99))
    return Merge(
        MergeId(a_patient_id(50)), survivor, other, taken, (), a_user_id(), an_email(), NOW, Reason("one")
    )


def _differ(one: Patient, other: Patient, name: str) -> bool:
    return bool(value_of(one, name) != value_of(other, name))


def _merged(merge: Merge) -> Patient:
    taken = {name: value_of(merge.loser, name) for name in merge.taken}
    return merge.survivor.revise(Revision(**taken), now=NOW)[0]


def _said(patient: Patient) -> dict[str, object]:
    return {name: value_of(patient, name) for name in REVISABLE}


@given(patients(ACTIVE), patients(ACTIVE), FIELDS)
def test_undoing_a_merge_gives_the_survivor_back_what_it_said(
    survivor: Patient, loser: Patient, wanted: set[str]
) -> None:
    """Whatever was taken; and the loser gets nothing that it had not."""
    merge = _merge(survivor, loser, wanted)
    own, given_ = merge.restored(_merged(merge), {})
    assert _said(_merged(merge).revise(own, now=NOW)[0]) == _said(survivor)
    assert given_ == Revision()


@given(patients(ACTIVE), patients(ACTIVE), FIELDS, LATER_EDITS, st.data())
def test_every_later_edit_is_somebodys(
    survivor: Patient, loser: Patient, wanted: set[str], edit: Revision, data: st.DataObject
) -> None:
    """The survivor's, the loser's, or nobody's if somebody says so; what was not taken is the survivor's."""
    merge = _merge(survivor, loser, wanted)
    edited = _merged(merge).revise(edit, now=NOW)[0]
    heirs = {name: data.draw(st.sampled_from(Heir)) for name in merge.edited(edited)}
    own, given_ = merge.restored(edited, heirs)
    kept = edited.revise(own, now=NOW)[0]
    back = merge.loser.revise(given_, now=NOW)[0]
    for name in KIND_OF_FIELD:
        before, now = value_of(survivor, name), value_of(edited, name)
        stays = name not in merge.taken or heirs.get(name) is Heir.SURVIVOR
        assert value_of(kept, name) == (now if stays else before)
        goes = heirs.get(name) is Heir.LOSER
        assert value_of(back, name) == (now if goes else value_of(loser, name))
    touched = {name for name in KIND_OF_FIELD if name not in merge.taken and _differ(edited, survivor, name)}
    assert set(merge.written_since(edited)) - {"mrn", "external_id"} == touched
