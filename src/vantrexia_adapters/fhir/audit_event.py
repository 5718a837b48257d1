"""The trail as FHIR R4 AuditEvents, following IHE BALP 1.1 (https://profiles.ihe.net/ITI/BALP).

An event claims a BALP profile where it has all that the profile asks for. Lists never do: BALP's Query holds
the text of the search, and ours is not kept because it is PHI. What BALP leaves out and the trail has, whom a
list showed, stands as further patient entities, which the base resource allows.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from uuid import NAMESPACE_URL, uuid5

import attrs

from vantrexia_adapters.fhir.bundle import Found, searchset
from vantrexia_core.audit import RESOURCE_OF, Action, AuditEntry, Outcome, Resource, TrailLine
from vantrexia_core.kernel import MACHINE_NUMBERS_FROM, Page, Purpose

Json: TypeAlias = dict[str, Any]

ACTION_SYSTEM: Final = "urn:vantrexia:audit-action"
ROLE_SYSTEM: Final = "urn:vantrexia:role"
USER_SYSTEM: Final = "urn:vantrexia:user"
CLIENT_SYSTEM: Final = "urn:vantrexia:machine-client"
CHANGED_FIELD: Final = "changed-field"

_BALP: Final = "https://profiles.ihe.net/ITI/BALP"
_DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_EVENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
_LIFECYCLE: Final = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_ENTITY_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ENTITY_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_PARTICIPANT: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_SOURCE_TYPE: Final = "http://terminology.hl7.org/CodeSystem/security-source-type"


def _coding(system: str, code: str, display: str) -> Json:
    return {"system": system, "code": code, "display": display}


_REST: Final = _coding(_EVENT_TYPE, "rest", "Restful Operation")
_SIGN_IN: Final = _coding(_DCM, "110114", "User Authentication")
_TRAIL_USED: Final = _coding(_DCM, "110101", "Audit Log Used")
_EXPORT: Final = _coding(_DCM, "110106", "Export")
_IMPORT: Final = _coding(_DCM, "110107", "Import")
_ACTIVITY: Final = _coding(_DCM, "110100", "Application Activity")
_ALERT: Final = _coding(_DCM, "110113", "Security Alert")
_OVERRIDE: Final = _coding(_DCM, "110127", "Emergency Override Started")
_LOGIN: Final = _coding(_DCM, "110122", "Login")
_LOGOUT: Final = _coding(_DCM, "110123", "Logout")
_ENCRYPT: Final = _coding(_LIFECYCLE, "encrypt", "Encrypt Record Lifecycle Event")
_DESTROY: Final = _coding(_LIFECYCLE, "destroy", "Destroy/Delete Record Lifecycle Event")
_DISCLOSE: Final = _coding(_LIFECYCLE, "disclose", "Disclose Record Lifecycle Event")

_APPLICATION: Final = _coding(_DCM, "110150", "Application")
_DESTINATION: Final = _coding(_DCM, "110152", "Destination Role ID")
_SOURCE: Final = _coding(_DCM, "110153", "Source Role ID")
_CUSTODIAN: Final = _coding(_PARTICIPANT, "custodian", "Custodian")
_RECIPIENT: Final = _coding(_PARTICIPATION, "IRCP", "information recipient")
_AUTHOR: Final = _coding(_PARTICIPATION, "AUT", "author (originator)")


@attrs.frozen
class _Parties:
    """What client, server and user are in an event."""

    client: Json
    server: Json
    user: Json


_READING: Final = _Parties(_DESTINATION, _SOURCE, _RECIPIENT)
_ASKING: Final = _Parties(_SOURCE, _DESTINATION, _RECIPIENT)
_WRITING: Final = _Parties(_SOURCE, _DESTINATION, _AUTHOR)
_DELETING: Final = _Parties(_APPLICATION, _CUSTODIAN, _AUTHOR)


@attrs.frozen
class _Kind:
    """What an action is in the words of FHIR; ``profile`` is BALP's name for it, with a patient."""

    code: str
    parties: _Parties
    type: Json = _REST
    subtypes: tuple[Json, ...] = ()
    profile: str | None = None


def _interaction(code: str) -> Json:
    return _coding(_INTERACTION, code, code)


