"""Clients that others wrote connect to a served practice, page, read, create and search, as they come.

`fhirpy` is given a person's token; `fhirclient`, SMART's own, finds the token endpoint in the capability
statement by itself and signs in there as a program, with a key of its own.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.humanname import HumanName
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRPermissionDeniedException
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from tests.programs import ask, free_port, run, serving
from tests.served.test_limits import CREATE_ADMIN, JSON, LOGIN, PASSWORD
from vantrexia_adapters.system import RandomIds

ECW = "https://eclinicalworks.com/patient-id"
FAMILIES = ("Adams", "Baxter", "Cruz", "Núñez", "O'Brien")


@attrs.frozen
class Practice:
    """A served practice: its FHIR base, a person's token, and a program that is registered there."""

    base: str
    token: str
    client_id: str
    key: RSAPrivateKey

    def assertion(self) -> str:
        """A fresh proof that the program is the program (RFC 7523)."""
        now = datetime.now(UTC)  # noqa: TID251 - the served process has the real clock as well
        audience = self.base.removesuffix("fhir") + "api/v1/auth/token/"
        jti = RandomIds().new_id().hex
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": audience, "jti": jti}
        return jwt.encode(
            claims | {"iat": now, "exp": now + timedelta(minutes=4)},
            self.key,
            algorithm="RS384",
            headers={"kid": "1"},
        )


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """One for all clients, with five people in it."""
    folder, port = tmp_path_factory.mktemp("fhir"), free_port()
    data, url = folder / "data", f"http://127.0.0.1:{port}"
    settings = {"VANTREXIA_PUBLIC_URL": url}
    assert run(data, *CREATE_ADMIN, stdin=f"{PASSWORD}\n", **settings).status == 0
    key = generate_private_key(65537, 2048)
    keys = folder / "keys.json"
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    keys.write_text(json.dumps({"keys": [public | {"kid": "1", "alg": "RS384", "use": "sig"}]}))
    registered = run(
        data,
        "clients",
        "register",
        "Registry",
        "--jwks",
        str(keys),
        "--scope",
        "system/Patient.crus",
        **settings,
    )
    assert registered.status == 0, registered.err
    listed = json.loads(run(data, "clients", "list", "--json", **settings).out)
    with serving(data, "serve", log=folder / "service.log", port=port, **settings):
        body = json.dumps({"email": "admin@practice.example", "password": PASSWORD}).encode()
        _, content = ask(port, "POST", LOGIN, body, JSON)
        token = json.loads(content)["access"]
        client = SyncFHIRClient(f"{url}/fhir", authorization=f"Bearer {token}")
        for number, family in enumerate(FAMILIES):
            _patient(client, family, number).save()
        yield Practice(f"{url}/fhir", token, _client_id(listed), key)


def _client_id(listed: object) -> str:
    assert isinstance(listed, list)
    client_id: str = listed[0]["client_id"]
    return client_id


def _patient(client: SyncFHIRClient, family: str, number: int) -> object:
    return client.resource(
        "Patient",
        identifier=[{"system": ECW, "value": f"E-{number}"}],
        name=[{"family": family, "given": ["Ana"]}],
        gender="female",
        birthDate=f"19{50 + number % 40}-01-31",
    )


@pytest.fixture
def fhirpy(practice: Practice) -> SyncFHIRClient:
    """A client as its documentation makes one."""
    return SyncFHIRClient(practice.base, authorization=f"Bearer {practice.token}")


def test_fhirpy_pages_through_everybody(fhirpy: SyncFHIRClient) -> None:
    """It follows the next links until there is none."""
    everybody = fhirpy.resources("Patient").limit(2).fetch_all()
    assert sorted(one["name"][0]["family"] for one in everybody) == sorted(FAMILIES)
    assert fhirpy.resources("Patient").count() == len(FAMILIES)


def test_fhirpy_searches(fhirpy: SyncFHIRClient) -> None:
    """By name, by a range of dates, by an identifier; the first that fits."""
    patients = fhirpy.resources("Patient")
    assert [one["name"][0]["family"] for one in patients.search(name="nunez").fetch()] == ["Núñez"]
    found = patients.search(birthdate__ge="1951", birthdate__lt="1953").sort("family").fetch()
    assert [one["name"][0]["family"] for one in found] == ["Baxter", "Cruz"]
    assert patients.search(identifier=f"{ECW}|E-4").get()["name"][0]["family"] == "O'Brien"
    assert patients.search(family__contains="axt").first()["gender"] == "female"


