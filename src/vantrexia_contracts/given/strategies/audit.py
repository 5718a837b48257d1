"""Entries of the trail, and what can be asked about them: from a small world, so that questions find some."""

from datetime import timedelta

import attrs
from hypothesis import strategies as st

from vantrexia_contracts.given.builders import NOW, a_patient_id, a_practice_id, a_user_id
from vantrexia_core.audit import Action, AuditEntry, Inquiry, Outcome, Resource
from vantrexia_core.kernel import PatientId, Purpose, RequestId, Role

PRACTICES = (a_practice_id(1), a_practice_id(2))
ADDRESSES = ("192.0.2.7", "2001:db8::1", "console:ann")
_PATIENTS = st.integers(1, 4).map(a_patient_id)
_USERS = st.integers(0, 3).map(a_user_id)
_MOMENTS = st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days, microseconds=days))


def _disclosed() -> st.SearchStrategy[tuple[PatientId, ...]]:
    return st.lists(_PATIENTS, max_size=4, unique=True).map(lambda ids: tuple(sorted(ids)))


def entries() -> st.SearchStrategy[AuditEntry]:
    """Any entry, whoever's."""
    return st.builds(
        AuditEntry,
        at=_MOMENTS,
        action=st.sampled_from(Action),
        outcome=st.sampled_from(Outcome),
        practice_id=st.sampled_from((*PRACTICES, None)),
        actor_id=st.none() | _USERS,
        role=st.none() | st.sampled_from(Role),
        code=st.sampled_from((None, "not_found")),
        patient_id=st.none() | _PATIENTS,
        changed=st.sampled_from(((), ("phone",), ("first_name", "ssn"))),
        disclosed=_disclosed(),
        user_id=st.none() | _USERS,
        version=st.none() | st.integers(1, 9),
        request_id=st.just(RequestId("req-0001")),
        address=st.sampled_from((None, *ADDRESSES)),
        purpose=st.none() | st.sampled_from(Purpose),
    )


@st.composite
def inquiries(draw: st.DrawFn) -> Inquiry:
    """A question about a few of the things that can be asked about."""
    values = {
        "actor_id": _USERS,
        "action": st.sampled_from(Action),
        "resource": st.sampled_from(Resource),
        "patient_id": _PATIENTS,
        "subject_id": _PATIENTS,
        "shown_ids": st.lists(_PATIENTS, min_size=1, max_size=3).map(tuple),
        "account_id": _USERS,
        "address": st.sampled_from(ADDRESSES),
        "purpose": st.sampled_from(Purpose),
        "since": _MOMENTS,
        "before": _MOMENTS,
    }
    assert values.keys() == {field.name for field in attrs.fields(Inquiry)}
    asked = draw(st.lists(st.sampled_from(sorted(values)), max_size=3, unique=True))
    return Inquiry(**{name: draw(values[name]) for name in asked})
