"""Parsing as laws: whatever comes in, a value or the documented error comes out, and no trace of it."""

import json
import logging

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.web.test_bad_fields import BAD, GOOD
from vantrexia_core.kernel import BrokenPromiseError, InvalidError, Phi
from vantrexia_core.patients import KEEP
from vantrexia_web.logs import PhiFreeFormatter
from vantrexia_web.problems import UnreadableBodyError, problem
from vantrexia_web.wire.patients import Amendment, Registration, Replacement
from vantrexia_web.wire.signing_in import Credentials
from vantrexia_web.wire.strict_json import DEPTH_MAX, parse_json
from vantrexia_web.wire.structuring import body_as

MARK = "Zqmark"
NAMES = st.sampled_from([*GOOD, *GOOD["address"], "reason", "password"]) | st.text(max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(list(GOOD.values())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


def _assert_without_trace(error: BaseException, *secrets: str) -> None:
    """No exception behind it, nothing of the input in it, and it can be rendered and logged."""
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not hasattr(error, "__notes__")
    record = logging.LogRecord(
        "vantrexia.web", 40, "f", 1, "x", (), (type(error), error, error.__traceback__)
    )
    for text in (repr(error), str(error), problem(error).body.decode(), PhiFreeFormatter().format(record)):
        for secret in secrets:
            assert secret not in text


@given(st.binary())
@example(b"\xff\xfe{")
def test_any_bytes_are_json_or_refused(body):
    """Nothing but the documented error leaves the parser."""
    try:
        parse_json(body)
    except UnreadableBodyError as error:
        refusal = error
    else:
        return
    _assert_without_trace(refusal)


@given(VALUES.map(json.dumps))
def test_what_is_written_is_read(text):
    """Reading the JSON that another program wrote gives what it wrote, if it is not too deep."""
    assert parse_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize("bracket", ["[]", '{"a":}'])
@pytest.mark.parametrize("filling", ["1", '"[[[[{{{{\\"[["'])
def test_depth_is_counted_in_brackets_outside_of_text(bracket, filling):
    """Exactly so many levels are read, one more is refused; brackets in text do not count."""
    opening, closing = bracket[:-1], bracket[-1]
    parse_json((opening * DEPTH_MAX + filling + closing * DEPTH_MAX).encode())
    with pytest.raises(UnreadableBodyError, match="nested"):
        parse_json((opening * (DEPTH_MAX + 1) + filling + closing * (DEPTH_MAX + 1)).encode())


def test_many_brackets_side_by_side_are_not_deep():
    """Breadth is not depth."""
    assert parse_json(b"[" + b"[]," * 100 + b"[]]") == [[] for _ in range(101)]


@pytest.mark.parametrize("type_", [Registration, Replacement, Amendment, Credentials])
@given(content=VALUES)
def test_any_value_is_a_body_or_refused(type_, content):
    """Whatever JSON holds, the answer is a body or complaints, and these can be rendered."""
    try:
        body_as(type_, content)
    except InvalidError as error:
        refusal = error
    else:
        return
    assert refusal.field_errors
    _assert_without_trace(refusal)


@pytest.mark.parametrize("field", BAD)
def test_complaints_leave_no_trace_of_the_values(field):
    """The exceptions that quote the input are gone: not chained, not in notes, not in any rendering."""
    *above, name = field.split(".")
    for value in (f"{MARK}\x00", {f"{MARK} x": MARK}, [MARK]):
        content = json.loads(json.dumps(GOOD))
        target = content[above[0]] if above else content
        target[name] = value
        with pytest.raises(InvalidError) as raised:
            body_as(Registration, content)
        _assert_without_trace(raised.value, MARK, "Marisol", "899-12-3456")


def test_what_is_not_sent_is_kept():
    """A revision's fields that were left out say so."""
    revision = body_as(Amendment, {"phone": None})
    assert revision.phone is None
    assert revision.first_name is KEEP
    assert revision.address is KEEP


def test_parsed_phi_is_masked():
    """From the first moment on a value cannot print itself."""
    assert "Marisol" not in repr(body_as(Registration, GOOD))
    assert "62704" not in repr(body_as(Registration, GOOD))
    assert "SecureP@ss" not in repr(body_as(Credentials, {"email": "a@b.cd", "password": "SecureP@ss123"}))


class Faulty(Phi[str]):
    """A value whose rule is broken itself."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        raise RuntimeError(value)


@attrs.frozen
class FaultyBody:
    """A body with such a value."""

    name: Faulty


def test_a_fault_of_ours_is_not_blamed_on_the_caller():
    """A rule that breaks is a broken promise, a 500, and leaves no trace of the value either."""
    with pytest.raises(BrokenPromiseError, match="structuring name failed with RuntimeError") as raised:
        body_as(FaultyBody, {"name": MARK})
    _assert_without_trace(raised.value, MARK)
