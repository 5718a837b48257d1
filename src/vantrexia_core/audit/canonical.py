"""An entry as bytes: what is hashed, signed for and exported. A format never changes; a later one is new.

Format 1 is of every entry without a purpose. Format 2 has one member more, ``purpose``, and is of entries
that have one. So each entry has one form, and whatever was written before there were purposes keeps its own.

The bytes are JSON in canonical form (RFC 8785): members sorted by name, no blanks, what is absent left
out. Every value is a number, a word of a narrow ASCII alphabet or a list of such, so nothing needs an escape,
and the format is a regular one: a single pattern reads it. Whatever reads re-encodes to the same bytes.

The number of an entry is not part of it. Its place in the tree is its number.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NoReturn
from uuid import UUID

import attrs

from vantrexia_core.audit.entry import Action, AuditEntry, Outcome
from vantrexia_core.audit.merkle import leaf_hash
from vantrexia_core.kernel import (
    InvalidValueError,
    PatientId,
    PracticeId,
    Purpose,
    RequestId,
    UserId,
    VantrexiaError,
    acting_role,
)

ENTRY_FORMAT: Final = 1
MARKED_ENTRY_FORMAT: Final = 2
"""Of entries with a purpose, and of no others."""
ENTRY_BYTES_MAX: Final = 2**16 - 1
"""An entry's length is 16 bits in a bundle (C2SP tlog-tiles); the longest there can be has 40,732 bytes."""

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NUMBER: Final = r"0|[1-9][0-9]{0,15}"
_AT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
_WORD: Final = r"[a-z][a-z0-9_]*"
_ACTION: Final = r"[a-z0-9][a-z0-9_]*"


def _text(name: str, pattern: str) -> str:
    return rf'"{name}":"(?P<{name}>{pattern})"'


def _list(name: str, pattern: str) -> str:
    return rf'"{name}":\[(?P<{name}>"{pattern}"(?:,"{pattern}")*)\]'


def _number(name: str) -> str:
    return rf'"{name}":(?P<{name}>{_NUMBER})'


def _entry(format_: int, *required: str) -> re.Pattern[str]:
    """The pattern of a format; the members ``required`` stand behind the practice."""
    return re.compile(
        r"\{"
        + _text("action", _ACTION)
        + "".join(
            f"(?:,{member})?" for member in (_number("actor"), _text("address", r"[0-9A-Za-z.:%_-]{1,64}"))
        )
        + ","
        + _text("at", _AT)
        + "".join(
            f"(?:,{member})?"
            for member in (_list("changed", _WORD), _text("code", _WORD), _list("disclosed", _UUID))
        )
        + ","
        + _text("outcome", _WORD)
        + "".join(
            f"(?:,{member})?"
            for member in (
                _text("patient_id", _UUID),
                _text("practice_id", _UUID),
            )
        )
        + "".join(f",{member}" for member in required)
        + "".join(
            f"(?:,{member})?"
            for member in (
                _text("request_id", r"[0-9A-Za-z._:-]{1,64}"),
                _text("role", _WORD),
                _number("user_id"),
            )
        )
        + rf',"v":{format_}'
        + f"(?:,{_number('version')})?"
        + r"\}",
        re.ASCII,
    )


_PLAIN: Final = _entry(ENTRY_FORMAT)
_MARKED: Final = _entry(MARKED_ENTRY_FORMAT, _text("purpose", _WORD))


class UnreadableEntryError(InvalidValueError):
    """The bytes are not an entry of a format that this version knows."""


