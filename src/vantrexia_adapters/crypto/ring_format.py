"""The key ring's file, format ``vantrexia-keyring/1``: read strictly, written one way.

::

    {"format": "vantrexia-keyring/1",
     "kek":    {"provider": "file", "key": <64 hex digits>},
     "keys":   [{"scope":      "deployment" or a practice's UUID,
                 "purpose":    "field", "index", "token", … (lower-case letters),
                 "version":    1 to 65535,
                 "state":      "active" (seals and opens) or "readable" (only opens),
                 "created_at": "2026-02-06T14:30:00Z",
                 "wrapped":    <80 hex digits, RFC 3394>,
                 "check":      <16 hex digits>}, …]}

Bytes are lower-case hexadecimal. There is one active key for each scope and purpose that occurs, and no key
occurs twice. Purposes that this version does not know are carried along untouched, so that going back to an
older release loses no key. Nothing here reads a file, and no complaint repeats what was read.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Final, NoReturn, TypeAlias

import attrs

from vantrexia_adapters.crypto.primitives import KEY_BYTES, WRAPPED_KEY_BYTES
from vantrexia_core.kernel import VantrexiaError
from vantrexia_core.protection import KEY_VERSION_MAX

FORMAT: Final = "vantrexia-keyring/1"
FILE_PROVIDER: Final = "file"
DEPLOYMENT: Final = "deployment"
CHECK_BYTES: Final = 8
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""About 100,000 practices; more is not a key ring."""

