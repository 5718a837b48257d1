"""Reading the answers of eCW as untrusted input: the JSON strictly, the records in it leniently.

A real EHR's records are odd and its proxies answer with pages of their own, so whatever is missing or of
another type inside a patient is left out and named, while an answer that is no FHIR at all, or about somebody
else, is refused whole. Errors name what is wrong in words of this file and never repeat what was sent.

Field rules: FHIR R4 (4.0.1) Patient and Bundle; RFC 6749, section 5 and SMART Backend Services for tokens.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeGuard

import attrs

from vantrexia_adapters.fhir.choosing import contact, preferred, record_number, second_line
from vantrexia_adapters.strict_json import StrictJsonError, read_json
from vantrexia_core.ehr import EhrPatient
from vantrexia_core.patients import ExternalId

DEPTH_MAX: Final = 64
VALUES_MAX: Final = 100_000
"""Values in one answer: a page of hundreds of patients, each more detailed than they are in practice."""
TEXT_MAX: Final = 1024
"""Characters of a text that is kept: more than any value of ours may have, so that none is lost by it."""
TOKEN_SECONDS_MAX: Final = 86_400
PAGE_ENTRIES_MAX: Final = 1000
IDENTIFIERS_MAX: Final = 50
"""Identifiers of one patient that are looked at, and other ids that are kept."""
ECW_SYSTEM: Final = "urn:oid:2.16.840.1.113883.4.391."
"""The identifiers that eCW gives out, followed by the number of the practice."""
LOGICAL_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_TOKEN_CHARACTERS_MAX: Final = 8192
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_WRONG_TYPE: Final = "\x00"
"""Breaks every rule of every value, so that the field is left out and named."""


class MalformedError(Exception):
    """The answer is not what was asked for. Carries nothing of it."""


@attrs.frozen(repr=False)
class Grant:
    """What the token endpoint gave: the token, and for how many seconds."""

    token: str
    seconds: int


@attrs.frozen(repr=False)
class Found:
    """What is used of a patient's record: its logical id, its ids of the EHR's own kind, the domain's fields.

    The rest, photographs and narratives among it, is let go of at once: many patients of a search are held
    together.
    """

    id: str
    ids: tuple[str, ...]
    texts: Mapping[str, str | None]
    updated_at: datetime | None


@attrs.frozen(repr=False)
class Matches:
    """One page of a search: the patients on it and the link to the next page."""

    patients: tuple[Found, ...]
    next_url: str | None


def read_grant(body: bytes) -> Grant:
    """A token answer (RFC 6749, section 5.1; SMART requires ``expires_in``).

    Raises:
        MalformedError: it is none.
    """
    answer = _object(body)
    token, kind, seconds = answer.get("access_token"), answer.get("token_type"), answer.get("expires_in")
    if (
        not isinstance(token, str)
        or len(token) > _TOKEN_CHARACTERS_MAX
        or _TOKEN.fullmatch(token) is None
        or not isinstance(kind, str)
        or kind.lower() != "bearer"
        or type(seconds) is not int
        or seconds <= 0
    ):
        raise MalformedError
    return Grant(token, min(seconds, TOKEN_SECONDS_MAX))


def read_oauth_error(body: bytes) -> str | None:
    """The error code of a refused token request, if it is one of RFC 6749's; its description is not read."""
    try:
        code = _object(body).get("error")
    except MalformedError:
        return None
    return code if isinstance(code, str) and code in OAUTH_ADVICE else None


OAUTH_ADVICE: Final[Mapping[str, str]] = {
    "invalid_client": "it does not know our client or our key: compare the client id, and see that it can "
    "read our /.well-known/jwks.json and that the address is on its allow-list",
    "invalid_grant": "it does not accept our assertion or a scope: compare the scopes, and this clock",
    "invalid_scope": "it does not grant the scopes: compare ECW_SCOPES with what was registered",
    "invalid_request": "it finds our request incomplete: compare ECW_TOKEN_URL with what was registered",
    "unauthorized_client": "our client may not use this kind of sign-in: the practice must activate the app",
    "unsupported_grant_type": "its token address does not know this kind of sign-in",
    "access_denied": "it denies access: the practice must activate the app",
}
"""What an administrator can do about each refusal (codes of RFC 6749, sections 4.1.2.1 and 5.2)."""


def read_token_endpoint(body: bytes) -> str:
    """The token endpoint that a SMART configuration names.

    Raises:
        MalformedError: it is none, or names none.
    """
    url = _object(body).get("token_endpoint")
    if not isinstance(url, str):
        raise MalformedError
    return url


def read_found(body: bytes, *, wanted_id: str, own_system: str | None) -> Found:
    """The patient of a read.

    Raises:
        MalformedError: the body is no Patient, or another one.
    """
    found = _found(_object(body), own_system)
    if found is None or found.id != wanted_id:
        raise MalformedError
    return found


def read_matches(body: bytes, *, own_system: str | None) -> Matches:
    """One page of a search (a Bundle of type searchset).

    Entries that are no matches (an OperationOutcome, an included resource) are passed over.

    Raises:
        MalformedError: the body is no such Bundle, or a match in it is no Patient.
    """
    bundle = _object(body)
    entries = bundle.get("entry", [])
    if (
        bundle.get("resourceType") != "Bundle"
        or bundle.get("type") != "searchset"
        or not isinstance(entries, list)
        or len(entries) > PAGE_ENTRIES_MAX
    ):
        raise MalformedError
    return Matches(tuple(_matches(entries, own_system)), _next_link(bundle.get("link", [])))