def test_fhirpy_creates_reads_updates_and_deletes(fhirpy: SyncFHIRClient) -> None:
    """A whole life: created, read by reference, changed, patched, deleted, gone."""
    made = _patient(fhirpy, "Brief", 77)
    made.save()
    read = fhirpy.reference("Patient", made["id"]).to_resource()
    assert read["name"] == [{"family": "Brief", "given": ["Ana"]}]
    read["gender"] = "other"
    read.save()
    assert fhirpy.resources("Patient").search(_id=made["id"]).get()["gender"] == "other"
    read.delete()
    with pytest.raises((ResourceNotFound, OperationOutcome)):
        fhirpy.reference("Patient", made["id"]).to_resource()


def test_fhirpy_gets_or_creates_once(fhirpy: SyncFHIRClient) -> None:
    """Its conditional create: the second time the first one's record."""
    patients = fhirpy.resources("Patient").search(identifier=f"{ECW}|E-88")
    first, is_new = patients.get_or_create(_patient(fhirpy, "Once", 88))
    again, is_new_again = patients.get_or_create(_patient(fhirpy, "Twice", 88))
    assert (is_new, is_new_again) == (True, False)
    assert first["id"] == again["id"]
    first.delete()


def test_fhirpy_is_told_what_is_wrong(fhirpy: SyncFHIRClient) -> None:
    """It reads our OperationOutcome."""
    with pytest.raises(OperationOutcome) as refused:
        fhirpy.resource("Patient", name=[{"family": "Nobody"}]).save()
    places = {place for issue in refused.value.resource["issue"] for place in issue["expression"]}
    assert "Patient.birthDate" in places


@pytest.fixture
def smart(practice: Practice, tmp_path: Path) -> FHIRClient:
    """A client as its documentation makes one for a program, signed in."""
    settings = {
        "app_id": practice.client_id,
        "api_base": practice.base,
        "jwt_token": practice.assertion(),
        "scope": "system/Patient.crus",
    }
    client = FHIRClient(settings=settings)
    client.prepare()
    client.authorize()
    assert client.ready
    return client


def test_fhirclient_reads_the_statement(smart: FHIRClient) -> None:
    """Its own models of R4 take it."""
    statement = smart.server.capabilityStatement
    assert statement.fhirVersion == "4.0.1"
    assert "Patient" in [resource.type for resource in statement.rest[0].resource]


def test_fhirclient_searches_and_pages(smart: FHIRClient) -> None:
    """By name and birth date; every page of everybody."""
    (found,) = Patient.where({"family": "cruz", "birthdate": "1952"}).perform_resources_iter(smart.server)
    assert (found.name[0].family, found.birthDate.isostring) == ("Cruz", "1952-01-31")
    pages = Patient.where({"_count": "2"}).perform_resources_iter(smart.server)
    assert sorted(one.name[0].family for one in pages) == sorted(FAMILIES)


def test_fhirclient_creates_reads_and_updates(smart: FHIRClient) -> None:
    """What it made it reads again, and changes."""
    made = Patient({"name": [{"family": "Typed", "given": ["Tea"]}], "birthDate": "1970-01-01"})
    made.gender = "female"
    id_ = made.create(smart.server)["id"]
    read = Patient.read(id_, smart.server)
    assert (read.name[0].family, read.meta.versionId) == ("Typed", "1")
    read.name.append(HumanName({"use": "maiden", "family": "Before"}))
    assert read.update(smart.server)["meta"]["versionId"] == "2"
    history = Bundle.read_from(f"Patient/{id_}/_history", smart.server)
    assert [entry.resource.meta.versionId for entry in history.entry] == ["2", "1"]


def test_fhirclient_may_do_what_its_scopes_say(smart: FHIRClient) -> None:
    """It may not delete, and is told so."""
    (found,) = Patient.where({"family": "adams"}).perform_resources_iter(smart.server)
    with pytest.raises(FHIRPermissionDeniedException):
        found.delete(smart.server)
