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
from collections.abc import Callable, Iterable
from hmac import compare_digest
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final, TypeVar
from uuid import UUID

import attrs

from vantrexia_adapters.crypto.ring_changes import (
    check_rotated,
    missing_purposes,
    new_content,
    rewrapped,
    with_destroyed,
    with_missing_keys,
    with_next_version,
    with_retired,
    without_scope,
)
from vantrexia_adapters.crypto.ring_file import RingFile
from vantrexia_adapters.crypto.ring_format import (
    DEPLOYMENT,
    Kek,
    KeyName,
    KeyRingError,
    KeyState,
    RemoteKek,
    RingContent,
    RingEntry,
    Scope,
    encode,
)
from vantrexia_adapters.crypto.ring_state import (
    RingState,
    Wrappers,
    WrongKeyRingError,
    load,
    no_service,
)
from vantrexia_adapters.crypto.root_key import RootKey
from vantrexia_core.kernel import Clock
from vantrexia_core.protection import PracticeDestroyedError, Purpose

T = TypeVar("T")

NOTICE_SECONDS: Final = 1.0
"""How soon a running process seals under a key that another one has begun, and forgets a destroyed one."""
SERVICE_RETRY_SECONDS: Final = 30.0
"""How soon a key service that did not answer is asked again."""

_LOG: Final = logging.getLogger(__name__)


@attrs.frozen
class KeyCheck:
    """A key's check value, as the database keeps it: ``value`` has eight bytes and is no secret."""

    name: KeyName
    value: bytes


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

    def __init__(
        self, file: RingFile, clock: Clock, state: RingState, wrappers: Wrappers = no_service
    ) -> None:
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
        RingFile(path).create(encode(new_content(kek, clock, wrappers)))
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
        return cls(file, clock, load(file, wrappers), wrappers)

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
        if self.is_destroyed(scope):
            raise PracticeDestroyedError
        if missing_purposes(self._state.content, scope):
            self._change(lambda state: with_missing_keys(state.content, scope, self._clock, self._wrappers))

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
        check_rotated(scope, purpose)
        begun = 0

        def change(state: RingState) -> RingContent:
            nonlocal begun
            content, begun = with_next_version(
                state, scope, purpose, self._clock, self._wrappers, is_active=is_active
            )
            return content

        self._change(change)
        return begun

    def retire(self, scope: Scope, purpose: Purpose, version: int) -> None:
        """Mark a version that nothing stored needs any more: no process seals under it from now on.

        Raises:
            UnknownKeyError: no such key.
            KeyInUseError: it is active, prepared, or destroyed.
        """
        name = KeyName(str(scope), purpose.value, version)
        self._change(lambda state: with_retired(state, name, self._clock))

    def destroy(self, scope: Scope, purpose: Purpose, version: int) -> None:
        """Remove a retired version for good; its name and check value stay, to know the ring by.

        Raises:
            UnknownKeyError: no such key.
            KeyInUseError: it is not retired.
        """
        name = KeyName(str(scope), purpose.value, version)
        self._change(lambda state: with_destroyed(state, name, self._clock))

    def destroy_scope(self, practice_id: UUID) -> int:
        """Remove every key of a practice for good, and say how many there were.

        Raises:
            UnknownKeyError: the practice has no keys.
        """
        destroyed = 0

        def change(state: RingState) -> RingContent:
            nonlocal destroyed
            content, destroyed = without_scope(state, practice_id, self._clock)
            return content

        self._change(change)
        return destroyed

    def rewrap(self, kek: Kek | None = None) -> Path:
        """Wrap every key anew under another key-encryption key: a fresh one in the file without ``kek``.

        What is new is unwrapped and checked before it takes the old file's place; the old file stays beside
        it, and its path is returned. Whoever has that file has what it opens.

        Raises:
            KeyServiceError: the service that is to wrap them does not, or gives back something else.
            KeyRingError: the file was removed, damaged or swapped meanwhile.
        """
        kept = self._file.path

        def change(state: RingState) -> RingContent:
            nonlocal kept
            content = rewrapped(state, kek, self._wrappers)
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
        state = load(self._file, self._wrappers, before=self._state)
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

    def _find(self, look: Callable[[RingState], T | None], name: KeyName) -> T:
        found = look(self._state)
        if found is None:
            self.refresh()
            found = look(self._state)
        if found is None:
            raise self._state.unknown(name)
        return found

    def _change(self, change: Callable[[RingState], RingContent]) -> None:
        with self._file.locked():
            self.refresh()
            content = change(self._state)
            if content != self._state.content:
                self._file.replace(encode(content))
                self.refresh()
