"""The key ring: every root key there is, wrapped in one file outside the database.

::

    key-encryption key
     └─ wraps root keys: each practice's (field, index, directory) and the deployment's (index, account,
        token, checkpoint)
         └─ from which every column's own key is derived (HKDF-SHA-256, RFC 5869, expand only)

Losing one practice's or one purpose's key opens no other. The database holds the versions it was sealed with
and a check value of each key, never a key; a ring that belongs to another database is refused at the start.
Python cannot wipe memory reliably: keys leave it when the process ends.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from hmac import compare_digest
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar
from uuid import UUID

import attrs

from vantrexia_adapters.crypto.key_wrapping import FileKeyWrapper
from vantrexia_adapters.crypto.primitives import KEY_BYTES, digest, hkdf_expand, keyed_context
from vantrexia_adapters.crypto.ring_file import RingFile
from vantrexia_adapters.crypto.ring_format import (
    CHECK_BYTES,
    DEPLOYMENT,
    KeyName,
    KeyRingDamagedError,
    KeyRingError,
    KeyState,
    RingContent,
    RingEntry,
    decode,
    encode,
)
from vantrexia_core.kernel import Clock
from vantrexia_core.protection import KEY_VERSION_MAX, KeyWrapper, UnreadableError

T = TypeVar("T")

Scope: TypeAlias = UUID | Literal["deployment"]
"""Whose keys: one practice's, or those that span practices."""


class Purpose(Enum):
    """What a root key may be used for; every purpose has keys of its own."""

    FIELD = "field"
    """Sealing single fields of records."""
    INDEX = "index"
    """Keyed digests for exact look-up. Whoever holds it can try all social security numbers in minutes."""
    DIRECTORY = "directory"
    """Sealing snapshots of directories, which can be thrown away with their key at any time."""
    ACCOUNT = "account"
    """Binding accounts' rows, and the pepper of passwords. Whoever holds it can forge an account."""
    TOKEN = "token"  # noqa: S105 - the purpose's name, not a secret
    """Signing access and refresh tokens."""
    CHECKPOINT = "checkpoint"
    """Signing the state of the audit trail."""


PRACTICE_PURPOSES: Final = (Purpose.FIELD, Purpose.INDEX, Purpose.DIRECTORY)
DEPLOYMENT_PURPOSES: Final = (Purpose.INDEX, Purpose.ACCOUNT, Purpose.TOKEN, Purpose.CHECKPOINT)
"""Accounts are looked up and checked before anybody knows the practice, and tokens are read before that."""

_LASTING: Final = {
    Purpose.INDEX: "Index keys are not rotated: digests under the new key would not find what is stored.",
    Purpose.ACCOUNT: "Account keys are not rotated: no stored account would be genuine under the new key.",
}


class UnknownKeyError(KeyRingError):
    """The ring has no such key, not even after reading the file again."""

    sentence = "The key ring has no such key."


class WrongKeyRingError(KeyRingError):
    """The ring's keys are not those this database was sealed with."""

    def __init__(self, name: KeyName) -> None:
        super().__init__(
            f"This key ring does not belong to this database: it lacks, or differs in, the {name}. "
            "Put the database's own key ring back from your backup. Nothing was changed."
        )


class RootKey:
    """A root key in memory. It prints nothing, and gives away only what is derived from it."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            message = f"a root key has {KEY_BYTES} bytes"
            raise ValueError(message)
        self._key = key

    def derive(self, info: bytes) -> bytes:
        """The 32-byte key for one use, named by ``info``: HKDF-Expand-SHA-256 (RFC 5869, section 2.3)."""
        return hkdf_expand(self._key, info)

    def check(self, name: KeyName) -> bytes:
        """Eight bytes that recognise the key under its name; they say nothing else about it."""
        return digest(keyed_context(self._key), b"check|" + name.context)[:CHECK_BYTES]

    def wrapped(self, wrapper: KeyWrapper, name: KeyName) -> bytes:
        """The key at rest."""
        return wrapper.wrap(self._key, name.context)

    def __repr__(self) -> str:
        return "RootKey()"


@attrs.frozen
class KeyCheck:
    """A key's check value, as the database keeps it: ``value`` has eight bytes and is no secret."""

    name: KeyName
    value: bytes


@attrs.frozen
class _State:
    """What a ring knows at one moment; replaced whole, so that threads never see half a change."""

    content: RingContent
    roots: Mapping[KeyName, RootKey]
    active: Mapping[tuple[str, str], int]
    stamp: tuple[int, ...]


