"""Rosters that are held to the contract: each over the same few patients of another system."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from vantrexia_adapters.memory import MemoryRoster
from vantrexia_core.ehr import EhrPatient, EhrRoster
from vantrexia_core.patients import ExternalId

JANE, JOHN, TWICE = ExternalId("ECW-12345"), ExternalId("ECW-67890"), ExternalId("ACC-7")
JANE_ELSEWHERE = ExternalId("ACC-1")
NOBODY = ExternalId("ECW-00000")


def jane() -> EhrPatient:
    """Complete in every field, and known under an account number as well."""
    return EhrPatient.told(
        JANE,
        known_as=(JANE_ELSEWHERE.reveal(), TWICE.reveal()),
        first_name="Jane",
        last_name="Okonkwo",
        date_of_birth="1958-03-15",
        gender="female",
        mrn="ECW-MRN-1",
        phone="555-0101",
        email="jane.okonkwo@example.org",
        line1="123 Main St",
        line2="Apt 4B",
        city="Springfield",
        state="IL",
        zip_="62704",
        updated_at=datetime(2026, 2, 1, 9, 15, tzinfo=UTC),
    )


def john() -> EhrPatient:
    """Hardly known: no birth date, no contact."""
    return EhrPatient.told(JOHN, known_as=(TWICE.reveal(),), first_name="John", last_name="Okonjo")


ROSTERS: Mapping[str, Callable[[], EhrRoster]] = {"memory": lambda: MemoryRoster([jane(), john()])}
