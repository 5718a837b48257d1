"""What every refusal has in common."""

from typing import Any

from tests.web.service import Service
from vantrexia_core.audit import Outcome

VALIDATION = "validation_error"


def assert_problem(response: Any, status: int, code: str, *fields: str) -> None:
    """The documented envelope: status, code, a sentence, and exactly these fields on a 400."""
    content = response.json()
    assert (response.status_code, content["code"]) == (status, code), content
    assert isinstance(content["detail"], str)
    assert content["detail"]
    assert response.headers["content-type"] == "application/json"
    assert set(content) == ({"detail", "code", "field_errors"} if status == 400 else {"detail", "code"})
    if status == 400:
        assert set(content["field_errors"]) == set(fields)
        for complaints in content["field_errors"].values():
            assert complaints
            assert all(isinstance(complaint, str) and complaint for complaint in complaints)


class Unchanged:
    """Around a refused request: nothing is stored, and the refusal is the one new entry of the trail."""

    def __init__(self, service: Service, code: str, *, entries: int = 1) -> None:
        self._service, self._code, self._entries = service, code, entries

    def __enter__(self) -> None:
        self._stored, self._length = self._service.stored, len(self._service.trail)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            assert self._service.stored == self._stored
            new = self._service.trail[self._length :]
            assert [(entry.outcome, entry.code) for entry in new] == [
                (Outcome.REFUSED, self._code)
            ] * self._entries
