"""Machine clients and their used assertions, in every store."""

from datetime import timedelta
from uuid import UUID

import attrs
import pytest

from vantrexia_contracts.given.clients import a_client, a_jwks, a_key, a_new_client
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.identity import (
    ClientKeys,
    ClientNameTakenError,
    MachineClient,
    Scopes,
    change_client_keys,
    change_client_scopes,
    list_clients,
    operator,
    revoke_client,
)
from vantrexia_core.kernel import MACHINE_NUMBERS_FROM, ClientId, NotFoundError, Origin, UserId

EXPIRES = timedelta(minutes=4)


def _use(stores: Stores, client: MachineClient, jti: str) -> bool:
    now = stores.clock.now()
    with stores.desk.begin_sign_in() as work:
        is_first = work.used_assertions.use(client, jti, at=now, expires_at=now + EXPIRES)
        work.commit()
    return is_first


class ClientStoreContract(StoresContract):
    """Machine clients, and the assertions that they have used."""

    def test_a_client_is_kept_as_it_was_registered(self, stores: Stores) -> None:
        """By its id and by its number, with a number that no account can have."""
        client = a_client(stores.desk, stores.here)
        assert client.number > MACHINE_NUMBERS_FROM
        assert client.is_genuine
        assert (client.keys.jwks, client.scopes) == (a_jwks(a_key()), Scopes.known("system/*.cruds"))
        assert stores.desk.clients.by_id(client.id) == client
        assert stores.desk.clients.by_number(client.number) == client
        assert list_clients(stores.desk, operator(stores.here, Origin())) == [client]

    def test_nobody_is_found_where_nobody_is(self, stores: Stores) -> None:
        """Neither by an id nor by a number, an account's included."""
        assert stores.desk.clients.by_id(ClientId(UUID(int=7))) is None
        assert [
            stores.desk.clients.by_number(UserId(number)) for number in (1, MACHINE_NUMBERS_FROM + 1)
        ] == [
            None,
            None,
        ]

    def test_numbers_are_over_all_practices_and_names_within_one(self, stores: Stores) -> None:
        """Two practices may call two programs alike; the trail tells them apart."""
        here, there = a_client(stores.desk, stores.here), a_client(stores.desk, stores.elsewhere)
        assert here.number != there.number
        with pytest.raises(ClientNameTakenError):
            a_client(stores.desk, stores.here)

    def test_what_can_change_is_changed(self, stores: Stores) -> None:
        """Scopes, keys, and whether it is revoked; the version counts each."""
        client, actor = a_client(stores.desk, stores.here), operator(stores.here, Origin())
        change_client_scopes(stores.desk, actor, client.id, Scopes.known("system/Patient.rs"))
        change_client_keys(stores.desk, actor, client.id, ClientKeys(jwks_url="https://example.org/keys"))
        revoked = revoke_client(stores.desk, actor, client.id)
        assert stores.desk.clients.by_id(client.id) == revoked
        assert revoked == attrs.evolve(
            client,
            scopes=Scopes.known("system/Patient.rs"),
            keys=ClientKeys(jwks_url="https://example.org/keys"),
            revoked_at=stores.clock.now(),
            version=4,
        )

    def test_a_client_of_another_practice_does_not_exist(self, stores: Stores) -> None:
        """It is neither listed nor changed."""
        client = a_client(stores.desk, stores.elsewhere)
        actor = operator(stores.here, Origin())
        assert list_clients(stores.desk, actor) == []
        with pytest.raises(NotFoundError):
            revoke_client(stores.desk, actor, client.id)
        with stores.desk.begin(stores.here) as work, pytest.raises(NotFoundError):
            work.clients.save(client)

    def test_what_is_not_committed_is_not_there(self, stores: Stores) -> None:
        """Neither the client nor the use of an assertion."""
        now = stores.clock.now()
        kept = a_client(stores.desk, stores.here, name="Kept")
        with stores.desk.begin(stores.here) as work:
            client = work.clients.add(a_new_client(), client_id=ClientId(UUID(int=7)), at=now)
        with stores.desk.begin_sign_in() as work:
            assert work.used_assertions.use(kept, "a", at=now, expires_at=now + EXPIRES)
        assert stores.desk.clients.by_id(client.id) is None
        assert _use(stores, kept, "a")

    def test_an_assertion_is_used_once(self, stores: Stores) -> None:
        """By one client; another one's may have the same jti."""
        one, other = (a_client(stores.desk, stores.here, name=name) for name in ("One", "Other"))
        assert [_use(stores, one, "a"), _use(stores, one, "a"), _use(stores, one, "b")] == [True, False, True]
        assert _use(stores, other, "a")

    def test_of_many_at_once_one_uses_an_assertion(self, stores: Stores) -> None:
        """Whatever process they are in: the store decides."""
        client = a_client(stores.desk, stores.here)
        assert sorted(at_once([lambda: _use(stores, client, "a")] * 4), key=str) == [
            False,
            False,
            False,
            True,
        ]

    def test_a_used_assertion_is_remembered_past_its_end_and_not_for_ever(self, stores: Stores) -> None:
        """Another process, whose clock is behind, may take it for a while yet."""
        client = a_client(stores.desk, stores.here)
        _use(stores, client, "a")
        stores.clock.advance(EXPIRES + timedelta(seconds=50))
        assert not _use(stores, client, "a")
        stores.clock.advance(timedelta(seconds=20))
        _use(stores, client, "b")
        assert _use(stores, client, "a")
