"""Registering machine clients, changing their keys and scopes, revoking them."""

from collections.abc import Callable, Sequence
from typing import Final

from vantrexia_core.audit import Action, Attempt, repeated_if_undone, undertake
from vantrexia_core.identity.clients import ClientKeys, ClientStatus, MachineClient, NewClient
from vantrexia_core.identity.facts import ClientRegistered, ClientRevoked, ClientsListed, ClientUpdated
from vantrexia_core.identity.ports import ClientDesk, ClientWork, ForgedClientError
from vantrexia_core.identity.scopes import Scopes
from vantrexia_core.kernel import Actor, ClientId, ConflictError, Permission

_MANAGE: Final = Permission.MANAGE_CLIENTS


class ClientRevokedError(ConflictError):
    """A revoked client is not changed any more."""

    code = "client_is_revoked"
    sentence = "This client is revoked, which is for good. Register a new one."


@repeated_if_undone
def register_client(desk: ClientDesk, actor: Actor, new: NewClient) -> MachineClient:
    """Register a program that acts for the actor's practice.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        ClientNameTakenError: the practice has a client of this name.
    """
    with undertake(desk, Attempt(actor, Action.CLIENT_REGISTER, _MANAGE)) as deed:
        client = deed.work.clients.add(new, client_id=ClientId(desk.ids.new_id()), at=deed.now)
        return deed.finish(ClientRegistered(user_id=client.number, changed=("scopes", "keys")), client)


@repeated_if_undone
def list_clients(desk: ClientDesk, actor: Actor) -> Sequence[MachineClient]:
    """All machine clients of the actor's practice, revoked ones too.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, Attempt(actor, Action.CLIENT_LIST, _MANAGE)) as deed:
        return deed.finish(ClientsListed(), deed.work.clients.all())


@repeated_if_undone
def change_client_keys(
    desk: ClientDesk, actor: Actor, client_id: ClientId, keys: ClientKeys
) -> MachineClient:
    """Put other keys in the place of a client's. Its tokens end; it asks for new ones with the new keys.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such client in the practice.
        ClientRevokedError: it is revoked.
        ForgedClientError: the stored client is not genuine.
    """
    return _change(desk, actor, client_id, "keys", lambda client: client.with_keys(keys))


@repeated_if_undone
def change_client_scopes(
    desk: ClientDesk, actor: Actor, client_id: ClientId, scopes: Scopes
) -> MachineClient:
    """Let a client have other scopes than before. Its tokens end.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such client in the practice.
        ClientRevokedError: it is revoked.
        ForgedClientError: the stored client is not genuine.
    """
    return _change(desk, actor, client_id, "scopes", lambda client: client.with_scopes(scopes))


@repeated_if_undone
def revoke_client(desk: ClientDesk, actor: Actor, client_id: ClientId) -> MachineClient:
    """Let a client in no more, for good. Its tokens are worth nothing from the next request on.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: no such client in the practice.
        ClientRevokedError: it is revoked already.
        ForgedClientError: the stored client is not genuine.
    """
    with undertake(desk, Attempt(actor, Action.CLIENT_REVOKE, _MANAGE)) as deed:
        revoked = _to_change(deed.work, client_id).revoked(deed.now)
        deed.work.clients.save(revoked)
        return deed.finish(ClientRevoked(user_id=revoked.number), revoked)


def _change(
    desk: ClientDesk,
    actor: Actor,
    client_id: ClientId,
    field: str,
    change: Callable[[MachineClient], MachineClient],
) -> MachineClient:
    with undertake(desk, Attempt(actor, Action.CLIENT_UPDATE, _MANAGE)) as deed:
        changed = change(_to_change(deed.work, client_id))
        deed.work.clients.save(changed)
        return deed.finish(ClientUpdated(user_id=changed.number, changed=(field,)), changed)


def _to_change(work: ClientWork, client_id: ClientId) -> MachineClient:
    client = work.clients.get_to_change(client_id)
    if not client.is_genuine:
        raise ForgedClientError
    if client.status is ClientStatus.REVOKED:
        raise ClientRevokedError
    return client
