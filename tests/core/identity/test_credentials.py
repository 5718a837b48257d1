"""Changing and resetting passwords, second factors: from the first letter to the last code."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import attrs
import pytest

from tests.builders import a_new_user, a_password, a_practice_id, an_actor, an_email, an_origin
from tests.contracts.stores import at_once
from tests.credentials import QuickPasswords, Tray
from tests.desks import a_memory_desk, entries_of
from tests.marks import core_frames
from tests.sources import ManualClock
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_adapters.memory.identity import MemoryLockouts, MemoryUsers
from vantrexia_adapters.memory.resets import MemoryResetTokens
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import (
    FAILURES_MAX,
    LOCK_LIFE,
    OPERATOR_ID,
    AccountLockedError,
    AlreadyEnabledError,
    AuthenticationFailedError,
    FactorCode,
    NotEnabledError,
    Round,
    TokenNotValidError,
    TotpInvalidError,
    TotpRequiredError,
    User,
    answer_resets,
    change_password,
    change_user,
    confirm_reset,
    create_user,
    disable_two_factor,
    finish_two_factor,
    operator,
    recognise,
    refresh_tokens,
    request_reset,
    revise_user,
    set_password,
    sign_in,
    start_two_factor,
)
from vantrexia_core.identity.model import UserRevision
from vantrexia_core.identity.resets import GIVEN_UP_AFTER, LETTER_EVERY, RESET_TOKEN_LIFE, RETRY_AFTER
from vantrexia_core.identity.second_factor import PENDING_LIFE
from vantrexia_core.identity.totp import STEP_SECONDS, code_of, step_at
from vantrexia_core.kernel import (
    Actor,
    Email,
    InvalidError,
    NamePart,
    NotFoundError,
    NotSignedInError,
    Phi,
    UserId,
    VantrexiaError,
)

ADMIN = an_actor()
OLD, NEW = a_password("correct horse battery"), a_password("seven lanterns on the pier")
WRONG = Phi("not the password at all")


@attrs.define
class House:
    """A practice with one nurse, who is signed in twice."""

    clock: ManualClock = attrs.Factory(ManualClock)
    desk: MemoryDesk = attrs.field(init=False)
    user: User = attrs.field(init=False)
    tray: Tray = attrs.Factory(Tray)

    def __attrs_post_init__(self) -> None:
        self.desk = a_memory_desk(self.clock)
        self.user = create_user(self.desk, ADMIN, a_new_user(email="tova@example.org"), OLD)

    def actor(self, password: Phi[str] = OLD, code: FactorCode | None = None) -> Actor:
        """The nurse, in a new session."""
        signed_in = sign_in(self.desk, self.user.email, password, an_origin(), code)
        return recognise(self.desk, signed_in.tokens.access, an_origin())

    def tokens(self) -> list[Phi[str]]:
        """Access tokens of two sessions."""
        return [sign_in(self.desk, self.user.email, OLD, an_origin()).tokens.access for _ in range(2)]

    def enrolled(self) -> tuple[Phi[bytes], tuple[FactorCode, ...]]:
        """Turn the second factor on; its secret and the backup codes."""
        actor = self.actor()
        enrolment = start_two_factor(self.desk, actor, OLD)
        codes = finish_two_factor(self.desk, actor, self.code(enrolment.secret))
        self.clock.advance(timedelta(seconds=STEP_SECONDS))
        return enrolment.secret, codes

    def code(self, secret: Phi[bytes], steps: int = 0) -> FactorCode:
        """What the app shows now."""
        return FactorCode(code_of(secret, step_at(self.clock.now()) + steps).reveal())

    def last(self) -> tuple[Action, Outcome, str | None]:
        """The newest line of the trail."""
        entry = entries_of(self.desk)[-1]
        return entry.action, entry.outcome, entry.code

    def asked(self) -> tuple[UserId, Phi[str]]:
        """Ask for a letter, let it leave, and read it."""
        request_reset(self.desk, self.user.email, an_origin())
        assert answer_resets(self.desk, self.tray) == Round(sent=1)
        return self.tray.token()


@pytest.fixture
def house() -> House:
    """A fresh one."""
    return House()


# ---------------------------------------------------------------- change


def test_a_changed_password_signs_in_and_the_old_one_does_not(house: House) -> None:
    """And the trail says who changed what, without the password."""
    change_password(house.desk, house.actor(), OLD, NEW)
    entry = entries_of(house.desk)[-1]
    assert (entry.action, entry.outcome, entry.changed, entry.user_id, entry.actor_id) == (
        Action.PASSWORD_CHANGED,
        Outcome.DONE,
        ("password",),
        house.user.id,
        house.user.id,
    )
    assert house.actor(NEW).user_id == house.user.id
    with pytest.raises(AuthenticationFailedError):
        house.actor(OLD)


def test_a_change_ends_all_other_sessions(house: House) -> None:
    """The one that changes goes on; what the others hold is worth nothing on the next request."""
    pairs = [sign_in(house.desk, house.user.email, OLD, an_origin()).tokens for _ in range(3)]
    mine = recognise(house.desk, pairs[0].access, an_origin())
    change_password(house.desk, mine, OLD, NEW)
    assert recognise(house.desk, pairs[0].access, an_origin()).user_id == house.user.id
    for pair in pairs[1:]:
        with pytest.raises(TokenNotValidError):
            recognise(house.desk, pair.access, an_origin())
        with pytest.raises(TokenNotValidError):
            refresh_tokens(house.desk, pair.refresh, an_origin())


@pytest.mark.parametrize("chosen", ["lindqvist2026!", "correct horse battery", "password1234"])
def test_what_may_not_be_chosen_is_refused_on_the_new_password(house: House, chosen: str) -> None:
    """Personal, the present one, guessable: the old one stays."""
    with pytest.raises(InvalidError) as caught:
        change_password(house.desk, house.actor(), OLD, a_password(chosen))
    assert list(caught.value.field_errors) == ["new_password"]
    assert house.last() == (Action.PASSWORD_CHANGED, Outcome.REFUSED, "validation_error")
    assert house.actor(OLD)


def test_a_change_voids_a_reset_on_its_way(house: House) -> None:
    """Whoever had asked for it no longer gets in by it."""
    user_id, token = house.asked()
    change_password(house.desk, house.actor(), OLD, NEW)
    with pytest.raises(InvalidError):
        confirm_reset(house.desk, user_id, token, a_password("a third and other phrase"), an_origin())


def test_of_two_changes_at_once_one_is_made(house: House) -> None:
    """The second was confirmed by a password that is no longer the account's."""
    actor = house.actor()
    chosen = [a_password(f"seven lanterns number {number}") for number in range(4)]
    results = at_once([lambda one=one: change_password(house.desk, actor, OLD, one) for one in chosen])
    assert [type(one) for one in results].count(InvalidError) == 3
    assert house.actor(chosen[results.index(None)])


