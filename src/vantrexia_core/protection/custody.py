"""What is done with keys: begun, worn out, given up. Every step is on the trail, none loses a record.

A key's life: ``prepare`` publishes it, ``rotate`` lets it seal, and what its predecessors sealed is sealed
anew under it. When nothing stored needs a predecessor any more, it is retired: no process seals under it
from then on. After `SETTLE_TIME` everything that was under way has ended, and it can be destroyed, unless
something stored needs it after all.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, Final, Protocol

import attrs

from vantrexia_core.audit import (
    Action,
    Attempt,
    ChangedField,
    Desk,
    Fact,
    Line,
    Outcome,
    RecordedWork,
    undertake,
)
from vantrexia_core.kernel import Actor, ConflictError, Permission

SETTLE_TIME: Final = timedelta(minutes=3)
"""How long a retired key is kept at least. A process notices within a second, and no transaction lives longer
than a minute and a half."""


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


DEPLOYMENT_ONLY: Final = frozenset({Purpose.ACCOUNT, Purpose.TOKEN, Purpose.CHECKPOINT})
"""What no practice has keys of its own for. Of index keys there are both."""

KEY_FIELD: Final = {
    Purpose.FIELD: ChangedField.FIELD_KEY,
    Purpose.INDEX: ChangedField.INDEX_KEY,
    Purpose.DIRECTORY: ChangedField.DIRECTORY_KEY,
    Purpose.ACCOUNT: ChangedField.ACCOUNT_KEY,
    Purpose.TOKEN: ChangedField.TOKEN_KEY,
    Purpose.CHECKPOINT: ChangedField.CHECKPOINT_KEY,
}
"""How the trail names the keys of a purpose."""


class KeyNeededError(ConflictError):
    """Something that is stored opens by this key alone."""

    code = "key_needed"
    sentence = "Something that is stored needs this key. Run: vantrexia keys reencrypt"


class KeyUnsettledError(ConflictError):
    """The key was retired a moment ago, and somebody may still be writing what it sealed."""

    code = "key_unsettled"
    sentence = "The key was retired a moment ago. Wait three minutes and repeat the command."


@attrs.frozen
class Need:
    """So many rows of a table open by a version of a key that is not the newest."""

    table: str
    version: int
    rows: int


@attrs.frozen
class Statement:
    """What still needs an older key, seen in one moment over everything that is stored."""

    purpose: Purpose
    active: int
    needs: Sequence[Need]
    at: datetime

    @property
    def is_clear(self) -> bool:
        """Whether nothing needs any version but the newest."""
        return not self.needs

    def rows_of(self, version: int) -> int:
        """How many rows need a version."""
        return sum(need.rows for need in self.needs if need.version == version)


class KeyCustody(Protocol):
    """The keys of one practice and of the deployment, and what rests under them."""

    def active(self, purpose: Purpose) -> int:
        """The version that seals now."""
        ...

    def prepare(self, purpose: Purpose) -> int:
        """Publish the next version, which seals nothing yet; its number."""
        ...

    def rotate(self, purpose: Purpose) -> int:
        """Seal under the prepared version, or a new one, from now on; its number."""
        ...

    def needs(self, purpose: Purpose) -> Sequence[Need]:
        """What opens by other versions alone, destroyed ones among them, seen in one moment."""
        ...

    def reencrypt(self, purpose: Purpose) -> Iterator[int]:
        """Seal everything under the newest version, in transactions of some hundred rows: yields their rows.

        It may be left at any moment and begun again. It changes nothing but envelopes.
        """
        ...

    def superseded(self, purpose: Purpose) -> Sequence[int]:
        """The versions before the active one that open or verify still, and are not retired."""
        ...

    def retire(self, purpose: Purpose, version: int) -> None:
        """Let no process seal under a version, nor believe what such a token key has signed."""
        ...

    def retired_at(self, purpose: Purpose, version: int) -> datetime | None:
        """Since when a version is retired."""
        ...

    def destroy(self, purpose: Purpose, version: int) -> None:
        """Remove a retired version for good."""
        ...

    def destroy_practice(self) -> int:
        """Remove all keys of the practice for good; how many there were."""
        ...


@attrs.frozen
class KeyPrepared(Fact):
    """A next version was published."""

    action: ClassVar = Action.KEY_PREPARE


@attrs.frozen
class KeyRotated(Fact):
    """A version seals from now on."""

    action: ClassVar = Action.KEY_ROTATE


@attrs.frozen
class ReencryptionStarted(Fact):
    """Somebody has begun to seal everything anew."""

    action: ClassVar = Action.KEY_REENCRYPT_START


@attrs.frozen
class ReencryptionEnded(Fact):
    """It was looked what still needs an older version: ``version``."""

    action: ClassVar = Action.KEY_REENCRYPT


@attrs.frozen
class KeyRetired(Fact):
    """Nothing is sealed under a version any more."""

    action: ClassVar = Action.KEY_RETIRE


@attrs.frozen
class KeyDestroyed(Fact):
    """A version is gone for good."""

    action: ClassVar = Action.KEY_DESTROY


@attrs.frozen
class KeysRewrapped(Fact):
    """Another key-encryption key wraps the ring."""

    action: ClassVar = Action.KEY_REWRAP


@attrs.frozen
class PracticeDestructionOrdered(Fact):
    """The practice's keys are about to be destroyed."""

    action: ClassVar = Action.PRACTICE_DESTROY_ORDER


