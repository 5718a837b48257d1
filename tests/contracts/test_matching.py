"""What the comparison of people is promised of texts and of phone numbers."""

import string

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.comparing import PlainTexts
from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
from vantrexia_core.patients import PhoneNumbers, Texts

FOLDED = st.text(string.ascii_lowercase + string.digits + "øи李", max_size=12)


@pytest.fixture(params=[RapidfuzzTexts, PlainTexts])
def texts(request: pytest.FixtureRequest) -> Texts:
    """Each adapter."""
    return request.param()  # type: ignore[no-any-return] - a class of the list above


@pytest.fixture
def phones() -> PhoneNumbers:
    """The one adapter."""
    return LibPhoneNumbers()


@pytest.mark.parametrize(
    ("one", "other", "similarity"),
    [
        ("martha", "marhta", 0.9611),
        ("dwayne", "duane", 0.8400),
        ("dixon", "dicksonx", 0.8133),
        ("same", "same", 1.0),
        ("abc", "xyz", 0.0),
        ("", "", 0.0),
        ("", "abc", 0.0),
    ],
)
def test_similarity_is_that_of_winkler(texts: Texts, one: str, other: str, similarity: float) -> None:
    """The examples of Winkler's paper of 1990; nothing is alike to nothing."""
    assert texts.similarity(one, other) == pytest.approx(similarity, abs=1e-4)


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("walnut", "walnut", 0),
        ("walnut", "wlanut", 1),
        ("walnut", "walnu", 1),
        ("walnut", "wallnut", 1),
        ("walnut", "walnot", 1),
        ("ca", "abc", 3),
        ("", "ab", 2),
        ("first", "other", 4),
    ],
)
def test_an_edit_is_a_letter_or_a_swap_of_neighbours(texts: Texts, one: str, other: str, edits: int) -> None:
    """Optimal string alignment: no edit inside a swap; above the most, one more than it."""
    assert texts.edits(one, other, most=3) == edits if edits <= 3 else texts.edits(one, other, most=3) == 4


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("robert", "R163"),
        ("rupert", "R163"),
        ("ashcraft", "A261"),
        ("tymczak", "T522"),
        ("pfister", "P236"),
        ("lee", "L000"),
        ("李", ""),
        ("", ""),
    ],
)
def test_sound_is_american_soundex(texts: Texts, text: str, sound: str) -> None:
    """The examples of the United States National Archives; what has no Latin letter has no sound."""
    assert texts.sound(text) == sound


@given(FOLDED, FOLDED, st.integers(0, 4))
def test_the_library_says_what_the_definitions_say(one: str, other: str, most: int) -> None:
    """For any two texts, and so in both directions of any edit."""
    quick, plain = RapidfuzzTexts(), PlainTexts()
    assert quick.edits(one, other, most=most) == plain.edits(one, other, most=most)
    assert quick.similarity(one, other) == pytest.approx(plain.similarity(one, other))
    assert quick.sound(one) == plain.sound(one)


@pytest.mark.parametrize(
    "written", ["217-394-0142", "(217) 394-0142", "2173940142", "+1 217 394 0142", "1-217-394-0142"]
)
def test_a_number_is_one_number_however_it_is_written(phones: PhoneNumbers, written: str) -> None:
    """Country code, parentheses, dashes: the same ten digits."""
    assert phones.national(written) == "2173940142"


@given(st.from_regex(r"(\+?1[-. ]?)?\(?[0-9]{3}\)?[-. ]?[0-9]{3}[-. ]?[0-9]{4}", fullmatch=True))
def test_a_number_is_read_as_the_library_reads_it(written: str) -> None:
    """Also where it is written as nearly all are, which is not left to the library."""
    assert LibPhoneNumbers().national(written) == _as_read(written)


def _as_read(written: str) -> str | None:
    number = phonenumbers.parse(written, "US")
    if not phonenumbers.is_possible_number(number):
        return None
    digits = phonenumbers.national_significant_number(number)
    return digits if number.country_code == 1 else f"{number.country_code}{digits}"


def test_a_number_abroad_keeps_its_country(phones: PhoneNumbers) -> None:
    """So that it is not mistaken for one at home."""
    assert phones.national("+49 30 901820") == "4930901820"


@pytest.mark.parametrize("written", ["", "call her", "12", "+1 217", "((((((((", "9" * 20, "۱"])
def test_what_is_no_number_is_none(phones: PhoneNumbers, written: str) -> None:
    """Nothing raises."""
    assert phones.national(written) is None
