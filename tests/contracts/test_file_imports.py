"""Files of patients on every store: a lot whole or not at all, and each line once whoever takes part."""

import pytest

from tests.builders import a_new_patient, an_actor
from tests.contracts.stores import OurStores
from tests.desks import a_memory_desk
from vantrexia_contracts.file_imports import ADMIN, FileImportStoreContract, lines_of
from vantrexia_core.audit import Outcome
from vantrexia_core.kernel import PermissionDeniedError, Role
from vantrexia_core.patients import (
    Preview,
    begin_file_import,
    import_lines,
)

ROLES = (Role.NURSE, Role.MA, Role.DATA_MONITOR, Role.BILLING_MANAGER, Role.PATIENT)


class TestFileImportStore(OurStores, FileImportStoreContract):
    """Each of our adapters."""


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_import_imports_no_file(role: Role):
    """Refused and recorded: begin, import, preview."""
    desk, actor = a_memory_desk(), an_actor(role)
    file = begin_file_import(desk, ADMIN, None)
    for ask in (
        lambda: begin_file_import(desk, actor, None),
        lambda: import_lines(desk, actor, file, lines_of(a_new_patient()), upto=1),
        lambda: Preview(desk, actor).look(lines_of(a_new_patient())),
    ):
        with pytest.raises(PermissionDeniedError):
            ask()
        assert desk.entries[-1].outcome is Outcome.REFUSED
