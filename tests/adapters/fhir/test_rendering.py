"""Patients on their way out: as published, as the R4 classes print them, and true to what clients said."""

import json
from datetime import UTC, date, datetime
from uuid import UUID

import attrs
import pytest
from fhir.resources.R4B.patient import Patient as R4Patient
from hypothesis import given

from tests.builders import a_name, a_new_patient, a_patient, a_patient_id
from tests.strategies.patients import patients
from vantrexia_adapters.fhir.patient import parse_patient, render_patient
from vantrexia_core.kernel import Email, PatientId, Phi, Phone
from vantrexia_core.patients import (
    Address,
    AddressLine,
    City,
    DateOfBirth,
    Gender,
    LinkType,
    Patient,
    PatientLink,
    State,
    Status,
    Zip,
)

PUBLISHED = """
{
  "resourceType": "Patient",
  "id": "d290f1ee-6c54-4b01-90e6-d701748f0851",
  "meta": {
    "versionId": "3",
    "lastUpdated": "2026-02-01T09:15:00Z",
    "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"]
  },
  "identifier": [
    { "system": "https://vantrexia.com/mrn", "value": "MRN-00001" },
    { "system": "https://eclinicalworks.com/patient-id", "value": "ECW-98765" }
  ],
  "active": true,
  "name": [ { "use": "official", "family": "Doe", "given": ["Jane"] } ],
  "gender": "female",
  "birthDate": "1958-03-15",
  "telecom": [
    { "system": "phone", "value": "+1-555-0101", "use": "home" },
    { "system": "email", "value": "jane.doe@email.com" }
  ],
  "address": [
    {
      "use": "home",
      "line": ["123 Main St", "Apt 4B"],
      "city": "Springfield",
      "state": "IL",
      "postalCode": "62704",
      "country": "US"
    }
  ]
}
"""
JANE = a_patient(
    a_new_patient(
        first="Jane",
        last="Doe",
        born=date(1958, 3, 15),
        mrn="MRN-00001",
        phone="+1-555-0101",
        email="jane.doe@email.com",
        address=Address(
            AddressLine("123 Main St"), AddressLine("Apt 4B"), City("Springfield"), State("IL"), Zip("62704")
        ),
        ssn="899-12-3456",
        external_id="ECW-98765",
    ),
    id_=PatientId(UUID("d290f1ee-6c54-4b01-90e6-d701748f0851")),
    version=3,
    updated_at=datetime(2026, 2, 1, 9, 15, tzinfo=UTC),
)
SAID = {
    "resourceType": "Patient",
    "identifier": [{"system": "https://hospital.example.org", "value": "H-1", "use": "secondary"}],
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Amy V. Shaw</div>'},
    "name": [
        {"use": "old", "family": "Baxter", "given": ["Amy"]},
        {
            "use": "official",
            "text": "Dr. Amy V. Shaw",
            "family": "Shaw",
            "given": ["Amy", "V."],
            "_given": [None, {"extension": [{"url": "http://example.org/kind", "valueCode": "x"}]}],
            "prefix": ["Dr."],
            "period": {"start": "2016-12-06"},
        },
    ],
    "telecom": [
        {"system": "fax", "value": "555-0199"},
        {"system": "phone", "value": "555-0142", "use": "mobile", "rank": 1},
        {"system": "email", "value": "amy@example.org", "use": "work"},
    ],
    "gender": "female",
    "_gender": {"extension": [{"url": "http://example.org/kind", "valueCode": "f"}]},
    "birthDate": "1987-02-20",
    "_birthDate": {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                "valueDateTime": "1987-02-20T03:10:00-06:00",
            }
        ]
    },
    "address": [
        {
            "use": "home",
            "type": "physical",
            "text": "49 Meadow St, back, rear, Mounds OK",
            "line": ["49 Meadow St", "back", "rear"],
            "city": "Mounds",
            "district": "Creek",
            "state": "OK",
            "postalCode": "74047",
            "country": "USA",
        }
    ],
    "deceasedBoolean": False,
    "maritalStatus": {"text": "married"},
    "contact": [{"name": {"family": "Shaw", "given": ["Bo"]}}],
    "extension": [{"url": "http://example.org/unknown", "valueDecimal": 1.5}],
}


def _said_by_a_client(**changes: object) -> Patient:
    """A record made from `SAID`, of which some fields were changed since by other means."""
    return attrs.evolve(a_patient(parse_patient(SAID)), **changes)


def _without_ours(resource: dict) -> dict:
    """What is left of a resource when the server's own is taken away."""
    mrn, *identifiers = resource["identifier"]
    assert mrn["system"] == "https://vantrexia.com/mrn"
    others = {name: value for name, value in resource.items() if name not in {"id", "meta", "active"}}
    return {**others, "identifier": identifiers}


