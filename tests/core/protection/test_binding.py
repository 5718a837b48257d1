"""What a sealed value is bound to has exactly one reading."""

from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.strategies.protection import field_names, key_versions, places
from vantrexia_core.protection import FieldName, Place, associated_data

PLACE = Place(UUID(int=1), UUID(int=2), 3)

bindings = st.tuples(field_names(), places(), key_versions())


@given(bindings, bindings)
@example((FieldName("a", "bc"), PLACE, 1), (FieldName("ab", "c"), PLACE, 1))
@example((FieldName("a", "b"), PLACE, 1), (FieldName("b", "a"), PLACE, 1))
@example(
    (FieldName("a", "b"), Place(UUID(int=1), UUID(int=2), 3), 1),
    (FieldName("a", "b"), Place(UUID(int=2), UUID(int=1), 3), 1),
)
@example((FieldName("a", "b"), Place(UUID(int=1), UUID(int=2), 1), 2), (FieldName("a", "b"), PLACE, 1))
def test_two_bindings_are_the_same_bytes_only_when_they_are_the_same(
    one: tuple[FieldName, Place, int], other: tuple[FieldName, Place, int]
) -> None:
    """Column, practice, record, version and key version: a change of any one is a change of the bytes."""
    assert (associated_data(*one) == associated_data(*other)) == (one == other)


@given(bindings, st.data())
def test_any_single_difference_changes_the_bytes(
    binding: tuple[FieldName, Place, int], data: st.DataObject
) -> None:
    """Moving a ciphertext along one axis alone is enough to be noticed."""
    name, place, key_version = binding
    other_name, other_place, other_key_version = data.draw(bindings)
    for moved in (
        (FieldName(other_name.table, name.column), place, key_version),
        (FieldName(name.table, other_name.column), place, key_version),
        (name, Place(other_place.practice_id, place.record_id, place.version), key_version),
        (name, Place(place.practice_id, other_place.record_id, place.version), key_version),
        (name, Place(place.practice_id, place.record_id, other_place.version), key_version),
        (name, place, other_key_version),
    ):
        assert (associated_data(*moved) == associated_data(*binding)) == (moved == binding)


def test_every_part_carries_its_length() -> None:
    """The canonical bytes, spelled out once by hand."""
    assert associated_data(FieldName("patients", "phone"), PLACE, 4) == (
        b"\x00\x11vantrexia/field/1"
        b"\x00\x08patients"
        b"\x00\x05phone"
        b"\x00\x10" + bytes(15) + b"\x01"
        b"\x00\x10" + bytes(15) + b"\x02"
        b"\x00\x08\x00\x00\x00\x00\x00\x00\x00\x03"
        b"\x00\x02\x00\x04"
    )


def test_a_column_has_a_label_for_its_own_key() -> None:
    """Keys are derived per column."""
    assert FieldName("patients", "phone").info == b"field/patients/phone"


@pytest.mark.parametrize("version", [-1, 2**64])
def test_a_version_that_does_not_fit_is_refused(version: int) -> None:
    """Nothing is cut to fit."""
    with pytest.raises(OverflowError):
        associated_data(FieldName("a", "b"), Place(UUID(int=1), UUID(int=2), version), 1)