@attrs.frozen
class EntryText:
    """The parts of an entry as they stand in its canonical bytes; None where a part is absent.

    A store that holds them as text can be verified without making values of them first.
    """

    action: str
    actor: int | None
    address: str | None
    at: str
    changed: Sequence[str]
    code: str | None
    disclosed: Sequence[str]
    outcome: str
    patient_id: str | None
    practice_id: str | None
    request_id: str | None
    role: str | None
    user_id: int | None
    version: int | None
    purpose: str | None

    def encode(self) -> bytes:
        """The canonical bytes. Parts must be without quotation marks, as those of an entry always are."""
        parts = [f'{{"action":"{self.action}"']
        if self.actor is not None:
            parts.append(f'"actor":{self.actor:d}')
        if self.address is not None:
            parts.append(f'"address":"{self.address}"')
        parts.append(f'"at":"{self.at}"')
        if self.changed:
            parts.append(f'"changed":["{_joined(self.changed)}"]')
        if self.code is not None:
            parts.append(f'"code":"{self.code}"')
        if self.disclosed:
            parts.append(f'"disclosed":["{_joined(self.disclosed)}"]')
        parts.append(f'"outcome":"{self.outcome}"')
        if self.patient_id is not None:
            parts.append(f'"patient_id":"{self.patient_id}"')
        if self.practice_id is not None:
            parts.append(f'"practice_id":"{self.practice_id}"')
        if self.purpose is not None:
            parts.append(f'"purpose":"{self.purpose}"')
        if self.request_id is not None:
            parts.append(f'"request_id":"{self.request_id}"')
        if self.role is not None:
            parts.append(f'"role":"{self.role}"')
        if self.user_id is not None:
            parts.append(f'"user_id":{self.user_id:d}')
        parts.append('"v":1' if self.purpose is None else '"v":2')
        if self.version is not None:
            parts.append(f'"version":{self.version:d}')
        return (",".join(parts) + "}").encode("ascii")


_joined: Final = '","'.join


def encode_entry(entry: AuditEntry) -> bytes:
    """The entry's canonical bytes."""
    at = entry.at if entry.at.tzinfo is UTC else entry.at.astimezone(UTC)
    patient_id, practice_id = entry.patient_id, entry.practice_id
    return EntryText(
        entry.action.value,
        entry.actor_id,
        entry.address,
        at.isoformat(timespec="microseconds")[:26] + "Z",
        entry.changed,
        entry.code,
        [str(one) for one in entry.disclosed],
        entry.outcome.value,
        None if patient_id is None else str(patient_id),
        None if practice_id is None else str(practice_id),
        entry.request_id,
        None if entry.role is None else entry.role.value,
        entry.user_id,
        entry.version,
        None if entry.purpose is None else entry.purpose.value,
    ).encode()


def entry_hash(entry: AuditEntry) -> bytes:
    """The entry's leaf in the trail's tree, 32 bytes."""
    return leaf_hash(encode_entry(entry))


def decode_entry(raw: bytes) -> AuditEntry:
    """The entry in canonical bytes.

    Raises:
        UnreadableEntryError: they are not exactly what `encode_entry` makes of an entry.
    """
    try:
        text = raw.decode("ascii")
        found = _PLAIN.fullmatch(text) or _MARKED.fullmatch(text)
    except UnicodeDecodeError:
        found = None
    if found is None:
        _refuse()
    part = found.groupdict()
    try:
        entry = AuditEntry(
            at=datetime.fromisoformat(part["at"]),
            action=Action(part["action"]),
            outcome=Outcome(part["outcome"]),
            practice_id=None if part["practice_id"] is None else PracticeId(UUID(part["practice_id"])),
            actor_id=None if part["actor"] is None else UserId(int(part["actor"])),
            role=None if part["role"] is None else acting_role(part["role"]),
            code=part["code"],
            patient_id=None if part["patient_id"] is None else PatientId(UUID(part["patient_id"])),
            changed=() if part["changed"] is None else part["changed"].strip('"').split('","'),
            disclosed=()
            if part["disclosed"] is None
            else tuple(PatientId(UUID(id_)) for id_ in part["disclosed"].strip('"').split('","')),
            user_id=None if part["user_id"] is None else UserId(int(part["user_id"])),
            version=None if part["version"] is None else int(part["version"]),
            request_id=None if part["request_id"] is None else RequestId(part["request_id"]),
            address=part["address"],
            purpose=None if part.get("purpose") is None else Purpose(part["purpose"]),
        )
    except (ValueError, VantrexiaError):
        # A word that this version does not know, a moment that is not in the calendar, a number too large.
        _refuse()
    return entry


def _refuse() -> NoReturn:
    # Without what was read: whoever altered it may have written anything.
    message = "not an entry of the trail's formats"
    raise UnreadableEntryError(message) from None
