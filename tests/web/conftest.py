"""Fixtures of the API's tests."""

from collections.abc import Iterator

import pytest

from tests.web.service import Service


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
