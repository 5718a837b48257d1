"""How a record is related to others of the same person, in FHIR's words (``Patient.link``)."""

from collections.abc import Sequence
from enum import Enum

import attrs

from vantrexia_core.kernel import NotFoundError, PatientId, PracticeId
from vantrexia_core.patients.merge import Joining
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.ports import PatientDesk, PatientWork


class LinkType(Enum):
    """FHIR's link-type codes (``http://hl7.org/fhir/link-type``)."""

    REPLACED_BY = "replaced-by"
    """This record was merged into the other, which stands for it."""
    REPLACES = "replaces"
    """The other was merged into this one."""
    SEE_ALSO = "seealso"
    """Somebody decided that both are of one person; they have not been merged."""


@attrs.frozen
class PatientLink:
    """That another record is about the same person."""

    type: LinkType
    other: PatientId


def find_links(
    desk: PatientDesk, practice_id: PracticeId, patients: Sequence[Patient]
) -> Sequence[tuple[PatientLink, ...]]:
    """The links of records that were shown. They are ids only, so they are not recorded as a disclosure."""
    if not patients:
        return ()
    with desk.begin(practice_id) as work:
        return links_of(work, patients)


def find_links_now(
    desk: PatientDesk, practice_id: PracticeId, patient_id: PatientId
) -> tuple[PatientLink, ...]:
    """The links of a record as it is now, by its id; none if there is no such record."""
    with desk.begin(practice_id) as work:
        try:
            patient = work.patients.get(patient_id)
        except NotFoundError:
            return ()
        return links_of(work, [patient])[0]


def links_of(work: PatientWork, patients: Sequence[Patient]) -> Sequence[tuple[PatientLink, ...]]:
    """All links of records, or of versions of records, in their order: the one rule, wherever they are shown.

    What replaces what belongs to a version: an older one says what held then. That two records are of one
    person is said of the records, and goes with every version that stands for itself. First what is replaced,
    then the others, each in order of ids.
    """
    ids = [one.id for one in patients if one.merged_into is None]
    joined = work.merges.joined(ids) if ids else ()
    same = work.suspicions.same_as(ids) if ids else ()
    # By record: a page of an export has a thousand of them, and hardly one is linked.
    joinings: dict[PatientId, list[Joining]] = {}
    for joining in joined:
        joinings.setdefault(joining.survivor, []).append(joining)
    others: dict[PatientId, list[PatientId]] = {}
    for one, other in same:
        others.setdefault(one, []).append(other)
        others.setdefault(other, []).append(one)
    return [_links(one, joinings.get(one.id, ()), others.get(one.id, ())) for one in patients]


def _links(patient: Patient, joined: Sequence[Joining], same: Sequence[PatientId]) -> tuple[PatientLink, ...]:
    if patient.merged_into is not None:
        return (PatientLink(LinkType.REPLACED_BY, patient.merged_into),)
    if not joined and not same:
        return ()
    replaced = {id_ for one in joined if one.holds_for(patient) for id_ in one.moved}
    return (
        *(PatientLink(LinkType.REPLACES, id_) for id_ in sorted(replaced)),
        *(PatientLink(LinkType.SEE_ALSO, id_) for id_ in sorted(set(same) - {patient.id})),
    )
