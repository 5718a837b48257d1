"""What keys are for, and what is stored under versions of them that are not the newest."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Final

import attrs


class Purpose(Enum):
    """What a root key may be used for; every purpose has keys of its own."""

    FIELD = "field"
    """Sealing single fields of records."""
    INDEX = "index"
    """Keyed digests for exact look-up. Whoever holds it can try all social security numbers in minutes."""
    DIRECTORY = "directory"
    """Sealing snapshots of directories, which can be thrown away with their key at any time."""
    ACCOUNT = "account"
    """Binding accounts' rows, and the pepper of passwords. Whoever holds it can forge an account."""
    TOKEN = "token"  # noqa: S105 - the purpose's name, not a secret
    """Signing access and refresh tokens."""
    CHECKPOINT = "checkpoint"
    """Signing the state of the audit trail."""


DEPLOYMENT_ONLY: Final = frozenset({Purpose.ACCOUNT, Purpose.TOKEN, Purpose.CHECKPOINT})
"""Purposes for which no practice has keys of its own.

Index keys exist for practices and for the deployment.
"""


@attrs.frozen
class Need:
    """How many rows of a table are sealed under a version of a key that is not the newest."""

    table: str
    version: int
    rows: int


@attrs.frozen
class Statement:
    """What still needs an older version of a key, counted at one moment over everything that is stored."""

    purpose: Purpose
    active: int
    needs: Sequence[Need]
    at: datetime

    @property
    def is_clear(self) -> bool:
        """Whether nothing needs any version but the newest."""
        return not self.needs

    def rows_of(self, version: int) -> int:
        """How many rows need this version."""
        return sum(need.rows for need in self.needs if need.version == version)
