"""Patients as an EHR tells of them, for tests that care about one detail."""

from datetime import UTC, datetime
from typing import Any

from vantrexia_core.ehr import EhrPatient
from vantrexia_core.patients import ExternalId

TOLD_AT = datetime(2026, 2, 1, 9, 15, tzinfo=UTC)


def an_external_id(number: int = 1) -> ExternalId:
    """An id at the EHR; another number, another patient."""
    return ExternalId(f"ECW-{number:05d}")


def a_told(number: int = 1, **told: Any) -> EhrPatient:
    """Somebody whom the EHR knows well; another number, another person."""
    known: dict[str, object] = {
        "first_name": "Marisol",
        "last_name": f"Quintero {_spelled(number)}",
        "date_of_birth": "1961-04-09",
        "gender": "female",
        "phone": "555-0142",
        "email": f"m{number}@example.org",
        "line1": "1200 Prairie Avenue",
        "city": "Springfield",
        "state": "IL",
        "zip_": "62704",
        "updated_at": TOLD_AT,
    }
    return EhrPatient.told(an_external_id(number), **{**known, **told})


def _spelled(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
