"""Patients on their way in: which name, number and address is ours, what is kept, what is refused and why."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.adapters.fhir.r4_patients import DROP, INVALID, VALID, WHOLE, made
from tests.adapters.fhir.test_rendering import SAID
from tests.builders import NOW, a_name, a_patient, a_patient_id
from tests.strategies.patients import new_patients, patients
from vantrexia_adapters.fhir.patient import (
    InvalidResourceError,
    parse_patient,
    parse_revision,
    render_patient,
)
from vantrexia_core.kernel import Email, NamePart, Phi, Phone
from vantrexia_core.patients import (
    KEEP,
    NAME_NOT_KNOWN,
    Address,
    AddressLine,
    City,
    DateOfBirth,
    ExternalId,
    Gender,
    LinkType,
    Mrn,
    NewPatient,
    Patient,
    PatientLink,
    Ssn,
    State,
    Status,
    Zip,
)

MRN, ECW, SSN = (
    "https://vantrexia.com/mrn",
    "https://eclinicalworks.com/patient-id",
    "http://hl7.org/fhir/sid/us-ssn",
)
MR = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
ELSEWHERE = {"system": "https://hospital.example.org", "value": "H-1"}


def _read(**changes: Any) -> NewPatient:
    return parse_patient(made(changes))


def _name(*names: dict[str, Any]) -> tuple[str, str]:
    new = _read(name=list(names) or DROP)
    return new.name.first.reveal(), new.name.last.reveal()


def _issues(changes: dict[str, Any]) -> list[tuple[str, str | None]]:
    with pytest.raises(InvalidResourceError) as refused:
        parse_patient(made(changes))
    assert refused.value.__context__ is None
    return [(issue.kind, issue.expression) for issue in refused.value.issues]


def _shown(new: NewPatient) -> dict[str, Any]:
    return render_patient(a_patient(new))


# ------------------------------------------------------------------ there and back


@given(patient=patients())
def test_what_we_show_is_read_as_what_it_was(patient: Patient):
    """Every field but the social security number, and nothing is left for the supplement."""
    bare = attrs.evolve(patient, supplement=None)
    revision = parse_revision(json.dumps(render_patient(bare)).encode(), bare)
    assert (revision.ssn, revision.supplement) == (KEEP, None)
    assert attrs.evolve(bare, status=Status.ACTIVE).revise(revision, now=NOW)[1].changed == ()


@pytest.mark.parametrize("changes", VALID.values(), ids=VALID)
def test_what_was_said_is_given_back(changes: dict[str, Any]):
    """Whatever R4 allows: equal, beside what is the server's."""
    said = made(changes)
    shown = render_patient(a_patient(parse_patient(said)))
    assert shown["identifier"].pop(0)["system"] == MRN
    for name in ("id", "meta", "active"):
        del shown[name]
        said.pop(name, None)
    assert {name: value for name, value in shown.items() if value} == said


def test_sending_back_what_was_shown_changes_nothing():
    """No new version, though our own identifiers and profile stand in it now."""
    patient = a_patient(parse_patient(SAID))
    revision = parse_revision(render_patient(patient), patient)
    assert patient.revise(revision, now=NOW)[1].changed == ()


def test_what_is_passed_in_is_left_alone():
    """The document belongs to the caller."""
    said = copy.deepcopy(SAID)
    parse_patient(said)
    assert said == SAID


# ------------------------------------------------------------------ which one


def test_the_official_name_is_ours():
    """Wherever it stands."""
    assert _name({"family": "A", "given": ["a"]}, {"use": "official", "family": "B", "given": ["b"]}) == (
        "b",
        "B",
    )


def test_without_an_official_name_the_first_is_ours():
    """As it is written, trimmed."""
    assert _name({"family": " A ", "given": ["a", "x"]}, {"family": "B", "given": ["b"]}) == ("a", "A")


@pytest.mark.parametrize("former", [{"use": "old"}, {"use": "maiden"}, {"period": {"end": "2020-01-01"}}])
def test_a_former_name_is_not_ours(former: dict[str, Any]):
    """US Core marks them by their use or by the end of their period."""
    assert _name({**former, "family": "A", "given": ["a"]}, {"family": "B", "given": ["b"]}) == ("b", "B")


def test_a_former_name_is_better_than_none():
    """Somebody has to be called something."""
    assert _name({"use": "old", "family": "A", "given": ["a"]}) == ("a", "A")


@pytest.mark.parametrize(
    ("names", "first", "last"),
    [
        ([], "", ""),
        ([{"family": "Suharto"}], "", "Suharto"),
        ([{"given": ["Madonna"]}], "Madonna", ""),
        ([{"text": "张无忌"}], "", "张无忌"),
        ([{"text": "x" * 101}], "", ""),
    ],
)
def test_what_is_not_known_of_a_name_is_not_invented(names: list[dict[str, Any]], first: str, last: str):
    """One name, a text that nobody can take apart, a newborn without one: each is given back as it was."""
    new = _read(name=names or DROP)
    assert (new.name.first.reveal(), new.name.last.reveal()) == (first, last)
    assert _shown(new).get("name", []) == names


