"""The values of a record: what each accepts, how it keeps it, what it refuses and in which words."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.marks import BORN, FIRST, SSN, marks_in
from tests.strategies import patients as people
from tests.strategies.texts import NASTY, nasty_texts
from vantrexia_core.kernel import Email, InvalidValueError, NamePart, Phi
from vantrexia_core.patients import (
    BORN_MIN,
    DATE_PATTERN,
    PHONE_PATTERN,
    SSN_PATTERN,
    STATE_PATTERN,
    ZIP_PATTERN,
    AddressLine,
    City,
    DateOfBirth,
    ExternalId,
    Gender,
    Mrn,
    Phone,
    Reason,
    Ssn,
    State,
    Supplement,
    Zip,
)

FREE_TEXTS: tuple[tuple[type[Phi[str]], int], ...] = (
    (NamePart, 100),
    (Mrn, 64),
    (ExternalId, 64),
    (AddressLine, 200),
    (City, 100),
    (Reason, 500),
)
"""Values whose only rule is clean text of a published length."""

TEXT_VALUES: tuple[Callable[[str], Phi[Any]], ...] = (
    NamePart, Email, Mrn, ExternalId, AddressLine, City, Reason, Phone, Ssn, State, Zip, DateOfBirth.parse
)  # fmt: skip


@pytest.mark.parametrize(("kind", "characters_max"), FREE_TEXTS)
def test_free_text_has_its_published_length(kind: Callable[[str], Phi[str]], characters_max: int) -> None:
    """Exactly that many characters fit; one more is refused; so is nothing at all."""
    assert kind("x" * characters_max).reveal() == "x" * characters_max
    for typed in ("x" * (characters_max + 1), "", " \t "):
        with pytest.raises(InvalidValueError):
            kind(typed)


@pytest.mark.parametrize(("kind", "characters_max"), FREE_TEXTS)
def test_free_text_is_trimmed_and_composed(kind: Callable[[str], Phi[str]], characters_max: int) -> None:
    """What two people type alike is kept alike."""
    assert kind("  Zoe\u0308 \u3000").reveal() == "Zo\u00eb"
    assert kind("e\u0301" * characters_max).reveal() == "\u00e9" * characters_max


@pytest.mark.parametrize("kind", TEXT_VALUES)
@given(typed=nasty_texts())
def test_any_text_is_either_accepted_or_refused_in_the_values_own_words(
    kind: Callable[[str], Phi[Any]], typed: str
) -> None:
    """No other error escapes a parser, whatever it is given."""
    try:
        kept = kind(typed)
    except InvalidValueError as invalid:
        assert str(invalid).endswith(".")  # noqa: PT017 - or it is accepted
    else:
        assert isinstance(kept, Phi)


@pytest.mark.parametrize("kind", TEXT_VALUES)
@pytest.mark.parametrize("nasty", NASTY, ids=lambda text: ascii(text)[:30])
def test_a_complaint_never_repeats_the_value(kind: Callable[[str], Phi[Any]], nasty: str) -> None:
    """A complaint becomes an answer and a log line; the value may be PHI, perhaps in the wrong field."""
    for marked in (FIRST + nasty, nasty + SSN, nasty + BORN.isoformat() + nasty):
        try:
            kind(marked)
        except InvalidValueError as invalid:
            assert marks_in(f"{invalid} {invalid!r} {invalid.__cause__!r}") == []  # noqa: PT017 - or it is accepted


@pytest.mark.parametrize(
    ("strategy", "parse"),
    [
        (people.mrns(), Mrn),
        (people.external_ids(), ExternalId),
        (people.phones(), Phone),
        (people.ssns(), Ssn),
        (people.reasons(), Reason),
    ],
)
@given(data=st.data())
def test_parsing_what_was_kept_changes_nothing(
    strategy: st.SearchStrategy[Phi[str]], parse: Callable[[str], Phi[str]], data: st.DataObject
) -> None:
    """Parse of render is the identity."""
    value = data.draw(strategy)
    assert parse(value.reveal()) == value


@given(people.addresses())
def test_parsing_the_parts_of_an_address_changes_nothing(address: Any) -> None:
    """Parse of render is the identity for each part."""
    for part in (address.line1, address.line2, address.city, address.state, address.zip):
        if part is not None:
            assert type(part)(part.reveal()) == part


# --- dates ---------------------------------------------------------------------------------------------


@given(people.dates_of_birth())
def test_a_date_is_read_as_it_is_written(born: DateOfBirth) -> None:
    """Parse of render is the identity."""
    assert DateOfBirth.parse(born.reveal().isoformat()) == born


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1900-01-01", BORN_MIN),
        ("1961-04-09", date(1961, 4, 9)),
        ("2000-02-29", date(2000, 2, 29)),
        ("2024-02-29", date(2024, 2, 29)),
        ("9999-12-31", date(9999, 12, 31)),
    ],
)
def test_a_date_of_the_documented_form_is_accepted(typed: str, kept: date) -> None:
    """``YYYY-MM-DD``, from 1900 on; the future is judged elsewhere, by whoever knows the time."""
    assert DateOfBirth.parse(typed).reveal() == kept


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        *(
            (typed, "Date has wrong format. Use YYYY-MM-DD.")
            for typed in (
                "", "1961", "1961-4-9", "61-04-09", "19610409", "1961-099", "1961-W14-7", "1961/04/09",
                "09.04.1961", "04/09/1961", " 1961-04-09", "1961-04-09 ", "1961-04-09\n",
                "1961-04-09T00:00:00", "+1961-04-09", "-961-04-09", "１９６１-04-09", "١٩٦١-04-09",
                "1961–04–09",
                "abcd-ef-gh", "1961-04-09\u0000",
            )
        ),
        *(
            (typed, "There is no such date.")
            for typed in (
                "1961-13-01", "1961-00-10", "1961-02-29", "1900-02-29", "2001-04-31", "1961-01-32",
                "1961-01-00", "0000-01-01",
            )
        ),
        *(
            (typed, "Date of birth may not be before 1900-01-01.")
            for typed in ("1899-12-31", "0001-01-01", "1066-10-14")
        ),
    ],
)  # fmt: skip
def test_other_dates_are_refused(typed: str, complaint: str) -> None:
    """Other forms of ISO 8601, other digits, days that no calendar has, and the nineteenth century."""
    with pytest.raises(InvalidValueError) as caught:
        DateOfBirth.parse(typed)
    assert str(caught.value) == complaint


LAST_FIRST_CLOCK = timezone(timedelta(hours=14))


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given one there
    st.integers(-3, 3),
)
@example(datetime(2026, 3, 2, 9, 59, 59, tzinfo=UTC), 1)
@example(datetime(2026, 3, 2, 10, 0, 0, tzinfo=UTC), 1)
def test_a_birth_is_in_the_future_when_it_is_nowhere_that_day_yet(now: datetime, days_ahead: int) -> None:
    """Judged on Earth's first clock (UTC+14), so a birth in Kiritimati is not refused in Chicago."""
    born = DateOfBirth((now + timedelta(days=days_ahead)).date())
    if born.reveal() <= now.astimezone(LAST_FIRST_CLOCK).date():
        born.check_not_after(now)
    else:
        with pytest.raises(InvalidValueError, match="may not be in the future"):
            born.check_not_after(now)


