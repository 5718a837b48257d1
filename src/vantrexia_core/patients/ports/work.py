"""Units of work and desks: what a use case can reach, and where it begins."""

from typing import Protocol

from vantrexia_core.audit import Desk, RecordedWork
from vantrexia_core.identity import StandingDesk
from vantrexia_core.patients.ports.bulk import ExportStore, FileImportStore
from vantrexia_core.patients.ports.duplicates import MergeStore, SuspicionStore, UncomparedStore
from vantrexia_core.patients.ports.indexes import Candidacy, PatientDirectory
from vantrexia_core.patients.ports.records import PatientStore


class PatientWork(RecordedWork, Protocol):
    """The unit of work of this context."""

    @property
    def patients(self) -> PatientStore:
        """The practice's records, inside this transaction."""
        ...

    @property
    def merges(self) -> MergeStore:
        """The merges of records, inside this transaction."""
        ...

    @property
    def suspicions(self) -> SuspicionStore:
        """The pairs of records that may be one person, inside this transaction."""
        ...

    @property
    def file_imports(self) -> FileImportStore:
        """The files that the practice takes in, inside this transaction."""
        ...

    @property
    def uncompared(self) -> UncomparedStore:
        """The records that are to be compared later, inside this transaction."""
        ...

    @property
    def exports(self) -> ExportStore:
        """The practice's exports, inside this transaction."""
        ...


class PatientDesk(Desk[PatientWork], Protocol):
    """Where patients' work is begun."""

    @property
    def directory(self) -> PatientDirectory:
        """The practice's directory."""
        ...


class ExportDesk(PatientDesk, StandingDesk, Protocol):
    """Where records leave in bulk, for so long that who asked for them must be looked up again."""


class MatchingDesk(PatientDesk, Protocol):
    """Where records are made and changed, and so compared with those that are there."""

    @property
    def candidacy(self) -> Candidacy:
        """Whom of the practice somebody may be."""
        ...
