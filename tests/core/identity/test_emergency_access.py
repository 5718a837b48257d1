"""Emergency access (45 CFR 164.312(a)(2)(ii)): declared with a reason, marked, told of, over by itself."""

import attrs
import pytest

from tests.builders import a_new_patient, a_new_user, a_password, a_practice_id, an_actor, an_origin
from tests.desks import a_memory_desk, put
from vantrexia_adapters.memory import MemoryDesk
from vantrexia_core.audit import Action, Inquiry, Outcome, read_trail
from vantrexia_core.identity import (
    DECLARED_MAX,
    EMERGENCY_LIFE,
    Letter,
    MailUnavailableError,
    Round,
    TooManyEmergenciesError,
    User,
    change_password,
    change_user,
    create_user,
    declare_emergency,
    find_emergencies,
    recognise,
    refresh_tokens,
    sign_in,
    tell_of_emergencies,
)
from vantrexia_core.identity.resets import GIVEN_UP_AFTER, RETRY_AFTER
from vantrexia_core.kernel import (
    Actor,
    InvalidError,
    NotSignedInError,
    PageRequest,
    PermissionDeniedError,
    Phi,
    Purpose,
    Reason,
    Role,
)
from vantrexia_core.patients import (
    Listing,
    delete_patient,
    find_deleted_patients,
    look_up_patient,
    restore_patient,
)

PASSWORD, REASON = a_password(), Reason("Found unresponsive at home")
ETREAT = Purpose.EMERGENCY_TREATMENT


class Signed:
    """Somebody signed in, who is recognised anew at every call."""

    def __init__(self, desk: MemoryDesk, role: Role = Role.NURSE) -> None:
        self.desk = desk
        self.user: User = create_user(desk, an_actor(), a_new_user(role), PASSWORD)
        self._tokens = sign_in(desk, self.user.email, PASSWORD, an_origin()).tokens

    def actor(self) -> Actor:
        """Who they are now, by a token that is not old."""
        self._tokens = refresh_tokens(self.desk, self._tokens.refresh, an_origin())
        return recognise(self.desk, self._tokens.access, an_origin())


class Mailbox:
    """Keeps the letters, or refuses them."""

    def __init__(self, *, is_down: bool = False) -> None:
        self.letters: list[Letter] = []
        self.is_down = is_down

    def send(self, letter: Letter) -> None:
        """See `Mailer`."""
        if self.is_down:
            message = "down"
            raise MailUnavailableError(message)
        self.letters.append(letter)


def test_an_emergency_shows_deleted_records_and_ends_by_itself() -> None:
    """What a nurse may not see otherwise, for an hour; nothing of it may be changed."""
    desk = a_memory_desk()
    nurse, patient = Signed(desk), put(desk, a_new_patient())
    delete_patient(desk, an_actor(), patient.id)
    with pytest.raises(PermissionDeniedError):
        find_deleted_patients(desk, nurse.actor(), Listing())
    emergency = declare_emergency(desk, nurse.actor(), REASON)
    assert emergency.ends_at - emergency.declared_at == EMERGENCY_LIFE
    assert find_deleted_patients(desk, nurse.actor(), Listing()).items[0].patient.id == patient.id
    with pytest.raises(PermissionDeniedError):
        restore_patient(desk, nurse.actor(), patient.id, REASON)
    desk.clock.advance(EMERGENCY_LIFE)
    with pytest.raises(PermissionDeniedError):
        find_deleted_patients(desk, nurse.actor(), Listing())


def test_everything_done_in_an_emergency_is_marked_and_nothing_else_is() -> None:
    """The declaration itself, what the role may do anyway, and what is refused."""
    desk = a_memory_desk()
    nurse, patient = Signed(desk), put(desk, a_new_patient())
    look_up_patient(desk, nurse.actor(), patient.id)
    declare_emergency(desk, nurse.actor(), REASON)
    look_up_patient(desk, nurse.actor(), patient.id)
    with pytest.raises(PermissionDeniedError):
        delete_patient(desk, nurse.actor(), patient.id)
    with pytest.raises(InvalidError):
        change_password(desk, nurse.actor(), Phi("a guess"), PASSWORD)
    desk.clock.advance(EMERGENCY_LIFE)
    look_up_patient(desk, nurse.actor(), patient.id)
    marked = [(entry.action, entry.outcome) for entry in desk.entries if entry.purpose is ETREAT]
    assert marked == [
        (Action.EMERGENCY_DECLARE, Outcome.DONE),
        (Action.READ, Outcome.DONE),
        (Action.DELETE, Outcome.REFUSED),
        (Action.PASSWORD_CHANGED, Outcome.REFUSED),
    ]
    found = read_trail(desk, an_actor(), Inquiry(purpose=ETREAT)).page
    assert [line.entry.action for line in found.items] == [one for one, _ in reversed(marked)]


def test_another_session_of_the_same_person_is_in_no_emergency() -> None:
    """It was declared in one session, by somebody who is there."""
    desk = a_memory_desk()
    nurse = Signed(desk)
    elsewhere = sign_in(desk, nurse.user.email, PASSWORD, an_origin()).tokens.access
    declare_emergency(desk, nurse.actor(), REASON)
    assert nurse.actor().purpose is ETREAT
    assert recognise(desk, elsewhere, an_origin()).purpose is None