def is_about_access(body: bytes) -> bool:
    """Whether an OperationOutcome says that our account, not the question, is the reason of a refusal."""
    try:
        issues = _object(body).get("issue")
    except MalformedError:
        return False
    return isinstance(issues, list) and any(
        _is_object(issue) and issue.get("code") in {"forbidden", "security", "login", "not-supported"}
        for issue in issues
    )


def told_of(found: Found, external_id: ExternalId) -> EhrPatient:
    """The domain's value of a found record, under the id that it was asked for by."""
    known_as = list(dict.fromkeys((found.id, *found.ids)))
    return EhrPatient.told(external_id, known_as=known_as, updated_at=found.updated_at, **found.texts)


def _texts_of(record: Mapping[str, object]) -> dict[str, str | None]:
    """The texts of a Patient that `EhrPatient.told` asks for, by its names."""
    name = _preferred(record.get("name"), "official")
    address = _preferred(record.get("address"), "home", former_counts=False)
    lines = _texts(address.get("line"))
    given = _texts(name.get("given"))
    telecom = _objects(record.get("telecom"))
    texts = {
        "first_name": given[0] if given else None,
        "last_name": _text(name.get("family")),
        "date_of_birth": _text(record.get("birthDate")),
        "gender": _text(record.get("gender")),
        "mrn": _mrn(record.get("identifier")),
        "phone": _contact(telecom, "phone"),
        "email": _contact(telecom, "email"),
        "line1": lines[0] if lines else None,
        "line2": second_line(lines),
        "city": _text(address.get("city")),
        "state": _text(address.get("state")),
        "zip_": _text(address.get("postalCode")),
    }
    return {field: _WRONG_TYPE if text and len(text) > TEXT_MAX else text for field, text in texts.items()}


def _object(body: bytes) -> Mapping[str, object]:
    try:
        value = read_json(body, depth_max=DEPTH_MAX, values_max=VALUES_MAX)
    except StrictJsonError:
        value = None
    if not _is_object(value):
        # Raised here, outside the handler: the reader's frames hold the whole body.
        raise MalformedError
    return value


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _objects(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if _is_object(one)] if isinstance(value, list) else []


def _found(resource: object, own_system: str | None) -> Found | None:
    if not _is_object(resource) or resource.get("resourceType") != "Patient":
        return None
    id_ = resource.get("id")
    if not isinstance(id_, str) or LOGICAL_ID.fullmatch(id_) is None:
        return None
    identifiers = _objects(resource.get("identifier"))[:IDENTIFIERS_MAX]
    values = [one.get("value") for one in identifiers if _is_own(one.get("system"), own_system)]
    ids = tuple(value for value in values if isinstance(value, str) and len(value) <= TEXT_MAX)
    return Found(id_, ids, _texts_of(resource), _updated_at(resource.get("meta")))


def _is_own(system: object, own_system: str | None) -> bool:
    """Whether an identifier is the EHR's own: an insurer's number can belong to a whole family."""
    if not isinstance(system, str):
        return False
    return system.startswith(ECW_SYSTEM) if own_system is None else system == own_system


def _matches(entries: Sequence[object], own_system: str | None) -> Iterator[Found]:
    for entry in entries:
        if not _is_object(entry):
            raise MalformedError
        search = entry.get("search")
        resource = entry.get("resource")
        is_match = not _is_object(search) or search.get("mode", "match") == "match"
        is_outcome = _is_object(resource) and resource.get("resourceType") == "OperationOutcome"
        if not is_match or is_outcome:
            continue
        found = _found(resource, own_system)
        if found is None:
            raise MalformedError
        yield found


def _next_link(links: object) -> str | None:
    nexts = [link.get("url") for link in _objects(links) if link.get("relation") == "next"]
    if not nexts:
        return None
    if not isinstance(nexts[0], str):
        raise MalformedError
    return nexts[0]


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else _WRONG_TYPE


def _texts(value: object) -> list[str]:
    """The texts of a list; FHIR pads lists of primitives with null where only an extension is given."""
    if value is None:
        return []
    if not isinstance(value, list):
        return [_WRONG_TYPE]
    return [text for one in value if (text := _text(one)) is not None and text.strip(" ")]


def _preferred(values: object, use: str, *, former_counts: bool = True) -> Mapping[str, object]:
    """The name or address that counts; nothing at all if there is none."""
    if values is not None and not isinstance(values, list):
        return {"family": _WRONG_TYPE, "line": _WRONG_TYPE}
    known = _objects(values)
    place = preferred(known, use, former_counts=former_counts)
    return {} if place is None else known[place]


def _contact(telecom: Sequence[Mapping[str, object]], system: str) -> str | None:
    place = contact(telecom, system)
    return None if place is None else _text(telecom[place].get("value"))


def _mrn(identifiers: object) -> str | None:
    known = _objects(identifiers)[:IDENTIFIERS_MAX]
    place = record_number(known)
    return None if place is None else _text(known[place].get("value"))


def _updated_at(meta: object) -> datetime | None:
    text = meta.get("lastUpdated") if _is_object(meta) else None
    if not isinstance(text, str) or _INSTANT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
