"""What the comparison of people is promised of texts and of phone numbers."""

import string

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.comparing import PlainTexts
from vantrexia_adapters.matching import LibPhoneNumbers, RapidfuzzTexts
from vantrexia_contracts.matching import PhoneNumbersContract, TextsContract
from vantrexia_core.patients import PhoneNumbers, Texts

FOLDED = st.text(string.ascii_lowercase + string.digits + "øи李", max_size=12)


class TestTexts(TextsContract):
    """The library, and the definitions."""

    @pytest.fixture(params=[RapidfuzzTexts, PlainTexts])
    def texts(self, request: pytest.FixtureRequest) -> Texts:
        """Each adapter."""
        return request.param()


class TestPhoneNumbers(PhoneNumbersContract):
    """The library."""

    @pytest.fixture
    def phones(self) -> PhoneNumbers:
        """The one adapter."""
        return LibPhoneNumbers()


@given(FOLDED, FOLDED, st.integers(0, 4))
def test_the_library_says_what_the_definitions_say(one: str, other: str, most: int) -> None:
    """For any two texts, and so in both directions of any edit."""
    quick, plain = RapidfuzzTexts(), PlainTexts()
    assert quick.edits(one, other, most=most) == plain.edits(one, other, most=most)
    assert quick.similarity(one, other) == pytest.approx(plain.similarity(one, other))
    assert quick.sound(one) == plain.sound(one)


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
