"""Merging records of one person, and undoing it."""

from vantrexia_core.kernel import MergeId
from vantrexia_core.patients import (
    MergedPatient,
    SeparatedPatients,
    find_merges,
    merge_patients,
    undo_merge,
)
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call
from vantrexia_web.wire.conditions import etag
from vantrexia_web.wire.merges import (
    merge_content,
    merged_content,
    parse_merge,
    parse_undo,
    separated_content,
)


def merge(call: Call) -> Answer:
    """Merge another record into this one."""
    wish, expected = call.read(parse_merge), call.expected_versions

    def merged(result: MergedPatient) -> Answer:
        return json_answer(merged_content(result), headers={"ETag": etag(result.patient.version)})

    return call.answer_once(
        lambda once: merge_patients(
            call.desk,
            call.actor,
            call.patient_id,
            wish.loser,
            wish.reason,
            wish.choices,
            despite_differences=wish.despite_differences,
            expected_version=expected,
            once=once,
        ),
        merged,
    )


def list_merges(call: Call) -> Answer:
    """The merges that a record took part in."""
    found = find_merges(call.desk, call.actor, call.patient_id)
    return json_answer({"results": list(map(merge_content, found))})


def undo(call: Call) -> Answer:
    """Give both records of a merge back what they had."""
    wish, merge_id = call.read(parse_undo), MergeId(call.request.uuid("merge"))

    def separated(result: SeparatedPatients) -> Answer:
        return json_answer(separated_content(result), headers={"ETag": etag(result.survivor.version)})

    return call.answer_once(
        lambda once: undo_merge(call.desk, call.actor, merge_id, wish.reason, wish.heirs, once=once),
        separated,
    )
