"""Tokens on the wire."""

from typing import Final

import attrs

from vantrexia_core.identity import TokenPair
from vantrexia_core.kernel import InvalidValueError, Phi
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.structuring import body_as

TOKEN_CHARACTERS_MAX: Final = 4096


class PresentedToken(Phi[str]):
    """A text that is presented as a token. Whether it is one is checked later."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        if not value:
            message = "This field may not be blank."
            raise InvalidValueError(message)
        if len(value) > TOKEN_CHARACTERS_MAX:
            message = f"Ensure this field has no more than {TOKEN_CHARACTERS_MAX} characters."
            raise InvalidValueError(message)
        super().__init__(value)


@attrs.frozen
class RefreshGiven:
    """The body of an exchange."""

    refresh: PresentedToken


@attrs.frozen
class TokenGiven:
    """The body of a question about a token."""

    token: PresentedToken


@attrs.frozen
class Farewell:
    """The body of a logout."""

    refresh: PresentedToken
    all_sessions: bool = False


def parse_refresh(request: Request) -> PresentedToken:
    """The refresh token in a body.

    Raises:
        InvalidError: there is none.
    """
    return body_as(RefreshGiven, request.json()).refresh


def parse_token(request: Request) -> PresentedToken:
    """The token in a body.

    Raises:
        InvalidError: there is none.
    """
    return body_as(TokenGiven, request.json()).token


def parse_farewell(request: Request) -> Farewell:
    """Which session to end, or that all shall.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(Farewell, request.json())


def pair_content(pair: TokenPair) -> dict[str, object]:
    """A fresh pair."""
    return {"access": pair.access.reveal(), "refresh": pair.refresh.reveal()}
