"""Tokens through sign-ins, thefts, logouts and changes of accounts: each works when the model says so."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.builders import a_new_user, a_password, a_practice_id, an_actor, an_origin
from tests.credentials import ACCESS_LIFE, REFRESH_LIFE
from tests.databases import SqliteTemplate, quick_engine
from tests.desks import SqlHouse, a_memory_desk, entries_of
from tests.machines.running import run_machine
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_adapters.sql import SqlDesk
from vantrexia_core.audit import Action
from vantrexia_core.identity import (
    NewPassword,
    User,
    change_user,
    check_token,
    create_user,
    log_out,
    look_up_user,
    recognise,
    refresh_tokens,
    set_password,
    sign_in,
    unlock_user,
)
from vantrexia_core.kernel import Phi, PracticeId, Role, VantrexiaError

Ground = tuple[MemoryDesk | SqlDesk, PracticeId]
RUNS_AND_STEPS = {"memory": (60, 40), "sqlite": (10, 30)}
WRONG = Phi("not the password")
LOCK = timedelta(minutes=30)
PAUSES = [timedelta(minutes=1), ACCESS_LIFE, LOCK, timedelta(hours=7), REFRESH_LIFE]
WHO = st.integers(0, 1)
WHICH = st.integers(0, 60)


@attrs.define(eq=False)
class Person:
    """What the model knows of an account."""

    user: User
    password: NewPassword
    role: Role
    is_active: bool = True
    failures: int = 0
    locked_until: datetime | None = None


@attrs.define(eq=False)
class Family:
    """A session: alive until something ends it, and its refresh tokens, the last of which is good."""

    person: Person
    ends_at: datetime
    refreshes: list[Phi[str]] = attrs.field(factory=list)
    is_alive: bool = True


@attrs.frozen(eq=False)
class Access:
    """An access token."""

    family: Family
    text: Phi[str]
    ends_at: datetime


class SessionMachine(RuleBasedStateMachine):
    """The model: people, families of tokens, and who may still sign in."""

    new_ground: Callable[[ManualClock], Ground]
    addresses = count(1)

    @initialize()
    def begin(self) -> None:
        """A practice with two people, both signed in."""
        self.clock = ManualClock()
        self.desk, practice_id = type(self).new_ground(self.clock)
        self.admin = an_actor(practice_id=practice_id)
        self.passwords = count(1)
        self.families: list[Family] = []
        self.accesses: list[Access] = []
        self.thefts = self.locks = 0
        self.people: list[Person] = []
        for role in (Role.NURSE, Role.PROVIDER):
            new = a_new_user(role, email=f"person-{next(self.addresses)}@example.org")
            password = self._fresh_password()
            self.people.append(Person(create_user(self.desk, self.admin, new, password), password, role))
            self._attempt(self.people[-1], is_right=True)

    @rule(who=WHO, is_right=st.booleans())
    def sign_in(self, who: int, *, is_right: bool) -> None:
        """With the right password or another one."""
        self._attempt(self.people[who], is_right=is_right)

    @rule(who=WHO)
    def guess(self, who: int) -> None:
        """Five wrong ones."""
        for _ in range(5):
            self._attempt(self.people[who], is_right=False)

    @rule(which=WHICH)
    def refresh(self, which: int) -> None:
        """The token that is in place, of a session that lasts if there is one."""
        family = self._some_family(which)
        self._present(family, family.refreshes[-1])

    @rule(which=WHICH, is_first=st.booleans())
    def steal(self, which: int, *, is_first: bool) -> None:
        """A token is exchanged, and then it comes again, or the very first of its family does."""
        family = self._some_family(which)
        token = family.refreshes[-1]
        self._present(family, token)
        self._present(family, family.refreshes[0] if is_first else token)

    @rule(which=WHICH, token=WHICH)
    def present(self, which: int, token: int) -> None:
        """Any token of any session, living or dead."""
        family = self.families[which % len(self.families)]
        self._present(family, family.refreshes[token % len(family.refreshes)])

    @rule(which=WHICH, other=WHICH, is_all=st.booleans())
    def log_out(self, which: int, other: int, *, is_all: bool) -> None:
        """By any access token and any refresh token, of the same account or of another."""
        access = self.accesses[-1 - which % len(self.accesses)]
        family = self.families[-1 - other % len(self.families)]
        token = family.refreshes[other % len(family.refreshes)]
        person = access.family.person
        is_theirs = family.person is person and self.clock.now() < family.ends_at

        def leave() -> None:
            actor = recognise(self.desk, access.text, an_origin())
            log_out(self.desk, actor, token, all_sessions=is_all)

        if not (self._is_let_in(access) and is_theirs):
            assert self._refusal(leave) == "token_not_valid"
            return
        leave()
        if is_all:
            self._end_all(person)
        else:
            family.is_alive = False

    @rule(who=WHO, is_active=st.booleans())
    def open_or_close(self, who: int, *, is_active: bool) -> None:
        """A closed account has no sessions; opening it again brings none back."""
        person = self.people[who]
        change_user(self.desk, self.admin, person.user.id, is_active=is_active)
        person.is_active = is_active
        if not is_active:
            self._end_all(person)

    @rule(who=WHO, role=st.sampled_from([Role.NURSE, Role.PROVIDER, Role.MA]))
    def give_a_role(self, who: int, role: Role) -> None:
        """Another one ends what was begun in the one before; the same one changes nothing."""
        person = self.people[who]
        change_user(self.desk, self.admin, person.user.id, role=role)
        if role is not person.role:
            person.role = role
            self._end_all(person)

    @rule(who=WHO)
    def give_a_password(self, who: int) -> None:
        """Its sessions end, and its failures are forgotten."""
        person = self.people[who]
        person.password = self._fresh_password()
        set_password(self.desk, self.admin, person.user.id, person.password)
        person.failures, person.locked_until = 0, None
        self._end_all(person)

    @rule(who=WHO)
    def unlock(self, who: int) -> None:
        """Forgets the failures, and touches no session."""
        person = self.people[who]
        unlock_user(self.desk, self.admin, person.user.id)
        person.failures, person.locked_until = 0, None

    @rule(pause=st.sampled_from(PAUSES))
    def wait(self, pause: timedelta) -> None:
        """Everything ends some day."""
        self.clock.advance(pause)

    @invariant()
    def every_access_token_lets_in_whom_the_model_says(self) -> None:
        """In the role that the account has now."""
        for access in getattr(self, "accesses", []):
            if self._is_let_in(access):
                actor = recognise(self.desk, access.text, an_origin())
                person = access.family.person
                assert (actor.user_id, actor.role) == (person.user.id, person.role)
                check_token(self.desk, access.text, an_origin())
            else:
                self._assert_worthless(access.text)

    @invariant()
    def of_each_living_family_the_last_refresh_token_is_good(self) -> None:
        """And no other token of any family."""
        for family in getattr(self, "families", []):
            for token in family.refreshes:
                if self._is_next(family, token):
                    check_token(self.desk, token, an_origin())
                else:
                    self._assert_worthless(token)

    @invariant()
    def an_administrator_sees_who_is_locked_and_until_when(self) -> None:
        """While the lock lasts."""
        for person in getattr(self, "people", []):
            shown = look_up_user(self.desk, self.admin, person.user.id)
            assert shown.locked_until == (person.locked_until if self._is_locked(person) else None)
            assert (shown.user.role, shown.user.is_active) == (person.role, person.is_active)

    def teardown(self) -> None:
        """The trail has each theft and each lock once."""
        if hasattr(self, "people"):
            theirs = {person.user.id for person in self.people}
            trail = entries_of(self.desk, self.admin.practice_id)
            actions = [entry.action for entry in trail if entry.actor_id in theirs]
            assert actions.count(Action.TOKEN_REUSE_DETECTED) == self.thefts
            assert actions.count(Action.ACCOUNT_LOCKED) == self.locks

    def _attempt(self, person: Person, *, is_right: bool) -> None:
        now = self.clock.now()
        was_locked = self._is_locked(person)
        if person.locked_until is not None and not was_locked:
            person.failures, person.locked_until = 0, None
        typed = person.password if is_right else WRONG
        if is_right and person.is_active and not was_locked:
            signed_in = sign_in(self.desk, person.user.email, typed, an_origin())
            person.failures, person.locked_until = 0, None
            family = Family(person, now + REFRESH_LIFE)
            self.families.append(family)
            self._learn(family, signed_in.tokens)
            return
        person.failures += 1
        if person.failures >= 5:
            person.locked_until = now + LOCK
            self.locks += not was_locked
        code = "authentication_failed" if person.locked_until is None else "account_locked"
        assert self._refusal(lambda: sign_in(self.desk, person.user.email, typed, an_origin())) == code

    def _present(self, family: Family, token: Phi[str]) -> None:
        if self._is_next(family, token):
            self._learn(family, refresh_tokens(self.desk, token, an_origin()))
            return
        assert self._refusal(lambda: refresh_tokens(self.desk, token, an_origin())) == "token_not_valid"
        if self._lasts(family):
            family.is_alive = False
            self.thefts += 1

    def _some_family(self, which: int) -> Family:
        families = [family for family in self.families if self._lasts(family)] or self.families
        return families[which % len(families)]

    def _learn(self, family: Family, pair) -> None:
        ends_at = min(self.clock.now() + ACCESS_LIFE, family.ends_at)
        family.refreshes.append(pair.refresh)
        self.accesses.append(Access(family, pair.access, ends_at))

    def _lasts(self, family: Family) -> bool:
        return family.is_alive and self.clock.now() < family.ends_at

    def _is_next(self, family: Family, token: Phi[str]) -> bool:
        return self._lasts(family) and token is family.refreshes[-1]

    def _is_let_in(self, access: Access) -> bool:
        return self._lasts(access.family) and self.clock.now() < access.ends_at

    def _is_locked(self, person: Person) -> bool:
        return person.locked_until is not None and self.clock.now() < person.locked_until

    def _end_all(self, person: Person) -> None:
        for family in self.families:
            if family.person is person:
                family.is_alive = False

    def _fresh_password(self) -> NewPassword:
        return a_password(f"correct horse battery {next(self.passwords)}")

    def _assert_worthless(self, token: Phi[str]) -> None:
        assert self._refusal(lambda: recognise(self.desk, token, an_origin())) == "token_not_valid"
        assert self._refusal(lambda: check_token(self.desk, token, an_origin())) == "token_not_valid"

    @staticmethod
    def _refusal(call: Callable[[], object]) -> str | None:
        try:
            call()
        except VantrexiaError as refusal:
            return refusal.code
        return None


def test_a_token_works_in_memory_when_the_model_says_so() -> None:
    """In any order of sign-ins, exchanges, thefts, logouts, changes of accounts, and waiting."""
    run_machine(
        SessionMachine,
        lambda clock: (a_memory_desk(clock), a_practice_id()),
        *RUNS_AND_STEPS["memory"],
        night_steps=2,
    )


def test_a_token_works_on_sqlite_when_the_model_says_so(
    sqlite_template: SqliteTemplate, tmp_path: Path
) -> None:
    """The same. Runs share the database; practices and addresses keep them apart."""
    practices, ids = CountedIds("practices"), CountedIds("sessions of all runs")
    with closing(SqlHouse(quick_engine(sqlite_template.database(tmp_path)), tmp_path)) as house:

        def new_ground(clock: ManualClock) -> Ground:
            return house.desk(clock, ids), house.found(PracticeId(practices.new_id()))

        run_machine(SessionMachine, new_ground, *RUNS_AND_STEPS["sqlite"], night_steps=2)
