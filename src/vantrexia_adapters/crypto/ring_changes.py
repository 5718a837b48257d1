"""What may happen to the keys of a ring: they begin, take over, are retired, are destroyed, are rewrapped.

Each function gives the ring's content after the change. Nothing is written here: `KeyRing` does that, under
the file's lock.
"""

import os
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import attrs

from vantrexia_adapters.crypto.primitives import KEY_BYTES
from vantrexia_adapters.crypto.ring_format import (
    DEPLOYMENT,
    FileKek,
    Kek,
    KeyName,
    KeyRingError,
    KeyState,
    RingContent,
    RingEntry,
    Scope,
    decode,
    encode,
)
from vantrexia_adapters.crypto.ring_state import RingState, Wrappers, unwrap_all, wrapper_of
from vantrexia_adapters.crypto.root_key import RootKey
from vantrexia_core.kernel import Clock
from vantrexia_core.protection import KEY_VERSION_MAX, Purpose

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


class KeyInUseError(KeyRingError):
    """A key that seals, or may yet be needed, is not retired or destroyed."""

    sentence = "The key is in use."


def new_content(kek: Kek | None, clock: Clock, wrappers: Wrappers) -> RingContent:
    """A ring with the deployment's keys alone. Without ``kek`` the key-encryption key stands in the file."""
    content = RingContent(kek or FileKek(os.urandom(KEY_BYTES)), ())
    for purpose in DEPLOYMENT_PURPOSES:
        content = _with_new_key(content, DEPLOYMENT, purpose, clock, wrappers)
    return content


def missing_purposes(content: RingContent, scope: Scope) -> Sequence[Purpose]:
    """For what a scope has no key, and should have one."""
    purposes = DEPLOYMENT_PURPOSES if scope == DEPLOYMENT else PRACTICE_PURPOSES
    there = {
        entry.name.purpose for entry in content.entries if entry.name.scope == str(scope)
    }  # destroyed ones too: what was sealed under them must not seem to have been sealed by others
    return [purpose for purpose in purposes if purpose.value not in there]


def with_missing_keys(content: RingContent, scope: Scope, clock: Clock, wrappers: Wrappers) -> RingContent:
    """The ring in which a scope has all its keys."""
    for purpose in missing_purposes(content, scope):
        content = _with_new_key(content, str(scope), purpose, clock, wrappers)
    return content


def check_rotated(scope: Scope, purpose: Purpose) -> None:
    """Refuse a key of a kind that is not rotated.

    Raises:
        KeyRingError: it lasts as long as the deployment; says why.
    """
    lasting = _LASTING.get((scope == DEPLOYMENT, purpose))
    if lasting is not None:
        raise KeyRingError(lasting)


def with_next_version(
    state: RingState, scope: Scope, purpose: Purpose, clock: Clock, wrappers: Wrappers, *, is_active: bool
) -> tuple[RingContent, int]:
    """The ring with a key's next version, and which that is: active, or only prepared.

    Raises:
        UnknownKeyError: the scope has no such key yet.
        KeyInUseError: one is prepared already, and it is not to be made active.
        KeyRingError: no version is left.
    """
    pair = (str(scope), purpose.value)
    ours = {
        entry.name.version: entry.state
        for entry in state.content.entries
        if (entry.name.scope, entry.name.purpose) == pair
    }
    before = next((version for version, its in ours.items() if its is KeyState.ACTIVE), None)
    if before is None:
        raise state.unknown(KeyName(*pair, 1))
    begun = max(ours)
    if begun == before:
        begun += 1
        content = _with_new_key(state.content, str(scope), purpose, clock, wrappers, version=begun)
        return (content if is_active else _with_active(content, pair, before)), begun
    if not is_active:
        message = f"The {KeyName(*pair, begun)} is prepared already. Rotate to seal with it."
        raise KeyInUseError(message)
    return _with_active(state.content, pair, begun), begun


def with_retired(state: RingState, name: KeyName, clock: Clock) -> RingContent:
    """The ring in which a key that was replaced is retired; one that is so already stays as it is.

    Raises:
        UnknownKeyError: no such key.
        KeyInUseError: it is active, prepared, or destroyed.
    """
    entry = _entry_of(state, name)
    if entry.state is KeyState.RETIRED:
        return state.content
    newest = state.active.get((name.scope, name.purpose), 0)
    if entry.state is not KeyState.READABLE or name.version > newest:
        message = f"The {name} is {_use_of(entry, newest)}; only one that was replaced can be retired."
        raise KeyInUseError(message)
    retired = attrs.evolve(entry, state=KeyState.RETIRED, ended_at=clock.now())
    return _replaced(state.content, [retired])


def with_destroyed(state: RingState, name: KeyName, clock: Clock) -> RingContent:
    """The ring in which a retired key is no more; its name and check value stay.

    Raises:
        UnknownKeyError: no such key.
        KeyInUseError: it is not retired.
    """
    entry = _entry_of(state, name)
    if entry.state is not KeyState.RETIRED:
        message = f"The {name} is {entry.state.value}; only a retired key can be destroyed."
        raise KeyInUseError(message)
    return _replaced(state.content, [_destroyed(entry, clock)])


def without_scope(state: RingState, practice_id: UUID, clock: Clock) -> tuple[RingContent, int]:
    """The ring in which a practice has no key any more, and how many there were.

    Raises:
        UnknownKeyError: it had none.
    """
    ours = [entry for entry in state.content.entries if entry.name.scope == str(practice_id)]
    if not ours:
        raise state.unknown(KeyName(str(practice_id), Purpose.FIELD.value, 1))
    destroyed = [_destroyed(entry, clock) for entry in ours if entry.state is not KeyState.DESTROYED]
    return _replaced(state.content, destroyed), len(destroyed)


def rewrapped(state: RingState, kek: Kek | None, wrappers: Wrappers) -> RingContent:
    """The ring with every key wrapped anew, unwrapped again and checked.

    Raises:
        KeyServiceError: the service that is to wrap them does not, or gives back something else.
    """
    if state.trouble is not None:
        raise state.trouble
    target = kek or FileKek(os.urandom(KEY_BYTES))
    wrapper = wrapper_of(target, wrappers)
    # Keys of purposes that we do not know have roots too: all that is in the file was unwrapped.
    entries = [
        entry
        if entry.wrapped is None
        else attrs.evolve(entry, wrapped=state.roots[entry.name].wrapped(wrapper, entry.name))
        for entry in state.content.entries
    ]
    content = decode(encode(RingContent(target, tuple(entries))))
    unwrap_all(content, wrappers, known={})
    return content


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
    wrapped = root.wrapped(wrapper_of(content.kek, wrappers), name)
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


def _entry_of(state: RingState, name: KeyName) -> RingEntry:
    for entry in state.content.entries:
        if entry.name == name:
            return entry
    raise state.unknown(name)


def _use_of(entry: RingEntry, newest: int) -> str:
    return "prepared" if entry.name.version > newest else entry.state.value
