"""Whoever can write to the database, but has no key, can neither plant a machine client nor change one."""

from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import a_practice_id
from tests.clients import a_client, a_jwks, a_key
from vantrexia_adapters.sql.tables import machine_client
from vantrexia_core.identity import ForgedClientError, MachineClient, operator, revoke_client
from vantrexia_core.kernel import MACHINE_NUMBERS_FROM, Origin

BOUND = [column for column in machine_client.c if column.name not in {"id", "tag"}]


def _two_clients(site: Site) -> tuple[MachineClient, MachineClient]:
    one = a_client(site.desk, site.here, name="One", scopes="system/Patient.r")
    other = a_client(site.desk, site.here, name="Other", jwks=a_jwks(a_key(kid="two")))
    site.clock.advance()
    return one, revoke_client(site.desk, operator(site.here, Origin()), other.id)


def _set(site: Site, client: MachineClient, **values: Any) -> None:
    row = client.number - MACHINE_NUMBERS_FROM
    site.execute(sa.update(machine_client).where(machine_client.c.id == row).values(**values))


def _shown(site: Site, client: MachineClient) -> MachineClient:
    shown = site.desk.clients.by_number(client.number)
    assert shown is not None
    assert shown == site.desk.clients.by_id(shown.id)
    return shown


@pytest.mark.parametrize("column", BOUND, ids=lambda column: column.name)
def test_a_client_with_a_value_of_another_is_not_genuine(site: Site, column: sa.Column[Any]):
    """Neither its keys nor its scopes nor its practice can be had by copying a column; nor can it revive."""
    one, other = _two_clients(site)
    instead: dict[str, Any] = {
        "client_id": site.desk.ids.new_id(),
        "practice_id": site.house.found(a_practice_id(2)),
        "name": "Another",
        "jwks_url": "https://attacker.example/keys",
        "created_at": site.clock.now(),
    }
    row = other.number - MACHINE_NUMBERS_FROM
    copied = (
        instead.get(column.name) or site.execute(sa.select(column).where(machine_client.c.id == row))[0][0]
    )
    _set(site, one, **{column.name: copied})
    assert not _shown(site, one).is_genuine


@pytest.mark.parametrize("values", [{"tag": None}, {"tag": bytes(32)}, {"jwks": None}], ids=str)
def test_a_client_without_a_tag_or_keys_of_its_own_is_not_genuine(site: Site, values: dict[str, Any]):
    """Nor one that was inserted by somebody who has no key."""
    one, _ = _two_clients(site)
    _set(site, one, **values)
    assert not _shown(site, one).is_genuine


def test_a_client_does_not_revive(site: Site):
    """A revoked one stays revoked, whatever is written into its row."""
    _, other = _two_clients(site)
    _set(site, other, revoked_at=None)
    assert not _shown(site, other).is_genuine


def test_a_client_under_the_number_of_another_is_not_genuine(site: Site):
    """What the trail says of a number stays said of the same program."""
    one, other = _two_clients(site)
    row = other.number - MACHINE_NUMBERS_FROM
    site.execute(sa.delete(machine_client).where(machine_client.c.id == row))
    _set(site, one, id=row)
    assert not _shown(site, other).is_genuine


def test_nothing_is_written_on_top_of_a_forged_client(site: Site):
    """It would get a tag of ours, and be genuine from then on."""
    one, _ = _two_clients(site)
    _set(site, one, scopes="system/Patient.cruds")
    with pytest.raises(ForgedClientError):
        revoke_client(site.desk, operator(site.here, Origin()), one.id)
    with site.desk.begin(site.here) as work, pytest.raises(ForgedClientError):
        work.clients.save(attrs.evolve(one, is_genuine=True))
    assert not _shown(site, one).is_genuine
