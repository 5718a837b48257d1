"""Turning the second factor of one's own account on and off."""

import attrs

from vantrexia_core.audit import Action, Attempt, preparing, repeated_if_undone, undertake
from vantrexia_core.identity.facts import TwoFactorDisabled, TwoFactorEnabled, TwoFactorStarted
from vantrexia_core.identity.model import User
from vantrexia_core.identity.ports import UserDesk
from vantrexia_core.identity.reauthentication import confirm, count_failure
from vantrexia_core.identity.second_factor import (
    BACKUP_CODE_CHARACTERS,
    BACKUP_CODES,
    FactorCode,
    SecondFactor,
    backup_codes,
)
from vantrexia_core.identity.totp import SECRET_BYTES
from vantrexia_core.kernel import Actor, ConflictError, InvalidError, Permission, Phi


class AlreadyEnabledError(ConflictError):
    """The account has a second factor already; turn it off first to move it to another device."""

    code = "already_enabled"
    sentence = "The second factor is on already. Turn it off first to set it up anew."


class NotEnabledError(ConflictError):
    """The account has no second factor."""

    code = "not_enabled"
    sentence = "The second factor is not on."


class CodeNotConfirmedError(InvalidError):
    """The code does not show that the app has the secret that was handed out."""

    code = "totp_invalid"

    def __init__(self) -> None:
        super().__init__(
            {"totp_code": ("This code is not valid. Scan the picture again, or wait a moment.",)}
        )


@attrs.frozen
class Enrolment:
    """What an authenticator app needs: whose account it is, and the secret."""

    user: User
    secret: Phi[bytes]


@repeated_if_undone
def start_two_factor(desk: UserDesk, actor: Actor, password: Phi[str]) -> Enrolment:
    """Hand out a fresh secret for the actor's own account; it counts once `finish_two_factor` saw a code.

    Raises:
        NotFoundError: the actor has no account (a command at the console).
        InvalidError: on ``password``: it is not theirs.
        AccountLockedError: too many failures with this account's address.
        AlreadyEnabledError: the second factor is on.
    """
    attempt = Attempt(actor, Action.TWO_FACTOR_STARTED, Permission.OWN_ACCOUNT, user_id=actor.user_id)
    confirmed = confirm(desk, attempt, "password", password)
    secret = desk.secrets.new_secret(SECRET_BYTES)
    with undertake(desk, attempt) as deed:
        user = confirmed.check_still(deed.work)
        if user.is_2fa_enabled:
            raise AlreadyEnabledError
        deed.work.second_factors.keep(user, SecondFactor.handed_out(secret, deed.now))
        return deed.finish(TwoFactorStarted(user_id=user.id), Enrolment(user, secret))


@repeated_if_undone
def finish_two_factor(desk: UserDesk, actor: Actor, code: FactorCode) -> tuple[FactorCode, ...]:
    """Turn the second factor on, once a code shows that the app has the secret. Returns the backup codes.

    They cannot be shown again. Other sessions, which began without the factor, end. A wrong code counts like
    a failed sign-in, and while the address is locked no code is checked.

    Raises:
        NotFoundError: the actor has no account (a command at the console).
        CodeNotConfirmedError: the code is wrong, or no secret was handed out in the last `PENDING_LIFE`.
        AccountLockedError: too many failures with this account's address.
        AlreadyEnabledError: the second factor is on.
    """
    attempt = Attempt(actor, Action.TWO_FACTOR_ENABLED, Permission.OWN_ACCOUNT, user_id=actor.user_id)
    _check_code(desk, attempt, code)
    codes = backup_codes(desk.secrets.new_secret(BACKUP_CODES * BACKUP_CODE_CHARACTERS))
    with undertake(desk, attempt) as deed:
        work = deed.work
        user = work.users.get_to_change(actor.user_id)
        if user.is_2fa_enabled:
            raise AlreadyEnabledError
        factor = work.second_factors.get_to_change(user)
        is_pending = factor is not None and factor.is_pending(deed.now)
        shown = factor.after(code, deed.now) if factor is not None and is_pending else None
        if shown is None:
            raise CodeNotConfirmedError
        work.second_factors.keep(user, shown)
        work.second_factors.put_backup_codes(user, codes)
        work.users.save(attrs.evolve(user, is_2fa_enabled=True))
        work.sessions.end_all(user.id, but=actor.session_id)
        return deed.finish(TwoFactorEnabled(user_id=user.id, changed=("is_2fa_enabled",)), codes)


def _check_code(desk: UserDesk, attempt: Attempt, code: FactorCode) -> None:
    """Count a wrong first code. Nothing else is kept: a code that is right is not used up by this."""
    actor, refusal = attempt.actor, None
    with preparing(desk, attempt), desk.begin(actor.practice_id) as work:
        work.users.get(actor.user_id)
    now = desk.clock.now()
    with desk.begin(actor.practice_id) as work:
        user = work.users.get_to_change(actor.user_id)
        before = work.lockouts.get_to_change(user.email)
        factor = work.second_factors.get_to_change(user)
        # Where no secret waits nothing was guessed at.
        is_guess = not user.is_2fa_enabled and factor is not None and factor.is_pending(now)
        if is_guess and (before.is_locked(now) or factor is None or factor.after(code, now) is None):
            refusal = count_failure(work, attempt, user, before, CodeNotConfirmedError(), at=now)
            work.commit()
    if refusal is not None:
        raise refusal


@repeated_if_undone
def disable_two_factor(desk: UserDesk, actor: Actor, password: Phi[str], code: FactorCode) -> None:
    """Turn the second factor of the actor's own account off. Their other sessions end.

    Raises:
        NotFoundError: the actor has no account (a command at the console).
        InvalidError: on ``password``: it is not theirs.
        TotpInvalidError: the code is wrong or was used before.
        AccountLockedError: too many failures with this account's address.
        NotEnabledError: there is nothing to turn off.
    """
    attempt = Attempt(actor, Action.TWO_FACTOR_DISABLED, Permission.OWN_ACCOUNT, user_id=actor.user_id)
    confirmed = confirm(desk, attempt, "password", password, code)
    with undertake(desk, attempt) as deed:
        user = confirmed.check_still(deed.work)
        if not user.is_2fa_enabled:
            raise NotEnabledError
        deed.work.second_factors.remove(user)
        deed.work.users.save(attrs.evolve(user, is_2fa_enabled=False))
        deed.work.sessions.end_all(user.id, but=actor.session_id)
        deed.finish(TwoFactorDisabled(user_id=user.id, changed=("is_2fa_enabled",)), None)