# ---------------------------------------------------------------- asking again who it is

ASKING: dict[str, Callable[[House, Actor, Phi[str]], object]] = {
    "change": lambda house, actor, typed: change_password(house.desk, actor, typed, NEW),
    "set up": lambda house, actor, typed: start_two_factor(house.desk, actor, typed),
    "turn off": lambda house, actor, typed: disable_two_factor(
        house.desk, actor, typed, FactorCode("000000")
    ),
}


@pytest.mark.parametrize("doing", ASKING)
def test_a_wrong_password_is_counted_and_locks(house: House, doing: str) -> None:
    """Whoever took over a session cannot guess the password behind it; the session itself goes on."""
    access = house.tokens()[0]
    actor = recognise(house.desk, access, an_origin())
    for _ in range(FAILURES_MAX - 1):
        with pytest.raises(InvalidError):
            ASKING[doing](house, actor, WRONG)
        assert house.last()[1:] == (Outcome.REFUSED, "validation_error")
    for typed in (WRONG, OLD):
        with pytest.raises(AccountLockedError):
            ASKING[doing](house, actor, typed)
    with pytest.raises(AccountLockedError):
        house.actor()
    assert recognise(house.desk, access, an_origin()) == actor
    assert Action.ACCOUNT_LOCKED in {entry.action for entry in entries_of(house.desk)}


