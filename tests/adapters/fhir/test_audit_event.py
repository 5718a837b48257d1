"""AuditEvents: valid FHIR R4, true to the entry, and what IHE BALP asks of the profiles they claim."""

import json
from urllib.parse import urlsplit
from uuid import UUID

import attrs
import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_patient_id, a_practice_id, a_user_id, an_email
from tests.strategies.audit import entries
from vantrexia_adapters.fhir import audit_event, audit_event_bundle
from vantrexia_adapters.fhir.audit_event import ACTION_SYSTEM, KIND_OF, OUTCOME_CODE
from vantrexia_core.audit import Action, AuditEntry, Outcome, TrailLine
from vantrexia_core.kernel import Page, PageRequest, RequestId, Role

SERVER = "https://app.vantrexia.com"
PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.Patient"
READ = AuditEntry(
    at=NOW,
    action=Action.READ,
    outcome=Outcome.DONE,
    practice_id=a_practice_id(),
    actor_id=a_user_id(4),
    role=Role.NURSE,
    patient_id=a_patient_id(1),
    disclosed=(a_patient_id(1),),
    request_id=RequestId("0f9d4e7a"),
    address="192.0.2.7",
)
LINES = st.builds(TrailLine, st.integers(1, 2**40), entries(), st.none() | st.just(an_email()))

# BALP 1.1, input/fsh/Patient….fsh: interaction, action, and the codes of client, server and user.
BALP = {
    "Create": ("create", "C", "110153", "110152", {"AUT", "INF", "CST"}),
    "Read": ("read", "R", "110152", "110153", {"IRCP"}),
    "Update": ("update", "U", "110153", "110152", {"AUT", "INF", "CST"}),
    "Delete": ("delete", "D", "110150", "custodian", {"AUT", "INF", "CST"}),
}


def _event(entry, email=None):
    return audit_event(TrailLine(17, entry, email), server_url=SERVER)


def _codes(event, path):
    return [coding["code"] for each in event[path] for coding in each.get("type", {}).get("coding", [])]


@given(line=LINES)
def test_every_entry_is_a_valid_audit_event(line):
    """Whatever the trail holds, and it is written as the R4 class would write it."""
    event = audit_event(line, server_url=SERVER)
    parsed = AuditEvent.model_validate(event)
    assert json.loads(parsed.model_dump_json()) == json.loads(json.dumps(event))


@given(lines=st.lists(LINES, max_size=4, unique_by=lambda line: line.seq))
def test_a_page_is_a_valid_searchset(lines):
    """With the exact total, the links that there are, and a name for each event that stays."""
    page = Page(99, tuple(lines), PageRequest(2, 5))
    links = {"self": f"{SERVER}/?page=2", "next": None, "previous": f"{SERVER}/?page=1"}
    bundle = audit_event_bundle(page, links, server_url=SERVER)
    Bundle.model_validate(bundle)
    assert (bundle["type"], bundle["total"]) == ("searchset", 99)
    assert [link["relation"] for link in bundle["link"]] == ["self", "previous"]
    names = [entry["fullUrl"] for entry in bundle.get("entry", ())]
    assert len({UUID(urlsplit(name).path.removeprefix("uuid:")) for name in names}) == len(lines)
    assert bundle == audit_event_bundle(page, links, server_url=SERVER)


def test_every_action_and_outcome_has_its_words():
    """The tables are total."""
    assert set(KIND_OF) == set(Action)
    assert set(OUTCOME_CODE) == set(Outcome)


@given(line=LINES)
def test_a_claimed_profile_is_kept(line):
    """All that BALP demands of it: the interaction, the agents and their kinds, the data and the patient."""
    event = audit_event(line, server_url=SERVER)
    for profile in event.get("meta", {}).get("profile", []):
        interaction, action, client, server, users = BALP[profile.removeprefix(PROFILE)]
        assert event["type"]["code"] == "rest"
        assert interaction in [coding["code"] for coding in event["subtype"]]
        assert (event["action"], event["outcome"]) == (action, "0")
        by_type = {agent["type"]["coding"][0]["code"]: agent for agent in event["agent"]}
        for code in (client, server):
            assert by_type[code]["who"]
            assert by_type[code]["network"]["address"]
        for code in set(by_type) - {client, server}:
            assert code in users
            assert by_type[code]["requestor"] is True
            assert "network" not in by_type[code]
        kinds = [entity["type"]["code"] for entity in event["entity"]]
        assert kinds.count("2") == 1
        patients = [entity for entity in event["entity"] if entity["type"]["code"] == "1"]
        assert patients[0]["role"]["code"] == "1"
        assert patients[0]["what"]["reference"].startswith("Patient/")


