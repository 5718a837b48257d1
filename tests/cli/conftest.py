"""Where most commands are run: in a folder that has a practice."""

from pathlib import Path

import pytest

from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings


@pytest.fixture
def founded(tmp_path: Path) -> Path:
    """A data directory with a practice in which nothing has happened."""
    open_service(Settings(data_dir=tmp_path)).close()
    return tmp_path