def test_guesses_made_at_once_are_five(house: House) -> None:
    """Sixteen threads with the right password among them: once locked, none is looked at."""
    actor = house.actor()
    for _ in range(FAILURES_MAX - 1):
        with pytest.raises(InvalidError):
            start_two_factor(house.desk, actor, WRONG)
    results = at_once([lambda: start_two_factor(house.desk, actor, WRONG) for _ in range(16)])
    assert {type(one) for one in results} == {AccountLockedError}
    with pytest.raises(AccountLockedError):
        start_two_factor(house.desk, actor, OLD)


@pytest.mark.parametrize("doing", ASKING)
def test_the_operator_has_no_account_to_change(house: House, doing: str) -> None:
    """Whoever holds the keys uses the commands."""
    with pytest.raises(NotFoundError):
        ASKING[doing](house, operator(a_practice_id(), an_origin()), OLD)
    assert entries_of(house.desk)[-1].actor_id == OPERATOR_ID


# ---------------------------------------------------------------- reset


def test_a_letter_sets_a_new_password_once(house: House) -> None:
    """All sessions end, the lock is lifted, the trail says so; a second time it is worth nothing."""
    access = house.tokens()
    for _ in range(FAILURES_MAX):
        with pytest.raises(VantrexiaError):
            sign_in(house.desk, house.user.email, WRONG, an_origin())
    user_id, token = house.asked()
    confirm_reset(house.desk, user_id, token, NEW, an_origin())
    assert house.last() == (Action.PASSWORD_RESET_COMPLETED, Outcome.DONE, None)
    for one in access:
        with pytest.raises(TokenNotValidError):
            recognise(house.desk, one, an_origin())
    assert house.actor(NEW)
    with pytest.raises(InvalidError) as caught:
        confirm_reset(house.desk, user_id, token, a_password("a third and other phrase"), an_origin())
    assert list(caught.value.field_errors) == ["token"]
    assert house.last() == (Action.PASSWORD_RESET_COMPLETED, Outcome.REFUSED, "validation_error")


def test_a_reset_does_not_skip_the_second_factor(house: House) -> None:
    """Reading somebody's mail is one factor."""
    secret, _ = house.enrolled()
    user_id, token = house.asked()
    confirm_reset(house.desk, user_id, token, NEW, an_origin())
    with pytest.raises(TotpRequiredError):
        house.actor(NEW)
    assert house.actor(NEW, house.code(secret))


@pytest.mark.parametrize("late", [RESET_TOKEN_LIFE, timedelta(days=3)])
def test_a_letter_that_is_too_old_is_worth_nothing(house: House, late: timedelta) -> None:
    """An hour, to the moment."""
    user_id, token = house.asked()
    house.clock.advance(late - timedelta(seconds=1))
    with house.desk.begin(a_practice_id()) as work:
        is_good = work.reset_tokens.holds(house.user, token, at=house.clock.now())
    assert is_good is (late == RESET_TOKEN_LIFE)
    house.clock.advance(timedelta(seconds=1))
    with pytest.raises(InvalidError):
        confirm_reset(house.desk, user_id, token, NEW, an_origin())


def test_an_altered_token_or_account_is_worth_nothing(house: House) -> None:
    """One character, one case, another account, nobody's."""
    user_id, token = house.asked()
    other = create_user(house.desk, ADMIN, a_new_user(email="zoe@example.org"), OLD)
    text = token.reveal()
    altered = [text[:-1], text + "0", text.upper(), text[1:] + text[0], "", "\ud800"]
    for uid, wrong in [*((user_id, one) for one in altered), (other.id, text), (UserId(99), text)]:
        with pytest.raises(InvalidError) as caught:
            confirm_reset(house.desk, uid, Phi(wrong), NEW, an_origin())
        assert list(caught.value.field_errors) == ["token"]
        assert text not in core_frames(caught.value)
    confirm_reset(house.desk, user_id, token, NEW, an_origin())


def test_a_refused_password_does_not_use_the_token_up(house: House) -> None:
    """People may think of a better one."""
    user_id, token = house.asked()
    with pytest.raises(InvalidError) as caught:
        confirm_reset(house.desk, user_id, token, a_password("lindqvist2026!"), an_origin())
    assert list(caught.value.field_errors) == ["new_password"]
    confirm_reset(house.desk, user_id, token, NEW, an_origin())


