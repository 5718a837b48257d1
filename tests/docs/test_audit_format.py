"""The worked example of the trail's page is what the code computes."""

import hashlib
import re

import pytest

from tests.docs.pages import DOCS, blocks, prose
from vantrexia_adapters.crypto import Ed25519SigningKey, is_signed
from vantrexia_core.audit import (
    Checkpoint,
    EntryText,
    SignedCheckpoint,
    VerifierKey,
    check_consistency,
    check_inclusion,
    decode_entry,
    encode_entry,
    node_hash,
    sign,
)
from vantrexia_core.audit.entry import DISCLOSED_MAX

PAGE = DOCS / "reference" / "formats" / "audit-trail.md"
BLOCKS = [block.text for block in blocks(PAGE)]


def _block(start: str) -> str:
    """The one block that begins so."""
    (found,) = [text for text in BLOCKS if text.startswith(start)]
    return found


ENTRIES = [line.encode() for line in _block('{"action"').splitlines()]
HASHES = {
    name: bytes.fromhex(value)
    for name, value in (re.split(r"  +", line) for line in _block("leaf 1").splitlines() if line)
}
NOTE = next(text for text in BLOCKS if "\n\n—" in text).rstrip("\n") + "\n"
KEY = VerifierKey.parse(next(text for text in BLOCKS if re.match(r"\S+\+[0-9a-f]{8}\+", text)))
SECRET = Ed25519SigningKey(
    bytes.fromhex(re.search(r"private key of this example is `([0-9a-f]{64})`", prose(PAGE))[1])
)


def test_the_entries_are_entries() -> None:
    """Read and written again."""
    assert [encode_entry(decode_entry(raw)) for raw in ENTRIES] == ENTRIES
    assert len(ENTRIES) == 3


def test_the_hashes_are_made_as_written() -> None:
    """Leaves and nodes, by the formula on the page and by the code."""
    leaves = [hashlib.sha256(b"\x00" + raw).digest() for raw in ENTRIES]
    assert [HASHES[f"leaf {number}"] for number in (1, 2, 3)] == leaves
    assert HASHES["node 1-2"] == hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert HASHES["root"] == node_hash(HASHES["node 1-2"], leaves[2])
    assert _block("$ (printf").splitlines()[1] == f"{leaves[0].hex()}  -"


def test_the_proofs_are_those_of_the_page() -> None:
    """Inclusion of entry 2, and from two entries to three."""
    leaves, root = [HASHES[f"leaf {number}"] for number in (1, 2, 3)], HASHES["root"]
    check_inclusion(leaves[1], 1, 3, (leaves[0], leaves[2]), root)
    check_consistency(2, HASHES["node 1-2"], 3, root, (leaves[2],))


def test_the_checkpoint_is_signed_as_written() -> None:
    """By the private key on the page, for the public one there."""
    checkpoint = Checkpoint(KEY.name, 3, HASHES["root"])
    assert sign(checkpoint, SECRET).encode().decode() == NOTE
    assert SignedCheckpoint.decode(NOTE.encode()).opened([KEY], is_signed) == checkpoint


def test_every_member_is_described() -> None:
    """And none that does not exist."""
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| [^`\d]", prose(PAGE), re.MULTILINE)
    rows += re.findall(r"^\| (`\w+`) \| (?:`done`|1 to 64|1, this|UUID)", prose(PAGE), re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"\w+", row)} - {"checkpoint"}
    assert described == {*EntryText.__annotations__, "v"}


def test_the_limits_are_those_of_the_code() -> None:
    """As many patients as an entry may name."""
    assert f"at most {DISCLOSED_MAX:,}" in prose(PAGE)


@pytest.mark.parametrize("raw", ENTRIES)
def test_an_altered_entry_is_another_leaf(raw: bytes) -> None:
    """Whatever byte it is."""
    assert hashlib.sha256(b"\x00" + raw[:-2] + b"2}").digest() not in HASHES.values()
