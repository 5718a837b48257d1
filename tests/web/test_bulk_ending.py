"""A bulk download under way ends when whoever fetches it would not be let in any more."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest

from tests.builders import a_new_patient, a_practice_id
from tests.clients import ALL, a_client, a_jwks, a_key, form
from tests.web.service import Service
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.identity import (
    ClientKeys,
    MachineClient,
    NewPassword,
    Scopes,
    TokenNotValidError,
    TokenPair,
    User,
    change_client_keys,
    change_client_scopes,
    change_user,
    log_out,
    operator,
    recognise,
    revoke_client,
    set_password,
)
from vantrexia_core.kernel import Origin, Phi, Role
from vantrexia_core.patients import ExportWish, Patient, fetch_part, start_export

ADMIN = operator(a_practice_id(), Origin())
OTHER = "Sunflower-Tractor-9"


@pytest.fixture
def batch_by_batch(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Three patients, and a batch holds one."""
    monkeypatch.setattr("vantrexia_core.patients.exporting.RECORDS_AT_ONCE", 1)
    for number in range(3):
        service.patient(a_new_patient(first=f"N{number}"))
    return service


def _begun(service: Service, access: Phi[str]) -> Iterator[Sequence[Patient]]:
    """A download of which one batch was given."""
    actor = recognise(service.desk, access, Origin())
    export = start_export(service.desk, actor, ExportWish())
    _, batches = fetch_part(service.desk, actor, export.id, 0)
    assert len(next(batches)) == 1
    return batches


def _client_token(service: Service, client: MachineClient) -> Phi[str]:
    assertion = a_key().assertion(client.id, service.clock.now())
    answer = service.client.post("/api/v1/auth/token/", data=form(assertion, ALL))
    return Phi(answer.json()["access_token"])


def _log_out(desk: MemoryDesk, user: User, tokens: TokenPair) -> None:
    log_out(desk, user.as_actor(Origin()), tokens.refresh)


ACCOUNT_ENDINGS: dict[str, Callable[[MemoryDesk, User, TokenPair], object]] = {
    "closed": lambda desk, user, _: change_user(desk, ADMIN, user.id, is_active=False),
    "another role": lambda desk, user, _: change_user(desk, ADMIN, user.id, role=Role.PROVIDER),
    "another password": lambda desk, user, _: set_password(desk, ADMIN, user.id, NewPassword(OTHER)),
    "logged out": _log_out,
}
CLIENT_ENDINGS: dict[str, Callable[[MemoryDesk, MachineClient], object]] = {
    "revoked": lambda desk, client: revoke_client(desk, ADMIN, client.id),
    "other keys": lambda desk, client: change_client_keys(
        desk, ADMIN, client.id, ClientKeys(a_jwks(a_key("rsa")))
    ),
    "other scopes": lambda desk, client: change_client_scopes(
        desk, ADMIN, client.id, Scopes.known("system/Patient.rs")
    ),
}


@pytest.mark.parametrize("ending", ACCOUNT_ENDINGS)
def test_an_account_s_download_ends_with_its_session(batch_by_batch: Service, ending: str) -> None:
    """Nothing more is given from the next batch on."""
    service = batch_by_batch
    service.user(Role.ADMIN)  # somebody has to be left who administers
    user = service.user(Role.ADMIN, email="leaver@example.org")
    tokens = service.tokens(Role.ADMIN, email="leaver@example.org")
    batches = _begun(service, tokens.access)
    ACCOUNT_ENDINGS[ending](service.desk, user, tokens)
    with pytest.raises(TokenNotValidError):
        next(batches)


@pytest.mark.parametrize("ending", CLIENT_ENDINGS)
def test_a_client_s_download_ends_when_it_is_changed(batch_by_batch: Service, ending: str) -> None:
    """Revoked, or with other keys or scopes: as its tokens do."""
    service = batch_by_batch
    client = a_client(service.desk, service.practice_id)
    batches = _begun(service, _client_token(service, client))
    CLIENT_ENDINGS[ending](service.desk, client)
    with pytest.raises(TokenNotValidError):
        next(batches)


def test_a_download_outlives_its_token(batch_by_batch: Service) -> None:
    """A token says who begins; a file that takes longer to fetch is not cut off."""
    service = batch_by_batch
    client = a_client(service.desk, service.practice_id)
    accesses = [_client_token(service, client), service.tokens(Role.ADMIN).access]
    begun = [_begun(service, access) for access in accesses]
    service.clock.advance(timedelta(hours=2))
    for access, batches in zip(accesses, begun, strict=True):
        with pytest.raises(TokenNotValidError):
            recognise(service.desk, access, Origin())
        assert [len(batch) for batch in batches] == [1, 1]
