"""Patients of the practice's EHR: searching there, importing, and how far an import has come."""

from vantrexia_core.ehr import (
    ImportJob,
    import_patients,
    look_up_import,
    preview_import,
    search_ehr,
    start_import,
)
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call
from vantrexia_web.wire.conditions import parse_idempotency_key
from vantrexia_web.wire.ehr import (
    candidates_content,
    item_content,
    job_content,
    parse_ehr_query,
    parse_import,
    report_content,
)
from vantrexia_web.wire.listing import page_content, parse_page

IMPORTS_PATH = "/api/v1/patients/imports/"


def search(call: Call) -> Answer:
    """Patients of the EHR who may be imported."""
    query = call.read(parse_ehr_query)
    return json_answer(candidates_content(search_ehr(call.desk, call.actor, query)))


def import_selected(call: Call) -> Answer:
    """Import patients by their ids at the EHR: now, in the background, or only to see what would happen."""
    wish = call.read(parse_import)
    if wish.is_dry_run:
        # It does nothing, so doing it twice is no matter; a key that is none is refused as everywhere.
        call.read(parse_idempotency_key)
        report = preview_import(call.desk, call.actor, wish.ids, is_refresh=wish.is_refresh)
        return json_answer(report_content(report, wish))
    if not wish.is_async:
        return call.answer_once(
            lambda once: import_patients(
                call.desk, call.actor, wish.ids, is_refresh=wish.is_refresh, once=once
            ),
            lambda report: json_answer(report_content(report, wish)),
        )

    def started(job: ImportJob) -> Answer:
        status_url = _status_url(call, job)
        return json_answer(job_content(job, status_url), 202, {"Location": status_url})

    answer = call.answer_once(
        lambda once: start_import(call.desk, call.actor, wish.ids, is_refresh=wish.is_refresh, once=once),
        started,
    )
    call.site.wake_importer()
    return answer


def show_import(call: Call) -> Answer:
    """How far an import has come, and a page of its ids."""
    page = call.read(parse_page)
    job, items = look_up_import(call.desk, call.actor, call.request.uuid("job"), page)
    listed = page_content(items, item_content, call.request, call.site.public_url)
    return json_answer(
        job_content(job, _status_url(call, job))
        | {"next": listed["next"], "previous": listed["previous"], "details": listed["results"]}
    )


def _status_url(call: Call, job: ImportJob) -> str:
    return f"{call.site.public_url}{IMPORTS_PATH}{job.id}/"
