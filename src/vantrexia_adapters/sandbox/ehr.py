"""A made-up EHR: whom eClinicalWorks would know, for the demo and for trials without an account there.

The tables come first, a short engine after them. It knows

* the three patients of the API documentation's import example, of whom the demo has one already;
* the demo practice's own patients who have an id there, some of whom have moved since;
* a thousand people whom the demo does not know, each with an account number beside the id;
* a few records that are incomplete, odd, or somebody's second one, as every real EHR has.

The same people on every run; not one of them exists.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from vantrexia_adapters.sandbox.people import SyntheticPerson, synthetic_people
from vantrexia_core.ehr import EhrPatient
from vantrexia_core.patients import ExternalId

NEWCOMERS: Final = 1000
DEMO_PEOPLE: Final = 400
_NEWCOMERS_SEED: Final = 2
_MOVES_EVERY: Final = 7
_UPDATED_AT: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_MOVED_AT: Final = datetime(2026, 11, 2, 16, 45, tzinfo=UTC)

_HOME: Final[dict[str, str | None]] = {
    "line1": "12 Mill Rd",
    "line2": None,
    "city": "Springfield",
    "state": "IL",
    "zip": "62701",
}
_NEW_HOME: Final[dict[str, str | None]] = {**_HOME, "line1": "900 Lake Ave", "line2": "Unit 3"}


def _published(first: str, last: str, born: str, gender: str, id_: str, phone: str) -> SyntheticPerson:
    return SyntheticPerson(
        first_name=first,
        last_name=last,
        date_of_birth=born,
        gender=gender,
        phone=phone,
        email=None,
        address=_HOME,
        ssn=None,
        external_id=id_,
        archived_because=None,
    )


ALREADY_THERE: Final = _published("Helen", "Novak", "1951-05-30", "female", "ECW-11111", "+1-217-555-0111")
"""The third id of the documentation's import example: the demo practice has her already."""

_PUBLISHED: Final = (
    _published("Walter", "Greene", "1947-02-11", "male", "ECW-12345", "+1-217-555-0112"),
    _published("Rosa", "Delgado", "1962-09-04", "female", "ECW-67890", "+1-217-555-0113"),
    ALREADY_THERE,
)

_ODD: Final[dict[str, dict[str, Any]]] = {
    # Not told
    "ECW-90001": {"first_name": "Nora", "last_name": "Undated"},
    "ECW-90002": {"first_name": "Nameless", "date_of_birth": "1950-01-01"},
    "ECW-90003": {"last_name": "Mononym", "date_of_birth": "1950-01-02"},
    "ECW-90004": {},
    # Told in a form that is not ours
    "ECW-90011": {"first_name": "Otto", "last_name": "Yearonly", "date_of_birth": "1950"},
    "ECW-90012": {"first_name": "Ida", "last_name": "Old", "date_of_birth": "1899-12-31"},
    "ECW-90013": {"first_name": "Gil", "last_name": "Letter", "date_of_birth": "1950-01-03", "gender": "M"},
    "ECW-90014": {
        "first_name": "Flo",
        "last_name": "Fullstate",
        "date_of_birth": "1950-01-04",
        "gender": "female",
        "phone": "217.555.0114 ext. 4",
        "city": "Springfield",
        "state": "Illinois",
        "zip_": "627",
    },
    "ECW-90015": {"first_name": "Max", "last_name": "L" * 101, "date_of_birth": "1950-01-05"},
    # Born after the EHR was last changed
    "ECW-90016": {"first_name": "Ben", "last_name": "Unborn", "date_of_birth": "2199-01-01"},
    # Somebody's second record: John Smith of the demo, who has no id there, and a newcomer's
    "ECW-90021": {
        "first_name": "John",
        "last_name": "Smith",
        "date_of_birth": "1949-07-22",
        "gender": "male",
        "phone": "+1-217-555-0102",
    },
    # The record number of somebody else in the demo
    "ECW-90022": {
        "first_name": "Mia",
        "last_name": "Samenumber",
        "date_of_birth": "1950-01-06",
        "gender": "female",
        "mrn": "MRN-00001",
    },
    # One account number for two people
    "ECW-90031": {
        "first_name": "Ann",
        "last_name": "Twin",
        "date_of_birth": "1955-06-01",
        "known_as": ["ACC-90030"],
    },
    "ECW-90032": {
        "first_name": "Amy",
        "last_name": "Twin",
        "date_of_birth": "1955-06-01",
        "known_as": ["ACC-90030"],
    },
}
"""Records that a real EHR has, by id. Numbers from ECW-90000 on are given to nobody else."""


def sandbox_ehr() -> Iterator[EhrPatient]:
    """Everybody whom the made-up EHR knows."""
    for person in _PUBLISHED:
        yield _told(person, str(person.external_id))
    for id_, members in _ODD.items():
        yield EhrPatient.told(ExternalId(id_), updated_at=_UPDATED_AT, **members)
    known = (person for person in synthetic_people(DEMO_PEOPLE) if person.external_id is not None)
    for place, person in enumerate(known):
        yield _told(person, str(person.external_id), has_moved=place % _MOVES_EVERY == 0)
    newcomers = synthetic_people(NEWCOMERS + 3, seed=_NEWCOMERS_SEED)
    # The first three are the same for every seed, and the demo has them.
    for number, person in zip(count(-3), newcomers, strict=False):
        if number >= 0:
            yield _told(person, f"ECW-{500_000 + number}", account=f"ACC-{70_000 + number}")


def _told(
    person: SyntheticPerson, id_: str, *, account: str | None = None, has_moved: bool = False
) -> EhrPatient:
    home = _NEW_HOME if has_moved else person.address or {}
    return EhrPatient.told(
        ExternalId(id_),
        known_as=[account] if account else [],
        first_name=person.first_name,
        last_name=person.last_name,
        date_of_birth=person.date_of_birth,
        gender=person.gender,
        phone=person.phone,
        email=person.email,
        line1=home.get("line1"),
        line2=home.get("line2"),
        city=home.get("city"),
        state=home.get("state"),
        zip_=home.get("zip"),
        updated_at=_MOVED_AT if has_moved else _UPDATED_AT,
    )
