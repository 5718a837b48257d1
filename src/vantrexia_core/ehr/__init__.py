"""Patients from the practice's electronic health record: whom it knows, and who comes over to us.

`EhrRoster` is the other system as a port; nothing here knows FHIR, OAuth or a network.
"""

from vantrexia_core.ehr.roster import (
    CANDIDATES_MAX,
    EhrPatient,
    EhrQuery,
    EhrRoster,
    EhrUnavailableError,
    Fault,
    Missed,
)

__all__ = [
    "CANDIDATES_MAX",
    "EhrPatient",
    "EhrQuery",
    "EhrRoster",
    "EhrUnavailableError",
    "Fault",
    "Missed",
]
