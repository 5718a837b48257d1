"""Fixtures of the API's tests."""

import io
import logging
from collections.abc import Callable, Iterator

import pytest

from tests.web.service import Service
from vantrexia_web.logs import configure_logging


@pytest.fixture
def service() -> Iterator[Service]:
    """A fresh service."""
    with Service() as service:
        yield service


@pytest.fixture(scope="module")
def refusing_service() -> Iterator[Service]:
    """A service that a module's tests share because each of them shows that nothing of it is changed."""
    with Service() as service:
        yield service


@pytest.fixture
def log_to() -> Iterator[Callable[[str], io.StringIO]]:
    """Configures logging as a server process does, but into memory; afterwards all is as it was."""
    root, own = logging.getLogger(), logging.getLogger("vantrexia")
    before = (root.handlers, root.level, own.level)

    def log_to(level: str) -> io.StringIO:
        stream = io.StringIO()
        configure_logging(level, stream)
        return stream

    yield log_to
    root.handlers = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])
