"""Passwords and second factors."""

from typing import Final

from vantrexia_core.identity import change_password as change
from vantrexia_core.identity import confirm_reset as confirm
from vantrexia_core.identity import (
    disable_two_factor,
    finish_two_factor,
    start_two_factor,
)
from vantrexia_core.identity import request_reset as ask
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call, Visit
from vantrexia_web.wire.credentials import (
    enabled_content,
    enrolment_content,
    parse_password_change,
    parse_reset_confirmation,
    parse_reset_request,
    parse_two_factor_end,
    parse_two_factor_finish,
    parse_two_factor_start,
)

RESET_ASKED: Final = "If an account has this address, a letter with further steps is on its way."


def change_password(call: Call) -> Answer:
    """Replace one's own password."""
    body = call.read(parse_password_change)
    change(call.desk, call.actor, body.current_password, body.new_password)
    return Answer(204)


def request_reset(visit: Visit) -> Answer:
    """Ask for a letter; the answer is the same for every address."""
    body = parse_reset_request(visit.request)
    ask(visit.site.desk, body.email, visit.request.origin)
    return json_answer({"detail": RESET_ASKED})


def confirm_reset(visit: Visit) -> Answer:
    """Set a new password with what the letter says."""
    body = parse_reset_confirmation(visit.request)
    confirm(visit.site.desk, body.uid.user_id, body.token, body.new_password, visit.request.origin)
    return Answer(204)


def set_up_two_factor(call: Call) -> Answer:
    """Hand out a secret for an authenticator app."""
    body = call.read(parse_two_factor_start)
    return json_answer(enrolment_content(start_two_factor(call.desk, call.actor, body.password)))


def verify_two_factor(call: Call) -> Answer:
    """Turn the second factor on with a first code."""
    body = call.read(parse_two_factor_finish)
    return json_answer(enabled_content(finish_two_factor(call.desk, call.actor, body.totp_code)))


def turn_off_two_factor(call: Call) -> Answer:
    """Turn the second factor off."""
    body = call.read(parse_two_factor_end)
    disable_two_factor(call.desk, call.actor, body.password, body.totp_code)
    return json_answer({"is_2fa_enabled": False})
