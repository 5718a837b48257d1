"""RFC 6962, section 2.1, written down as it stands there, for the product's own to be compared with."""

from collections.abc import Sequence
from hashlib import sha256


def _split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries: Sequence[bytes]) -> bytes:
    """The Merkle Tree Hash."""
    n = len(entries)
    if n == 0:
        return sha256().digest()
    if n == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = _split(n)
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """The Merkle audit path of the entry ``m``."""
    n = len(entries)
    if n == 1:
        return []
    k = _split(n)
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """The Merkle consistency proof from the first ``m`` entries to all."""
    return _subproof(m, entries, is_whole=True)


def _subproof(m: int, entries: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    n = len(entries)
    if m == n:
        return [] if is_whole else [mth(entries)]
    k = _split(n)
    if m <= k:
        return [*_subproof(m, entries[:k], is_whole=is_whole), mth(entries[k:])]
    return [*_subproof(m - k, entries[k:], is_whole=False), mth(entries[:k])]
