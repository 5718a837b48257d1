"""The key ring: every root key there is, wrapped in one file outside the database.

::

    key-encryption key (in the file, or in a key service: AWS KMS, Vault's Transit engine)
     └─ wraps root keys: each practice's (field, index, directory) and the deployment's (index, account,
        token, checkpoint)
         └─ from which every column's own key is derived (HKDF-SHA-256, RFC 5869, expand only)

Losing one practice's or one purpose's key opens no other. The database holds the versions it was sealed with
and a check value of each key, never a key; a ring that belongs to another database is refused at the start.
Python cannot wipe memory reliably: keys leave it when the process ends.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hmac import compare_digest
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final, Literal, TypeAlias, TypeVar
from uuid import UUID

import attrs

from vantrexia_adapters.crypto.key_wrapping import FileKeyWrapper, KeyServiceError
from vantrexia_adapters.crypto.primitives import KEY_BYTES, digest, hkdf_expand, keyed_context
from vantrexia_adapters.crypto.ring_file import RingFile
from vantrexia_adapters.crypto.ring_format import (
    CHECK_BYTES,
    DEPLOYMENT,
    FileKek,
    Kek,
    KeyName,
    KeyRingDamagedError,
    KeyRingError,
    KeyState,
    RemoteKek,
    RingContent,
    RingEntry,
    decode,
    encode,
)
from vantrexia_core.kernel import Clock, VantrexiaError
from vantrexia_core.protection import (
    KEY_VERSION_MAX,
    KeyWrapper,
    PracticeDestroyedError,
    Purpose,
    UnreadableError,
)

T = TypeVar("T")

NOTICE_SECONDS: Final = 1.0
"""How soon a running process seals under a key that another one has begun, and forgets a destroyed one."""
SERVICE_RETRY_SECONDS: Final = 30.0
"""How soon a key service that did not answer is asked again."""
_ASKED_AT_ONCE: Final = 8
"""How many keys a service unwraps for us at a time."""

_LOG: Final = logging.getLogger(__name__)

Wrappers: TypeAlias = Callable[[RemoteKek], KeyWrapper]
"""Finds the service that holds a key-encryption key. Raises `KeyServiceError` where none is set up."""

Scope: TypeAlias = UUID | Literal["deployment"]
"""Whose keys: one practice's, or those that span practices."""


PRACTICE_PURPOSES: Final = (Purpose.FIELD, Purpose.INDEX, Purpose.DIRECTORY)
DEPLOYMENT_PURPOSES: Final = (Purpose.INDEX, Purpose.ACCOUNT, Purpose.TOKEN, Purpose.CHECKPOINT)
"""Accounts are looked up and checked before anybody knows the practice, and tokens are read before that."""

_LASTING: Final = {
    (
        True,
        Purpose.INDEX,
    ): "The deployment's index key is not rotated: nobody would be found by their address.",
    (
        True,
        Purpose.ACCOUNT,
    ): "Account keys are not rotated: no stored account would be genuine under the new key.",
}
"""What is never rotated, by whether it is the deployment's."""


class UnknownKeyError(KeyRingError):
    """The ring has no such key, not even after reading the file again."""

    sentence = "The key ring has no such key."


class KeyInUseError(KeyRingError):
    """A key that seals, or may yet be needed, is not retired or destroyed."""

    sentence = "The key is in use."


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
    """What a ring knows at one moment; replaced whole, so that threads never see half a change.

    ``trouble`` is why some keys of the file are not among the roots: the service that holds the
    key-encryption key did not answer.
    """

    content: RingContent
    roots: Mapping[KeyName, RootKey]
    active: Mapping[tuple[str, str], int]
    stamp: tuple[int, ...]
    trouble: KeyServiceError | None = None


def no_service(kek: RemoteKek) -> KeyWrapper:
    """The `Wrappers` of a program that has set up no key service."""
    message = f"The key ring is wrapped by a key service ({kek}), and none is set up."
    raise KeyServiceError(message)


