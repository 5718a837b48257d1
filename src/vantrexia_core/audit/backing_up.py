"""Backups on the trail: recorded before anything is copied, and once a copy is whole."""

from vantrexia_core.audit.entry import Action
from vantrexia_core.audit.facts import BackupStarted, BackupTaken
from vantrexia_core.audit.ports import Desk, RecordedWork
from vantrexia_core.audit.recording import Attempt, undertake
from vantrexia_core.kernel import Actor, Permission


def start_backup(desk: Desk[RecordedWork], actor: Actor) -> None:
    """Record that everything of the actor's practice is about to be copied: no trail, no copy.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        AuditUnavailableError: the trail cannot be written.
    """
    with undertake(desk, Attempt(actor, Action.BACKUP_START, Permission.BACK_UP)) as deed:
        deed.finish(BackupStarted(), None)


def end_backup(desk: Desk[RecordedWork], actor: Actor, size: int) -> None:
    """Record that a backup with ``size`` entries of the trail is whole.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        AuditUnavailableError: the trail cannot be written.
    """
    with undertake(desk, Attempt(actor, Action.BACKUP, Permission.BACK_UP)) as deed:
        deed.finish(BackupTaken(version=size), None)
