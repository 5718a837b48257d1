"""Bytes that are nearly right: a good input with a few accidents, such as disks and attackers make."""

from collections.abc import Sequence

from hypothesis import strategies as st

ODD_PIECES = (
    b"\x00", b"\xff", b"\n", b"\r\n", b" ", b'"', b"{", b"[", b"null", b"-1", b"1e999", b"9" * 400,
    b"\\ud800",     "\ufeff".encode(), "é".encode("latin-1"), b"=" * 3, b"\x80\x00\x00\x00\x00\x00\x00\x00",
)  # fmt: skip
ACCIDENTS_MAX = 4


@st.composite
def nearly(draw: st.DrawFn, good: Sequence[bytes]) -> bytes:
    """One of ``good`` after a few accidents, or none; now and then something else altogether."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    text = draw(st.sampled_from(list(good)))
    for _ in range(draw(st.integers(0, ACCIDENTS_MAX))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        kind = draw(st.integers(0, 5))
        if kind == 0:  # lost
            text = text[:start] + text[end:]
        elif kind == 1:  # cut
            text = text[:start]
        elif kind == 2:  # twice
            text = text[:end] + text[start:]
        elif kind == 3:  # other bits
            text = text[:start] + bytes(255 - byte for byte in text[start:end]) + text[end:]
        elif kind == 4:  # something that does not belong there
            text = text[:start] + draw(st.sampled_from(ODD_PIECES)) + text[end:]
        else:  # a piece of another good one
            other = draw(st.sampled_from(list(good)))
            text = text[:start] + other[start:end] + text[end:]
    return text
