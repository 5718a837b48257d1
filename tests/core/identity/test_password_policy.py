"""Which passwords may be chosen."""

import unicodedata

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_name, a_new_user, a_password, an_actor, an_email
from tests.credentials import QuickPasswords
from tests.desks import a_memory_desk, entries_of
from vantrexia_core.audit import Action, Outcome
from vantrexia_core.identity import PASSWORDS_BARRED, NewPassword, create_user, password_bytes, set_password
from vantrexia_core.identity.password_policy import admit, is_personal, is_repetitive, normalized
from vantrexia_core.kernel import (
    Email,
    InvalidError,
    InvalidValueError,
    NamePart,
    PermissionDeniedError,
    PersonName,
    Phi,
    Role,
)

ADMIN = an_actor()
OWNER = attrs.evolve(
    a_new_user(), email=Email("t.lindqvist+work@northside-clinic.org"), name=a_name("Tova", "Lindqvist-Osei")
)
WORDS = st.text(st.characters(categories=("Lu", "Ll")), min_size=3, max_size=20)


def _complaints(password: str, *, former: tuple[str, ...] = ()) -> tuple[str, ...]:
    try:
        admit(QuickPasswords(), NewPassword(password), "password", OWNER, former)
    except InvalidError as refused:
        return refused.field_errors["password"]
    return ()


@pytest.mark.parametrize(
    "password",
    [
        "SecureP@ss123",  # the published sample
        "correct horse battery",
        "tide lantern marble oxbow",
        "    twelve and blanks    ",
        "пароль на двоих",
        "十二文字以上の合言葉を使う",
        "lindqvist likes seven green boats",
        "no digits no symbols no capitals",
        "x" * 64 + "y" * 64,
    ],
)
def test_a_long_password_of_any_kind_may_be_chosen(password: str) -> None:
    """No rule asks for digits, symbols or capitals; a name in a long sentence does no harm."""
    assert _complaints(password) == ()


@pytest.mark.parametrize("typed", ["\u0378" * 12, "\U000e0fff" + "a" * 12])
def test_what_unicode_has_not_assigned_is_refused(typed: str) -> None:
    """Its normal form may be another one tomorrow, and its owner would be shut out (UAX 15, 12.1)."""
    with pytest.raises(InvalidValueError):
        NewPassword(typed)


def test_a_character_that_will_never_be_assigned_is_stable() -> None:
    """Noncharacters have the category of unassigned ones, and are what they are for good."""
    assert NewPassword("\ufdd0\uffff" * 6).reveal() == "\ufdd0\uffff" * 6


def test_combining_marks_do_not_make_a_short_password_long() -> None:
    """Twelve code points as typed that are six as hashed."""
    with pytest.raises(InvalidValueError):
        NewPassword("e\u0301" * 6)


@given(st.text(min_size=12, max_size=40))
def test_a_password_has_one_form_however_it_was_typed(typed: str) -> None:
    """Composed, decomposed or in compatibility characters: what is hashed is the same (SP 800-63B-4)."""
    forms = {
        password_bytes(Phi(unicodedata.normalize(form, typed))) for form in ("NFC", "NFD", "NFKC", "NFKD")
    }
    assert forms == {password_bytes(Phi(typed))}
    assert normalized(normalized(typed)) == normalized(typed)


@pytest.mark.parametrize("password", ["Password2026", "iloveyou1234", "WELCOME123456!", "qwertyuiop[]"])
def test_a_guessable_password_is_refused(password: str) -> None:
    """What the adapter knows to be tried first."""
    assert _complaints(password) != ()


