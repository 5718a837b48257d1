"""What an R4 (4.0.1) Patient may look like, checked to the letter before anything is taken from it."""

import copy
from collections.abc import Iterable, Sequence
from typing import Any, Final

from fhir.resources.R4B.patient import Patient as R4Patient
from pydantic import ValidationError

from vantrexia_adapters.fhir.outcome import Issue
from vantrexia_adapters.fhir.supplement import Json
from vantrexia_adapters.strict_json import StrictJsonError, read_json
from vantrexia_core.kernel import InvalidError

DEPTH_MAX: Final = 24
VALUES_MAX: Final = 20_000


class InvalidResourceError(InvalidError):
    """The resource breaks a rule of FHIR, or one of ours; ``issues`` say where and which.

    No issue repeats anything that was sent.
    """

    sentence = "The resource is not valid. See the issues."

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues: Final = tuple(issues)
        super().__init__({issue.expression or "resource": (issue.text,) for issue in self.issues})


def as_path(path: Sequence[str | int]) -> str:
    """A FHIRPath to a place in a Patient: ``Patient.name[0].family``."""
    return "Patient" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def checked_patient(content: bytes | Json) -> Json:
    """The Patient, a copy of one's own.

    Raises:
        InvalidResourceError: it is none.
    """
    complaint: str | None = None
    if isinstance(content, bytes):
        try:
            value = read_json(content, depth_max=DEPTH_MAX, values_max=VALUES_MAX)
        except StrictJsonError as refused:
            complaint, value = str(refused), None
    else:
        value = copy.deepcopy(content)
    if not isinstance(value, dict) or value.get("resourceType") != "Patient":
        complaint = complaint or "This is no Patient: resourceType must say so."
        raise InvalidResourceError([Issue("structure", complaint, InvalidResourceError.code)])
    issues = list(_of_the_classes(value))
    if issues:
        raise InvalidResourceError(issues)
    return value


def _of_the_classes(document: Json) -> Iterable[Issue]:
    found: list[Any] = []
    try:
        R4Patient.model_validate(document)
    except ValidationError as refused:
        found = refused.errors(include_input=False, include_url=False, include_context=False)
    for one in found:
        yield Issue(
            "structure", "This is not what R4 has here.", InvalidResourceError.code, as_path(one["loc"])
        )