def test_a_name_that_becomes_known_is_shown():
    """What was said of its absence goes."""
    absent = {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
        ]
    }
    named = attrs.evolve(a_patient(_read(name=[absent])), name=a_name("Ann", "Quill"))
    assert render_patient(named)["name"] == [{"use": "official", "family": "Quill", "given": ["Ann"]}]


def test_half_a_name_that_becomes_known_keeps_the_other_half():
    """A text that was taken for the last name stays one."""
    known = attrs.evolve(a_patient(_read(name=[{"text": "张无忌"}])), name=a_name("Wuji", "张无忌"))
    assert render_patient(known)["name"] == [{"family": "张无忌", "given": ["Wuji"]}]
    bare = a_patient(attrs.evolve(_read(), name=attrs.evolve(a_name(), first=NAME_NOT_KNOWN)))
    assert "given" not in render_patient(bare)["name"][0]


def test_the_first_phone_and_the_first_address_of_mail_are_ours():
    """Of those that are in use."""
    new = _read(
        telecom=[
            {"system": "fax", "value": "555-0190"},
            {"system": "phone", "value": "555-0191", "use": "old"},
            {"system": "phone", "value": "555-0192", "use": "work"},
            {"system": "phone", "value": "555-0193"},
            {"system": "email", "value": "m@example.org"},
        ]
    )
    assert (new.phone, new.email) == (Phone("555-0192"), Email("m@example.org"))


def test_the_address_at_home_is_ours():
    """More than two lines are two to us."""
    new = _read(
        address=[
            {"use": "work", "city": "Tulsa"},
            {
                "use": "home",
                "line": ["1 Elm St", "Apt 2", "c/o Quill"],
                "city": "Mounds",
                "state": "OK",
                "postalCode": "74047",
            },
        ]
    )
    line1, line2 = AddressLine("1 Elm St"), AddressLine("Apt 2, c/o Quill")
    assert new.address == Address(line1, line2, City("Mounds"), State("OK"), Zip("74047"))


@pytest.mark.parametrize("former", [{"use": "old"}, {"use": "home", "period": {"end": "2020-01-01"}}])
def test_nobody_lives_at_an_old_address(former: dict[str, Any]):
    """It is kept, and is no address of ours, also when it is the only one."""
    said = [{**former, "city": "Mounds"}]
    new = _read(address=said)
    assert (new.address, _shown(new)["address"]) == (None, said)


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ("telecom", [{"system": "phone", "value": "555-0142 ext. 7"}]),
        ("telecom", [{"system": "email", "value": "nobody at home"}]),
        (
            "address",
            [
                {
                    "use": "home",
                    "line": ["Van Egmondkade 23"],
                    "city": "Amsterdam",
                    "postalCode": "1024 RJ",
                    "country": "NLD",
                }
            ],
        ),
        ("address", [{"state": "Noord-Holland"}]),
    ],
)
def test_what_our_fields_cannot_hold_is_kept_for_those_who_can(element: str, said: list[dict[str, Any]]):
    """A number with an extension, a code that is no ZIP: nobody is turned away for them."""
    assert _shown(_read(**{element: said}))[element] == said


@pytest.mark.parametrize("said", ["male", "female", "other", "unknown"])
def test_the_gender_is_administrative(said: str):
    """FHIR's four codes are ours."""
    assert _read(gender=said).gender == Phi(Gender(said))


def test_no_gender_is_unknown_to_us_and_not_shown():
    """What nobody said is not said; once it is known, it is shown."""
    new = _read(gender=DROP)
    assert new.gender == Phi(Gender.UNKNOWN)
    assert "gender" not in _shown(new)
    assert render_patient(attrs.evolve(a_patient(new), gender=Phi(Gender.MALE)))["gender"] == "male"


@pytest.mark.parametrize(
    ("born", "kind"), [(DROP, "required"), ("1961", "value"), ("1961-04", "value"), ("1899-12-31", "value")]
)
def test_a_record_needs_the_day_of_birth(born: object, kind: str):
    """Half a date is none, and none is invented."""
    assert _issues({"birthDate": born}) == [(kind, "Patient.birthDate")]


def test_names_that_no_record_can_hold_are_refused():
    """Too long, or with line feeds in it."""
    name = [{"family": "x" * 101, "given": ["a\nb"]}]
    assert _issues({"name": name}) == [
        ("value", "Patient.name[0].family"),
        ("value", "Patient.name[0].given[0]"),
    ]


