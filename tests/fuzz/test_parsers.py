"""Every parser of something that comes from outside, fed with what is nearly right: one kind of refusal each.

What a parser takes must survive: where a format is canonical, writing what was read gives the same bytes.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.ecw.server import a_record
from tests.adapters.fhir.r4_patients import WHOLE
from tests.adapters.tokens.test_jwt import KEY, NOW, SESSION, USER, Keys, tokens_with
from tests.builders import an_origin
from tests.core.patients.directory.test_snapshot import _directory
from tests.fuzz.mutations import nearly
from vantrexia_adapters.crypto import KeyRingError
from vantrexia_adapters.crypto.ring_format import decode as decode_ring
from vantrexia_adapters.ecw.answers import (
    MalformedError,
    read_found,
    read_grant,
    read_matches,
    read_oauth_error,
    read_token_endpoint,
)
from vantrexia_adapters.fhir.reading import parse_patient
from vantrexia_adapters.fhir.refusing import InvalidResourceError
from vantrexia_adapters.matching import LibPhoneNumbers
from vantrexia_core.audit import (
    Checkpoint,
    MalformedCheckpointError,
    SignedCheckpoint,
    UnreadableEntryError,
    VerifierKey,
    decode_entry,
    encode_entry,
)
from vantrexia_core.identity import TokenNotValidError
from vantrexia_core.kernel import InvalidValueError, Phi, Phone, VantrexiaError
from vantrexia_core.patients import DateOfBirth, decode_directory, encode_directory
from vantrexia_core.protection import Envelope, UnreadableError
from vantrexia_web.problems import UnreadableBodyError
from vantrexia_web.wire.audit import parse_trail_query
from vantrexia_web.wire.listing import parse_listing
from vantrexia_web.wire.patients import parse_registration, parse_revision
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.strict_json import parse_json

VECTORS = Path(__file__).parents[1] / "vectors"


def _vector(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def _note_text(note: bytes) -> str:
    return note.decode().partition("\n\n")[0] + "\n"


NOTES = [case["note"].encode() for case in _vector("audit_checkpoint")["cases"]]
RING = (VECTORS / "keyring.json").read_bytes()
TOKENS = tokens_with(Keys({1: KEY}))
ISSUED = TOKENS.issue(USER, SESSION, at=NOW)
BUNDLE = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": a_record("p1")}]}
GRANT = {"access_token": "abc", "token_type": "bearer", "expires_in": 300, "scope": "system/Patient.read"}
MARKS = ("Quintero", "Marisol", "Brien", "ann@", "1958-03", "eyJ")
"""What good inputs hold and no refusal may say."""
REGISTRATION = {
    "first_name": "Ann", "last_name": "O'Brien", "date_of_birth": "1958-03-15", "gender": "female",
    "phone": "+1-555-0101", "email": "ann@example.org", "address": {"line1": "1 Mill Rd", "zip": "62704"},
}  # fmt: skip


@attrs.frozen
class Target:
    """A parser, inputs that it takes, what it may refuse with, and how to write again what it read."""

    parse: Callable[[bytes], Any]
    good: Sequence[bytes]
    refusals: tuple[type[Exception], ...]
    write: Callable[[Any], bytes] | None = None
    is_line: bool = False
    """Whitespace around it does not count."""

    def is_read_whole(self, read: object, raw: bytes) -> bool:
        """Whether nothing of the input was lost on the way."""
        if self.is_line:
            raw = raw.decode("utf-8", "replace").strip().encode()
        return self.write is None or self.write(read) == raw


def _text(parse: Callable[[str], Any]) -> Callable[[bytes], Any]:
    # What comes from outside as text was decoded at the door.
    return lambda raw: parse(raw.decode("utf-8", "replace"))


def _json(*values: object) -> list[bytes]:
    return [json.dumps(value).encode() for value in values]


def _request(raw: bytes, *, is_query: bool = False) -> Request:
    query, body = (raw.decode("utf-8", "surrogateescape"), b"") if is_query else ("", raw)
    headers = ((b"content-type", b"application/json"),)
    return Request("POST", "/", query, headers, body, {}, an_origin())


TARGETS = {
    "envelope": Target(
        Envelope.decode,
        [bytes.fromhex(case["wire"]) for case in _vector("envelope")["cases"]],
        (UnreadableError,),
        lambda envelope: envelope.encode(),
    ),
    "directory snapshot": Target(
        decode_directory, [encode_directory(_directory(3))], (UnreadableError,), encode_directory
    ),
    "audit entry": Target(
        decode_entry,
        [case["canonical"].encode() for case in _vector("audit_entry")["cases"]],
        (UnreadableEntryError,),
        encode_entry,
    ),
    "checkpoint": Target(
        _text(Checkpoint.parse), [_note_text(note).encode() for note in NOTES], (MalformedCheckpointError,)
    ),
    "signed checkpoint": Target(
        SignedCheckpoint.decode, NOTES, (MalformedCheckpointError,), lambda signed: signed.encode()
    ),
    "verifier key": Target(
        _text(VerifierKey.parse),
        [_vector("audit_checkpoint")["vkey"].encode()],
        (MalformedCheckpointError,),
        lambda key: key.text.encode(),
        is_line=True,
    ),
    "key ring": Target(decode_ring, [RING], (KeyRingError,)),
    "access token": Target(
        _text(lambda text: TOKENS.read_access(Phi(text), at=NOW)),
        [ISSUED.access.reveal().encode()],
        (TokenNotValidError,),
    ),
    "refresh token": Target(
        _text(lambda text: TOKENS.read_refresh(Phi(text), at=NOW)),
        [ISSUED.refresh.reveal().encode()],
        (TokenNotValidError,),
    ),
    "FHIR Patient": Target(parse_patient, _json(WHOLE), (InvalidResourceError,)),
    "eCW token": Target(read_grant, _json(GRANT), (MalformedError,)),
    "eCW error": Target(read_oauth_error, _json({"error": "invalid_client"}), (MalformedError,)),
    "eCW configuration": Target(
        read_token_endpoint, _json({"token_endpoint": "https://a.example/token"}), (MalformedError,)
    ),
    "eCW patient": Target(
        lambda raw: read_found(raw, wanted_id="p1", own_system=None), _json(a_record("p1")), (MalformedError,)
    ),
    "eCW matches": Target(lambda raw: read_matches(raw, own_system=None), _json(BUNDLE), (MalformedError,)),
    "JSON": Target(parse_json, _json(REGISTRATION, [[], {}], "é"), (UnreadableBodyError,)),
    "registration": Target(
        lambda raw: parse_registration(_request(raw), NOW), _json(REGISTRATION), (VantrexiaError,)
    ),
    "revision": Target(
        lambda raw: parse_revision(_request(raw), NOW),
        _json({"phone": None, "email": "a@b.example"}),
        (VantrexiaError,),
    ),
    "listing": Target(
        lambda raw: parse_listing(_request(raw, is_query=True)),
        [b"page=2&page_size=50&search=%5Eo%27br&ordering=-last_name&active=false"],
        (VantrexiaError,),
    ),
    "question to the trail": Target(
        lambda raw: parse_trail_query(_request(raw, is_query=True)),
        [b"user_id=4&action=read&date_from=2026-01-01&date_to=2026-02-06T14:30:00Z&as_of=9"],
        (VantrexiaError,),
    ),
    "phone": Target(_text(Phone), [b"+1-555-0101", b"(217) 555 0113"], (InvalidValueError,)),
    "phone of anywhere": Target(
        _text(LibPhoneNumbers().national), [b"+49 89 1234567", b"2175550113", b"+1 (217) 555-0113 ext. 4"], ()
    ),
    "date of birth": Target(_text(DateOfBirth.parse), [b"1958-03-15", b"2000-02-29"], (InvalidValueError,)),
}


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_good_is_taken(name: str) -> None:
    """Otherwise what follows would try refusals alone."""
    target = TARGETS[name]
    for good in target.good:
        read = target.parse(good)
        assert target.is_read_whole(read, good)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_what_is_nearly_right_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """No other exception, and nothing of the input in the refusal's words."""
    target = TARGETS[name]
    raw = data.draw(nearly(target.good))
    said = ""
    try:
        read = target.parse(raw)
    except target.refusals as refusal:
        said = str(refusal)
    else:
        assert target.is_read_whole(read, raw)
    assert not any(mark in said for mark in MARKS)