def test_a_closed_account_gets_no_letter_and_takes_none(house: House) -> None:
    """Neither is a closed account opened by a letter that left before."""
    user_id, token = house.asked()
    change_user(house.desk, ADMIN, house.user.id, is_active=False)
    with pytest.raises(InvalidError):
        confirm_reset(house.desk, user_id, token, NEW, an_origin())
    request_reset(house.desk, house.user.email, an_origin())
    assert answer_resets(house.desk, house.tray) == Round()
    assert len(house.tray.letters) == 1


def test_of_many_who_use_one_letter_at_once_one_sets_a_password(house: House) -> None:
    """The store decides."""
    user_id, token = house.asked()
    chosen = [a_password(f"seven lanterns number {number}") for number in range(6)]
    results = at_once(
        [lambda one=one: confirm_reset(house.desk, user_id, token, one, an_origin()) for one in chosen]
    )
    assert [type(one) for one in results].count(InvalidError) == 5
    assert house.actor(chosen[results.index(None)])


def test_however_often_somebody_asks_an_account_gets_a_letter_in_five_minutes(house: House) -> None:
    """Sixty requests in three minutes are one letter, and what waits leaves when its time has come."""
    for _ in range(60):
        request_reset(house.desk, house.user.email, an_origin())
        answer_resets(house.desk, house.tray)
        house.clock.advance(timedelta(seconds=3))
    assert len(house.tray.letters) == 1
    house.clock.advance(LETTER_EVERY - timedelta(seconds=181))
    assert answer_resets(house.desk, house.tray) == Round()
    house.clock.advance(timedelta(seconds=1))
    assert answer_resets(house.desk, house.tray) == Round(sent=1)
    assert answer_resets(house.desk, house.tray) == Round()


def test_who_asks_again_does_not_void_the_letter_that_is_being_read(house: House) -> None:
    """Anybody can ask; the first that is used voids the others, and what still waits is withdrawn."""
    first = house.asked()
    house.clock.advance(LETTER_EVERY)
    second = house.asked()
    request_reset(house.desk, house.user.email, an_origin())
    confirm_reset(house.desk, *first, NEW, an_origin())
    with pytest.raises(InvalidError) as caught:
        confirm_reset(house.desk, *second, a_password("a third and other phrase"), an_origin())
    assert list(caught.value.field_errors) == ["token"]
    house.clock.advance(LETTER_EVERY)
    assert answer_resets(house.desk, house.tray) == Round()


TAKING_OVER: dict[str, Callable[[House], object]] = {
    "password": lambda house: set_password(house.desk, ADMIN, house.user.id, a_password("set at the desk")),
    "address": lambda house: revise_user(
        house.desk, ADMIN, house.user.id, UserRevision(email=Email("tova@example.com"))
    ),
    "activity": lambda house: [
        change_user(house.desk, ADMIN, house.user.id, is_active=is_active) for is_active in (False, True)
    ],
}


@pytest.mark.parametrize("doing", TAKING_OVER)
def test_what_an_administrator_changes_voids_a_letter_that_left(house: House, doing: str) -> None:
    """Whoever reads the mailbox does not take back what was taken from them."""
    user_id, token = house.asked()
    TAKING_OVER[doing](house)
    with pytest.raises(InvalidError) as caught:
        confirm_reset(house.desk, user_id, token, NEW, an_origin())
    assert list(caught.value.field_errors) == ["token"]
    assert house.desk.committed.reset_tokens == {}


@pytest.mark.parametrize("doing", TAKING_OVER)
def test_what_an_administrator_changes_withdraws_a_request_that_waits(house: House, doing: str) -> None:
    """The mail server was down, and its letter would leave later."""
    request_reset(house.desk, house.user.email, an_origin())
    TAKING_OVER[doing](house)
    assert answer_resets(house.desk, house.tray) == Round()
    assert house.desk.committed.reset_requests == {}
    assert house.tray.letters == []


def test_a_new_name_voids_no_letter(house: House) -> None:
    """Only what says whose account it is, and whether it is one."""
    user_id, token = house.asked()
    revise_user(house.desk, ADMIN, house.user.id, UserRevision(first_name=NamePart("Tove")))
    confirm_reset(house.desk, user_id, token, NEW, an_origin())


