"""What the comparison of people is promised of texts and of phone numbers."""

import pytest

from vantrexia_core.patients import PhoneNumbers, Texts


class TextsContract:
    """How alike two texts are."""

    @pytest.fixture
    def texts(self) -> Texts:
        """What compares them.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `texts`: a Texts")

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
    def test_similarity_is_that_of_winkler(
        self, texts: Texts, one: str, other: str, similarity: float
    ) -> None:
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
    def test_an_edit_is_a_letter_or_a_swap_of_neighbours(
        self, texts: Texts, one: str, other: str, edits: int
    ) -> None:
        """Optimal string alignment: no edit inside a swap; above the most, one more than it."""
        assert (
            texts.edits(one, other, most=3) == edits if edits <= 3 else texts.edits(one, other, most=3) == 4
        )

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
    def test_sound_is_american_soundex(self, texts: Texts, text: str, sound: str) -> None:
        """The examples of the United States National Archives; what has no Latin letter has no sound."""
        assert texts.sound(text) == sound


class PhoneNumbersContract:
    """What a phone number is."""

    @pytest.fixture
    def phones(self) -> PhoneNumbers:
        """What reads them.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `phones`: a PhoneNumbers")

    @pytest.mark.parametrize(
        "written", ["217-394-0142", "(217) 394-0142", "2173940142", "+1 217 394 0142", "1-217-394-0142"]
    )
    def test_a_number_is_one_number_however_it_is_written(self, phones: PhoneNumbers, written: str) -> None:
        """Country code, parentheses, dashes: the same ten digits."""
        assert phones.national(written) == "2173940142"

    def test_a_number_abroad_keeps_its_country(self, phones: PhoneNumbers) -> None:
        """So that it is not mistaken for one at home."""
        assert phones.national("+49 30 901820") == "4930901820"

    @pytest.mark.parametrize("written", ["", "call her", "12", "+1 217", "((((((((", "9" * 20, "۱"])
    def test_what_is_no_number_is_none(self, phones: PhoneNumbers, written: str) -> None:
        """Nothing raises."""
        assert phones.national(written) is None
