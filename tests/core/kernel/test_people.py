"""Names and e-mail addresses: what is accepted, how it is kept, what is refused and in which words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.marks import FIRST, marks_in
from tests.strategies.kernel import email_texts, name_texts
from tests.strategies.texts import KNOWN_NAMES, NASTY, nasty_texts
from vantrexia_core.kernel import (
    EMAIL_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    Email,
    InvalidValueError,
    NamePart,
    clean_text,
)

BLANK = "This field may not be blank."
TOO_LONG = "Ensure this field has no more than 100 characters."
CONTROLS = "Control characters, unassigned and invisible characters are not allowed."


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ada\t", "Ada"),
        ("\u3000Ada\u00a0", "Ada"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("\u212bngstr\u00f6m", "\u00c5ngstr\u00f6m"),
        ("O'Brien", "O'Brien"),
        ("d’Arc", "d’Arc"),
        ("Garcia-Lopez", "Garcia-Lopez"),
        ("van der Berg", "van der Berg"),
        ("李", "李"),
        ("𠮷野", "𠮷野"),
        ("مُحَمَّد", unicodedata.normalize("NFC", "مُحَمَّد")),
        ("क्‍ष", "क्‍ष"),
        ("X", "X"),
        ("a" * NAME_CHARACTERS_MAX, "a" * NAME_CHARACTERS_MAX),
        ("e\u0301" * NAME_CHARACTERS_MAX, "\u00e9" * NAME_CHARACTERS_MAX),
        (" " + "a" * NAME_CHARACTERS_MAX + " ", "a" * NAME_CHARACTERS_MAX),
        ("3rd", "3rd"),
        ("%", "%"),
    ],
)
def test_a_name_is_kept_trimmed_and_composed(typed: str, kept: str) -> None:
    """Blanks around go, Unicode is NFC, everything else stays as written."""
    assert NamePart(typed).reveal() == kept


@pytest.mark.parametrize("name", KNOWN_NAMES)
def test_names_that_broken_software_refuses_are_accepted(name: str) -> None:
    """People are called that."""
    assert NamePart(name).reveal() == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("", BLANK),
        ("   ", BLANK),
        ("\t\r\n", BLANK),
        ("\u3000\u00a0\u2003", BLANK),
        ("\u200b", BLANK),
        ("\ufeff \u200d", BLANK),
        ("\u3164", BLANK),
        ("\u2800\u115f\u1160\uffa0", BLANK),
        ("\u00ad", BLANK),
        ("\u0301\u034f\ufe0f", BLANK),
        ("a\u0000b", CONTROLS),
        ("\u0000", CONTROLS),
        ("a\nb", CONTROLS),
        ("a\x1b[31mb", CONTROLS),
        ("a\x7f", CONTROLS),
        ("a\u0085b", CONTROLS),
        ("\ud800", CONTROLS),
        ("a\udc80b", CONTROLS),
        ("a\u202eb", CONTROLS),
        ("\u2066a\u2069", CONTROLS),
        ("a\U000e0041", CONTROLS),
        ("a\u2028b", CONTROLS),
        ("a\u2029b", CONTROLS),
        ("\ue000", CONTROLS),
        ("\U000f0000", CONTROLS),
        ("\uffff", CONTROLS),
        ("\u0378", CONTROLS),
        ("a" * (NAME_CHARACTERS_MAX + 1), TOO_LONG),
        ("\ufb2c" * 34, TOO_LONG),
        ("Z" + "\u0301" * 5_000, TOO_LONG),
        ("a" * 100_000, TOO_LONG),
    ],
    ids=repr,
)
def test_a_name_that_cannot_be_one_is_refused(typed: str, complaint: str) -> None:
    """Nothing visible, controls, half characters, overrides, and more than a hundred characters."""
    with pytest.raises(InvalidValueError) as caught:
        NamePart(typed)
    assert str(caught.value) == complaint


@given(name_texts())
def test_cleaning_a_clean_name_changes_nothing(typed: str) -> None:
    """Parse of render is the identity, so what is stored and typed again stays the same."""
    kept = NamePart(typed)
    assert NamePart(kept.reveal()) == kept


@given(name_texts())
def test_an_accepted_name_can_be_stored_everywhere(typed: str) -> None:
    """It has a UTF-8 form, no U+0000, is NFC, trimmed, and within bounds."""
    kept = NamePart(typed).reveal()
    assert "\u0000" not in kept
    assert kept.encode().decode() == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert kept == kept.strip()
    assert 1 <= len(kept) <= NAME_CHARACTERS_MAX


@given(name_texts())
def test_spellings_that_unicode_calls_equal_are_one_name(typed: str) -> None:
    """Composed and decomposed input give equal names."""
    decomposed = unicodedata.normalize("NFD", typed)
    if len(decomposed) <= NAME_CHARACTERS_MAX:
        assert NamePart(decomposed) == NamePart(typed)


@given(st.text(st.characters(max_codepoint=127), max_size=12))
def test_a_text_without_accents_is_kept_as_its_accented_twin_would_be(typed: str) -> None:
    """ASCII takes a shorter way through the same rules."""
    outcomes = []
    for last in ("x", "ø"):
        try:
            outcomes.append(clean_text(typed + last, characters_max=10)[:-1])
        except InvalidValueError as refused:
            outcomes.append(str(refused))
    assert outcomes[0] == outcomes[1]


@given(nasty_texts())
def test_any_text_is_either_cleaned_or_refused(typed: str) -> None:
    """Nothing but the value's own error comes out, whatever comes in."""
    try:
        kept = clean_text(typed, characters_max=10)
    except InvalidValueError:
        return
    assert 1 <= len(kept) <= 10


