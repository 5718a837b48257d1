"""The worked example of the envelope's page is what the code computes."""

import re
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.docs.pages import DOCS, blocks
from vantrexia_adapters.crypto import RootKey
from vantrexia_core.protection import (
    BUCKET_LONG,
    BUCKET_NAME,
    BUCKET_SHORT,
    Envelope,
    FieldName,
    Place,
    associated_data,
    pad,
    unpad,
)

PAGE = DOCS / "reference" / "formats" / "envelope.md"


def _example(page: Path) -> dict[str, str]:
    text = next(block.text for block in blocks(page) if block.text.startswith("root key"))
    return dict(re.split(r"  +", line) for line in text.splitlines() if line)


EXAMPLE = _example(PAGE)
NAME = FieldName(EXAMPLE["table"], EXAMPLE["column"])
PLACE = Place(UUID(EXAMPLE["practice"]), UUID(EXAMPLE["record"]), int(EXAMPLE["version"]))
KEY = RootKey(bytes.fromhex(EXAMPLE["root key"])).derive(NAME.info)
ENVELOPE = Envelope.decode(bytes.fromhex(EXAMPLE["envelope"]))


def test_the_column_key_is_derived_as_written() -> None:
    """The column's key comes from the root key by the label on the page."""
    assert bytes.fromhex(EXAMPLE["column key"]) == KEY


def test_the_plaintext_is_padded_as_written() -> None:
    """Length, value, zeros up to the bucket."""
    assert bytes.fromhex(EXAMPLE["plaintext"]) == pad(bytes.fromhex(EXAMPLE["value"]), int(EXAMPLE["bucket"]))


def test_the_value_is_bound_as_written() -> None:
    """The associated data on the page are those of the code."""
    bound_to = associated_data(NAME, PLACE, int(EXAMPLE["key version"]))
    assert bytes.fromhex(EXAMPLE["associated data"]) == bound_to


def test_the_envelope_is_made_as_written() -> None:
    """Format, key version, nonce, ciphertext and tag, byte for byte."""
    nonce = bytes.fromhex(EXAMPLE["nonce"])
    sealed = AESGCM(KEY).encrypt(
        nonce, bytes.fromhex(EXAMPLE["plaintext"]), bytes.fromhex(EXAMPLE["associated data"])
    )
    made = Envelope(int(EXAMPLE["key version"]), nonce, sealed)
    assert made.encode() == bytes.fromhex(EXAMPLE["envelope"])


def test_the_envelope_opens_to_the_name_in_the_text() -> None:
    """What the example seals is the name that the sentence above it says."""
    opened = AESGCM(KEY).decrypt(ENVELOPE.nonce, ENVELOPE.sealed, bytes.fromhex(EXAMPLE["associated data"]))
    name = unpad(opened, int(EXAMPLE["bucket"])).decode()
    assert f"The first name `{name}`" in PAGE.read_text(encoding="utf-8")


def test_the_buckets_are_those_of_the_code() -> None:
    """The table of buckets gives the sizes that the code pads to."""
    rows = re.findall(r"^\| (short|name|long) \| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: int(size) for name, size in rows} == {
        "short": BUCKET_SHORT,
        "name": BUCKET_NAME,
        "long": BUCKET_LONG,
    }
