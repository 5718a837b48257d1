"""Every port has a contract that tests hold its adapters to, and at least two adapters to compare."""

import importlib
import inspect
import re
from pathlib import Path
from types import FunctionType

import attrs
import pytest

from tests.architecture.source import modules
from tests.comparing import PlainTexts
from tests.credentials import QuickPasswords, QuickTokens
from tests.ledger import OneKey
from tests.sources import CountedIds, CountedSecrets, ManualClock
from vantrexia_adapters.checkpoints import ExportedTrail, FolderCheckpoints
from vantrexia_adapters.crypto import (
    AesGcmFieldCipher,
    AesGcmSnapshotCipher,
    Argon2Passwords,
    AwsKmsKeyWrapper,
    Ed25519SigningKey,
    FileKeyWrapper,
    HmacBlindIndex,
    HmacRowSeal,
    RingCheckpointKeys,
    TransitKeyWrapper,
)
from vantrexia_adapters.custody import RingCustody
from vantrexia_adapters.directory import CandidateKeeper, DirectoryKeeper
from vantrexia_adapters.ecw import EcwRoster
from vantrexia_adapters.mail import OutboxMailer, SmtpMailer
from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
from vantrexia_adapters.memory import MemoryDesk, MemoryRateStore, MemoryRoster, MemoryWork
from vantrexia_adapters.memory.audit import MemoryTrail, MemoryTrailSource
from vantrexia_adapters.memory.checkpoints import MemoryCheckpoints
from vantrexia_adapters.memory.clients import MemoryClients, MemoryClientStore, MemoryUsedAssertions
from vantrexia_adapters.memory.desk import MemorySignInWork
from vantrexia_adapters.memory.directory import MemoryCandidateStore, MemoryDirectoryStore
from vantrexia_adapters.memory.ehr import MemoryEhrRecords, MemoryImportJobs
from vantrexia_adapters.memory.emergencies import MemoryEmergencies, MemoryEmergencyNotices
from vantrexia_adapters.memory.exports import MemoryExports
from vantrexia_adapters.memory.file_imports import MemoryFileImports
from vantrexia_adapters.memory.identity import (
    MemoryAccounts,
    MemoryLockouts,
    MemorySessions,
    MemorySignIns,
    MemoryUsers,
)
from vantrexia_adapters.memory.merges import MemoryMerges
from vantrexia_adapters.memory.patients import MemoryPatients
from vantrexia_adapters.memory.receipts import MemoryReceipts
from vantrexia_adapters.memory.resets import MemoryResetRequests, MemoryResetTokens
from vantrexia_adapters.memory.search_tokens import MemorySearchTokens
from vantrexia_adapters.memory.second_factors import MemorySecondFactors
from vantrexia_adapters.memory.suspicions import MemorySuspicions
from vantrexia_adapters.memory.trail_search import MemoryTrailSearch
from vantrexia_adapters.memory.uncompared import MemoryUncompared
from vantrexia_adapters.redis import RedisRateStore
from vantrexia_adapters.smart import SmartClientProofs
from vantrexia_adapters.sql import SqlDesk, SqlRateStore, SqlSignInWork, SqlTrailSource, SqlWork
from vantrexia_adapters.sql.audit import SqlTrail
from vantrexia_adapters.sql.candidates import SqlCandidateStore
from vantrexia_adapters.sql.clients import SqlClients, SqlClientStore, SqlUsedAssertions
from vantrexia_adapters.sql.directory import SqlDirectoryStore
from vantrexia_adapters.sql.ehr import SqlEhrRecords, SqlImportJobs, SqlImportQueue
from vantrexia_adapters.sql.emergencies import SqlEmergencies, SqlEmergencyNotices
from vantrexia_adapters.sql.exports import SqlExports
from vantrexia_adapters.sql.file_imports import SqlFileImports
from vantrexia_adapters.sql.identity import SqlAccounts, SqlSignIns, SqlUsers
from vantrexia_adapters.sql.lockouts import SqlLockouts
from vantrexia_adapters.sql.merges import SqlMerges
from vantrexia_adapters.sql.patients import SqlPatients
from vantrexia_adapters.sql.receipts import SqlReceipts
from vantrexia_adapters.sql.resets import SqlResetRequests, SqlResetTokens
from vantrexia_adapters.sql.search_tokens import SqlSearchTokens
from vantrexia_adapters.sql.second_factors import SqlSecondFactors
from vantrexia_adapters.sql.sessions import SqlSessions
from vantrexia_adapters.sql.suspicions import SqlSuspicions
from vantrexia_adapters.sql.trail_search import SqlTrailSearch
from vantrexia_adapters.sql.uncompared import SqlUncompared
from vantrexia_adapters.system import RandomIds, RandomSecrets, SystemClock
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.ehr import NoRoster
from vantrexia_core.identity import NoClientProofs

