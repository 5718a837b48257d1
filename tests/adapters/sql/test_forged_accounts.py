"""What somebody gains who writes accounts behind the service's back: nothing, and a line on the trail."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.adapters.sql.site import Site
from tests.builders import a_new_user, a_password, an_actor, an_email, an_origin
from tests.desks import entries_of
from tests.ehr import a_told, an_external_id
from vantrexia_adapters.memory import MemoryRoster
from vantrexia_adapters.sql.tables import second_factor, user_account, user_session
from vantrexia_core.audit import Action, Inquiry, export_trail, read_trail
from vantrexia_core.ehr import JobStatus, import_next, look_up_import, start_import
from vantrexia_core.identity import (
    AuthenticationFailedError,
    ForgedAccountError,
    LastAdministratorError,
    SecondFactor,
    TokenNotValidError,
    change_user,
    create_user,
    list_users,
    recognise,
    refresh_tokens,
    sign_in,
)
from vantrexia_core.kernel import PageRequest, Phi, Role
from vantrexia_core.protection import FieldName, UnreadableError

ADMIN, PASSWORD = an_actor(), a_password()
FORGERIES: dict[str, Callable[[Site], dict[str, Any]]] = {
    "role": lambda _: {"role": "admin"},
    "password": lambda site: {"password_hash": site.desk.passwords.hash(a_password("the thief's password"))},
    "second factor": lambda _: {"is_2fa_enabled": True},
    "tag": lambda _: {"tag": bytes(32)},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_nobody_signs_in_or_acts_by_a_forged_account(site: Site, forgery: str):
    """Not with the old password, not with the thief's, not in a session from before; the trail says why."""
    user = create_user(site.desk, ADMIN, a_new_user(Role.NURSE), PASSWORD)
    tokens = sign_in(site.desk, user.email, PASSWORD, an_origin()).tokens
    is_it = user_account.c.id == user.id
    site.execute(sa.update(user_account).where(is_it).values(FORGERIES[forgery](site)))
    for password in (PASSWORD, a_password("the thief's password")):
        with pytest.raises(AuthenticationFailedError):
            sign_in(site.desk, user.email, password, an_origin())
    with pytest.raises(TokenNotValidError):
        recognise(site.desk, tokens.access, an_origin())
    forged = [entry for entry in entries_of(site.desk) if entry.action is Action.ACCOUNT_FORGED]
    assert [(entry.actor_id, entry.code) for entry in forged] == [(user.id, "account_forged")] * 3
    with pytest.raises(TokenNotValidError):
        refresh_tokens(site.desk, tokens.refresh, an_origin())
    assert site.execute(sa.select(user_session)) == []


@pytest.mark.parametrize("forgery", [{"last_step": 0}, {"is_confirmed": False}])
def test_what_stands_beside_a_secret_cannot_be_changed(site: Site, forgery: dict[str, object]):
    """Or a code that was used would be good again: the secret does not open, and nobody gets in."""
    user = create_user(site.desk, ADMIN, a_new_user(Role.NURSE), PASSWORD)
    with site.desk.begin(user.practice_id) as work:
        factor = SecondFactor(Phi(b"12345678901234567890"), is_confirmed=True, last_step=7)
        work.second_factors.keep(user, factor)
        work.commit()
    site.execute(sa.update(second_factor).where(second_factor.c.user_id == user.id).values(forgery))
    with site.desk.begin_sign_in() as work, pytest.raises(UnreadableError):
        work.second_factors.get_to_change(user)


def test_a_forged_administrator_counts_for_nothing(site: Site):
    """Neither as the one who remains, nor as somebody who can be changed; the list shows it as it is."""
    boss = create_user(site.desk, ADMIN, a_new_user(Role.ADMIN), PASSWORD)
    nurse = create_user(site.desk, ADMIN, a_new_user(Role.NURSE, email="n@example.org"), PASSWORD)
    site.execute(sa.update(user_account).where(user_account.c.id == nurse.id).values(role="admin"))
    with pytest.raises(LastAdministratorError):
        change_user(site.desk, ADMIN, boss.id, is_active=False)
    with pytest.raises(ForgedAccountError):
        change_user(site.desk, ADMIN, nurse.id, is_active=False)
    assert [user.is_genuine for user in list_users(site.desk, ADMIN)] == [True, False]


def test_an_account_that_was_inserted_signs_nobody_in(site: Site):
    """A copy of a whole row under another address is nobody's account."""
    create_user(site.desk, ADMIN, a_new_user(Role.ADMIN), PASSWORD)
    [row] = site.execute(sa.select(user_account))
    address = an_email("thief")
    digest = site.desk.accounts._protection.index.digest_across_practices(
        # What only the service can compute, given to the thief for nothing.
        FieldName("user_account", "email"),
        address.reveal().encode(),
    )
    copy = {**row._mapping, "id": 99, "record_id": site.desk.ids.new_id(), "email_bix": digest}
    site.execute(sa.insert(user_account).values(copy))
    with pytest.raises(AuthenticationFailedError):
        sign_in(site.desk, address, PASSWORD, an_origin())


@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_import_goes_on_in_the_name_of_a_forged_account(site: Site, forgery: str):
    """Nothing is brought over, the job is over, and the trail says why."""
    roster = MemoryRoster()
    roster.put(a_told(1))
    desk = site.house.desk(site.clock, site.desk.ids, rosters={site.here: roster})
    user = create_user(desk, ADMIN, a_new_user(Role.PROVIDER), PASSWORD)
    job = start_import(desk, user.as_actor(an_origin()), [an_external_id(1)])
    site.execute(sa.update(user_account).where(user_account.c.id == user.id).values(FORGERIES[forgery](site)))
    assert import_next(desk, an_origin())
    ended, _ = look_up_import(desk, ADMIN, job.id, PageRequest())
    assert (ended.status, ended.code, ended.settled) == (JobStatus.HALTED, "permission_denied", 0)
    entries = entries_of(desk)
    assert Action.IMPORT not in {entry.action for entry in entries}
    forged = [entry for entry in entries if entry.action is Action.ACCOUNT_FORGED]
    assert [(entry.actor_id, entry.code) for entry in forged] == [(user.id, "account_forged")]


def test_one_damaged_address_does_not_hide_the_trail(site: Site, caplog: pytest.LogCaptureFixture):
    """The entry is shown without the address, in pages and in exports; the log counts such accounts."""
    auditor = an_actor(user_id=99)
    nurse = create_user(site.desk, auditor, a_new_user(Role.NURSE, email="n@example.org"), PASSWORD)
    provider = create_user(site.desk, auditor, a_new_user(Role.PROVIDER), PASSWORD)
    list_users(site.desk, an_actor(user_id=nurse.id))
    list_users(site.desk, an_actor(user_id=provider.id))
    is_it = user_account.c.id == nurse.id
    [(sealed,)] = site.execute(sa.select(user_account.c.email).where(is_it))
    damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
    site.execute(sa.update(user_account).where(is_it).values(email=damaged))
    page = read_trail(site.desk, auditor, Inquiry(), PageRequest()).page.items
    lines = list(export_trail(site.desk, auditor, Inquiry()).lines)
    for found in (page, lines):
        shown = {line.entry.actor_id: line.actor_email for line in found}
        assert shown == {nurse.id: None, provider.id: provider.email, auditor.user_id: None}
    assert caplog.messages.count("accounts whose address cannot be shown in the trail: 1") == 2
