"""Bulk export over FHIR: kick-off, status, files, end (HL7 FHIR Bulk Data Access 2.0.0)."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import orjson

from vantrexia_adapters.fhir import NDJSON, Issue, departed_lines, operation_outcome, patient_lines
from vantrexia_core.patients import (
    Departed,
    Export,
    Patient,
    end_export,
    fetch_departed,
    fetch_part,
    find_links,
    look_up_export,
    start_export,
)
from vantrexia_web.answer import JSON, Answer
from vantrexia_web.call import Call
from vantrexia_web.outcomes import BASE, FHIR_JSON
from vantrexia_web.wire.bulk import accepts_gzip, manifest, parse_kick_off
from vantrexia_web.wire.fhir import http_date, parse_format

T = TypeVar("T")

EXPORTS_PATH: Final = f"{BASE}/bulk"
GZIP_LEVEL: Final = 4

_GZIP_FORMAT: Final = 16 + zlib.MAX_WBITS


def start(call: Call) -> Answer:
    """Grant an export. It is ready at once, and where its status is asked says so."""
    call.read(parse_format)
    wish = call.read(parse_kick_off)
    export = start_export(call.desk, call.actor, wish)
    accepted = Issue("informational", "Accepted: see Content-Location.", severity="information")
    body = orjson.dumps(operation_outcome([accepted]))
    return Answer(202, body, {"Content-Location": _status_url(call, export)}, FHIR_JSON)


def status(call: Call) -> Answer:
    """What an export consists of."""
    export = look_up_export(call.desk, call.actor, call.request.uuid("export"))
    content = manifest(export, public_url=call.site.public_url, status_url=_status_url(call, export))
    return Answer(200, orjson.dumps(content), {"Expires": http_date(export.expires_at)}, JSON)


def end(call: Call) -> Answer:
    """Forget an export. Downloads that are under way get nothing more."""
    end_export(call.desk, call.actor, call.request.uuid("export"))
    return Answer(202)


def patients(call: Call) -> Answer:
    """One file of Patients."""
    export_id = call.request.uuid("export")
    if call.request.method == "HEAD":
        return _file(call, look_up_export(call.desk, call.actor, export_id), None)
    export, batches = fetch_part(call.desk, call.actor, export_id, call.request.place)
    elements = export.wish.elements

    def rendered(batch: Sequence[Patient]) -> bytes:
        links = find_links(call.desk, call.actor.practice_id, batch)
        return patient_lines(batch, links, elements)

    return _file(call, export, map(rendered, batches))


def deleted(call: Call) -> Answer:
    """One file of Bundles that name deleted patients."""
    export_id = call.request.uuid("export")
    if call.request.method == "HEAD":
        return _file(call, look_up_export(call.desk, call.actor, export_id), None)
    export, batches = fetch_departed(call.desk, call.actor, export_id, call.request.place)

    def rendered(batch: Sequence[Departed]) -> bytes:
        return departed_lines(batch)

    return _file(call, export, map(rendered, batches))


def _file(call: Call, export: Export, lines: Iterator[bytes] | None) -> Answer:
    """The file, piece by piece. For a HEAD there are no lines: what nobody gets is not read."""
    headers = {"Expires": http_date(export.expires_at), "Vary": "Accept-Encoding"}
    if lines is None:
        return Answer(200, headers=headers, media_type=NDJSON)
    if accepts_gzip(call.request):
        return Answer(200, b"", headers | {"Content-Encoding": "gzip"}, NDJSON, chunks=_packed(lines))
    return Answer(200, b"", headers, NDJSON, chunks=lines)


def _packed(lines: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
    for some in lines:
        if packed := packer.compress(some):
            yield packed
    yield packer.flush()


def _status_url(call: Call, export: Export) -> str:
    return f"{call.site.public_url}{EXPORTS_PATH}/{export.id}"
