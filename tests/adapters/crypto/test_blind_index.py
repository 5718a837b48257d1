"""The promises of ``BlindIndex``, kept by HMAC-SHA-256."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.crypto.conftest import ELSEWHERE, HERE
from tests.builders import a_practice_id
from tests.sources import ManualClock
from vantrexia_adapters.crypto import HmacBlindIndex, KeyRing, Purpose, UnknownKeyError
from vantrexia_core.protection import FieldName

MRN, EXTERNAL_ID = FieldName("patient", "mrn"), FieldName("patient", "external_id")
VALUE = b"mrn-00042"


@pytest.fixture(scope="module")
def index(ring: KeyRing) -> HmacBlindIndex:
    """The index under test."""
    return HmacBlindIndex(ring)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_digests_are_equal_exactly_when_values_are(index: HmacBlindIndex, one: bytes, other: bytes) -> None:
    """A unique constraint on the digest is one on the value."""
    assert (index.digest(MRN, HERE, one) == index.digest(MRN, HERE, other)) == (one == other)


def test_a_digest_has_32_bytes(index: HmacBlindIndex) -> None:
    """Untruncated: what the database calls unique is unique."""
    assert len(index.digest(MRN, HERE, VALUE)) == 32


def test_equal_values_of_two_practices_columns_or_scopes_cannot_be_linked(index: HmacBlindIndex) -> None:
    """Each practice, each column and the deployment have a key of their own."""
    digests = {
        index.digest(MRN, HERE, VALUE),
        index.digest(MRN, ELSEWHERE, VALUE),
        index.digest(EXTERNAL_ID, HERE, VALUE),
        index.digest_across_practices(MRN, VALUE),
    }
    assert len(digests) == 4


def test_a_digest_outlives_the_process(index: HmacBlindIndex, ring: KeyRing, path: Path) -> None:
    """What was stored yesterday is found today, also after the field key was rotated."""
    path.parent.mkdir(mode=0o700)
    fresh = KeyRing.create(path, ManualClock())
    fresh.ensure_scope(HERE)
    before = HmacBlindIndex(fresh).digest(MRN, HERE, VALUE)
    fresh.rotate(HERE, Purpose.FIELD)
    assert HmacBlindIndex(KeyRing.open(path, ManualClock())).digest(MRN, HERE, VALUE) == before
    assert HmacBlindIndex(ring).digest(MRN, HERE, VALUE) == index.digest(MRN, HERE, VALUE) != before


def test_a_practice_without_keys_has_no_digests(index: HmacBlindIndex) -> None:
    """There is no default key."""
    with pytest.raises(UnknownKeyError, match="index key"):
        index.digest(MRN, a_practice_id(99), VALUE)


def test_the_field_root_is_not_the_index_root(ring: KeyRing) -> None:
    """Whoever learns one cannot use it as the other."""
    assert ring.root(HERE, Purpose.FIELD, 1).derive(b"x") != ring.root(HERE, Purpose.INDEX, 1).derive(b"x")
