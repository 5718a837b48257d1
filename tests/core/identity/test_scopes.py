"""Scopes: one table, from SMART's words to permissions and actions, and nothing beyond it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_practice_id
from vantrexia_core.audit import Action
from vantrexia_core.identity import SCOPES, Interaction, ScopedResource, Scopes, grant, scopes_supported
from vantrexia_core.kernel import (
    MACHINE_PERMISSIONS,
    ActingRole,
    Actor,
    Email,
    InsufficientScopeError,
    InvalidValueError,
    Machine,
    Mandate,
    Permission,
    Reach,
    UserId,
)

MEMBERS = st.sets(st.sampled_from(sorted(SCOPES, key=str))).map(lambda members: Scopes(frozenset(members)))
ALL = Scopes(frozenset(SCOPES))
EVERYTHING = Mandate(frozenset((permission, action) for permission in Permission for action in Action))
NEVER = {
    Permission.MANAGE_USERS,
    Permission.VIEW_USERS,
    Permission.MANAGE_CLIENTS,
    Permission.VIEW_DELETED_PATIENTS,
    Permission.RESTORE_PATIENTS,
    Permission.BREAK_GLASS,
    Permission.REVIEW_EMERGENCIES,
    Permission.IMPORT_PATIENTS,
    Permission.ACCOUNT_FOR_DISCLOSURES,
    Permission.OWN_ACCOUNT,
    Permission.ARCHIVE_PATIENTS,
}
"""What no program has, written out by hand."""


def _actor(mandate: Mandate | None, role: ActingRole = Machine.CLIENT) -> Actor:
    return Actor(UserId(10**15 + 1), role, a_practice_id(), Email("a@clients.invalid"), mandate=mandate)


def _said(*scopes: str) -> frozenset[tuple[ScopedResource, Interaction]]:
    return Scopes.known(" ".join(scopes)).members


def test_no_program_is_ever_given_what_is_about_people() -> None:
    """Neither by a row of the table nor by the bound behind it."""
    assert {allowance.permission for allowance in ALL.allowances} == MACHINE_PERMISSIONS
    assert not NEVER & MACHINE_PERMISSIONS


@pytest.mark.parametrize("permission", Permission)
def test_the_bound_holds_whatever_a_mandate_says(permission: Permission) -> None:
    """A mandate over everything opens what a program may have, and nothing else."""
    actor = _actor(EVERYTHING)
    if permission in MACHINE_PERMISSIONS:
        assert actor.require(permission, Action.READ) is Reach.PRACTICE
    else:
        with pytest.raises(InsufficientScopeError):
            actor.require(permission, Action.READ)


@pytest.mark.parametrize("permission", Permission)
def test_a_program_without_a_mandate_or_an_action_may_do_nothing(permission: Permission) -> None:
    """Default deny: also where somebody forgets to say what is attempted."""
    for mandate, action in ((None, Action.READ), (EVERYTHING, None)):
        with pytest.raises(InsufficientScopeError):
            _actor(mandate).require(permission, action)


@pytest.mark.parametrize("member", SCOPES, ids=lambda member: f"{member[0].value}.{member[1].value}")
def test_a_letter_opens_its_actions_and_no_others(member: tuple[ScopedResource, Interaction]) -> None:
    """The table over all permissions and all actions."""
    actor = _actor(Scopes(frozenset({member})).mandate)
    opened = set()
    for permission in Permission:
        for action in Action:
            try:
                actor.require(permission, action)
            except InsufficientScopeError:
                continue
            opened.add((permission, action))
    assert opened == {(one.permission, action) for one in SCOPES[member] for action in one.actions}


def test_the_actions_of_programs_are_these() -> None:
    """Written out by hand, so that none is opened by accident."""
    assert {action.value for allowance in ALL.allowances for action in allowance.actions} == {
        "create", "read", "read_version", "list_versions", "list", "list_archived", "match", "update",
        "delete", "trail_read", "export_start", "export_read", "export", "export_end",
    }  # fmt: skip


def test_letters_open_no_more_together_than_one_by_one() -> None:
    """No permission of one letter goes with an action of another."""
    together = ALL.mandate.granted
    assert together == frozenset().union(*(Scopes(frozenset({member})).mandate.granted for member in SCOPES))


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("system/Patient.read", ["system/Patient.rs"]),
        ("system/Patient.write", ["system/Patient.cud"]),
        ("system/Patient.*", ["system/Patient.cruds"]),
        ("system/*.rs", ["system/Patient.rs", "system/AuditEvent.rs"]),
        ("system/*.*", ["system/Patient.cruds", "system/AuditEvent.rs"]),
        ("system/AuditEvent.cruds", ["system/AuditEvent.rs"]),
    ],
)
def test_one_thing_is_said_in_several_ways(word: str, meaning: list[str]) -> None:
    """Version 1's words, and the star for every resource."""
    assert _said(word) == _said(*meaning)


@pytest.mark.parametrize(
    "word",
    [
        "", " ", "system/Patient", "system/Patient.", "system/Patient.x", "system/Patient.sr",
        "system/Patient.rr",
        "system/patient.rs", "System/Patient.rs", "user/Patient.rs", "patient/Patient.rs", "openid",
        "system/Patient.rs?birthdate=2000", "system/Observation.rs", "system/AuditEvent.c", "system/**.rs",
        "system/Patient.rs\n", "system/Patient.rs\tsystem/Patient.c", "system/Pätient.rs", "a" * 2_001,
    ],
)  # fmt: skip
def test_what_means_nothing_cannot_be_allowed(word: str) -> None:
    """An administrator's slip is told, with the words that there are."""
    with pytest.raises(InvalidValueError):
        Scopes.known(word)


@given(asked=MEMBERS, allowed=MEMBERS)
def test_what_is_granted_is_asked_for_and_allowed(asked: Scopes, allowed: Scopes) -> None:
    """Both, and all of both; what is said to the client is what it got."""
    granted = grant(asked.text, allowed)
    assert granted.scopes.members == asked.members & allowed.members
    assert Scopes.trusted(granted.said) == granted.scopes


@given(scopes=MEMBERS)
def test_a_text_is_read_back(scopes: Scopes) -> None:
    """What rows and tokens hold is what was granted."""
    assert Scopes.trusted(scopes.text) == scopes
    assert bool(scopes) is bool(scopes.text)


@pytest.mark.parametrize(
    ("asked", "allowed", "said"),
    [
        ("system/Patient.read", "system/Patient.cruds", "system/Patient.read"),
        ("system/*.rs", "system/*.cruds", "system/*.rs"),
        ("system/*.rs", "system/Patient.rs", "system/Patient.rs"),
        ("system/Patient.*", "system/Patient.rs", "system/Patient.rs"),
        ("system/Patient.rs system/Patient.rs", "system/Patient.rs", "system/Patient.rs"),
        ("system/Patient.c launch system/Observation.rs", "system/Patient.cruds", "system/Patient.c"),
        ("system/Observation.rs", "system/*.cruds", ""),
    ],
)
def test_a_scope_that_is_granted_whole_is_said_in_the_clients_words(
    asked: str, allowed: str, said: str
) -> None:
    """Otherwise in ours, and not at all where nothing of it is granted."""
    assert grant(asked, Scopes.known(allowed)).said == said


def test_all_that_is_advertised_can_be_granted() -> None:
    """Discovery promises nothing else."""
    assert Scopes.known("system/*.cruds") == ALL
    for word in scopes_supported():
        assert grant(word, ALL).said == word
