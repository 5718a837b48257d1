"""Text as people write it, in many scripts, and text as nobody should send it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from hypothesis import strategies as st

Category = Literal["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc"]
_LETTERS: tuple[Category, ...] = ("Lu", "Ll", "Lo")
_LETTERS_AND_VOWELS: tuple[Category, ...] = ("Lo", "Mn", "Mc")


def _block(first: int, last: int, categories: tuple[Category, ...] = _LETTERS) -> st.SearchStrategy[str]:
    return st.characters(min_codepoint=first, max_codepoint=last, categories=categories)


SCRIPTS: Mapping[str, st.SearchStrategy[str]] = MappingProxyType(
    {
        "latin": _block(0x41, 0x7A),
        "latin with diacritics": _block(0xC0, 0x24F),
        "vietnamese": _block(0x1EA0, 0x1EF9),
        "greek": _block(0x388, 0x3CE),
        "polytonic greek": _block(0x1F00, 0x1FFC),
        "cyrillic": _block(0x400, 0x481),
        "hebrew": _block(0x5D0, 0x5EA),
        "arabic": _block(0x620, 0x64A),
        "devanagari": _block(0x904, 0x94D, _LETTERS_AND_VOWELS),
        "thai": _block(0xE01, 0xE4E, _LETTERS_AND_VOWELS),
        "kana": _block(0x3041, 0x30FA),
        "han": _block(0x4E00, 0x9FA5),
        "rare han": _block(0x20000, 0x2A6D6),
        "hangul": _block(0xAC00, 0xD7A3),
        "full width": _block(0xFF21, 0xFF5A),
    }
)
"""One strategy for characters of each script; marks only where a script writes its vowels with them."""

COMBINING = st.sampled_from("\u0300\u0301\u0302\u0303\u0308\u030a\u030c\u0323\u0327\u0328\u0331")

SEPARATORS = (
    " ", "-", "'", "’", "ʼ", "ʻ", "´", ". ", " de la ", " van der ", " bin ", "-el-", "‐", "·", "・", " y ",
)  # fmt: skip
"""What stands between the parts of a name: particles, hyphens, all that passes for an apostrophe."""

KNOWN_NAMES = (
    "O'Brien", "O’Brien", "D´Angelo", "Garcia-Lopez", "García López", "Nuñez", "Núñez", "Nún\u0303ez",
    "Møller", "Łukasiewicz", "Đặng", "Nguyễn", "Straße", "STRASSE", "Þórsdóttir", "Sæther", "Œuvrard",
    "İnönü", "ılgaz", "Çelik",
    "van der Berg", "de la Cruz", "al-Ḥasan", "ʿAlī", "Kaʻahumanu", "Zoë", "Zoe\u0308", "Ó",
    "Ångström", "Mary Ann", "Ng", "李", "歐陽", "髙橋", "さくら", "サクラ", "ｻｸﾗ", "김", "남궁", "Ковалёв",
    "Ковалев", "Παπαδόπουλος", "ΟΔΥΣΣΕΥΣ", "محمد", "مُحَمَّد", "דוד", "שׁלום", "श्रीमती", "ราชา", "ﬁeld", "Ⅳ",
    "Ｓｍｉｔｈ", "Smith Jr.", "Nana-Ama Owusu", "𠮷野",
)  # fmt: skip
"""Names (and spellings of names) that have broken software before."""


def words_of(script: str, *, longest: int = 10) -> st.SearchStrategy[str]:
    """One word in a script of `SCRIPTS`; vowels that are marks stand after a letter."""
    letters = SCRIPTS[script].filter(str.isalpha)
    return st.tuples(letters, st.text(SCRIPTS[script], max_size=longest - 1)).map("".join)


def decomposed_words() -> st.SearchStrategy[str]:
    """Latin letters, each followed by up to three combining marks in any order."""
    letter = st.tuples(SCRIPTS["latin"], st.text(COMBINING, max_size=3)).map("".join)
    return st.lists(letter, min_size=1, max_size=8).map("".join)


_WORDS = st.one_of(*(words_of(script) for script in SCRIPTS), decomposed_words())
_KNOWN = st.sampled_from(KNOWN_NAMES)
_MORE_WORDS = st.lists(st.tuples(st.sampled_from(SEPARATORS), _WORDS).map("".join), max_size=2).map("".join)


@st.composite
def written_names(draw: st.DrawFn) -> str:
    """A name as somebody writes it: known ones, words of all scripts joined, sequences of marks."""
    return draw(_KNOWN) if draw(st.booleans()) else draw(_WORDS) + draw(_MORE_WORDS)


NASTY = (
    "",
    " ",
    "\t\n",
    "\u00a0\u2003\u3000",
    "\u0000",
    "a\u0000b",
    "\ud800",
    "\udfff\ud800",
    "x\udc80y",
    "\u202eevil",
    "\u2066a\u2069",
    "\u2028",
    "a\u2029b",
    "\x1b[31mred",
    "\x7f",
    "\x85",
    "a\rb",
    "\ufeff",
    "\u200b",
    "\u200d\u200d",
    "\u3164",
    "\u115f\u1160",
    "\u034f",
    "\ufffe",
    "\uffff",
    "\U0010ffff",
    "\ue000",
    "\u0378",
    "Z" + "\u0301" * 5_000,
    "\u0344" * 400,
    "\u0390" * 150,
    "\ufdfa" * 101,
    "a" * 100_000,
    "'; DROP TABLE patients; --",
    "%",
    "_",
    "\\",
    "*",
    "^",
    "${jndi:ldap://x}",
    "{0.__class__}",
    "%s%n",
    "<script>",
    "\N{PILE OF POO}",
    "\N{REGIONAL INDICATOR SYMBOL LETTER U}\N{REGIONAL INDICATOR SYMBOL LETTER S}",
    "NaN",
    "null",
    "١٢٣",
)
"""Controls, nothing, half characters, overrides, bombs, and what other people's parsers choke on."""


_NASTY = st.sampled_from(("", *NASTY))
_ANYTHING = st.text(st.characters(), max_size=20)


@st.composite
def nasty_texts(draw: st.DrawFn) -> str:
    """One of `NASTY`, alone, around or inside other text, or any text at all, lone surrogates included."""
    nasty = draw(_NASTY)
    return nasty if draw(st.booleans()) else draw(_ANYTHING) + nasty + draw(_ANYTHING)
