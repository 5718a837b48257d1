"""From a request to an answer, as one plain function: who is it, may they, then the endpoint.

The order is part of the API's promise: a token first, then the permission (a refusal is recorded), and only
then is the body looked at or a record looked for. Whoever may not do a thing learns nothing by trying.
"""

from vantrexia_core.audit import Attempt, authorize
from vantrexia_core.identity import recognise
from vantrexia_core.kernel import UnavailableError, VantrexiaError
from vantrexia_web.answer import Answer
from vantrexia_web.bearer import bearer_token
from vantrexia_web.call import Call, Site, Visit
from vantrexia_web.logs import LOGGER
from vantrexia_web.problems import problem, status_of
from vantrexia_web.routes import Guarded, Open
from vantrexia_web.wire.request import Request


def answer(site: Site, route: Guarded | Open, request: Request) -> Answer:
    """Answer a request. Errors become answers here; what nobody expected is logged and becomes a 500."""
    try:
        if isinstance(route, Open):
            return route.endpoint(Visit(site, request))
        return route.endpoint(_admitted(site, route, request))
    except Exception as error:  # noqa: BLE001 - the last resort of this thread
        report(error, request.origin.request_id)
        return problem(error)


def report(error: BaseException, request_id: str | None) -> None:
    """Log what an engineer or an operator has to look at; refusals of callers are on the trail instead."""
    fields = {"fields": {"request_id": request_id}}
    if isinstance(error, UnavailableError):
        LOGGER.warning("unavailable: %s", error.code, exc_info=error, extra=fields)
    elif not isinstance(error, VantrexiaError) or status_of(type(error)) == 500:  # noqa: PLR2004 - the status itself
        LOGGER.error("unexpected error", exc_info=error, extra=fields)


def _admitted(site: Site, route: Guarded, request: Request) -> Call:
    actor = recognise(site.desk, bearer_token(request), request.origin)
    attempt = Attempt(actor, route.action, route.permission, request.patient_id)
    authorize(site.desk, attempt)
    return Call(site, request, attempt)
