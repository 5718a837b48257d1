"""What is a Patient of R4 (4.0.1) and what is not, one verdict each, and the words of a refusal."""

import json
from contextlib import suppress
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from hypothesis import given
from hypothesis import strategies as st

from tests.adapters.fhir.r4_patients import INVALID, VALID, WHOLE, made
from vantrexia_adapters.fhir import Issue, operation_outcome, strictness
from vantrexia_adapters.fhir.patient import InvalidResourceError, parse_patient
from vantrexia_adapters.fhir.strictness import ISSUES_MAX, PROBLEMS_MAX, VALUES_MAX, checked_patient

MARK = "Zzmark"


def _refused(content: bytes | dict[str, Any]) -> tuple[Issue, ...]:
    with pytest.raises(InvalidResourceError) as refused:
        checked_patient(content)
    assert refused.value.__context__ is None
    assert MARK not in str(refused.value) + repr(refused.value.issues) + str(refused.value.field_errors)
    return refused.value.issues


@pytest.mark.parametrize("changes", VALID.values(), ids=VALID)
def test_what_r4_allows_is_accepted(changes: dict[str, Any]):
    """And is the same afterwards."""
    patient = made(changes)
    assert checked_patient(json.dumps(patient).encode()) == patient


@pytest.mark.parametrize(("changes", "kind", "expression"), INVALID.values(), ids=INVALID)
def test_what_r4_forbids_is_refused_where_it_stands(changes: dict[str, Any], kind: str, expression: str):
    """With the code of the issue, a FHIRPath to the place, and one issue only."""
    (issue,) = _refused(json.dumps(made(changes)).encode())
    assert (issue.kind, issue.expression) == (kind, expression)


def test_the_tables_are_long_enough_to_mean_something():
    """Few rules would be easy to keep."""
    assert len(INVALID) >= 60
    assert len(VALID) >= 15


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\xff", b"[]", b'"Patient"', b"{",
        b'{"resourceType":"Patient","gender":"male","gender":"female"}',
        b'{"resourceType":"Patient","multipleBirthInteger":NaN}',
        b'{"resourceType":"Patient","extension":' + b'[{"extension":' * 40 + b"1" + b"}]" * 40 + b"}",
        b'{"resourceType":"Patient","name":[' + b"{}," * VALUES_MAX + b"{}]}",
    ],
    ids=lambda raw: raw[:24].decode(errors="replace"),
)  # fmt: skip
def test_what_is_no_strict_json_is_refused(raw: bytes):
    """Bad UTF-8, a key twice (readers disagree on which one counts), too deep, too much."""
    (issue,) = _refused(raw)
    assert (issue.kind, issue.expression) == ("structure", "Patient")


def test_a_number_that_overflows_is_refused():
    """It would come back as null."""
    (issue,) = _refused(b'{"resourceType":"Patient","multipleBirthInteger":1e400}')
    assert (issue.kind, issue.expression) == ("value", "Patient.multipleBirthInteger")


@pytest.mark.parametrize("content", [{"resourceType": "Patient", "photo": {1, 2}}, {"a": float("nan")}])
def test_what_cannot_be_json_is_refused(content: dict[str, Any]):
    """Whoever calls with objects of Python's gets the same error."""
    assert _refused(content)[0].kind == "structure"


def test_all_mistakes_are_told_at_once():
    """One place, one issue."""
    issues = _refused(made({"gender": "F", "brithDate": "x", "name": [{"use": "legal", "given": 7}]}))
    assert {issue.expression for issue in issues} == {
        "Patient.gender",
        "Patient.brithDate",
        "Patient.name[0].use",
        "Patient.name[0].given",
    }


def test_a_thousand_mistakes_are_told_in_part():
    """An answer is no copy of the request."""
    assert len(_refused(made({"telecom": [{"system": MARK}] * 1000}))) == ISSUES_MAX


