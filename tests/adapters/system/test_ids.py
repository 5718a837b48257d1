"""Fresh identifiers behind the core's port."""

from uuid import RFC_4122

from vantrexia_adapters.system import RandomIds


def test_ids_are_random_uuids() -> None:
    """Version 4 of RFC 9562, none twice."""
    ids = [RandomIds().new_id() for _ in range(1_000)]
    assert {(made.version, made.variant) for made in ids} == {(4, RFC_4122)}
    assert len(set(ids)) == len(ids)