def test_a_letter_is_not_written_for_an_account_that_changed_meanwhile(house: House) -> None:
    """The request was taken; before its token is made, an administrator sets a password."""
    request_reset(house.desk, house.user.email, an_origin())
    secrets = house.desk.secrets

    class Meanwhile:
        def new_secret(self, length: int) -> Phi[bytes]:
            house.desk.secrets = secrets
            TAKING_OVER["password"](house)
            return secrets.new_secret(length)

    house.desk.secrets = Meanwhile()
    assert answer_resets(house.desk, house.tray) == Round()
    assert (house.tray.letters, house.desk.committed.reset_tokens) == ([], {})


def test_a_reset_gives_no_new_guesses_at_the_second_factor(house: House) -> None:
    """Request, confirm, four guesses, and again: with somebody's mailbox the fifth guess still locks."""
    secret, _ = house.enrolled()
    good = {house.code(secret, steps).reveal() for steps in (-1, 0, 1)}
    wrong = FactorCode(next(code for n in count() if (code := f"{n:06}") not in good))
    for _ in range(FAILURES_MAX - 1):
        with pytest.raises(TotpInvalidError):
            house.actor(OLD, wrong)
    confirm_reset(house.desk, *house.asked(), NEW, an_origin())
    with pytest.raises(AccountLockedError):
        house.actor(NEW, wrong)
    with pytest.raises(AccountLockedError):
        house.actor(NEW, house.code(secret))
    house.clock.advance(LOCK_LIFE)
    assert house.actor(NEW, house.code(secret))


class _Interrupted(QuickPasswords):
    """Something else happens while a password is hashed, which takes a while and holds no lock."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def hash(self, password: Phi[str]) -> str:
        """Later than expected."""
        self._meanwhile()
        return super().hash(password)


def test_an_account_that_closes_while_the_password_is_hashed_stays_closed_to_its_letter(house: House) -> None:
    """What was found before the lock is looked at again under it, not only the token."""
    user_id, token = house.asked()

    def close() -> None:
        with house.desk.begin(a_practice_id()) as work:
            work.users.save(attrs.evolve(work.users.get(user_id), is_active=False))
            work.commit()

    before = house.desk.committed.accounts[user_id].password_hash
    house.desk.passwords = _Interrupted(close)
    with pytest.raises(InvalidError) as caught:
        confirm_reset(house.desk, user_id, token, NEW, an_origin())
    assert list(caught.value.field_errors) == ["token"]
    assert house.desk.committed.accounts[user_id].password_hash == before


def test_a_reset_locks_the_account_before_the_token(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a change of the password does: the other way round, the two could wait for each other for ever."""
    order = []

    def noted(store: type, name: str) -> None:
        done = getattr(store, name)
        monkeypatch.setattr(
            store, name, lambda self, *args, **named: order.append(name) or done(self, *args, **named)
        )

    user_id, token = house.asked()
    noted(MemoryUsers, "get_to_change")
    noted(MemoryResetTokens, "take")
    noted(MemoryLockouts, "clear")
    confirm_reset(house.desk, user_id, token, NEW, an_origin())
    assert order == ["get_to_change", "take", "clear"]


class _CountingDesk:
    """A desk that notes which calls are made of its ports and stores, in order."""

    def __init__(self, desk: object, calls: list[str]) -> None:
        self._desk, self._calls = desk, calls

    def __getattr__(self, name: str) -> object:
        self._calls.append(name)
        return getattr(self._desk, name)


def test_asking_does_the_same_for_every_address(house: House) -> None:
    """The same calls in the same order, one row and one line each: there is nothing to measure."""
    seen = []
    for email in (house.user.email, an_email("nobody"), Email("TOVA@EXAMPLE.ORG")):
        calls: list[str] = []
        before = len(entries_of(house.desk))
        request_reset(_CountingDesk(house.desk, calls), email, an_origin())  # type: ignore[arg-type]
        (entry,) = entries_of(house.desk)[before:]
        seen.append((calls, entry.action, entry.outcome, entry.code))
    assert seen[0] == seen[1] == seen[2]
    assert len(house.desk.committed.reset_requests) == 2
    assert house.tray.letters == []


