"""The key ring's file, format ``vantrexia-keyring/1``: read strictly, written one way.

::

    {"format": "vantrexia-keyring/1",
     "kek":    {"provider": "file", "key": <64 hex digits>}
               or {"provider": "aws-kms" or "transit", "key": <its name there>},
     "keys":   [{"scope":      "deployment" or a practice's UUID,
                 "purpose":    "field", "index", "token", … (lower-case letters),
                 "version":    1 to 65535,
                 "state":      "active" (seals and opens), "readable" (only opens), "retired" (opens, nothing
                               needs it any more) or "destroyed" (the key is gone, its name stays),
                 "created_at": "2026-02-06T14:30:00Z",
                 "ended_at":   the same, since when it is retired or destroyed; absent otherwise,
                 "wrapped":    <80 hex digits, RFC 3394>, or what the service gave; absent when destroyed,
                 "check":      <16 hex digits>}, …]}

Bytes are lower-case hexadecimal. There is one active key for each scope and purpose of which a key is left,
and no key occurs twice. Purposes that this version does not know are carried along untouched, so that going
back to an older release loses no key. Nothing here reads a file, and no complaint repeats what was read.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Final, Literal, NoReturn, TypeAlias
from uuid import UUID

import attrs

from vantrexia_adapters.crypto.primitives import KEY_BYTES, WRAPPED_KEY_BYTES
from vantrexia_core.kernel import VantrexiaError
from vantrexia_core.protection import KEY_VERSION_MAX

FORMAT: Final = "vantrexia-keyring/1"
DEPLOYMENT: Final = "deployment"

Scope: TypeAlias = UUID | Literal["deployment"]
"""Whose keys: one practice's, or those that span practices."""

CHECK_BYTES: Final = 8
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""About 100,000 practices; more is not a key ring."""

WRAPPED_BYTES_MAX: Final = 4_096
"""What a service may give for 32 wrapped bytes; theirs have some 200."""
_KEK_NAME: Final = re.compile(r"[!-~]{1,2048}")
_PURPOSE: Final = re.compile(r"[a-z]{1,32}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class KeyRingError(VantrexiaError):
    """Something about the key ring keeps the service from starting or from protecting a record."""

    sentence = "The key ring cannot be used."


class KeyRingDamagedError(KeyRingError):
    """The file is not a key ring of this format, or its keys do not unwrap."""

    sentence = "The key ring is damaged."


class Provider(Enum):
    """Where the key-encryption key lives."""

    FILE = "file"
    """In the key ring's own file."""
    AWS_KMS = "aws-kms"
    TRANSIT = "transit"
    """The transit engine of HashiCorp Vault or OpenBao."""


@attrs.frozen
class FileKek:
    """A key-encryption key that stands in the ring's own file."""

    key: bytes = attrs.field(repr=False)
    provider: Literal[Provider.FILE] = Provider.FILE

    def __str__(self) -> str:
        return "a key in the file itself"


@attrs.frozen
class RemoteKek:
    """A key-encryption key that never leaves a service; ``name`` is what it is called there."""

    provider: Literal[Provider.AWS_KMS, Provider.TRANSIT]
    name: str

    def __str__(self) -> str:
        return f"{self.provider.value}, key {self.name}"


Kek: TypeAlias = FileKek | RemoteKek


class KeyState(Enum):
    """What a key is used for."""

    ACTIVE = "active"
    READABLE = "readable"
    RETIRED = "retired"
    DESTROYED = "destroyed"

    @property
    def has_ended(self) -> bool:
        """Whether nothing is sealed under it, and nothing may be."""
        return self in {KeyState.RETIRED, KeyState.DESTROYED}


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
    """One key at rest: its wrapped form and a value that recognises it without showing it.

    ``wrapped`` is None when the key was destroyed; ``ended_at`` is since when it is retired or destroyed.
    """

    name: KeyName
    state: KeyState
    created_at: datetime
    wrapped: bytes | None = attrs.field(repr=False)
    check: bytes
    ended_at: datetime | None = None


@attrs.frozen
class RingContent:
    """A whole file."""

    kek: Kek
    entries: tuple[RingEntry, ...]