def test_the_published_example_is_reproduced():
    """Every element and value of it, and nothing else; the social security number is not among them."""
    assert render_patient(JANE) == json.loads(PUBLISHED)


@given(patient=patients())
def test_it_is_what_the_class_of_r4_prints(patient: Patient):
    """Valid, with nothing that the class would drop, add or write otherwise."""
    resource = render_patient(attrs.evolve(patient, supplement=None))
    assert json.loads(R4Patient.model_validate(resource).model_dump_json()) == resource


@given(patient=patients())
def test_nothing_empty_is_rendered_and_no_social_security_number(patient: Patient):
    """No null, empty text, list or object, at any depth."""
    resource = render_patient(attrs.evolve(patient, supplement=None, external_id=None))
    assert all(leaf not in ("", None, [], {}) for leaf in _leaves(resource))
    assert {one["system"] for one in resource["identifier"]} == {"https://vantrexia.com/mrn"}


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict) and value:
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, list) and value:
        return [leaf for one in value for leaf in _leaves(one)]
    return [value]


@pytest.mark.parametrize("status", Status)
def test_only_an_active_record_is_active(status: Status):
    """An archived patient's is false, whatever a client had said."""
    assert render_patient(attrs.evolve(JANE, status=status))["active"] is (status is Status.ACTIVE)
    assert render_patient(_said_by_a_client(status=status))["active"] is (status is Status.ACTIVE)


def test_what_a_client_said_is_given_back():
    """Equal in meaning, beside our own record number."""
    resource = render_patient(_said_by_a_client())
    assert {"resourceType": "Patient", **_without_ours(resource)} == SAID


def test_a_new_family_name_leaves_the_rest_of_the_name():
    """Prefix, middle name and period stay; the texts that spell the old name out go."""
    resource = render_patient(_said_by_a_client(name=a_name("Amy", "Quill")))
    expected = {name: value for name, value in SAID["name"][1].items() if name != "text"}
    assert resource["name"] == [SAID["name"][0], {**expected, "family": "Quill"}]
    assert "text" not in resource


def test_a_new_first_name_leaves_the_middle_names():
    """Only the one that our record holds is another."""
    resource = render_patient(_said_by_a_client(name=a_name("Ann", "Shaw")))
    assert resource["name"][1]["given"] == ["Ann", "V."]
    assert resource["name"][1]["_given"] == SAID["name"][1]["_given"]


def test_a_new_phone_and_a_removed_address_of_mail():
    """The new number keeps the use of the old one; what our record no longer holds is not shown."""
    resource = render_patient(_said_by_a_client(phone=Phone("555-0177"), email=None))
    assert resource["telecom"] == [SAID["telecom"][0], {**SAID["telecom"][1], "value": "555-0177"}]


def test_a_phone_that_nobody_said():
    """It comes first, as our record would show it by itself."""
    new = parse_patient({name: value for name, value in SAID.items() if name != "telecom"})
    resource = render_patient(
        attrs.evolve(a_patient(new), phone=Phone("555-0177"), email=Email("a@example.org"))
    )
    assert resource["telecom"] == [
        {"system": "phone", "value": "555-0177", "use": "home"},
        {"system": "email", "value": "a@example.org"},
    ]


def test_a_new_address_is_another_address():
    """District, text and country of the old one are not true of it."""
    address = Address(AddressLine("1 Elm St"), None, City("Tulsa"), State("OK"), Zip("74101"))
    resource = render_patient(_said_by_a_client(address=address))
    assert resource["address"] == [
        {
            "use": "home",
            "type": "physical",
            "line": ["1 Elm St"],
            "city": "Tulsa",
            "state": "OK",
            "postalCode": "74101",
            "country": "US",
        }
    ]


def test_a_removed_address_is_not_shown():
    """Nor is an empty list."""
    assert "address" not in render_patient(_said_by_a_client(address=None))


def test_extensions_go_with_the_value_that_they_were_about():
    """A time of birth belongs to the date that was said."""
    born, gender = DateOfBirth(date(1987, 2, 21)), Phi(Gender.OTHER)
    resource = render_patient(_said_by_a_client(date_of_birth=born, gender=gender))
    assert (resource["birthDate"], resource["gender"]) == ("1987-02-21", "other")
    assert not {"_birthDate", "_gender"} & resource.keys()


def test_links_stand_behind_those_that_a_client_said():
    """Records of the same person, as merging leaves them."""
    said = {"other": {"reference": "RelatedPerson/7"}, "type": "seealso"}
    patient = a_patient(parse_patient({**SAID, "link": [said]}))
    resource = render_patient(patient, links=[PatientLink(LinkType.REPLACES, a_patient_id(2))])
    assert resource["link"] == [
        said,
        {"other": {"reference": f"Patient/{a_patient_id(2)}"}, "type": "replaces"},
    ]