@given(st.text(min_size=1, max_size=11), st.integers(2, 12))
def test_saying_a_short_thing_again_and_again_is_refused(unit: str, times: int) -> None:
    """It is no longer than what it repeats, even when the last time is cut off."""
    assert is_repetitive(Phi(unit * times))
    assert is_repetitive(Phi(unit * times + unit[: len(unit) // 2]))


@pytest.mark.parametrize("password", ["abcdefghijkl", "123456789:;<", "zyxwvutsrqponm", "AbCdEfGhIjKl"])
def test_counting_up_or_down_is_refused(password: str) -> None:
    """Whatever the case."""
    assert is_repetitive(Phi(password))


@given(st.permutations("abcdefghijklmn"))
def test_a_permutation_is_no_repetition(letters: list[str]) -> None:
    """Different letters in no order."""
    text = "".join(letters)
    assert is_repetitive(Phi(text)) == (letters in (sorted(letters), sorted(letters)[::-1]))


@pytest.mark.parametrize(
    "password",
    [
        "lindqvist2026!",
        "LINDQVIST-osei",
        "Tova.Lindqvist",
        "tovatovatova1",
        "northside-clinic",
        "1ClinicNorthside!!",
        "Vantrexia2026",
        "tóvalíndqvist99",
        "t i v o t lindqvist",
    ],
)
def test_a_password_built_from_the_person_is_refused(password: str) -> None:
    """Name, address and product are what everybody tries first; case, accents and blanks hide nothing."""
    assert _complaints(password) != ()


@given(first=WORDS, last=WORDS, more=st.text("0123456789!?", max_size=7))
def test_whoever_it_is_name_and_a_few_digits_are_refused(first: str, last: str, more: str) -> None:
    """In either order, with anything around."""
    name = PersonName(NamePart(first), NamePart(last))
    for text in (first + last + more, more + last + first, f"{first}.{last}{more}"):
        assert is_personal(Phi(text), an_email(), name)


@given(st.text("bcdghjkpwz", min_size=12, max_size=30))
def test_a_password_without_the_persons_words_is_not_personal(text: str) -> None:
    """Nothing was taken out of it, so nothing is missing."""
    assert not is_personal(Phi(text), OWNER.email, OWNER.name)


def test_the_last_five_passwords_are_not_taken_again() -> None:
    """The present one and four before it; the sixth may come back."""
    desk = a_memory_desk()
    user = create_user(desk, ADMIN, a_new_user(), a_password("password number one, first"))
    others = [a_password(f"quite another phrase {word}") for word in ("blue", "green", "red", "pink", "grey")]
    for other in others[:-1]:
        set_password(desk, ADMIN, user.id, other)
    for barred in (a_password("password number one, first"), *others[:-1]):
        with pytest.raises(InvalidError) as caught:
            set_password(desk, ADMIN, user.id, barred)
        assert str(PASSWORDS_BARRED) in caught.value.field_errors["password"][0]
    set_password(desk, ADMIN, user.id, others[-1])
    set_password(desk, ADMIN, user.id, a_password("password number one, first"))


def test_a_refused_password_is_on_the_trail_and_opens_no_account() -> None:
    """Refused like anything else that is not valid."""
    desk = a_memory_desk()
    with pytest.raises(InvalidError):
        create_user(desk, ADMIN, a_new_user(email="tova@example.org"), a_password("lindqvist1234"))
    (entry,) = entries_of(desk)
    assert (entry.action, entry.outcome, entry.code) == (
        Action.USER_CREATE,
        Outcome.REFUSED,
        InvalidError.code,
    )
    assert desk.accounts.by_email(Email("tova@example.org")) is None


def test_who_may_not_open_accounts_learns_nothing_about_passwords() -> None:
    """The permission comes first, and nothing is hashed."""
    desk = a_memory_desk()
    with pytest.raises(PermissionDeniedError):
        create_user(desk, an_actor(Role.NURSE), a_new_user(), a_password("lindqvist1234"))


def test_a_complaint_does_not_repeat_the_password() -> None:
    """It ends up in answers."""
    for complaint in _complaints("lindqvist2026!"):
        assert "lindqvist2026" not in complaint.casefold()