@attrs.frozen
class PracticeDestroyed(Fact):
    """The practice's keys are gone for good, and so is what they sealed."""

    action: ClassVar = Action.PRACTICE_DESTROY


def prepare_key(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose) -> int:
    """Publish the next version of a key everywhere before it seals anything; its number.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.KEY_PREPARE)) as deed:
        version = custody.prepare(purpose)
        return deed.finish(KeyPrepared(changed=(KEY_FIELD[purpose],), version=version), version)


def rotate_key(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose) -> int:
    """Seal under a new version from now on; its number. The version before still opens.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.KEY_ROTATE)) as deed:
        version = custody.rotate(purpose)
        return deed.finish(KeyRotated(changed=(KEY_FIELD[purpose],), version=version), version)


def rotate_token_key_at_once(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody) -> int:
    """Sign under a new version, and believe nothing that an older one has signed; the new one's number.

    For a key that was stolen: `rotate_key` lets what was signed before live on for a day. Everybody signs in
    again. Where it breaks off it is repeated.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    version = rotate_key(desk, actor, custody, Purpose.TOKEN)
    for older in custody.superseded(Purpose.TOKEN):
        retire_key(desk, actor, custody, Purpose.TOKEN, older)
    return version


def start_reencryption(
    desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose
) -> Statement:
    """Say what has to be sealed anew; `KeyCustody.reencrypt` then does it.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.KEY_REENCRYPT_START)) as deed:
        statement = _state(custody, purpose, deed.now)
        fact = ReencryptionStarted(changed=(KEY_FIELD[purpose],), version=statement.active)
        return deed.finish(fact, statement)


def state_needs(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose) -> Statement:
    """Say, on the trail too, which older versions are still needed, and by how much.

    The trail has one entry for each version that is needed, marked as failed; one without a mark says that
    none is.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.KEY_REENCRYPT)) as deed:
        statement = _state(custody, purpose, deed.now)
        fields = (KEY_FIELD[purpose],)
        versions = sorted({need.version for need in statement.needs})
        lines = [
            Line(Outcome.FAILED, ReencryptionEnded(changed=fields, version=version), KeyNeededError.code)
            for version in versions
        ] or [Line(Outcome.DONE, ReencryptionEnded(changed=fields, version=statement.active))]
        return deed.finish_all(lines, statement)


def retire_key(
    desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose, version: int
) -> None:
    """Let nobody seal under an older version any more, since nothing stored needs it.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        KeyNeededError: something stored does.
    """
    with undertake(desk, _attempt(actor, Action.KEY_RETIRE)) as deed:
        if _state(custody, purpose, deed.now).rows_of(version):
            raise KeyNeededError
        custody.retire(purpose, version)
        deed.finish(KeyRetired(changed=(KEY_FIELD[purpose],), version=version), None)


def destroy_key(
    desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose, version: int
) -> None:
    """Remove a retired version for good. Backups that it sealed do not open afterwards.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        KeyUnsettledError: it was retired less than `SETTLE_TIME` ago.
        KeyNeededError: something stored needs it, written while it was being retired.
    """
    with undertake(desk, _attempt(actor, Action.KEY_DESTROY)) as deed:
        retired_at = custody.retired_at(purpose, version)
        if retired_at is not None and deed.now < retired_at + SETTLE_TIME:
            raise KeyUnsettledError
        if _state(custody, purpose, deed.now).rows_of(version):
            raise KeyNeededError
        custody.destroy(purpose, version)
        deed.finish(KeyDestroyed(changed=(KEY_FIELD[purpose],), version=version), None)


def destroy_practice(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody) -> int:
    """Destroy all keys of the actor's practice, so that nobody can read again what it sealed; how many.

    The trail says so before and after: nothing in it needs a key.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.PRACTICE_DESTROY_ORDER)) as deed:
        deed.finish(PracticeDestructionOrdered(), None)
    with undertake(desk, _attempt(actor, Action.PRACTICE_DESTROY)) as deed:
        count = custody.destroy_practice()
        return deed.finish(PracticeDestroyed(), count)


def record_rewrapping(desk: Desk[RecordedWork], actor: Actor) -> None:
    """Put on the trail that another key-encryption key wraps the ring from now on.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.KEY_REWRAP)) as deed:
        deed.finish(KeysRewrapped(), None)


def _attempt(actor: Actor, action: Action) -> Attempt:
    return Attempt(actor, action, Permission.MANAGE_KEYS)


def _state(custody: KeyCustody, purpose: Purpose, at: datetime) -> Statement:
    return Statement(purpose, custody.active(purpose), custody.needs(purpose), at)
