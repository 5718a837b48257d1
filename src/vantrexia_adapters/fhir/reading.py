"""A FHIR R4 Patient that a client sent, as what our record takes in. What is not understood is refused.

Nothing of what was sent is in the errors: they name the place by its FHIRPath, and the rule.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import attrs

from vantrexia_adapters.fhir.choosing import contact, preferred, record_number, type_codes
from vantrexia_adapters.fhir.outcome import Issue
from vantrexia_adapters.fhir.refusing import InvalidResourceError, issue_at
from vantrexia_adapters.fhir.rendering import own_address, own_elements, rendered_link, said_at
from vantrexia_adapters.fhir.strictness import checked_patient
from vantrexia_adapters.fhir.supplement import Json, Path, Told, packed
from vantrexia_adapters.fhir.systems import (
    EXTERNAL_ID_SYSTEM,
    MRN_SYSTEM,
    SSN_SYSTEMS,
    SSN_TYPE,
    US_CORE_PATIENT,
)
from vantrexia_core.kernel import Email, InvalidValueError, NamePart, PersonName, Phi, Phone
from vantrexia_core.patients import (
    KEEP,
    NAME_NOT_KNOWN,
    SUPPLEMENT_BYTES_MAX,
    Address,
    AddressLine,
    City,
    DateOfBirth,
    ExternalId,
    FileLine,
    Gender,
    Mrn,
    NewPatient,
    Patient,
    PatientLink,
    Revision,
    Ssn,
    State,
    Supplement,
    Zip,
)

T = TypeVar("T")

LINKS_OF_OTHERS: Final = frozenset({"refer", "seealso"})
"""The links that a client may set. That a record replaces another is decided by merging them here."""


def parse_patient(content: bytes | Json) -> NewPatient:
    """A person to register, from the Patient of a create. Its id and version are ignored, as FHIR says.

    Raises:
        InvalidResourceError: it is no R4 Patient, says something that this service does not understand, or
            lacks what a record needs.
    """
    reading = _Reading(checked_patient(content))
    reading.check_is_new()
    return reading.record(is_new=True)


def parse_line(number: int, content: bytes | Json) -> FileLine:
    """A line of a file of Patients, which may come from another installation of this service.

    Unlike a client, it tells how things stand: whether a record is archived, or was merged into another.
    Links to other Patients of the file are left out, since their ids are not kept.

    Raises:
        InvalidResourceError: as in `parse_patient`.
    """
    reading = _Reading(checked_patient(content))
    is_active, is_replaced = reading.take_standing()
    new = reading.record(is_new=True)
    return FileLine(number, new, is_active=is_active, is_replaced=is_replaced)


def parse_revision(content: bytes | Json, patient: Patient, *, links: Sequence[PatientLink] = ()) -> Revision:
    """New values for all fields, from the Patient of an update: it says all that a record shall hold.

    Record number, external id and social security number keep their value when they are not in it: they are
    not the client's to forget. ``links`` are those that `render_patient` showed: they may be sent back.

    Raises:
        InvalidResourceError: as in `parse_patient`, or it is another patient's.
    """
    reading = _Reading(checked_patient(content))
    reading.check_is_of(patient, links)
    new = reading.record(is_new=False)
    return Revision(
        first_name=new.name.first,
        last_name=new.name.last,
        date_of_birth=new.date_of_birth,
        gender=new.gender,
        mrn=KEEP if new.mrn is None else new.mrn,
        phone=new.phone,
        email=new.email,
        # FHIR numbers no lines: a second without a first comes back as the first, and is no change.
        address=KEEP if own_address(new.address) == own_address(patient.address) else new.address,
        ssn=KEEP if new.ssn is None else new.ssn,
        external_id=KEEP if new.external_id is None else new.external_id,
        supplement=new.supplement,
    )


class _Reading:
    """One document, what was taken from it so far, and the complaints: a client gets all of them at once."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._at: dict[str, Path] = {}
        self._issues: list[Issue] = []
        self._identifier_places: list[int] = list(range(len(document.get("identifier", ()))))

    def check_is_new(self) -> None:
        """What a Patient that is created may not say."""
        if self._document.pop("active", True) is not True:
            self._complain(
                "business-rule", ("active",), "A new record is active: archive it afterwards, with a reason."
            )
        self._check_links()

    def take_standing(self) -> tuple[bool, bool]:
        """Whether the record is in service, and whether another one stands for it."""
        is_active = self._document.pop("active", True)
        links = self._document.pop("link", [])
        kept = [
            link
            for link in links
            if link.get("type") in LINKS_OF_OTHERS
            and not link.get("other", {}).get("reference", "").startswith("Patient/")
        ]
        if kept:
            self._document["link"] = kept
        return is_active, any(link.get("type") == "replaced-by" for link in links)

    def check_is_of(self, patient: Patient, links: Sequence[PatientLink]) -> None:
        """What a Patient that is updated may not say."""
        if self._document.get("id") != str(patient.id):
            self._complain("invalid", ("id",), "The id must be that of the address which this is sent to.")
        if self._document.pop("active", patient.is_active) is not patient.is_active:
            sentence = (
                "Records are archived and taken back by operations of their own, which ask for the reason."
            )
            self._complain("business-rule", ("active",), sentence)
        shown = [rendered_link(link) for link in links]
        if said := self._document.get("link"):
            self._document["link"] = [link for link in said if link not in shown]
        self._check_links()

    def record(self, *, is_new: bool) -> NewPatient:
        """The record's fields, and the rest as its supplement."""
        self._let_go_of_what_is_ours()
        ssn = self._ssn()
        name, born = self._name(), self._date_of_birth()
        external_id = self._identifier("external_id", EXTERNAL_ID_SYSTEM, ExternalId)
        mrn = self._mrn(is_new=is_new)
        telecom = self._document.get("telecom", [])
        phone = self._of_place("phone", "telecom", contact(telecom, "phone"), "value", Phone)
        email = self._of_place("email", "telecom", contact(telecom, "email"), "value", Email)
        address = self._address()
        if born is None or self._issues:
            raise InvalidResourceError(self._issues)
        new = NewPatient(
            name, born, self._gender(), mrn=mrn, phone=phone, email=email, address=address, ssn=ssn,
            external_id=external_id,
        )  # fmt: skip
        return attrs.evolve(new, supplement=self._supplement(new))

    def _complain(self, kind: str, path: Path, sentence: str) -> None:
        if path[:1] == ("identifier",) and len(path) > 1:
            # What was let go of shall not shift the places that a client is told.
            path = ("identifier", self._identifier_places[int(path[1])], *path[2:])
        self._issues.append(issue_at(kind, path, sentence))

    def _check_links(self) -> None:
        for place, link in enumerate(self._document.get("link", ())):
            if link.get("type") not in LINKS_OF_OTHERS:
                sentence = (
                    "Which record replaces which is decided by merging them here. Send seealso or refer."
                )
                self._complain("business-rule", ("link", place, "type"), sentence)

    def _let_go_of_what_is_ours(self) -> None:
        for name in ("resourceType", "id"):
            self._document.pop(name, None)
        meta = self._document.get("meta", {})
        for name in ("versionId", "lastUpdated"):
            meta.pop(name, None)
        if profiles := meta.pop("profile", None):
            # Whether a resource has what our own profile asks for is told anew each time that it is shown.
            meta["profile"] = [profile for profile in profiles if profile != US_CORE_PATIENT]
            self._drop_if_empty(meta, "profile")
        for name in ("meta", "link"):
            self._drop_if_empty(self._document, name)

    @staticmethod
    def _drop_if_empty(holder: Json, name: str) -> None:
        if not holder.get(name):
            holder.pop(name, None)

    def _drop_identifier(self, place: int) -> None:
        del self._document["identifier"][place], self._identifier_places[place]
        self._drop_if_empty(self._document, "identifier")
        for field, (element, *rest) in list(self._at.items()):
            if element == "identifier" and int(rest[0]) > place:
                self._at[field] = (element, int(rest[0]) - 1, *rest[1:])

    def _ssn(self) -> Ssn | None:
        """The number, and no trace of it in what is kept: it is never given back."""
        identifiers = self._document.get("identifier", [])
        places = [k for k, one in enumerate(identifiers) if "value" in one and _is_ssn(one)]
        if not places:
            return None
        numbers = []
        for place in places:
            try:
                numbers.append(Ssn(identifiers[place]["value"]))
            except InvalidValueError as refused:
                self._complain("value", ("identifier", place, "value"), str(refused))
        if any(number != numbers[0] for number in numbers):
            self._complain("business-rule", ("identifier",), "Send one social security number.")
        for place in reversed(places):
            self._drop_identifier(place)
        return numbers[0] if numbers else None

    def _mrn(self, *, is_new: bool) -> Mrn | None:
        mrn = self._identifier("mrn", MRN_SYSTEM, Mrn)
        if mrn is not None or not is_new:
            return mrn
        # Somebody else's number, under which whoever sends it files the patient: taken if it can be ours.
        identifiers = self._document.get("identifier", [])
        place = record_number(identifiers)
        return None if place is None else _or_none(Mrn, identifiers[place]["value"])

    def _identifier(self, field: str, system: str, make: Callable[[str], T]) -> T | None:
        """The value of our own identifier of a system. The bare element is ours to show, and not kept."""
        identifiers = self._document.get("identifier", [])
        places = [
            place
            for place, one in enumerate(identifiers)
            if one.get("system") == system and "value" in one and one.get("use") != "old"
        ]
        if not places:
            return None
        if len(places) > 1:
            self._complain("business-rule", ("identifier", places[1]), "Send one identifier of this system.")
        place = places[0]
        value = self._taken(field, ("identifier", place, "value"), make, is_strict=True)
        if identifiers[place].keys() == {"system", "value"}:
            self._at.pop(field, None)
            self._drop_identifier(place)
        return value

    def _name(self) -> PersonName:
        names = self._document.get("name", [])
        place = preferred(names, "official")
        if place is None:
            return PersonName(NAME_NOT_KNOWN, NAME_NOT_KNOWN)
        last = self._of_place("last_name", "name", place, "family", NamePart, is_strict=True)
        given = next((k for k, text in enumerate(names[place].get("given", ())) if text is not None), None)
        first = None
        if given is not None:
            first = self._taken("first_name", ("name", place, "given", given), NamePart, is_strict=True)
        if last is None and first is None:
            # Nobody can tell which part of a text is which, so it stays in one piece, where people look.
            last = self._of_place("last_name", "name", place, "text", NamePart)
        return PersonName(
            NAME_NOT_KNOWN if first is None else first, NAME_NOT_KNOWN if last is None else last
        )

    def _gender(self) -> Phi[Gender]:
        if "gender" not in self._document:
            return Phi(Gender.UNKNOWN)
        self._at["gender"] = ("gender",)
        return Phi(Gender(self._document["gender"]))

    def _date_of_birth(self) -> DateOfBirth | None:
        if "birthDate" not in self._document:
            self._complain("required", ("birthDate",), "A record needs the date of birth.")
            return None
        return self._taken("date_of_birth", ("birthDate",), DateOfBirth.parse, is_strict=True)

    def _address(self) -> Address | None:
        addresses = self._document.get("address", [])
        place = preferred(addresses, "home", former_counts=False)
        if place is None:
            return None
        line1 = line2 = None
        lines = addresses[place].get("line", ())
        first = next((k for k, text in enumerate(lines) if text is not None), None)
        if first is not None:
            line1 = self._taken("line1", ("address", place, "line", first), AddressLine)
            if said_at(self._document, ("address", place, "line"), "line2") is not None:
                line2 = self._taken("line2", ("address", place, "line"), AddressLine)
        address = Address(
            line1,
            line2,
            self._of_place("city", "address", place, "city", City),
            self._of_place("state", "address", place, "state", State),
            self._of_place("zip", "address", place, "postalCode", Zip),
        )
        return None if address == Address() else address

    def _of_place(
        self,
        field: str,
        element: str,
        place: int | None,
        name: str,
        make: Callable[[str], T],
        *,
        is_strict: bool = False,
    ) -> T | None:
        if place is None or name not in self._document[element][place]:
            return None
        return self._taken(field, (element, place, name), make, is_strict=is_strict)

    def _taken(
        self, field: str, path: Path, make: Callable[[str], T], *, is_strict: bool = False
    ) -> T | None:
        """The field's value. What a record cannot hold stays in the supplement, unless it is needed."""
        try:
            value = make(str(said_at(self._document, path, field)))
        except InvalidValueError as refused:
            if is_strict:
                self._complain("value", path, str(refused))
            return None
        self._at[field] = path
        return value

    def _supplement(self, new: NewPatient) -> Supplement | None:
        """What our own fields do not say; nothing, if they say it all."""
        if self._document == own_elements(attrs.evolve(new, mrn=None, external_id=None)):
            return None
        try:
            return packed(Told(self._document, self._at))
        except InvalidValueError:
            sentence = (
                f"Beyond its own fields a record keeps at most {SUPPLEMENT_BYTES_MAX} bytes. Leave out "
                "photographs and the narrative."
            )
            self._complain("too-long", (), sentence)
        # Raised here, outside the handler.
        raise InvalidResourceError(self._issues)


def _is_ssn(identifier: Json) -> bool:
    return identifier.get("system") in SSN_SYSTEMS or SSN_TYPE in type_codes(identifier)


def _or_none(make: Callable[[str], T], text: str) -> T | None:
    try:
        return make(text)
    except InvalidValueError:
        return None
