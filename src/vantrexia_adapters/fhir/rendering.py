"""A patient of ours as a FHIR R4 Patient: our fields, among what a FHIR client said of the patient before.

Our fields win. Where one was changed since by other means (the REST API, an import), the change is written
over what was said, and what told of the old value goes with it: the element's text, the narrative.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from vantrexia_adapters.fhir.choosing import second_line
from vantrexia_adapters.fhir.supplement import Json, Path, Told, unpacked
from vantrexia_adapters.fhir.systems import (
    DATA_ABSENT_REASON,
    EXTERNAL_ID_SYSTEM,
    MRN_SYSTEM,
    US_CORE_PATIENT,
)
from vantrexia_core.patients import Address, Gender, LinkType, NewPatient, Patient, PatientLink

COUNTRY: Final = "US"
_ADDRESS_PARTS: Final = ("line1", "line2", "city", "state", "zip")
_ELEMENTS: Final = (
    "implicitRules", "language", "text", "contained", "extension", "identifier", "active", "name",
    "telecom", "gender", "birthDate", "deceasedBoolean", "deceasedDateTime", "address", "maritalStatus",
    "multipleBirthBoolean", "multipleBirthInteger", "photo", "contact", "communication",
    "generalPractitioner", "managingOrganization", "link",
)  # fmt: skip


class _Places(dict[str, int]):
    """Where each element stands in the specification; others come first."""

    def __missing__(self, name: str) -> int:
        return -1


_PLACES: Final = _Places(
    {name: place for place, name in enumerate(_ELEMENTS)}
    | {f"_{name}": place for place, name in enumerate(_ELEMENTS)}
)


def render_patient(patient: Patient, *, links: Sequence[PatientLink] = ()) -> Json:
    """The Patient, ready to be written as JSON. Nothing empty is in it, nor a social security number.

    A record that was merged into another says so, also where nobody asked for its ``links``.
    """
    if not links and patient.merged_into is not None:
        links = (PatientLink(LinkType.REPLACED_BY, patient.merged_into),)
    if patient.supplement is None:
        resource = _own_resource(patient)
    else:
        told = unpacked(patient.supplement)
        document = _brought_up_to_date(told, patient)
        meta = {**document.pop("meta", {}), **_own_meta(patient)}
        profiles = meta.get("profile", [])
        if US_CORE_PATIENT not in profiles and _is_us_core(document):
            meta["profile"] = [US_CORE_PATIENT, *profiles]
        resource = {"resourceType": "Patient", "id": str(patient.id), "meta": meta, **document}
    if links:
        resource["link"] = [*resource.get("link", ()), *map(rendered_link, links)]
    return resource


def rendered_link(link: PatientLink) -> Json:
    """An element of ``Patient.link``."""
    return {"other": {"reference": f"Patient/{link.other}"}, "type": link.type.value}


def own_elements(patient: Patient | NewPatient) -> Json:
    """The elements that our fields make by themselves, in the order of the specification."""
    elements: Json = {}
    if identifiers := _own_identifiers(patient):
        elements["identifier"] = identifiers
    if isinstance(patient, Patient):
        elements["active"] = patient.is_active
    if name := _own_name(patient):
        elements["name"] = [name]
    if telecom := _own_telecom(patient):
        elements["telecom"] = telecom
    elements["gender"] = patient.gender.reveal().value
    elements["birthDate"] = patient.date_of_birth.reveal().isoformat()
    if address := own_address(patient.address):
        elements["address"] = [address]
    return elements


def same_text(said: object, ours: str | None) -> bool:
    """Whether our field still holds what was said: fields are trimmed and in Unicode's form NFC."""
    if said == ours:
        return True
    return isinstance(said, str) and unicodedata.normalize("NFC", said).strip() == ours


def _own_resource(patient: Patient) -> Json:
    meta = _own_meta(patient)
    meta["profile"] = [US_CORE_PATIENT]
    return {"resourceType": "Patient", "id": str(patient.id), "meta": meta, **own_elements(patient)}


def _own_meta(patient: Patient) -> Json:
    # To the second, as the REST API shows it and as a search compares it.
    at = patient.updated_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"versionId": str(patient.version), "lastUpdated": at}


