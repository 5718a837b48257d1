"""Who may do what: one table, default deny.

The table is the product's published role matrix, cut down to the capabilities that exist. A permission that
is not listed for a role is refused; a new capability starts with nobody. A generated page shows the table.

Programs of other systems have no role. Each call of theirs comes with a mandate, made from the scopes that
were granted to it, and no mandate reaches beyond `MACHINE_PERMISSIONS`.

Somebody who has declared an emergency may look at more for a while (45 CFR 164.312(a)(2)(ii)): at what
`EMERGENCY_PERMISSIONS` names, and change no more than before.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias

import attrs

from vantrexia_core.kernel.errors import InsufficientScopeError, PermissionDeniedError
from vantrexia_core.kernel.identifiers import PatientId, PracticeId, RequestId, SessionId, UserId
from vantrexia_core.kernel.people import Email


class Role(Enum):
    """What a workforce member is employed as; the last one is the patient themself."""

    ADMIN = "admin"
    CLINICAL_MANAGER = "clinical_manager"
    PROVIDER = "provider"
    NURSE = "nurse"
    MA = "ma"
    DATA_MONITOR = "data_monitor"
    BILLING_MANAGER = "billing_manager"
    PATIENT = "patient"


class Machine(Enum):
    """What acts where nobody does: a program of another system (SMART Backend Services)."""

    CLIENT = "machine_client"


ActingRole: TypeAlias = Role | Machine
"""The role in which a person or a program acts."""


def acting_role(word: str) -> ActingRole:
    """The role that a word in the trail stands for.

    Raises:
        ValueError: no role is written like this.
    """
    return Machine(word) if word == Machine.CLIENT.value else Role(word)


class Permission(Enum):
    """One capability each. The value is how the reference page names it."""

    VIEW_PATIENTS = "Patients: list and read with PHI"
    WRITE_PATIENTS = "Patients: create and update"
    ARCHIVE_PATIENTS = "Patients: archive and unarchive"
    DELETE_PATIENTS = "Patients: soft-delete"
    VIEW_DELETED_PATIENTS = "Patients: view deleted"
    RESTORE_PATIENTS = "Patients: restore deleted"
    EXPORT_PATIENTS = "Patients: export in bulk"
    IMPORT_PATIENTS = "Patients: search in eClinicalWorks and import"
    VIEW_USERS = "Users: list and read the practice's accounts"
    MANAGE_USERS = "Users: create, change and unlock accounts"
    MANAGE_CLIENTS = "Machine clients: register, change keys, revoke"
    VIEW_DUPLICATES = "Duplicates: list and compare"
    DECIDE_DUPLICATES = "Duplicates: decide"
    MERGE_PATIENTS = "Patients: merge, and undo a merge"
    READ_TRAIL = "Audit trail: read and export"
    ACCOUNT_FOR_DISCLOSURES = "Patients: account for disclosures"
    BREAK_GLASS = "Emergency access: declare an emergency"
    REVIEW_EMERGENCIES = "Emergency access: see who declared one, and why"
    MANAGE_KEYS = "Keys: rotate, re-encrypt, retire and destroy (at the console)"
    BACK_UP = "Backups: take and restore (at the console)"
    OWN_ACCOUNT = "Own account: profile, password, second factor, signing out"


class Reach(Enum):
    """How far a granted permission reaches."""

    PRACTICE = "every record of the actor's practice"
    OWN = "what is the actor's own: the account, and for a patient the record linked to it"


_ADMIN, _MANAGERS = {Role.ADMIN}, {Role.ADMIN, Role.CLINICAL_MANAGER}
_CLINICIANS = _MANAGERS | {Role.PROVIDER, Role.NURSE}
_CARE = _CLINICIANS | {Role.MA}
_READERS = _CARE | {Role.DATA_MONITOR, Role.BILLING_MANAGER}


def _granted(practice_wide: Iterable[Role] = (), *, own: Iterable[Role] = ()) -> Mapping[Role, Reach]:
    """One row, read-only like the table: nobody is granted anything at run time."""
    return MappingProxyType(dict.fromkeys(practice_wide, Reach.PRACTICE) | dict.fromkeys(own, Reach.OWN))


GRANTS: Final[Mapping[Permission, Mapping[Role, Reach]]] = MappingProxyType(
    {
        Permission.VIEW_PATIENTS: _granted(_READERS, own={Role.PATIENT}),
        Permission.WRITE_PATIENTS: _granted(_CARE),
        Permission.ARCHIVE_PATIENTS: _granted(_CLINICIANS),
        Permission.DELETE_PATIENTS: _granted(_MANAGERS),
        Permission.VIEW_DELETED_PATIENTS: _granted(_ADMIN),
        Permission.RESTORE_PATIENTS: _granted(_ADMIN),
        Permission.EXPORT_PATIENTS: _granted(_ADMIN),
        Permission.IMPORT_PATIENTS: _granted(_MANAGERS | {Role.PROVIDER}),
        Permission.VIEW_DUPLICATES: _granted(_CARE),
        Permission.DECIDE_DUPLICATES: _granted(_MANAGERS),
        Permission.MERGE_PATIENTS: _granted(_MANAGERS),
        Permission.VIEW_USERS: _granted(_MANAGERS),
        Permission.MANAGE_USERS: _granted(_ADMIN),
        Permission.MANAGE_CLIENTS: _granted(_ADMIN),
        Permission.READ_TRAIL: _granted(_ADMIN),
        Permission.ACCOUNT_FOR_DISCLOSURES: _granted(_ADMIN),
        Permission.BREAK_GLASS: _granted(_READERS),
        Permission.REVIEW_EMERGENCIES: _granted(_ADMIN),
        Permission.MANAGE_KEYS: _granted(_ADMIN),
        Permission.BACK_UP: _granted(_ADMIN),
        Permission.OWN_ACCOUNT: _granted(own=Role),
    }
)


MACHINE_PERMISSIONS: Final = frozenset(
    {
        Permission.VIEW_PATIENTS,
        Permission.WRITE_PATIENTS,
        Permission.DELETE_PATIENTS,
        Permission.EXPORT_PATIENTS,
        Permission.READ_TRAIL,
    }
)
"""All that a program can be permitted, whatever its scopes say: nothing that decides about people."""


class Purpose(Enum):
    """Why somebody acts, where it is not their everyday work (HL7 v3 PurposeOfUse).

    The values are part of the trail's format: append, never rename.
    """

    EMERGENCY_TREATMENT = "etreat"


EMERGENCY_PERMISSIONS: Final = frozenset(
    {Permission.VIEW_PATIENTS, Permission.VIEW_DELETED_PATIENTS, Permission.VIEW_DUPLICATES}
)
"""What an emergency adds to a role: every record of the practice can be seen, and none changed.