TESTS = Path(__file__).parents[1]


@attrs.frozen
class Held:
    """What holds a port: the test file, the adapters, and why there is only one if so."""

    contract: str
    adapters: tuple[type[object], ...]
    alone_because: str = ""


PORTS = {
    "Clock": Held("contracts/test_sources.py", (SystemClock, ManualClock)),
    "IdSource": Held("contracts/test_sources.py", (RandomIds, CountedIds)),
    "AuditTrail": Held("contracts/test_audit.py", (MemoryTrail, SqlTrail)),
    "Receipts": Held("contracts/test_receipts.py", (MemoryReceipts, SqlReceipts)),
    "RecordedWork": Held("contracts/test_work.py", (MemoryWork, SqlWork)),
    "Desk": Held("contracts/test_work.py", (MemoryDesk, SqlDesk)),
    "TrailSearch": Held("contracts/test_trail_search.py", (MemoryTrailSearch, SqlTrailSearch)),
    "TrailWork": Held("contracts/test_trail_search.py", (MemoryWork, SqlWork)),
    "VersionWork": Held("contracts/test_versions.py", (MemoryWork, SqlWork)),
    "DisclosureWork": Held("contracts/test_trail_search.py", (MemoryWork, SqlWork)),
    "TrailSource": Held("contracts/test_trail_source.py", (MemoryTrailSource, SqlTrailSource, ExportedTrail)),
    "CheckpointStore": Held("contracts/test_checkpoints.py", (MemoryCheckpoints, FolderCheckpoints)),
    "CheckpointKeys": Held("adapters/crypto/test_checkpoint_keys.py", (RingCheckpointKeys, OneKey)),
    "SigningKey": Held(
        "vectors/test_audit_vectors.py",
        (Ed25519SigningKey,),
        "what a second one would sign is what this one signs: Ed25519 is deterministic",
    ),
    "FieldCipher": Held(
        "adapters/crypto/test_field_cipher.py",
        (AesGcmFieldCipher,),
        "memory does not seal, and a second cipher for the tests alone would prove nothing about the first",
    ),
    "BlindIndex": Held(
        "adapters/crypto/test_blind_index.py", (HmacBlindIndex,), "as the cipher: memory digests nothing"
    ),
    "RowSeal": Held(
        "adapters/crypto/test_row_seal.py", (HmacRowSeal,), "as the cipher: memory is written by nobody else"
    ),
    "KeyWrapper": Held(
        "adapters/crypto/test_key_wrapper.py",
        (FileKeyWrapper, AwsKmsKeyWrapper, TransitKeyWrapper),
    ),
    "Passwords": Held("contracts/test_credentials.py", (Argon2Passwords, QuickPasswords)),
    "ClientStore": Held("contracts/test_clients.py", (MemoryClientStore, SqlClientStore)),
    "Clients": Held("contracts/test_clients.py", (MemoryClients, SqlClients)),
    "UsedAssertions": Held("contracts/test_clients.py", (MemoryUsedAssertions, SqlUsedAssertions)),
    "ClientWork": Held("contracts/test_clients.py", (MemoryWork, SqlWork)),
    "ClientDesk": Held("contracts/test_clients.py", (MemoryDesk, SqlDesk)),
    "ClientProofs": Held("web/test_machine_clients.py", (SmartClientProofs, NoClientProofs)),
    "Tokens": Held("contracts/test_credentials.py", (JwtTokens, QuickTokens)),
    "UserStore": Held("contracts/test_identity.py", (MemoryUsers, SqlUsers)),
    "Accounts": Held("contracts/test_identity.py", (MemoryAccounts, SqlAccounts)),
    "SignInWork": Held("contracts/test_audit.py", (MemorySignInWork, SqlSignInWork)),
    "SignInStore": Held("contracts/test_sessions.py", (MemorySignIns, SqlSignIns)),
    "SessionStore": Held("contracts/test_sessions.py", (MemorySessions, SqlSessions)),
    "Lockouts": Held("contracts/test_lockouts.py", (MemoryLockouts, SqlLockouts)),
    "UserWork": Held("contracts/test_identity.py", (MemoryWork, SqlWork)),
    "UserDesk": Held("contracts/test_identity.py", (MemoryDesk, SqlDesk)),
    "AccountDesk": Held("contracts/test_identity.py", (MemoryDesk, SqlDesk)),
    "StandingDesk": Held("contracts/test_exports.py", (MemoryDesk, SqlDesk)),
    "SignInDesk": Held("contracts/test_identity.py", (MemoryDesk, SqlDesk)),
    "SecretSource": Held("contracts/test_sources.py", (RandomSecrets, CountedSecrets)),
    "SecondFactors": Held("contracts/test_second_factors.py", (MemorySecondFactors, SqlSecondFactors)),
    "CredentialWork": Held("contracts/test_sessions.py", (MemoryWork, SqlWork)),
    "FactorWork": Held("contracts/test_second_factors.py", (MemoryWork, SqlWork)),
    "EmergencyStore": Held("contracts/test_emergencies.py", (MemoryEmergencies, SqlEmergencies)),
    "EmergencyNotices": Held("contracts/test_emergencies.py", (MemoryEmergencyNotices, SqlEmergencyNotices)),
    "ResetTokens": Held("contracts/test_resets.py", (MemoryResetTokens, SqlResetTokens)),
    "ResetRequests": Held("contracts/test_resets.py", (MemoryResetRequests, SqlResetRequests)),
    "Mailer": Held("contracts/test_mailers.py", (OutboxMailer, SmtpMailer)),
    "PatientStore": Held("contracts/test_patients.py", (MemoryPatients, SqlPatients)),
    "FileImportStore": Held("contracts/test_file_imports.py", (MemoryFileImports, SqlFileImports)),
    "ExportStore": Held("contracts/test_exports.py", (MemoryExports, SqlExports)),
    "MergeStore": Held("contracts/test_merges.py", (MemoryMerges, SqlMerges)),
    "SuspicionStore": Held("contracts/test_suspicions.py", (MemorySuspicions, SqlSuspicions)),
    "IndexStore": Held("contracts/test_directory_store.py", (MemoryDirectoryStore, SqlDirectoryStore)),
    "UncomparedStore": Held("contracts/test_uncompared.py", (MemoryUncompared, SqlUncompared)),
    "CandidateStore": Held("contracts/test_candidates.py", (MemoryCandidateStore, SqlCandidateStore)),
    "Candidacy": Held(
        "contracts/test_candidates.py",
        (CandidateKeeper,),
        "one keeper over every store; it is held to a brute search over blocking keys",
    ),
    "ExportDesk": Held("contracts/test_exports.py", (MemoryDesk, SqlDesk)),
    "MatchingDesk": Held("contracts/test_candidates.py", (MemoryDesk, SqlDesk)),
    "DirectoryStore": Held("contracts/test_directory_store.py", (MemoryDirectoryStore, SqlDirectoryStore)),
    "PatientDirectory": Held(
        "contracts/test_directory.py",
        (DirectoryKeeper,),
        "one keeper over every store; the definition it is held to is the core's own",
    ),
    "SearchTokens": Held("contracts/test_search_tokens.py", (MemorySearchTokens, SqlSearchTokens)),
    "SnapshotCipher": Held(
        "contracts/test_directory_store.py", (AesGcmSnapshotCipher,), "as for the other ciphers"
    ),
    "RateStore": Held("contracts/test_throttling.py", (MemoryRateStore, SqlRateStore, RedisRateStore)),
    "Timed": Held("core/audit/test_repeating.py", (MemoryDesk, SqlDesk)),
    "PatientWork": Held("contracts/test_work.py", (MemoryWork, SqlWork)),
    "PatientDesk": Held("contracts/test_patients.py", (MemoryDesk, SqlDesk)),
    "EhrRecords": Held("contracts/test_ehr.py", (MemoryEhrRecords, SqlEhrRecords)),
    "ImportJobs": Held("contracts/test_ehr.py", (MemoryImportJobs, SqlImportJobs)),
    "ImportQueue": Held("contracts/test_ehr.py", (MemoryDesk, SqlImportQueue)),
    "EhrWork": Held("contracts/test_ehr.py", (MemoryWork, SqlWork)),
    "EhrDesk": Held("contracts/test_ehr.py", (MemoryDesk, SqlDesk)),
    "BackgroundDesk": Held("contracts/test_ehr.py", (MemoryDesk, SqlDesk)),
    "Texts": Held("contracts/test_matching.py", (RapidfuzzTexts, PlainTexts)),
    "PhoneNumbers": Held(
        "contracts/test_matching.py",
        (LibPhoneNumbers,),
        "the numbering plans of the world are a library's to know; a second one would know less",
    ),
    "KeyCustody": Held(
        "adapters/sql/test_resealing.py",
        (RingCustody,),
        "memory keeps nothing sealed: there is one ring, over both databases",
    ),
    "EhrRoster": Held("contracts/test_rosters.py", (MemoryRoster, EcwRoster, NoRoster)),
}


