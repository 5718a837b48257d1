"""The life of a key, step by step: prepared, in use, retired, destroyed. Every step is on the trail.

`prepare_key` publishes a new version, `rotate_key` puts it into use, and re-encryption seals anew under it
what earlier versions had sealed. When nothing stored needs an earlier version any more, `retire_key` ends its
use in every process. After `SETTLE_TIME` all work that was under way has ended, and `destroy_key` removes it,
unless something that is stored needs it after all.
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
"""How the trail names the keys of each purpose."""


class KeyNeededError(ConflictError):
    """Something that is stored can be opened with this key only."""

    code = "key_needed"
    sentence = "Something that is stored needs this key. Run: vantrexia keys reencrypt"


class KeyUnsettledError(ConflictError):
    """The key was retired a moment ago, and a process may still be storing something that it sealed."""

    code = "key_unsettled"
    sentence = "The key was retired a moment ago. Wait three minutes and repeat the command."


def prepare_key(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose) -> int:
    """Publish the next version of a key to every process before it is used. Returns its number.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.KEY_PREPARE)) as deed:
        version = custody.prepare(purpose)
        return deed.finish(KeyPrepared(changed=(KEY_FIELD[purpose],), version=version), version)


def rotate_key(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose) -> int:
    """Seal under a new version from now on. Returns its number. Earlier versions still open what they sealed.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.KEY_ROTATE)) as deed:
        version = custody.rotate(purpose)
        return deed.finish(KeyRotated(changed=(KEY_FIELD[purpose],), version=version), version)


def rotate_token_key_at_once(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody) -> int:
    """Sign tokens under a new version, and accept none that an older one has signed. Returns its number.

    For a stolen key: after `rotate_key` alone, tokens that were signed before stay valid for up to a day.
    Everybody has to sign in again. If the call is interrupted, repeat it.

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
    """State what has to be sealed anew. `KeyCustody.reencrypt` then does it.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
    """
    with undertake(desk, _attempt(actor, Action.KEY_REENCRYPT_START)) as deed:
        statement = _state(custody, purpose, deed.now)
        fact = ReencryptionStarted(changed=(KEY_FIELD[purpose],), version=statement.active)
        return deed.finish(fact, statement)


def state_needs(desk: Desk[RecordedWork], actor: Actor, custody: KeyCustody, purpose: Purpose) -> Statement:
    """State which older versions are still needed and by how many rows, and record it on the trail.

    The trail gets one entry marked as failed for each version that is still needed; if none is, it gets a
    single entry marked as done.

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
    """End the use of an older version in every process, if nothing that is stored needs it.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        KeyNeededError: something that is stored needs it.
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
        KeyNeededError: something that is stored needs it: it was written while the version was being retired.
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
    """Destroy all keys of the actor's practice, so that nobody can ever read its records again.

    Returns how many keys there were.

    It is on the trail before and after. The trail itself needs none of these keys.

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
