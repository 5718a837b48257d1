"""Two people's traits side by side: the level of each field. Symmetric, and without any weight."""

from collections.abc import Callable
from typing import Final

from vantrexia_core.patients.matching.addresses import Home
from vantrexia_core.patients.matching.frequencies import NOTHING_COUNTED, Frequencies
from vantrexia_core.patients.matching.levels import (
    AddressLevel,
    BirthDate,
    Comparison,
    EmailLevel,
    FirstName,
    GenderLevel,
    LastName,
    MiddleName,
    MrnLevel,
    PhoneLevel,
    SsnLevel,
    Suffix,
)
from vantrexia_core.patients.matching.ports import Texts
from vantrexia_core.patients.matching.slips import may_be_slip
from vantrexia_core.patients.matching.traits import Traits

CLOSE_SIMILARITY: Final = 0.92
_LETTERS_MIN: Final = 4
"""Below that, one edit makes another name: Ann, Ian; Li, Lu."""

_LETTERS_LONG: Final = 6
_WORD_MIN: Final = 3
_LAST_FOUR: Final = 4
_EMAIL_EDITS: Final = 2
_PARTS: Final = 2
_NAMES_AGREE: Final = FirstName.LONGER
_MISSPELT: Final = frozenset({FirstName.CLOSE, FirstName.RESEMBLES, FirstName.INITIAL})
_ALIKE: Final = frozenset({FirstName.CLOSE, FirstName.RESEMBLES})


def compare(
    one: Traits, other: Traits, texts: Texts, frequencies: Frequencies = NOTHING_COUNTED
) -> Comparison:
    """How two people compare, field by field."""
    first, last = _first_names(one, other, texts), _last_names(one, other, texts)
    if first <= FirstName.RESEMBLES and last <= LastName.RESEMBLES:
        first, last = _swapped(one, other, texts) or (first, last)
    first, last = _spelt(one, other, first, last, texts, frequencies)
    born = _birth_dates(one, other, texts)
    same_name = first >= _NAMES_AGREE and last in {LastName.EXACT, LastName.SWAPPED}
    return Comparison(
        first_name=first,
        last_name=last,
        middle_name=_middle_names(one.middle, other.middle, texts),
        suffix=_suffixes(one.suffix, other.suffix),
        date_of_birth=born,
        gender=_genders(one, other),
        phone=_phones(one.phone, other.phone, texts),
        email=_emails(one, other, texts, same_name=same_name),
        address=_addresses(one.home, other.home, texts),
        ssn=_ssns(one.ssn, other.ssn, texts),
        mrn=_mrns(one.mrn, other.mrn),
        years_apart=abs(one.born.year - other.born.year) if one.born and other.born else None,
        first_frequency=_share(frequencies.first_name, one.first_joined, other.first_joined)
        if first in {FirstName.MISTYPED, FirstName.EXACT}
        else None,
        last_frequency=_share(frequencies.last_name, one.last_joined, other.last_joined)
        if last in {LastName.MISTYPED, LastName.EXACT}
        else None,
        birth_frequency=frequencies.birth_date(one.born_digits) if born is BirthDate.EXACT else None,
        namesakes=frequencies.namesakes(one, other)
        if first >= FirstName.MISTYPED and last >= LastName.MISTYPED and born is BirthDate.EXACT
        else None,
    )


def _share(share_of: Callable[[str], float | None], mine: str, theirs: str) -> float | None:
    """How common a name is; of two spellings, the one that more people have."""
    share = share_of(mine)
    return share if share is None or mine == theirs else max(share, share_of(theirs) or 0.0)


def _swapped(one: Traits, other: Traits, texts: Texts) -> tuple[FirstName, LastName] | None:
    """The levels of two names of which one stands the wrong way round; None if neither does.

    To the letter it is one fact. With one of the four mistyped or cut short it is less, and may be a twin.
    """
    crossed = ((one.first, other.last), (other.first, one.last))
    if not all(mine and theirs for mine, theirs in crossed):
        return None
    equal = sum(mine == theirs and len("".join(mine)) > 1 for mine, theirs in crossed)
    if equal == len(crossed):
        return FirstName.SWAPPED, LastName.SWAPPED
    if equal and all(mine == theirs or _are_near(mine, theirs, texts) for mine, theirs in crossed):
        return FirstName.CLOSE, LastName.CLOSE
    return None


def _are_near(one: tuple[str, ...], other: tuple[str, ...], texts: Texts) -> bool:
    """Whether a word is in both, or they are one typing error apart."""
    shared = any(len(word) >= _WORD_MIN and word in other for word in one)
    return shared or _is_close("".join(one), "".join(other), texts)


def _is_close(one: str, other: str, texts: Texts) -> bool:
    """One typing error, or nearly the same; of names long enough for that to mean something."""
    if min(len(one), len(other)) < _LETTERS_MIN:
        return False
    one, other = (one, other) if one <= other else (other, one)  # Jaro is not symmetric to the last bit
    return texts.edits(one, other, most=1) <= 1 or texts.similarity(one, other) >= CLOSE_SIMILARITY


