"""What a question to the trail means."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_patient_id, a_user_id
from tests.strategies.audit import entries, inquiries
from vantrexia_core.audit import RESOURCE_OF, Action, AuditEntry, Inquiry, Outcome, Resource

READ = AuditEntry(
    at=NOW,
    action=Action.READ,
    outcome=Outcome.DONE,
    actor_id=a_user_id(4),
    patient_id=a_patient_id(1),
    disclosed=(a_patient_id(1), a_patient_id(2)),
    user_id=a_user_id(5),
    address="192.0.2.7",
)


def test_every_action_is_about_something():
    """The table is total, and every kind of thing has an action."""
    assert set(RESOURCE_OF) == set(Action)
    assert set(RESOURCE_OF.values()) == set(Resource)


@pytest.mark.parametrize(
    ("inquiry", "is_answered"),
    [
        (Inquiry(actor_id=a_user_id(4)), True),
        (Inquiry(actor_id=a_user_id(5)), False),
        (Inquiry(account_id=a_user_id(5)), True),
        (Inquiry(account_id=a_user_id(4)), False),
        (Inquiry(action=Action.READ), True),
        (Inquiry(action=Action.LIST), False),
        (Inquiry(resource=Resource.PATIENT), True),
        (Inquiry(resource=Resource.USER), False),
        (Inquiry(action=Action.READ, resource=Resource.USER), False),
        (Inquiry(subject_id=a_patient_id(1)), True),
        (Inquiry(subject_id=a_patient_id(2)), False),
        (Inquiry(shown_ids=(a_patient_id(2),)), True),
        (Inquiry(shown_ids=(a_patient_id(3),)), False),
        (Inquiry(patient_id=a_patient_id(2)), True),
        (Inquiry(patient_id=a_patient_id(3)), False),
        (Inquiry(address="192.0.2.7"), True),
        (Inquiry(address="192.0.2.70"), False),
        (Inquiry(since=NOW), True),
        (Inquiry(since=NOW + timedelta(microseconds=1)), False),
        (Inquiry(before=NOW), False),
        (Inquiry(before=NOW + timedelta(microseconds=1)), True),
    ],
)
def test_each_thing_that_can_be_asked_about(inquiry, is_answered):
    """One part of the entry each; the first moment of a period counts, the last does not."""
    assert inquiry.is_answered_by(READ) is is_answered


@given(entry=entries(), one=inquiries(), other=inquiries())
def test_everything_that_is_asked_must_hold(entry: AuditEntry, one: Inquiry, other: Inquiry):
    """A question made of two is answered by what answers both, and the empty one by everything."""
    asked = {name: value for name, value in attrs.asdict(one, recurse=False).items() if value is not None}
    if asked.keys() & {field for field, value in attrs.asdict(other).items() if value is not None}:
        return
    both = attrs.evolve(other, **asked)
    assert both.is_answered_by(entry) == (one.is_answered_by(entry) and other.is_answered_by(entry))
    assert Inquiry().is_answered_by(entry)


@given(entry=entries(), patient_id=st.integers(1, 4).map(a_patient_id))
def test_a_patients_entries_are_what_was_done_to_them_and_what_showed_them(
    entry: AuditEntry, patient_id: object
):
    """The wide question is the two narrow ones together."""
    wide = Inquiry(patient_id=patient_id).is_answered_by(entry)
    narrow = (Inquiry(subject_id=patient_id), Inquiry(shown_ids=(patient_id,)))
    assert wide == any(inquiry.is_answered_by(entry) for inquiry in narrow)
