"""Actors, names, e-mail addresses and pages."""

import string

from hypothesis import strategies as st

from vantrexia_contracts.given.builders import an_actor
from vantrexia_contracts.given.strategies.texts import nasty_texts, written_names
from vantrexia_core.kernel import (
    PAGE_NUMBER_MAX,
    PAGE_SIZE_MAX,
    Actor,
    Email,
    InvalidValueError,
    NamePart,
    PageRequest,
    PersonName,
    Role,
)

_ATOM = st.text(string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=12)
_LABEL = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)
_PADDING = st.sampled_from(("", " ", "\t", "\u3000"))
_WORD = st.text(st.characters(categories=("Ll", "Lo"), min_codepoint=0x80), min_size=1, max_size=6)


def _is_name(text: str) -> bool:
    try:
        NamePart(text)
    except InvalidValueError:
        return False
    return True


@st.composite
def name_texts(draw: st.DrawFn) -> str:
    """What is accepted as a first or last name, as typed: not necessarily trimmed or normalised."""
    if draw(st.integers(0, 4)) == 0:
        return draw(nasty_texts().filter(_is_name))
    return draw(_PADDING) + draw(written_names()) + draw(_PADDING)


def name_parts() -> st.SearchStrategy[NamePart]:
    """First or last names."""
    return name_texts().map(NamePart)


def person_names() -> st.SearchStrategy[PersonName]:
    """First and last names together."""
    return st.builds(PersonName, name_parts(), name_parts())


def email_texts() -> st.SearchStrategy[str]:
    """E-mail addresses: dot-atoms, some internationalised (RFC 6532)."""
    atoms = st.one_of(_ATOM, _WORD)
    local_part = st.lists(atoms, min_size=1, max_size=3).map(".".join)
    domain = st.lists(st.one_of(_LABEL, _WORD), min_size=2, max_size=4).map(".".join)
    return st.tuples(local_part, domain).map("@".join)


def emails() -> st.SearchStrategy[Email]:
    """E-mail addresses as values."""
    return email_texts().map(Email)


def page_requests(
    *, number_max: int = PAGE_NUMBER_MAX, size_max: int = PAGE_SIZE_MAX
) -> st.SearchStrategy[PageRequest]:
    """Pages, small ones more often than not."""
    return st.builds(
        PageRequest,
        number=st.one_of(st.integers(1, min(5, number_max)), st.integers(1, number_max)),
        size=st.one_of(st.integers(1, min(5, size_max)), st.integers(1, size_max)),
    )


def actors() -> st.SearchStrategy[Actor]:
    """Somebody of any role."""
    return st.sampled_from(Role).map(an_actor)
