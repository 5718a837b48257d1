import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.ecw.server import OWN_SYSTEM, a_record
from vantrexia_adapters.ecw.answers import (
    MalformedError,
    is_about_access,
    read_found,
    read_grant,
    read_matches,
    read_oauth_error,
    read_token_endpoint,
    told_of,
)
from vantrexia_core.ehr import EhrPatient
from vantrexia_core.kernel import NamePart
from vantrexia_core.patients import ExternalId

ID = ExternalId("p1")
READERS = (
    read_grant,
    read_oauth_error,
    read_token_endpoint,
    is_about_access,
    lambda body: read_found(body, wanted_id="p1", own_system=None),
    lambda body: read_matches(body, own_system=None),
)
MEMBERS = (
    "resourceType",
    "type",
    "id",
    "identifier",
    "name",
    "use",
    "family",
    "given",
    "telecom",
    "system",
    "value",
    "address",
    "line",
    "city",
    "state",
    "postalCode",
    "birthDate",
    "gender",
    "meta",
    "lastUpdated",
    "coding",
    "code",
    "link",
    "relation",
    "url",
    "entry",
    "resource",
    "search",
    "mode",
    "issue",
    "error",
    "access_token",
    "token_type",
    "expires_in",
    "token_endpoint",
)
VALUES = st.sampled_from(
    ["Patient", "Bundle", "searchset", "p1", "official", "next", "MR", OWN_SYSTEM, "bearer", ""]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=6),
    max_leaves=20,
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_answer_does_more_than_be_malformed(body: bytes) -> None:
    """Any bytes, any JSON, any of FHIR's members in any place: read, or refused without a word of it."""
    complaints = set()
    for read in READERS:
        try:
            read(body)
        except MalformedError as refused:
            complaints.add(refused.args)
    assert complaints <= {()}


@given(st.dictionaries(st.sampled_from(MEMBERS[4:20]), JSON, max_size=8))
def test_any_patient_is_told_as_far_as_they_go(members: dict[str, Any]) -> None:
    """Whatever type a member has, what arrives keeps our rules, and what does not is named."""
    found = read_found(json.dumps(a_record("p1", **members)).encode(), wanted_id="p1", own_system=None)
    told = told_of(found, ID)
    assert isinstance(told, EhrPatient)
    assert told.external_id == ID


@given(st.text(max_size=30))
def test_any_text_in_a_name_is_a_name_or_left_out(text: str) -> None:
    """Control characters, unpaired surrogates, half a screen of blanks: whatever JSON can carry."""
    record = a_record("p1", name=[{"family": text, "given": [text]}])
    found = read_found(json.dumps(record).encode(), wanted_id="p1", own_system=None)
    told = told_of(found, ID)
    is_blank = not text.strip()
    assert told.last_name is not None or is_blank or "last_name" in told.left_out


@pytest.mark.parametrize("dense", [b"{}", b"[]", b"1", b'""'])
def test_an_answer_that_would_grow_in_memory_is_refused_before_it_is_read(dense: bytes) -> None:
    """Four mebibytes of next to nothing would be hundreds of mebibytes of objects."""
    body = b'{"resourceType": "Patient", "id": "p1", "photo": [' + b",".join([dense] * 1_000_000) + b"]}"
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError):
            read_found(body, wanted_id="p1", own_system=None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(body)


def test_nothing_but_what_is_used_of_a_patient_is_kept() -> None:
    """A search holds many patients at once, and their photographs and endless texts are not among it."""
    photo = [{"data": "A" * 1_000_000}]
    names = [{"family": "B" * 1_000_000, "given": ["Jane"]}]
    ids = [{"system": OWN_SYSTEM, "value": "C" * 1_000_000}]
    body = json.dumps(a_record("p1", photo=photo, name=names, identifier=ids)).encode()
    tracemalloc.start()
    try:
        found = read_found(body, wanted_id="p1", own_system=None)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 100_000
    told = told_of(found, ID)
    assert (told.first_name, told.left_out) == (NamePart("Jane"), ("last_name",))
