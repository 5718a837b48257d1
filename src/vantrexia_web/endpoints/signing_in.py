"""Getting tokens."""

from vantrexia_core.identity import sign_in
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.call import Visit
from vantrexia_web.wire.signing_in import parse_credentials, signed_in_content


def log_in(visit: Visit) -> Answer:
    """Exchange an address and a password for an access and a refresh token."""
    credentials = parse_credentials(visit.request)
    origin = visit.request.origin
    signed_in = sign_in(
        visit.site.desk, credentials.email, credentials.password, origin, credentials.totp_code
    )
    return json_answer(signed_in_content(signed_in))
