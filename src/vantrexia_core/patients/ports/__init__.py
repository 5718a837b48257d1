"""What the patients' use cases need from the world."""

from vantrexia_core.patients.ports.bulk import ExportStore, FileImportStore
from vantrexia_core.patients.ports.duplicates import MergeStore, Noted, SuspicionStore, UncomparedStore
from vantrexia_core.patients.ports.indexes import (
    Candidacy,
    CandidateStore,
    DirectoryHead,
    DirectoryStore,
    IndexStore,
    Known,
    PatientDirectory,
    SearchTokens,
)
from vantrexia_core.patients.ports.records import (
    Asked,
    ExternalIdTakenError,
    Holder,
    MrnTakenError,
    PatientStore,
    Sighting,
)
from vantrexia_core.patients.ports.work import ExportDesk, MatchingDesk, PatientDesk, PatientWork

__all__ = [
    "Asked",
    "Candidacy",
    "CandidateStore",
    "DirectoryHead",
    "DirectoryStore",
    "ExportDesk",
    "ExportStore",
    "ExternalIdTakenError",
    "FileImportStore",
    "Holder",
    "IndexStore",
    "Known",
    "MatchingDesk",
    "MergeStore",
    "MrnTakenError",
    "Noted",
    "PatientDesk",
    "PatientDirectory",
    "PatientStore",
    "PatientWork",
    "SearchTokens",
    "Sighting",
    "SuspicionStore",
    "UncomparedStore",
]
