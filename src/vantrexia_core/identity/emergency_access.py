"""Declaring an emergency, telling administrators of it, and looking back at those there were.

45 CFR 164.312(a)(2)(ii). What an emergency is and opens: `break_glass`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import attrs

from vantrexia_core.audit import Action, Attempt, repeated_if_undone, undertake
from vantrexia_core.identity.break_glass import (
    DECLARED_MAX,
    EMERGENCY_LIFE,
    BreakGlass,
    EmergencyNotice,
    EmergencyShown,
    TooManyEmergenciesError,
)
from vantrexia_core.identity.delivery import deliver
from vantrexia_core.identity.facts import EmergenciesListed, EmergencyDeclared
from vantrexia_core.identity.letters import Letter, Round
from vantrexia_core.identity.model import User
from vantrexia_core.identity.ports import Mailer, SignInDesk, UserDesk, UserStore
from vantrexia_core.kernel import (
    Actor,
    Email,
    EmergencyId,
    NotFoundError,
    NotSignedInError,
    Page,
    PageRequest,
    Permission,
    Phi,
    Purpose,
    Reason,
)
from vantrexia_core.protection import PracticeDestroyedError

_SUBJECT: Final = "Emergency access was declared"
_NOBODY: Final = Email("unknown@forged.invalid")
"""Shown where a forged row names nobody of the practice."""


@repeated_if_undone
def declare_emergency(desk: UserDesk, actor: Actor, reason: Reason) -> BreakGlass:
    """Break the glass: from the next call on, and for `EMERGENCY_LIFE`, this session sees every record.

    Every active administrator of the practice is told by a letter, which does not repeat the reason.

    Raises:
        PermissionDeniedError: the actor is a patient or a program.
        NotSignedInError: the actor acts in no session, so there is nothing that the emergency could be of.
        NotFoundError: the actor has no account in this practice.
        TooManyEmergenciesError: the account declared `DECLARED_MAX` within the hour.
        AuditUnavailableError: the trail could not be written; nothing was opened.
    """
    attempt = Attempt(actor, Action.EMERGENCY_DECLARE, Permission.BREAK_GLASS, user_id=actor.user_id)
    with undertake(desk, attempt) as deed:
        if actor.session_id is None:
            raise NotSignedInError
        # Locked, so that of any number of declarations made at once no more than that many count.
        deed.work.users.get_to_change(actor.user_id)
        if deed.work.emergencies.count_by(actor.user_id, after=deed.now - EMERGENCY_LIFE) >= DECLARED_MAX:
            raise TooManyEmergenciesError
        emergency = BreakGlass(
            EmergencyId(desk.ids.new_id()),
            actor.practice_id,
            actor.user_id,
            actor.session_id,
            reason,
            declared_at=deed.now,
            ends_at=deed.now + EMERGENCY_LIFE,
        )
        told = [user.id for user in deed.work.users.administrators()]
        deed.work.emergencies.add(emergency, told)
        # What was refused above was not done in this emergency: there is none.
        marked = attrs.evolve(actor, purpose=Purpose.EMERGENCY_TREATMENT)
        deed.attempt = attrs.evolve(attempt, actor=marked)
        return deed.finish(EmergencyDeclared(user_id=actor.user_id), emergency)


@repeated_if_undone
def find_emergencies(desk: UserDesk, actor: Actor, page: PageRequest) -> Page[EmergencyShown]:
    """A page of the emergencies that the practice's people declared, newest first, each with its reason.

    Raises:
        PermissionDeniedError: the actor is not an administrator.
        NotFoundError: the page lies behind the last one.
    """
    with undertake(desk, Attempt(actor, Action.EMERGENCY_LIST, Permission.REVIEW_EMERGENCIES)) as deed:
        emergencies = deed.work.emergencies
        count = emergencies.count()
        page.check_within(count)
        found = emergencies.newest_first(skip=page.offset, limit=page.size)
        shown: Sequence[EmergencyShown] = [
            EmergencyShown(one, _declarer(deed.work.users, one)) for one in found
        ]
        return deed.finish(EmergenciesListed(), Page(count, tuple(shown), page))


def tell_of_emergencies(desk: SignInDesk, mailer: Mailer) -> Round:
    """Let the letters leave that tell administrators of emergencies.

    As with resets (`answer_resets`): put off before a letter is sent, closed after it. Of several processes
    one sends it; one that dies in between leaves it to be tried again, so a letter may come twice.

    Raises:
        UnavailableError: the store cannot be reached.
    """
    # What becomes due meanwhile is for another round: a slow mail server must not make one last for ever.
    began, given_up = desk.clock.now(), 0

    def due() -> Iterator[tuple[EmergencyNotice, Letter]]:
        nonlocal given_up
        while (taken := _take_due(desk, began)) is not None:
            given_up += taken.is_given_up
            if taken.letter is not None:
                yield taken.notice, taken.letter

    def close(notice: EmergencyNotice) -> None:
        with desk.begin_sign_in() as work:
            work.emergency_notices.close(notice)
            work.commit()

    return attrs.evolve(deliver(mailer, due(), close), given_up=given_up)


@attrs.frozen
class _Taken:
    """A notice that was due, and the letter that is to leave; None if there is nobody to tell any more."""

    notice: EmergencyNotice
    letter: Letter | None = None
    is_given_up: bool = False


@repeated_if_undone
def _take_due(desk: SignInDesk, began: datetime) -> _Taken | None:
    """A notice that is due, put off while its letter is on its way, or closed if there is nobody to tell."""
    now = desk.clock.now()
    with desk.begin_sign_in() as work:
        due = work.emergency_notices.next_due(began)
        if due is None:
            return None
        notice = due.after_attempt(now)
        try:
            administrator, by = work.accounts.get(due.administrator_id), work.accounts.get(due.by)
        except PracticeDestroyedError:
            administrator = by = None
        # Whom a notice names is not covered by a tag: nobody of another practice is told.
        is_theirs = administrator is not None and administrator.practice_id == due.practice_id
        if administrator is None or by is None or not (is_theirs and administrator.is_administrator):
            work.emergency_notices.close(due)
            taken = _Taken(due)
        elif due.is_given_up(now):
            work.emergency_notices.close(due)
            taken = _Taken(due, is_given_up=True)
        else:
            work.emergency_notices.postpone(notice)
            taken = _Taken(
                notice, _letter(notice, administrator, by) if due.is_genuine else _warning(administrator)
            )
        work.commit()
    return taken


def _letter(notice: EmergencyNotice, to: User, by: User) -> Letter:
    """No reason in it: that may name a patient, and letters travel far."""
    text = (
        f"{by.email.reveal()} ({by.role.value}) declared an emergency at "
        f"{notice.declared_at:%Y-%m-%d %H:%M} UTC and can see every record of the practice until "
        f"{notice.ends_at:%Y-%m-%d %H:%M} UTC.\n\n"
        "Read the reason, and what was looked at: in your application's list of emergencies and its audit "
        "trail (purpose etreat), or at the console with\n\n"
        "    vantrexia audit emergencies\n\n"
        "If this should not have happened, close the account: its sessions end with it.\n"
    )
    return Letter(to.email, _SUBJECT, Phi(text))


def _warning(to: User) -> Letter:
    """Of a row that this service did not write: nothing of what it says is repeated."""
    text = (
        "Your practice's list of emergencies holds an entry that was put there, or changed, by something "
        "other than this service. Somebody can write to the database.\n\n"
        "The audit trail says which emergencies were declared: action emergency_declare. What was changed in "
        "the list, the list shows: in your application, or at the console with\n\n"
        "    vantrexia audit emergencies\n"
    )
    return Letter(to.email, "The list of emergencies was changed", Phi(text))


def _declarer(users: UserStore, emergency: BreakGlass) -> Email:
    """Who declared it. A forged row may name anybody, and must not hide the others from an administrator."""
    try:
        return users.get(emergency.user_id).email
    except NotFoundError:
        if emergency.is_genuine:
            raise
    return _NOBODY
