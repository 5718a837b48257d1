"""Letting people in, and recognising them on every request."""

from vantrexia_core.audit import Action, AuditEntry, Outcome
from vantrexia_core.identity.model import Account, SignedIn
from vantrexia_core.identity.ports import SignInDesk, TokenNotValidError
from vantrexia_core.kernel import Actor, Email, NotSignedInError, Origin, Phi


class AuthenticationFailedError(NotSignedInError):
    """Address or password is wrong, or the account is closed. It never says which."""

    code = "authentication_failed"
    sentence = "Unable to log in with provided credentials."


def sign_in(desk: SignInDesk, email: Email, password: Phi[str], origin: Origin) -> SignedIn:
    """Check the credentials and hand out tokens. Recorded whether it succeeds or not.

    An unknown address costs the same time as a known one, and gets the same answer.

    Raises:
        AuthenticationFailedError: no such account, wrong password, or the account is closed.
        AuditUnavailableError: the trail could not be written.
    """
    account = desk.accounts.by_email(email)
    # Hashing takes tens of milliseconds and no lock may be held meanwhile.
    verdict = desk.passwords.verify(account.password_hash if account else None, password)
    is_let_in = account is not None and verdict.matches and account.user.is_active
    _record(desk, account, origin, is_let_in=is_let_in)
    if account is None or not is_let_in:
        raise AuthenticationFailedError
    return SignedIn(account.user, desk.tokens.issue(account.user, at=desk.clock.now()))


def recognise(desk: SignInDesk, access_token: Phi[str], origin: Origin) -> Actor:
    """Who sends this request. Role and activity are read now, not believed from the token.

    Raises:
        TokenNotValidError: forged, expired, of another kind, or the account is closed.
    """
    user = desk.accounts.by_id(desk.tokens.read_access(access_token, at=desk.clock.now()))
    if user is None or not user.is_active:
        raise TokenNotValidError
    return user.as_actor(origin)


def _record(desk: SignInDesk, account: Account | None, origin: Origin, *, is_let_in: bool) -> None:
    user = account.user if account else None
    entry = AuditEntry(
        at=desk.clock.now(),
        action=Action.LOGIN,
        outcome=Outcome.DONE if is_let_in else Outcome.REFUSED,
        practice_id=user.practice_id if user else None,
        actor_id=user.id if user else None,
        role=user.role if user else None,
        code=None if is_let_in else AuthenticationFailedError.code,
        request_id=origin.request_id,
        address=origin.address,
    )
    with desk.begin_sign_in() as work:
        work.trail.append(entry)
        work.commit()
