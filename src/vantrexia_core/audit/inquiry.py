"""What an auditor asks the trail, and what it means: the definition that every store answers to."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Final

import attrs

from vantrexia_core.audit.entry import Action, AuditEntry
from vantrexia_core.kernel import PatientId, Purpose, UserId


class Resource(Enum):
    """What kind of thing an action is about."""

    PATIENT = "patient"
    USER = "user"
    CLIENT = "client"
    AUDIT_LOG = "audit_log"
    KEY = "key"
    BACKUP = "backup"


RESOURCE_OF: Final[Mapping[Action, Resource]] = MappingProxyType(
    {
        Action.CREATE: Resource.PATIENT,
        Action.READ: Resource.PATIENT,
        Action.LIST: Resource.PATIENT,
        Action.UPDATE: Resource.PATIENT,
        Action.ARCHIVE: Resource.PATIENT,
        Action.UNARCHIVE: Resource.PATIENT,
        Action.DELETE: Resource.PATIENT,
        Action.RESTORE: Resource.PATIENT,
        Action.LIST_ARCHIVED: Resource.PATIENT,
        Action.LIST_DELETED: Resource.PATIENT,
        Action.READ_VERSION: Resource.PATIENT,
        Action.LIST_VERSIONS: Resource.PATIENT,
        Action.EXPORT_START: Resource.PATIENT,
        Action.EXPORT_READ: Resource.PATIENT,
        Action.EXPORT: Resource.PATIENT,
        Action.EXPORT_END: Resource.PATIENT,
        Action.IMPORT: Resource.PATIENT,
        Action.IMPORT_START: Resource.PATIENT,
        Action.IMPORT_PREVIEW: Resource.PATIENT,
        Action.IMPORT_READ: Resource.PATIENT,
        Action.EHR_SEARCH: Resource.PATIENT,
        Action.MATCH: Resource.PATIENT,
        Action.MATCH_SWEEP: Resource.PATIENT,
        Action.DUPLICATE_LIST: Resource.PATIENT,
        Action.DUPLICATE_READ: Resource.PATIENT,
        Action.DUPLICATE_DECIDE: Resource.PATIENT,
        Action.MERGE: Resource.PATIENT,
        Action.UNMERGE: Resource.PATIENT,
        Action.MERGE_READ: Resource.PATIENT,
        Action.DIFFERENCES_OVERRULE: Resource.PATIENT,
        Action.LOGIN_SUCCESS: Resource.USER,
        Action.LOGIN_FAILED: Resource.USER,
        Action.ACCOUNT_LOCKED: Resource.USER,
        Action.ACCOUNT_UNLOCKED: Resource.USER,
        Action.ACCOUNT_FORGED: Resource.USER,
        Action.LOGOUT: Resource.USER,
        Action.TOKEN_REFRESHED: Resource.USER,
        Action.TOKEN_REUSE_DETECTED: Resource.USER,
        Action.PASSWORD_CHANGED: Resource.USER,
        Action.PASSWORD_RESET_REQUESTED: Resource.USER,
        Action.PASSWORD_RESET_COMPLETED: Resource.USER,
        Action.TWO_FACTOR_STARTED: Resource.USER,
        Action.TWO_FACTOR_ENABLED: Resource.USER,
        Action.TWO_FACTOR_DISABLED: Resource.USER,
        Action.TWO_FACTOR_FAILED: Resource.USER,
        Action.PROFILE_READ: Resource.USER,
        Action.PROFILE_UPDATE: Resource.USER,
        Action.USER_READ: Resource.USER,
        Action.USER_CREATE: Resource.USER,
        Action.USER_UPDATE: Resource.USER,
        Action.USER_LIST: Resource.USER,
        Action.EMERGENCY_DECLARE: Resource.USER,
        Action.EMERGENCY_LIST: Resource.USER,
        Action.SESSIONS_END: Resource.USER,
        Action.TRAIL_READ: Resource.AUDIT_LOG,
        Action.TRAIL_EXPORT: Resource.AUDIT_LOG,
        Action.ACCOUNTING: Resource.AUDIT_LOG,
        Action.KEY_PREPARE: Resource.KEY,
        Action.KEY_ROTATE: Resource.KEY,
        Action.KEY_REENCRYPT_START: Resource.KEY,
        Action.KEY_REENCRYPT: Resource.KEY,
        Action.KEY_RETIRE: Resource.KEY,
        Action.KEY_DESTROY: Resource.KEY,
        Action.KEY_REWRAP: Resource.KEY,
        Action.PRACTICE_DESTROY_ORDER: Resource.KEY,
        Action.PRACTICE_DESTROY: Resource.KEY,
        Action.BACKUP_START: Resource.BACKUP,
        Action.BACKUP: Resource.BACKUP,
        Action.BACKUP_RESTORE: Resource.BACKUP,
        Action.TRAIL_ROLLBACK: Resource.AUDIT_LOG,
        Action.CLIENT_REGISTER: Resource.CLIENT,
        Action.CLIENT_LIST: Resource.CLIENT,
        Action.CLIENT_UPDATE: Resource.CLIENT,
        Action.CLIENT_REVOKE: Resource.CLIENT,
    }
)
"""Total over the actions: a new one says what it is about."""


@attrs.frozen
class Inquiry:
    """Which entries are asked for. Conditions that are None are not asked; all others must hold.

    ``actor_id`` is who acted. ``patient_id`` finds what was done to a patient and whatever showed them, lists
    included; ``subject_id`` only what was done to them; ``shown_ids`` only what showed one of these.
    ``account_id`` is the account that was acted upon. ``purpose`` finds what was done in emergencies.
    ``since`` is the first moment that counts, ``before`` the first that does not.
    """

    actor_id: UserId | None = None
    action: Action | None = None
    resource: Resource | None = None
    patient_id: PatientId | None = None
    subject_id: PatientId | None = None
    shown_ids: tuple[PatientId, ...] | None = None
    account_id: UserId | None = None
    address: str | None = None
    purpose: Purpose | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def actions(self) -> frozenset[Action] | None:
        """The actions that can answer, where that is asked about."""
        if self.action is None and self.resource is None:
            return None
        return frozenset(
            action
            for action, resource in RESOURCE_OF.items()
            if self.action in {None, action} and self.resource in {None, resource}
        )

    def is_answered_by(self, entry: AuditEntry) -> bool:
        """Whether the entry is one of those asked for."""
        return (
            self.actor_id in {None, entry.actor_id}
            and (self.actions is None or entry.action in self.actions)
            and (self.patient_id in {None, entry.patient_id} or self.patient_id in entry.disclosed)
            and self.subject_id in {None, entry.patient_id}
            and (self.shown_ids is None or not set(self.shown_ids).isdisjoint(entry.disclosed))
            and self.account_id in {None, entry.user_id}
            and self.address in {None, entry.address}
            and self.purpose in {None, entry.purpose}
            and (self.since is None or entry.at >= self.since)
            and (self.before is None or entry.at < self.before)
        )
