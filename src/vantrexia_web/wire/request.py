"""A request as it came in, complete, before anybody judged it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import attrs

from vantrexia_core.audit import ID_MAX
from vantrexia_core.kernel import BrokenPromiseError, Origin, PatientId, UserId, VantrexiaError
from vantrexia_web.problems import MediaTypeError, UnreadableBodyError
from vantrexia_web.wire.strict_json import parse_json

T = TypeVar("T")

FORM: Final = "application/x-www-form-urlencoded"
FORM_FIELDS_MAX: Final = 100

_FORM_WANTED: Final = "Send the body as 'Content-Type: application/x-www-form-urlencoded', not compressed."
_NO_FORM: Final = "The body is no form: name=value pairs, percent-encoded UTF-8, each name once."
_FORM_IN_UTF_8: Final = re.compile(
    r'application/x-www-form-urlencoded\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE
)
_JSON_IN_UTF_8: Final = re.compile(r'application/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)


@attrs.frozen(repr=False)
class Request:
    """One request. It holds PHI and tokens, so it does not print.

    ``body`` is an error where the body could not be taken in. It is raised when somebody asks for the body,
    so that an actor without permission does not learn even that.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | VantrexiaError
    parameters: Mapping[str, object]
    origin: Origin

    def headers_named(self, name: str) -> list[str]:
        """The values of a header, one for each line that has it."""
        wanted = name.lower().encode("ascii")
        return [value.decode("latin-1").strip() for key, value in self.headers if key == wanted]

    @property
    def has_body(self) -> bool:
        """Whether anything was sent."""
        return self.body != b""

    @property
    def whole_body(self) -> bytes:
        """The bytes of the body.

        Raises:
            BodyTooLargeError: it was longer than the limit.
        """
        if isinstance(self.body, VantrexiaError):
            raise self.body
        return self.body

    def json(self) -> object:
        """What the body holds.

        Raises:
            BodyTooLargeError: it was longer than the limit.
            MediaTypeError: it is not declared as plain JSON in UTF-8.
            UnreadableBodyError: it is not JSON.
        """
        return parse_json(self.body_as(_JSON_IN_UTF_8))

    def body_as(self, media_type: re.Pattern[str], wanted: str | None = None) -> bytes:
        """The bytes of the body, if it is declared as ``media_type``; ``wanted`` says what to declare.

        Raises:
            BodyTooLargeError: it was longer than the limit.
            MediaTypeError: it is declared as something else, or as compressed.
        """
        body = self.whole_body
        types = self.headers_named("Content-Type")
        is_declared = len(types) == 1 and media_type.fullmatch(types[0]) is not None
        if not is_declared or self.headers_named("Content-Encoding") not in ([], ["identity"]):
            raise MediaTypeError(wanted)
        return body

    def form(self) -> Mapping[str, str]:
        """The parameters in the body (``application/x-www-form-urlencoded``).

        Raises:
            BodyTooLargeError: it was longer than the limit.
            MediaTypeError: it is not declared as a form in UTF-8.
            UnreadableBodyError: it is none, or names a parameter twice (RFC 6749, section 3.2).
        """
        pairs = _pairs(self.body_as(_FORM_IN_UTF_8, _FORM_WANTED))
        form = dict(pairs or ())
        if pairs is None or len(form) < len(pairs):
            raise UnreadableBodyError(_NO_FORM)
        return form

    @property
    def patient_id(self) -> PatientId | None:
        """The patient that the path names, if it names one."""
        id_ = self.parameters.get("uuid")
        return PatientId(id_) if isinstance(id_, UUID) else None

    @property
    def user_id(self) -> UserId | None:
        """The account that the path names; None if no account can have that number."""
        id_ = self.parameters.get("id")
        return UserId(id_) if isinstance(id_, int) and id_ <= ID_MAX else None

    @property
    def version(self) -> int:
        """The version that the path names.

        Raises:
            BrokenPromiseError: this endpoint is on a path without one.
        """
        return self._named("version", int)

    @property
    def place(self) -> int:
        """The place in a list, from 0, that the path names.

        Raises:
            BrokenPromiseError: this endpoint is on a path without one.
        """
        return self._named("place", int)

    def uuid(self, name: str) -> UUID:
        """An id that the path names.

        Raises:
            BrokenPromiseError: this endpoint is on a path without it.
        """
        return self._named(name, UUID)

    def _named(self, name: str, kind: type[T]) -> T:
        value = self.parameters.get(name)
        if not isinstance(value, kind):
            message = f"this endpoint is on a path that names no {name}"
            raise BrokenPromiseError(message)
        return value


def _pairs(body: bytes) -> Sequence[tuple[str, str]] | None:
    """Names and values in the order in which they came; None if it is no form."""
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=body != b"",
            errors="strict",
            max_num_fields=FORM_FIELDS_MAX,
        )
    except ValueError:
        return None
