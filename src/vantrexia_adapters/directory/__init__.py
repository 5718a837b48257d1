"""Open directories and indexes of candidates, kept in the memory of a process and fresh at every question."""

from vantrexia_adapters.directory.candidates import CandidateKeeper
from vantrexia_adapters.directory.keeper import DirectoryKeeper
from vantrexia_adapters.directory.keeping import (
    PATIENTS_MAX,
    DirectoryFigures,
    DirectoryFullError,
)

__all__ = [
    "PATIENTS_MAX",
    "CandidateKeeper",
    "DirectoryFigures",
    "DirectoryFullError",
    "DirectoryKeeper",
]
