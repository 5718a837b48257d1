"""What every refusal has in common."""

from typing import Any

from fhir.resources.R4B.operationoutcome import OperationOutcome

from tests.web.service import Service
from vantrexia_core.audit import Outcome
from vantrexia_web.outcomes import FHIR_JSON, speaks_fhir

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


def assert_refused(response: Any, path: str, status: int, code: str) -> None:
    """The refusal as whoever asks at this path expects it: FHIR's, or the API's envelope."""
    if speaks_fhir(path):
        assert_outcome(response, status, code)
    else:
        assert_problem(response, status, code)


def assert_outcome(response: Any, status: int, code: str, *places: str) -> None:
    """An OperationOutcome that R4 takes, with this status and our code, about these places and no others."""
    assert response.headers["content-type"] == FHIR_JSON
    content = response.json()
    outcome = OperationOutcome.model_validate(content)
    assert response.status_code == status, content
    assert [issue.details.coding[0].code for issue in outcome.issue] == [code] * len(outcome.issue), content
    assert all(issue.details.text for issue in outcome.issue)
    told = {place for issue in content["issue"] for place in issue.get("expression", ())}
    assert told == set(places), content


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
