"""The pinned bytes: what was once written stays readable, and is written the same way today."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import pytest

from tests.sources import ManualClock
from vantrexia_adapters.crypto import (
    AesGcmFieldCipher,
    FileKeyWrapper,
    HmacBlindIndex,
    KeyName,
    KeyRing,
    Purpose,
    RingSigningKeys,
    Scope,
)
from vantrexia_adapters.crypto.primitives import hkdf
from vantrexia_adapters.crypto.ring_format import decode, encode
from vantrexia_core.patients import (
    Directory,
    DirectoryEntry,
    Gender,
    SnapshotLabel,
    Status,
    chunk_binding,
    decode_directory,
    encode_directory,
)
from vantrexia_core.protection import (
    Envelope,
    FieldName,
    Place,
    UnreadableError,
    associated_data,
    fold,
    pad,
    unpad,
)

HERE = Path(__file__).parent

Case: TypeAlias = dict[str, str | int]


def cases(file: str, member: str = "cases") -> list[Case]:
    """The cases of one file; never an empty list, so that no test can silently run nothing."""
    found: list[Case] = json.loads((HERE / file).read_text("utf-8"))[member]
    assert found
    return found


def text(case: Case, member: str) -> str:
    """A member that is text."""
    value = case[member]
    assert isinstance(value, str)
    return value


def raw(case: Case, member: str) -> bytes:
    """A member that is bytes in hexadecimal."""
    return bytes.fromhex(text(case, member))


def number(case: Case, member: str) -> int:
    """A member that is a number."""
    value = case[member]
    assert isinstance(value, int)
    return value


def scope_of(case: Case) -> Scope:
    """Whose key a case is about."""
    scope = text(case, "scope")
    return "deployment" if scope == "deployment" else UUID(scope)


def name_of(case: Case) -> FieldName:
    """The column a case is about."""
    return FieldName(text(case, "table"), text(case, "column"))


def place_of(case: Case) -> Place:
    """The record a case is about."""
    return Place(
        UUID(text(case, "practice_id")), UUID(text(case, "record_id")), number(case, "record_version")
    )


def label(case: Case) -> str:
    """How a case is called in the test report."""
    return str(case.get("comment", ""))


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """The published ring, opened from a file of its own as any other."""
    path = tmp_path_factory.mktemp("published") / "keyring.json"
    path.touch(mode=0o600)
    path.write_bytes((HERE / "keyring.json").read_bytes())
    return KeyRing.open(path, ManualClock())


def test_the_key_ring_file_is_written_as_it_was_read() -> None:
    """Format vantrexia-keyring/1 has one spelling."""
    published = (HERE / "keyring.json").read_bytes()
    assert encode(decode(published)) == published


@pytest.mark.parametrize("case", cases("key_wrap.json", "keys"), ids=lambda case: case["scope"][:10])
def test_root_keys_are_wrapped_bound_to_scope_purpose_and_version(case: Case) -> None:
    """Wrapping key, wrapped form and check value are the published ones."""
    kek = bytes.fromhex(json.loads((HERE / "key_wrap.json").read_text("utf-8"))["kek"])
    name = KeyName(text(case, "scope"), text(case, "purpose"), number(case, "version"))
    wrapper = FileKeyWrapper(kek)
    assert hkdf(kek, b"wrap|" + name.context) == raw(case, "wrapping_key")
    assert wrapper.wrap(raw(case, "root"), name.context) == raw(case, "wrapped")
    assert wrapper.unwrap(raw(case, "wrapped"), name.context) == raw(case, "root")


def test_the_ring_gives_the_published_check_values(ring: KeyRing) -> None:
    """What a database stores to recognise its ring does not change between releases."""
    published = {
        KeyName(text(case, "scope"), text(case, "purpose"), number(case, "version")): raw(case, "check")
        for case in cases("key_wrap.json", "keys")
    }
    assert {check.name: check.value for check in ring.checks()} == published


@pytest.mark.parametrize("case", cases("derived_keys.json", "keys"), ids=lambda case: case["info"])
def test_derived_keys(ring: KeyRing, case: Case) -> None:
    """Every use of a root has its own key."""
    root = ring.root(scope_of(case), Purpose(case["purpose"]), number(case, "version"))
    assert root.derive(text(case, "info").encode("ascii")) == raw(case, "key")


def test_token_signing_keys(ring: KeyRing) -> None:
    """The deployment's token roots sign through a derived key, the newest of them."""
    keys = RingSigningKeys(ring)
    published = {
        number(case, "version"): raw(case, "key")
        for case in cases("derived_keys.json", "keys")
        if case["purpose"] == "token"
    }
    assert keys.all() == published
    assert keys.active() == max(published)


