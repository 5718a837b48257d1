"""Rosters that are held to the contract: each over the same few patients of another system."""

from collections.abc import Callable, Mapping
from functools import cache

from tests.adapters.ecw.server import FakeEcw, a_record
from tests.adapters.ecw.site import Site, a_client_key
from vantrexia_adapters.memory import MemoryRoster
from vantrexia_contracts.rosters import jane, john
from vantrexia_core.ehr import EhrRoster


@cache
def _ecw() -> EhrRoster:
    """One server for the whole run, in a daemon thread: it ends with the process."""
    jane_there = a_record(
        "ECW-12345",
        "ACC-1",
        "ACC-7",
        meta={"lastUpdated": "2026-02-01T10:15:00+01:00"},
        name=[{"use": "official", "family": "Okonkwo", "given": ["Jane"]}],
        birthDate="1958-03-15",
        gender="female",
        telecom=[
            {"system": "phone", "value": "555-0101", "use": "home"},
            {"system": "email", "value": "jane.okonkwo@example.org"},
        ],
        address=[
            {
                "use": "home",
                "line": ["123 Main St", "Apt 4B"],
                "city": "Springfield",
                "state": "IL",
                "postalCode": "62704",
            }
        ],
    )
    number = {"type": {"coding": [{"code": "MR"}]}, "value": "ECW-MRN-1"}
    jane_there["identifier"].append(number)
    john_there = a_record("ECW-67890", "ACC-7", name=[{"family": "Okonjo", "given": ["John"]}])
    return Site(FakeEcw(lambda: a_client_key().published(), [jane_there, john_there]).__enter__()).roster


ROSTERS: Mapping[str, Callable[[], EhrRoster]] = {
    "memory": lambda: MemoryRoster([jane(), john()]),
    "ecw": _ecw,
}
