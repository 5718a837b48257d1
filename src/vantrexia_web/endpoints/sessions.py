"""Tokens after the sign-in: exchanging them, asking whether they are good, giving them up."""

from vantrexia_core.identity import check_token, log_out, refresh_tokens
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call, Visit
from vantrexia_web.wire.sessions import pair_content, parse_farewell, parse_refresh, parse_token


def refresh(visit: Visit) -> Answer:
    """Exchange a refresh token for a fresh pair."""
    token = parse_refresh(visit.request)
    return json_answer(pair_content(refresh_tokens(visit.site.desk, token, visit.request.origin)))


def verify(visit: Visit) -> Answer:
    """Say whether a token is good now."""
    check_token(visit.site.desk, parse_token(visit.request), visit.request.origin)
    return json_answer({})


def end(call: Call) -> Answer:
    """End one or all of the caller's sessions."""
    farewell = call.read(parse_farewell)
    log_out(call.desk, call.actor, farewell.refresh, all_sessions=farewell.all_sessions)
    return Answer(204)