def test_a_patient_declares_no_emergency() -> None:
    """Refused, on the trail, and nothing is open."""
    desk = a_memory_desk()
    record = put(desk, a_new_patient())
    user = create_user(desk, an_actor(), a_new_user(Role.PATIENT, patient_id=record.id), PASSWORD)
    access = sign_in(desk, user.email, PASSWORD, an_origin()).tokens.access
    with pytest.raises(PermissionDeniedError):
        declare_emergency(desk, recognise(desk, access, an_origin()), REASON)
    refused = desk.entries[-1]
    assert (refused.action, refused.outcome) == (Action.EMERGENCY_DECLARE, Outcome.REFUSED)
    assert refused.purpose is None
    assert recognise(desk, access, an_origin()).purpose is None


def test_an_emergency_is_of_a_session() -> None:
    """Whoever acts in none, such as a command at the console, has nothing that could end."""
    desk = a_memory_desk()
    with pytest.raises(NotSignedInError):
        declare_emergency(desk, an_actor(Role.NURSE), REASON)


def test_administrators_list_emergencies_with_their_reasons() -> None:
    """Newest first; nobody else does."""
    desk = a_memory_desk()
    nurse = Signed(desk)
    for text in ("First", "Second"):
        declare_emergency(desk, nurse.actor(), Reason(text))
        desk.clock.advance()
    page = find_emergencies(desk, an_actor(), PageRequest())
    assert [(shown.email, shown.emergency.reason.reveal()) for shown in page.items] == [
        (nurse.user.email, "Second"),
        (nurse.user.email, "First"),
    ]
    with pytest.raises(PermissionDeniedError):
        find_emergencies(desk, nurse.actor(), PageRequest())


def test_every_active_administrator_is_told_by_a_letter_without_the_reason() -> None:
    """Once each; who is no administrator, or not any more, is not told."""
    desk, mailbox = a_memory_desk(), Mailbox()
    bosses = [
        create_user(desk, an_actor(), a_new_user(Role.ADMIN, email=f"{name}@example.org"), PASSWORD)
        for name in ("ann", "zoe", "left")
    ]
    nurse = Signed(desk)
    declare_emergency(desk, nurse.actor(), REASON)
    change_user(desk, an_actor(), bosses[2].id, is_active=False)
    assert tell_of_emergencies(desk, mailbox) == Round(sent=2)
    told = sorted(letter.to.reveal() for letter in mailbox.letters)
    assert told == [boss.email.reveal() for boss in bosses[:2]]
    for letter in mailbox.letters:
        assert REASON.reveal() not in letter.text.reveal() + letter.subject
        assert nurse.user.email.reveal() in letter.text.reveal()
    assert tell_of_emergencies(desk, mailbox) == Round()


def test_a_letter_that_does_not_leave_is_tried_again_for_a_day() -> None:
    """The emergency stays in the list whatever becomes of its letters."""
    desk, mailbox = a_memory_desk(), Mailbox(is_down=True)
    create_user(desk, an_actor(), a_new_user(Role.ADMIN), PASSWORD)
    declare_emergency(desk, Signed(desk).actor(), REASON)
    assert tell_of_emergencies(desk, mailbox) == Round(failed=1, reason="down")
    assert tell_of_emergencies(desk, mailbox) == Round()
    desk.clock.advance(RETRY_AFTER[0])
    assert tell_of_emergencies(desk, mailbox).failed == 1
    desk.clock.advance(GIVEN_UP_AFTER)
    mailbox.is_down = False
    assert tell_of_emergencies(desk, mailbox) == Round(given_up=1)
    assert tell_of_emergencies(desk, mailbox) == Round()
    assert find_emergencies(desk, an_actor(), PageRequest()).count == 1


def test_a_round_of_letters_ends_however_slow_the_mail_server_is() -> None:
    """What becomes due again while others wait for it is for the next round."""
    desk = a_memory_desk()
    for name in ("ann", "zoe"):
        create_user(desk, an_actor(), a_new_user(Role.ADMIN, email=f"{name}@example.org"), PASSWORD)
    declare_emergency(desk, Signed(desk).actor(), REASON)

    class Slow(Mailbox):
        def send(self, letter: Letter) -> None:
            desk.clock.advance(RETRY_AFTER[-1])
            super().send(letter)

    assert tell_of_emergencies(desk, Slow(is_down=True)) == Round(failed=2, reason="down")


def test_nobody_floods_administrators_with_letters() -> None:
    """So many an hour, in all sessions of an account; more are refused, and what was declared lasts."""
    desk = a_memory_desk()
    nurse = Signed(desk)
    for _ in range(DECLARED_MAX):
        declare_emergency(desk, nurse.actor(), REASON)
    elsewhere = sign_in(desk, nurse.user.email, PASSWORD, an_origin()).tokens.access
    with pytest.raises(TooManyEmergenciesError):
        declare_emergency(desk, recognise(desk, elsewhere, an_origin()), REASON)
    assert (desk.entries[-1].outcome, desk.entries[-1].purpose) == (Outcome.REFUSED, None)
    assert nurse.actor().purpose is ETREAT
    desk.clock.advance(EMERGENCY_LIFE)
    declare_emergency(desk, nurse.actor(), REASON)


def test_another_practice_has_no_part_in_it() -> None:
    """Its administrators neither list the emergency nor get a letter."""
    desk, mailbox = a_memory_desk(), Mailbox()
    stranger = an_actor(practice_id=a_practice_id(2))
    create_user(desk, stranger, a_new_user(Role.ADMIN), PASSWORD)
    declare_emergency(desk, Signed(desk).actor(), REASON)
    assert tell_of_emergencies(desk, mailbox) == Round()
    assert find_emergencies(desk, attrs.evolve(stranger), PageRequest()).count == 0