@pytest.mark.parametrize("case", cases("padding.json"))
def test_padding(case: Case) -> None:
    """A value is padded as published and comes out again."""
    value, bucket, padded = raw(case, "value"), number(case, "bucket"), raw(case, "padded")
    assert pad(value, bucket) == padded
    assert unpad(padded, bucket) == value


@pytest.mark.parametrize("case", cases("associated_data.json"), ids=label)
def test_associated_data(case: Case) -> None:
    """What a field is bound to has one encoding."""
    bound_to = associated_data(name_of(case), place_of(case), number(case, "key_version"))
    assert bound_to == raw(case, "associated_data")


@pytest.mark.parametrize("case", cases("envelope.json"), ids=label)
def test_published_envelopes_open(ring: KeyRing, case: Case) -> None:
    """Whatever any release sealed stays readable."""
    value = AesGcmFieldCipher(ring).open(
        name_of(case), place_of(case), raw(case, "wire"), bucket=number(case, "bucket")
    )
    assert value == raw(case, "value")


@pytest.mark.parametrize(
    "case", [case for case in cases("envelope.json") if "older" not in label(case)], ids=label
)
def test_sealing_with_the_published_nonce_gives_the_published_envelope(ring: KeyRing, case: Case) -> None:
    """Today's bytes are the published ones; only the nonce is chance."""
    wire = AesGcmFieldCipher(ring)._seal_with_nonce(
        raw(case, "nonce"), name_of(case), place_of(case), raw(case, "value"), number(case, "bucket")
    )
    assert wire == raw(case, "wire")
    assert Envelope.decode(wire).encode() == wire


@pytest.mark.parametrize("case", cases("refused.json"), ids=label)
def test_published_forgeries_are_refused(ring: KeyRing, case: Case) -> None:
    """Damage, foreign keys and authentic nonsense alike are unreadable, and say nothing else."""
    place = json.loads((HERE / "refused.json").read_text("utf-8"))["place"]
    with pytest.raises(UnreadableError):
        AesGcmFieldCipher(ring).open(
            name_of(place), place_of(place), raw(case, "wire"), bucket=place["bucket"]
        )


@pytest.mark.parametrize("case", cases("blind_index.json"), ids=lambda case: case["column"])
def test_blind_index(ring: KeyRing, case: Case) -> None:
    """Stored digests are found again."""
    index, scope, name = HmacBlindIndex(ring), scope_of(case), name_of(case)
    found = (
        index.digest(name, scope, raw(case, "value"))
        if isinstance(scope, UUID)
        else index.digest_across_practices(name, raw(case, "value"))
    )
    assert found == raw(case, "digest")


@pytest.mark.parametrize("case", cases("folding.json"), ids=lambda case: case["folded"] or "empty")
def test_folding(case: Case) -> None:
    """Names fold to the same words in every release: stored digests of folded values depend on it."""
    assert fold(text(case, "text")) == case["folded"]


@pytest.mark.parametrize("case", cases("directory.json", "snapshots"), ids=label)
def test_directory_snapshots(case: Case) -> None:
    """The published people become the published bytes, and out of these the same bytes come again."""
    entries = (
        DirectoryEntry.of(
            number(one, "number"),
            UUID(text(one, "id")),
            Status(text(one, "status")),
            datetime.fromisoformat(text(one, "created_at")),
            last=text(one, "last_name"),
            first=text(one, "first_name"),
            mrn=text(one, "mrn"),
            born=date.fromisoformat(text(one, "date_of_birth")),
            gender=Gender(text(one, "gender")),
            updated_at=datetime.fromisoformat(text(one, "updated_at")),
        )
        for one in case["patients"]
    )
    written = raw(case, "content").ljust(number(case, "bytes"), b"\0")
    assert encode_directory(Directory.of(entries, as_of=number(case, "as_of"))) == written
    assert encode_directory(decode_directory(written)) == written


@pytest.mark.parametrize("case", cases("directory.json", "bindings"), ids=label)
def test_what_a_directorys_chunks_are_bound_to(case: Case) -> None:
    """It has one encoding."""
    practice_id, snapshot_id, epoch = (
        UUID(text(case, name)) for name in ("practice_id", "snapshot_id", "epoch")
    )
    bound = SnapshotLabel(practice_id, snapshot_id, epoch, number(case, "as_of"), number(case, "chunks"))
    bound_to = chunk_binding(bound, number(case, "place"), number(case, "key_version"))
    assert bound_to == raw(case, "associated_data")
