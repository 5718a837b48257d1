"""OperationOutcome: what went wrong, in FHIR's words (https://hl7.org/fhir/R4/operationoutcome.html)."""

from collections.abc import Iterable
from typing import Any, Final

import attrs

ERROR_SYSTEM: Final = "urn:vantrexia:error-code"
"""Where our own codes stand, beside FHIR's: the same as the ``code`` of the REST API's errors."""


@attrs.frozen
class Issue:
    """One thing to say.

    ``kind`` is a code of FHIR's issue-type, ``code`` ours, ``expression`` a FHIRPath to where it is wrong,
    ``diagnostics`` what a program reads beside the sentence: a reference to a resource.
    """

    kind: str
    text: str
    code: str | None = None
    expression: str | None = None
    severity: str = "error"
    diagnostics: str | None = None


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The resource. It says no more than the issues do, and they repeat nothing that was sent."""
    return {"resourceType": "OperationOutcome", "issue": [_rendered(issue) for issue in issues]}


def _rendered(issue: Issue) -> dict[str, Any]:
    details: dict[str, Any] = {"text": issue.text}
    if issue.code is not None:
        details = {"coding": [{"system": ERROR_SYSTEM, "code": issue.code}], **details}
    rendered: dict[str, Any] = {"severity": issue.severity, "code": issue.kind, "details": details}
    if issue.diagnostics is not None:
        rendered["diagnostics"] = issue.diagnostics
    if issue.expression is not None:
        rendered["expression"] = [issue.expression]
    return rendered