def _protocols() -> dict[str, type[object]]:
    return {
        name: value
        for module in modules("vantrexia_core")
        for name, value in vars(importlib.import_module(module.name)).items()
        if inspect.isclass(value)
        and getattr(value, "_is_protocol", False)
        and value.__module__ == module.name
    }


PROTOCOLS = _protocols()


def test_every_port_of_the_core_is_held() -> None:
    """A new port gets its contract and its adapters here, or the build says so."""
    assert set(PROTOCOLS) == set(PORTS)


@pytest.mark.parametrize("port", PORTS)
def test_a_port_has_a_contract_that_tests_something(port: str) -> None:
    """The file exists and holds tests."""
    contract = (TESTS / PORTS[port].contract).read_text(encoding="utf-8")
    assert "\ndef test_" in contract or re.search(r"^class Test\w+\(.*Contract\)", contract, re.MULTILINE)


@pytest.mark.parametrize("port", PORTS)
def test_a_port_has_two_adapters_or_a_reason(port: str) -> None:
    """One adapter alone shapes its port after itself."""
    held = PORTS[port]
    assert len(held.adapters) >= 2 or held.alone_because


@pytest.mark.parametrize(
    ("port", "adapter"), [(port, adapter) for port, held in PORTS.items() for adapter in held.adapters]
)
def test_an_adapter_has_every_member_of_its_port(port: str, adapter: type[object]) -> None:
    """Mypy compares the signatures where an adapter is used; here none can be left out."""
    members = {name for name in dir(PROTOCOLS[port]) if not name.startswith("_")}
    initialise = vars(adapter).get("__init__")
    assigned = initialise.__code__.co_names if isinstance(initialise, FunctionType) else ()
    assert members <= {*dir(adapter), *assigned}


@pytest.mark.parametrize("port", PORTS)
def test_a_port_is_read_only(port: str) -> None:
    """Members are methods or properties: a mutable attribute is invariant, so mypy would refuse adapters."""
    assert vars(PROTOCOLS[port]).get("__annotations__", {}) == {}