class KeyRing:
    """A key ring file and its unwrapped keys. Safe to share between threads.

    Another process may add keys or rotate them at any time. A ring reads its file again when it is asked for
    a key that it does not know, on `refresh`, and on `notice` once a second. What it has unwrapped it keeps:
    it goes on when the key service is gone.
    """

    __slots__ = (
        "_clock",
        "_file",
        "_loading",
        "_look_at",
        "_retry_at",
        "_state",
        "_told",
        "_wrappers",
        "generation",
    )

    generation: int
    """Grows whenever the ring's content changes: whoever keeps derived keys compares it. Never set it."""

    def __init__(self, file: RingFile, clock: Clock, state: _State, wrappers: Wrappers = no_service) -> None:
        self._file = file
        self._clock = clock
        self._state = state
        self._wrappers = wrappers
        self._loading = Lock()
        self._look_at = 0.0
        self._retry_at = 0.0
        self._told = ""
        self.generation = 1

    @classmethod
    def create(
        cls, path: Path, clock: Clock, *, kek: RemoteKek | None = None, wrappers: Wrappers = no_service
    ) -> "KeyRing":
        """A new ring with the deployment's keys, in a new file (mode 0600, directory 0700).

        It never overwrites, and is only for an empty database: see `KeyRingMissingError`. Without ``kek`` the
        key-encryption key stands in the file.

        Raises:
            KeyRingExistsError: there is one already, or another process has just made it.
            KeyRingUnsafeError: others may write in that directory.
            KeyServiceError: the service that is to wrap the keys does not.
        """
        content = RingContent(kek or FileKek(os.urandom(KEY_BYTES)), ())
        for purpose in DEPLOYMENT_PURPOSES:
            content = _with_new_key(content, DEPLOYMENT, purpose, clock, wrappers)
        RingFile(path).create(encode(content))
        return cls.open(path, clock, wrappers=wrappers)

    @classmethod
    def open(cls, path: Path, clock: Clock, *, wrappers: Wrappers = no_service) -> "KeyRing":
        """The ring in a file; every key in it is unwrapped and checked.

        Raises:
            KeyRingMissingError: there is no file. No new one is made.
            KeyRingUnsafeError: others can read or replace it.
            KeyRingDamagedError: it is not a key ring, or a key does not unwrap.
            KeyServiceError: the service that wraps its keys does not answer, or refuses.
        """
        file = RingFile(path)
        return cls(file, clock, _load(file, wrappers), wrappers)

    @property
    def kek(self) -> Kek:
        """What wraps the keys."""
        return self._state.content.kek

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    def root(self, scope: Scope, purpose: Purpose, version: int) -> RootKey:
        """One root key.

        Raises:
            UnknownKeyError: no such key, in memory or in the file.
            PracticeDestroyedError: it was destroyed together with all of its practice's.
            KeyServiceError: it is new, and the key service does not answer.
        """
        name = KeyName(str(scope), purpose.value, version)
        return self._find(lambda state: state.roots.get(name), name)

    def active(self, scope: Scope, purpose: Purpose) -> int:
        """The version that seals now.

        Raises:
            UnknownKeyError: this scope has no key for that purpose; `ensure_scope` gives it one.
            PracticeDestroyedError: its keys were destroyed.
            KeyServiceError: it is new, and the key service does not answer.
        """
        pair = (str(scope), purpose.value)
        return self._find(lambda state: state.active.get(pair), KeyName(*pair, 1))

    def versions(self, scope: Scope, purpose: Purpose) -> tuple[int, ...]:
        """All versions that open, oldest first."""
        pair = (str(scope), purpose.value)
        names = self._state.roots
        return tuple(sorted(name.version for name in names if (name.scope, name.purpose) == pair))

    def is_destroyed(self, scope: Scope) -> bool:
        """Whether a practice had keys and has none any more."""
        states = [entry.state for entry in self._state.content.entries if entry.name.scope == str(scope)]
        return bool(states) and all(state is KeyState.DESTROYED for state in states)

    def ensure_scope(self, scope: Scope) -> None:
        """Give a practice the keys it lacks. Call it, and store its `checks`, before its first record.

        Raises:
            KeyRingError: the file was removed, damaged or swapped meanwhile.
            PracticeDestroyedError: it had keys, which were destroyed: it gets no others.
        """
        purposes = DEPLOYMENT_PURPOSES if scope == DEPLOYMENT else PRACTICE_PURPOSES

        def missing(content: RingContent) -> list[Purpose]:
            there = {
                entry.name.purpose for entry in content.entries if entry.name.scope == str(scope)
            }  # destroyed ones too: what was sealed under them must not seem to have been sealed by others
            return [purpose for purpose in purposes if purpose.value not in there]

        if self.is_destroyed(scope):
            raise PracticeDestroyedError
        if not missing(self._state.content):
            return

        def change(state: _State) -> RingContent:
            content = state.content
            for purpose in missing(content):
                content = _with_new_key(content, str(scope), purpose, self._clock, self._wrappers)
            return content

        self._change(change)

    def prepare(self, scope: Scope, purpose: Purpose) -> int:
        """Publish the next version, which opens from now on and seals from the next `rotate` on.

        Raises:
            UnknownKeyError: the scope has no such key yet.
            KeyRingError: one is prepared already, a key of a kind that is not rotated, or no version left.
        """
        return self._begin(scope, purpose, is_active=False)

    def rotate(self, scope: Scope, purpose: Purpose) -> int:
        """A new active version, the prepared one if there is one; the one before stays readable.

        Other processes open what is sealed under it at once, and seal with it after `NOTICE_SECONDS`.

        Raises:
            UnknownKeyError: the scope has no such key yet.
            KeyRingError: a key of a kind that is not rotated, or no version left.
        """
        return self._begin(scope, purpose, is_active=True)

    def _begin(self, scope: Scope, purpose: Purpose, *, is_active: bool) -> int:
        lasting = _LASTING.get((scope == DEPLOYMENT, purpose))
        if lasting is not None:
            raise KeyRingError(lasting)
        pair = (str(scope), purpose.value)
        begun = 0

        def change(state: _State) -> RingContent:
            nonlocal begun
            ours = {
                entry.name.version: entry.state
                for entry in state.content.entries
                if (entry.name.scope, entry.name.purpose) == pair
            }
            before = next((version for version, its in ours.items() if its is KeyState.ACTIVE), None)
            if before is None:
                raise _unknown(state, KeyName(*pair, 1))
            begun = max(ours)
            if begun == before:
                begun += 1
                content = _with_new_key(
                    state.content, str(scope), purpose, self._clock, self._wrappers, version=begun
                )
                return content if is_active else _with_active(content, pair, before)
            if not is_active:
                message = f"The {KeyName(*pair, begun)} is prepared already. Rotate to seal with it."
                raise KeyInUseError(message)
            return _with_active(state.content, pair, begun)

        self._change(change)
        return begun

    def retire(self, scope: Scope, purpose: Purpose, version: int) -> None:
        """Mark a version that nothing stored needs any more: no process seals under it from now on.

        Raises:
            UnknownKeyError: no such key.
            KeyInUseError: it is active, prepared, or destroyed.
        """
        name = KeyName(str(scope), purpose.value, version)

        def change(state: _State) -> RingContent:
            entry = _entry_of(state, name)
            if entry.state is KeyState.RETIRED:
                return state.content
            newest = state.active.get((name.scope, name.purpose), 0)
            if entry.state is not KeyState.READABLE or version > newest:
                message = (
                    f"The {name} is {_use_of(entry, newest)}; only one that was replaced can be retired."
                )
                raise KeyInUseError(message)
            retired = attrs.evolve(entry, state=KeyState.RETIRED, ended_at=self._clock.now())
            return _replaced(state.content, [retired])

        self._change(change)

    def destroy(self, scope: Scope, purpose: Purpose, version: int) -> None:
        """Remove a retired version for good; its name and check value stay, to know the ring by.

        Raises:
            UnknownKeyError: no such key.
            KeyInUseError: it is not retired.
        """
        name = KeyName(str(scope), purpose.value, version)

        def change(state: _State) -> RingContent:
            entry = _entry_of(state, name)
            if entry.state is not KeyState.RETIRED:
                message = f"The {name} is {entry.state.value}; only a retired key can be destroyed."
                raise KeyInUseError(message)
            return _replaced(state.content, [_destroyed(entry, self._clock)])

        self._change(change)

    def destroy_scope(self, practice_id: UUID) -> int:
        """Remove every key of a practice for good, and say how many there were.

        Raises:
            UnknownKeyError: the practice has no keys.
        """
        destroyed: list[RingEntry] = []

        def change(state: _State) -> RingContent:
            ours = [entry for entry in state.content.entries if entry.name.scope == str(practice_id)]
            if not ours:
                raise _unknown(state, KeyName(str(practice_id), Purpose.FIELD.value, 1))
            destroyed.extend(
                _destroyed(entry, self._clock) for entry in ours if entry.state is not KeyState.DESTROYED
            )
            return _replaced(state.content, destroyed)

        self._change(change)
        return len(destroyed)

    def rewrap(self, kek: Kek | None = None) -> Path:
        """Wrap every key anew under another key-encryption key: a fresh one in the file without ``kek``.

        What is new is unwrapped and checked before it takes the old file's place; the old file stays beside
        it, and its path is returned. Whoever has that file has what it opens.

        Raises:
            KeyServiceError: the service that is to wrap them does not, or gives back something else.
            KeyRingError: the file was removed, damaged or swapped meanwhile.
        """
        kept = self._file.path

        def change(state: _State) -> RingContent:
            if state.trouble is not None:
                raise state.trouble
            nonlocal kept
            target = kek or FileKek(os.urandom(KEY_BYTES))
            wrapper = _wrapper(target, self._wrappers)
            # Keys of purposes that we do not know have roots too: all that is in the file was unwrapped.
            entries = [
                entry
                if entry.wrapped is None
                else attrs.evolve(entry, wrapped=state.roots[entry.name].wrapped(wrapper, entry.name))
                for entry in state.content.entries
            ]
            content = decode(encode(RingContent(target, tuple(entries))))
            _unwrap_all(content, self._wrappers, known={})
            kept = self._file.keep_copy()
            return content

        self._change(change)
        return kept

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

        New keys that the key service does not unwrap now are left out, and asked for again later.

        Raises:
            KeyRingError: it is gone, unsafe or damaged, or no longer the same ring. The ring in memory stays.
        """
        if self._is_behind():
            with self._loading:
                self._catch_up()

    def notice(self) -> None:
        """`refresh`, at most once in `NOTICE_SECONDS` and without complaint: for whoever seals or opens.

        One thread at a time: while it waits for the key service, the others go on with what is in memory.
        """
        now = monotonic()
        if now < self._look_at:
            return
        self._look_at = now + NOTICE_SECONDS
        if not self._loading.acquire(blocking=False):
            return
        try:
            self._catch_up()
        except KeyRingError as wrong:
            # What is in memory goes on working. An operator must look, and every start will say the same.
            if self._told != str(wrong):
                self._told = str(wrong)
                _LOG.error("the key ring's file cannot be taken: %s", wrong)
        finally:
            self._loading.release()

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

    def _catch_up(self) -> None:
        """Take the file's content if it is another one. Only for whoever holds `_loading`."""
        if not self._is_behind():
            return
        state = _load(self._file, self._wrappers, before=self._state)
        if state.trouble is not None:
            self._retry_at = monotonic() + SERVICE_RETRY_SECONDS
            _LOG.warning("the key ring has keys that cannot be unwrapped now: %s", state.trouble)
        self._state = state
        # Afterwards: whoever sees the new number must find the new content.
        self.generation += 1

    def _is_behind(self) -> bool:
        state = self._state
        if state.trouble is not None and monotonic() >= self._retry_at:
            return True
        return self._file.stamp() != state.stamp

    def _find(self, look: Callable[[_State], T | None], name: KeyName) -> T:
        found = look(self._state)
        if found is None:
            self.refresh()
            found = look(self._state)
        if found is None:
            raise _unknown(self._state, name)
        return found

    def _change(self, change: Callable[[_State], RingContent]) -> None:
        with self._file.locked():
            self.refresh()
            content = change(self._state)
            if content != self._state.content:
                self._file.replace(encode(content))
                self.refresh()


