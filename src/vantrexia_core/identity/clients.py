"""Machine clients: programs of other systems that act for a practice by themselves (SMART Backend Services).

A client proves who it is by signing a short-lived assertion with a private key, of which we hold the public
half. So there is no secret here that could be stolen. Its scopes say what it may do. In the trail it has a
number that no account can have.
"""

from datetime import datetime
from enum import Enum
from typing import Final, Self

import attrs

from vantrexia_core.identity.scopes import Scopes
from vantrexia_core.kernel import (
    Actor,
    ClientId,
    Email,
    InvalidValueError,
    Machine,
    Origin,
    PracticeId,
    TokenId,
    UserId,
    clean_text,
)

CLIENT_NAME_CHARACTERS_MAX: Final = 100


class ClientName(str):
    """What people call a client, 1 to 100 characters. It is no PHI: it names a program."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Refuse what cannot be read."""
        return super().__new__(cls, clean_text(text, characters_max=CLIENT_NAME_CHARACTERS_MAX))

    @classmethod
    def trusted(cls, text: str) -> Self:
        """A name that was accepted before, or stands in a row that somebody else wrote."""
        return super().__new__(cls, text)


@attrs.frozen
class ClientKeys:
    """Where a client's public keys are found: a JWK Set (RFC 7517) of its own, or the URL of one.

    Both are as `ClientProofs` has admitted them.
    """

    jwks: str | None = None
    jwks_url: str | None = None

    def __attrs_post_init__(self) -> None:
        if (self.jwks is None) is (self.jwks_url is None):
            message = "A client has either a JWK Set or the URL of one."
            raise InvalidValueError(message)


class ClientStatus(Enum):
    """Whether a client is let in. A revoked one never is again: register a new one instead."""

    ACTIVE = "active"
    REVOKED = "revoked"


@attrs.frozen
class NewClient:
    """What is needed to register a client."""

    name: ClientName
    scopes: Scopes
    keys: ClientKeys


@attrs.frozen
class MachineClient:
    """A registered client.

    ``number`` is who acts in the trail. ``version`` grows with every change, and tokens of an earlier version
    are worth nothing. ``is_genuine`` is False where the stored client is not the one that this service wrote.
    """

    number: UserId
    id: ClientId
    practice_id: PracticeId
    name: ClientName
    scopes: Scopes
    keys: ClientKeys
    created_at: datetime
    revoked_at: datetime | None = None
    version: int = 1
    is_genuine: bool = True

    @property
    def status(self) -> ClientStatus:
        """Active, or revoked for good."""
        return ClientStatus.ACTIVE if self.revoked_at is None else ClientStatus.REVOKED

    @property
    def is_open(self) -> bool:
        """Whether it is let in: it was not revoked, and is as this service wrote it."""
        return self.status is ClientStatus.ACTIVE and self.is_genuine

    @property
    def address(self) -> Email:
        """How it is named where people are named by their addresses: one that nobody can have (RFC 2606)."""
        return Email.trusted(f"{self.id}@clients.invalid")

    def as_actor(self, scopes: Scopes, origin: Origin) -> Actor:
        """This client, acting with some of its scopes."""
        return Actor(
            user_id=self.number,
            role=Machine.CLIENT,
            practice_id=self.practice_id,
            email=self.address,
            origin=origin,
            mandate=attrs.evolve((scopes & self.scopes).mandate, client_version=self.version),
        )

    def with_keys(self, keys: ClientKeys) -> "MachineClient":
        """The client with other keys."""
        return attrs.evolve(self, keys=keys, version=self.version + 1)

    def with_scopes(self, scopes: Scopes) -> "MachineClient":
        """The client with other scopes."""
        return attrs.evolve(self, scopes=scopes, version=self.version + 1)

    def revoked(self, at: datetime) -> "MachineClient":
        """The client, never let in again."""
        return attrs.evolve(self, revoked_at=at, version=self.version + 1)


@attrs.frozen
class ClientClaims:
    """What an access token of a machine client says: whose it is, of which version, and what was granted.

    ``client_id`` is compared with the client's own. A number can be guessed, so whoever stole the signing key
    alone could make a token without it.
    """

    number: UserId
    client_id: ClientId
    version: int
    scopes: Scopes
    token_id: TokenId


@attrs.frozen
class AssertionClaims:
    """What a client assertion says (RFC 7523, section 3), as it was read and before anybody proved it."""

    client_id: ClientId
    audience: str
    jti: str
    expires_at: datetime
    not_before: datetime | None = None
