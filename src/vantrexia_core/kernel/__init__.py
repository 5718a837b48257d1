"""What every context shares: ids, the PHI wrapper, actors and their permissions, errors, paging.

Small files without behaviour of their own; nothing here knows what a patient is.
"""

from vantrexia_core.kernel.access import GRANTS, Actor, Origin, Permission, Reach, Role
from vantrexia_core.kernel.errors import (
    NON_FIELD,
    BrokenPromiseError,
    ConflictError,
    InvalidError,
    InvalidValueError,
    NotFoundError,
    NotSignedInError,
    PermissionDeniedError,
    StaleVersionError,
    UnavailableError,
    UndoneError,
    VantrexiaError,
)
from vantrexia_core.kernel.identifiers import (
    MergeId,
    PatientId,
    PracticeId,
    RequestId,
    SessionId,
    SuspicionId,
    TokenId,
    UserId,
)
from vantrexia_core.kernel.paging import (
    PAGE_NUMBER_MAX,
    PAGE_SIZE_DEFAULT,
    PAGE_SIZE_MAX,
    Page,
    PageRequest,
)
from vantrexia_core.kernel.people import (
    EMAIL_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    PHONE_PATTERN,
    Email,
    NamePart,
    PersonName,
    Phone,
    clean_text,
    matching_text,
)
from vantrexia_core.kernel.phi import MASK, Phi
from vantrexia_core.kernel.revision import KEEP, Kept, Unset, kept_or
from vantrexia_core.kernel.sources import Clock, IdSource, SecretSource

__all__ = [
    "EMAIL_CHARACTERS_MAX",
    "GRANTS",
    "KEEP",
    "MASK",
    "NAME_CHARACTERS_MAX",
    "NON_FIELD",
    "PAGE_NUMBER_MAX",
    "PAGE_SIZE_DEFAULT",
    "PAGE_SIZE_MAX",
    "PHONE_PATTERN",
    "Actor",
    "BrokenPromiseError",
    "Clock",
    "ConflictError",
    "Email",
    "IdSource",
    "InvalidError",
    "InvalidValueError",
    "Kept",
    "MergeId",
    "NamePart",
    "NotFoundError",
    "NotSignedInError",
    "Origin",
    "Page",
    "PageRequest",
    "PatientId",
    "Permission",
    "PermissionDeniedError",
    "PersonName",
    "Phi",
    "Phone",
    "PracticeId",
    "Reach",
    "RequestId",
    "Role",
    "SecretSource",
    "SessionId",
    "StaleVersionError",
    "SuspicionId",
    "TokenId",
    "UnavailableError",
    "UndoneError",
    "Unset",
    "UserId",
    "VantrexiaError",
    "clean_text",
    "kept_or",
    "matching_text",
]
