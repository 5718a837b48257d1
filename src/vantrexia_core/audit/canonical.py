"""An entry as bytes, format 1: what is hashed, signed for and exported. It never changes; a later one is 2.

The bytes are JSON in canonical form (RFC 8785): members sorted by name, no blanks, what is absent left
out. Every value is a number, a word of a narrow ASCII alphabet or a list of such, so nothing needs an escape,
and the format is a regular one: a single pattern reads it. Whatever reads re-encodes to the same bytes.

The number of an entry is not part of it. Its place in the tree is its number.
"""

import re
from datetime import UTC, datetime
from typing import Final, NoReturn
from uuid import UUID

from vantrexia_core.audit.entry import Action, AuditEntry, Outcome
from vantrexia_core.audit.merkle import leaf_hash
from vantrexia_core.kernel import (
    InvalidValueError,
    PatientId,
    PracticeId,
    RequestId,
    Role,
    UserId,
    VantrexiaError,
)

ENTRY_FORMAT: Final = 1
ENTRY_BYTES_MAX: Final = 2**16 - 1
"""An entry's length is 16 bits in a bundle (C2SP tlog-tiles); the longest there can be has 40,732 bytes."""

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NUMBER: Final = r"0|[1-9][0-9]{0,15}"
_AT: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
_WORD: Final = r"[a-z][a-z0-9_]*"


def _text(name: str, pattern: str) -> str:
    return rf'"{name}":"(?P<{name}>{pattern})"'


def _list(name: str, pattern: str) -> str:
    return rf'"{name}":\[(?P<{name}>"{pattern}"(?:,"{pattern}")*)\]'


def _number(name: str) -> str:
    return rf'"{name}":(?P<{name}>{_NUMBER})'


_ENTRY: Final = re.compile(
    r"\{"
    + _text("action", _WORD)
    + "".join(f"(?:,{member})?" for member in (_number("actor"), _text("address", r"[0-9A-Za-z.:%_-]{1,64}")))
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
            _text("request_id", r"[0-9A-Za-z._:-]{1,64}"),
            _text("role", _WORD),
            _number("user_id"),
        )
    )
    + rf',"v":{ENTRY_FORMAT}'
    + f"(?:,{_number('version')})?"
    + r"\}",
    re.ASCII,
)


class UnreadableEntryError(InvalidValueError):
    """The bytes are not an entry of a format that this version knows."""


def encode_entry(entry: AuditEntry) -> bytes:
    """The entry's canonical bytes."""
    at = entry.at if entry.at.tzinfo is UTC else entry.at.astimezone(UTC)
    parts = [f'{{"action":"{entry.action.value}"']
    if entry.actor_id is not None:
        parts.append(f'"actor":{entry.actor_id:d}')
    if entry.address is not None:
        parts.append(f'"address":"{entry.address}"')
    parts.append(f'"at":"{at.isoformat(timespec="microseconds")[:26]}Z"')
    if entry.changed:
        parts.append(f'"changed":["{_joined(entry.changed)}"]')
    if entry.code is not None:
        parts.append(f'"code":"{entry.code}"')
    if entry.disclosed:
        parts.append(f'"disclosed":["{_joined(map(str, entry.disclosed))}"]')
    parts.append(f'"outcome":"{entry.outcome.value}"')
    if entry.patient_id is not None:
        parts.append(f'"patient_id":"{entry.patient_id}"')
    if entry.practice_id is not None:
        parts.append(f'"practice_id":"{entry.practice_id}"')
    if entry.request_id is not None:
        parts.append(f'"request_id":"{entry.request_id}"')
    if entry.role is not None:
        parts.append(f'"role":"{entry.role.value}"')
    if entry.user_id is not None:
        parts.append(f'"user_id":{entry.user_id:d}')
    parts.append('"v":1' if entry.version is None else f'"v":1,"version":{entry.version:d}')
    return (",".join(parts) + "}").encode("ascii")


_joined: Final = '","'.join


def entry_hash(entry: AuditEntry) -> bytes:
    """The entry's leaf in the trail's tree, 32 bytes."""
    return leaf_hash(encode_entry(entry))


def decode_entry(raw: bytes) -> AuditEntry:
    """The entry in canonical bytes.

    Raises:
        UnreadableEntryError: they are not exactly what `encode_entry` makes of an entry.
    """
    try:
        found = _ENTRY.fullmatch(raw.decode("ascii"))
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
            role=None if part["role"] is None else Role(part["role"]),
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
        )
    except (ValueError, VantrexiaError):
        # A word that this version does not know, a moment that is not in the calendar, a number too large.
        _refuse()
    return entry


def _refuse() -> NoReturn:
    # Without what was read: whoever altered it may have written anything.
    message = "not an entry of the trail's format 1"
    raise UnreadableEntryError(message) from None