@pytest.mark.parametrize("nasty", NASTY, ids=lambda text: ascii(text)[:30])
@pytest.mark.parametrize("kind", [NamePart, Email])
def test_a_complaint_never_repeats_the_value(kind: type[NamePart] | type[Email], nasty: str) -> None:
    """The sentence is about the rule. What was typed may be PHI, in the wrong field even."""
    for typed in (FIRST + nasty, nasty + FIRST, FIRST + nasty + FIRST):
        try:
            kind(typed)
        except InvalidValueError as invalid:
            assert marks_in(f"{invalid} {invalid!r} {invalid.__cause__!r} {invalid.args}") == []  # noqa: PT017 - or it is accepted


@pytest.mark.parametrize(
    "typed",
    [
        "m@example.org",
        "first.last+tag@sub.example.co.uk",
        "o'brien@example.org",
        "UPPER@EXAMPLE.ORG",
        "!#$%&'*+/=?^_`{|}~-@example.org",
        "用户@例え.jp",
        "münch@bücher.example",
        "a" * 64 + "@example.org",
        "a@" + ".".join(["b" * 63, "c" * 63, "d" * 63, "e" * 60]),
        "operator@localhost.invalid",
    ],
)
def test_an_address_that_mail_can_reach_is_accepted(typed: str) -> None:
    """Dot-atom at domain (RFC 5322, RFC 6532); kept as written."""
    assert Email(typed).reveal() == typed


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "plain",
        "@example.org",
        "a@",
        "a@example",
        "a@@example.org",
        "a@b@example.org",
        "a b@example.org",
        "a@exa mple.org",
        ".a@example.org",
        "a.@example.org",
        "a..b@example.org",
        "a@-example.org",
        "a@example-.org",
        "a@example..org",
        "a@.example.org",
        "a@example.org.",
        "a@ex_ample.org",
        '"a b"@example.org',
        "a@[192.0.2.1]",
        "Ada <ada@example.org>",
        "a@example.org\nBcc: b@example.org",
        "a@example.org\u0000",
        "a" * 65 + "@example.org",
        "a@" + "b" * 64 + ".org",
        "a@" + ".".join(["b" * 63] * 4),
        "\ud800@example.org",
    ],
    ids=ascii,
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    """Missing parts, misplaced dots, blanks, quoting, header injection, and lengths of RFC 5321."""
    with pytest.raises(InvalidValueError):
        Email(typed)


@given(email_texts())
def test_an_address_is_kept_as_unicode_composes_it(typed: str) -> None:
    """Case and spelling stay; parse of render is the identity."""
    kept = Email(typed)
    assert kept.reveal() == unicodedata.normalize("NFC", typed)
    assert Email(kept.reveal()) == kept
    assert len(kept.reveal()) <= EMAIL_CHARACTERS_MAX