_CREATE: Final = _Kind("C", _WRITING, subtypes=(_interaction("create"),), profile="Create")
_READ: Final = _Kind("R", _READING, subtypes=(_interaction("read"),), profile="Read")
_UPDATE: Final = _Kind("U", _WRITING, subtypes=(_interaction("update"),), profile="Update")
_READ_OTHER: Final = attrs.evolve(_READ, profile=None)
_UPDATE_OTHER: Final = attrs.evolve(_UPDATE, profile=None)
_SEARCH: Final = _Kind("E", _ASKING, subtypes=(_interaction("search-type"),))


_KEYS: Final = _Kind("E", _WRITING, _ACTIVITY, (_ENCRYPT,))
_KEYS_LOST: Final = _Kind("D", _WRITING, _ACTIVITY, (_DESTROY,))


def _moved(code: str, display: str) -> _Kind:
    return attrs.evolve(_UPDATE, subtypes=(*_UPDATE.subtypes, _coding(_LIFECYCLE, code, display)))


KIND_OF: Final[Mapping[Action, _Kind]] = MappingProxyType(
    {
        Action.CREATE: _CREATE,
        Action.READ: _READ,
        Action.LIST: _SEARCH,
        Action.UPDATE: _UPDATE,
        Action.ARCHIVE: _moved("archive", "Archive Record Lifecycle Event"),
        Action.UNARCHIVE: _moved("reactivate", "Re-activate Record Lifecycle Event"),
        Action.DELETE: _Kind("D", _DELETING, subtypes=(_interaction("delete"),), profile="Delete"),
        Action.RESTORE: _moved("restore", "Restore Record Lifecycle Event"),
        Action.LIST_ARCHIVED: _SEARCH,
        Action.LIST_DELETED: _SEARCH,
        Action.READ_VERSION: attrs.evolve(_READ, subtypes=(_interaction("vread"),)),
        Action.LIST_VERSIONS: attrs.evolve(_READ, subtypes=(_interaction("history-instance"),), profile=None),
        Action.EXPORT_START: _Kind("E", _ASKING, subtypes=(_interaction("operation"),)),
        Action.EXPORT_READ: _READ_OTHER,
        Action.EXPORT: _Kind("R", _READING, _EXPORT, (_DISCLOSE,)),
        Action.EXPORT_END: _Kind("D", _DELETING, subtypes=(_interaction("delete"),)),
        Action.IMPORT: _Kind("C", _WRITING, _IMPORT, (_DISCLOSE,)),
        Action.IMPORT_START: _Kind("E", _WRITING),
        Action.IMPORT_PREVIEW: _SEARCH,
        Action.IMPORT_READ: _READ_OTHER,
        Action.EHR_SEARCH: _SEARCH,
        Action.MATCH: _SEARCH,
        Action.MATCH_SWEEP: _Kind("E", _WRITING),
        Action.DUPLICATE_LIST: _SEARCH,
        Action.DUPLICATE_READ: _READ,
        Action.DUPLICATE_DECIDE: _UPDATE_OTHER,
        Action.MERGE: _moved("merge", "Merge Record Lifecycle Event"),
        Action.UNMERGE: _moved("unmerge", "Unmerge Record Lifecycle Event"),
        Action.MERGE_READ: _READ_OTHER,
        Action.DIFFERENCES_OVERRULE: _UPDATE_OTHER,
        Action.LOGIN_SUCCESS: _Kind("E", _ASKING, _SIGN_IN, (_LOGIN,)),
        Action.LOGIN_FAILED: _Kind("E", _ASKING, _SIGN_IN, (_LOGIN,)),
        Action.LOGOUT: _Kind("E", _ASKING, _SIGN_IN, (_LOGOUT,)),
        Action.TOKEN_REFRESHED: _Kind("E", _ASKING, _SIGN_IN),
        Action.TOKEN_REUSE_DETECTED: _Kind("E", _ASKING, _ALERT),
        Action.ACCOUNT_LOCKED: _Kind("E", _ASKING, _ALERT),
        Action.ACCOUNT_UNLOCKED: _UPDATE_OTHER,
        Action.ACCOUNT_FORGED: _Kind("E", _ASKING, _ALERT),
        Action.PASSWORD_CHANGED: _UPDATE_OTHER,
        Action.PASSWORD_RESET_REQUESTED: _Kind("E", _ASKING),
        Action.PASSWORD_RESET_COMPLETED: _UPDATE_OTHER,
        Action.TWO_FACTOR_STARTED: _UPDATE_OTHER,
        Action.TWO_FACTOR_ENABLED: _UPDATE_OTHER,
        Action.TWO_FACTOR_DISABLED: _UPDATE_OTHER,
        Action.TWO_FACTOR_FAILED: _Kind("E", _ASKING, _SIGN_IN, (_LOGIN,)),
        Action.PROFILE_READ: _READ_OTHER,
        Action.PROFILE_UPDATE: _UPDATE_OTHER,
        Action.USER_READ: _READ_OTHER,
        Action.USER_CREATE: attrs.evolve(_CREATE, profile=None),
        Action.USER_UPDATE: _UPDATE_OTHER,
        Action.USER_LIST: _SEARCH,
        Action.EMERGENCY_DECLARE: _Kind("E", _ASKING, _ALERT, (_OVERRIDE,)),
        Action.EMERGENCY_LIST: _SEARCH,
        Action.SESSIONS_END: _Kind("E", _ASKING, _SIGN_IN, (_LOGOUT,)),
        Action.CLIENT_REGISTER: attrs.evolve(_CREATE, profile=None),
        Action.CLIENT_LIST: _SEARCH,
        Action.CLIENT_UPDATE: _UPDATE_OTHER,
        Action.CLIENT_REVOKE: _UPDATE_OTHER,
        Action.TRAIL_READ: _Kind("R", _READING, _TRAIL_USED),
        Action.TRAIL_EXPORT: _Kind("R", _READING, _EXPORT),
        Action.ACCOUNTING: _Kind("R", _READING, _TRAIL_USED),
        Action.KEY_PREPARE: _KEYS,
        Action.KEY_ROTATE: _KEYS,
        Action.KEY_REENCRYPT_START: _KEYS,
        Action.KEY_REENCRYPT: _KEYS,
        Action.KEY_RETIRE: _KEYS,
        Action.KEY_DESTROY: _KEYS_LOST,
        Action.KEY_REWRAP: _KEYS,
        Action.PRACTICE_DESTROY_ORDER: _KEYS,
        Action.PRACTICE_DESTROY: _KEYS_LOST,
        Action.BACKUP_START: _Kind("R", _READING, _EXPORT),
        Action.BACKUP: _Kind("R", _READING, _EXPORT),
        Action.BACKUP_RESTORE: _Kind("C", _WRITING, _IMPORT),
        Action.TRAIL_ROLLBACK: _Kind("D", _WRITING, _ALERT),
    }
)
"""Total over the actions: a new one says what it is to FHIR."""