class KeyRing:
    """A key ring file and its unwrapped keys. Safe to share between threads.

    Another process may add keys or rotate them at any time. A ring reads its file again when it is asked for
    a key that it does not know, and on `refresh`.
    """

    __slots__ = ("_clock", "_file", "_state", "generation")

    generation: int
    """Grows whenever the ring's content changes: whoever keeps derived keys compares it. Never set it."""

    def __init__(self, file: RingFile, clock: Clock, state: _State) -> None:
        self._file = file
        self._clock = clock
        self._state = state
        self.generation = 1

    @classmethod
    def create(cls, path: Path, clock: Clock) -> "KeyRing":
        """A new ring with the deployment's keys, in a new file (mode 0600, directory 0700).

        It never overwrites, and is only for an empty database: see `KeyRingMissingError`.

        Raises:
            KeyRingExistsError: there is one already, or another process has just made it.
            KeyRingUnsafeError: others may write in that directory.
        """
        content = RingContent(os.urandom(KEY_BYTES), ())
        for purpose in DEPLOYMENT_PURPOSES:
            content = _with_new_key(content, DEPLOYMENT, purpose, clock)
        RingFile(path).create(encode(content))
        return cls.open(path, clock)

    @classmethod
    def open(cls, path: Path, clock: Clock) -> "KeyRing":
        """The ring in a file; every key in it is unwrapped and checked.

        Raises:
            KeyRingMissingError: there is no file. No new one is made.
            KeyRingUnsafeError: others can read or replace it.
            KeyRingDamagedError: it is not a key ring, or a key does not unwrap.
        """
        file = RingFile(path)
        return cls(file, clock, _load(file))

    def root(self, scope: Scope, purpose: Purpose, version: int) -> RootKey:
        """One root key.

        Raises:
            UnknownKeyError: no such key, in memory or in the file.
        """
        name = KeyName(str(scope), purpose.value, version)
        return self._find(lambda state: state.roots.get(name), name)

    def active(self, scope: Scope, purpose: Purpose) -> int:
        """The version that seals now.

        Raises:
            UnknownKeyError: this scope has no key for that purpose; `ensure_scope` gives it one.
        """
        pair = (str(scope), purpose.value)
        return self._find(lambda state: state.active.get(pair), KeyName(*pair, 1))

    def versions(self, scope: Scope, purpose: Purpose) -> tuple[int, ...]:
        """All versions that open, oldest first."""
        pair = (str(scope), purpose.value)
        names = self._state.roots
        return tuple(sorted(name.version for name in names if (name.scope, name.purpose) == pair))

    def ensure_scope(self, scope: Scope) -> None:
        """Give a practice the keys it lacks. Call it, and store its `checks`, before its first record.

        Raises:
            KeyRingError: the file was removed, damaged or swapped meanwhile.
        """
        purposes = DEPLOYMENT_PURPOSES if scope == DEPLOYMENT else PRACTICE_PURPOSES

        def missing(active: Mapping[tuple[str, str], int]) -> list[Purpose]:
            return [purpose for purpose in purposes if (str(scope), purpose.value) not in active]

        if not missing(self._state.active):
            return

        def change(state: _State) -> RingContent:
            content = state.content
            for purpose in missing(state.active):
                content = _with_new_key(content, str(scope), purpose, self._clock)
            return content

        self._change(change)

    def rotate(self, scope: Scope, purpose: Purpose) -> int:
        """A new active version; the one before stays readable. Returns the new version.

        Other processes open what is sealed under it at once, and seal with it from their next `refresh`.

        Raises:
            UnknownKeyError: the scope has no such key yet.
            KeyRingError: a key of a kind that is not rotated, or no version left.
        """
        if purpose in _LASTING:
            raise KeyRingError(_LASTING[purpose])

        def change(state: _State) -> RingContent:
            newest = state.active.get((str(scope), purpose.value))
            if newest is None:
                raise _unknown(KeyName(str(scope), purpose.value, 1))
            return _with_new_key(state.content, str(scope), purpose, self._clock, version=newest + 1)

        self._change(change)
        return self.active(scope, purpose)

    def entries(self, scope: Scope, purpose: Purpose) -> tuple[RingEntry, ...]:
        """What the ring knows of all versions of a key, oldest first: state and age, wrapped keys only."""
        pair = (str(scope), purpose.value)
        found = (e for e in self._state.content.entries if (e.name.scope, e.name.purpose) == pair)
        return tuple(sorted(found, key=lambda entry: entry.name))

    def all_entries(self) -> tuple[RingEntry, ...]:
        """The same of all keys, by name."""
        return tuple(sorted(self._state.content.entries, key=lambda entry: entry.name))

    def refresh(self) -> None:
        """Read the file again if it was replaced since.

        Raises:
            KeyRingError: it is gone, unsafe or damaged, or no longer the same ring. The ring in memory stays.
        """
        if self._file.stamp() != self._state.stamp:
            self._state = _load(self._file, before=self._state)
            # Afterwards: whoever sees the new number must find the new content.
            self.generation += 1

    def has_practices(self) -> bool:
        """Whether any practice's keys are in the ring, that is, whether anything may have been sealed."""
        return any(name.scope != DEPLOYMENT for name in self._state.roots)

    def checks(self) -> tuple[KeyCheck, ...]:
        """The check values of all keys, for the database to store."""
        return tuple(KeyCheck(entry.name, entry.check) for entry in self._state.content.entries)

    def compare_checks(self, stored: Iterable[KeyCheck]) -> None:
        """Refuse a ring that is not the one a database was sealed with. It may hold more keys, never fewer.

        Raises:
            WrongKeyRingError: a stored key is missing from the ring or differs. Names it, never its bytes.
        """
        stored = tuple(stored)
        own = {check.name: check.value for check in self.checks()}
        if any(check.name not in own for check in stored):
            self.refresh()
            own = {check.name: check.value for check in self.checks()}
        for check in stored:
            if check.name not in own or not compare_digest(own[check.name], check.value):
                raise WrongKeyRingError(check.name)

    def __repr__(self) -> str:
        return f"KeyRing({str(self._file.path)!r}, {len(self._state.roots)} keys)"

    def _find(self, look: Callable[[_State], T | None], name: KeyName) -> T:
        found = look(self._state)
        if found is None:
            self.refresh()
            found = look(self._state)
        if found is None:
            raise _unknown(name)
        return found

    def _change(self, change: Callable[[_State], RingContent]) -> None:
        with self._file.locked():
            self.refresh()
            content = change(self._state)
            if content != self._state.content:
                self._file.replace(encode(content))
                self.refresh()


