"""Patient/$match: who somebody may be (https://hl7.org/fhir/R4/patient-operation-match.html).

The Patient that is asked about may lack whatever a record needs: it is a person as far as somebody knows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import attrs

from vantrexia_adapters.fhir.bundle import Found, searchset
from vantrexia_adapters.fhir.choosing import contact, preferred, record_number, type_codes
from vantrexia_adapters.fhir.outcome import Issue, operation_outcome
from vantrexia_adapters.fhir.refusing import InvalidResourceError
from vantrexia_adapters.fhir.rendering import render_patient
from vantrexia_adapters.fhir.strictness import DEPTH_MAX, VALUES_MAX, checked_patient
from vantrexia_adapters.fhir.supplement import Json
from vantrexia_adapters.fhir.systems import MRN_SYSTEM, SSN_SYSTEMS, SSN_TYPE
from vantrexia_adapters.strict_json import StrictJsonError, read_json
from vantrexia_core.kernel import PatientId, Phi
from vantrexia_core.patients import MATCHES_MAX, Gender, Matches, PatientLink, Person

_NOT_ALL: Final = Issue(
    "incomplete",
    "So many records are similar that not all of them were compared. Tell more of the person.",
    severity="warning",
)


@attrs.frozen(repr=False)
class MatchAsked:
    """Who is looked for, and how much is wanted of whom it may be."""

    person: Person
    only_certain: bool = False
    count: int = MATCHES_MAX


def read_match(content: bytes) -> MatchAsked:
    """The question: a Parameters with the Patient in it, or the Patient alone.

    Raises:
        InvalidResourceError: it is neither, or the Patient is none of R4.
    """
    complaint: str | None = None
    try:
        value = read_json(content, depth_max=DEPTH_MAX, values_max=VALUES_MAX)
    except StrictJsonError as refused:
        complaint, value = str(refused), None
    # Raised outside the handler: the reader's own exception holds what was sent.
    if complaint is not None:
        raise _refusal(complaint)
    if not isinstance(value, dict) or value.get("resourceType") != "Parameters":
        return MatchAsked(_person(checked_patient(content)))
    return _of_parameters(value)


def match_bundle(
    matches: Matches,
    url_of: Callable[[PatientId], str],
    links: Mapping[PatientId, Sequence[PatientLink]],
) -> Json:
    """The answer, likeliest first; ``url_of`` gives a Patient's address, ``links`` its links, by its id."""
    found = [
        Found(
            render_patient(one.key, links=links[one.key.id]),
            url_of(one.key.id),
            score=round(one.match.probability, 4),
            grade=one.match.grade.value,
        )
        for one in matches.ranked
    ]
    if not matches.is_whole:
        found.append(Found(operation_outcome([_NOT_ALL]), mode="outcome"))
    return searchset(found, total=len(matches.ranked), links={})


def _of_parameters(parameters: Mapping[str, Any]) -> MatchAsked:
    given: dict[str, Any] = {}
    for one in parameters.get("parameter") or ():
        name = one.get("name") if isinstance(one, dict) else None
        member = _MEMBERS.get(name) if isinstance(name, str) else None
        if member is None or name in given or set(one) - {"id"} != {"name", member}:
            complaint = "Parameters take resource (a Patient), onlyCertainMatches and count, each once."
            raise _refusal(complaint)
        given[str(name)] = one[member]
    only_certain, count = given.get("onlyCertainMatches", False), given.get("count", MATCHES_MAX)
    if not isinstance(only_certain, bool) or isinstance(count, bool) or not isinstance(count, int):
        complaint = "onlyCertainMatches is a boolean, and count is an integer."
        raise _refusal(complaint)
    if count < 1 or not isinstance(given.get("resource"), dict):
        complaint = "There must be a resource, and count must be above zero."
        raise _refusal(complaint)
    return MatchAsked(_person(checked_patient(given["resource"])), only_certain, min(count, MATCHES_MAX))


_MEMBERS: Final = {"resource": "resource", "onlyCertainMatches": "valueBoolean", "count": "valueInteger"}


def _refusal(complaint: str) -> InvalidResourceError:
    return InvalidResourceError([Issue("structure", complaint, InvalidResourceError.code)])


def _person(document: Json) -> Person:
    names, addresses = document.get("name", []), document.get("address", [])
    place = preferred(names, "official")
    name = {} if place is None else names[place]
    place = preferred(addresses, "home")
    address = {} if place is None else addresses[place]
    given, lines = _texts(name.get("given")), _texts(address.get("line"))
    born, gender = document.get("birthDate"), document.get("gender")
    return Person(
        first_name=_phi(next(given, None)),
        middle_name=_phi(" ".join(given)),
        last_name=_phi(name.get("family")),
        # A month or a year of birth is not compared: it would pass for a day.
        date_of_birth=Phi(date.fromisoformat(born)) if born and len(born) == len("YYYY-MM-DD") else None,
        gender=None if gender is None else Phi(Gender(gender)),
        phone=_contact(document, "phone"),
        email=_contact(document, "email"),
        line1=_phi(next(lines, None)),
        line2=_phi(", ".join(lines)),
        city=_phi(address.get("city")),
        zip=_phi(address.get("postalCode")),
        ssn=_phi(next(_ssns(document), None)),
        mrn=_phi(_mrn(document)),
    )


def _phi(text: str | None) -> Phi[str] | None:
    return Phi(text) if text else None


def _texts(values: object) -> Iterator[str]:
    return (one for one in values if isinstance(one, str)) if isinstance(values, list) else iter(())


def _contact(document: Json, system: str) -> Phi[str] | None:
    telecom = document.get("telecom", [])
    place = contact(telecom, system)
    return None if place is None else _phi(telecom[place]["value"])


def _ssns(document: Json) -> Iterator[str]:
    for identifier in document.get("identifier", ()):
        if identifier.get("system") in SSN_SYSTEMS or SSN_TYPE in type_codes(identifier):
            yield from _texts([identifier.get("value")])


def _mrn(document: Json) -> str | None:
    identifiers = document.get("identifier", [])
    ours = (one.get("value") for one in identifiers if one.get("system") == MRN_SYSTEM)
    found = next(ours, None)
    if found is not None:
        return str(found)
    place = record_number(identifiers)
    return None if place is None else identifiers[place].get("value")
