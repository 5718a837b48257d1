"""What keeps a service from starting is said in a sentence."""

import pytest

from vantrexia_adapters.assembly import StartRefusedError
from vantrexia_adapters.assembly.refusals import refusals


def test_a_file_of_another_account_is_named() -> None:
    """The usual slip: a command is run by somebody else than the service is."""
    with pytest.raises(StartRefusedError) as refused, refusals():
        raise PermissionError(13, "Permission denied", "/srv/data")
    assert "may not use /srv/data" in str(refused.value)
    assert "the account that the service runs as" in str(refused.value)