@pytest.mark.parametrize(
    ("utc", "is_refused"),
    [("2026-03-02T09:59:59.999999", True), ("2026-03-02T10:00:00", False), ("2026-03-03T00:00:00", False)],
)
def test_tomorrow_begins_at_ten_in_the_morning_utc(utc: str, *, is_refused: bool) -> None:
    """The first moment at which the third of March exists somewhere."""
    born, now = DateOfBirth(date(2026, 3, 3)), datetime.fromisoformat(utc).replace(tzinfo=UTC)
    if is_refused:
        with pytest.raises(InvalidValueError):
            born.check_not_after(now)
    else:
        born.check_not_after(now)


# --- numbers and codes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Mrn, ExternalId])
@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\u00ad", "\ufeff", "\U000e0041"], ids=ascii)
def test_a_number_holds_nothing_that_nobody_sees(kind: type[Mrn] | type[ExternalId], unseen: str) -> None:
    """Or two records of different numbers would show the same one."""
    with pytest.raises(InvalidValueError):
        kind(f"MRN-{unseen}00001")


@pytest.mark.parametrize(
    ("number", "shown"), [(1, "MRN-00001"), (42, "MRN-00042"), (99_999, "MRN-99999"), (100_000, "MRN-100000")]
)
def test_a_number_given_out_has_the_published_form(number: int, shown: str) -> None:
    """``MRN-`` and five digits; a practice that outgrows them goes on."""
    assert Mrn.numbered(number).reveal() == shown


@pytest.mark.parametrize(
    "typed",
    [
        "555-0142",
        "+15550142",
        "+1 (217) 555-0142",
        "(217)5550142",
        "5550142",
        "217 555 0142",
        "+" + "1" * 19,
        "------1",
    ],
)
def test_a_phone_number_is_kept_as_written(typed: str) -> None:
    """Digits, blanks, dashes, parentheses, plus; 7 to 20 of them."""
    assert Phone(typed).reveal() == typed
    assert Phone(f"  {typed} ").reveal() == typed


