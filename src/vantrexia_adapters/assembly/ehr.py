"""The practice's EHR as the settings describe it, and our keys there."""

import time
from collections.abc import Mapping, Sequence
from random import SystemRandom

from vantrexia_adapters.assembly.refusals import StartRefusedError
from vantrexia_adapters.ecw import (
    CallBudget,
    ClientAssertions,
    ClientKeyError,
    ClientKeyFile,
    EcwConnection,
    EcwProtocol,
    EcwRoster,
)
from vantrexia_adapters.http import HttpTransport, checked_url
from vantrexia_adapters.memory import MemoryRoster
from vantrexia_adapters.sandbox import sandbox_ehr
from vantrexia_adapters.settings import EcwSource, Settings
from vantrexia_core.ehr import EhrRoster, NoRoster
from vantrexia_core.kernel import Clock, IdSource, UnavailableError


def open_roster(settings: Settings, clock: Clock, ids: IdSource) -> EhrRoster:
    """The EHR that patients are imported from; none, the sandbox, or the practice's own over FHIR.

    Raises:
        StartRefusedError: a setting is missing or does not fit, or our key there cannot be used.
    """
    match settings.ecw_source:
        case EcwSource.NONE:
            return NoRoster()
        case EcwSource.SANDBOX:
            return MemoryRoster(sandbox_ehr())
        case EcwSource.FHIR:
            return _open_ecw(settings, clock, ids)


def published_keys(settings: Settings) -> Sequence[Mapping[str, str]]:
    """The public halves of our keys at the EHR, also before patients are imported from it.

    Raises:
        UnavailableError: there are keys, and they cannot be read.
    """
    try:
        return client_keys(settings).published() if settings.ecw_keys_path.exists() else ()
    except (ClientKeyError, OSError):
        # Their texts name a file of this machine.
        message = "Our keys cannot be read. An administrator finds the reason with: vantrexia keys ecw show"
        raise UnavailableError(message) from None


def client_keys(settings: Settings) -> ClientKeyFile:
    """Our keys at the EHR, where the settings say they are."""
    return ClientKeyFile(settings.ecw_keys_path, key_id=settings.ecw_key_id)


def _open_ecw(settings: Settings, clock: Clock, ids: IdSource) -> EcwRoster:
    base_url, client_id = settings.ecw_base_url, settings.ecw_client_id
    if base_url is None or client_id is None:
        message = (
            "VANTREXIA_ECW_SOURCE=fhir needs VANTREXIA_ECW_BASE_URL (the practice's own FHIR address) and "
            "VANTREXIA_ECW_CLIENT_ID."
        )
        raise StartRefusedError(message)
    connection = EcwConnection(
        base_url=_checked("ECW_BASE_URL", base_url),
        client_id=client_id,
        scopes=settings.ecw_scopes,
        token_url=_checked("ECW_TOKEN_URL", settings.ecw_token_url) if settings.ecw_token_url else None,
        identifier_system=settings.ecw_identifier_system,
        id_rule=settings.ecw_id_rule,
    )
    keys = client_keys(settings)
    try:
        keys.signing()
    except ClientKeyError as unusable:
        raise StartRefusedError(unusable.detail) from None
    protocol = EcwProtocol(
        connection,
        ClientAssertions(client_id, keys, ids),
        clock,
        budget=CallBudget(settings.ecw_calls_per_minute),
        jitter=SystemRandom().random,
    )
    return EcwRoster(protocol, HttpTransport(), clock, time.sleep)


def _checked(name: str, url: str) -> str:
    try:
        return checked_url(url)
    except ValueError as invalid:
        message = f"VANTREXIA_{name} {invalid}."
        raise StartRefusedError(message) from None
