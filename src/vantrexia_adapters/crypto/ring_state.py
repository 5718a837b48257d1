"""A key ring at one moment, its keys unwrapped: read from the file, compared, and known by what seals now."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hmac import compare_digest
from typing import Final, TypeAlias

import attrs

from vantrexia_adapters.crypto.key_wrapping import FileKeyWrapper, KeyServiceError
from vantrexia_adapters.crypto.ring_file import RingFile
from vantrexia_adapters.crypto.ring_format import (
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
)
from vantrexia_adapters.crypto.root_key import RootKey
from vantrexia_core.kernel import VantrexiaError
from vantrexia_core.protection import KeyWrapper, PracticeDestroyedError, UnreadableError

_ASKED_AT_ONCE: Final = 8
"""How many keys a service unwraps for us at a time."""

Wrappers: TypeAlias = Callable[[RemoteKek], KeyWrapper]
"""Finds the service that holds a key-encryption key. Raises `KeyServiceError` where none is set up."""


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


@attrs.frozen
class RingState:
    """What a ring knows at one moment; replaced whole, so that threads never see half a change.

    ``trouble`` is why some keys of the file are not among the roots: the service that holds the
    key-encryption key did not answer.
    """

    content: RingContent
    roots: Mapping[KeyName, RootKey]
    active: Mapping[tuple[str, str], int]
    stamp: tuple[int, ...]
    trouble: KeyServiceError | None = None

    def unknown(self, name: KeyName) -> VantrexiaError:
        """Why a key is not here: its service is silent, it was destroyed, or there never was one."""
        if self.trouble is not None:
            return self.trouble
        ours = [entry for entry in self.content.entries if entry.name.scope == name.scope]
        if ours and all(entry.state is KeyState.DESTROYED for entry in ours):
            return PracticeDestroyedError()
        if any(entry.name == name for entry in ours):
            return UnknownKeyError(f"The {name} was destroyed.")
        return UnknownKeyError(f"The key ring has no {name}.")


def no_service(kek: RemoteKek) -> KeyWrapper:
    """The `Wrappers` of a program that has set up no key service."""
    message = f"The key ring is wrapped by a key service ({kek}), and none is set up."
    raise KeyServiceError(message)


def load(file: RingFile, wrappers: Wrappers, *, before: RingState | None = None) -> RingState:
    """The ring in a file. ``before`` is what a running process had of it: what is unwrapped stays so.

    Raises:
        WrongKeyRingError: it is another ring than ``before``.
        KeyRingError: the file is missing, unsafe or damaged, or a key does not unwrap.
        KeyServiceError: the key service does not answer, and there is no ``before`` to go on with.
    """
    reading = file.read()
    content = decode(reading.raw)
    if before is None:
        roots = unwrap_all(content, wrappers, known={})
        return RingState(content, roots, _active(content, roots), reading.stamp)
    # A running process takes a longer ring, never another one: it would seal what nobody opens again.
    checks = {entry.name: entry.check for entry in content.entries}
    for entry in before.content.entries:
        if checks.get(entry.name) != entry.check:
            raise WrongKeyRingError(entry.name)
    trouble = None
    try:
        roots = unwrap_all(content, wrappers, known=before.roots)
    except KeyServiceError as failure:
        trouble = failure
        there = {entry.name for entry in content.entries if entry.wrapped is not None}
        roots = {name: root for name, root in before.roots.items() if name in there}
    return RingState(content, roots, _active(content, roots), reading.stamp, trouble)


def wrapper_of(kek: Kek, wrappers: Wrappers) -> KeyWrapper:
    """What wraps under a key-encryption key.

    Raises:
        KeyServiceError: its service is not set up.
    """
    return FileKeyWrapper(kek.key) if isinstance(kek, FileKek) else wrappers(kek)


def unwrap_all(
    content: RingContent, wrappers: Wrappers, *, known: Mapping[KeyName, RootKey]
) -> Mapping[KeyName, RootKey]:
    """Every key that there is; those of ``known``, which have been compared already, are not unwrapped.

    Raises:
        KeyRingDamagedError: a key does not unwrap.
        KeyServiceError: the key service does not answer.
    """
    there = [entry for entry in content.entries if entry.wrapped is not None]
    fresh = [entry for entry in there if entry.name not in known]
    roots = {entry.name: known[entry.name] for entry in there if entry.name in known}
    if not fresh:
        return roots
    wrapper = wrapper_of(content.kek, wrappers)
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


def _unwrapped(entry: RingEntry, wrapper: KeyWrapper) -> RootKey:
    try:
        root = None if entry.wrapped is None else RootKey(wrapper.unwrap(entry.wrapped, entry.name.context))
    except (UnreadableError, ValueError):
        root = None
    if root is None or not compare_digest(root.check(entry.name), entry.check):
        message = f"The key ring is damaged: the {entry.name} does not unwrap. Restore it from your backup."
        raise KeyRingDamagedError(message)
    return root
