"""Where a request comes from: the peer, or what a trusted proxy says of whom it speaks for.

Every proxy appends the address it was called from to ``X-Forwarded-For``, so the list is read from its right
end. Whatever a client writes into it stands to the left of what the proxies wrote, and is never reached: the
first address from the right that is no trusted proxy is the client.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

HOPS_MAX: Final = 16
"""Trusted proxies between a client and us. A longer list is not read to its end."""
NETWORK_BITS: Final = 64
"""How much of an IPv6 address names a subscriber: whoever has one address has all that share these bits."""

FORWARDED_FOR: Final = b"x-forwarded-for"

_WITH_PORT: Final = re.compile(
    r"\[(?P<v6>[0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|(?P<v4>[0-9.]+):[0-9]{1,5}", re.ASCII
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client_address(
    peer: str | None, headers: Iterable[tuple[bytes, bytes]], trusted: Sequence[Network]
) -> str | None:
    """The address of the client, in its canonical spelling; None where the server below knows no peer.

    An entry that is no address ends the reading: the proxy that passed it on is then as far as we can see.
    """
    address = _address(peer) if peer else None
    if address is None:
        return peer
    if trusted and _is_trusted(address, trusted):
        for entry in _from_the_right(headers):
            claimed = _address(entry)
            if claimed is None:
                break
            address = claimed
            if not _is_trusted(address, trusted):
                break
    return str(address)


def may_speak_clear(peer: str | None, trusted: Sequence[Network]) -> bool:
    """Whether what a peer says without TLS crossed no network that others listen on.

    It is this machine, or a proxy that is trusted to speak TLS with the clients. A peer without any address
    came over a socket of this machine's file system.
    """
    if not peer:
        return True
    address = _address(peer)
    return address is not None and (address.is_loopback or _is_trusted(address, trusted))


def caller_of(address: str | None) -> str:
    """What hits are counted by: an IPv4 address, or the network that an IPv6 address lies in."""
    known = _address(address) if address else None
    if isinstance(known, IPv6Address):
        return f"address {IPv6Network((known, NETWORK_BITS), strict=False)}"
    return f"address {known or address}"


def _from_the_right(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    # Several lines are one list, in their order (RFC 9110, 5.3).
    whole = b",".join(value for name, value in headers if name == FORWARDED_FOR)
    entries = whole.rsplit(b",", HOPS_MAX)
    return [entry.decode("latin-1").strip(" \t") for entry in reversed(entries[-HOPS_MAX:])]


def _address(text: str) -> Address | None:
    match = _WITH_PORT.fullmatch(text)
    if match is not None:
        text = match["v6"] or match["v4"]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        # One client must not have two names, depending on how the server's socket was opened.
        return address.ipv4_mapped or address
    return address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
