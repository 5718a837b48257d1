"""Tokens for machine clients."""

from vantrexia_adapters.smart import token_url
from vantrexia_core.identity import MachineClient, grant_client_token
from vantrexia_core.throttling import Scope
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Visit
from vantrexia_web.throttle import by_user
from vantrexia_web.wire.clients import OAUTH_REFUSALS, oauth_problem, parse_token_request, token_content


def token(visit: Visit) -> Answer:
    """Exchange a signed assertion for a short-lived access token (SMART Backend Services)."""

    def admit(client: MachineClient) -> None:
        # By client only once it is proved: otherwise anybody could use its requests up.
        visit.tally.count(Scope.AUTH, by_user(client.number))

    try:
        asked = parse_token_request(visit.request)
        granted = grant_client_token(
            visit.site.desk,
            asked.assertion,
            asked.scope,
            visit.request.origin,
            token_url=token_url(visit.site.public_url),
            client_id=asked.client_id,
            admit=admit,
        )
    except OAUTH_REFUSALS as refused:
        return oauth_problem(refused)
    return json_answer(token_content(granted), headers={"Pragma": "no-cache"})
