"""What happens to the trail itself, in the past tense: it is read, handed out, copied and restored.

Reading it is recorded like reading anything else.
"""

from typing import ClassVar

import attrs

from vantrexia_core.audit.entry import Action, Fact


@attrs.frozen
class TrailRead(Fact):
    """A page of the trail was shown."""

    action: ClassVar[Action] = Action.TRAIL_READ


@attrs.frozen
class TrailExported(Fact):
    """Entries of the trail were handed out as a file."""

    action: ClassVar[Action] = Action.TRAIL_EXPORT


@attrs.frozen
class BackupStarted(Fact):
    """Everything that is stored is about to be copied."""

    action: ClassVar[Action] = Action.BACKUP_START


@attrs.frozen
class BackupTaken(Fact):
    """A backup is whole and was read again; it holds as many entries as ``version`` says."""

    action: ClassVar[Action] = Action.BACKUP


@attrs.frozen
class BackupRestored(Fact):
    """The database was filled from a backup of as many entries as ``version`` says."""

    action: ClassVar[Action] = Action.BACKUP_RESTORE


@attrs.frozen
class TrailRolledBack(Fact):
    """Entries up to the number ``version`` had been signed for, and this one and those after replace them."""

    action: ClassVar[Action] = Action.TRAIL_ROLLBACK