# ------------------------------------------------------------------ identifiers


def test_our_systems_are_our_fields():
    """And nothing of them is kept twice."""
    new = _read(identifier=[{"system": ECW, "value": "E-1"}, {"system": MRN, "value": "M-1"}])
    assert (new.mrn, new.external_id, new.supplement) == (Mrn("M-1"), ExternalId("E-1"), None)


def test_more_about_our_identifiers_is_kept():
    """A period, a type: and the value follows our record."""
    said = [
        {"system": MRN, "value": "M-1"},
        ELSEWHERE,
        {"system": ECW, "value": "E-1", "period": {"start": "2020"}},
    ]
    patient = a_patient(_read(identifier=said))
    assert render_patient(patient)["identifier"] == said
    changed = attrs.evolve(patient, mrn=Mrn("M-2"), external_id=ExternalId("E-2"))
    assert [one["value"] for one in render_patient(changed)["identifier"]] == ["M-2", "H-1", "E-2"]
    assert render_patient(attrs.evolve(patient, external_id=None))["identifier"] == said[:2]


def test_a_record_number_of_somebody_else_becomes_ours_at_first():
    """Typed as one, and none of ours is there; theirs stays beside it."""
    typed = {**ELSEWHERE, "type": MR}
    new = _read(identifier=[typed])
    assert new.mrn == Mrn("H-1")
    assert _shown(new)["identifier"] == [{"system": MRN, "value": "H-1"}, typed]
    assert _read(identifier=[typed, {"system": MRN, "value": "M-1"}]).mrn == Mrn("M-1")
    assert _read(identifier=[{"type": MR, "system": "http://a"}, typed]).mrn == Mrn("H-1")
    assert parse_revision(made({"id": str(a_patient_id()), "identifier": [typed]}), a_patient()).mrn is KEEP


def test_an_insurers_number_is_not_ours():
    """Whole families share one."""
    assert _read(identifier=[{**ELSEWHERE, "type": {"coding": [{"code": "MB"}]}}]).mrn is None


def test_two_identifiers_of_our_system_are_refused():
    """Nobody could tell which one is the patient's."""
    said = [{"system": MRN, "value": "M-1"}, {"system": MRN, "value": "M-2"}]
    assert _issues({"identifier": said}) == [("business-rule", "Patient.identifier[1]")]


@pytest.mark.parametrize(
    "said",
    [
        {"system": SSN, "value": "899-12-3456"},
        {"system": "urn:oid:2.16.840.1.113883.4.1", "value": "899123456"},
        {"system": "http://example.org", "value": "899-12-3456", "type": {"coding": [{"code": "SS"}]}},
    ],
)
def test_a_social_security_number_is_taken_and_never_given_back(said: dict[str, Any]):
    """Not even sealed among what else was said."""
    new = _read(identifier=[said, ELSEWHERE])
    assert new.ssn == Ssn("899-12-3456")
    assert new.supplement is not None
    assert "899" not in new.supplement.reveal()
    assert _shown(new)["identifier"][1:] == [ELSEWHERE]


def test_a_wrong_social_security_number_is_told_by_its_place():
    """The places are those of what was sent, though the numbers before are taken out."""
    said = [{"system": SSN, "value": "899-12-3456"}, ELSEWHERE, {"system": SSN, "value": "999-12-3456"}]
    assert _issues({"identifier": said}) == [("value", "Patient.identifier[2].value")]
    said = [{"system": SSN, "value": "899-12-3456"}, {"system": MRN, "value": "x" * 65}]
    assert _issues({"identifier": said}) == [("value", "Patient.identifier[1].value")]
    said = [{"system": SSN, "value": "899-12-3456"}, {"system": SSN, "value": "899-12-3457"}]
    assert _issues({"identifier": said}) == [("business-rule", "Patient.identifier")]


# ------------------------------------------------------------------ what is not the client's to say


def test_id_and_version_of_a_new_patient_are_ignored():
    """FHIR R4, create: the server gives them."""
    new = _read(id="x", meta={"versionId": "7", "lastUpdated": "2020-01-01T00:00:00Z"}, identifier=DROP)
    assert new.supplement is None
    assert _shown(new)["meta"]["versionId"] == "1"


def test_tags_and_profiles_are_kept():
    """Our own profile stands first, where the resource has what it asks for."""
    meta = {"profile": ["http://example.org/p"], "tag": [{"code": "x"}], "security": [{"code": "R"}]}
    shown = _shown(_read(meta=meta))["meta"]
    ours = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
    assert shown["profile"] == [ours, "http://example.org/p"]
    assert (shown["tag"], shown["security"]) == (meta["tag"], meta["security"])
    claimed = _shown(_read(meta={"profile": [ours]}, name=DROP))
    assert "profile" not in claimed["meta"]