def test_a_letter_waits_for_the_mail_server(house: House) -> None:
    """Nothing is lost while it is down: tried again after a minute, then less often, for a day."""
    request_reset(house.desk, house.user.email, an_origin())
    house.tray.is_down = True
    for wait in RETRY_AFTER:
        assert answer_resets(house.desk, house.tray) == Round(failed=1, reason="down")
        assert answer_resets(house.desk, house.tray) == Round()
        house.clock.advance(wait)
    house.tray.is_down = False
    assert answer_resets(house.desk, house.tray) == Round(sent=1)
    user_id, token = house.tray.token()
    confirm_reset(house.desk, user_id, token, NEW, an_origin())
    assert answer_resets(house.desk, house.tray) == Round()


def test_a_request_that_could_not_be_answered_for_a_day_is_given_up(house: House) -> None:
    """Its owner has asked again, or somebody else."""
    request_reset(house.desk, house.user.email, an_origin())
    house.clock.advance(GIVEN_UP_AFTER)
    assert answer_resets(house.desk, house.tray) == Round()
    assert house.desk.committed.reset_requests == {}


def test_a_request_for_nobody_leaves_nothing(house: House) -> None:
    """It is forgotten with the next round."""
    request_reset(house.desk, an_email("nobody"), an_origin())
    assert answer_resets(house.desk, house.tray) == Round()
    assert house.desk.committed.reset_requests == {}


def test_a_letter_names_the_page_where_there_is_one(house: House) -> None:
    """Behind the number sign, which no server on the way sees."""
    request_reset(house.desk, house.user.email, an_origin())
    answer_resets(house.desk, house.tray, "https://app.example.org/reset")
    (letter,) = house.tray.letters
    assert re.search(r"https://app\.example\.org/reset#uid=\d+&token=[0-9a-f]{64}\n", letter.text.reveal())
    assert letter.to == house.user.email
    assert "token" not in repr(letter)


# ---------------------------------------------------------------- second factor


def test_with_a_second_factor_the_password_alone_lets_nobody_in(house: House) -> None:
    """Its absence is not counted, however often."""
    secret, _ = house.enrolled()
    for _ in range(FAILURES_MAX + 2):
        with pytest.raises(TotpRequiredError):
            house.actor()
    assert house.actor(OLD, house.code(secret))
    assert sign_in_user(house).is_2fa_enabled


def sign_in_user(house: House) -> User:
    """The account as it is now."""
    user = house.desk.accounts.by_id(house.user.id)
    assert user is not None
    return user


def test_a_wrong_code_is_counted_and_locks(house: House) -> None:
    """The fifth answers like the fifth wrong password."""
    secret, _ = house.enrolled()
    good = {house.code(secret, steps).reveal() for steps in (-1, 0, 1)}
    wrong = FactorCode(next(code for n in count() if (code := f"{n:06}") not in good))
    for _ in range(FAILURES_MAX - 1):
        with pytest.raises(TotpInvalidError):
            house.actor(OLD, wrong)
        actions = [(entry.action, entry.code) for entry in entries_of(house.desk)[-2:]]
        assert actions == [
            (Action.TWO_FACTOR_FAILED, "totp_invalid"),
            (Action.LOGIN_FAILED, "totp_invalid"),
        ]
    with pytest.raises(AccountLockedError):
        house.actor(OLD, wrong)
    with pytest.raises(AccountLockedError):
        house.actor(OLD, house.code(secret))
    house.clock.advance(LOCK_LIFE)
    assert house.actor(OLD, house.code(secret))


def test_a_wrong_password_with_the_right_code_uses_no_code_up(house: House) -> None:
    """The answer does not tell which of the two was wrong, and the code is still good."""
    secret, codes = house.enrolled()
    for code in (house.code(secret), codes[0]):
        with pytest.raises(AuthenticationFailedError):
            house.actor(WRONG, code)
        assert house.actor(OLD, code)


@pytest.mark.parametrize("kind", ["totp", "backup"])
def test_a_code_lets_in_once(house: House, kind: str) -> None:
    """A replay is refused in the same moment, and in the next step."""
    secret, codes = house.enrolled()
    code = house.code(secret) if kind == "totp" else codes[3]
    assert house.actor(OLD, code)
    for _ in range(2):
        with pytest.raises(TotpInvalidError):
            house.actor(OLD, code)
        house.clock.advance(timedelta(seconds=STEP_SECONDS))