OUTCOME_CODE: Final[Mapping[Outcome, str]] = MappingProxyType(
    {Outcome.DONE: "0", Outcome.REPLAYED: "0", Outcome.REFUSED: "4", Outcome.FAILED: "8"}
)
"""Success, minor failure (the caller's), serious failure (ours): FHIR's audit-event-outcome."""


PURPOSE_CODING: Final[Mapping[Purpose, Json]] = MappingProxyType(
    {Purpose.EMERGENCY_TREATMENT: _coding(_ACT_REASON, "ETREAT", "Emergency Treatment")}
)
"""What for, in HL7's PurposeOfUse."""


_MANY: Final = {
    Resource.PATIENT: "Patients",
    Resource.USER: "Accounts",
    Resource.CLIENT: "Machine clients",
    Resource.AUDIT_LOG: "Audit trail",
    Resource.KEY: "Key ring",
    Resource.BACKUP: "Backup",
}


def audit_event(line: TrailLine, *, server_url: str) -> Json:
    """An AuditEvent. ``server_url`` is where clients reach the service; it names the source of the event."""
    entry, kind = line.entry, KIND_OF[line.entry.action]
    network = _client_network(entry.address)
    event: Json = {
        "resourceType": "AuditEvent",
        "id": str(line.seq),
        "type": kind.type,
        "subtype": [*kind.subtypes, {"system": ACTION_SYSTEM, "code": entry.action.value}],
        "action": kind.code,
        "recorded": entry.at.isoformat().replace("+00:00", "Z"),
        "outcome": OUTCOME_CODE[entry.outcome],
    }
    if entry.outcome is not Outcome.DONE:
        event["outcomeDesc"] = entry.code or entry.outcome.value
    if entry.purpose is not None:
        event["purposeOfEvent"] = [{"coding": [PURPOSE_CODING[entry.purpose]]}]
    event["agent"] = list(_agents(line, kind, network, server_url))
    event["source"] = {
        "observer": _server(server_url),
        "type": [_coding(_SOURCE_TYPE, "4", "Application Server")],
    }
    event["entity"] = list(_entities(entry))
    is_complete = entry.outcome is Outcome.DONE and entry.patient_id is not None and network is not None
    if kind.profile is not None and is_complete:
        event["meta"] = {"profile": [f"{_BALP}/StructureDefinition/IHE.BasicAudit.Patient{kind.profile}"]}
    return event


