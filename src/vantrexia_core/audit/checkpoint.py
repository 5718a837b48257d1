"""Checkpoints: the state of the whole trail in three lines, signed (C2SP tlog-checkpoint and signed-note).

::

    vantrexia.com/audit/0d9f3c2a7e5b4f81
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — vantrexia.com/audit/0d9f3c2a7e5b4f81 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeO…

The first line names the trail, the second says how many entries it has, the third is the root of their
tree. Whoever holds a checkpoint can tell whether any of those entries was altered, removed or moved since.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

import attrs

from vantrexia_core.audit.merkle import HASH_BYTES
from vantrexia_core.kernel import InvalidValueError, VantrexiaError

ED25519: Final = b"\x01"
"""The signature type of plain Ed25519 in signed notes."""

PUBLIC_KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
SIGNATURES_MAX: Final = 32
CHECKPOINT_BYTES_MAX: Final = 256 * 1024

_NAME: Final = re.compile(r"[!-*,-~]{1,200}")
"""A log's or key's name: visible ASCII without the plus sign."""
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE: Final = re.compile(r"— ([!-*,-~]{1,200}) ([A-Za-z0-9+/]+={0,2})")


SignatureCheck: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""Whether, under a public key, a signature is one of a message (Ed25519). It never raises."""


class MalformedCheckpointError(InvalidValueError):
    """The text is not a checkpoint, or not a verifier key, of the C2SP form."""


class UntrustedCheckpointError(VantrexiaError):
    """No known key has signed the checkpoint, or a known key's signature is false."""

    sentence = "The checkpoint is not signed by a key that is trusted here."


@attrs.frozen
class Checkpoint:
    """The trail ``origin`` had ``size`` entries whose tree has this ``root``."""

    origin: str
    size: int
    root: bytes

    def __attrs_post_init__(self) -> None:
        if _NAME.fullmatch(self.origin) is None or len(self.root) != HASH_BYTES or self.size < 0:
            raise MalformedCheckpointError

    @property
    def text(self) -> str:
        """The note's text, which is what is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """A checkpoint from a note's text. Extension lines are refused: we write none.

        Raises:
            MalformedCheckpointError: it is not one.
        """
        match text.split("\n"):
            case [origin, size, root, ""] if _SIZE.fullmatch(size):
                return cls(origin, int(size), _from_base64(root))
            case _:
                raise MalformedCheckpointError


@attrs.frozen
class NoteSignature:
    """One signature line: who signed, with which key, and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """As it stands in the note."""
        return f"— {self.name} {_base64(self.key_id + self.signature)}\n"


@attrs.frozen
class VerifierKey:
    """A public Ed25519 key and the name it signs under; what an auditor needs to trust a checkpoint."""

    name: str
    public_key: bytes

    def __attrs_post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None or len(self.public_key) != PUBLIC_KEY_BYTES:
            raise MalformedCheckpointError

    @property
    def key_id(self) -> bytes:
        """Four bytes that recognise the key under its name."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The C2SP form (vkey): ``name+keyid+key``."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """A key from its C2SP form, as a line of a file has it: whitespace around it does not count.

        Raises:
            MalformedCheckpointError: it is not one, not of Ed25519, or its id is another key's.
        """
        # The name holds no plus sign, the base64 may.
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        material = _from_base64(encoded)
        if material[:1] != ED25519:
            raise MalformedCheckpointError
        key = cls(name, material[1:])
        if key.key_id.hex() != key_id:
            raise MalformedCheckpointError
        return key


@attrs.frozen
class SignedCheckpoint:
    """A checkpoint with its signatures. Trust nothing in it before `opened` has checked one of them."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note."""
        return f"{self.checkpoint.text}\n{''.join(one.line for one in self.signatures)}".encode()

    @classmethod
    def decode(cls, note: bytes) -> "SignedCheckpoint":
        """A note, read strictly: what reads re-encodes to the same bytes.

        Raises:
            MalformedCheckpointError: it is not a signed checkpoint.
        """
        if len(note) > CHECKPOINT_BYTES_MAX:
            raise MalformedCheckpointError
        try:
            text, _, lines = note.decode("utf-8").rpartition("\n\n")
        except UnicodeDecodeError:
            raise MalformedCheckpointError from None
        signatures = lines.split("\n")
        if signatures.pop() or not 1 <= len(signatures) <= SIGNATURES_MAX:
            raise MalformedCheckpointError
        return cls(Checkpoint.parse(text + "\n"), tuple(_signature(line) for line in signatures))

    def opened(self, keys: Sequence[VerifierKey], check: SignatureCheck) -> Checkpoint:
        """The checkpoint, if a trusted key of its trail has signed it. Signatures of other keys are ignored.

        Raises:
            UntrustedCheckpointError: none has, or a signature under a trusted key's name and id is false.
        """
        message = self.checkpoint.text.encode()
        trusted = {(key.name, key.key_id): key for key in keys if key.name == self.checkpoint.origin}
        is_signed = False
        for one in self.signatures:
            key = trusted.get((one.name, one.key_id))
            if key is None:
                continue
            if not check(key.public_key, one.signature, message):
                raise UntrustedCheckpointError
            is_signed = True
        if not is_signed:
            raise UntrustedCheckpointError
        return self.checkpoint


def _signature(line: str) -> NoteSignature:
    found = _SIGNATURE.fullmatch(line)
    if found is None:
        raise MalformedCheckpointError
    raw = _from_base64(found[2])
    if len(raw) <= KEY_ID_BYTES:
        raise MalformedCheckpointError
    return NoteSignature(found[1], raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")


def _from_base64(text: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        raise MalformedCheckpointError from None
    if _base64(raw) != text:
        raise MalformedCheckpointError
    return raw