def encode(content: RingContent) -> bytes:
    """The file's bytes, entries in order of scope, purpose and version."""
    kek = content.kek
    document = {
        "format": FORMAT,
        "kek": {
            "provider": kek.provider.value,
            "key": kek.key.hex() if isinstance(kek, FileKek) else kek.name,
        },
        "keys": [_members_of(entry) for entry in sorted(content.entries, key=lambda entry: entry.name)],
    }
    return json.dumps(document, indent=1).encode("ascii") + b"\n"


def _members_of(entry: RingEntry) -> dict[str, object]:
    members: dict[str, object] = {
        "scope": entry.name.scope,
        "purpose": entry.name.purpose,
        "version": entry.name.version,
        "state": entry.state.value,
        "created_at": _moment(entry.created_at),
    }
    if entry.ended_at is not None:
        members["ended_at"] = _moment(entry.ended_at)
    if entry.wrapped is not None:
        members["wrapped"] = entry.wrapped.hex()
    return {**members, "check": entry.check.hex()}


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
    kek = _kek(ring["kek"])
    if not isinstance(ring["keys"], list):
        _refuse("its keys are not a list")
    entries = tuple(_entry(item, kek) for item in ring["keys"])
    _check_consistency(entries)
    return RingContent(kek, entries)


def _kek(item: JsonValue) -> Kek:
    kek = _members(item, {"provider", "key"}, "the key-encryption key")
    provider = kek["provider"]
    if provider == Provider.FILE.value:
        return FileKek(_hex(kek["key"], KEY_BYTES, "the key-encryption key"))
    if provider == Provider.AWS_KMS.value:
        return RemoteKek(Provider.AWS_KMS, _kek_name(kek["key"]))
    if provider != Provider.TRANSIT.value:
        _refuse("the provider of its key-encryption key is not known to this version")
    return RemoteKek(Provider.TRANSIT, _kek_name(kek["key"]))


def _kek_name(value: JsonValue) -> str:
    if not isinstance(value, str) or _KEK_NAME.fullmatch(value) is None:
        _refuse("the name of its key-encryption key is not one to 2048 visible ASCII characters")
    return value


def _entry(item: JsonValue, kek: Kek) -> RingEntry:
    members = {"scope", "purpose", "version", "state", "created_at", "wrapped", "check"}
    state = _state(item.get("state") if isinstance(item, dict) else None)
    if state.has_ended:
        members |= {"ended_at"}
    if state is KeyState.DESTROYED:
        members -= {"wrapped"}
    entry = _members(item, members, "a key")
    name = KeyName(_scope(entry["scope"]), _purpose(entry["purpose"]), _version(entry["version"]))
    return RingEntry(
        name,
        state,
        _time(entry["created_at"], "a time of creation"),
        None if state is KeyState.DESTROYED else _wrapped(entry["wrapped"], kek, str(name)),
        _hex(entry["check"], CHECK_BYTES, f"the check value of {name}"),
        _time(entry["ended_at"], "the time of an end") if state.has_ended else None,
    )


def _wrapped(value: JsonValue, kek: Kek, what: str) -> bytes:
    if isinstance(kek, FileKek):
        return _hex(value, WRAPPED_KEY_BYTES, what)
    length = len(value) // 2 if isinstance(value, str) else 0
    if not 0 < length <= WRAPPED_BYTES_MAX:
        _refuse(f"{what} is not up to {WRAPPED_BYTES_MAX} bytes in hexadecimal digits")
    return _hex(value, length, what)


def _check_consistency(entries: Sequence[RingEntry]) -> None:
    names = Counter(entry.name for entry in entries)
    if any(count > 1 for count in names.values()):
        _refuse("a key occurs twice")
    active = Counter(
        (entry.name.scope, entry.name.purpose) for entry in entries if entry.state is KeyState.ACTIVE
    )
    for entry in entries:
        if entry.state is not KeyState.DESTROYED and active[entry.name.scope, entry.name.purpose] != 1:
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


def _time(value: JsonValue, what: str) -> datetime:
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        _refuse(f"{what} is not like 2026-02-06T14:30:00Z")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        _refuse(f"{what} is not in the calendar")


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