def _own_identifiers(patient: Patient | NewPatient) -> list[Json]:
    identifiers = []
    if patient.mrn is not None:
        identifiers.append({"system": MRN_SYSTEM, "value": patient.mrn.reveal()})
    if patient.external_id is not None:
        identifiers.append({"system": EXTERNAL_ID_SYSTEM, "value": patient.external_id.reveal()})
    return identifiers


def _own_name(patient: Patient | NewPatient) -> Json:
    last, first = patient.name.last.reveal(), patient.name.first.reveal()
    name: Json = {"use": "official", "family": last, "given": [first]}
    if last and first:
        return name
    if not last:
        del name["family"]
    if not first:
        del name["given"]
    return name if last or first else {}


def _own_telecom(patient: Patient | NewPatient) -> list[Json]:
    telecom = []
    if patient.phone is not None:
        telecom.append(_own_phone(patient.phone.reveal()))
    if patient.email is not None:
        telecom.append(_own_email(patient.email.reveal()))
    return telecom


def _own_phone(text: str) -> Json:
    return {"system": "phone", "value": text, "use": "home"}


def _own_email(text: str) -> Json:
    return {"system": "email", "value": text}


def own_address(address: Address | None) -> Json | None:
    """The element that our address makes by itself, if anything is known of it."""
    if address is None:
        return None
    rendered: Json = {"use": "home"}
    if lines := [line.reveal() for line in (address.line1, address.line2) if line is not None]:
        rendered["line"] = lines
    if address.city is not None:
        rendered["city"] = address.city.reveal()
    if address.state is not None:
        rendered["state"] = address.state.reveal()
    if address.zip is not None:
        rendered["postalCode"] = address.zip.reveal()
    if len(rendered) == 1:
        return None
    rendered["country"] = COUNTRY
    return rendered


def _brought_up_to_date(told: Told, patient: Patient) -> Json:
    """The document with our fields in it, in the order of the specification."""
    document, at = told.document, told.at
    changed = _changed(document, at, _texts(patient))
    if changed:
        document.pop("text", None)
        _write_name(document, at, changed, patient)
        _write_telecom(document, at, changed, patient)
        _write_address(document, at, changed, patient)
        if "gender" in changed:
            _write_primitive(document, "gender", patient.gender.reveal().value)
        if "date_of_birth" in changed:
            _write_primitive(document, "birthDate", patient.date_of_birth.reveal().isoformat())
    _write_identifiers(document, at, patient)
    document["active"] = patient.is_active
    return {
        name: document[name] for name in sorted(document, key=_PLACES.__getitem__) if document[name] != []
    }


def _texts(patient: Patient) -> dict[str, str | None]:
    """Our fields as texts, but for the identifiers: those have elements of their own."""
    address = patient.address
    return {
        "first_name": patient.name.first.reveal() or None,
        "last_name": patient.name.last.reveal() or None,
        "gender": patient.gender.reveal().value,
        "date_of_birth": patient.date_of_birth.reveal().isoformat(),
        "phone": None if patient.phone is None else patient.phone.reveal(),
        "email": None if patient.email is None else patient.email.reveal(),
        "line1": None if address is None or address.line1 is None else address.line1.reveal(),
        "line2": None if address is None or address.line2 is None else address.line2.reveal(),
        "city": None if address is None or address.city is None else address.city.reveal(),
        "state": None if address is None or address.state is None else address.state.reveal(),
        "zip": None if address is None or address.zip is None else address.zip.reveal(),
    }


def _changed(document: Json, at: Mapping[str, Path], texts: Mapping[str, str | None]) -> set[str]:
    """The fields that say something else now than what was said. A page of Patients comes here often."""
    changed = set()
    for field, ours in texts.items():
        path = at.get(field)
        if path is None:
            # Nothing was taken for it, so there is something to write only if it has a value now.
            if ours is not None and (field != "gender" or ours != Gender.UNKNOWN.value):
                changed.add(field)
            continue
        value: Any = document
        for step in path:
            value = value[step]
        # Nearly always it is what stands there, to the letter.
        if value != ours and not same_text(said_at(document, path, field), ours):
            changed.add(field)
    return changed


def said_at(document: Json, path: Path, field: str) -> object:
    """What stands in a document where a field was taken from."""
    value: Any = document
    for step in path:
        value = value[step]
    if field == "line2":
        return second_line([line.strip() for line in value if isinstance(line, str)])
    return value


