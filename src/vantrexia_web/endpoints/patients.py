"""The patients of the caller's practice."""

from collections.abc import Callable
from typing import TypeVar

from vantrexia_core.kernel import Page
from vantrexia_core.patients import (
    Admission,
    ExpectedVersion,
    MovedPatient,
    Patient,
    Revision,
    admit_patient,
    archive_patient,
    delete_patient,
    find_archived_patients,
    find_deleted_patients,
    find_patients,
    list_versions,
    look_up_patient,
    may_read_patients,
    read_version,
    restore_patient,
    revise_patient,
    unarchive_patient,
)
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call
from vantrexia_web.wire.conditions import etag
from vantrexia_web.wire.duplicates import admission_headers
from vantrexia_web.wire.listing import page_content, parse_listing, parse_page, parse_patient_listing
from vantrexia_web.wire.patients import (
    archived_content,
    archived_item,
    deleted_item,
    parse_admission,
    parse_nothing,
    parse_reason,
    parse_replacement,
    parse_revision,
    patient_content,
    unarchived_content,
    version_content,
)

T = TypeVar("T")


def list_(call: Call) -> Answer:
    """A page of active or archived patients."""
    listing = call.read(parse_patient_listing)
    return _page(call, find_patients(call.desk, call.actor, listing), patient_content)


def create(call: Call) -> Answer:
    """Register a patient, and tell whom the record resembles (RFC 8288)."""
    now = call.desk.clock.now()
    new, on_duplicate = call.read(lambda request: parse_admission(request, now))

    def created(admission: Admission) -> Answer:
        at = f"{call.site.public_url}{call.request.path}"
        answer = _patient(admission.patient, 201).with_headers(Location=f"{at}{admission.patient.id}/")
        return answer.with_headers(**admission_headers(admission, lambda id_: f"{at}{id_}/"))

    return call.answer_once(
        lambda once: admit_patient(call.desk, call.actor, new, once=once, on_duplicate=on_duplicate), created
    )


def get(call: Call) -> Answer:
    """One patient."""
    patient = look_up_patient(call.desk, call.actor, call.patient_id)
    answer = _patient(patient)
    if patient.merged_into is None:
        return answer
    # RFC 6596: which one to prefer.
    base = call.request.path.removesuffix(f"{patient.id}/")
    return answer.with_headers(Link=f'<{call.site.public_url}{base}{patient.merged_into}/>; rel="canonical"')


def replace(call: Call) -> Answer:
    """Replace a patient's demographics."""
    now = call.desk.clock.now()
    revision, expected = call.read(lambda request: parse_replacement(request, now)), call.expected_versions
    return _revised(call, revision, expected)


def revise(call: Call) -> Answer:
    """Change some of a patient's demographics."""
    now = call.desk.clock.now()
    revision, expected = call.read(lambda request: parse_revision(request, now)), call.expected_versions
    return _revised(call, revision, expected)


def delete(call: Call) -> Answer:
    """Hide a patient's record."""
    delete_patient(call.desk, call.actor, call.patient_id, expected_version=call.expected_versions)
    return Answer(204)


def archive(call: Call) -> Answer:
    """Put a patient out of service."""
    reason, expected = call.read(parse_reason), call.expected_versions
    return call.answer_once(
        lambda once: archive_patient(
            call.desk, call.actor, call.patient_id, reason, expected_version=expected, once=once
        ),
        lambda moved: _moved(moved, archived_content),
    )


def unarchive(call: Call) -> Answer:
    """Put an archived patient back into service."""
    call.read(parse_nothing)
    expected = call.expected_versions
    return call.answer_once(
        lambda once: unarchive_patient(
            call.desk, call.actor, call.patient_id, expected_version=expected, once=once
        ),
        lambda moved: _moved(moved, unarchived_content),
    )


def list_archived(call: Call) -> Answer:
    """A page of archived patients with when, by whom and why."""
    listing = call.read(parse_listing)
    return _page(call, find_archived_patients(call.desk, call.actor, listing), archived_item)


def list_deleted(call: Call) -> Answer:
    """A page of deleted patients, for administrators."""
    listing = call.read(parse_listing)
    return _page(call, find_deleted_patients(call.desk, call.actor, listing), deleted_item)


def restore(call: Call) -> Answer:
    """Make a deleted patient active again."""
    reason = call.read(parse_reason)
    return call.answer_once(
        lambda once: restore_patient(call.desk, call.actor, call.patient_id, reason, once=once),
        lambda moved: _patient(moved.patient),
    )


def list_versions_(call: Call) -> Answer:
    """A page of a patient's versions, newest first."""
    page = call.read(parse_page)
    return _page(call, list_versions(call.desk, call.actor, call.patient_id, page), version_content)


def get_version(call: Call) -> Answer:
    """A patient as they were on record between two changes."""
    found = read_version(call.desk, call.actor, call.patient_id, call.request.version)
    return json_answer(version_content(found))


def _patient(patient: Patient, status: int = 200) -> Answer:
    return json_answer(patient_content(patient), status, {"ETag": etag(patient.version)})


def _revised(call: Call, revision: Revision, expected: ExpectedVersion) -> Answer:
    """Revise, and show the record to whoever may read it; to others its version alone."""
    patient = revise_patient(call.desk, call.actor, call.patient_id, revision, expected_version=expected)
    if may_read_patients(call.actor):
        return _patient(patient)
    return Answer(204, headers={"ETag": etag(patient.version)})


def _moved(moved: MovedPatient, render: Callable[[MovedPatient], dict[str, object]]) -> Answer:
    return json_answer(render(moved), headers={"ETag": etag(moved.patient.version)})


def _page(call: Call, page: Page[T], render: Callable[[T], dict[str, object]]) -> Answer:
    return json_answer(page_content(page, render, call.request, call.site.public_url))
