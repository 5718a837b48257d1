"""The trail, for administrators."""

from typing import Final

from vantrexia_adapters.fhir import audit_event_bundle
from vantrexia_core.audit import TrailPage, export_trail, read_trail
from vantrexia_core.patients import find_disclosures
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call
from vantrexia_web.wire.audit import (
    CSV,
    csv_chunks,
    parse_as_of,
    parse_inquiry,
    parse_period,
    parse_trail_query,
    trail_content,
    wants_fhir,
)
from vantrexia_web.wire.listing import page_content, page_links, parse_page

FHIR: Final = "application/fhir+json"


def list_(call: Call) -> Answer:
    """A page of the practice's trail, newest first."""
    asked = call.read(parse_trail_query)
    return _page(call, read_trail(call.desk, call.actor, asked.inquiry, asked.page, as_of=asked.as_of))


def export(call: Call) -> Answer:
    """The practice's trail as a CSV file, oldest first."""
    found = export_trail(call.desk, call.actor, call.read(parse_inquiry))
    return Answer(
        200,
        headers={
            "Content-Disposition": 'attachment; filename="audit-logs.csv"',
            # How many entries a whole file has: one that broke off is told from it.
            "X-Total-Count": str(found.count),
        },
        media_type=CSV,
        chunks=csv_chunks(found.lines),
    )


def disclosures(call: Call) -> Answer:
    """A page of everything that was disclosed of one patient, newest first."""
    period, page, as_of = call.read(parse_period), call.read(parse_page), call.read(parse_as_of)
    return _page(call, find_disclosures(call.desk, call.actor, call.patient_id, period, page, as_of=as_of))


def _page(call: Call, found: TrailPage) -> Answer:
    """The page as JSON, or as a Bundle of AuditEvents. Its links go on as of the same entry."""
    url, as_of = call.site.public_url, {"as_of": str(found.as_of)}
    if wants_fhir(call.request):
        links = page_links(found.page, call.request, url, **as_of)
        answer = json_answer(audit_event_bundle(found.page, links, server_url=url))
        answer = answer.with_media_type(FHIR)
    else:
        answer = json_answer(page_content(found.page, trail_content, call.request, url, **as_of))
    return answer.with_headers(Vary="Accept")
