"""Accounts: who may sign in, in which role, for which practice."""

from datetime import datetime

import attrs

from vantrexia_core.kernel import (
    KEEP,
    Actor,
    Email,
    InvalidError,
    Kept,
    NamePart,
    Origin,
    PatientId,
    PersonName,
    Phi,
    Phone,
    PracticeId,
    Purpose,
    Role,
    SessionId,
    TokenId,
    UserId,
    kept_or,
)

OPERATOR_ID = UserId(0)
"""Who acts in the trail when a command is run at the console without an account: the holder of the keys."""


@attrs.frozen(kw_only=True)
class ProfileRevision:
    """Changes that people make to their own account."""

    first_name: NamePart | Kept = KEEP
    last_name: NamePart | Kept = KEEP
    phone: Phone | Kept | None = KEEP


@attrs.frozen(kw_only=True)
class UserRevision:
    """Changes that an administrator makes to an account."""

    first_name: NamePart | Kept = KEEP
    last_name: NamePart | Kept = KEEP
    phone: Phone | Kept | None = KEEP
    email: Email | Kept = KEEP
    role: Role | Kept = KEEP
    is_active: bool | Kept = KEEP


@attrs.frozen
class User:
    """A workforce member's account, or a patient's (then ``patient_id`` names the linked record).

    ``is_genuine`` is False if something other than this service changed the stored row. Nobody is let in with
    such an account, and it cannot be changed.
    """

    id: UserId
    practice_id: PracticeId
    email: Email
    name: PersonName
    role: Role
    is_active: bool = True
    patient_id: PatientId | None = None
    phone: Phone | None = None
    is_2fa_enabled: bool = False
    last_login_at: datetime | None = None
    is_genuine: bool = True

    @property
    def is_open(self) -> bool:
        """Whether its holder is let in: the account is active, and as this service wrote it."""
        return self.is_active and self.is_genuine

    @property
    def is_administrator(self) -> bool:
        """Whether its holder can act as an administrator now."""
        return self.role is Role.ADMIN and self.is_open

    def as_actor(self, origin: Origin, session_id: SessionId | None = None) -> Actor:
        """This user, acting from ``origin`` in one of their sessions."""
        return Actor(
            user_id=self.id,
            role=self.role,
            practice_id=self.practice_id,
            email=self.email,
            patient_id=self.patient_id,
            origin=origin,
            session_id=session_id,
        )

    def revised(self, revision: ProfileRevision | UserRevision) -> "tuple[User, tuple[str, ...]]":
        """The account with the revision's values, and the names of the fields whose values changed.

        Raises:
            InvalidError: a patient's account would become staff's, or staff's a patient's.
        """
        revised = attrs.evolve(
            self,
            name=PersonName(
                kept_or(revision.first_name, self.name.first), kept_or(revision.last_name, self.name.last)
            ),
            phone=kept_or(revision.phone, self.phone),
        )
        if isinstance(revision, UserRevision):
            revised = attrs.evolve(
                revised,
                email=kept_or(revision.email, self.email),
                role=kept_or(revision.role, self.role),
                is_active=kept_or(revision.is_active, self.is_active),
            )
            check_linked(revised.role, revised.patient_id)
        changed = tuple(
            name
            for name, is_another in (
                ("first_name", revised.name.first != self.name.first),
                ("last_name", revised.name.last != self.name.last),
                ("phone", revised.phone != self.phone),
                ("email", revised.email != self.email),
                ("role", revised.role is not self.role),
                ("is_active", revised.is_active is not self.is_active),
            )
            if is_another
        )
        return revised, changed


@attrs.frozen
class NewUser:
    """What is needed to open an account. A patient's account is linked to a record; staff's are not."""

    email: Email
    name: PersonName
    role: Role
    patient_id: PatientId | None = None
    phone: Phone | None = None
    is_active: bool = True


@attrs.frozen
class Account:
    """A user together with the stored hash of their password (PHC string)."""

    user: User
    password_hash: str = attrs.field(repr=False)


@attrs.frozen
class Practice:
    """The organisation that accounts and records belong to. ``timezone`` is a name of the IANA database."""

    id: PracticeId
    name: str
    timezone: str


@attrs.frozen
class Session:
    """One sign-in and every token that follows from it: a family of refresh tokens (RFC 9700, 4.14.2).

    ``refresh_id`` is the one refresh token that may be exchanged; all before it are spent. ``expires_at`` is
    the absolute end, however often the tokens are exchanged. A session that has ended is not there any more.
    """

    id: SessionId
    user_id: UserId
    refresh_id: TokenId
    auth_at: datetime
    expires_at: datetime


@attrs.frozen
class Present:
    """Whose session it is, as the account is now; ``purpose`` is set while an emergency of it lasts."""

    user: User
    purpose: Purpose | None = None


@attrs.frozen
class TokenClaims:
    """What a token of ours says: whose it is, which session it belongs to, and which token it is."""

    user_id: UserId
    session_id: SessionId
    token_id: TokenId


@attrs.frozen
class TokenPair:
    """What a sign-in hands out. Both are secrets and print like PHI: not at all."""

    access: Phi[str]
    refresh: Phi[str]


@attrs.frozen
class SignedIn:
    """A successful sign-in."""

    user: User
    tokens: TokenPair


def check_linked(role: Role, patient_id: PatientId | None) -> None:
    """A patient's account is linked to one record; nobody else's is linked to any.

    Raises:
        InvalidError: the role does not go with the link.
    """
    if (role is Role.PATIENT) is (patient_id is None):
        complaint = "An account with the role patient is linked to a record, and no other account is."
        raise InvalidError.on("role", complaint)


def operator(practice_id: PracticeId, origin: Origin) -> Actor:
    """The holder of the console and the keys, acting as an administrator of the practice."""
    return Actor(OPERATOR_ID, Role.ADMIN, practice_id, Email("operator@localhost.invalid"), origin=origin)
