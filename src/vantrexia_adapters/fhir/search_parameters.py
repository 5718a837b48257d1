"""The search parameters of Patient: what each is called, what it takes, and the condition that it makes."""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import attrs

from vantrexia_adapters.fhir.search_values import (
    COMPARATORS,
    days_meant,
    moments_meant,
    prefixed,
    token,
    unescaped,
)
from vantrexia_adapters.fhir.systems import EXTERNAL_ID_SYSTEM, MRN_SYSTEM
from vantrexia_core.kernel import InvalidValueError, PatientId, Phi
from vantrexia_core.patients import (
    BornCondition,
    ChangedCondition,
    Condition,
    ContactCondition,
    ExternalId,
    Gender,
    GenderCondition,
    IdCondition,
    IdentifierCondition,
    Mrn,
    NameCondition,
    NameField,
    Status,
    TextMatch,
)

GENDER_SYSTEM: Final = "http://hl7.org/fhir/administrative-gender"
TRUTH_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/special-values"
_TELECOM_SYSTEM: Final = "http://hl7.org/fhir/contact-point-system"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
Read = Callable[[str, Sequence[str]], Condition | frozenset[Status]]
"""From a modifier ('' for none) and the values, one of which must hold, to what must hold of a patient."""


@attrs.frozen
class SearchParameter:
    """One parameter: FHIR's name, its type, its definition, what can be said of it, and how it is read."""

    name: str
    type: str
    definition: str
    documentation: str
    read: Callable[..., Any]
    modifiers: tuple[str, ...] = ()
    comparators: tuple[str, ...] = ()


NUMBERINGS: Final = (
    f"Identifiers are found by the systems {MRN_SYSTEM} and {EXTERNAL_ID_SYSTEM} alone; others are kept and "
    "not searched."
)


def names_another_numbering(value: str) -> bool:
    """Whether identifiers are asked for in a system that is not searched."""
    systems = {part.partition("|")[0] for part in value.split(",") if "|" in part}
    return not systems <= {"", MRN_SYSTEM, EXTERNAL_ID_SYSTEM}


def _name(field: NameField) -> Read:
    matches = {"": TextMatch.BEGINS, "exact": TextMatch.IS, "contains": TextMatch.HAS}

    def read(modifier: str, values: Sequence[str]) -> Condition:
        return NameCondition(field, matches[modifier], Phi(tuple(map(unescaped, values))))

    return read


def _ids(_: str, values: Sequence[str]) -> Condition:
    # What is no id of ours is nobody's: it finds nothing, and is no mistake.
    return IdCondition(frozenset(PatientId(UUID(one)) for one in values if _UUID.fullmatch(one)))


def _identifiers(_: str, values: Sequence[str]) -> Condition:
    mrns, external_ids = [], []
    for system, value in map(token, values):
        try:
            if system in {None, MRN_SYSTEM}:
                mrns.append(Mrn(value))
            if system in {None, EXTERNAL_ID_SYSTEM}:
                external_ids.append(ExternalId(value))
        except InvalidValueError:
            # Nobody has such a number.
            continue
    return IdentifierCondition(tuple(mrns), tuple(external_ids))


def _genders(modifier: str, values: Sequence[str]) -> Condition:
    codes = {code.lower() for system, code in map(token, values) if system in {None, "", GENDER_SYSTEM}}
    named = frozenset(gender for gender in Gender if gender.value in codes)
    return GenderCondition(Phi(frozenset(Gender) - named if modifier == "not" else named))


def _statuses(modifier: str, values: Sequence[str]) -> frozenset[Status]:
    codes = {code.lower() for system, code in map(token, values) if system in {None, "", TRUTH_SYSTEM}}
    if not codes <= {"true", "false"}:
        message = "Use true or false."
        raise InvalidValueError(message)
    if modifier == "not":
        codes = {"true", "false"} - codes
    chosen = {"true": Status.ACTIVE, "false": Status.ARCHIVED}
    return frozenset(chosen[code] for code in codes)


