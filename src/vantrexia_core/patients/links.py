"""What one record has to do with others of the same person, in FHIR's words (``Patient.link``)."""

from enum import Enum

import attrs

from vantrexia_core.kernel import NotFoundError, PatientId, PracticeId
from vantrexia_core.patients.model import Patient
from vantrexia_core.patients.ports import PatientDesk, PatientWork
from vantrexia_core.patients.suspicion import Decision


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


def find_links(desk: PatientDesk, practice_id: PracticeId, patient_id: PatientId) -> tuple[PatientLink, ...]:
    """The links of a record for whoever was shown it: ids alone, so they are no disclosure of their own."""
    with desk.begin(practice_id) as work:
        try:
            patient = work.patients.get(patient_id)
        except NotFoundError:
            return ()
        return links_of(work, patient)


def links_of(work: PatientWork, patient: Patient) -> tuple[PatientLink, ...]:
    """All links of a record: what replaces what, then the others, each in order of ids."""
    if patient.merged_into is not None:
        return (PatientLink(LinkType.REPLACED_BY, patient.merged_into),)
    replaced = [PatientLink(LinkType.REPLACES, id_) for id_ in work.patients.led_to(patient.id)]
    same = {
        other
        for suspicion in work.suspicions.concerning(patient.id)
        if suspicion.decision is Decision.SAME and suspicion.records is not None
        for other in suspicion.records.ids
        if other != patient.id
    }
    return (*replaced, *(PatientLink(LinkType.SEE_ALSO, id_) for id_ in sorted(same)))