def _first_names(one: Traits, other: Traits, texts: Texts) -> FirstName:
    mine, theirs = one.first_joined, other.first_joined
    if not mine or not theirs:
        return FirstName.MISSING
    if mine == theirs:
        return FirstName.EXACT if len(mine) > 1 else FirstName.INITIAL
    shares_word = any(len(word) >= _WORD_MIN and word in other.first for word in one.first)
    if shares_word and (set(one.first) <= set(other.first) or set(other.first) <= set(one.first)):
        return FirstName.LONGER
    if min(len(one.first), len(other.first)) == 1 and not one.nicknames.isdisjoint(other.nicknames):
        return FirstName.NICKNAME  # of two double names, one nickname says little of the other word
    if _is_middle(one, other) or _is_middle(other, one):
        return FirstName.IS_MIDDLE
    if shares_word:
        return FirstName.RESEMBLES
    if _is_close(mine, theirs, texts):
        return FirstName.CLOSE
    if mine.startswith(theirs) or theirs.startswith(mine):
        return FirstName.INITIAL
    alike = one.first_sound and one.first_sound == other.first_sound
    return FirstName.RESEMBLES if alike or _resemble(mine, theirs, texts) else FirstName.DIFFERS


def _resemble(one: str, other: str, texts: Texts) -> bool:
    """Short and one edit apart, or long and two."""
    shorter = min(len(one), len(other))
    if shorter < _LETTERS_MIN:
        return len(one) + len(other) > _LETTERS_MIN and texts.edits(one, other, most=1) <= 1
    return shorter > _LETTERS_MIN and texts.edits(one, other, most=2) <= _PARTS


def _spelt(
    one: Traits, other: Traits, first: FirstName, last: LastName, texts: Texts, frequencies: Frequencies
) -> tuple[FirstName, LastName]:
    """The levels, once it was asked whether a spelling is a name that people bear, or a typing error."""
    mine, theirs = one.first_joined, other.first_joined
    if first in _MISSPELT and _may_be_slip(one, other, texts):
        is_mistyped = frequencies.is_mistyped_first_name
        first = FirstName.MISTYPED if is_mistyped(mine, theirs) or is_mistyped(theirs, mine) else first
    if first in _ALIKE and one.first_sound != other.first_sound and frequencies.are_first_names(mine, theirs):
        first = FirstName.LOOKALIKE
    mine, theirs = one.last_joined, other.last_joined
    if last is LastName.CLOSE and texts.edits(mine, theirs, most=1) <= 1:
        is_mistyped = frequencies.is_mistyped_last_name
        last = LastName.MISTYPED if is_mistyped(mine, theirs) or is_mistyped(theirs, mine) else last
    return first, last


def _may_be_slip(one: Traits, other: Traits, texts: Texts) -> bool:
    """One slip, or two edits in a long name that sounds the same, and none of them in the first letter.

    There typing errors are rare, and twins' names often differ: Aiden, Jaiden.
    """
    mine, theirs = one.first_joined, other.first_joined
    if mine[0] != theirs[0]:
        return False
    edits = texts.edits(mine, theirs, most=_PARTS)
    if edits == _PARTS:
        return min(len(mine), len(theirs)) >= _LETTERS_LONG and one.first_sound == other.first_sound
    return edits < _PARTS and may_be_slip(mine, theirs)


def _is_middle(one: Traits, other: Traits) -> bool:
    """Whether one goes by the other's middle name."""
    return len(one.first_joined) >= _WORD_MIN and one.first_joined == other.middle


def _last_names(one: Traits, other: Traits, texts: Texts) -> LastName:
    mine, theirs = one.last_joined, other.last_joined
    if not mine or not theirs:
        return LastName.MISSING
    if mine == theirs:
        return LastName.EXACT
    if any(len(word) >= _WORD_MIN and word in other.last for word in one.last):
        return LastName.SHARED_WORD
    if _is_close(mine, theirs, texts) or _has_close_word(one, other, texts):
        return LastName.CLOSE
    alike = one.last_sound and one.last_sound == other.last_sound
    return LastName.RESEMBLES if alike or _resemble(mine, theirs, texts) else LastName.DIFFERS


def _has_close_word(one: Traits, other: Traits, texts: Texts) -> bool:
    """Whether a word of a double name was mistyped: *Goms* and *Gomes-Millard*."""
    if len(one.last) + len(other.last) <= _PARTS:
        return False
    return any(
        texts.edits(mine, theirs, most=1) <= 1
        for mine in one.last
        for theirs in other.last
        if min(len(mine), len(theirs)) >= _LETTERS_MIN
    )


def _middle_names(one: str, other: str, texts: Texts) -> MiddleName:
    if not one or not other:
        return MiddleName.MISSING
    if one == other:
        return MiddleName.EXACT if len(one) > 1 else MiddleName.INITIAL
    if len(one) == 1 or len(other) == 1:
        return MiddleName.INITIAL if one[0] == other[0] else MiddleName.DIFFERS
    return MiddleName.CLOSE if _is_close(one, other, texts) else MiddleName.DIFFERS