def _contacts(*systems: str) -> Read:
    def read(_: str, values: Sequence[str]) -> Condition:
        phones, emails = [], []
        for system, value in map(token, values):
            wanted = None if system is None else system.removeprefix(f"{_TELECOM_SYSTEM}#").lower()
            if "phone" in systems and wanted in {None, "", "phone"} and any(map(str.isdigit, value)):
                phones.append(value)
            if "email" in systems and wanted in {None, "", "email"}:
                emails.append(value)
        return ContactCondition(Phi(tuple(phones)), Phi(tuple(emails)))

    return read


def _born(_: str, values: Sequence[str]) -> Condition:
    found = [days for value in values for days in days_meant(*prefixed(value))]
    return BornCondition(Phi(tuple(found)))


def _changed(_: str, values: Sequence[str]) -> Condition:
    found = [moments for value in values for moments in moments_meant(*prefixed(value))]
    return ChangedCondition(tuple(found))


_SPECIFICATION: Final = "http://hl7.org/fhir/SearchParameter"
_TEXT: Final = ("exact", "contains")
# fmt: off
_ALL: Final = (
    SearchParameter("_id", "token", f"{_SPECIFICATION}/Resource-id", "The id of the record.", _ids),
    SearchParameter(
        "identifier", "token", f"{_SPECIFICATION}/Patient-identifier",
        f"A record number ({MRN_SYSTEM}) or an id in eClinicalWorks ({EXTERNAL_ID_SYSTEM}), exactly as it is "
        "written; with its system or without. That of a merged record finds its survivor. Identifiers of "
        "other systems are kept and given back, and not searched.",
        _identifiers,
    ),
    SearchParameter(
        "name", "string", f"{_SPECIFICATION}/Patient-name",
        "The beginning of the official family name, of the first given name, or of the two with a blank "
        "between them; case and accents do not count.",
        _name(NameField.ANY), _TEXT,
    ),
    SearchParameter(
        "family", "string", f"{_SPECIFICATION}/individual-family",
        "The beginning of the official family name; case and accents do not count.",
        _name(NameField.LAST), _TEXT,
    ),
    SearchParameter(
        "given", "string", f"{_SPECIFICATION}/individual-given",
        "The beginning of the first given name; case and accents do not count.",
        _name(NameField.FIRST), _TEXT,
    ),
    SearchParameter(
        "birthdate", "date", f"{_SPECIFICATION}/individual-birthdate",
        "The day of birth: a day, a month or a year.", _born, comparators=COMPARATORS,
    ),
    SearchParameter(
        "gender", "token", f"{_SPECIFICATION}/individual-gender",
        "The administrative gender.", _genders, ("not",),
    ),
    SearchParameter(
        "telecom", "token", f"{_SPECIFICATION}/individual-telecom",
        "The record's phone number (phone|…), compared by its digits, with or without the country code 1, or "
        "its e-mail address (email|…); further ones are kept and not searched. Together with something that "
        "narrows the search.",
        _contacts("phone", "email"),
    ),
    SearchParameter(
        "phone", "token", f"{_SPECIFICATION}/individual-phone",
        "A phone number, as in telecom.", _contacts("phone"),
    ),
    SearchParameter(
        "email", "token", f"{_SPECIFICATION}/individual-email",
        "An e-mail address, as in telecom.", _contacts("email"),
    ),
    SearchParameter(
        "active", "token", f"{_SPECIFICATION}/Patient-active",
        "Whether the record is in service; without it active and archived records are found.",
        _statuses, ("not",),
    ),
    SearchParameter(
        "_lastUpdated", "date", f"{_SPECIFICATION}/Resource-lastUpdated",
        "When the record was last changed, by the second.", _changed, comparators=COMPARATORS,
    ),
)
PARAMETERS: Final[Mapping[str, SearchParameter]] = MappingProxyType({one.name: one for one in _ALL})
"""What Patients can be searched by."""
COMBINATIONS: Final = (
    ("birthdate", "name"),
    ("gender", "name"),
    ("birthdate", "family"),
    ("family", "gender"),
)
"""What US Core names as searched together. Any others can be, too."""