def test_no_more_mistakes_are_looked_at_than_are_told(monkeypatch: pytest.MonkeyPatch):
    """Thousands in one list cost no more than some hundred."""
    placed: list[object] = []
    place_of = strictness._padded_path

    def counted(*where: Any) -> Any:
        placed.append(where)
        return place_of(*where)

    monkeypatch.setattr(strictness, "_padded_path", counted)
    assert len(_refused(made({"telecom": [{"system": MARK}] * 4_000}))) == ISSUES_MAX
    assert len(placed) <= PROBLEMS_MAX


def test_mistakes_in_a_padded_list_are_told_where_they_stand():
    """Nulls count in what was sent, though the schema never sees them."""
    given = ["a", None] * 300
    halves = [None, {"extension": [{"url": "urn:a", "valueBoolean": True}]}] * 300
    for place in range(0, 40, 2):
        given[place] = f"{place}"
        halves[place] = {"nope": "x"}
    issues = _refused(made({"name": [{"given": given, "_given": halves}]}))
    assert {issue.expression for issue in issues} == {
        f"Patient.name[0].given[{place}].nope" for place in range(0, 40, 2)
    }


def test_a_look_at_a_patient_stops_with_what_can_be_told(monkeypatch: pytest.MonkeyPatch):
    """Of one place a thousand times over as well."""
    problems = iter([("value", ("name", 0), "Wrong.")] * 1_000)
    monkeypatch.setattr(strictness, "_in_form", lambda _: problems)
    assert len(_refused(made({}))) == 1
    assert len(list(problems)) == 1_000 - PROBLEMS_MAX


@pytest.mark.parametrize(
    "changes",
    [
        {"gender": MARK}, {"birthDate": MARK}, {"name": [{"use": MARK}]},
        {"photo": [{"contentType": "a", "data": MARK}]},
        {f"{MARK} b": 1}, {"text": {"status": "generated", "div": f"<{MARK}/>"}}, {"id": f"{MARK}_"},
        {"contained": [{"resourceType": MARK}]}, {"extension": [{"url": f"{MARK} b", "valueCode": MARK}]},
    ],
)  # fmt: skip
def test_a_refusal_repeats_nothing_that_was_sent(changes: dict[str, Any]):
    """Neither a value nor a name that is none of an element; not in the text, the issues, or a cause."""
    assert _refused(made(changes))


@pytest.mark.parametrize(("changes", "kind", "expression"), INVALID.values(), ids=INVALID)
def test_a_refusal_is_a_valid_operation_outcome(changes: dict[str, Any], kind: str, expression: str):
    """As the class of R4 has it."""
    outcome = operation_outcome(_refused(made(changes)))
    OperationOutcome.model_validate(outcome)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    [
        "resourceType", "identifier", "name", "_name", "telecom", "gender", "_gender", "birthDate", "address",
        "contact", "contained", "extension", "text", "div", "system", "value", "use", "family", "given",
        "_given", "line", "period", "valueMeta", "url", "link", "other", "reference", "photo", "data", "meta",
        "id", "active", "type", "coding", "code",
    ]
)  # fmt: skip
FHIR_LIKE = st.recursive(
    ANYTHING
    | st.sampled_from(
        ["Patient", "MR", "SS", "#", "#a", "official", "phone", "http://hl7.org/fhir/sid/us-ssn"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=5),
    max_leaves=25,
)


@given(changes=st.dictionaries(MEMBERS, FHIR_LIKE, max_size=6))
def test_whatever_is_sent_is_read_or_refused(changes: dict[str, Any]):
    """No other error ever leaves the reader."""
    with suppress(InvalidResourceError):
        parse_patient({**WHOLE, **changes})


@given(raw=st.binary(max_size=60) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_whatever_bytes_are_sent_are_refused(raw: bytes):
    """No other error ever leaves the reader."""
    with pytest.raises(InvalidResourceError):
        parse_patient(raw)