def _suffixes(one: str, other: str) -> Suffix:
    if not one or not other:
        return Suffix.MISSING
    return Suffix.AGREES if one == other else Suffix.CONFLICT


def _birth_dates(one: Traits, other: Traits, texts: Texts) -> BirthDate:
    mine, theirs = one.born, other.born
    if mine is None or theirs is None:
        return BirthDate.MISSING
    if mine == theirs:
        return BirthDate.EXACT
    if mine.year == theirs.year and (mine.month, mine.day) == (theirs.day, theirs.month):
        return BirthDate.DAY_MONTH_SWAPPED
    if texts.edits(one.born_digits, other.born_digits, most=1) <= 1:
        return BirthDate.ONE_EDIT
    if mine.year == theirs.year and (1, 1) in {(mine.month, mine.day), (theirs.month, theirs.day)}:
        return BirthDate.TWO_PARTS
    if (mine.year == theirs.year) + (mine.month == theirs.month) + (mine.day == theirs.day) == _PARTS:
        return BirthDate.TWO_PARTS
    return BirthDate.SAME_YEAR if mine.year == theirs.year else BirthDate.DIFFERS


def _genders(one: Traits, other: Traits) -> GenderLevel:
    if one.gender is None or other.gender is None:
        return GenderLevel.MISSING
    return GenderLevel.AGREES if one.gender is other.gender else GenderLevel.DIFFERS


def _phones(one: str, other: str, texts: Texts) -> PhoneLevel:
    if not one or not other:
        return PhoneLevel.MISSING
    if one == other:
        return PhoneLevel.EXACT
    return PhoneLevel.ONE_EDIT if texts.edits(one, other, most=1) <= 1 else PhoneLevel.DIFFERS


def _emails(one: Traits, other: Traits, texts: Texts, *, same_name: bool) -> EmailLevel:
    if not one.mailbox or not other.mailbox:
        return EmailLevel.MISSING
    if one.mailbox == other.mailbox:
        if same_name and one.has_mailbox_of_name and other.has_mailbox_of_name:
            return EmailLevel.OF_NAME
        return EmailLevel.EXACT if one.mail_domain == other.mail_domain else EmailLevel.SAME_MAILBOX
    near = texts.edits(one.mailbox, other.mailbox, most=_EMAIL_EDITS) <= _EMAIL_EDITS
    # Two people of one name have mailboxes that differ in a number; short ones differ in little anyway.
    if (
        near
        and one.mail_domain == other.mail_domain
        and min(len(one.mailbox), len(other.mailbox)) > _LAST_FOUR
    ):
        is_number = one.mailbox.rstrip("0123456789") == other.mailbox.rstrip("0123456789")
        return EmailLevel.DIFFERS if is_number else EmailLevel.CLOSE
    return EmailLevel.DIFFERS


def _addresses(one: Home, other: Home, texts: Texts) -> AddressLevel:
    if not one.has_anything or not other.has_anything:
        return AddressLevel.MISSING
    near = _are_neighbours(one, other, texts)
    if one.has_house and other.has_house and near:
        if one.number == other.number and one.street == other.street:
            units_differ = bool(one.unit and other.unit and one.unit != other.unit)
            return AddressLevel.SAME_BUILDING if units_differ else AddressLevel.SAME_HOME
        if one.number == other.number and _is_close(one.street, other.street, texts):
            return AddressLevel.CLOSE
        if (
            one.street == other.street
            and texts.edits(one.number, other.number, most=1) <= 1
            and min(len(one.number), len(other.number)) > 1
        ):
            return AddressLevel.CLOSE
    if one.zip5 and one.zip5 == other.zip5:
        return AddressLevel.SAME_ZIP
    if one.town and one.town == other.town:
        return AddressLevel.SAME_TOWN
    if (one.zip5 and other.zip5) or (one.town and other.town) or (one.has_house and other.has_house):
        return AddressLevel.DIFFERS
    return AddressLevel.MISSING


def _are_neighbours(one: Home, other: Home, texts: Texts) -> bool:
    """Whether ZIP or town agree, or neither can be compared."""
    zips, towns = bool(one.zip5 and other.zip5), bool(one.town and other.town)
    if zips and one.zip5 == other.zip5:
        return True
    if towns and (one.town == other.town or _is_close(one.town, other.town, texts)):
        return True
    return not zips and not towns


def _ssns(one: str, other: str, texts: Texts) -> SsnLevel:
    if not one or not other:
        return SsnLevel.MISSING
    if len(one) == _LAST_FOUR or len(other) == _LAST_FOUR:
        return SsnLevel.LAST_FOUR if one[-_LAST_FOUR:] == other[-_LAST_FOUR:] else SsnLevel.DIFFERS
    if one == other:
        return SsnLevel.EXACT
    return SsnLevel.ONE_EDIT if texts.edits(one, other, most=1) <= 1 else SsnLevel.DIFFERS


def _mrns(one: str, other: str) -> MrnLevel:
    if not one or not other:
        return MrnLevel.MISSING
    return MrnLevel.EXACT if one == other else MrnLevel.DIFFERS
