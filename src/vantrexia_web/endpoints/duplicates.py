"""Pairs of records that may be one person."""

from vantrexia_core.kernel import SuspicionId
from vantrexia_core.patients import compare_records, decide, find_suspicions
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call
from vantrexia_web.wire.conditions import etag
from vantrexia_web.wire.duplicates import (
    comparison_content,
    parse_decision,
    parse_suspicion_listing,
    suspicion_content,
)
from vantrexia_web.wire.listing import page_content


def list_duplicates(call: Call) -> Answer:
    """A page of pairs."""
    listing = call.read(parse_suspicion_listing)
    page = find_suspicions(call.desk, call.actor, listing)
    return json_answer(page_content(page, suspicion_content, call.request, call.site.public_url))


def compare_duplicates(call: Call) -> Answer:
    """Both records of a pair."""
    pair = compare_records(call.desk, call.actor, _pair(call))
    return json_answer(comparison_content(pair), headers={"ETag": etag(pair.suspicion.version)})


def decide_duplicate(call: Call) -> Answer:
    """Say whether two records are one person."""
    given, expected = call.read(parse_decision), call.expected_versions
    decided = decide(
        call.desk,
        call.actor,
        _pair(call),
        given.decision,
        despite_differences=given.despite_differences,
        expected_version=expected,
    )
    return json_answer(suspicion_content(decided), headers={"ETag": etag(decided.version)})


def _pair(call: Call) -> SuspicionId:
    return SuspicionId(call.request.uuid("pair"))
