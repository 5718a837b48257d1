"""Emergency access: declaring an emergency, and for administrators the list of those there were."""

from vantrexia_core.identity import declare_emergency, find_emergencies
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Call
from vantrexia_web.wire.emergencies import emergency_content, emergency_shown_content, parse_declaration
from vantrexia_web.wire.listing import page_content, parse_page


def declare(call: Call) -> Answer:
    """Break the glass for the caller's session."""
    emergency = declare_emergency(call.desk, call.actor, call.read(parse_declaration))
    return json_answer(emergency_content(emergency), 201)


def list_(call: Call) -> Answer:
    """A page of the practice's emergencies, newest first."""
    page = find_emergencies(call.desk, call.actor, call.read(parse_page))
    return json_answer(page_content(page, emergency_shown_content, call.request, call.site.public_url))