def _load(file: RingFile, wrappers: Wrappers, *, before: _State | None = None) -> _State:
    reading = file.read()
    content = decode(reading.raw)
    if before is None:
        roots = _unwrap_all(content, wrappers, known={})
        return _State(content, roots, _active(content, roots), reading.stamp)
    # A running process takes a longer ring, never another one: it would seal what nobody opens again.
    checks = {entry.name: entry.check for entry in content.entries}
    for entry in before.content.entries:
        if checks.get(entry.name) != entry.check:
            raise WrongKeyRingError(entry.name)
    trouble = None
    try:
        roots = _unwrap_all(content, wrappers, known=before.roots)
    except KeyServiceError as failure:
        trouble = failure
        there = {entry.name for entry in content.entries if entry.wrapped is not None}
        roots = {name: root for name, root in before.roots.items() if name in there}
    return _State(content, roots, _active(content, roots), reading.stamp, trouble)


def _active(content: RingContent, roots: Mapping[KeyName, RootKey]) -> Mapping[tuple[str, str], int]:
    """What seals: the active versions, and while one of them cannot be unwrapped the newest readable one."""
    active: dict[tuple[str, str], int] = {}
    for entry in sorted(content.entries, key=lambda entry: entry.name):
        pair = (entry.name.scope, entry.name.purpose)
        if entry.state is KeyState.ACTIVE and entry.name not in roots:
            older = (
                other.name.version
                for other in content.entries
                if (other.name.scope, other.name.purpose) == pair
                and other.state is KeyState.READABLE
                and other.name in roots
            )
            if newest := max(older, default=None):
                active[pair] = newest
        elif entry.state is KeyState.ACTIVE:
            active[pair] = entry.name.version
    return active


