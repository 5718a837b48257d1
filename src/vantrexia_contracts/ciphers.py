"""What every cipher of single fields promises, and every index and seal beside it."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Final
from uuid import UUID

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vantrexia_contracts.given.builders import a_patient_id, a_practice_id
from vantrexia_contracts.given.strategies.protection import BUCKETS, field_names
from vantrexia_core.protection import (
    BUCKET_NAME,
    BUCKET_SHORT,
    HEADER_BYTES,
    TAG_BYTES,
    VALUE_BYTES_MAX,
    BlindIndex,
    Envelope,
    FieldCipher,
    FieldName,
    Place,
    RowSeal,
    UnreadableError,
)

HERE: Final = a_practice_id(1)
ELSEWHERE: Final = a_practice_id(2)
NAME = FieldName("patient", "last_name")
PLACE = Place(HERE, a_patient_id(), 3)
VALUE = b"Quintero"
MRN: Final = FieldName("patient", "mrn")
EXTERNAL_ID: Final = FieldName("patient", "external_id")
NUMBER: Final = b"mrn-00042"
ROW: Final = b"a row's values"
ONE_FOR_ALL_EXAMPLES: Final = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
"""Ciphers remember nothing of what they sealed, so examples may share one."""


class FieldCipherContract:
    """Envelopes, version 1, of single fields."""

    @pytest.fixture
    def cipher(self) -> FieldCipher:
        """With keys for `HERE` and `ELSEWHERE`, and for no other practice.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError(
            "override the fixture `cipher`: a FieldCipher with keys for HERE and ELSEWHERE"
        )

    @pytest.fixture
    def wire(self, cipher: FieldCipher) -> bytes:
        """`VALUE`, sealed."""
        return cipher.seal(NAME, PLACE, VALUE, bucket=BUCKET_NAME)

    @settings(suppress_health_check=ONE_FOR_ALL_EXAMPLES)
    @given(
        field_names(),
        st.uuids(),
        st.integers(0, 2**64 - 1),
        st.binary(max_size=400),
        st.sampled_from(BUCKETS),
    )
    def test_what_was_sealed_opens(
        self, cipher: FieldCipher, name: FieldName, record_id: UUID, version: int, value: bytes, bucket: int
    ) -> None:
        """Any bytes in any column of any record come back unchanged."""
        place = Place(HERE, record_id, version)
        assert (
            cipher.open(name, place, cipher.seal(name, place, value, bucket=bucket), bucket=bucket) == value
        )

    @pytest.mark.parametrize("length", [0, 1, VALUE_BYTES_MAX - 1, VALUE_BYTES_MAX])
    def test_the_longest_values_open(self, cipher: FieldCipher, length: int) -> None:
        """Up to 65,535 bytes fit into a field."""
        value = b"\xa5" * length
        assert cipher.open(NAME, PLACE, cipher.seal(NAME, PLACE, value, bucket=64), bucket=64) == value

    def test_a_longer_value_is_refused(self, cipher: FieldCipher) -> None:
        """Nothing is cut off silently."""
        with pytest.raises(ValueError, match="65535 bytes"):
            cipher.seal(NAME, PLACE, bytes(VALUE_BYTES_MAX + 1), bucket=BUCKET_NAME)

    def test_sealing_twice_gives_different_bytes_everywhere(self, cipher: FieldCipher) -> None:
        """A nonce is never used twice, so equal values cannot be told from unequal ones."""
        nonces = {
            Envelope.decode(cipher.seal(NAME, PLACE, VALUE, bucket=BUCKET_NAME)).nonce for _ in range(2_000)
        }
        assert len(nonces) == 2_000

    def test_threads_never_share_a_nonce_or_a_record(self, cipher: FieldCipher) -> None:
        """One cipher serves all threads: each seals and opens its own records, all nonces differ."""
        barrier = Barrier(4)

        def work(number: int) -> set[bytes]:
            barrier.wait()
            nonces = set()
            for version in range(250):
                place, value = Place(HERE, a_patient_id(number), version), f"{number}/{version}".encode()
                sealed = cipher.seal(NAME, place, value, bucket=BUCKET_SHORT)
                assert cipher.open(NAME, place, sealed, bucket=BUCKET_SHORT) == value
                nonces.add(Envelope.decode(sealed).nonce)
            return nonces

        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(work, range(4)))
        assert len(set[bytes]().union(*found)) == 4 * 250

    @pytest.mark.parametrize(
        ("name", "place"),
        [
            (FieldName("patient", "first_name"), PLACE),
            (FieldName("account", "last_name"), PLACE),
            (NAME, attrs.evolve(PLACE, practice_id=ELSEWHERE)),
            (NAME, attrs.evolve(PLACE, practice_id=a_practice_id(99))),
            (NAME, attrs.evolve(PLACE, record_id=a_patient_id(2))),
            (NAME, attrs.evolve(PLACE, version=PLACE.version - 1)),
            (NAME, attrs.evolve(PLACE, version=PLACE.version + 1)),
        ],
        ids=["column", "table", "practice", "unknown practice", "record", "older version", "newer version"],
    )
    def test_a_value_opens_nowhere_else(
        self, cipher: FieldCipher, wire: bytes, name: FieldName, place: Place
    ) -> None:
        """A ciphertext moved to another place, or put beside newer fields, does not open."""
        with pytest.raises(UnreadableError):
            cipher.open(name, place, wire, bucket=BUCKET_NAME)

    def test_every_single_bit_is_protected(self, cipher: FieldCipher, wire: bytes) -> None:
        """Format, key version, nonce, ciphertext and tag: no bit can be flipped unnoticed."""
        opened = []
        for bit in range(8 * len(wire)):
            forged = bytearray(wire)
            forged[bit // 8] ^= 1 << bit % 8
            try:
                cipher.open(NAME, PLACE, bytes(forged), bucket=BUCKET_NAME)
            except UnreadableError:
                continue
            opened.append(bit)
        assert opened == []

    def test_every_truncation_and_extension_is_refused(self, cipher: FieldCipher, wire: bytes) -> None:
        """An envelope is whole or unreadable."""
        for length in range(len(wire)):
            with pytest.raises(UnreadableError):
                cipher.open(NAME, PLACE, wire[:length], bucket=BUCKET_NAME)
        for more in (b"\0", b"\xff", wire):
            with pytest.raises(UnreadableError):
                cipher.open(NAME, PLACE, wire + more, bucket=BUCKET_NAME)

    @settings(suppress_health_check=ONE_FOR_ALL_EXAMPLES)
    @given(st.binary(max_size=200))
    def test_no_other_bytes_open(self, cipher: FieldCipher, noise: bytes) -> None:
        """Whatever stands in the column, there is a value or one kind of error."""
        for forged in (noise, b"\x01\x00\x02" + noise):
            with pytest.raises(UnreadableError):
                cipher.open(NAME, PLACE, forged, bucket=BUCKET_NAME)

    def test_another_bucket_is_another_field(self, cipher: FieldCipher, wire: bytes) -> None:
        """Padding is part of the format: reading is as strict as writing."""
        with pytest.raises(UnreadableError):
            cipher.open(NAME, PLACE, wire, bucket=64)

    @settings(suppress_health_check=ONE_FOR_ALL_EXAMPLES)
    @given(st.integers(0, 30), st.integers(0, 30))
    def test_padding_hides_the_length_within_a_bucket(
        self, cipher: FieldCipher, one: int, other: int
    ) -> None:
        """Two names of any usual length are sealed into the same number of bytes."""
        lengths = {len(cipher.seal(NAME, PLACE, bytes(n), bucket=BUCKET_NAME)) for n in (one, other)}
        assert lengths == {HEADER_BYTES + BUCKET_NAME + TAG_BYTES}

    def test_an_unreadable_value_shows_nothing(self, cipher: FieldCipher, wire: bytes) -> None:
        """Neither the error nor what led to it carries ciphertext or a cause."""
        with pytest.raises(UnreadableError) as raised:
            cipher.open(NAME, PLACE, wire[:-1] + b"\0", bucket=BUCKET_NAME)
        report = "".join(traceback.format_exception(raised.value))
        assert "InvalidTag" not in report
        assert wire.hex() not in report
        assert repr(wire) not in report


class BlindIndexContract:
    """Keyed digests of values that are unique by nature."""

    @pytest.fixture
    def index(self) -> BlindIndex:
        """With keys for `HERE` and `ELSEWHERE`.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError(
            "override the fixture `index`: a BlindIndex with keys for HERE and ELSEWHERE"
        )

    @settings(suppress_health_check=ONE_FOR_ALL_EXAMPLES)
    @given(st.binary(max_size=200), st.binary(max_size=200))
    def test_digests_are_equal_exactly_when_values_are(
        self, index: BlindIndex, one: bytes, other: bytes
    ) -> None:
        """A unique constraint on the digest is one on the value."""
        assert (index.digest(MRN, HERE, one) == index.digest(MRN, HERE, other)) == (one == other)

    def test_a_digest_has_32_bytes(self, index: BlindIndex) -> None:
        """Untruncated: what the database calls unique is unique."""
        assert len(index.digest(MRN, HERE, NUMBER)) == 32

    def test_equal_values_of_two_practices_columns_or_scopes_cannot_be_linked(
        self, index: BlindIndex
    ) -> None:
        """Each practice, each column and the deployment have a key of their own."""
        digests = {
            index.digest(MRN, HERE, NUMBER),
            index.digest(MRN, ELSEWHERE, NUMBER),
            index.digest(EXTERNAL_ID, HERE, NUMBER),
            index.digest_across_practices(MRN, NUMBER),
        }
        assert len(digests) == 4


class RowSealContract:
    """Tags of rows."""

    @pytest.fixture
    def seals(self) -> tuple[RowSeal, RowSeal]:
        """Two with keys of their own.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `seals`: two RowSeals with different keys")

    def test_another_row_another_table_and_another_key_have_another_tag(
        self, seals: tuple[RowSeal, RowSeal]
    ) -> None:
        """None of them says anything about the others; the same row has the same tag."""
        ours, theirs = seals
        tags = {
            ours.tag("user_account", ROW),
            ours.tag("user_account", ROW),
            ours.tag("user_account", ROW + b"."),
            ours.tag("second_factor", ROW),
            theirs.tag("user_account", ROW),
        }
        assert len(tags) == 4
        assert {len(tag) for tag in tags} == {32}
