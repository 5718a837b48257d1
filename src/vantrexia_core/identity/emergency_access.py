"""Declaring an emergency, telling administrators of it, and looking back at those there were.

45 CFR 164.312(a)(2)(ii). What an emergency is and opens: `break_glass`.
"""

from collections.abc import Iterator, Sequence

import attrs

from vantrexia_core.audit import Action, Attempt, repeated_if_undone, undertake
from vantrexia_core.identity.break_glass import (
    EMERGENCY_LIFE,
    BreakGlass,
    EmergencyNotice,
    EmergencyShown,
)
from vantrexia_core.identity.delivery import deliver
from vantrexia_core.identity.facts import EmergenciesListed, EmergencyDeclared
from vantrexia_core.identity.letters import Letter, Round
from vantrexia_core.identity.model import User
from vantrexia_core.identity.ports import Mailer, SignInDesk, UserDesk
from vantrexia_core.kernel import (
    Actor,
    EmergencyId,
    NotSignedInError,
    Page,
    PageRequest,
    Permission,
    Phi,
    Purpose,
    Reason,
)
from vantrexia_core.protection import PracticeDestroyedError

_SUBJECT = "Emergency access was declared"


@repeated_if_undone
def declare_emergency(desk: UserDesk, actor: Actor, reason: Reason) -> BreakGlass:
    """Break the glass: from the next call on, and for `EMERGENCY_LIFE`, this session sees every record.

    Every active administrator of the practice is told by a letter, which does not repeat the reason.

    Raises:
        PermissionDeniedError: the actor is a patient or a program.
        NotSignedInError: the actor acts in no session, so there is nothing that the emergency could be of.
        AuditUnavailableError: the trail could not be written; nothing was opened.
    """
    marked = attrs.evolve(actor, purpose=Purpose.EMERGENCY_TREATMENT)
    attempt = Attempt(marked, Action.EMERGENCY_DECLARE, Permission.BREAK_GLASS, user_id=actor.user_id)
    with undertake(desk, attempt) as deed:
        if actor.session_id is None:
            raise NotSignedInError
        emergency = BreakGlass(
            EmergencyId(desk.ids.new_id()),
            actor.practice_id,
            actor.user_id,
            actor.session_id,
            reason,
            declared_at=deed.now,
            ends_at=deed.now + EMERGENCY_LIFE,
        )
        told = [user.id for user in deed.work.users.all() if user.is_administrator]
        deed.work.emergencies.add(emergency, told)
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
            EmergencyShown(one, deed.work.users.get(one.user_id).email) for one in found
        ]
        return deed.finish(EmergenciesListed(), Page(count, tuple(shown), page))


def tell_of_emergencies(desk: SignInDesk, mailer: Mailer) -> Round:
    """Let the letters leave that tell administrators of emergencies.

    As with resets (`answer_resets`): put off before a letter is sent, closed after it. Of several processes
    one sends it; one that dies in between leaves it to be tried again, so a letter may come twice.

    Raises:
        UnavailableError: the store cannot be reached.
    """

    def due() -> Iterator[tuple[EmergencyNotice, Letter]]:
        while (taken := _take_due(desk)) is not None:
            notice, letter = taken
            if letter is not None:
                yield notice, letter

    def close(notice: EmergencyNotice) -> None:
        with desk.begin_sign_in() as work:
            work.emergency_notices.close(notice)
            work.commit()

    return deliver(mailer, due(), close)


@repeated_if_undone
def _take_due(desk: SignInDesk) -> tuple[EmergencyNotice, Letter | None] | None:
    """A notice that is due, put off while its letter is on its way, or closed if there is nobody to tell."""
    now = desk.clock.now()
    with desk.begin_sign_in() as work:
        due = work.emergency_notices.next_due(now)
        if due is None:
            return None
        notice = due.after_attempt(now)
        try:
            administrator, by = work.accounts.get(due.administrator_id), work.accounts.get(due.by)
        except PracticeDestroyedError:
            administrator = by = None
        if administrator is None or by is None or not administrator.is_administrator or due.is_given_up(now):
            work.emergency_notices.close(due)
            letter = None
        else:
            work.emergency_notices.postpone(notice)
            letter = _letter(notice, administrator, by)
        work.commit()
    return notice, letter


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
