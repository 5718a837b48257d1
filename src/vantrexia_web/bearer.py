"""The token in the Authorization header (RFC 6750, section 2.1)."""

import re
from typing import Final

from vantrexia_core.identity import TokenNotValidError
from vantrexia_core.kernel import NotSignedInError, Phi
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.sessions import TOKEN_CHARACTERS_MAX

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)


def bearer_token(request: Request) -> Phi[str]:
    """The access token that a request presents.

    Raises:
        NotSignedInError: it presents none.
        TokenNotValidError: what it presents cannot be a token of ours.
    """
    fields = request.headers_named("Authorization")
    if not fields:
        raise NotSignedInError
    match = _BEARER.fullmatch(fields[0])
    if len(fields) > 1 or match is None or len(match[1]) > TOKEN_CHARACTERS_MAX:
        raise TokenNotValidError
    return Phi(match[1])
