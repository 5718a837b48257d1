"""From a request to an answer, as one plain function: identity, rate limit, permission, endpoint.

The order is part of the API's promise: a token first, then the rate limit, then the permission (a refusal is
recorded), and only then is the body looked at or a record looked for. Somebody who may not
do a thing learns nothing by trying, and a request beyond the limit does nothing at all.
"""

from contextlib import suppress

import attrs

from vantrexia_core.audit import Attempt, authorize
from vantrexia_core.identity import recognise
from vantrexia_core.kernel import (
    Actor,
    Email,
    InvalidValueError,
    NotSignedInError,
    UnavailableError,
    VantrexiaError,
)
from vantrexia_core.throttling import Scope
from vantrexia_web.answer import Answer
from vantrexia_web.bearer import bearer_token
from vantrexia_web.call import Call, Site, Visit
from vantrexia_web.forwarding import caller_of
from vantrexia_web.logs import LOGGER, why
from vantrexia_web.outcomes import refusal
from vantrexia_web.problems import status_of
from vantrexia_web.routes import Guarded, Open
from vantrexia_web.throttle import Tally, by_email, by_user
from vantrexia_web.wire.fhir import format_of_error
from vantrexia_web.wire.request import Request


@attrs.frozen
class Aside:
    """Where there is no route: the answer is known, and the request counts all the same."""

    answer: Answer


def answer(site: Site, route: Guarded | Open | Aside, request: Request) -> Answer:
    """Answer a request. Errors become answers here; what nobody expected is logged and becomes a 500."""
    tally = Tally(site.throttle)
    try:
        answered = _answer(site, route, request, tally)
    except Exception as error:  # noqa: BLE001 - the last resort of this thread
        report(error, request.origin.request_id)
        answered = refusal(error, request.path, media_type=format_of_error(request))
    return attrs.evolve(answered, headers={**answered.headers, **tally.headers})


def report(error: BaseException, request_id: str | None) -> None:
    """Log what an engineer or an operator has to look at; refusals of callers are on the trail instead."""
    fields = {"fields": {"request_id": request_id}}
    if isinstance(error, UnavailableError):
        LOGGER.warning("unavailable: %s", why(error), exc_info=error, extra=fields)
    elif not isinstance(error, VantrexiaError) or status_of(type(error)) == 500:  # noqa: PLR2004 - the status itself
        LOGGER.error("unexpected error", exc_info=error, extra=fields)


def _answer(site: Site, route: Guarded | Open | Aside, request: Request, tally: Tally) -> Answer:
    if isinstance(route, Open):
        _count_visit(route, request, tally)
        return route.endpoint(Visit(site, request, tally))
    if isinstance(route, Aside):
        if request.headers_named("Authorization"):
            with suppress(NotSignedInError):
                _caller(site, Scope.USER, request, tally)
        else:
            tally.count(Scope.ANONYMOUS, caller_of(request.origin.address))
        return route.answer
    actor = _caller(site, route.scope, request, tally)
    attempt = Attempt(actor, route.action, route.permission, request.patient_id, request.user_id)
    authorize(site.desk, attempt)
    return route.endpoint(Call(site, request, attempt))


def _count_visit(route: Open, request: Request, tally: Tally) -> None:
    who = caller_of(request.origin.address)
    if route.scope is None:
        tally.count_health(who)
        return
    tally.count(route.scope, who)
    if route.scope is Scope.AUTH and (email := _submitted_email(request)) is not None:
        tally.count(route.scope, by_email(email))


def _caller(site: Site, scope: Scope, request: Request, tally: Tally) -> Actor:
    """Who is signed in, counted.

    Raises:
        NotSignedInError: nobody; counted by address.
        ThrottledError: this request is one too many, by whoever it is.
    """
    try:
        actor = recognise(site.desk, bearer_token(request), request.origin)
    except NotSignedInError:
        tally.count(Scope.ANONYMOUS, caller_of(request.origin.address))
        raise
    tally.count(scope, by_user(actor.user_id))
    return actor


def _submitted_email(request: Request) -> str | None:
    """The account that an attempt is made at; None where the body names none, and the endpoint refuses it."""
    try:
        content = request.json()
        email = content.get("email") if isinstance(content, dict) else None
        return Email(email).reveal().casefold() if isinstance(email, str) else None
    except (VantrexiaError, InvalidValueError):
        return None
