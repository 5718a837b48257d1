"""Signing in on the wire."""

import attrs

from vantrexia_core.identity import PASSWORD_CHARACTERS_MAX, FactorCode, SignedIn, User
from vantrexia_core.kernel import Email, InvalidValueError, Phi
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.structuring import body_as


class TypedPassword(Phi[str]):
    """A password as somebody typed it: anything that could be one, its blanks included."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        if not value:
            message = "This field may not be blank."
            raise InvalidValueError(message)
        if len(value) > PASSWORD_CHARACTERS_MAX:
            message = f"Ensure this field has no more than {PASSWORD_CHARACTERS_MAX} characters."
            raise InvalidValueError(message)
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            message = "Unpaired surrogates are not allowed."
            raise InvalidValueError(message)
        super().__init__(value)


@attrs.frozen
class Credentials:
    """The body of a sign-in."""

    email: Email
    password: TypedPassword
    totp_code: FactorCode | None = None


def parse_credentials(request: Request) -> Credentials:
    """An address and a password.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(Credentials, request.json())


def signed_in_content(signed_in: SignedIn) -> dict[str, object]:
    """The tokens, and who they were given to."""
    return {
        "access": signed_in.tokens.access.reveal(),
        "refresh": signed_in.tokens.refresh.reveal(),
        "user": user_content(signed_in.user),
    }


def user_content(user: User) -> dict[str, object]:
    """What every answer about an account says."""
    return {
        "id": user.id,
        "email": user.email.reveal(),
        "first_name": user.name.first.reveal(),
        "last_name": user.name.last.reveal(),
        "role": user.role.value,
        "is_2fa_enabled": user.is_2fa_enabled,
    }