_PURPOSE: Final = re.compile(r"[a-z]{1,32}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CREATED_AT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class KeyRingError(VantrexiaError):
    """Something about the key ring keeps the service from starting or from protecting a record."""

    sentence = "The key ring cannot be used."


class KeyRingDamagedError(KeyRingError):
    """The file is not a key ring of this format, or its keys do not unwrap."""

    sentence = "The key ring is damaged."


class KeyState(Enum):
    """What a key is used for. Keys that nothing is sealed under any more leave the ring altogether."""

    ACTIVE = "active"
    READABLE = "readable"


@attrs.frozen(order=True)
class KeyName:
    """Which key: ``scope`` is a practice's UUID as text or ``deployment``, ``version`` counts from 1."""

    scope: str
    purpose: str
    version: int

    @property
    def context(self) -> bytes:
        """What the wrapped form and the check value are bound to. No part can hold a bar."""
        return f"{self.scope}|{self.purpose}|{self.version}".encode("ascii")

    def __str__(self) -> str:
        whose = "the deployment" if self.scope == DEPLOYMENT else f"practice {self.scope}"
        return f"{self.purpose} key {self.version} of {whose}"


@attrs.frozen
class RingEntry:
    """One key at rest: its wrapped form and a value that recognises it without showing it."""

    name: KeyName
    state: KeyState
    created_at: datetime
    wrapped: bytes = attrs.field(repr=False)
    check: bytes


@attrs.frozen
class RingContent:
    """A whole file."""

    key_encryption_key: bytes = attrs.field(repr=False)
    entries: tuple[RingEntry, ...]


def encode(content: RingContent) -> bytes:
    """The file's bytes, entries in order of scope, purpose and version."""
    document = {
        "format": FORMAT,
        "kek": {"provider": FILE_PROVIDER, "key": content.key_encryption_key.hex()},
        "keys": [
            {
                "scope": entry.name.scope,
                "purpose": entry.name.purpose,
                "version": entry.name.version,
                "state": entry.state.value,
                "created_at": _moment(entry.created_at),
                "wrapped": entry.wrapped.hex(),
                "check": entry.check.hex(),
            }
            for entry in sorted(content.entries, key=lambda entry: entry.name)
        ],
    }
    return json.dumps(document, indent=1).encode("ascii") + b"\n"


def decode(raw: bytes) -> RingContent:
    """Read a file's bytes.

    Raises:
        KeyRingDamagedError: anything but what `encode` writes, up to white space and the order of members.
    """
    try:
        document: JsonValue = json.loads(
            raw.decode("ascii"), object_pairs_hook=_members_once, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        # Dropped, not chained: a JSON error carries the whole text, and the text holds keys.
        document = None
    ring = _members(document, {"format", "kek", "keys"}, "the ring")
    if ring["format"] != FORMAT:
        _refuse(f"its format is not {FORMAT}; it may come from a newer version of this software")
    kek = _members(ring["kek"], {"provider", "key"}, "the key-encryption key")
    if kek["provider"] != FILE_PROVIDER:
        _refuse("the provider of its key-encryption key is not known to this version")
    if not isinstance(ring["keys"], list):
        _refuse("its keys are not a list")
    entries = tuple(_entry(item) for item in ring["keys"])
    _check_consistency(entries)
    return RingContent(_hex(kek["key"], KEY_BYTES, "the key-encryption key"), entries)


def _entry(item: JsonValue) -> RingEntry:
    members = {"scope", "purpose", "version", "state", "created_at", "wrapped", "check"}
    entry = _members(item, members, "a key")
    name = KeyName(_scope(entry["scope"]), _purpose(entry["purpose"]), _version(entry["version"]))
    return RingEntry(
        name,
        _state(entry["state"]),
        _created_at(entry["created_at"]),
        _hex(entry["wrapped"], WRAPPED_KEY_BYTES, str(name)),
        _hex(entry["check"], CHECK_BYTES, f"the check value of {name}"),
    )


def _check_consistency(entries: Sequence[RingEntry]) -> None:
    names = Counter(entry.name for entry in entries)
    if any(count > 1 for count in names.values()):
        _refuse("a key occurs twice")
    active = Counter(
        (entry.name.scope, entry.name.purpose) for entry in entries if entry.state is KeyState.ACTIVE
    )
    for entry in entries:
        if active[entry.name.scope, entry.name.purpose] != 1:
            _refuse(f"there is not exactly one active {entry.name.purpose} key beside {entry.name}")


def _members(value: JsonValue, expected: set[str], what: str) -> Mapping[str, JsonValue]:
    if not isinstance(value, dict) or value.keys() != expected:
        _refuse(f"{what} is not an object of {', '.join(sorted(expected))}")
    return value


def _scope(value: JsonValue) -> str:
    if not isinstance(value, str) or (value != DEPLOYMENT and _UUID.fullmatch(value) is None):
        _refuse("a scope is neither a UUID in lower case nor 'deployment'")
    return value


def _purpose(value: JsonValue) -> str:
    if not isinstance(value, str) or _PURPOSE.fullmatch(value) is None:
        _refuse("a purpose is not a word of lower-case letters")
    return value


def _version(value: JsonValue) -> int:
    if type(value) is not int or not 1 <= value <= KEY_VERSION_MAX:
        _refuse(f"a version is not a number from 1 to {KEY_VERSION_MAX}")
    return value


def _state(value: JsonValue) -> KeyState:
    try:
        return KeyState(value)
    except ValueError:
        _refuse(f"a state is not one of {', '.join(state.value for state in KeyState)}")


def _created_at(value: JsonValue) -> datetime:
    if not isinstance(value, str) or _CREATED_AT.fullmatch(value) is None:
        _refuse("a time of creation is not like 2026-02-06T14:30:00Z")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        _refuse("a time of creation is not in the calendar")


def _hex(value: JsonValue, length: int, what: str) -> bytes:
    if not isinstance(value, str) or re.fullmatch(f"[0-9a-f]{{{2 * length}}}", value) is None:
        _refuse(f"{what} is not {2 * length} lower-case hexadecimal digits")
    return bytes.fromhex(value)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _members_once(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("a member occurs twice")
    return members


def _refuse_constant(_: str) -> NoReturn:
    _refuse("it holds a number that JSON does not have")


def _refuse(why: str) -> NoReturn:
    message = f"The key ring is damaged: {why}. Restore it from your backup; do not create a new one."
    raise KeyRingDamagedError(message)
