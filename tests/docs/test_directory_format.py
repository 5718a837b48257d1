"""The worked example of the directory's page is what the code computes."""

import hashlib
import re
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import attrs
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.docs.pages import DOCS, blocks, prose
from tests.sources import ManualClock
from vantrexia_adapters.crypto import AesGcmSnapshotCipher, KeyRing, Purpose, RootKey
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import (
    Directory,
    DirectoryEntry,
    Gender,
    Listing,
    SnapshotLabel,
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
    r"^\| (\d) \| `(.{36})` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$",
    prose(PAGE),
    re.MULTILINE,
)
EXAMPLE = dict(
    re.split(r"  +", line)
    for block in blocks(PAGE)
    if block.text.startswith(("digest  ", "root key  ", "bytes  "))
    for line in block.text.splitlines()
    if line
)
ROOT = RootKey(bytes.fromhex(EXAMPLE["root key"]))
PRACTICE, ELSEWHERE = UUID(EXAMPLE["practice"]), UUID("a1b2c3d4-0000-4000-8000-000000000002")
AS_OF, COUNT, PLACE = int(EXAMPLE["as of"]), int(EXAMPLE["count"]), int(EXAMPLE["place"])
VERSION = int(EXAMPLE["key version"])
LABEL = SnapshotLabel(PRACTICE, UUID(EXAMPLE["snapshot"]), UUID(EXAMPLE["epoch"]), AS_OF, COUNT)


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
            born=date.fromisoformat(born),
            gender=Gender(gender),
            updated_at=datetime.fromisoformat(updated_at),
        )
        for number, id_, first, last, mrn, status, created_at, born, gender, updated_at in PATIENTS
    )
    return Directory.of(entries, as_of=AS_OF)


def _unpadded() -> bytes:
    """The snapshot without its zeros, put together from what the page says alone."""
    columns = (len(column).to_bytes(8, "little") + column for column in COLUMNS)
    beginning = b"vantrexia/directory/2\n" + bytes.fromhex(EXAMPLE["digest"])
    return beginning + AS_OF.to_bytes(8, "little") + b"".join(columns)


def _assembled() -> bytes:
    return _unpadded().ljust(65_536, b"\0")


BOUND = partial(chunk_binding, LABEL, PLACE)


def test_the_snapshot_is_made_as_written() -> None:
    """The two patients of the page become the columns of the page, byte for byte."""
    assert encode_directory(_directory()) == _assembled()


def test_the_length_is_as_written() -> None:
    """The sentence above the example says how long the columns are and the snapshot, and it is one chunk."""
    text = PAGE.read_text(encoding="utf-8")
    assert f"before them take {len(_unpadded())} bytes" in text
    assert f"the snapshot {len(encode_directory(_directory())):,} bytes long" in text
    assert list(chunks(_assembled())) == [_assembled()]


def test_the_digest_is_that_of_the_rest() -> None:
    """The digest on the page is SHA-256 of what follows it, zeros included."""
    assert EXAMPLE["digest"] == hashlib.sha256(_assembled()[22 + 32 :]).hexdigest()


def test_the_snapshot_is_read_as_written() -> None:
    """The columns of the page are a directory in which the patients of the page are found."""
    directory = decode_directory(_assembled())
    assert directory.as_of == AS_OF
    assert directory.find(Listing(search=Phi("^brien"))) == (1, (1,))
    assert directory.find(Listing(search=Phi("nunez"), status=Status.ARCHIVED)) == (1, (2,))


def test_the_chunk_key_is_derived_as_written() -> None:
    """The chunk's key comes from the root key by the label on the page."""
    assert bytes.fromhex(EXAMPLE["chunk key"]) == ROOT.derive(b"directory/snapshot")


def test_a_chunk_is_bound_as_written() -> None:
    """The associated data on the page are those of the code."""
    assert bytes.fromhex(EXAMPLE["associated data"]) == BOUND(VERSION)


def test_a_chunk_is_sealed_as_written() -> None:
    """Format, key version, nonce, ciphertext and tag: length, both ends, and the digest of all of it."""
    nonce = bytes.fromhex(EXAMPLE["nonce"])
    sealed = AESGCM(bytes.fromhex(EXAMPLE["chunk key"])).encrypt(
        nonce, _assembled(), bytes.fromhex(EXAMPLE["associated data"])
    )
    wire = Envelope(VERSION, nonce, sealed).encode()
    assert (len(wire), wire[:48].hex(), wire[-48:].hex()) == (
        int(EXAMPLE["bytes"]),
        EXAMPLE["first 48"],
        EXAMPLE["last 48"],
    )
    assert hashlib.sha256(wire).hexdigest() == EXAMPLE["SHA-256"]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """A ring in a real file, for the practice of the page and another one."""
    ring = KeyRing.create(tmp_path / "keyring.json", ManualClock())
    ring.ensure_scope(PRACTICE)
    ring.ensure_scope(ELSEWHERE)
    return ring


def test_the_service_seals_in_this_format(ring: KeyRing) -> None:
    """What the service seals opens by what the page says about key, binding and bytes, and nothing else."""
    sealed = AesGcmSnapshotCipher(ring).seal(PRACTICE, BOUND, _assembled())
    envelope = Envelope.decode(sealed)
    key = ring.root(PRACTICE, Purpose.DIRECTORY, envelope.key_version).derive(b"directory/snapshot")
    bound_to = BOUND(envelope.key_version)
    assert AESGCM(key).decrypt(envelope.nonce, envelope.sealed, bound_to) == _assembled()
    assert len(sealed) == len(_assembled()) + 31


@pytest.mark.parametrize(
    ("practice_id", "moved"),
    [
        (PRACTICE, partial(chunk_binding, LABEL, PLACE + 1)),
        (PRACTICE, partial(chunk_binding, attrs.evolve(LABEL, chunks=COUNT + 1), PLACE)),
        (PRACTICE, partial(chunk_binding, attrs.evolve(LABEL, as_of=AS_OF + 1), PLACE)),
        (PRACTICE, partial(chunk_binding, attrs.evolve(LABEL, epoch=ELSEWHERE), PLACE)),
        (PRACTICE, partial(chunk_binding, attrs.evolve(LABEL, snapshot_id=ELSEWHERE), PLACE)),
        (PRACTICE, partial(chunk_binding, attrs.evolve(LABEL, practice_id=ELSEWHERE), PLACE)),
        (ELSEWHERE, BOUND),
    ],
    ids=["place", "count", "change number", "epoch", "snapshot", "practice", "key of another practice"],
)
def test_a_chunk_opens_nowhere_else(ring: KeyRing, practice_id: UUID, moved: Callable[[int], bytes]) -> None:
    """Where it was sealed for a chunk opens; under another place, label or key it does not."""
    cipher = AesGcmSnapshotCipher(ring)
    sealed = cipher.seal(PRACTICE, BOUND, _assembled())
    assert cipher.open(PRACTICE, BOUND, sealed) == _assembled()
    with pytest.raises(UnreadableError):
        cipher.open(practice_id, moved, sealed)
