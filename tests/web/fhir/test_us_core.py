"""What Inferno's test kit asserts of a US Core server's Patients, each as a test of ours.

The kit itself needs containers and a terminology service. These are its assertions (US Core 6.1.0, in our
words), checked against the answers by code that shares nothing with the server.
"""

import re
import unicodedata
from datetime import date, timedelta

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.patient import Patient as R4Patient

from tests.web.fhir.resources import ECW_SYSTEM, FHIR, FORM, MANY, MRN_SYSTEM, a_resource, links
from tests.web.service import PUBLIC_URL, Service

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
PAGES_MAX = 20


def _coded(url, code, display):
    coding = {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code, "display": display}
    return {
        "url": f"{US_CORE}/{url}",
        "extension": [
            {"url": "ombCategory", "valueCoding": coding},
            {"url": "text", "valueString": display},
        ],
    }


AMY = a_resource(
    family="Shaw",
    given="Amy",
    born="1987-02-20",
    identifier=[{"system": MRN_SYSTEM, "value": "1032702"}, {"system": ECW_SYSTEM, "value": "E-77"}],
    extension=[
        _coded("us-core-race", "2106-3", "White"),
        _coded("us-core-ethnicity", "2135-2", "Hispanic or Latino"),
        {"url": f"{US_CORE}/us-core-birthsex", "valueCode": "F"},
        {"url": f"{US_CORE}/us-core-sex", "valueCode": "248152002"},
        {
            "url": f"{US_CORE}/us-core-genderIdentity",
            "valueCodeableConcept": {
                "coding": [{"system": "http://snomed.info/sct", "code": "446141000124107"}]
            },
        },
        {
            "url": f"{US_CORE}/us-core-tribal-affiliation",
            "extension": [
                {
                    "url": "tribalAffiliation",
                    "valueCodeableConcept": {
                        "coding": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/v3-TribalEntityUS",
                                "code": "187",
                            }
                        ]
                    },
                }
            ],
        },
    ],
    name=[
        {"use": "official", "family": "Shaw", "given": ["Amy", "V."], "suffix": ["PharmD"]},
        {"use": "old", "family": "Baxter", "given": ["Amy"], "period": {"end": "2020-07-22"}},
    ],
    telecom=[
        {"system": "phone", "value": "555-555-5555", "use": "home"},
        {"system": "email", "value": "amy.shaw@example.com"},
    ],
    address=[
        {
            "use": "home",
            "line": ["49 Meadow St"],
            "city": "Mounds",
            "state": "OK",
            "postalCode": "74047",
            "country": "US",
        },
        {
            "use": "old",
            "line": ["183 Mountain View St"],
            "city": "Mounds",
            "state": "OK",
            "postalCode": "74048",
        },
    ],
    communication=[{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en"}]}}],
    deceasedDateTime="2025-11-30",
)
BEN = a_resource(family="Shaw-Ortiz", given="Ben", born="1960-01-05", gender="male")
UNKNOWN = a_resource(family="Absent", given="Nora", born="1950-05-05", gender="unknown") | {
    "maritalStatus": {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}]
    },
    "_deceasedBoolean": {"extension": [{"url": ABSENT, "valueCode": "unknown"}]},
}


@pytest.fixture(scope="module")
def server():
    """A practice with the people that the assertions need, created by FHIR alone."""
    with Service() as service:
        for resource in (AMY, BEN, UNKNOWN):
            response = service.send("POST", MANY, resource, Content_Type=FHIR)
            assert response.status_code == 201, response.text
            service.clock.advance(timedelta(minutes=1))
        yield service


@pytest.fixture(scope="module")
def patients(server):
    """Every Patient, found by `_id` first, as the kit does: its results feed all later tests."""
    ids = [entry["resource"]["id"] for entry in _search(server, "")["entry"]]
    return [_resources(server, f"_id={id_}")[0] for id_ in ids]


def _search(server, query):
    response = server.send("GET", f"{MANY}?{query}")
    assert response.status_code == 200, response.text
    assert "json" in response.headers["content-type"]
    bundle = response.json()
    Bundle.model_validate(bundle)
    return bundle


def _resources(server, query):
    """The Patients on all pages of a search, each page fetched by its link."""
    bundle, found = _search(server, query), []
    for _ in range(PAGES_MAX):
        found += [entry["resource"] for entry in bundle.get("entry", ())]
        following = links(bundle).get("next")
        if following is None:
            break
        response = server.send("GET", following.removeprefix(PUBLIC_URL))
        assert (response.status_code, "json" in response.headers["content-type"]) == (200, True)
        bundle = response.json()
    return [resource for resource in found if resource["resourceType"] == "Patient"]


def _plain(text):
    stripped = unicodedata.normalize("NFKD", text)
    return "".join(one for one in stripped if not unicodedata.combining(one)).casefold()


