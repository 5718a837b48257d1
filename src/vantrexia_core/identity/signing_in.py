"""Letting people in, and recognising them on every request."""

from datetime import datetime
from typing import TypeAlias

import attrs

from vantrexia_core.audit import Action, AuditEntry, Outcome, repeated_if_undone
from vantrexia_core.identity.client_tokens import recognise_client
from vantrexia_core.identity.lockout import AccountLockedError, Failures
from vantrexia_core.identity.model import Account, Session, SignedIn, User
from vantrexia_core.identity.ports import (
    AccountDesk,
    ForgedAccountError,
    SignInDesk,
    SignInWork,
    TokenNotValidError,
    Verdict,
)
from vantrexia_core.identity.second_factor import FactorCode
from vantrexia_core.identity.two_factor import TotpInvalidError, use_code
from vantrexia_core.kernel import Actor, Email, NotSignedInError, Origin, Phi, SessionId, TokenId


class AuthenticationFailedError(NotSignedInError):
    """Address or password is wrong, or the account is closed. It never says which."""

    code = "authentication_failed"
    sentence = "Unable to log in with provided credentials."


class TotpRequiredError(NotSignedInError):
    """The password is right, and the account asks for a second factor."""

    code = "totp_required"
    sentence = "This account asks for a second factor. Send totp_code as well."


Refusal: TypeAlias = AuthenticationFailedError | AccountLockedError | TotpInvalidError | TotpRequiredError


@repeated_if_undone
def sign_in(
    desk: SignInDesk, email: Email, password: Phi[str], origin: Origin, code: FactorCode | None = None
) -> SignedIn:
    """Check the credentials and begin a session. Recorded whether it succeeds or not.

    An unknown address costs the same time as a known one, gets the same answers, and is locked alike. While
    an address is locked the password is not even looked at: a lock that knew it would be an oracle.

    Raises:
        AuthenticationFailedError: no such account, wrong password, or the account is closed.
        AccountLockedError: too many failures with this address, this one perhaps the fifth.
        TotpRequiredError: the password is right, and a second factor is missing.
        TotpInvalidError: the password is right, and the code is wrong or was used before. It counts.
        AuditUnavailableError: the trail could not be written.
    """
    checked = _Checked()
    if not desk.accounts.failures(email).is_locked(desk.clock.now()):
        account = desk.accounts.by_email(email)
        # Hashing takes tens of milliseconds and no lock may be held meanwhile. What comes of it counts only
        # if `_settle` finds, under the lock, that the address may still try: of any number of guesses made
        # at once, five are answered.
        verdict = desk.passwords.verify(account.password_hash if account else None, password)
        renewed = desk.passwords.hash(password) if verdict.needs_rehash else None
        checked = _Checked(account, verdict, renewed)
    with desk.begin_sign_in() as work:
        settled = _settle(desk, work, email, checked, origin, code)
        work.commit()
    if isinstance(settled, SignedIn):
        return settled
    raise settled


@repeated_if_undone
def recognise(desk: SignInDesk, access_token: Phi[str], origin: Origin) -> Actor:
    """Who sends this request: somebody who signed in, or a machine client.

    Session, role and activity, or the client, are read now, not believed from the token.

    Raises:
        TokenNotValidError: forged, expired, of another kind, or its session, account or client is closed.
        AuditUnavailableError: the account or client is forged, and that could not be recorded.
    """
    now = desk.clock.now()
    try:
        claims = desk.tokens.read_access(access_token, at=now)
    except TokenNotValidError:
        return recognise_client(desk, desk.tokens.read_client(access_token, at=now), origin, at=now)
    present = desk.accounts.in_session(claims.user_id, claims.session_id, at=now)
    actor = None if present is None else actor_for(desk, present.user, origin, claims.session_id)
    if present is None or actor is None:
        raise TokenNotValidError
    return actor if present.purpose is None else attrs.evolve(actor, purpose=present.purpose)


def actor_for(
    desk: AccountDesk, user: User, origin: Origin, session_id: SessionId | None = None
) -> Actor | None:
    """The actor for a stored account, whether its holder is here or something is done in the background.

    None if nobody may act with it: it is closed, or forged, which is recorded. Everything that acts for an
    account that was read from a store must go through here.

    Raises:
        AuditUnavailableError: the account is forged, and that could not be recorded.
    """
    if not user.is_genuine:
        with desk.begin_sign_in() as work:
            now = desk.clock.now()
            work.trail.append(sign_in_entry(Action.ACCOUNT_FORGED, user, origin, at=now, refusal=_FORGED))
            work.commit()
        return None
    return user.as_actor(origin, session_id) if user.is_active else None


