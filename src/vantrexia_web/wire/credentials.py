"""Passwords and second factors on the wire."""

import base64
import re
from typing import Final
from urllib.parse import quote, urlencode

import attrs
import segno

from vantrexia_core.identity import DIGITS, STEP_SECONDS, Enrolment, FactorCode, NewPassword
from vantrexia_core.kernel import Email, InvalidValueError, Phi, UserId
from vantrexia_web.wire.request import Request
from vantrexia_web.wire.signing_in import TypedPassword
from vantrexia_web.wire.structuring import body_as

ISSUER: Final = "Vantrexia"
"""What an authenticator app shows beside the account's address."""
UID_PATTERN: Final = "[0-9]{1,18}"
RESET_TOKEN_CHARACTERS_MAX: Final = 128


class Uid(Phi[str]):
    """The ``uid`` of a reset letter."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        if re.fullmatch(UID_PATTERN, value) is None:
            message = "Copy this from the letter."
            raise InvalidValueError(message)
        super().__init__(value)

    @property
    def user_id(self) -> UserId:
        """The account it names."""
        return UserId(int(self._value))


class ResetToken(Phi[str]):
    """The ``token`` of a reset letter, as somebody copied it."""

    __slots__ = ()

    def __init__(self, value: str) -> None:
        token = value.strip()
        if not token.isascii() or not 0 < len(token) <= RESET_TOKEN_CHARACTERS_MAX:
            message = "Copy this from the letter."
            raise InvalidValueError(message)
        super().__init__(token)


@attrs.frozen
class PasswordChange:
    """The body of a change of password."""

    current_password: TypedPassword
    new_password: NewPassword


@attrs.frozen
class ResetRequested:
    """The body of a request for a reset."""

    email: Email


@attrs.frozen
class ResetConfirmation:
    """The body that sets a new password."""

    uid: Uid
    token: ResetToken
    new_password: NewPassword


@attrs.frozen
class TwoFactorStart:
    """The body that begins an enrolment."""

    password: TypedPassword


@attrs.frozen
class TwoFactorFinish:
    """The body that ends an enrolment."""

    totp_code: FactorCode


@attrs.frozen
class TwoFactorEnd:
    """The body that turns the second factor off."""

    password: TypedPassword
    totp_code: FactorCode


def parse_password_change(request: Request) -> PasswordChange:
    """The present password and another one.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(PasswordChange, request.json())


def parse_reset_request(request: Request) -> ResetRequested:
    """An address.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(ResetRequested, request.json())


def parse_reset_confirmation(request: Request) -> ResetConfirmation:
    """What the letter says, and another password.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(ResetConfirmation, request.json())


def parse_two_factor_start(request: Request) -> TwoFactorStart:
    """A password.

    Raises:
        InvalidError: it is missing.
    """
    return body_as(TwoFactorStart, request.json())


def parse_two_factor_finish(request: Request) -> TwoFactorFinish:
    """A code.

    Raises:
        InvalidError: it is none.
    """
    return body_as(TwoFactorFinish, request.json())


def parse_two_factor_end(request: Request) -> TwoFactorEnd:
    """A password and a code.

    Raises:
        InvalidError: with all complaints at once.
    """
    return body_as(TwoFactorEnd, request.json())


def enrolment_content(enrolment: Enrolment) -> dict[str, object]:
    """The secret three times: to type, to open on a phone, and to scan."""
    secret = base64.b32encode(enrolment.secret.reveal()).decode("ascii")
    url = _otpauth_url(enrolment.user.email.reveal(), secret)
    picture = segno.make(url, micro=False, error="m").png_data_uri(scale=5)
    return {"secret": secret, "otpauth_url": url, "qr_code": picture}


def enabled_content(codes: tuple[FactorCode, ...]) -> dict[str, object]:
    """The backup codes, in two halves so that people can copy them."""
    shown = [code.reveal() for code in codes]
    return {
        "is_2fa_enabled": True,
        "backup_codes": [f"{code[: len(code) // 2]}-{code[len(code) // 2 :]}" for code in shown],
    }


def _otpauth_url(email: str, secret: str) -> str:
    # The form that authenticator apps read (Key URI Format); RFC 6238 itself has none.
    parameters = {
        "secret": secret,
        "issuer": ISSUER,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": STEP_SECONDS,
    }
    return f"otpauth://totp/{quote(f'{ISSUER}:{email}', safe=':@')}?{urlencode(parameters)}"
