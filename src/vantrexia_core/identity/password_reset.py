"""Choosing another password after the present one was forgotten.

Asking costs and answers the same for every address: the request is noted, and that is all. A letter leaves
later, if an account has the address; the token in it is made in that moment, is good once and for an hour,
and does not stand in for the second factor.
"""

from collections.abc import Iterator
from datetime import datetime

from vantrexia_core.audit import Action, Attempt, preparing, repeated_if_undone, undertake
from vantrexia_core.identity.delivery import deliver
from vantrexia_core.identity.facts import PasswordReset
from vantrexia_core.identity.letters import Letter, Round
from vantrexia_core.identity.model import User
from vantrexia_core.identity.password_change import void_resets
from vantrexia_core.identity.password_policy import NewPassword, admit
from vantrexia_core.identity.ports import Mailer, SignInDesk
from vantrexia_core.identity.resets import (
    RESET_TOKEN_BYTES,
    RESET_TOKEN_LIFE,
    ResetRequest,
)
from vantrexia_core.identity.signing_in import sign_in_entry
from vantrexia_core.kernel import Email, InvalidError, Origin, Permission, Phi, UserId
from vantrexia_core.protection import PracticeDestroyedError

_SUBJECT = "Set a new password"


@repeated_if_undone
def request_reset(desk: SignInDesk, email: Email, origin: Origin) -> None:
    """Note that the owner of an address wants a new password. Nobody learns whether there is an account.

    Raises:
        AuditUnavailableError: the trail could not be written.
    """
    try:
        account = desk.accounts.by_email(email)
    except PracticeDestroyedError:
        # There is one that nobody can open. Asking is answered alike for that one, too.
        account = None
    now = desk.clock.now()
    with desk.begin_sign_in() as work:
        work.reset_requests.ask(email, at=now)
        user = account.user if account else None
        work.trail.append(sign_in_entry(Action.PASSWORD_RESET_REQUESTED, user, origin, at=now))
        work.commit()


def answer_resets(desk: SignInDesk, mailer: Mailer, page: str | None = None) -> Round:
    """Let the letters leave that are due. ``page`` is where people set a new password, if there is one.

    A request is put off before its letter is sent and closed after: of several processes one sends it, and
    one that dies in between leaves it to be tried again. Each letter has a token of its own, good until it
    expires or another one of the account is used. An account gets one letter in `LETTER_EVERY`.

    Raises:
        UnavailableError: the store cannot be reached.
    """
    # As with emergencies: what becomes due meanwhile is for another round.
    began = desk.clock.now()

    def due() -> Iterator[tuple[ResetRequest, Letter]]:
        while (taken := _take_due(desk, began)) is not None:
            request, user = taken
            letter = None if user is None else _letter(desk, request, user, page)
            if letter is not None:
                yield request, letter

    def close(request: ResetRequest) -> None:
        with desk.begin_sign_in() as work:
            work.reset_requests.close(request)
            work.commit()

    return deliver(mailer, due(), close)


@repeated_if_undone
def confirm_reset(
    desk: SignInDesk, user_id: UserId, token: Phi[str], chosen: NewPassword, origin: Origin
) -> None:
    """Set the password of whoever has the token. All their sessions end.

    The lock is lifted, but not where there is a second factor: wrong codes count towards it, and whoever
    reads the mailbox could otherwise go on guessing for ever. It ends by itself or by an administrator.

    Raises:
        InvalidError: on ``token``: it is wrong, used, or too old; on ``new_password``: it may not be chosen.
        AuditUnavailableError: the trail could not be written.
    """
    user = desk.accounts.by_id(user_id)
    if user is None or not _holds(desk, user, token):
        now, refusal = desk.clock.now(), _not_good()
        with desk.begin_sign_in() as work:
            action = Action.PASSWORD_RESET_COMPLETED
            work.trail.append(sign_in_entry(action, user, origin, at=now, refusal=refusal.code))
            work.commit()
        raise refusal
    attempt = Attempt(
        user.as_actor(origin), Action.PASSWORD_RESET_COMPLETED, Permission.OWN_ACCOUNT, user_id=user.id
    )
    with preparing(desk, attempt):
        with desk.begin(user.practice_id) as reading:
            former = reading.users.password_hashes(user.id)
        password_hash = admit(desk.passwords, chosen, "new_password", user, former)
    with undertake(desk, attempt) as deed:
        # The account's lock before the token's, the order in which everybody takes them.
        current = deed.work.users.get_to_change(user.id)
        if not current.is_open or not deed.work.reset_tokens.take(current, token, at=deed.now):
            raise _not_good()
        deed.work.users.set_password(user.id, password_hash)
        void_resets(deed.work, current)
        deed.work.sessions.end_all(user.id)
        if not current.is_2fa_enabled:
            deed.work.lockouts.clear(current.email)
        deed.finish(PasswordReset(user_id=user.id, changed=("password",)), None)


@repeated_if_undone
def _take_due(desk: SignInDesk, began: datetime) -> tuple[ResetRequest, User | None] | None:
    """A request that is due, put off while it is delivered; one without an account is closed at once."""
    now = desk.clock.now()
    with desk.begin_sign_in() as work:
        due = work.reset_requests.next_due(began)
        if due is None:
            return None
        try:
            user = None if due.user_id is None else work.accounts.get(due.user_id)
        except PracticeDestroyedError:
            # Nobody is told anything any more, and those who wait behind shall not suffer for it.
            user = None
        request = due.after_attempt(now)
        if user is None or due.is_given_up(now) or not user.is_open:
            work.reset_requests.close(due)
            user = None
        else:
            work.reset_requests.postpone(request)
        work.commit()
    return request, user


def _letter(desk: SignInDesk, request: ResetRequest, user: User, page: str | None) -> Letter | None:
    """The letter with a new token; None if the account has just had one, or was changed since.

    Decided here and not where somebody asks, so that asking is answered alike for everybody.
    """
    token = Phi(desk.secrets.new_secret(RESET_TOKEN_BYTES).reveal().hex())
    with desk.begin(user.practice_id) as work:
        current = work.users.get_to_change(user.id)
        if not current.is_open or not work.reset_requests.is_standing(request):
            return None
        now = desk.clock.now()
        later = request.too_soon_until(work.reset_tokens.newest_expiry(current), now)
        if later is not None:
            work.reset_requests.postpone(later)
            work.commit()
            return None
        work.reset_tokens.put(current, token, at=now, expires_at=now + RESET_TOKEN_LIFE)
        work.commit()
    # Behind the number sign, so that no server on the way writes it into a log.
    how = (
        f"Open this page to choose it:\n\n{page}#uid={user.id}&token={token.reveal()}"
        if page is not None
        else f"Your application asks you for these two:\n\nuid: {user.id}\ntoken: {token.reveal()}"
    )
    minutes = int(RESET_TOKEN_LIFE.total_seconds()) // 60
    text = (
        "Somebody asked for a new password for your Vantrexia account.\n\n"
        f"{how}\n\n"
        f"This works once, and for {minutes} minutes. If it was not you who asked, do nothing: your password "
        "stays as it is.\n"
    )
    return Letter(user.email, _SUBJECT, Phi(text))


def _holds(desk: SignInDesk, user: User, token: Phi[str]) -> bool:
    with desk.begin(user.practice_id) as work:
        is_good = work.reset_tokens.holds(user, token, at=desk.clock.now())
    return is_good and user.is_open


def _not_good() -> InvalidError:
    return InvalidError.on("token", "This token is not valid or has expired. Ask for another mail.")
