"""Entries and facts hold ids and names of fields, and their words never change."""

import attrs
import pytest

from tests.builders import NOW
from vantrexia_core.audit import Action, AuditEntry, Fact, Outcome, TrailExported, TrailRead
from vantrexia_core.identity import (
    AccountUnlocked,
    EmergenciesListed,
    EmergencyDeclared,
    LoggedOut,
    PasswordChanged,
    PasswordReset,
    ProfileUpdated,
    ProfileViewed,
    SessionsEnded,
    TwoFactorDisabled,
    TwoFactorEnabled,
    TwoFactorStarted,
    UserCreated,
    UsersListed,
    UserUpdated,
    UserViewed,
)
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import (
    Archived,
    ArchivedListed,
    Deleted,
    DeletedListed,
    DisclosuresAccounted,
    Listed,
    Registered,
    Restored,
    Revised,
    Unarchived,
    Viewed,
)

FACTS: dict[type[Fact], str] = {
    Registered: "create",
    Viewed: "read",
    Listed: "list",
    Revised: "update",
    Archived: "archive",
    Unarchived: "unarchive",
    Deleted: "delete",
    Restored: "restore",
    ArchivedListed: "list_archived",
    DeletedListed: "list_deleted",
    UserCreated: "user_create",
    UserUpdated: "user_update",
    UsersListed: "user_list",
    SessionsEnded: "sessions_end",
    EmergencyDeclared: "emergency_declare",
    EmergenciesListed: "emergency_list",
    UserViewed: "user_read",
    AccountUnlocked: "account_unlocked",
    LoggedOut: "logout",
    ProfileViewed: "profile_read",
    ProfileUpdated: "profile_update",
    PasswordChanged: "password_changed",
    PasswordReset: "password_reset_completed",
    TwoFactorStarted: "2fa_started",
    TwoFactorEnabled: "2fa_enabled",
    TwoFactorDisabled: "2fa_disabled",
    TrailRead: "trail_read",
    TrailExported: "trail_export",
    DisclosuresAccounted: "accounting",
}

BEFORE_ANYBODY_IS_KNOWN = {
    Action.LOGIN_SUCCESS,
    Action.LOGIN_FAILED,
    Action.ACCOUNT_LOCKED,
    Action.ACCOUNT_FORGED,
    Action.TOKEN_REFRESHED,
    Action.TOKEN_REUSE_DETECTED,
    Action.PASSWORD_RESET_REQUESTED,
    Action.TWO_FACTOR_FAILED,
}
"""These have no deed, and so no fact."""


@pytest.mark.parametrize(("fact", "action"), FACTS.items())
def test_a_fact_has_its_action(fact: type[Fact], action: str) -> None:
    """The word of the trail's format for it."""
    assert fact.action.value == action


def test_every_action_but_signing_in_has_exactly_one_fact() -> None:
    """A deed's action decides which fact may finish it: two facts of one action could be mistaken."""
    assert sorted(fact.action.value for fact in Fact.__subclasses__()) == sorted(
        action.value for action in Action if action not in BEFORE_ANYBODY_IS_KNOWN
    )


def test_the_words_of_the_format_stay() -> None:
    """Append, never rename: old trails must stay readable."""
    assert [action.value for action in Action] == [
        "create", "read", "list", "update", "archive", "unarchive", "delete", "restore", "list_archived",
        "list_deleted", "login_success", "login_failed", "account_locked", "account_unlocked",
        "account_forged", "logout", "token_refreshed", "token_reuse_detected", "password_changed",
        "password_reset_requested", "password_reset_completed", "2fa_started", "2fa_enabled", "2fa_disabled",
        "2fa_failed", "profile_read",
        "profile_update", "user_read", "user_create", "user_update", "user_list", "import", "import_start",
        "import_preview", "import_read", "ehr_search", "trail_read", "trail_export", "accounting",
        "export_start", "export_read", "export", "export_end",
        "read_version", "list_versions", "match", "duplicate_list", "duplicate_read", "duplicate_decide",
        "merge", "unmerge", "merge_read",
        "client_register", "client_list", "client_update", "client_revoke",
        "key_prepare", "key_rotate", "key_reencrypt_start", "key_reencrypt", "key_retire", "key_destroy",
        "key_rewrap", "practice_destroy_order", "practice_destroy", "match_sweep",
        "backup_start", "backup", "backup_restore", "trail_rollback",
        "emergency_declare", "emergency_list", "sessions_end", "differences_overrule",
    ]  # fmt: skip
    assert [outcome.value for outcome in Outcome] == ["done", "replayed", "refused", "failed"]


@pytest.mark.parametrize("kind", [AuditEntry, *FACTS])
def test_nothing_in_the_trail_is_phi(kind: type[attrs.AttrsInstance]) -> None:
    """An auditor reads it after every key of the practice is destroyed, so no field can be sealed."""
    assert [field.name for field in attrs.fields(kind) if "Phi" in str(field.type)] == []


def test_an_entry_is_comparable_and_hashable() -> None:
    """It holds nothing that refuses to be: a trail can be compared with another."""
    entry = AuditEntry(NOW, Action.READ, Outcome.DONE)
    assert len({entry, AuditEntry(NOW, Action.READ, Outcome.DONE)}) == 1
    assert not any(isinstance(value, Phi) for value in attrs.asdict(entry).values())
