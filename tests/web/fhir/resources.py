"""Patients as a FHIR client sends them, and the calls that every test of the endpoint makes."""

from typing import Any, Final

from tests.web.service import PUBLIC_URL, Service
from vantrexia_core.kernel import Role

BASE: Final = "/fhir"
MANY: Final = "/fhir/Patient"
FHIR: Final = "application/fhir+json"
PATCH: Final = "application/json-patch+json"
FORM: Final = "application/x-www-form-urlencoded"
MRN_SYSTEM: Final = "https://vantrexia.com/mrn"
ECW_SYSTEM: Final = "https://eclinicalworks.com/patient-id"


def a_resource(
    *, family: str = "Quintero", given: str = "Marisol", born: str = "1961-04-09", **more: Any
) -> dict[str, Any]:
    """A Patient to be created."""
    name = [{"use": "official", "family": family, "given": [given]}]
    return {"resourceType": "Patient", "name": name, "gender": "female", "birthDate": born} | more


def created(service: Service, role: Role = Role.ADMIN, **resource: Any) -> Any:
    """The answer to a create that succeeded."""
    response = service.send("POST", MANY, a_resource(**resource), role, Content_Type=FHIR)
    assert response.status_code == 201, response.text
    return response


def path_of(response: Any) -> str:
    """The path of the Patient that was created."""
    location: str = response.headers["location"]
    return location.removeprefix(PUBLIC_URL).partition("/_history/")[0]


def found(service: Service, query: str = "", **headers: str) -> dict[str, Any]:
    """The Bundle of a search by GET."""
    response = service.send("GET", f"{MANY}?{query}", **headers)
    assert response.status_code == 200, response.text
    bundle: dict[str, Any] = response.json()
    return bundle


def families(bundle: dict[str, Any]) -> list[str]:
    """The family names of a Bundle's Patients, in its order."""
    return [
        entry["resource"]["name"][0]["family"]
        for entry in bundle.get("entry", ())
        if entry["resource"]["resourceType"] == "Patient"
    ]


def links(bundle: dict[str, Any]) -> dict[str, str]:
    """The links of a Bundle by their relation."""
    return {link["relation"]: link["url"] for link in bundle.get("link", ())}
