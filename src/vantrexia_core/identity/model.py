"""Accounts: who may sign in, in which role, for which practice."""

import attrs

from vantrexia_core.kernel import (
    Actor,
    Email,
    Origin,
    PatientId,
    PersonName,
    Phi,
    PracticeId,
    Role,
    UserId,
)

OPERATOR_ID = UserId(0)
"""Who acts in the trail when a command is run at the console without an account: the holder of the keys."""


@attrs.frozen
class User:
    """A workforce member's account, or a patient's (then ``patient_id`` names the linked record)."""

    id: UserId
    practice_id: PracticeId
    email: Email
    name: PersonName
    role: Role
    is_active: bool = True
    patient_id: PatientId | None = None

    def as_actor(self, origin: Origin) -> Actor:
        """This user, acting from ``origin``."""
        return Actor(
            user_id=self.id,
            role=self.role,
            practice_id=self.practice_id,
            email=self.email,
            patient_id=self.patient_id,
            origin=origin,
        )


@attrs.frozen
class NewUser:
    """What is needed to open an account."""

    email: Email
    name: PersonName
    role: Role
    patient_id: PatientId | None = None


@attrs.frozen
class Account:
    """A user together with the stored hash of their password (PHC string)."""

    user: User
    password_hash: str = attrs.field(repr=False)


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


def operator(practice_id: PracticeId, origin: Origin) -> Actor:
    """The holder of the console and the keys, acting as an administrator of the practice."""
    return Actor(OPERATOR_ID, Role.ADMIN, practice_id, Email("operator@localhost.invalid"), origin=origin)
