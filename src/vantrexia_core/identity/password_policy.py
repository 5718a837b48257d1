"""Which passwords may be chosen: NIST SP 800-63B-4, section 3.1.1, and ASVS 5.0, section V6.2.

Long, not composed: length is what makes a password hard to guess, and rules about digits and symbols make
people write ``Password1!``. Refused is what an attacker tries first: a guessable one, one built from the
person's own address or name, one that says a short thing several times, and the five that were used last.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from vantrexia_core.identity.model import NewUser, User
from vantrexia_core.identity.ports import Passwords
from vantrexia_core.kernel import Email, InvalidError, InvalidValueError, PersonName, Phi
from vantrexia_core.protection import fold

PASSWORD_CHARACTERS_MIN: Final = 12
PASSWORD_CHARACTERS_MAX: Final = 128
PASSWORDS_BARRED: Final = 5
"""The present password and the four before it are not taken again."""

PERSONAL_WORD_CHARACTERS_MIN: Final = 3
"""Shorter parts of a name or an address occur in any text."""
UNPERSONAL_CHARACTERS_MIN: Final = 8
"""What must be left of a password once the person's own words are taken out of it: what SP 800-63B-4 asks of
a password that does not stand alone."""

PRODUCT: Final = "vantrexia"


class NewPassword(Phi[str]):
    """A password somebody wants to have: 12 to 128 characters of any kind, in the form that is hashed.

    The form is NFKC (UAX 15), so that the same password typed on two keyboards is one password. A code point
    that Unicode has not assigned has no stable form yet (UAX 15, section 12.1) and is refused.
    """

    __slots__ = ()

    def __init__(self, value: str) -> None:
        if len(value) > PASSWORD_CHARACTERS_MAX:
            raise InvalidValueError(_LENGTH)
        if any(unicodedata.category(character) == "Cs" for character in value):
            message = "Unpaired surrogates are not allowed."
            raise InvalidValueError(message)
        if any(_is_unassigned(character) for character in value):
            message = "Characters that Unicode has not assigned are not allowed."
            raise InvalidValueError(message)
        # Counted as typed and as hashed: combining marks cannot make a short password a long one.
        if min(len(value), len(normalized(value))) < PASSWORD_CHARACTERS_MIN:
            raise InvalidValueError(_LENGTH)
        super().__init__(normalized(value))


def normalized(text: str) -> str:
    """The one form of a password, however it was typed: NFKC."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def password_bytes(password: Phi[str]) -> bytes:
    """The bytes that are hashed and compared: every adapter of `Passwords` takes these.

    An unpaired surrogate has no UTF-8 form. A new password cannot hold one, so it matches nothing that is
    stored; failing instead would show the password in an exception.
    """
    return normalized(password.reveal()).encode("utf-8", "surrogatepass")


def admit(
    passwords: Passwords,
    chosen: NewPassword,
    field: str,
    owner: User | NewUser,
    former: Iterable[str] = (),
) -> str:
    """The hash of a password that its owner may choose. Slow by design; call it while no lock is held.

    ``former`` are the stored hashes of the passwords that may not be taken again.

    Raises:
        InvalidError: on ``field``, with every complaint there is.
    """
    complaints = tuple(_complaints(passwords, chosen, owner.email, owner.name, former))
    if complaints:
        raise InvalidError({field: complaints})
    return passwords.hash(chosen)


def _complaints(
    passwords: Passwords, chosen: NewPassword, email: Email, name: PersonName, former: Iterable[str]
) -> Iterator[str]:
    if is_repetitive(chosen) or passwords.is_guessable(chosen):
        yield "This password is too easy to guess. Use several words that have nothing to do with each other."
    if is_personal(chosen, email, name):
        yield "This password is built from your name, your email address or the name of this service."
    if any(passwords.verify(stored, chosen).matches for stored in former):
        yield f"This is one of your last {PASSWORDS_BARRED} passwords. Choose another one."


def is_repetitive(password: Phi[str]) -> bool:
    """Whether it says one thing that is shorter than a password over and over, or counts up or down."""
    text = password.reveal().casefold()
    # A unit counts when it is there twice at least: sharing the first and the last letter is no repetition.
    units = range(1, min(PASSWORD_CHARACTERS_MIN, len(text) // 2 + 1))
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return any(_repeats(text, unit) for unit in units) or steps in ({1}, {-1})


def is_personal(password: Phi[str], email: Email, name: PersonName) -> bool:
    """Whether too little is left of it once the person's own words are taken out."""
    text = "".join(fold(password.reveal()).split())
    rest = _without(text, personal_words(email, name))
    return rest != text and len(rest) < UNPERSONAL_CHARACTERS_MIN


def personal_words(email: Email, name: PersonName) -> frozenset[str]:
    """Folded words that everybody would try first: of the address, of the name, and the product's own."""
    texts = (PRODUCT, email.reveal(), name.first.reveal(), name.last.reveal())
    words = {word for text in texts for part in re.split(r"[@._+\-]", text) for word in fold(part).split()}
    return frozenset(word for word in words if len(word) >= PERSONAL_WORD_CHARACTERS_MIN)


def _without(text: str, words: Iterable[str]) -> str:
    # The longest first: "anna" must not leave "lena" of "annalena".
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text


def _repeats(text: str, unit: int) -> bool:
    return text[unit:] == text[:-unit]


def _is_unassigned(character: str) -> bool:
    # Noncharacters are in the same category, but they are what they are for good.
    is_noncharacter = ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef"  # noqa: PLR2004 - Unicode 23.7
    return unicodedata.category(character) == "Cn" and not is_noncharacter


_LENGTH: Final = f"Use {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters."
