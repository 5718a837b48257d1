"""What is done with keys: begun, worn out, given up. Every step is on the trail, none loses a record.

A key's life: ``prepare`` publishes it, ``rotate`` lets it seal, and what its predecessors sealed is sealed
anew under it. When nothing stored needs a predecessor any more, it is retired: no process seals under it
from then on. After `SETTLE_TIME` everything that was under way has ended, and it can be destroyed, unless
something stored needs it after all.
"""

from datetime import datetime, timedelta
from typing import Final

from vantrexia_core.audit import Action, Attempt, ChangedField, Desk, Line, Outcome, RecordedWork, undertake
from vantrexia_core.kernel import Actor, ConflictError, Permission
from vantrexia_core.protection.facts import (
    KeyDestroyed,
    KeyPrepared,
    KeyRetired,
    KeyRotated,
    KeysRewrapped,
    PracticeDestroyed,
    PracticeDestructionOrdered,
    ReencryptionEnded,
    ReencryptionStarted,
)
from vantrexia_core.protection.keys import Purpose, Statement
from vantrexia_core.protection.ports import KeyCustody

SETTLE_TIME: Final = timedelta(minutes=3)
"""How long a retired key is kept at least. A process notices within a second, and no transaction lives longer
than a minute and a half."""

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
