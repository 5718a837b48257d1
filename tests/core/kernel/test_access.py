"""The table of grants says what the contract's role matrix says, and nothing else is allowed."""

from typing import cast

import attrs
import pytest

from tests.builders import an_actor
from vantrexia_core.kernel import GRANTS, Permission, PermissionDeniedError, Purpose, Reach, Role

MATRIX = """
capability             |admin|clinical_manager|provider|nurse|ma|data_monitor|billing_manager|patient
VIEW_PATIENTS          |  R  |       R        |   R    |  R  |R |     R      |       R       |  own
WRITE_PATIENTS         |  W  |       W        |   W    |  W  |W |     –      |       –       |   –
ARCHIVE_PATIENTS       |  W  |       W        |   W    |  W  |– |     –      |       –       |   –
DELETE_PATIENTS        |  W  |       W        |   –    |  –  |– |     –      |       –       |   –
VIEW_DELETED_PATIENTS  |  R  |       –        |   –    |  –  |– |     –      |       –       |   –
RESTORE_PATIENTS       |  W  |       –        |   –    |  –  |– |     –      |       –       |   –
EXPORT_PATIENTS        |  R  |       –        |   –    |  –  |– |     –      |       –       |   –
IMPORT_PATIENTS        |  W  |       W        |   W    |  –  |– |     –      |       –       |   –
VIEW_DUPLICATES        |  R  |       R        |   R    |  R  |R |     –      |       –       |   –
DECIDE_DUPLICATES      |  W  |       W        |   –    |  –  |– |     –      |       –       |   –
MERGE_PATIENTS         |  W  |       W        |   –    |  –  |– |     –      |       –       |   –
VIEW_USERS             |  R  |       R        |   –    |  –  |– |     –      |       –       |   –
MANAGE_USERS           |  W  |       –        |   –    |  –  |– |     –      |       –       |   –
MANAGE_CLIENTS         |  W  |       –        |   –    |  –  |– |     –      |       –       |   –
READ_TRAIL             |  R  |       –        |   –    |  –  |– |     –      |       –       |   –
ACCOUNT_FOR_DISCLOSURES|  R  |       –        |   –    |  –  |– |     –      |       –       |   –
BREAK_GLASS            |  W  |       W        |   W    |  W  |W |     W      |       W       |   –
REVIEW_EMERGENCIES     |  R  |       –        |   –    |  –  |– |     –      |       –       |   –
MANAGE_KEYS            |  W  |       –        |   –    |  –  |– |     –      |       –       |   –
BACK_UP                |  W  |       –        |   –    |  –  |– |     –      |       –       |   –
OWN_ACCOUNT            | own |      own       |  own   | own |own|   own      |      own      |  own
"""
"""The published role matrix, row by row, copied by hand: two witnesses, not one that quotes itself."""

REACH = {"R": Reach.PRACTICE, "W": Reach.PRACTICE, "own": Reach.OWN, "–": None}


def _cells() -> list[tuple[Permission, Role, Reach | None]]:
    heading, *rows = ([cell.strip() for cell in line.split("|")] for line in MATRIX.strip().splitlines())
    roles = [Role(code) for code in heading[1:]]
    return [
        (Permission[capability], role, REACH[cell])
        for capability, *cells in rows
        for role, cell in zip(roles, cells, strict=True)
    ]


CELLS = _cells()


@pytest.mark.parametrize(
    ("permission", "role", "reach"), CELLS, ids=lambda value: value.name if value is not None else "denied"
)
def test_a_role_has_exactly_what_the_matrix_grants(
    permission: Permission, role: Role, reach: Reach | None
) -> None:
    """Each cell of the matrix: granted with that reach, or refused."""
    actor = an_actor(role)
    if reach is None:
        with pytest.raises(PermissionDeniedError):
            actor.require(permission)
    else:
        assert actor.require(permission) is reach


def test_the_matrix_covers_every_permission_and_every_role() -> None:
    """A new capability or role cannot be added without a row or column here."""
    assert {(permission, role) for permission, role, _ in CELLS} == {
        (permission, role) for permission in Permission for role in Role
    }


def test_the_table_grants_nothing_that_is_not_a_permission() -> None:
    """The table and the list of permissions name the same things."""
    assert set(GRANTS) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_an_emergency_opens_every_record_to_those_who_may_declare_one_and_nothing_else(
    role: Role, permission: Permission
) -> None:
    """Reading, and no writing; a patient's account gains nothing, whatever it claims."""
    everyday = an_actor(role)
    actor = attrs.evolve(everyday, purpose=Purpose.EMERGENCY_TREATMENT)
    if role is not Role.PATIENT and permission in {
        Permission.VIEW_PATIENTS,
        Permission.VIEW_DELETED_PATIENTS,
        Permission.VIEW_DUPLICATES,
    }:
        assert actor.require(permission) is Reach.PRACTICE
    elif GRANTS[permission].get(role) is None:
        with pytest.raises(PermissionDeniedError):
            actor.require(permission)
    else:
        assert actor.require(permission) is everyday.require(permission)


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_is_granted_to_somebody(permission: Permission) -> None:
    """A permission nobody has is a door without a key."""
    assert GRANTS[permission]


@pytest.mark.parametrize("permission", Permission)
def test_an_administrator_can_do_everything_in_the_practice(permission: Permission) -> None:
    """No record is out of reach of everybody; only what is one's own is nobody else's."""
    own = permission is Permission.OWN_ACCOUNT
    assert GRANTS[permission][Role.ADMIN] is (Reach.OWN if own else Reach.PRACTICE)


@pytest.mark.parametrize("permission", Permission)
def test_a_patient_never_reaches_beyond_the_own_record(permission: Permission) -> None:
    """Whatever patients are granted, it stops at the record linked to their account."""
    assert GRANTS[permission].get(Role.PATIENT) in {None, Reach.OWN}


def test_the_table_cannot_be_changed_while_the_program_runs() -> None:
    """Neither a row nor a cell takes a new value."""
    table = cast("dict[Permission, dict[Role, Reach]]", GRANTS)
    with pytest.raises(TypeError):
        table[Permission.VIEW_PATIENTS] = {}
    with pytest.raises(TypeError):
        table[Permission.DELETE_PATIENTS][Role.PATIENT] = Reach.PRACTICE
