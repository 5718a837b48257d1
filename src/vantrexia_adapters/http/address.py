"""Which addresses may be called at all."""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

URL_CHARACTERS_MAX: Final = 4096
_URL: Final = re.compile(r"[!-~]+")
"""Visible ASCII; a name in another script is given in its ``xn--`` form."""
_DOT_SEGMENT: Final = re.compile(r"(^|/)(\.|%2e){1,2}(/|$)", re.IGNORECASE)


def checked_url(text: str) -> str:
    """An absolute https URL without user, query, fragment or dot segments, and without a slash at its end.

    Plain http is for a server on this machine only: tokens, keys and patients must not cross a network in
    clear.

    Raises:
        ValueError: it is none; the text says what is expected.
    """
    parts = split_url(text.strip())
    if parts is None or parts.query or has_dot_segment(parts):
        message = "must be an absolute https URL without user, query or fragment"
        raise ValueError(message)
    return text.strip().rstrip("/")


def split_url(url: str) -> SplitResult | None:
    """The parts of an absolute address that may be called; None if it is none."""
    if len(url) > URL_CHARACTERS_MAX or _URL.fullmatch(url) is None or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    is_plain = parts.scheme == "http" and (host == "localhost" or _is_loopback(host))
    if not host or "@" in parts.netloc or parts.fragment or not (parts.scheme == "https" or is_plain):
        return None
    return parts


def has_dot_segment(parts: SplitResult) -> bool:
    """Whether the path climbs: what it begins with then says nothing."""
    return _DOT_SEGMENT.search(parts.path) is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