def _name_matches(patient, value):
    texts = [
        text
        for name in patient["name"]
        for text in (
            name.get("text", ""), name.get("family", ""), *name.get("given", ()), *name.get("prefix", ()),
            *name.get("suffix", ()),
        )
    ]  # fmt: skip
    return any(_plain(text).startswith(_plain(value)) for text in texts)


def _first_name_value(patient):
    """What the kit searches by: the family name, else the first given one."""
    name = patient["name"][0]
    return (name.get("family") or name["given"][0]).replace(",", "\\,")


def test_metadata_is_given_without_a_token(server):
    """200, and a CapabilityStatement that is itself valid."""
    response = server.client.get("/fhir/metadata")
    assert response.status_code == 200
    CapabilityStatement.model_validate(response.json())


def test_the_statement_is_of_r4_in_json_and_instantiates_us_core(server):
    """FhirVersion 4.0.1, a JSON format, the US Core server's canonical address."""
    statement = server.client.get("/fhir/metadata").json()
    assert statement["fhirVersion"] == "4.0.1"
    assert {"json", "application/json", "application/fhir+json"} & set(statement["format"])
    canonical = "http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server"
    assert canonical in [one.partition("|")[0] for one in statement["instantiates"]]


def test_the_statement_supports_the_patient_profile_and_one_more(server):
    """Versions behind a bar do not count."""
    (rest,) = server.client.get("/fhir/metadata").json()["rest"]
    profiles = {
        profile.partition("|")[0]
        for resource in rest["resource"]
        for profile in resource.get("supportedProfile", ())
    }
    assert f"{US_CORE}/us-core-patient" in profiles
    assert len({one for one in profiles if one.startswith(US_CORE)}) >= 2


def test_smart_discovery_has_its_fields(server):
    """The endpoint, how clients prove who they are, and the capabilities."""
    configuration = server.client.get("/fhir/.well-known/smart-configuration").json()
    assert configuration["token_endpoint"].startswith("https://")
    assert "private_key_jwt" in configuration["token_endpoint_auth_methods_supported"]
    assert {"client-confidential-asymmetric", "permission-v2"} <= set(configuration["capabilities"])
    assert "client_credentials" in configuration["grant_types_supported"]


def test_an_unauthenticated_read_is_refused(server, patients):
    """401, 403 or 404; here 401."""
    assert server.client.get(f"{MANY}/{patients[0]['id']}").status_code == 401


def test_search_by_id(server, patients):
    """Each id finds its Patient and no other."""
    assert len(patients) == 3
    for patient in patients:
        assert [one["id"] for one in _resources(server, f"_id={patient['id']}")] == [patient["id"]]


@pytest.mark.parametrize("query", ["_id={id}", "name={name}", "birthdate={birthDate}&name={name}"])
def test_get_and_post_find_the_same_number(server, patients, query):
    """POST `_search` is R4's duty and is compared with GET."""
    patient = patients[0]
    asked = query.format(name=_first_name_value(patient), **{k: patient[k] for k in ("id", "birthDate")})
    posted = server.send("POST", f"{MANY}/_search", asked.encode(), Content_Type=FORM)
    assert posted.status_code == 200
    assert len(posted.json()["entry"]) == len(_search(server, asked)["entry"]) > 0


def test_search_by_identifier(server, patients):
    """System and value, or the value alone; every result has it exactly."""
    for patient in patients:
        for identifier in patient["identifier"]:
            for asked in (f"{identifier['system']}|{identifier['value']}", identifier["value"]):
                found = _resources(server, f"identifier={asked}")
                assert found
                assert all(
                    any(one["value"] == identifier["value"] for one in other["identifier"]) for other in found
                )


def test_search_by_name(server, patients):
    """Every result has a name that starts with the value, whatever its case."""
    for patient in patients:
        value = _first_name_value(patient)
        found = _resources(server, f"name={value.upper()}")
        assert patient["id"] in [one["id"] for one in found]
        assert all(_name_matches(one, value) for one in found)


def test_search_by_birthdate_and_name(server, patients):
    """Every result has both."""
    for patient in patients:
        value = _first_name_value(patient)
        found = _resources(server, f"birthdate={patient['birthDate']}&name={value}")
        assert patient["id"] in [one["id"] for one in found]
        assert all(one["birthDate"] == patient["birthDate"] and _name_matches(one, value) for one in found)


def test_search_by_gender_and_name(server, patients):
    """Up to US Core 7."""
    for patient in patients:
        value = _first_name_value(patient)
        found = _resources(server, f"gender={patient['gender']}&name={value}")
        assert patient["id"] in [one["id"] for one in found]
        assert all(one["gender"] == patient["gender"] and _name_matches(one, value) for one in found)


def test_search_by_birthdate_and_family(server, patients):
    """SHOULD."""
    for patient in patients:
        family = patient["name"][0]["family"]
        found = _resources(server, f"birthdate={patient['birthDate']}&family={family}")
        assert patient["id"] in [one["id"] for one in found]


