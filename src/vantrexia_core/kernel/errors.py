"""What can go wrong, sorted by who must act.

Each error carries a stable ``code`` for machines and a sentence for people that says what to do. None carries
a submitted value: an error ends up in logs and answers, and the value may be PHI. HTTP statuses are the web's
business and are attached there, once a family.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Final

from vantrexia_core.kernel.identifiers import PatientId

NON_FIELD: Final = "non_field_errors"
"""The key for problems that belong to no single field."""


class VantrexiaError(Exception):
    """Everything this library raises on purpose."""

    code: ClassVar[str] = "server_error"
    sentence: ClassVar[str] = "Something went wrong."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.sentence)

    @property
    def detail(self) -> str:
        """The sentence for people."""
        return str(self.args[0])

    @property
    def disclosed(self) -> tuple[PatientId, ...]:
        """The patients whose records this error reveals to the caller, in order of ids."""
        return ()


class InvalidError(VantrexiaError):
    """The caller sent something that breaks a rule; the caller must correct it.

    ``field_errors`` maps a field (dotted when nested: ``address.state``) to its complaints.
    """

    code = "validation_error"
    sentence = "Some fields are not valid. See field_errors."

    def __init__(self, field_errors: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.field_errors: Final = dict(field_errors)

    @classmethod
    def on(cls, field: str, complaint: str) -> "InvalidError":
        """The common case: one field, one complaint."""
        return cls({field: (complaint,)})


class Complaints:
    """The complaints of several checks of one request, raised together, so that one answer names them all."""

    def __init__(self) -> None:
        self._by_field: dict[str, tuple[str, ...]] = {}

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Run a check inside; its complaints are kept, and work goes on."""
        try:
            yield
        except InvalidError as invalid:
            for field, texts in invalid.field_errors.items():
                self._by_field[field] = (*self._by_field.get(field, ()), *texts)

    def check(self) -> None:
        """Raise all complaints that were kept, if there are any.

        Raises:
            InvalidError: there are some.
        """
        if self._by_field:
            raise InvalidError(self._by_field)


class InvalidValueError(ValueError):
    """One value breaks its own rule. The value does not know which field it was meant for; the parser does.

    Deliberately outside the `VantrexiaError` tree: it never leaves a parser.
    """


class NotFoundError(VantrexiaError):
    """There is no such record for this actor: unknown, deleted or another practice's alike."""

    code = "not_found"
    sentence = "No such record."


class PermissionDeniedError(VantrexiaError):
    """The actor's role may not do this; an administrator must grant it."""

    code = "permission_denied"
    sentence = "Your role does not allow this."


class InsufficientScopeError(PermissionDeniedError):
    """A machine client's token was not granted the scope that this needs (RFC 6750, section 3.1)."""

    code = "insufficient_scope"
    sentence = "The token's scopes do not allow this. Ask for a token with the scope that does."


class NotSignedInError(VantrexiaError):
    """Nobody is signed in, or no longer; the caller must sign in."""

    code = "not_authenticated"
    sentence = "Sign in first: send an access token as 'Authorization: Bearer …'."


class ConflictError(VantrexiaError):
    """The record's state does not allow this now; the caller must look at it again."""

    code = "conflict"
    sentence = "The record is not in a state that allows this."


class StaleVersionError(VantrexiaError):
    """The record changed since the caller read it (RFC 9110, If-Match); the caller must read it again."""

    code = "precondition_failed"
    sentence = "The record has changed since you read it. Read it again and repeat your change."


class UnavailableError(VantrexiaError):
    """The service cannot answer now through no fault of the caller; the caller may try again."""

    code = "unavailable"
    sentence = "The service cannot answer just now. Try again shortly."


class DiskFullError(UnavailableError):
    """A disk has no room left, or a quota is used up; an operator must make room.

    ``where`` tells the operator which disk, in commands and in the log. Callers of the API, who can do
    nothing about it, read the sentence of `UnavailableError`.
    """

    def __init__(self, where: str) -> None:
        super().__init__(
            f"The disk of {where} is full. What was under way is undone, what was done before stays. Make "
            "room there, then do it again."
        )


def full_disk_behind(error: BaseException) -> DiskFullError | None:
    """The full disk that an error comes from, if it comes from one: the trail cannot be written, say."""
    current: BaseException | None = error
    while current is not None and not isinstance(current, DiskFullError):
        current = current.__cause__
    return current


class UndoneError(UnavailableError):
    """Other transactions were in the way (a deadlock, a serialization failure), or the connection broke.

    Everything was undone for certain, so the same work may be tried again.
    """


class BrokenPromiseError(VantrexiaError):
    """The program broke its own rule; an engineer must act. Never the caller's fault."""

    code = "server_error"
    sentence = "The program broke one of its own rules."
