"""What a machine client's scopes let it do: one table from SMART's words to our permissions and actions.

Scopes are those of SMART App Launch 2.2 (section "Scopes for requesting FHIR Resources") at the system level:
``system/Patient.rs`` names a resource and interactions (create, read, update, delete, search, in this order);
``*`` stands for every resource that we have, and version 1's ``read``, ``write`` and ``*`` for ``rs``,
``cud`` and ``cruds``. A scope that we do not know grants nothing. One with a query behind it
(``?birthdate=…``) grants nothing either: to leave the query away would be to grant more than was asked for.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Self

import attrs

from vantrexia_core.audit import Action
from vantrexia_core.kernel import InvalidValueError, Mandate, Permission

SCOPE_CHARACTERS_MAX: Final = 2_000
"""The longest list of scopes that is looked at."""


class ScopedResource(Enum):
    """A FHIR resource that scopes can name."""

    AUDIT_EVENT = "AuditEvent"
    PATIENT = "Patient"


class Interaction(Enum):
    """What a scope lets a client do with a resource, in the order in which SMART writes the letters."""

    CREATE = "c"
    READ = "r"
    UPDATE = "u"
    DELETE = "d"
    SEARCH = "s"


@attrs.frozen
class Allowance:
    """What one letter at one resource means here."""

    permission: Permission
    actions: frozenset[Action]


def _allowed(permission: Permission, *actions: Action) -> Allowance:
    return Allowance(permission, frozenset(actions))


_PATIENT, _EVENT = ScopedResource.PATIENT, ScopedResource.AUDIT_EVENT
_VIEW: Final = Permission.VIEW_PATIENTS

SCOPES: Final[Mapping[tuple[ScopedResource, Interaction], tuple[Allowance, ...]]] = MappingProxyType(
    {
        (_EVENT, Interaction.READ): (_allowed(Permission.READ_TRAIL, Action.TRAIL_READ),),
        (_EVENT, Interaction.SEARCH): (_allowed(Permission.READ_TRAIL, Action.TRAIL_READ),),
        (_PATIENT, Interaction.CREATE): (_allowed(Permission.WRITE_PATIENTS, Action.CREATE),),
        (_PATIENT, Interaction.READ): (
            _allowed(_VIEW, Action.READ, Action.READ_VERSION, Action.LIST_VERSIONS),
        ),
        (_PATIENT, Interaction.UPDATE): (_allowed(Permission.WRITE_PATIENTS, Action.UPDATE),),
        (_PATIENT, Interaction.DELETE): (_allowed(Permission.DELETE_PATIENTS, Action.DELETE),),
        (_PATIENT, Interaction.SEARCH): (
            _allowed(_VIEW, Action.LIST, Action.LIST_ARCHIVED),
            # A search shows all that a match or an export does, page by page.
            _allowed(Permission.WRITE_PATIENTS, Action.MATCH),
            _allowed(
                Permission.EXPORT_PATIENTS,
                Action.EXPORT_START,
                Action.EXPORT_READ,
                Action.EXPORT,
                Action.EXPORT_END,
            ),
        ),
    }
)
"""All that there is to grant. What is not in this table no program can do, whatever is asked for."""

_VERSION_1: Final = {"read": "rs", "write": "cud", "*": "cruds"}
_SYNTAX: Final = re.compile(r"system/(?P<resource>[A-Za-z]{1,64}|\*)\.(?P<may>read|write|\*|c?r?u?d?s?)")
_TOKEN: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749, section 3.3


@attrs.frozen
class Scopes:
    """A set of what was granted or may be, written in one way only."""

    members: frozenset[tuple[ScopedResource, Interaction]] = frozenset()

    @classmethod
    def known(cls, text: str) -> Self:
        """Scopes that an administrator allows, separated by blanks; each must mean something here.

        Raises:
            InvalidValueError: one of them does not.
        """
        words = _words(text)
        meanings = [_meaning(word) for word in words]
        if not words or not all(meanings):
            message = f"Use scopes of these, separated by blanks: {', '.join(scopes_supported())}."
            raise InvalidValueError(message)
        return cls(frozenset().union(*meanings))

    @classmethod
    def trusted(cls, text: str) -> Self:
        """Scopes that were written by `text` before."""
        return cls(frozenset().union(*map(_meaning, text.split())))

    @property
    def text(self) -> str:
        """In version 2's words, sorted by resource: what tokens and rows hold."""
        return " ".join(
            f"system/{resource.value}.{letters}"
            for resource in ScopedResource
            if (letters := "".join(may.value for may in Interaction if (resource, may) in self.members))
        )

    @property
    def allowances(self) -> Sequence[Allowance]:
        """What they mean here."""
        return [allowance for member in SCOPES if member in self.members for allowance in SCOPES[member]]

    @property
    def mandate(self) -> Mandate:
        """What they let a client do."""
        return _mandate(self)

    def __and__(self, other: "Scopes") -> "Scopes":
        return Scopes(self.members & other.members)

    def __bool__(self) -> bool:
        return bool(self.members)


@attrs.frozen
class Granted:
    """The scopes that a client gets of those it asked for, and how the answer names them (RFC 6749, 5.1)."""

    scopes: Scopes
    said: str


def grant(asked: str, allowed: Scopes) -> Granted:
    """As much of the scopes that were asked for as the client may have.

    A scope that is granted completely is named as the client wrote it, so that clients can compare texts.

    Raises:
        InvalidValueError: these are not scopes as RFC 6749 spells them.
    """
    members: frozenset[tuple[ScopedResource, Interaction]] = frozenset()
    said: list[str] = []
    for word in dict.fromkeys(_words(asked)):
        meant = _meaning(word)
        got = Scopes(meant & allowed.members)
        if got:
            members |= got.members
            said.append(word if got.members == meant else got.text)
    return Granted(Scopes(members), " ".join(dict.fromkeys(" ".join(said).split())))


def scopes_supported() -> Sequence[str]:
    """The scopes that a client can be granted, each in its fullest form, for discovery and for complaints."""
    return ["system/*.cruds", "system/*.rs", *(word for word, _ in _fullest()), "system/Patient.rs"]


def _fullest() -> Iterable[tuple[str, Scopes]]:
    for resource in ScopedResource:
        whole = Scopes(frozenset(member for member in SCOPES if member[0] is resource))
        yield whole.text, whole


@lru_cache(maxsize=256)
def _mandate(scopes: Scopes) -> Mandate:
    # A client comes again and again with the same scopes.
    return Mandate(
        frozenset(
            (allowance.permission, action) for allowance in scopes.allowances for action in allowance.actions
        )
    )


def _words(text: str) -> Sequence[str]:
    words = text.split(" ") if text else []
    if len(text) > SCOPE_CHARACTERS_MAX or not all(map(_TOKEN.fullmatch, words)):
        message = "Scopes are words of printable ASCII, one blank between two of them."
        raise InvalidValueError(message)
    return words


def _meaning(word: str) -> frozenset[tuple[ScopedResource, Interaction]]:
    """What a scope stands for; nothing, if it is none that we know."""
    found = _SYNTAX.fullmatch(word)
    if found is None:
        return frozenset()
    letters = _VERSION_1.get(found["may"], found["may"])
    return frozenset(
        (resource, may)
        for resource, may in SCOPES
        if found["resource"] in {"*", resource.value} and may.value in letters
    )
