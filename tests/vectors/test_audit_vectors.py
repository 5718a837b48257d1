"""The trail's pinned bytes: entries, tree, checkpoints, tiles."""

import json
from base64 import b64decode
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from vantrexia_adapters.crypto import Ed25519SigningKey, is_signed
from vantrexia_core.audit import (
    Action,
    AuditEntry,
    Bundle,
    Checkpoint,
    Frontier,
    MalformedCheckpointError,
    Outcome,
    SignedCheckpoint,
    UnreadableEntryError,
    UntrustedCheckpointError,
    VerifierKey,
    check_consistency,
    check_inclusion,
    consistency_proof,
    decode_entry,
    encode_entry,
    entry_hash,
    inclusion_proof,
    leaf_hash,
    sign,
    subtrees_of,
    tiles_between,
)
from vantrexia_core.kernel import PatientId, PracticeId, RequestId, Role, UserId

HERE = Path(__file__).parent


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    return content


ENTRIES, TREE, CHECKPOINTS, TILES = map(
    _read, ("audit_entry", "audit_tree", "audit_checkpoint", "audit_tiles")
)
LEAVES = [bytes.fromhex(case["leaf"]) for case in ENTRIES["cases"]]
MTH = subtrees_of(LEAVES)
ROOTS = {case["size"]: bytes.fromhex(case["root"]) for case in TREE["roots"]}
KEY = VerifierKey.parse(CHECKPOINTS["vkey"])
SECRET = Ed25519SigningKey(bytes.fromhex(CHECKPOINTS["secret"]))


def _hashes(text: str) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, text.split()))


def _entry(parts: dict[str, Any]) -> AuditEntry:
    def made(name: str, kind: Any) -> Any:
        return None if name not in parts else kind(parts[name])

    return AuditEntry(
        at=datetime.fromisoformat(parts["at"]),
        action=Action(parts["action"]),
        outcome=Outcome(parts["outcome"]),
        practice_id=made("practice_id", lambda text: PracticeId(UUID(text))),
        actor_id=made("actor", UserId),
        role=made("role", Role),
        code=parts.get("code"),
        patient_id=made("patient_id", lambda text: PatientId(UUID(text))),
        changed=tuple(parts.get("changed", ())),
        disclosed=tuple(PatientId(UUID(id_)) for id_ in parts.get("disclosed", ())),
        user_id=made("user_id", UserId),
        version=parts.get("version"),
        request_id=made("request_id", RequestId),
        address=parts.get("address"),
    )


@pytest.mark.parametrize("case", ENTRIES["cases"], ids=lambda case: case["comment"])
def test_an_entry_is_written_and_hashed_as_pinned(case: dict[str, Any]):
    """Written, read back, hashed."""
    entry, raw = _entry(case["entry"]), case["canonical"].encode()
    assert encode_entry(entry) == raw
    assert decode_entry(raw) == entry
    assert entry_hash(entry).hex() == case["leaf"]


@pytest.mark.parametrize("case", ENTRIES["refused"], ids=lambda case: case["comment"])
def test_what_is_no_entry_is_refused(case: dict[str, Any]):
    """Strictly, and without repeating it."""
    with pytest.raises(UnreadableEntryError, match=r"^not an entry of the trail's formats$"):
        decode_entry(bytes.fromhex(case["raw"]))


def test_the_roots_are_as_pinned():
    """Of every size, of Certificate Transparency's own tree, and of a large one."""
    for size, root in ROOTS.items():
        assert Frontier().grown(LEAVES[:size]).root == root
    transparent = [bytes.fromhex(case["leaf"]) for case in TREE["ct"]]
    for size, case in enumerate(TREE["ct"], 1):
        assert Frontier().grown(map(leaf_hash, transparent[:size])).root.hex() == case["root"]
    for case in TREE["counted"]:
        counted = (leaf_hash(number.to_bytes(4, "big")) for number in range(case["size"]))
        assert Frontier().grown(counted).root.hex() == case["root"]


