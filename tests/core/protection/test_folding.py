"""Folding makes one key of all the ways in which people write one name."""

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.strategies.texts import KNOWN_NAMES, nasty_texts, written_names
from vantrexia_core.protection import fold, words

APOSTROPHES = "'’‘ʼʻ`´ʹ′＇‛ʾʿ\u1ffd"
LOOSE_MARKS = st.text(
    st.sampled_from(
        "\U0001d165\U0001d16d\U0001d172\u302e\u1b44\U00016ff0\u200d\u20dd\u0301\u0327'\u00b4 a\u0345"
    )
)
"""Marks that are kept, marks and joiners that are dropped, and apostrophes: what could trade places."""


@pytest.fixture(scope="module")
def folded_characters() -> dict[str, str]:
    """Each of Unicode's 1,114,112 code points, unassigned and surrogates too, and what it folds to."""
    return {character: fold(character) for character in map(chr, range(sys.maxunicode + 1))}


def test_folding_every_character_twice_is_folding_it_once(folded_characters: dict[str, str]) -> None:
    """Idempotent on every code point."""
    keys = set(folded_characters.values())
    assert [key for key in keys if folded_characters.get(key, "") != key and fold(key) != key] == []


def test_no_character_folds_to_an_apostrophe_an_accent_or_a_capital(
    folded_characters: dict[str, str],
) -> None:
    """What folding takes away, it takes away for every code point."""
    left = set("".join(folded_characters.values()))
    assert left & set(APOSTROPHES) == set()
    assert [part for part in left if part != part.casefold()] == []
    assert [part for part in left if unicodedata.category(part) in {"Mn", "Me", "Cf", "Cs", "Cc"}] == []


@given(st.text(st.characters()) | nasty_texts() | LOOSE_MARKS)
@example("\U0001d16d\u200d\U0001d165")
@example("\u0345\u0301")
@example("\u1e9e")
@example("ΟΔΥΣΣΕΥΣ")
@example("İ")
def test_folding_twice_is_folding_once(text: str) -> None:
    """Idempotent on any text, whatever stands beside what; and it never raises."""
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters()) | nasty_texts())
def test_a_folded_text_has_single_blanks_inside_and_none_outside(text: str) -> None:
    """So that its words are found by splitting at blanks."""
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert words(text) == tuple(folded.split(" ") if folded else ())


@given(st.text(st.characters()) | written_names())
@example("O\u1ffdBrien")
def test_spellings_that_unicode_calls_equivalent_fold_alike(text: str) -> None:
    """Composed and decomposed forms are one name."""
    assert fold(unicodedata.normalize("NFC", text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


@given(written_names())
def test_case_does_not_matter(name: str) -> None:
    """Casefolding comes first for everybody."""
    assert fold(name.casefold()) == fold(name)


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1), st.data())
def test_accents_and_apostrophes_do_not_matter(plain: str, data: st.DataObject) -> None:
    """Any accents on any letters, apostrophes anywhere: the same key."""
    noise = st.text(
        st.sampled_from(APOSTROPHES + "\u0300\u0301\u0303\u0308\u030a\u0327\u200d\u00ad"), max_size=2
    )
    assert fold("".join(letter + data.draw(noise) for letter in plain)) == plain


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("", ""),
        ("Smith", "smith"),
        ("  Mary \t Ann ", "mary ann"),
        ("Núñez", "nunez"),
        ("Nún\u0303ez", "nunez"),
        ("O'Brien", "obrien"),
        ("O´Brien", "obrien"),
        ("O’BRIEN", "obrien"),
        ("Garcia-Lopez", "garcia lopez"),
        ("Garcia‐Lopez", "garcia lopez"),
        ("al-Ḥasan", "al hasan"),
        ("Møller", "moller"),
        ("Łukasiewicz", "lukasiewicz"),
        ("Đặng", "dang"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Þórsdóttir", "thorsdottir"),
        ("Sæther", "saether"),
        ("İnönü", "inonu"),
        ("ILGAZ", "ilgaz"),
        ("ılgaz", "ilgaz"),
        ("Ｓｍｉｔｈ", "smith"),
        ("ﬁeld", "field"),
        ("Ⅳ", "iv"),
        ("李", "李"),
        ("ｻｸﾗ", unicodedata.normalize("NFKD", "サクラ")),
        ("Ковалёв", "ковалев"),
        ("Παπαδόπουλος", "παπαδοπουλοσ"),
        ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "παπαδοπουλοσ"),
        ("مُحَمَّد", "محمد"),
        ("שׁלום", "שלום"),
        ("MRN-00042", "mrn 00042"),
        ("%", ""),
        ("\ud800", ""),
        ("a\u0000b", "a b"),
    ],
)
def test_a_name_has_this_key(written: str, folded: str) -> None:
    """The documented cases, one a line."""
    assert fold(written) == folded


@pytest.mark.parametrize("name", KNOWN_NAMES)
def test_no_real_name_folds_away(name: str) -> None:
    """Everybody can be found."""
    assert words(name)


@given(written_names())
def test_a_word_of_a_name_folds_to_a_part_of_the_folded_name(name: str) -> None:
    """What is found word by word is found in the whole, so a search may be split at blanks first."""
    for word in name.split():
        assert fold(word) in fold(name)
