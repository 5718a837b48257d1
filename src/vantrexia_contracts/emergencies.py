"""What every adapter promises of emergencies: who is in one, what they were, and who has yet to be told."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import attrs

from vantrexia_contracts.given.builders import NOW, a_new_user, a_session, an_origin
from vantrexia_contracts.stores import Stores, StoresContract, at_once
from vantrexia_core.identity import (
    DECLARED_MAX,
    EMERGENCY_LIFE,
    BreakGlass,
    EmergencyNotice,
    Present,
    TooManyEmergenciesError,
    User,
    declare_emergency,
)
from vantrexia_core.kernel import EmergencyId, PracticeId, Purpose, Reason, Role

MICROSECOND = timedelta(microseconds=1)
ETREAT = Purpose.EMERGENCY_TREATMENT


def _hire(stores: Stores, role: Role = Role.NURSE, practice_id: PracticeId | None = None) -> User:
    practice_id = practice_id or stores.here
    number = practice_id.int % 100
    with stores.desk.begin(practice_id) as work:
        user = work.users.add(a_new_user(role, email=f"{role.value}{number}@example.org"), "hash")
        work.commit()
    return user


def _an_emergency(user: User, number: int = 1, session: int = 1) -> BreakGlass:
    declared_at = NOW + timedelta(minutes=number)
    return BreakGlass(
        EmergencyId(UUID(int=0xE000_0000 + number, version=4)),
        user.practice_id,
        user.id,
        a_session(number=session).id,
        Reason(f"Found unresponsive, {number}"),
        declared_at,
        declared_at + EMERGENCY_LIFE,
    )


def _declare(stores: Stores, emergency: BreakGlass, *told: User) -> BreakGlass:
    with stores.desk.begin(emergency.practice_id) as work:
        work.emergencies.add(emergency, [user.id for user in told])
        work.commit()
    return emergency


def _next(stores: Stores, minutes: int = 5) -> EmergencyNotice | None:
    with stores.desk.begin_sign_in() as work:
        return work.emergency_notices.next_due(NOW + timedelta(minutes=minutes))


class EmergenciesContract(StoresContract):
    """Declared emergencies, and the letters that tell of them."""

    def test_emergencies_are_read_back_newest_first(self, stores: Stores) -> None:
        """A part of them, with their number; another practice's are not there."""
        user, stranger = _hire(stores), _hire(stores, practice_id=stores.elsewhere)
        first, second, third = (_declare(stores, _an_emergency(user, number)) for number in (1, 2, 3))
        _declare(stores, _an_emergency(stranger, 4))
        with stores.desk.begin(stores.here) as work:
            assert work.emergencies.count() == 3
            assert work.emergencies.newest_first(skip=0, limit=9) == [third, second, first]
            assert work.emergencies.newest_first(skip=1, limit=1) == [second]
            count_by = work.emergencies.count_by
            assert count_by(user.id, after=first.declared_at - MICROSECOND) == 3
            assert count_by(user.id, after=first.declared_at) == 2
            assert count_by(stranger.id, after=first.declared_at) == 0

    def test_whoever_is_in_a_session_is_in_its_emergency_until_it_ends(self, stores: Stores) -> None:
        """To the microsecond; neither in another session of theirs, nor for anybody else."""
        user, other = _hire(stores), _hire(stores, Role.MA)
        mine, second, theirs = (
            a_session(user.id),
            a_session(user.id, number=2),
            a_session(other.id, number=3),
        )
        with stores.desk.begin_sign_in() as work:
            for session in (mine, second, theirs):
                work.sessions.open(session)
            work.commit()
        emergency = _declare(stores, _an_emergency(user, session=1))
        # Planted under somebody else's session: it is nobody's.
        _declare(stores, _an_emergency(user, 2, session=3))
        in_session, last = stores.desk.accounts.in_session, emergency.ends_at - MICROSECOND
        assert in_session(user.id, mine.id, at=last) == Present(user, ETREAT)
        assert in_session(user.id, mine.id, at=emergency.ends_at) == Present(user)
        assert in_session(user.id, second.id, at=last) == Present(user)
        assert in_session(other.id, theirs.id, at=last) == Present(other)

    def test_a_later_declaration_goes_on_where_the_first_one_ends(self, stores: Stores) -> None:
        """Two of one session are one row too many for nobody."""
        user, session = _hire(stores), a_session()
        session = attrs.evolve(session, user_id=user.id)
        with stores.desk.begin_sign_in() as work:
            work.sessions.open(session)
            work.commit()
        first, second = (_declare(stores, _an_emergency(user, number)) for number in (1, 2))
        in_session = stores.desk.accounts.in_session
        assert in_session(user.id, session.id, at=NOW + timedelta(minutes=3)) == Present(user, ETREAT)
        assert in_session(user.id, session.id, at=first.ends_at) == Present(user, ETREAT)
        assert in_session(user.id, session.id, at=second.ends_at) == Present(user)

    def test_an_emergency_ends_with_its_session(self, stores: Stores) -> None:
        """Whoever ends the session ends what was declared in it."""
        user, session = _hire(stores), a_session()
        session = attrs.evolve(session, user_id=user.id)
        _declare(stores, _an_emergency(user))
        with stores.desk.begin_sign_in() as work:
            work.sessions.open(session)
            work.sessions.end(session.id)
            work.commit()
        assert stores.desk.accounts.in_session(user.id, session.id, at=NOW) is None

    def test_each_of_those_to_be_told_is_told_by_a_notice_of_their_own(self, stores: Stores) -> None:
        """Due at once; put off it comes later, closed it never comes again."""
        user, boss, manager = _hire(stores), _hire(stores, Role.ADMIN), _hire(stores, Role.CLINICAL_MANAGER)
        emergency = _declare(stores, _an_emergency(user), boss, manager)
        notice = _next(stores)
        assert notice is not None
        assert (notice.emergency_id, notice.by, notice.attempts) == (emergency.id, user.id, 0)
        assert (notice.practice_id, notice.is_genuine) == (stores.here, True)
        assert (notice.declared_at, notice.ends_at) == (emergency.declared_at, emergency.ends_at)
        postponed = attrs.evolve(notice, due_at=NOW + timedelta(minutes=9), attempts=1)
        with stores.desk.begin_sign_in() as work:
            work.emergency_notices.postpone(postponed)
            work.commit()
        other = _next(stores)
        assert other is not None
        assert {notice.administrator_id, other.administrator_id} == {boss.id, manager.id}
        with stores.desk.begin_sign_in() as work:
            work.emergency_notices.close(other)
            work.commit()
        assert _next(stores) is None
        assert _next(stores, minutes=9) == postponed

    def test_of_declarations_made_at_once_no_more_count_than_may(self, stores: Stores) -> None:
        """By account, whichever of its sessions they are made in."""
        user = _hire(stores)
        actors = [
            user.as_actor(an_origin(), a_session(user.id, number=number).id)
            for number in range(DECLARED_MAX + 3)
        ]
        results = at_once(
            [partial(declare_emergency, stores.desk, actor, Reason("Found unresponsive")) for actor in actors]
        )
        assert sum(isinstance(one, BreakGlass) for one in results) == DECLARED_MAX
        assert sum(isinstance(one, TooManyEmergenciesError) for one in results) == 3

    def test_what_is_not_committed_was_not_declared(self, stores: Stores) -> None:
        """Neither an emergency nor a letter about one."""
        user = _hire(stores)
        with stores.desk.begin(stores.here) as work:
            work.emergencies.add(_an_emergency(user), [user.id])
        with stores.desk.begin(stores.here) as work:
            assert work.emergencies.count() == 0
        assert _next(stores) is None