def audit_event_bundle(
    page: Page[TrailLine],
    links: Mapping[str, str | None],
    *,
    server_url: str,
    also: Iterable[Found] = (),
) -> Json:
    """A page as a searchset; ``links`` are URLs by their relation (self, next, previous)."""
    # The events are not served one by one, so there is no URL: the name of each is made from its place, and
    # is the same every time.
    found = [
        Found(
            audit_event(line, server_url=server_url),
            uuid5(NAMESPACE_URL, f"{server_url}/AuditEvent/{line.seq}").urn,
        )
        for line in page.items
    ]
    urls = {relation: url for relation, url in links.items() if url is not None}
    return searchset([*found, *also], total=page.count, links=urls)


def _agents(line: TrailLine, kind: _Kind, network: Json | None, server_url: str) -> Iterator[Json]:
    entry = line.entry
    is_known = entry.actor_id is not None
    client: Json = {
        "type": {"coding": [kind.parties.client]},
        "who": {"display": entry.address or "not recorded"},
        "requestor": not is_known,
    }
    yield client if network is None else {**client, "network": network}
    yield {
        "type": {"coding": [kind.parties.server]},
        "who": _server(server_url),
        "requestor": False,
        "network": {"address": server_url, "type": "5"},
    }
    if entry.actor_id is not None:
        user: Json = {
            "type": {"coding": [kind.parties.user]},
            "who": _account(entry.actor_id),
            "requestor": True,
        }
        if line.actor_email is not None:
            user["name"] = line.actor_email.reveal()
        if entry.role is not None:
            user["role"] = [{"coding": [{"system": ROLE_SYSTEM, "code": entry.role.value}]}]
        yield user


def _entities(entry: AuditEntry) -> Iterator[Json]:
    yield _data(entry)
    if entry.patient_id is not None:
        yield _person(entry.patient_id)
    yield from (_person(shown) for shown in entry.disclosed if shown != entry.patient_id)
    if entry.request_id is not None:
        yield {
            "what": {"identifier": {"value": entry.request_id}},
            "type": {"system": f"{_BALP}/CodeSystem/BasicAuditEntityType", "code": "XrequestId"},
        }


def _data(entry: AuditEntry) -> Json:
    """What it was done to: a resource, or the trail, the keys or all of it."""
    resource = RESOURCE_OF[entry.action]
    if resource in {Resource.AUDIT_LOG, Resource.KEY, Resource.BACKUP}:
        what: Json = {"display": _MANY[resource]}
        role = _coding(_ENTITY_ROLE, "13", "Security Resource")
    else:
        what = _subject(entry, resource)
        role = _coding(_ENTITY_ROLE, "4", "Domain Resource")
    data: Json = {"what": what, "type": _coding(_ENTITY_TYPE, "2", "System Object"), "role": role}
    if entry.changed:
        data["detail"] = [{"type": CHANGED_FIELD, "valueString": name} for name in entry.changed]
    return data


def _subject(entry: AuditEntry, resource: Resource) -> Json:
    if resource is Resource.PATIENT and entry.patient_id is not None:
        return {"reference": f"Patient/{entry.patient_id}"}
    if resource in {Resource.USER, Resource.CLIENT} and entry.user_id is not None:
        return _account(entry.user_id)
    return {"display": _MANY[resource]}


def _account(number: int) -> Json:
    """Somebody's account, or a program's registration: their numbers tell them apart."""
    system = USER_SYSTEM if number < MACHINE_NUMBERS_FROM else CLIENT_SYSTEM
    return {"identifier": {"system": system, "value": str(number)}}


def _person(patient_id: object) -> Json:
    return {
        "what": {"reference": f"Patient/{patient_id}"},
        "type": _coding(_ENTITY_TYPE, "1", "Person"),
        "role": _coding(_ENTITY_ROLE, "1", "Patient"),
    }


def _server(server_url: str) -> Json:
    return {"identifier": {"system": "urn:ietf:rfc:3986", "value": server_url}, "display": "Vantrexia"}


def _client_network(address: str | None) -> Json | None:
    """Where the caller was, if it was an address: a console is no place on a network."""
    if address is None:
        return None
    try:
        ip_address(address)
    except ValueError:
        return None
    return {"address": address, "type": "2"}