def sign_in_entry(
    action: Action, user: User | None, origin: Origin, *, at: datetime, refusal: str | None = None
) -> AuditEntry:
    """A line about somebody who is not signed in yet. What was typed never gets into it."""
    return AuditEntry(
        at=at,
        action=action,
        outcome=Outcome.DONE if refusal is None else Outcome.REFUSED,
        practice_id=user.practice_id if user else None,
        actor_id=user.id if user else None,
        role=user.role if user else None,
        code=refusal,
        request_id=origin.request_id,
        address=origin.address,
    )


_FORGED = ForgedAccountError.code


@attrs.frozen
class _Checked:
    """What was found out about the password before the lock was taken: nothing, if it was not looked at."""

    account: Account | None = None
    verdict: Verdict | None = None
    renewed_hash: str | None = None

    def holds_for(self, account: Account) -> bool:
        """Whether the password matches the account as it is now."""
        # The hash may have been replaced while this password was compared with the one before.
        is_same = self.account is not None and self.account.password_hash == account.password_hash
        return self.verdict is not None and self.verdict.matches and is_same


def _settle(
    desk: SignInDesk,
    work: SignInWork,
    email: Email,
    checked: _Checked,
    origin: Origin,
    code: FactorCode | None,
) -> SignedIn | Refusal:
    """Decide, under the account's and the address's locks, and record; the caller commits."""
    now = desk.clock.now()
    account = work.accounts.get_to_change(email)
    user = account.user if account else None
    failures = work.lockouts.get_to_change(email)
    is_known = account is not None and checked.holds_for(account)
    if user is not None and not user.is_genuine:
        work.trail.append(sign_in_entry(Action.ACCOUNT_FORGED, user, origin, at=now, refusal=_FORGED))
    if user is None or failures.is_locked(now) or not (is_known and user.is_open):
        return _refuse(work, email, failures, user, origin, at=now)
    if user.is_2fa_enabled and code is None:
        # The right password alone is no failure, and no success that would reset the count.
        refusal = TotpRequiredError()
        work.trail.append(
            sign_in_entry(Action.LOGIN_FAILED, user, origin, at=now, refusal=TotpRequiredError.code)
        )
        return refusal
    if user.is_2fa_enabled and code is not None and not use_code(work, user, code, now):
        failed = Action.TWO_FACTOR_FAILED
        work.trail.append(sign_in_entry(failed, user, origin, at=now, refusal=TotpInvalidError.code))
        return _refuse(work, email, failures, user, origin, at=now, reason=TotpInvalidError())
    work.lockouts.clear(email)
    work.accounts.signed_in(user.id, at=now, password_hash=checked.renewed_hash)
    session = Session(
        id=SessionId(desk.ids.new_id()),
        user_id=user.id,
        refresh_id=TokenId(desk.ids.new_id()),
        auth_at=now,
        expires_at=now + desk.tokens.session_life,
    )
    work.sessions.open(session)
    work.trail.append(sign_in_entry(Action.LOGIN_SUCCESS, user, origin, at=now))
    return SignedIn(user, desk.tokens.issue(user, session, at=now))


def _refuse(
    work: SignInWork,
    email: Email,
    before: Failures,
    user: User | None,
    origin: Origin,
    *,
    at: datetime,
    reason: TotpInvalidError | None = None,
) -> AuthenticationFailedError | AccountLockedError | TotpInvalidError:
    """Count a failure. The one that locks is answered like all that follow it."""
    after = before.after_failure(at)
    work.lockouts.keep(email, after, at=at)
    refusal = (
        (reason or AuthenticationFailedError())
        if after.locked_until is None
        else AccountLockedError(after.locked_until)
    )
    work.trail.append(sign_in_entry(Action.LOGIN_FAILED, user, origin, at=at, refusal=refusal.code))
    if after.is_locked(at) and not before.is_locked(at):
        work.trail.append(sign_in_entry(Action.ACCOUNT_LOCKED, user, origin, at=at))
    return refusal
