"""One-time codes: the published vectors, the window, and that each is used once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources import EPOCH, CountedSecrets
from vantrexia_core.identity import FactorCode, SecondFactor
from vantrexia_core.identity.second_factor import BACKUP_CODES, backup_codes
from vantrexia_core.identity.totp import STEP_SECONDS, code_of, matching_step, step_at
from vantrexia_core.kernel import InvalidValueError, Phi

SECRET = Phi(b"12345678901234567890")
"""The secret of both RFCs' vectors."""
MOMENTS = st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    ("counter", "code"),
    list(
        enumerate(
            [
                "755224",
                "287082",
                "359152",
                "969429",
                "338314",
                "254676",
                "287922",
                "162583",
                "399871",
                "520489",
            ]
        )
    ),
)
def test_codes_are_those_of_rfc_4226(counter: int, code: str) -> None:
    """Appendix D."""
    assert code_of(SECRET, counter).reveal() == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B, whose codes have eight digits: ours are the last six."""
    assert code_of(SECRET, step_at(datetime.fromtimestamp(seconds, UTC))).reveal() == code[-6:]


@given(MOMENTS, st.integers(-4, 4))
def test_the_step_before_and_after_count_and_no_other(at: datetime, off: int) -> None:
    """Clocks differ and people type slowly; half a minute of that is granted either way."""
    code = code_of(SECRET, step_at(at) + off)
    expected = step_at(at) + off if abs(off) <= 1 else None
    found = matching_step(SECRET, code, at, after=0)
    assert found == expected or code_of(SECRET, found or 0) == code  # two steps may share a code by chance


@given(MOMENTS, st.integers(-1, 1), st.integers(0, 90))
def test_a_code_is_good_once(at: datetime, off: int, seconds: int) -> None:
    """Neither again in the same moment nor later in the window, and nothing older after it."""
    code = code_of(SECRET, step_at(at) + off)
    used = SecondFactor(SECRET).after(code, at)
    assert used is not None
    assert used.is_confirmed
    again = used.after(code, at + timedelta(seconds=seconds))
    assert again is None or again.last_step > used.last_step
    older = code_of(SECRET, used.last_step - 1)
    if older != code:
        assert used.after(older, at) is None or code_of(SECRET, used.last_step + 1) == older


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "２８７０８２", "\ud800", "287082\0", "x" * 99]
)
def test_what_is_no_code_matches_nothing(typed: str) -> None:
    """And does not break the comparison either."""
    assert matching_step(SECRET, Phi(typed), EPOCH, after=0) is None


def test_a_step_is_half_a_minute() -> None:
    """Counted from 1970."""
    assert step_at(datetime(1970, 1, 1, 0, 0, 29, tzinfo=UTC)) == 0
    assert step_at(datetime(1970, 1, 1, 0, 0, STEP_SECONDS, tzinfo=UTC)) == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("287 082", "287082"),
        ("287-082", "287082"),
        ("4m7qk-x0d2r", "4m7qkx0d2r"),
        ("4M7QK X0D2R", "4m7qkx0d2r"),
        ("4m7qk-xOd2r", "4m7qkx0d2r"),
        ("Im7qk-xLd2r", "1m7qkx1d2r"),
    ],
)
def test_a_code_is_read_as_people_write_it(typed: str, code: str) -> None:
    """Blanks, dashes, capitals, and letters that look like digits."""
    assert FactorCode(typed).reveal() == code


@pytest.mark.parametrize(
    "typed", ["", "28708", "2870821", "28708a", "٢٨٧٠٨٢", "4m7qk-x0d2", "4m7qk-x0d2u", "1" * 33, "\ud800" * 6]
)
def test_what_is_neither_form_is_refused(typed: str) -> None:
    """Before anything is counted as a guess."""
    with pytest.raises(InvalidValueError):
        FactorCode(typed)


def test_backup_codes_are_ten_and_different_and_do_not_print() -> None:
    """Fifty bits each, in a form that `FactorCode` reads back."""
    codes = backup_codes(CountedSecrets().new_secret(100))
    assert len({code.reveal() for code in codes}) == BACKUP_CODES
    assert all(FactorCode(code.reveal()) == code and code.is_backup for code in codes)
    assert not any(code.reveal() in repr(codes) for code in codes)
