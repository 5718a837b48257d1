"""Open directories, kept in the memory of a process and fresh at every question."""

from vantrexia_adapters.directory.keeper import (
    MEMORY_BYTES_MAX,
    PATIENTS_MAX,
    DirectoryFigures,
    DirectoryFullError,
    DirectoryKeeper,
)

__all__ = ["MEMORY_BYTES_MAX", "PATIENTS_MAX", "DirectoryFigures", "DirectoryFullError", "DirectoryKeeper"]
