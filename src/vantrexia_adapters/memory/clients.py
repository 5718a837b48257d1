"""Machine clients in memory, and the assertions that they have used."""

from collections.abc import Callable, Sequence
from datetime import datetime

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import Memory
from vantrexia_core.identity import CLOCKS_APART_MAX, ClientNameTakenError, MachineClient, NewClient
from vantrexia_core.kernel import MACHINE_NUMBERS_FROM, ClientId, NotFoundError, PracticeId, UserId


@attrs.frozen
class MemoryClientStore:
    """One practice's machine clients in one unit of work."""

    _practice_id: PracticeId
    _clients: Draft[ClientId, MachineClient]

    def add(self, new: NewClient, *, client_id: ClientId, at: datetime) -> MachineClient:
        """See `ClientStore`."""
        if any(client.name == new.name for client in self.all()):
            raise ClientNameTakenError
        numbers = (client.number for _, client in self._clients.items())
        client = MachineClient(
            number=UserId(1 + max(numbers, default=MACHINE_NUMBERS_FROM)),
            id=client_id,
            practice_id=self._practice_id,
            name=new.name,
            scopes=new.scopes,
            keys=new.keys,
            created_at=at,
        )
        self._clients.put(client_id, client)
        return client

    def all(self) -> Sequence[MachineClient]:
        """See `ClientStore`."""
        ours = (client for _, client in self._clients.items() if client.practice_id == self._practice_id)
        return sorted(ours, key=lambda client: client.number)

    def get_to_change(self, client_id: ClientId) -> MachineClient:
        """See `ClientStore`."""
        client = self._clients.get(client_id)
        if client is None or client.practice_id != self._practice_id:
            raise NotFoundError
        return client

    def save(self, client: MachineClient) -> None:
        """See `ClientStore`."""
        kept = attrs.evolve(
            self.get_to_change(client.id),
            scopes=client.scopes,
            keys=client.keys,
            revoked_at=client.revoked_at,
            version=client.version,
        )
        self._clients.put(client.id, kept)


@attrs.frozen
class MemoryUsedAssertions:
    """Used assertions in one unit of work."""

    _used: Draft[tuple[UserId, str], datetime]

    def use(self, client: MachineClient, jti: str, *, at: datetime, expires_at: datetime) -> bool:
        """See `UsedAssertions`."""
        for key, until in self._used.items():
            if until <= at:
                self._used.remove(key)
        if self._used.get((client.number, jti)) is not None:
            return False
        self._used.put((client.number, jti), expires_at + CLOCKS_APART_MAX)
        return True


@attrs.frozen
class MemoryClients:
    """Every practice's committed machine clients."""

    _committed: Callable[[], Memory]

    def by_id(self, client_id: ClientId) -> MachineClient | None:
        """See `Clients`."""
        return self._committed().clients.get(client_id)

    def by_number(self, number: UserId) -> MachineClient | None:
        """See `Clients`."""
        clients = self._committed().clients.values()
        return next((client for client in clients if client.number == number), None)
