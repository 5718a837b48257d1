"""Conditions of a call: the version it expects (RFC 9110, 13.1.1) and the key that makes it happen once."""

import re
from typing import Final

from vantrexia_core.kernel import InvalidError, Phi
from vantrexia_web.wire.request import Request

IDEMPOTENCY_KEY_PATTERN: Final = r"[\x21-\x7e]{1,255}"

_VERSION_TAG: Final = re.compile(r'"([1-9][0-9]{0,17})"')
_TAG_LIST: Final = re.compile(r'(?:W/)?"[^"]*"(?:\s*,\s*(?:W/)?"[^"]*")*')
_TAG: Final = re.compile(r'(?:W/)?"[^"]*"')


def etag(version: int) -> str:
    """The strong entity tag of a record's version."""
    return f'"{version}"'


def parse_expected_versions(request: Request) -> frozenset[int] | None:
    """The versions one of which the record must have (If-Match); None when any will do.

    Comparison is strong: a weak tag matches nothing. A text that is not a tag matches nothing either, because
    a condition that was not understood must not count as met.
    """
    return versions_named(request, "If-Match", _VERSION_TAG)


def versions_named(request: Request, header: str, version_tag: re.Pattern[str]) -> frozenset[int] | None:
    """The versions in a header's list of entity tags, those that are one of ours; None when any will do."""
    fields = request.headers_named(header)
    if not fields or fields == ["*"]:
        return None
    tags = [tag for field in fields if _TAG_LIST.fullmatch(field) for tag in _TAG.findall(field)]
    return frozenset(int(match[1]) for tag in tags if (match := version_tag.fullmatch(tag)))


def parse_idempotency_key(request: Request) -> Phi[str] | None:
    """The caller's key for this call, if it has one.

    Raises:
        InvalidError: it is not one key of visible ASCII characters.
    """
    fields = request.headers_named("Idempotency-Key")
    if not fields:
        return None
    if len(fields) > 1 or re.fullmatch(IDEMPOTENCY_KEY_PATTERN, fields[0]) is None:
        complaint = "Send one key of 1 to 255 visible ASCII characters."
        raise InvalidError.on("Idempotency-Key", complaint)
    return Phi(fields[0])
