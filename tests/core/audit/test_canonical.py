"""An entry's bytes: one way to write each, strict to read, and no room for a sentence."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_patient_id
from vantrexia_core.audit import (
    DISCLOSED_MAX,
    Action,
    AuditEntry,
    CallerAddress,
    ChangedField,
    ErrorCode,
    Outcome,
    UnreadableEntryError,
    decode_entry,
    encode_entry,
)
from vantrexia_core.audit.canonical import ENTRY_BYTES_MAX
from vantrexia_core.kernel import (
    ActingRole,
    BrokenPromiseError,
    Machine,
    PatientId,
    PracticeId,
    Purpose,
    RequestId,
    Role,
    UserId,
)

IDS = st.uuids()
NUMBERS = st.integers(0, 2**53 - 1)
ENTRIES = st.builds(
    AuditEntry,
    at=st.datetimes(timezones=st.just(UTC)),
    action=st.sampled_from(Action),
    outcome=st.sampled_from(Outcome),
    practice_id=st.none() | IDS.map(PracticeId),
    actor_id=st.none() | NUMBERS.map(UserId),
    role=st.none() | st.sampled_from([*Role, *Machine]),
    code=st.none() | st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True),
    patient_id=st.none() | IDS.map(PatientId),
    changed=st.lists(st.sampled_from(ChangedField), max_size=4).map(tuple),
    disclosed=st.lists(IDS.map(PatientId), max_size=4).map(tuple),
    user_id=st.none() | NUMBERS.map(UserId),
    version=st.none() | NUMBERS,
    request_id=st.none() | st.from_regex(r"[0-9A-Za-z._:-]{1,64}", fullmatch=True).map(RequestId),
    address=st.none() | st.from_regex(r"[0-9A-Za-z.:%_-]{1,64}", fullmatch=True),
    purpose=st.none() | st.sampled_from(Purpose),
)
BARE = AuditEntry(NOW, Action.READ, Outcome.DONE)
LONGEST = AuditEntry(
    at=NOW,
    action=max(Action, key=lambda action: len(action.value)),
    outcome=Outcome.REPLAYED,
    practice_id=PracticeId(UUID(int=1)),
    actor_id=UserId(2**53 - 1),
    role=max(Role, key=lambda role: len(role.value)),
    code="c" * 40,
    patient_id=a_patient_id(),
    changed=tuple(ChangedField),
    disclosed=tuple(a_patient_id(number) for number in range(DISCLOSED_MAX)),
    user_id=UserId(2**53 - 1),
    version=2**53 - 1,
    request_id=RequestId("r" * 64),
    address="a" * 64,
    purpose=Purpose.EMERGENCY_TREATMENT,
)
SENTENCES = ("Jane Doe", "jane.doe@email.com", "555-0142 ext. 3", "", "x" * 65, "é", "a\nb", 'a"b')


@given(entry=ENTRIES)
def test_what_was_written_is_read(entry: AuditEntry):
    """Every part of every entry."""
    assert decode_entry(encode_entry(entry)) == entry


@given(entry=ENTRIES)
def test_the_bytes_are_canonical_json(entry: AuditEntry):
    """RFC 8785, as another JSON writer makes it; an auditor needs no program of ours to read it."""
    raw = encode_entry(entry)
    again = json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert raw.decode() == again


@given(entry=ENTRIES, data=st.data())
def test_what_reads_encodes_to_the_same_bytes(entry: AuditEntry, data: st.DataObject):
    """An altered byte makes either another entry or none, never the same one in another dress."""
    raw = bytearray(encode_entry(entry))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(UnreadableEntryError):
        assert encode_entry(decode_entry(bytes(raw))) == bytes(raw)


def test_a_moment_is_written_in_utc():
    """Two ways to name one moment are one entry."""
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert encode_entry(attrs.evolve(BARE, at=elsewhere)) == encode_entry(BARE)


def test_a_purpose_makes_another_format_and_its_absence_changes_nothing():
    """Trails from before there were purposes verify: their entries are written as they always were."""
    plain, marked = encode_entry(BARE), encode_entry(attrs.evolve(BARE, purpose=Purpose.EMERGENCY_TREATMENT))
    assert plain == b'{"action":"read","at":"%s","outcome":"done","v":1}' % _moment(NOW)
    assert marked == (b'{"action":"read","at":"%s","outcome":"done","purpose":"etreat","v":2}' % _moment(NOW))
    for wrong in (plain.replace(b'"v":1', b'"v":2'), marked.replace(b'"v":2', b'"v":1')):
        with pytest.raises(UnreadableEntryError):
            decode_entry(wrong)


def _moment(at: datetime) -> bytes:
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}".encode()


def test_the_longest_entry_fits_into_a_bundle():
    """Its length is 16 bits there, whatever the words of the format grow to."""
    assert len(encode_entry(LONGEST)) <= ENTRY_BYTES_MAX
    assert decode_entry(encode_entry(LONGEST)) == LONGEST


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("part", ["code", "address", "request_id"])
def test_no_part_takes_a_sentence(part: str, text: str):
    """Free text may be PHI: it does not get in, and the refusal does not repeat it."""
    with pytest.raises(BrokenPromiseError) as refusal:
        attrs.evolve(BARE, **{part: text})
    assert text not in str(refusal.value) or not text


def test_only_known_fields_are_named():
    """A name of a field that nobody listed might be anything."""
    with pytest.raises(BrokenPromiseError) as refusal:
        attrs.evolve(BARE, changed=("first_name", "jane_doe"))
    assert "jane" not in str(refusal.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is what is refused
        {"actor_id": -1},
        {"user_id": 2**53},
        {"version": 2**53},
        {"disclosed": (a_patient_id(),) * (DISCLOSED_MAX + 1)},
    ],
)
def test_what_has_no_place_in_the_format_is_refused(wrong: dict[str, Any]):
    """Before it is written, not when somebody wants to read it."""
    with pytest.raises(BrokenPromiseError):
        attrs.evolve(BARE, **wrong)


def test_an_entry_holds_no_free_text_by_type():
    """Each part is a moment, an id, a number, or a word of a list or a narrow alphabet. None is `str`."""
    allowed = {
        datetime, Action, Outcome, PracticeId, UserId, ActingRole, ErrorCode, PatientId, int, RequestId,
        CallerAddress, Purpose, tuple[ChangedField, ...], tuple[PatientId, ...],
    }  # fmt: skip
    kinds = {attrs.resolve_types(AuditEntry) and field.type for field in attrs.fields(AuditEntry)}
    optional = {kind | None for kind in allowed if not isinstance(kind, type(tuple[int, ...]))}
    assert kinds <= allowed | optional
