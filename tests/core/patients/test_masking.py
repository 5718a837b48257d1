"""No representation of anything that holds a patient shows the patient."""

import io
import logging
import pprint
import traceback
from collections.abc import Callable
from typing import cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW, a_patient, a_patient_id, an_actor
from tests.desks import a_memory_desk
from tests.marks import FIRST, LAST, MRN, a_marked_new_patient, a_marked_reason, core_frames, marks_in
from vantrexia_core.audit import Once
from vantrexia_core.kernel import PageRequest, Phi, VantrexiaError
from vantrexia_core.patients import (
    ExternalIdTakenError,
    Listing,
    Move,
    MovedPatient,
    MrnTakenError,
    Patient,
    Revision,
    archive_patient,
    delete_patient,
    find_archived_patients,
    find_deleted_patients,
    find_patients,
    look_up_patient,
    register_patient,
    restore_patient,
    revise_patient,
    unarchive_patient,
)

ADMIN = an_actor()


def _patient() -> Patient:
    return a_patient(a_marked_new_patient())


def _revision() -> Revision:
    new = a_marked_new_patient()
    return Revision(
        new.name.first, new.name.last, new.date_of_birth, new.gender, phone=new.phone, email=new.email,
        address=new.address, ssn=new.ssn, external_id=new.external_id, supplement=new.supplement,
    )  # fmt: skip


def _moved() -> MovedPatient:
    patient, change, _ = _patient().move(Move.ARCHIVE, by=ADMIN, now=NOW, reason=a_marked_reason())
    return MovedPatient(patient, change)


HOLDERS: dict[str, Callable[[], object]] = {
    "a new patient": a_marked_new_patient,
    "a patient": _patient,
    "a revision": _revision,
    "a moved patient": _moved,
    "a line of the history": lambda: _moved().change,
    "a name": lambda: _patient().name,
    "an address": lambda: _patient().address,
    "a reason": a_marked_reason,
    "a listing": lambda: Listing(search=Phi(f"{FIRST} {LAST}")),
    "the fact of a registration": lambda: Patient.register(
        a_marked_new_patient(),
        id_=_patient().id,
        practice_id=_patient().practice_id,
        mrn=_patient().mrn,
        now=NOW,
    ),
    "the fact of a revision": lambda: a_patient().revise(_revision(), now=NOW),
    "the fact of a move": lambda: _patient().move(Move.DELETE, by=ADMIN, now=NOW)[2],
    "a taken MRN": MrnTakenError,
    "a taken external id": ExternalIdTakenError,
    "a key of a call made once": lambda: Once(Phi(MRN), Phi(FIRST.encode()), lambda _: LAST.encode()),
}


def _logged(holder: object) -> str:
    stream = io.StringIO()
    logger = logging.Logger("a logger of this test alone")  # noqa: LOG001 - must not touch the shared registry
    logger.addHandler(logging.StreamHandler(stream))
    logger.error("%s %r %s", holder, [holder], {"holder": holder})
    return stream.getvalue()


@pytest.mark.parametrize("name", HOLDERS)
def test_whatever_holds_a_patient_prints_masked(name: str) -> None:
    """By `repr`, `str`, format, `pprint`, logging, and as a dictionary."""
    holder = HOLDERS[name]()
    shown = [
        repr(holder),
        str(holder),
        f"{holder}",
        f"{holder!r:>20}",
        pprint.pformat(holder),
        _logged(holder),
    ]
    if attrs.has(type(holder)):
        shown.append(str(attrs.asdict(cast("attrs.AttrsInstance", holder))))
    if isinstance(holder, BaseException):
        shown.extend([repr(holder.args), str(vars(holder))])
    assert marks_in("\n".join(shown)) == []


def test_the_record_that_is_printed_is_a_marked_one() -> None:
    """The marks are there to be found: revealed, they show."""
    patient = _patient()
    assert marks_in(patient.name.first.reveal()) == [FIRST]
    assert marks_in(str(patient.date_of_birth.reveal())) == ["1937-11-23"]
    assert marks_in(repr(patient.date_of_birth.reveal())) == ["datetime.date(1937, 11, 23)"]


def test_hypothesis_masks_the_patient_that_falsifies_a_law() -> None:
    """A failing property test prints its example into a report that others read."""

    @settings(database=None, max_examples=10)
    @given(st.sampled_from([_patient()]), st.sampled_from([_moved()]))
    def a_law_that_never_holds(patient: Patient, moved: MovedPatient) -> None:
        assert patient is moved.patient

    with pytest.raises(AssertionError) as caught:
        a_law_that_never_holds()
    report = "\n".join([*caught.value.__notes__, *traceback.format_exception(caught.value)])
    assert "patient=Patient(" in report
    assert "•••" in report
    assert marks_in(report) == []


def _once_that_breaks() -> Once:
    return Once(Phi(MRN), Phi(FIRST.encode()), lambda _: bytes(1 // 0))


def test_no_use_case_that_breaks_shows_the_patient_in_its_traceback() -> None:
    """Locals included: what error trackers collect from every frame of the core."""
    desk = a_memory_desk()
    patient = register_patient(desk, ADMIN, a_marked_new_patient())
    other = register_patient(desk, ADMIN, attrs.evolve(a_marked_new_patient(), mrn=None, external_id=None))
    reason = a_marked_reason()
    listing = Listing(search=Phi(f"{FIRST} ^{LAST}"))
    breaking: dict[str, Callable[[], object]] = {
        "register": lambda: register_patient(desk, ADMIN, a_marked_new_patient()),
        "revise": lambda: revise_patient(desk, ADMIN, other.id, Revision(mrn=patient.mrn)),
        "archive": lambda: archive_patient(desk, ADMIN, patient.id, reason, expected_version=9),
        "unarchive": lambda: unarchive_patient(desk, ADMIN, patient.id),
        "restore": lambda: restore_patient(desk, ADMIN, patient.id, reason),
        "delete": lambda: delete_patient(desk, ADMIN, patient.id, expected_version=9),
        "render": lambda: register_patient(
            desk,
            ADMIN,
            attrs.evolve(a_marked_new_patient(), mrn=None, external_id=None),
            once=_once_that_breaks(),
        ),
        "look up": lambda: look_up_patient(desk, ADMIN, a_patient_id()),
        "list": lambda: find_patients(desk, ADMIN, attrs.evolve(listing, page=PageRequest(9))),
        "list archived": lambda: find_archived_patients(
            desk, ADMIN, attrs.evolve(listing, page=PageRequest(9))
        ),
        "list deleted": lambda: find_deleted_patients(
            desk, ADMIN, attrs.evolve(listing, page=PageRequest(9))
        ),
    }
    for name, break_it in breaking.items():
        with pytest.raises((VantrexiaError, ZeroDivisionError)) as caught:
            break_it()
        assert marks_in(core_frames(caught.value)) == [], name
    assert marks_in(repr(desk.entries)) == []