@pytest.mark.parametrize("kind", ["totp", "backup"])
def test_of_two_who_sign_in_with_one_code_at_once_one_gets_in(house: House, kind: str) -> None:
    """Shoulder surfers lose the race or win it, but never share it."""
    secret, codes = house.enrolled()
    code = house.code(secret) if kind == "totp" else codes[0]
    results = at_once([lambda: house.actor(OLD, code)] * 4)
    assert sum(isinstance(one, Actor) for one in results) == 1
    assert sum(isinstance(one, TotpInvalidError) for one in results) == 3


def test_a_code_that_nobody_asked_for_is_ignored(house: House) -> None:
    """Some forms always show the field."""
    assert house.actor(OLD, FactorCode("123456"))


def test_enrolment_counts_only_when_a_code_was_shown(house: House) -> None:
    """Until then the password is enough; a second set-up replaces the first secret."""
    actor = house.actor()
    first = start_two_factor(house.desk, actor, OLD)
    second = start_two_factor(house.desk, actor, OLD)
    assert house.actor(OLD)
    with pytest.raises(InvalidError) as caught:
        finish_two_factor(house.desk, actor, house.code(first.secret))
    assert caught.value.code == "totp_invalid"
    assert not sign_in_user(house).is_2fa_enabled
    codes = finish_two_factor(house.desk, actor, house.code(second.secret))
    assert len({code.reveal() for code in codes}) == 10
    assert house.last() == (Action.TWO_FACTOR_ENABLED, Outcome.DONE, None)


def test_nothing_is_turned_on_without_a_secret(house: House) -> None:
    """There is nothing that a code could be of."""
    with pytest.raises(InvalidError):
        finish_two_factor(house.desk, house.actor(), FactorCode("123456"))


def test_wrong_first_codes_are_counted_and_lock(house: House) -> None:
    """The fifth locks, and then the right one is not looked at either."""
    actor = house.actor()
    secret = start_two_factor(house.desk, actor, OLD).secret
    good = {house.code(secret, steps).reveal() for steps in (-1, 0, 1)}
    wrong = FactorCode(next(code for n in count() if (code := f"{n:06}") not in good))
    for _ in range(FAILURES_MAX - 1):
        with pytest.raises(InvalidError):
            finish_two_factor(house.desk, actor, wrong)
        assert house.last() == (Action.TWO_FACTOR_ENABLED, Outcome.REFUSED, "totp_invalid")
    for code in (wrong, house.code(secret)):
        with pytest.raises(AccountLockedError):
            finish_two_factor(house.desk, actor, code)
    assert Action.ACCOUNT_LOCKED in {entry.action for entry in entries_of(house.desk)}
    assert not sign_in_user(house).is_2fa_enabled


def test_a_code_without_a_waiting_secret_is_not_counted(house: House) -> None:
    """There was nothing to guess at."""
    with pytest.raises(InvalidError):
        finish_two_factor(house.desk, house.actor(), FactorCode("123456"))
    with house.desk.begin(a_practice_id()) as work:
        assert work.lockouts.get(house.user.email).count == 0


@pytest.mark.parametrize("is_late", [False, True])
def test_a_secret_waits_ten_minutes_for_its_first_code(house: House, *, is_late: bool) -> None:
    """Whoever finds the picture in a drawer turns nothing on with it."""
    actor = house.actor()
    secret = start_two_factor(house.desk, actor, OLD).secret
    house.clock.advance(PENDING_LIFE - timedelta(seconds=0 if is_late else STEP_SECONDS))
    if is_late:
        with pytest.raises(InvalidError) as caught:
            finish_two_factor(house.desk, actor, house.code(secret))
        assert caught.value.code == "totp_invalid"
    else:
        finish_two_factor(house.desk, actor, house.code(secret))
    assert sign_in_user(house).is_2fa_enabled is not is_late


def test_the_code_of_the_enrolment_does_not_sign_in(house: House) -> None:
    """It was used."""
    actor = house.actor()
    secret = start_two_factor(house.desk, actor, OLD).secret
    code = house.code(secret)
    finish_two_factor(house.desk, actor, code)
    with pytest.raises(TotpInvalidError):
        house.actor(OLD, code)