def _wrapper(kek: Kek, wrappers: Wrappers) -> KeyWrapper:
    return FileKeyWrapper(kek.key) if isinstance(kek, FileKek) else wrappers(kek)


def _unwrap_all(
    content: RingContent, wrappers: Wrappers, *, known: Mapping[KeyName, RootKey]
) -> Mapping[KeyName, RootKey]:
    """Every key that there is; those of ``known``, which have been compared already, are not unwrapped."""
    there = [entry for entry in content.entries if entry.wrapped is not None]
    fresh = [entry for entry in there if entry.name not in known]
    roots = {entry.name: known[entry.name] for entry in there if entry.name in known}
    if not fresh:
        return roots
    wrapper = _wrapper(content.kek, wrappers)
    if isinstance(content.kek, FileKek):
        unwrapped: Sequence[RootKey] = [_unwrapped(entry, wrapper) for entry in fresh]
    else:
        # One call over the network each: several at a time, and none after one has failed.
        with ThreadPoolExecutor(min(_ASKED_AT_ONCE, len(fresh))) as threads:
            calls = [threads.submit(_unwrapped, entry, wrapper) for entry in fresh]
            try:
                unwrapped = [call.result() for call in calls]
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
    return roots | {entry.name: root for entry, root in zip(fresh, unwrapped, strict=True)}


