"""Accounts on the wire."""

from uuid import UUID

import attrs

from vantrexia_core.identity import (
    NewPassword,
    NewUser,
    Profile,
    ProfileRevision,
    Staffed,
    User,
    UserRevision,
)
from vantrexia_core.kernel import Email, NamePart, PatientId, PersonName, Phone, Role
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.signing_in import user_content
from vantrexia_web.wire.structuring import body_as


@attrs.frozen
class NewAccount:
    """The body that opens an account."""

    email: Email
    first_name: NamePart
    last_name: NamePart
    role: Role
    is_active: bool = True
    phone: Phone | None = None
    patient_id: UUID | None = None
    password: NewPassword | None = None


def parse_new_account(request: Request) -> tuple[NewUser, NewPassword | None]:
    """The account to be opened, and its first password if there is one.

    Raises:
        InvalidError: with all complaints at once.
    """
    given = body_as(NewAccount, request.json())
    new = NewUser(
        email=given.email,
        name=PersonName(given.first_name, given.last_name),
        role=given.role,
        patient_id=None if given.patient_id is None else PatientId(given.patient_id),
        phone=given.phone,
        is_active=given.is_active,
    )
    return new, given.password


def parse_user_revision(request: Request) -> UserRevision:
    """What an administrator changes about an account.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(UserRevision, request.json())


def parse_profile_revision(request: Request) -> ProfileRevision:
    """What people change about their own account.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(ProfileRevision, request.json())


def account_content(staffed: Staffed) -> dict[str, object]:
    """An account as an administrator sees it."""
    user = staffed.user
    return {
        **_user_content(user),
        "is_active": user.is_active,
        "last_login": user.last_login_at,
        "locked_until": staffed.locked_until,
    }


def profile_content(profile: Profile) -> dict[str, object]:
    """An account as its owner sees it."""
    practice = profile.practice
    return {
        **_user_content(profile.user),
        "practice": {"id": str(practice.id), "name": practice.name, "timezone": practice.timezone},
        "last_login": profile.user.last_login_at,
    }


def _user_content(user: User) -> dict[str, object]:
    return {**user_content(user), "phone": None if user.phone is None else user.phone.reveal()}