def test_a_new_record_is_active():
    """``active`` changes the meaning of a resource, so it is not ignored."""
    assert _issues({"active": False}) == [("business-rule", "Patient.active")]


@pytest.mark.parametrize("type_", ["replaces", "replaced-by"])
def test_which_record_replaces_which_is_not_for_clients(type_: str):
    """It is decided by merging them."""
    link = {"other": {"reference": "Patient/7"}, "type": type_}
    assert _issues({"link": [link]}) == [("business-rule", "Patient.link[0].type")]


def test_links_that_were_shown_may_be_sent_back():
    """They are ours, and are not kept as what the client said."""
    patient = a_patient()
    links = [PatientLink(LinkType.REPLACES, a_patient_id(2))]
    bare = attrs.evolve(patient, supplement=None)
    assert parse_revision(render_patient(bare, links=links), bare, links=links).supplement is None


def test_an_update_is_for_the_record_that_it_names():
    """And does not archive it on the side."""
    patient = a_patient()
    with pytest.raises(InvalidResourceError) as refused:
        parse_revision(made({"id": "another", "active": False}), patient)
    assert [issue.expression for issue in refused.value.issues] == ["Patient.id", "Patient.active"]


def test_an_update_says_all_but_the_identifiers():
    """What is left out is emptied; record number, external id and social security number stay."""
    patient = a_patient()
    revised, _ = patient.revise(parse_revision(made({"id": str(patient.id)}), patient), now=NOW)
    assert (revised.mrn, revised.external_id, revised.ssn) == (patient.mrn, patient.external_id, patient.ssn)
    assert (revised.phone, revised.email, revised.address) == (None, None, None)
    assert revised.name == a_name("Marisol", "Quintero")


def test_too_much_is_refused_with_advice():
    """A photograph of 60,000 bytes is more than a record keeps."""
    with pytest.raises(InvalidResourceError) as refused:
        _read(photo=[{"contentType": "image/png", "data": "aGVs" * 20_000}])
    (issue,) = refused.value.issues
    assert (issue.kind, issue.expression) == ("too-long", "Patient")
    assert "65534 bytes" in issue.text


# ------------------------------------------------------------------ whatever was said, then changed


@given(changes=st.sampled_from(list(VALID.values())), new=new_patients())
def test_our_fields_win_whatever_was_said(changes: dict[str, Any], new: NewPatient):
    """What is shown after a change by other means is R4 again, and is read as what our record holds."""
    patient = attrs.evolve(a_patient(parse_patient(made(changes))), name=new.name, phone=new.phone,
        email=new.email, address=new.address, date_of_birth=new.date_of_birth, gender=new.gender)  # fmt: skip
    revision = parse_revision(render_patient(patient), patient)
    changed = set(patient.revise(revision, now=NOW)[1].changed)
    assert changed <= {"supplement"}


def test_values_are_the_records_own():
    """Dates and names arrive as values that keep their rules."""
    new = parse_patient(json.dumps(WHOLE).encode())
    assert (new.date_of_birth, new.name.last) == (DateOfBirth(date(1961, 4, 9)), NamePart("Quintero"))


# ------------------------------------------------------------------ what nobody thought of


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, member in members:
        yield from _places(member, (*path, step))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _garbled(chance: Random) -> dict[str, Any]:
    """A made Patient in which some parts are dropped, repeated, or replaced by parts of others."""
    patient = copy.deepcopy(chance.choice(MADE))
    for _ in range(chance.randint(1, 3)):
        path = chance.choice(list(_places(patient)))
        holder, step = _at(patient, path[:-1]), path[-1]
        other = chance.choice(MADE)
        part = copy.deepcopy(_at(other, chance.choice(list(_places(other)))))
        match chance.randint(0, 3):
            case 0:
                holder[step] = part
            case 1 if len(holder) > 1:
                del holder[step]
            case 2 if isinstance(holder, list):
                holder.insert(step, part)
            case _:
                holder[step] = chance.choice(
                    [None, "", 0, 1961, 1.5, True, [], {}, "MR", [None], [{}], 2**70]
                )
    return {**patient, "resourceType": "Patient"}


MADE = [SAID, *map(made, VALID.values()), *(made(changes) for changes, _, _ in INVALID.values())]


@settings(max_examples=300)
@given(chance=st.randoms(use_true_random=False))
def test_a_garbled_patient_is_refused_or_given_back(chance: Random):
    """Nothing else ever happens; and what is accepted and sent back as it is shown changes nothing."""
    with suppress(InvalidResourceError):
        patient = a_patient(parse_patient(_garbled(chance)))
        try:
            revision = parse_revision(render_patient(patient), patient)
        except InvalidResourceError as refused:
            pytest.fail(f"what is shown is not accepted: {refused.issues}")
        assert patient.revise(revision, now=NOW)[1].changed == ()