def test_search_by_family_and_gender(server, patients):
    """SHOULD."""
    for patient in patients:
        family = patient["name"][0]["family"]
        found = _resources(server, f"family={family}&gender={patient['gender']}")
        assert patient["id"] in [one["id"] for one in found]


@pytest.mark.parametrize("precision", [4, 7, 10])
@pytest.mark.parametrize("prefix", ["", "ge", "le"])
def test_dates_compare_as_ranges(server, patients, precision, prefix):
    """A year, a month, a day; every result lies where it was asked for."""
    asked = patients[0]["birthDate"][:precision]
    found = _resources(server, f"birthdate={prefix}{asked}")
    assert patients[0]["id"] in [one["id"] for one in found]
    for one in found:
        begun = one["birthDate"][:precision]
        assert {"": begun == asked, "ge": begun >= asked, "le": begun <= asked}[prefix]


def test_all_pages_are_followed(server, patients):
    """With one Patient a page."""
    assert [one["id"] for one in _resources(server, "_count=1")] == [one["id"] for one in patients]


def test_provenance_of_the_patients_is_brought_along(server, patients):
    """`_revinclude=Provenance:target`: of each found Patient, and Provenance can be read."""
    for patient in patients:
        bundle = _search(server, f"_id={patient['id']}&_revinclude=Provenance:target")
        included = [entry["resource"] for entry in bundle["entry"][1:]]
        assert included
        for one in included:
            assert one["target"] == [{"reference": f"Patient/{patient['id']}"}]
            assert one["recorded"]
            assert all(agent["who"] and agent["type"]["coding"] for agent in one["agent"])
            assert server.send("GET", f"/fhir/Provenance/{one['id']}").json() == one


def test_every_patient_is_read(server, patients):
    """200, a Patient, the same id."""
    for patient in patients:
        response = server.send("GET", f"{MANY}/{patient['id']}")
        assert response.status_code == 200
        assert (response.json()["resourceType"], response.json()["id"]) == ("Patient", patient["id"])


def test_every_patient_is_valid_by_the_profile(patients):
    """What US Core 6.1.0 makes mandatory, and what it binds; R4 itself by its classes."""
    for patient in patients:
        R4Patient.model_validate(patient)
        assert f"{US_CORE}/us-core-patient" in patient["meta"]["profile"]
        assert patient["identifier"]
        assert all(one["system"] and one["value"] for one in patient["identifier"])
        assert patient["gender"] in {"male", "female", "other", "unknown"}
        assert all(one["system"] and one["value"] for one in patient.get("telecom", ()))
        for name in patient["name"]:
            is_absent = any(one["url"] == ABSENT for one in name.get("extension", ()))
            assert bool(name.get("family") or name.get("given")) is not is_absent
        for extension in patient.get("extension", ()):
            if extension["url"] in {f"{US_CORE}/us-core-race", f"{US_CORE}/us-core-ethnicity"}:
                assert [one for one in extension["extension"] if one["url"] == "text"]
        assert all(
            re.fullmatch("[A-Z]{2}", one["state"]) for one in patient.get("address", ()) if "state" in one
        )
        assert date.fromisoformat(patient["birthDate"])


def test_every_must_support_element_occurs(patients):
    """Over all Patients together each element once: USCDI's among them, an old name and an old address."""
    urls = {extension["url"] for patient in patients for extension in patient.get("extension", ())}
    wanted = ("race", "ethnicity", "birthsex", "sex", "genderIdentity", "tribal-affiliation")
    assert {f"{US_CORE}/us-core-{name}" for name in wanted} <= urls
    names = [name for patient in patients for name in patient["name"]]
    addresses = [address for patient in patients for address in patient.get("address", ())]
    contacts = [contact for patient in patients for contact in patient.get("telecom", ())]
    for elements, parts in (
        (names, ("use", "family", "given", "suffix", "period")),
        (addresses, ("use", "line", "city", "state", "postalCode")),
        (contacts, ("system", "value", "use")),
    ):
        for part in parts:
            assert any(part in element for element in elements), part
    assert any(name.get("use") == "old" or "end" in name.get("period", {}) for name in names)
    assert any(address.get("use") == "old" for address in addresses)
    for element in ("identifier", "gender", "birthDate", "communication", "deceasedDateTime"):
        assert any(element in patient for patient in patients), element


def test_missing_data_is_told_as_missing(patients):
    """Somewhere the data-absent-reason extension, and for coded data the code for unknown."""
    assert any(ABSENT in str(patient) for patient in patients)
    assert any(patient["gender"] == "unknown" for patient in patients)
    assert any("'UNK'" in str(patient.get("maritalStatus")) for patient in patients)


def test_references_resolve(server, patients):
    """Whatever a Patient or its Provenance refers to by address is to be had there."""
    for patient in patients:
        bundle = _search(server, f"_id={patient['id']}&_revinclude=Provenance:target")
        for reference in re.findall(r"'reference': '([^']+)'", str(bundle)):
            assert server.send("GET", f"/fhir/{reference}").status_code == 200
