"""Machine clients, and how they prove who they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from vantrexia_core.identity.clients import (
    AssertionClaims,
    ClientKeys,
    MachineClient,
    NewClient,
)
from vantrexia_core.kernel import (
    ClientId,
    ConflictError,
    InvalidError,
    Phi,
    UserId,
)


class ClientNameTakenError(InvalidError):
    """The practice has registered another client under this name."""

    def __init__(self) -> None:
        complaint = "Another client of this practice has this name, perhaps a revoked one. Choose another."
        super().__init__({"name": (complaint,)})


class ForgedClientError(ConflictError):
    """The stored client is not the one that this service wrote."""

    code = "client_forged"
    sentence = (
        "This client's row was changed by something other than this service. It is not let in. Restore it "
        "from your backup, and find out who can write to the database."
    )


class ClientStore(Protocol):
    """The machine clients of one practice, inside one transaction."""

    def add(self, new: NewClient, *, client_id: ClientId, at: datetime) -> MachineClient:
        """Store a client and give it its number.

        Raises:
            ClientNameTakenError: the practice has one of this name.
        """
        ...

    def all(self) -> Sequence[MachineClient]:
        """All clients of the practice, revoked ones too, by number."""
        ...

    def get_to_change(self, client_id: ClientId) -> MachineClient:
        """A client; until this transaction ends nobody else can change it.

        Raises:
            NotFoundError: no such client in this practice.
        """
        ...

    def save(self, client: MachineClient) -> None:
        """Store what can change about a client: scopes, keys, whether it is revoked, its version.

        Raises:
            NotFoundError: no such client in this practice.
            ForgedClientError: the stored client is not genuine.
        """
        ...


class Clients(Protocol):
    """Machine clients of every practice, read before anybody is known: for a token and for each request."""

    def by_id(self, client_id: ClientId) -> MachineClient | None:
        """The client that calls itself so, as it is now."""
        ...

    def by_number(self, number: UserId) -> MachineClient | None:
        """A client as it is now."""
        ...


class UsedAssertions(Protocol):
    """Which client assertions were used, inside one transaction."""

    def use(self, client: MachineClient, jti: str, *, at: datetime, expires_at: datetime) -> bool:
        """Use an assertion up; False if the client used one of this ``jti`` before.

        Of many transactions that use one at once, one gets True. What has expired is forgotten, not before.
        """
        ...


class ClientProofs(Protocol):
    """How machine clients prove who they are: keys, and what is signed with them (RFC 7523)."""

    def admitted_jwks(self, text: str) -> str:
        """A JWK Set in the form in which it is kept.

        Raises:
            InvalidValueError: it is none, or its keys are not of the kind that we take; the text says which.
        """
        ...

    def admitted_url(self, text: str) -> str:
        """The URL of a JWK Set, in the form in which it is kept. Nothing is fetched.

        Raises:
            InvalidValueError: we would not fetch keys from there.
        """
        ...

    def read(self, assertion: Phi[str]) -> AssertionClaims:
        """What an assertion says. Nothing of it is proved.

        Raises:
            InvalidClientError: it is no assertion as we take them.
        """
        ...

    def found(self, keys: ClientKeys) -> Sequence[str]:
        """What is found of a client's keys now, for an administrator: a name and an algorithm for each.

        Raises:
            InvalidValueError: they are not to be had; the text says why.
        """
        ...

    def check(self, assertion: Phi[str], keys: ClientKeys) -> None:
        """Whether one of a client's keys has signed an assertion. Slow where the keys have to be fetched.

        Raises:
            InvalidClientError: none of them has, or they are not to be had.
        """
        ...