def test_the_proofs_are_as_pinned():
    """Made and checked."""
    for case in TREE["inclusion"]:
        index, size, proof = case["index"], case["size"], _hashes(case["proof"])
        assert inclusion_proof(index, size, MTH) == proof
        check_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
    for case in TREE["consistency"]:
        old, size, proof = case["old_size"], case["size"], _hashes(case["proof"])
        assert consistency_proof(old, size, MTH) == proof
        check_consistency(old, ROOTS[old], size, ROOTS[size], proof)


@pytest.mark.parametrize("case", CHECKPOINTS["cases"], ids=lambda case: str(case["size"]))
def test_a_checkpointis_signed_as_pinned(case: dict[str, Any]):
    """Ed25519 is deterministic, so the whole note is."""
    checkpoint = Checkpoint(KEY.name, case["size"], bytes.fromhex(case["root"]))
    assert sign(checkpoint, SECRET).encode().decode() == case["note"]
    assert SignedCheckpoint.decode(case["note"].encode()).opened([KEY], is_signed) == checkpoint


@pytest.mark.parametrize("case", CHECKPOINTS["untrusted"], ids=lambda case: case["comment"])
def test_a_checkpoint_that_no_trusted_key_signed_is_refused(case: dict[str, Any]):
    """Well-formed, and not to be believed."""
    note = SignedCheckpoint.decode(case["note"].encode())
    with pytest.raises(UntrustedCheckpointError):
        note.opened([KEY], is_signed)


@pytest.mark.parametrize("case", CHECKPOINTS["malformed"], ids=lambda case: case["comment"])
def test_what_is_no_checkpoint_is_refused(case: dict[str, Any]):
    """Before any signature is looked at."""
    with pytest.raises(MalformedCheckpointError):
        SignedCheckpoint.decode(case["note"].encode())


def test_a_strangers_signature_is_ignored():
    """A witness may have signed as well, before us or behind us (C2SP signed-note)."""
    case = CHECKPOINTS["cases"][-1]
    text, _, ours = case["note"].partition("\n\n")
    theirs = CHECKPOINTS["untrusted"][2]["note"].partition("\n\n")[2]
    for lines in (ours + theirs, theirs + ours):
        note = SignedCheckpoint.decode(f"{text}\n\n{lines}".encode())
        assert note.opened([KEY], is_signed).size == case["size"]


def test_a_verifier_key_is_written_as_pinned():
    """The C2SP form, ours and the specification's own example."""
    example = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    assert KEY.public_key.hex() == CHECKPOINTS["public_key"]
    assert KEY.text == CHECKPOINTS["vkey"]
    assert VerifierKey.parse(example).text == example


def test_the_specifications_exampleis_signed_by_its_key():
    """The signed note in C2SP's signed-note.md, with the key beside it."""
    key = VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    raw = b64decode(signature)
    assert raw[:4] == key.key_id
    assert is_signed(key.public_key, raw[4:], b"This is an example message.\n")


@pytest.mark.parametrize(
    "wrong",
    ["", "name", "name+00000000", KEY.text[:-1], KEY.text.replace("+", "-"), KEY.text.replace("+A", "+B", 1),
     KEY.text.replace(KEY.key_id.hex(), "00000000"), "example.org" + KEY.text],
)  # fmt: skip
def test_what_is_no_verifier_key_is_refused(wrong: str):
    """Cut, altered, or another key's id."""
    with pytest.raises(MalformedCheckpointError):
        VerifierKey.parse(wrong)


def test_tiles_are_named_as_pinned():
    """The specification's own example among them."""
    for case in TILES["cases"]:
        assert [tile.path for tile in tiles_between(0, case["size"])] == case["paths"].split()
    for case in TILES["place"]:
        assert Bundle(case["index"]).path == f"tile/entries/{case['path']}"