Only for those who may declare one: `Permission.BREAK_GLASS`.
"""


@attrs.frozen
class Mandate:
    """What a machine client may do in one call: permissions, each for one action of the trail.

    ``client_version`` is the version that the client had when it was recognised. If it has another one later,
    the client was changed meanwhile.
    """

    granted: frozenset[tuple[Permission, Enum]]
    client_version: int = 0


@attrs.frozen
class Origin:
    """Where a call came from, for the trail: nothing here decides anything."""

    request_id: RequestId | None = None
    address: str | None = None


@attrs.frozen
class Actor:
    """Who acts in this call: a workforce member of one practice, a patient with an account, or a program.

    ``email`` is shown where the published API names people by address (``archived_by``).
    ``patient_id`` is the linked record of a patient account and None for staff. ``session_id`` is the
    sign-in behind this call; a command at the console has none. A machine client has a number of its own in
    ``user_id`` (see `MACHINE_NUMBERS_FROM`) and a ``mandate``, which is None for everybody else. ``purpose``
    is set while an emergency lasts that was declared in this session, and None otherwise.
    """

    user_id: UserId
    role: ActingRole
    practice_id: PracticeId
    email: Email
    patient_id: PatientId | None = None
    origin: Origin = Origin()
    session_id: SessionId | None = None
    mandate: Mandate | None = None
    purpose: Purpose | None = None

    def require(self, permission: Permission, action: Enum | None = None) -> Reach:
        """How far a permission reaches for this actor, who is about to attempt ``action``.

        For people the role and the permission decide. For a machine client the action counts too: its scopes
        permit single interactions.

        Raises:
            PermissionDeniedError: the actor's role does not have it.
            InsufficientScopeError: the machine client's scopes do not name it.
        """
        if isinstance(self.role, Machine):
            return _reach_of_machine(self.mandate, permission, action)
        reach = GRANTS[permission].get(self.role)
        if self._is_in_emergency and permission in EMERGENCY_PERMISSIONS:
            return Reach.PRACTICE
        if reach is None:
            raise PermissionDeniedError
        return reach

    @property
    def _is_in_emergency(self) -> bool:
        """The role is checked again, whoever made this actor: patients cannot declare an emergency."""
        return self.purpose is Purpose.EMERGENCY_TREATMENT and self.role in GRANTS[Permission.BREAK_GLASS]


def _reach_of_machine(mandate: Mandate | None, permission: Permission, action: Enum | None) -> Reach:
    if (
        mandate is None
        or permission not in MACHINE_PERMISSIONS
        or (permission, action) not in mandate.granted
    ):
        raise InsufficientScopeError
    return Reach.PRACTICE