@pytest.mark.parametrize(
    "typed",
    [
        "", "123456", "1" * 21, "555-0142 ext 3", "555.0142", "555/0142", "CALL-NOW", "-------", "(((((((",
        "+++++++", "٥٥٥٠١٤٢", "５５５０１４２", "555\n0142", "555\u00a00142", "555–0142", "5550142\u0000",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    """Letters, dots, other scripts' digits, no digit at all, too short, too long."""
    with pytest.raises(InvalidValueError):
        Phone(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("123-45-6789", "123456789"),
        ("123456789", "123456789"),
        (" 001-01-0001 ", "001010001"),
        ("665-99-9999", "665999999"),
        ("667-01-0001", "667010001"),
        ("899-12-3456", "899123456"),
    ],
)
def test_a_social_security_number_is_kept_as_nine_digits(typed: str, kept: str) -> None:
    """With dashes or without; one form inside, so that two spellings match."""
    assert Ssn(typed).reveal() == kept


@pytest.mark.parametrize(
    "typed",
    [
        "000-12-3456", "666-12-3456", "900-12-3456", "999-12-3456", "123-00-4567", "123-45-0000", "000000000",
        "", "12345678", "1234567890", "123-456-789", "12-345-6789", "123 45 6789", "123-456789", "1234-56789",
        "１２３456789", "abc-de-fghi", "123-45-678X", "123\n456789",
    ],
)  # fmt: skip
def test_a_number_that_is_never_issued_is_refused(typed: str) -> None:
    """SSA's impossible areas, groups and serials, and other shapes."""
    with pytest.raises(InvalidValueError):
        Ssn(typed)


@pytest.mark.parametrize("text", ["x", "é" * ((64 * 1024 - 2) // 2)])
def test_a_supplement_is_kept_as_it_is(text: str) -> None:
    """Up to 65,534 bytes in UTF-8, which with their length are 64 kibibytes."""
    assert Supplement(text).reveal() == text


@pytest.mark.parametrize("text", ["", "x" * (64 * 1024 - 1), "é" * (32 * 1024 - 1) + "x", "\ud800"])
def test_a_supplement_that_cannot_be_kept_is_refused(text: str) -> None:
    """Empty, too long by a byte, or without a form in UTF-8; the complaint repeats nothing of it."""
    with pytest.raises(InvalidValueError) as refused:
        Supplement(text)
    assert refused.value.__context__ is None


@given(people.ssns())
def test_every_other_number_is_accepted(ssn: Ssn) -> None:
    """Nine digits outside the impossible ranges."""
    assert len(ssn.reveal()) == 9
    assert ssn.reveal().isascii()
    assert ssn.reveal().isdigit()


@pytest.mark.parametrize("typed", ["IL", "il", "Il", "PR", " NY "])
def test_a_state_is_two_letters(typed: str) -> None:
    """Kept as written."""
    assert State(typed).reveal() == typed.strip()


@pytest.mark.parametrize("typed", ["", "I", "ILL", "Illinois", "1L", "I L", "ÌL", "ⅠL", "I\u0141"], ids=ascii)
def test_what_is_no_state_is_refused(typed: str) -> None:
    """Two ASCII letters, no more, no less."""
    with pytest.raises(InvalidValueError):
        State(typed)


@pytest.mark.parametrize("typed", ["62704", "00501", "62704-1234", " 62704 "])
def test_a_zip_code_is_five_digits_or_nine(typed: str) -> None:
    """ZIP or ZIP+4, leading zeros kept."""
    assert Zip(typed).reveal() == typed.strip()


@pytest.mark.parametrize(
    "typed", ["", "6270", "627041", "62704-", "62704-123", "62704 1234", "627041234", "６２７０４", "K1A 0B1"]
)
def test_what_is_no_zip_code_is_refused(typed: str) -> None:
    """Other lengths, other separators, other countries."""
    with pytest.raises(InvalidValueError):
        Zip(typed)


def test_genders_are_the_codes_of_fhir() -> None:
    """Administrative gender: four lower-case codes."""
    assert {gender.value for gender in Gender} == {"male", "female", "other", "unknown"}


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        (PHONE_PATTERN, Phone),
        (SSN_PATTERN, Ssn),
        (STATE_PATTERN, State),
        (ZIP_PATTERN, Zip),
        (DATE_PATTERN, DateOfBirth.parse),
    ],
)
@given(data=st.data())
def test_what_a_published_pattern_does_not_match_is_refused(
    pattern: str, kind: Callable[[str], Phi[Any]], data: st.DataObject
) -> None:
    """The pattern in the API's description never promises less than the parser accepts."""
    typed = data.draw(
        st.from_regex(pattern, fullmatch=True) | st.text("0123456789-+() AaZz", max_size=22)
    ).strip()
    try:
        kept = kind(typed)
    except InvalidValueError:
        return
    shown = kept.reveal()
    rendered = shown.isoformat() if isinstance(shown, date) else shown
    assert re.fullmatch(pattern, rendered)