def _write_primitive(element: Json, name: str, text: str) -> None:
    """A new value, without the extensions that the old one had: they say where that came from, or why not."""
    element[name] = text
    element.pop(f"_{name}", None)


def _drop_if_empty(element: Json, name: str) -> None:
    if not element[name]:
        del element[name]


def _write_name(document: Json, at: Mapping[str, Path], changed: AbstractSet[str], patient: Patient) -> None:
    if not changed & {"first_name", "last_name"}:
        return
    names = document.setdefault("name", [])
    of_last, of_first = at.get("last_name"), at.get("first_name")
    path = of_last or of_first
    if path is None:
        # What was said is why there is no name, or a former one.
        names[:] = [_own_name(patient), *(name for name in names if not _is_absent(name))]
        return
    name = names[path[1]]
    # FHIR: a text holds nothing that the parts do not hold, and these change now.
    name.pop("text", None)
    if "last_name" in changed or (of_last is not None and of_last[-1] == "text"):
        _write_primitive(name, "family", patient.name.last.reveal())
        _drop_if_empty(name, "family")
    if "first_name" in changed:
        _write_given(name, of_first, patient.name.first.reveal())


def _write_given(name: Json, path: Path | None, text: str) -> None:
    """A new first name; the middle names stay."""
    if path is None or not text:
        name["given"] = [text]
        name.pop("_given", None)
        if not text:
            del name["given"]
        return
    place = path[-1]
    name["given"][place] = text
    extensions = name.get("_given")
    if extensions is not None:
        extensions[place] = None
        if not any(extensions):
            del name["_given"]


def _write_telecom(
    document: Json, at: Mapping[str, Path], changed: AbstractSet[str], patient: Patient
) -> None:
    telecom = document.setdefault("telecom", [])
    points = {field: telecom[at[field][1]] for field in ("email", "phone") if field in at}
    for field, own in (("email", _own_email), ("phone", _own_phone)):
        if field not in changed:
            continue
        value = getattr(patient, field)
        if value is None:
            telecom[:] = [point for point in telecom if point is not points[field]]
        elif field in points:
            _write_primitive(points[field], "value", value.reveal())
        else:
            telecom.insert(0, own(value.reveal()))


def _write_address(
    document: Json, at: Mapping[str, Path], changed: AbstractSet[str], patient: Patient
) -> None:
    """An address is replaced as a whole: what else was said belongs to a place where nobody lives now."""
    if changed.isdisjoint(_ADDRESS_PARTS):
        return
    addresses = document.setdefault("address", [])
    own = own_address(patient.address)
    place = next((at[part][1] for part in _ADDRESS_PARTS if part in at), None)
    if place is None:
        addresses.insert(0, own)
    elif own is None:
        del addresses[place]
    else:
        kept = {name: addresses[place][name] for name in ("id", "use", "type") if name in addresses[place]}
        addresses[place] = {**own, **kept}


def _write_identifiers(document: Json, at: Mapping[str, Path], patient: Patient) -> None:
    identifiers = document.setdefault("identifier", [])
    held = {field: identifiers[at[field][1]] for field in ("mrn", "external_id") if field in at}
    if patient.external_id is None and "external_id" in held:
        identifiers[:] = [one for one in identifiers if one is not held["external_id"]]
    missing = []
    for field, own in zip(("mrn", "external_id"), _own_identifiers(patient), strict=False):
        if field not in held:
            missing.append(own)
        elif not same_text(held[field]["value"], own["value"]):
            _write_primitive(held[field], "value", own["value"])
    identifiers[:0] = missing


def _is_us_core(document: Json) -> bool:
    """Whether it has what US Core's Patient (6.1.0) makes mandatory, so that it may say so."""
    # Loops, for every Patient of a page comes here: `all` with a generator takes three times as long.
    for element in ("identifier", "telecom"):
        for one in document.get(element, ()):
            if "system" not in one or "value" not in one:
                return False
    names = document.get("name", ())
    for name in names:
        if "family" not in name and "given" not in name and not _is_absent(name):
            return False
    return bool(names) and ("gender" in document or "_gender" in document)


def _is_absent(element: Json) -> bool:
    return any(extension.get("url") == DATA_ABSENT_REASON for extension in element.get("extension", ()))