def _load(file: RingFile, *, before: _State | None = None) -> _State:
    reading = file.read()
    content = decode(reading.raw)
    wrapper = FileKeyWrapper(content.key_encryption_key)
    roots = {entry.name: _unwrapped(entry, wrapper) for entry in content.entries}
    if before is not None:
        # A running process takes a longer ring, never another one: it would seal what nobody opens again.
        checks = {entry.name: entry.check for entry in content.entries}
        for entry in before.content.entries:
            if checks.get(entry.name) != entry.check:
                raise WrongKeyRingError(entry.name)
    active = {
        (entry.name.scope, entry.name.purpose): entry.name.version
        for entry in content.entries
        if entry.state is KeyState.ACTIVE
    }
    return _State(content, roots, active, reading.stamp)


def _unwrapped(entry: RingEntry, wrapper: KeyWrapper) -> RootKey:
    try:
        root = RootKey(wrapper.unwrap(entry.wrapped, entry.name.context))
    except UnreadableError:
        root = None
    if root is None or not compare_digest(root.check(entry.name), entry.check):
        message = f"The key ring is damaged: the {entry.name} does not unwrap. Restore it from your backup."
        raise KeyRingDamagedError(message)
    return root


def _with_new_key(
    content: RingContent, scope: str, purpose: Purpose, clock: Clock, *, version: int = 1
) -> RingContent:
    if version > KEY_VERSION_MAX:
        message = f"There are no versions left after {KEY_VERSION_MAX}."
        raise KeyRingError(message)
    name = KeyName(scope, purpose.value, version)
    root = RootKey(os.urandom(KEY_BYTES))
    wrapped = root.wrapped(FileKeyWrapper(content.key_encryption_key), name)
    older = (
        attrs.evolve(entry, state=KeyState.READABLE)
        if (entry.name.scope, entry.name.purpose) == (scope, purpose.value)
        else entry
        for entry in content.entries
    )
    fresh = RingEntry(name, KeyState.ACTIVE, clock.now(), wrapped, root.check(name))
    return RingContent(content.key_encryption_key, (*older, fresh))


def _unknown(name: KeyName) -> UnknownKeyError:
    return UnknownKeyError(f"The key ring has no {name}.")
