"""A machine client's request for a token on the wire: a form in, JSON out, errors as OAuth spells them."""

from collections.abc import Mapping
from typing import Final, NewType
from uuid import UUID

import attrs

from vantrexia_core.identity import GrantedToken, InvalidClientError, InvalidScopeError, Unproved
from vantrexia_core.kernel import ClientId, Phi, VantrexiaError
from vantrexia_web.answer import Answer, json_answer
from vantrexia_web.problems import (
    BadTokenRequestError,
    MediaTypeError,
    UnreadableBodyError,
    UnsupportedGrantTypeError,
    detail_of,
    problem,
)
from vantrexia_web.wire.request import Request

GrantType = NewType("GrantType", str)
AssertionType = NewType("AssertionType", str)
Assertion = NewType("Assertion", str)
ScopeText = NewType("ScopeText", str)

OAUTH_REFUSALS: Final = (
    BadTokenRequestError,
    UnsupportedGrantTypeError,
    InvalidClientError,
    InvalidScopeError,
)
"""What is answered in OAuth's words instead of ours (RFC 6749, section 5.2)."""

GRANT_TYPE: Final = GrantType("client_credentials")
ASSERTION_TYPE: Final = AssertionType("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")


@attrs.frozen
class TokenForm:
    """The parameters of a request (SMART App Launch 2.2, "Backend Services"); others are ignored."""

    grant_type: GrantType
    client_assertion_type: AssertionType
    client_assertion: Assertion = attrs.field(repr=False)
    scope: ScopeText
    client_id: ClientId | None = None

    @property
    def assertion(self) -> Phi[str]:
        """What proves who asks."""
        return Phi(self.client_assertion)


def parse_token_request(request: Request) -> TokenForm:
    """What a client asks for.

    Raises:
        BadTokenRequestError: the form is malformed, or something is missing or twice in it.
        UnsupportedGrantTypeError: it asks in another way than with an assertion for itself.
        InvalidClientError: it holds no assertion at all.
        BodyTooLargeError: the body was longer than the limit.
    """
    if request.headers_named("Authorization"):
        message = "Prove who you are in one way: with client_assertion, and without an Authorization header."
        raise BadTokenRequestError(message)
    form = _form(request)
    grant_type = form.get("grant_type", "")
    if not grant_type:
        message = "grant_type is missing."
        raise BadTokenRequestError(message)
    if grant_type != GRANT_TYPE:
        raise UnsupportedGrantTypeError
    assertion = form.get("client_assertion", "")
    if not assertion:
        message = "client_assertion is missing: a JWT signed by the client."
        raise InvalidClientError(Unproved.MALFORMED, message)
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        message = f"client_assertion_type must be {ASSERTION_TYPE}"
        raise BadTokenRequestError(message)
    return TokenForm(
        GRANT_TYPE,
        ASSERTION_TYPE,
        Assertion(assertion),
        ScopeText(form.get("scope", "")),
        _client_id(form["client_id"]) if "client_id" in form else None,
    )


def token_content(granted: GrantedToken) -> dict[str, object]:
    """A fresh token (RFC 6749, section 5.1)."""
    return {
        "access_token": granted.access.reveal(),
        "token_type": "bearer",
        "expires_in": int(granted.life.total_seconds()),
        "scope": granted.scope,
    }


def oauth_problem(error: VantrexiaError) -> Answer:
    """A refusal as RFC 6749, section 5.2 spells it."""
    refused = problem(error)
    content = {"error": error.code, "error_description": detail_of(error)}
    return json_answer(content, refused.status, refused.headers)


def _form(request: Request) -> Mapping[str, str]:
    try:
        return request.form()
    except (MediaTypeError, UnreadableBodyError) as unreadable:
        detail = unreadable.detail
    # Outside the handler: the reader's frames hold the body.
    raise BadTokenRequestError(detail)


def _client_id(text: str) -> ClientId:
    try:
        return ClientId(UUID(text))
    except ValueError:
        message = "The client_id is not the one in the assertion."
    raise InvalidClientError(Unproved.UNKNOWN, message)