def test_turning_it_on_ends_the_sessions_that_began_without_it(house: House) -> None:
    """But for the one that turns it on."""
    access = house.tokens()
    actor = recognise(house.desk, access[0], an_origin())
    secret = start_two_factor(house.desk, actor, OLD).secret
    finish_two_factor(house.desk, actor, house.code(secret))
    assert recognise(house.desk, access[0], an_origin())
    with pytest.raises(NotSignedInError):
        recognise(house.desk, access[1], an_origin())


def test_it_is_set_up_once(house: House) -> None:
    """Another device needs turning off first: with a code of the one that is lost, or a backup code."""
    secret, _ = house.enrolled()
    actor = house.actor(OLD, house.code(secret))
    with pytest.raises(AlreadyEnabledError):
        start_two_factor(house.desk, actor, OLD)
    with pytest.raises(AlreadyEnabledError):
        finish_two_factor(house.desk, actor, house.code(secret, 1))


@pytest.mark.parametrize("kind", ["totp", "backup"])
def test_it_is_turned_off_with_password_and_code(house: House, kind: str) -> None:
    """Then the password is enough again, and nothing of the factor is left."""
    secret, codes = house.enrolled()
    actor = house.actor(OLD, codes[0])
    disable_two_factor(house.desk, actor, OLD, house.code(secret) if kind == "totp" else codes[1])
    assert house.last() == (Action.TWO_FACTOR_DISABLED, Outcome.DONE, None)
    assert house.actor(OLD)
    assert house.desk.committed.factors == {}
    assert house.desk.committed.backup_codes == {}


def test_a_wrong_code_turns_nothing_off(house: House) -> None:
    """And is counted."""
    secret, codes = house.enrolled()
    actor = house.actor(OLD, codes[0])
    good = {house.code(secret, steps).reveal() for steps in (-1, 0, 1)}
    wrong = FactorCode(next(code for n in count() if (code := f"{n:06}") not in good))
    with pytest.raises(TotpInvalidError):
        disable_two_factor(house.desk, actor, OLD, wrong)
    assert sign_in_user(house).is_2fa_enabled
    with house.desk.begin(a_practice_id()) as work:
        assert work.lockouts.get(house.user.email).count == 1


def test_what_is_not_on_cannot_be_turned_off(house: House) -> None:
    """No guess was made, so none is counted."""
    with pytest.raises(NotEnabledError):
        disable_two_factor(house.desk, house.actor(), OLD, FactorCode("123456"))
    with house.desk.begin(a_practice_id()) as work:
        assert work.lockouts.get(house.user.email).count == 0


def test_secrets_are_in_no_line_and_no_error(house: House) -> None:
    """Through every flow here: passwords, tokens, codes and the secret itself."""
    secret, codes = house.enrolled()
    user_id, token = house.asked()
    frames = []
    doings: list[Callable[[], object]] = [
        lambda: house.actor(WRONG, codes[0]),
        lambda: house.actor(OLD, FactorCode("000000")),
        lambda: confirm_reset(house.desk, user_id, Phi(token.reveal()[::-1]), NEW, an_origin()),
        lambda: confirm_reset(house.desk, user_id, token, a_password("lindqvist2026!"), an_origin()),
        lambda: change_password(house.desk, house.actor(OLD, codes[1]), WRONG, NEW),
        lambda: disable_two_factor(house.desk, house.actor(OLD, codes[2]), OLD, codes[2]),
        lambda: finish_two_factor(house.desk, house.actor(OLD, codes[3]), codes[3]),
    ]
    for doing in doings:
        with pytest.raises(VantrexiaError) as caught:
            doing()
        frames.append(core_frames(caught.value))
    shown = "".join(frames) + repr(entries_of(house.desk)) + repr(house.desk.committed)
    private = [OLD, NEW, WRONG, token, Phi("lindqvist2026"), *codes]
    assert [one for one in private if one.reveal() in shown] == []
    assert repr(secret.reveal()) not in shown


def test_the_passwords_of_these_tests_are_salted() -> None:
    """What is compared above is compared for real."""
    passwords = QuickPasswords()
    assert passwords.hash(OLD) != passwords.hash(OLD)
