"""How a resource is refused: where it is wrong and which rule it breaks, and nothing of what it says."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from vantrexia_adapters.fhir.outcome import Issue
from vantrexia_core.kernel import InvalidError

Path: TypeAlias = Sequence[str | int]

_STEP: Final = re.compile(r"_?[a-z][A-Za-z0-9]{0,63}")


class InvalidResourceError(InvalidError):
    """The resource breaks a rule of FHIR, or one of ours; ``issues`` say where and which."""

    sentence = "The resource is not valid. See the issues."

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues: Final = tuple(issues)
        super().__init__({issue.expression or "resource": (issue.text,) for issue in self.issues})

    @property
    def is_about_rules(self) -> bool:
        """Whether the resource is right in FHIR, and only rules of ours speak against it."""
        return all(issue.kind in {"business-rule", "required"} for issue in self.issues)


def issue_at(kind: str, path: Path, sentence: str) -> Issue:
    """A complaint about a place in a Patient; ``kind`` is a code of FHIR's issue-type."""
    return Issue(kind, sentence, InvalidResourceError.code, as_fhirpath(path))


def as_fhirpath(path: Path) -> str:
    """``Patient.name[0].family``.

    The halves of a primitive are one element to FHIRPath. What is no name of an element ends the path: it
    may be anything that somebody typed.
    """
    steps = ["Patient"]
    for step in path:
        if isinstance(step, int):
            steps.append(f"[{step}]")
        elif _STEP.fullmatch(step) is None:
            break
        else:
            steps.append(f".{step.removeprefix('_')}")
    return "".join(steps)
