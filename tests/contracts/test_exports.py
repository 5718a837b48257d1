"""Bulk exports on every store: one moment however long it takes, and each record on the trail."""

import pytest

from tests.builders import an_actor
from tests.contracts.stores import OurStores
from tests.desks import a_memory_desk
from vantrexia_contracts.exports import ADMIN, EVERYTHING, ExportStoreContract
from vantrexia_core.audit import Outcome
from vantrexia_core.kernel import (
    PermissionDeniedError,
    Role,
)
from vantrexia_core.patients import (
    end_export,
    fetch_part,
    look_up_export,
    start_export,
)


class TestExportStore(OurStores, ExportStoreContract):
    """Each of our adapters."""


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_nobody_but_administrators_exports(role: Role):
    """Refused and recorded, before anything is looked at."""
    desk, actor = a_memory_desk(), an_actor(role)
    export = start_export(desk, ADMIN, EVERYTHING)
    for ask in (
        lambda: start_export(desk, actor, EVERYTHING),
        lambda: look_up_export(desk, actor, export.id),
        lambda: fetch_part(desk, actor, export.id, 0),
        lambda: end_export(desk, actor, export.id),
    ):
        with pytest.raises(PermissionDeniedError):
            ask()
        assert desk.entries[-1].outcome is Outcome.REFUSED
