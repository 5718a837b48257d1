"""The one place where the parts meet: settings in, a service out.

``open_service`` is the front door for an embedding program and for every command. It refuses to start on
anything that could lose data quietly: a database without its key ring, another database's key ring, a schema
that is older or newer than this version knows.
"""

from vantrexia_adapters.assembly.assembled import Service
from vantrexia_adapters.assembly.ehr import client_keys, published_keys
from vantrexia_adapters.assembly.founding import (
    HOME_PRACTICE_NAME,
    check_founded,
    has_practice,
    migrate_database,
)
from vantrexia_adapters.assembly.key_rings import RingKeeper, key_encryption_key
from vantrexia_adapters.assembly.opening import open_service, restore_place
from vantrexia_adapters.assembly.refusals import (
    DatabaseMissingError,
    NoPracticeError,
    RestoreUnfinishedError,
    StartRefusedError,
)

__all__ = [
    "HOME_PRACTICE_NAME",
    "DatabaseMissingError",
    "NoPracticeError",
    "RestoreUnfinishedError",
    "RingKeeper",
    "Service",
    "StartRefusedError",
    "check_founded",
    "client_keys",
    "has_practice",
    "key_encryption_key",
    "migrate_database",
    "open_service",
    "published_keys",
    "restore_place",
]
