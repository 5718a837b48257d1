"""The worked example of the directory's page is what the code computes."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.docs.pages import DOCS, blocks, prose
from tests.sources import ManualClock
from vantrexia_adapters.crypto import AesGcmSnapshotCipher, KeyRing, Purpose, RootKey
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import (
    Directory,
    DirectoryEntry,
    Listing,
    Status,
    chunk_binding,
    chunks,
    decode_directory,
    encode_directory,
)
from vantrexia_core.protection import Envelope, UnreadableError

PAGE = DOCS / "reference" / "formats" / "directory.md"

COLUMNS = [
    bytes.fromhex(cell) for cell in re.findall(r"^\| \d+ \|.*\| `([0-9a-f]*)` \|$", prose(PAGE), re.MULTILINE)
]
PATIENTS = re.findall(
    r"^\| (\d) \| `(.{36})` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", prose(PAGE), re.MULTILINE
)
EXAMPLE = dict(
    re.split(r"  +", line)
    for line in next(block.text for block in blocks(PAGE) if block.text.startswith("root key")).splitlines()
    if line
)
SEALED = next(bytes.fromhex(block.text) for block in blocks(PAGE) if re.fullmatch(r"[0-9a-f\n]+", block.text))
ROOT = RootKey(bytes.fromhex(EXAMPLE["root key"]))
PRACTICE, SNAPSHOT = UUID(EXAMPLE["practice"]), UUID(EXAMPLE["snapshot"])
ELSEWHERE = UUID("a1b2c3d4-0000-4000-8000-000000000002")
PLACE, COUNT, VERSION = int(EXAMPLE["place"]), int(EXAMPLE["count"]), int(EXAMPLE["key version"])


def _directory() -> Directory:
    entries = (
        DirectoryEntry.of(
            int(number),
            UUID(id_),
            Status(status),
            datetime.fromisoformat(created_at),
            last=last,
            first=first,
            mrn=mrn,
        )
        for number, id_, first, last, mrn, status, created_at in PATIENTS
    )
    return Directory.of(entries, as_of=3)


def _assembled() -> bytes:
    """The snapshot, put together from the cells of the page alone."""
    columns = (len(column).to_bytes(8, "little") + column for column in COLUMNS)
    return b"vantrexia/directory/1\n" + (3).to_bytes(8, "little") + b"".join(columns)


def _bound(
    *, practice_id: UUID = PRACTICE, snapshot_id: UUID = SNAPSHOT, place: int = PLACE, count: int = COUNT
) -> Callable[[int], bytes]:
    return lambda key_version: chunk_binding(practice_id, snapshot_id, place, count, key_version)


def test_the_snapshot_is_made_as_written() -> None:
    """The two patients of the page become the columns of the page, byte for byte."""
    assert encode_directory(_directory()) == _assembled()


def test_the_length_is_as_written() -> None:
    """The sentence above the example says how long the snapshot is, and it is one chunk."""
    assert f"is {len(_assembled())} bytes long" in PAGE.read_text(encoding="utf-8")
    assert list(chunks(_assembled())) == [_assembled()]


def test_the_snapshot_is_read_as_written() -> None:
    """The columns of the page are a directory in which the patients of the page are found."""
    directory = decode_directory(_assembled())
    assert directory.as_of == 3
    assert directory.find(Listing(search=Phi("^brien"))) == (1, (1,))
    assert directory.find(Listing(search=Phi("nunez"), status=Status.ARCHIVED)) == (1, (2,))


def test_the_chunk_key_is_derived_as_written() -> None:
    """The chunk's key comes from the root key by the label on the page."""
    assert bytes.fromhex(EXAMPLE["chunk key"]) == ROOT.derive(b"directory/snapshot")


def test_a_chunk_is_bound_as_written() -> None:
    """The associated data on the page are those of the code."""
    bound_to = chunk_binding(PRACTICE, SNAPSHOT, PLACE, COUNT, VERSION)
    assert bytes.fromhex(EXAMPLE["associated data"]) == bound_to


def test_a_chunk_is_sealed_as_written() -> None:
    """Format, key version, nonce, ciphertext and tag, byte for byte."""
    nonce = bytes.fromhex(EXAMPLE["nonce"])
    sealed = AESGCM(bytes.fromhex(EXAMPLE["chunk key"])).encrypt(
        nonce, _assembled(), bytes.fromhex(EXAMPLE["associated data"])
    )
    assert Envelope(VERSION, nonce, sealed).encode() == SEALED


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """A ring in a real file, for the practice of the page and another one."""
    ring = KeyRing.create(tmp_path / "keyring.json", ManualClock())
    ring.ensure_scope(PRACTICE)
    ring.ensure_scope(ELSEWHERE)
    return ring


def test_the_service_seals_in_this_format(ring: KeyRing) -> None:
    """What the service seals opens by what the page says about key, binding and bytes, and nothing else."""
    sealed = AesGcmSnapshotCipher(ring).seal(PRACTICE, _bound(), _assembled())
    envelope = Envelope.decode(sealed)
    key = ring.root(PRACTICE, Purpose.DIRECTORY, envelope.key_version).derive(b"directory/snapshot")
    bound_to = chunk_binding(PRACTICE, SNAPSHOT, PLACE, COUNT, envelope.key_version)
    assert AESGCM(key).decrypt(envelope.nonce, envelope.sealed, bound_to) == _assembled()
    assert len(sealed) == len(_assembled()) + 31


@pytest.mark.parametrize(
    ("practice_id", "moved"),
    [
        (PRACTICE, _bound(place=PLACE + 1)),
        (PRACTICE, _bound(count=COUNT + 1)),
        (PRACTICE, _bound(snapshot_id=ELSEWHERE)),
        (ELSEWHERE, _bound(practice_id=ELSEWHERE)),
    ],
    ids=["another place", "another count", "another snapshot", "another practice"],
)
def test_a_chunk_opens_nowhere_else(ring: KeyRing, practice_id: UUID, moved: Callable[[int], bytes]) -> None:
    """Where it was sealed for a chunk opens; moved, left alone of several, or under other ids it does not."""
    cipher = AesGcmSnapshotCipher(ring)
    sealed = cipher.seal(PRACTICE, _bound(), _assembled())
    assert cipher.open(PRACTICE, _bound(), sealed) == _assembled()
    with pytest.raises(UnreadableError):
        cipher.open(practice_id, moved, sealed)
