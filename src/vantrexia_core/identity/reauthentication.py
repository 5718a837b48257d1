"""Asking again who it is before something about an account's own credentials is changed (ASVS 5.0, 7.5.1).

Whoever took over a session must not be able to guess the password behind it: a wrong one counts like a failed
sign-in, and while the address is locked none is looked at. The session itself goes on.
"""

from datetime import datetime

import attrs

from vantrexia_core.audit import Action, Attempt, Outcome, preparing
from vantrexia_core.identity.lockout import AccountLockedError, Failures
from vantrexia_core.identity.model import User
from vantrexia_core.identity.ports import UserDesk, UserWork
from vantrexia_core.identity.second_factor import FactorCode
from vantrexia_core.identity.signing_in import sign_in_entry
from vantrexia_core.identity.two_factor import TotpInvalidError, use_code
from vantrexia_core.kernel import InvalidError, Phi, VantrexiaError


@attrs.frozen
class Confirmed:
    """The account whose owner has shown to know its password, and the hash that it was compared with."""

    user: User
    field: str
    password_hash: str = attrs.field(repr=False)

    def check_still(self, work: UserWork) -> User:
        """The account, locked, if its password is still the one that was shown.

        Raises:
            InvalidError: somebody changed it meanwhile.
        """
        user = work.users.get_to_change(self.user.id)
        if work.users.password_hashes(user.id)[0] != self.password_hash:
            raise InvalidError.on(self.field, "The password was changed a moment ago. Use the new one.")
        return user


def confirm(
    desk: UserDesk, attempt: Attempt, field: str, password: Phi[str], code: FactorCode | None = None
) -> Confirmed:
    """Check the actor's own password and, if one is given, a code of their second factor.

    Nothing is kept but a refusal: a code that was right is not used up by this.

    Raises:
        PermissionDeniedError: the actor's role lacks the permission of the attempt.
        NotFoundError: the actor has no account (a command at the console).
        InvalidError: on ``field``: it is not the actor's password.
        TotpInvalidError: the code is wrong or was used before.
        AccountLockedError: too many failures, this one perhaps the fifth.
    """
    actor = attempt.actor
    with preparing(desk, attempt):
        with desk.begin(actor.practice_id) as work:
            user = work.users.get(actor.user_id)
            stored = work.users.password_hashes(actor.user_id)[0]
        # Slow, so no lock is held. What comes of it counts only if the address may still try, under the lock.
        matches = desk.passwords.verify(stored, password).matches
    now = desk.clock.now()
    with desk.begin(actor.practice_id) as work:
        user = work.users.get_to_change(user.id)
        before = work.lockouts.get_to_change(user.email)
        refusal: VantrexiaError | None = None
        if before.is_locked(now) or not matches:
            refusal = InvalidError.on(field, "This is not your password.")
        elif code is not None and user.is_2fa_enabled and not use_code(work, user, code, now):
            refusal = TotpInvalidError()
            entry = sign_in_entry(Action.TWO_FACTOR_FAILED, user, actor.origin, at=now, refusal=refusal.code)
            work.trail.append(attrs.evolve(entry, purpose=actor.purpose))
        if refusal is not None:
            refusal = count_failure(work, attempt, user, before, refusal, at=now)
            work.commit()
    if refusal is not None:
        raise refusal
    return Confirmed(user, field, stored)


def count_failure(
    work: UserWork, attempt: Attempt, user: User, before: Failures, refusal: VantrexiaError, *, at: datetime
) -> VantrexiaError:
    """Count and record a wrong guess by somebody who is signed in; what to raise once it is committed.

    The caller holds the locks of the account and of its address's failures.
    """
    after = before.after_failure(at)
    work.lockouts.keep(user.email, after, at=at)
    if after.locked_until is not None:
        refusal = AccountLockedError(after.locked_until)
    if after.is_locked(at) and not before.is_locked(at):
        entry = sign_in_entry(Action.ACCOUNT_LOCKED, user, attempt.actor.origin, at=at)
        work.trail.append(attrs.evolve(entry, purpose=attempt.actor.purpose))
    work.trail.append(attempt.entry(Outcome.REFUSED, at, code=refusal.code))
    return refusal