@pytest.mark.parametrize(
    ("action", "profile"),
    [
        (Action.CREATE, "Create"),
        (Action.READ, "Read"),
        (Action.UPDATE, "Update"),
        (Action.ARCHIVE, "Update"),
        (Action.UNARCHIVE, "Update"),
        (Action.RESTORE, "Update"),
        (Action.DELETE, "Delete"),
    ],
)
def test_what_was_done_to_a_patient_claims_its_profile(action, profile):
    """A soft deletion is a deletion to whoever reads FHIR; moves are updates with the move beside."""
    assert _event(attrs.evolve(READ, action=action))["meta"]["profile"] == [f"{PROFILE}{profile}"]


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": Outcome.REFUSED},
        {"outcome": Outcome.FAILED},
        {"outcome": Outcome.REPLAYED},
        {"address": None},
        {"address": "console:ann"},
        {"patient_id": None},
        {"action": Action.LIST},
        {"action": Action.LOGIN_SUCCESS},
        {"action": Action.ACCOUNTING},
    ],
)
def test_what_lacks_something_claims_nothing(changed):
    """BALP's profiles are for what succeeded over a network; its Query wants the text of the search."""
    assert "meta" not in _event(attrs.evolve(READ, **changed))


def test_the_three_agents_of_a_read():
    """The record goes from the server to the client, and the account is the one that asked."""
    client, server, user = _event(READ, an_email("nurse"))["agent"]
    assert client["network"] == {"address": "192.0.2.7", "type": "2"}
    assert server["network"] == {"address": SERVER, "type": "5"}
    assert user["who"]["identifier"]["value"] == "4"
    assert (user["name"], user["role"][0]["coding"][0]["code"]) == ("nurse@example.org", "nurse")
    assert [agent["requestor"] for agent in (client, server, user)] == [False, False, True]


def test_somebody_unknown_is_the_client():
    """There is no user to name, and the client is the one that asked."""
    event = _event(
        AuditEntry(at=NOW, action=Action.LOGIN_FAILED, outcome=Outcome.REFUSED, address="192.0.2.7")
    )
    assert [agent["requestor"] for agent in event["agent"]] == [True, False]


def test_a_list_names_everybody_whom_it_showed():
    """As patients among the entities, and nobody twice."""
    shown = tuple(a_patient_id(number) for number in (1, 2, 3))
    event = _event(attrs.evolve(READ, action=Action.LIST, disclosed=shown))
    people = [entity["what"]["reference"] for entity in event["entity"] if entity["type"]["code"] == "1"]
    assert people == [f"Patient/{id_}" for id_ in shown]


@pytest.mark.parametrize(
    ("outcome", "code", "expected"),
    [
        (Outcome.DONE, None, ("0", None)),
        (Outcome.REPLAYED, None, ("0", "replayed")),
        (Outcome.REFUSED, "not_found", ("4", "not_found")),
        (Outcome.FAILED, "server_error", ("8", "server_error")),
    ],
)
def test_the_outcome_and_what_it_was(outcome, code, expected):
    """A refusal is the caller's, a failure is ours."""
    event = _event(attrs.evolve(READ, outcome=outcome, code=code))
    assert (event["outcome"], event.get("outcomeDesc")) == expected


@pytest.mark.parametrize("action", Action)
def test_our_own_word_for_the_action_is_kept(action):
    """FHIR has fewer words: two actions that look alike there can still be told apart."""
    event = _event(attrs.evolve(READ, action=action))
    assert {"system": ACTION_SYSTEM, "code": action.value} in event["subtype"]


def test_changed_fields_are_named():
    """Names, as the trail has them; values are nowhere."""
    event = _event(attrs.evolve(READ, action=Action.UPDATE, changed=("phone", "ssn")))
    data = next(entity for entity in event["entity"] if entity["type"]["code"] == "2")
    assert [detail["valueString"] for detail in data["detail"]] == ["phone", "ssn"]


def test_the_request_joins_event_and_answer():
    """BALP's transaction entity holds the X-Request-ID."""
    assert _event(READ)["entity"][-1]["what"]["identifier"]["value"] == "0f9d4e7a"