def _unwrapped(entry: RingEntry, wrapper: KeyWrapper) -> RootKey:
    try:
        root = None if entry.wrapped is None else RootKey(wrapper.unwrap(entry.wrapped, entry.name.context))
    except (UnreadableError, ValueError):
        root = None
    if root is None or not compare_digest(root.check(entry.name), entry.check):
        message = f"The key ring is damaged: the {entry.name} does not unwrap. Restore it from your backup."
        raise KeyRingDamagedError(message)
    return root


def _with_new_key(
    content: RingContent,
    scope: str,
    purpose: Purpose,
    clock: Clock,
    wrappers: Wrappers,
    *,
    version: int = 1,
) -> RingContent:
    if version > KEY_VERSION_MAX:
        message = f"There are no versions left after {KEY_VERSION_MAX}."
        raise KeyRingError(message)
    name = KeyName(scope, purpose.value, version)
    root = RootKey(os.urandom(KEY_BYTES))
    wrapped = root.wrapped(_wrapper(content.kek, wrappers), name)
    fresh = RingEntry(name, KeyState.READABLE, clock.now(), wrapped, root.check(name))
    content = RingContent(content.kek, (*content.entries, fresh))
    return _with_active(content, (scope, purpose.value), version)


def _with_active(content: RingContent, pair: tuple[str, str], version: int) -> RingContent:
    """The ring in which this version seals, and the one that did before opens only."""
    changed = []
    for entry in content.entries:
        if (entry.name.scope, entry.name.purpose) == pair:
            if entry.name.version == version:
                changed.append(attrs.evolve(entry, state=KeyState.ACTIVE))
            elif entry.state is KeyState.ACTIVE:
                changed.append(attrs.evolve(entry, state=KeyState.READABLE))
    return _replaced(content, changed)


def _replaced(content: RingContent, changed: Sequence[RingEntry]) -> RingContent:
    by_name = {entry.name: entry for entry in changed}
    return attrs.evolve(content, entries=tuple(by_name.get(entry.name, entry) for entry in content.entries))


def _destroyed(entry: RingEntry, clock: Clock) -> RingEntry:
    return attrs.evolve(entry, state=KeyState.DESTROYED, wrapped=None, ended_at=clock.now())


def _entry_of(state: _State, name: KeyName) -> RingEntry:
    for entry in state.content.entries:
        if entry.name == name:
            return entry
    raise _unknown(state, name)


def _use_of(entry: RingEntry, newest: int) -> str:
    return "prepared" if entry.name.version > newest else entry.state.value


def _unknown(state: _State, name: KeyName) -> VantrexiaError:
    if state.trouble is not None:
        return state.trouble
    ours = [entry for entry in state.content.entries if entry.name.scope == name.scope]
    if ours and all(entry.state is KeyState.DESTROYED for entry in ours):
        return PracticeDestroyedError()
    if any(entry.name == name for entry in ours):
        return UnknownKeyError(f"The {name} was destroyed.")
    return UnknownKeyError(f"The key ring has no {name}.")
