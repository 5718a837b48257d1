"""Which of several names, addresses, numbers of a Patient is the one: for strict readers and lenient ones.

A Patient has lists where our record has one field. The rules are the same whoever sent the Patient; values
are looked at as they come, so an element may be anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from vantrexia_adapters.fhir.systems import RECORD_NUMBER_TYPE

FORMER_USES: Final = frozenset({"old", "maiden", "nickname", "anonymous"})
"""Of names and addresses (name-use, address-use): not what the person is called, or where they live, now."""


def preferred(elements: Sequence[object], use: str, *, former_counts: bool = True) -> int | None:
    """The place of the name or address to take.

    Of the wanted ``use``, else one that is not a former one, else any; among equals one whose period has not
    ended, else the first. None if there is no element, or none but former ones and these do not count: who
    has only an old name is called by it, but nobody lives at an old address.
    """
    ranked = [(_rank(element, use), place) for place, element in enumerate(elements) if _is_object(element)]
    places = [(rank, place) for rank, place in ranked if former_counts or not (rank[1] or rank[2])]
    return min(places)[1] if places else None


def contact(telecom: Sequence[object], system: str) -> int | None:
    """The place of the first contact point of a ``system`` (phone, email) that has a value and is not old."""
    return next(
        (
            place
            for place, point in enumerate(telecom)
            if isinstance(point, Mapping)
            and point.get("system") == system
            and point.get("value") is not None
            and point.get("use") != "old"
        ),
        None,
    )


def record_number(identifiers: Sequence[object]) -> int | None:
    """The place of the first identifier with a value that is typed as a medical record number and not old."""
    return next(
        (
            place
            for place, identifier in enumerate(identifiers)
            if isinstance(identifier, Mapping)
            and identifier.get("value") is not None
            and identifier.get("use") != "old"
            and RECORD_NUMBER_TYPE in type_codes(identifier)
        ),
        None,
    )


def type_codes(identifier: Mapping[str, Any]) -> Iterator[object]:
    """The codes of an identifier's type, whatever their system: many leave it out."""
    kind = identifier.get("type")
    codings = kind.get("coding") if isinstance(kind, Mapping) else None
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, Mapping):
            yield coding.get("code")


def second_line(lines: Sequence[str]) -> str | None:
    """What of an address comes after its first line. FHIR has any number of lines, our record has two."""
    return ", ".join(lines[1:]) or None


def _rank(element: object, use: str) -> tuple[bool, bool, bool]:
    """Lower is better."""
    if not isinstance(element, Mapping):
        return True, True, True
    said, period = element.get("use"), element.get("period")
    is_over = isinstance(period, Mapping) and period.get("end") is not None
    # Hashing what somebody else sent fails for lists and objects.
    is_former = isinstance(said, str) and said in FORMER_USES
    return said != use, is_former, is_over


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping)
