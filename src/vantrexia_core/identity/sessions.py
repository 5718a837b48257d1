"""Sessions: exchanging their tokens, looking whether a token is good, and ending them.

A refresh token is exchanged once (RFC 9700, section 4.14.2). Presented a second time, it was copied: whether
the thief or the owner came first cannot be known, so the whole session ends and both sign in again. Of calls
that present one token at the same moment the store lets one win; each of the others is a second presentation.
"""

from datetime import datetime

import attrs

from vantrexia_core.audit import Action, Attempt, AuditEntry, repeated_if_undone, undertake
from vantrexia_core.identity.facts import LoggedOut
from vantrexia_core.identity.model import TokenClaims, TokenPair, User
from vantrexia_core.identity.ports import SignInDesk, SignInWork, TokenNotValidError
from vantrexia_core.identity.signing_in import recognise, sign_in_entry
from vantrexia_core.kernel import Actor, Origin, Permission, Phi, TokenId


@repeated_if_undone
def refresh_tokens(desk: SignInDesk, refresh_token: Phi[str], origin: Origin) -> TokenPair:
    """Exchange a refresh token for a fresh pair; it cannot be exchanged again.

    Raises:
        TokenNotValidError: no refresh token of ours, expired, exchanged before (then its session has ended
            now), or its session or account is closed.
        AuditUnavailableError: the trail could not be written; nothing was exchanged.
    """
    now = desk.clock.now()
    claims = desk.tokens.read_refresh(refresh_token, at=now)
    with desk.begin_sign_in() as work:
        pair = _exchange(desk, work, claims, origin, at=now)
        work.commit()
    if pair is None:
        raise TokenNotValidError
    return pair


@repeated_if_undone
def check_token(desk: SignInDesk, token: Phi[str], origin: Origin) -> None:
    """Whether an access token would be accepted now, or a refresh token exchanged.

    Raises:
        TokenNotValidError: neither.
    """
    now = desk.clock.now()
    try:
        claims = desk.tokens.read_refresh(token, at=now)
    except TokenNotValidError:
        recognise(desk, token, origin)
        return
    with desk.begin_sign_in() as work:
        session = work.sessions.get(claims.session_id)
    present = desk.accounts.in_session(claims.user_id, claims.session_id, at=now)
    is_next = session is not None and session.refresh_id == claims.token_id
    if present is None or not (is_next and present.user.is_open):
        raise TokenNotValidError


@repeated_if_undone
def log_out(desk: SignInDesk, actor: Actor, refresh_token: Phi[str], *, all_sessions: bool = False) -> None:
    """End the session of a refresh token, or all of the actor's. Takes effect on the next request.

    Raises:
        TokenNotValidError: no refresh token of ours, expired, or another account's.
    """
    with undertake(desk, Attempt(actor, Action.LOGOUT, Permission.OWN_ACCOUNT)) as deed:
        claims = desk.tokens.read_refresh(refresh_token, at=deed.now)
        if claims.user_id != actor.user_id:
            raise TokenNotValidError
        if all_sessions:
            deed.work.sessions.end_all(actor.user_id)
        else:
            deed.work.sessions.end(claims.session_id)
        deed.finish(LoggedOut(user_id=actor.user_id), None)


def _exchange(
    desk: SignInDesk, work: SignInWork, claims: TokenClaims, origin: Origin, *, at: datetime
) -> TokenPair | None:
    """The fresh pair; None, recorded, if there is none to be had. The caller commits either way."""
    session, user = work.sessions.get(claims.session_id), work.accounts.get(claims.user_id)
    if session is None or user is None or session.user_id != user.id or session.expires_at <= at:
        work.trail.append(_refused(Action.TOKEN_REFRESHED, user, origin, at=at))
        return None
    # Whatever was read just now: which of several calls exchanges the token is decided here.
    successor = TokenId(desk.ids.new_id())
    is_exchanged = work.sessions.rotate(session.id, claims.token_id, successor, at=at)
    if not (is_exchanged and user.is_open):
        work.sessions.end(session.id)
        action = Action.TOKEN_REFRESHED if is_exchanged else Action.TOKEN_REUSE_DETECTED
        work.trail.append(_refused(action, user, origin, at=at))
        return None
    work.trail.append(sign_in_entry(Action.TOKEN_REFRESHED, user, origin, at=at))
    return desk.tokens.issue(user, attrs.evolve(session, refresh_id=successor), at=at)


def _refused(action: Action, user: User | None, origin: Origin, *, at: datetime) -> AuditEntry:
    return sign_in_entry(action, user, origin, at=at, refusal=TokenNotValidError.code)
