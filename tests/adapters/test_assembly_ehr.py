"""Which EHR a service is opened with, and what keeps it from opening."""

from pathlib import Path

import pytest

from tests.adapters.ecw.server import CLIENT_ID, FakeEcw, a_record
from vantrexia_adapters.assembly import StartRefusedError, client_keys, open_service
from vantrexia_adapters.settings import EcwSource, Settings, SettingsError, load
from vantrexia_core.ehr import EhrPatient, EhrUnavailableError, Missed
from vantrexia_core.kernel import UnavailableError
from vantrexia_core.patients import ExternalId

BASE = "https://fhir4.ecw.example/fhir/r4/FAKEAB"
ID = ExternalId("ECW-12345")


def a_connected(folder: Path, **others: object) -> Settings:
    """Settings of a practice at eClinicalWorks, its key made."""
    known = {"ecw_source": EcwSource.FHIR, "ecw_base_url": BASE, "ecw_client_id": CLIENT_ID}
    settings = Settings(data_dir=folder, **(known | others))  # type: ignore[arg-type]
    client_keys(settings).create()
    return settings


def test_a_service_has_no_ehr_unless_one_is_set(tmp_path: Path) -> None:
    """And says so to whoever wants to import."""
    with open_service(Settings(data_dir=tmp_path)) as service:
        assert service.check_ehr is None
        assert service.published_keys() == ()
        with pytest.raises(EhrUnavailableError, match="ECW_SOURCE"):
            service.roster.fetch([ID], seconds_max=1)


def test_the_sandbox_needs_nothing_else(tmp_path: Path) -> None:
    """It is for demos and trials."""
    with open_service(Settings(data_dir=tmp_path, ecw_source=EcwSource.SANDBOX)) as service:
        (told,) = service.roster.fetch([ID], seconds_max=1)
    assert isinstance(told, EhrPatient)


def test_a_service_speaks_with_the_ehr_that_is_set(tmp_path: Path) -> None:
    """From settings to a patient, over a socket, signed with the key of the key file."""
    keys = client_keys(Settings(data_dir=tmp_path))
    with FakeEcw(keys.published, [a_record("ECW-12345", name=[{"family": "Okonkwo"}])]) as ecw:
        settings = a_connected(tmp_path, ecw_base_url=ecw.base_url, ecw_calls_per_minute=50)
        with open_service(settings) as service:
            found, missed = service.roster.fetch([ID, ExternalId("nobody")], seconds_max=20)
            assert service.check_ehr is not None
            service.check_ehr()
            assert len(service.published_keys()) == 1
    assert isinstance(found, EhrPatient)
    assert isinstance(missed, Missed)


@pytest.mark.parametrize(
    ("others", "complaint"),
    [
        ({"ecw_base_url": None}, "VANTREXIA_ECW_BASE_URL"),
        ({"ecw_client_id": None}, "VANTREXIA_ECW_CLIENT_ID"),
        (
            {"ecw_base_url": "http://fhir4.ecw.example"},
            "VANTREXIA_ECW_BASE_URL must be an absolute https URL",
        ),
        ({"ecw_token_url": "oauthserver"}, "VANTREXIA_ECW_TOKEN_URL must be an absolute https URL"),
    ],
)
def test_a_connection_that_is_half_set_keeps_the_service_from_starting(
    tmp_path: Path, others: dict[str, object], complaint: str
) -> None:
    """The complaint names the setting."""
    with pytest.raises(StartRefusedError, match=complaint):
        open_service(a_connected(tmp_path, **others))


def test_a_connection_without_a_key_keeps_the_service_from_starting(tmp_path: Path) -> None:
    """The complaint names the command."""
    settings = a_connected(tmp_path)
    settings.ecw_keys_path.unlink()
    with pytest.raises(StartRefusedError, match="vantrexia keys ecw create"):
        open_service(settings)


def test_keys_are_published_before_anything_is_imported(tmp_path: Path) -> None:
    """EClinicalWorks reads them while it registers us."""
    settings = Settings(data_dir=tmp_path)
    client_keys(settings).create()
    with open_service(settings) as service:
        assert len(service.published_keys()) == 1


def test_keys_that_cannot_be_read_are_no_empty_set(tmp_path: Path) -> None:
    """An empty set would make the EHR forget us; the answer names no file."""
    settings = Settings(data_dir=tmp_path)
    client_keys(settings).create()
    settings.ecw_keys_path.chmod(0o644)
    with open_service(settings) as service, pytest.raises(UnavailableError) as refused:
        service.published_keys()
    assert str(tmp_path) not in refused.value.detail


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("ECW_SOURCE", "epic", "must be one of none, sandbox, fhir"),
        ("ECW_ID_RULE", "both", "must be one of logical-first, logical, identifier"),
        ("ECW_CALLS_PER_MINUTE", "251", "must be at most 250"),
        ("ECW_CALLS_PER_MINUTE", "0", "must be a whole number above 0"),
        ("ECW_CLIENT_ID", " ", "may not be blank"),
    ],
)
def test_a_malformed_setting_is_named(name: str, text: str, complaint: str) -> None:
    """Before anything starts."""
    with pytest.raises(SettingsError, match=f"VANTREXIA_{name} {complaint}"):
        load({f"VANTREXIA_{name}": text})


def test_the_settings_of_an_ehr_reach_worker_processes(tmp_path: Path) -> None:
    """They travel as environment variables, and come out as they went in."""
    settings = Settings(
        data_dir=tmp_path,
        ecw_source=EcwSource.FHIR,
        ecw_base_url=BASE,
        ecw_client_id=CLIENT_ID,
        ecw_private_key_file=tmp_path / "k.pem",
        ecw_calls_per_minute=125,
    )
    assert load(settings.as_environment()) == settings
