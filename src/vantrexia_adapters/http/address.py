"""Which addresses may be called at all."""

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

URL_CHARACTERS_MAX: Final = 4096
_URL: Final = re.compile(r"[!-~]+")
"""Visible ASCII; a name in another script is given in its ``xn--`` form."""
_TRANSLATED: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "2002::/16", "2001::/32")))
"""IPv6 that stands for an IPv4 address which a gateway would call for us: NAT64, 6to4, Teredo."""
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


def address_of(text: str) -> Address:
    """An address as the resolver gives it; an IPv4 address inside an IPv6 one is that IPv4 address."""
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return inner or address


def public_or(networks: Sequence[Network]) -> Callable[[Address], bool]:
    """Whether an address is on the public Internet, or in one of ``networks`` (OWASP API7:2023).

    Where somebody else says what is called, a private address would be a way into our own network.
    """

    def may_reach(address: Address) -> bool:
        if any(address in network for network in networks):
            return True
        if isinstance(address, ipaddress.IPv6Address) and any(address in way for way in _TRANSLATED):
            return False
        return address.is_global and not address.is_multicast

    return may_reach


def has_dot_segment(parts: SplitResult) -> bool:
    """Whether the path climbs: what it begins with then says nothing."""
    return _DOT_SEGMENT.search(parts.path) is not None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
