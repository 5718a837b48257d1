from collections.abc import Iterator

import pytest

from tests.adapters.ecw.server import FakeEcw, a_record
from tests.adapters.ecw.site import Site, a_client_key

JANE = a_record(
    "ECW-12345",
    "ACC-1",
    name=[{"use": "official", "family": "Okonkwo", "given": ["Jane", "Ada"]}],
    birthDate="1958-03-15",
    gender="female",
)
JOHN = a_record("ECW-67890", name=[{"family": "Okonjo", "given": ["John"]}])


@pytest.fixture
def ecw() -> Iterator[FakeEcw]:
    """An eCW that knows Jane and John."""
    with FakeEcw(lambda: a_client_key().published(), [JANE, JOHN]) as server:
        yield server


@pytest.fixture
def site(ecw: FakeEcw) -> Site:
    """Our roster over it."""
    return Site(ecw)
