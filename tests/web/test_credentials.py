"""Passwords and second factors over HTTP."""

import base64
import io
import json
import re
import zlib
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.web.refusals import assert_problem
from tests.web.service import LOGIN, PASSWORD, Service
from vantrexia_core.identity import Letter, Round, answer_resets
from vantrexia_core.identity.totp import STEP_SECONDS, code_of, step_at
from vantrexia_core.kernel import Phi, Role

CHANGE, RESET = "/api/v1/auth/password/change/", "/api/v1/auth/password/reset/"
CONFIRM = f"{RESET}confirm/"
SETUP, VERIFY, DISABLE = (f"/api/v1/auth/2fa/{word}/" for word in ("setup", "verify", "disable"))
NEW = "seven lanterns on the pier"
NEUTRAL = {"detail": "If an account has this address, a letter with further steps is on its way."}


class Tray:
    """A mailer that keeps what it is given."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        """Keep it."""
        self.letters.append(letter)


def _log_in(service: Service, password: str = PASSWORD, **more: str):
    body = {"email": service.user(Role.NURSE).email.reveal(), "password": password} | more
    return service.send("POST", LOGIN, body, role=None)


def _letter(service: Service) -> dict[str, str]:
    """Ask for a letter and read it."""
    tray, email = Tray(), service.user(Role.NURSE).email.reveal()
    assert service.send("POST", RESET, {"email": email}, role=None).status_code == 200
    assert answer_resets(service.desk, tray) == Round(sent=1)
    found = re.search(r"uid: (\d+)\ntoken: (\w+)\n", tray.letters[0].text.reveal())
    assert found is not None
    return {"uid": found[1], "token": found[2]}


def _code(service: Service, secret: str) -> str:
    step = step_at(service.clock.now())
    return code_of(Phi(base64.b32decode(secret)), step).reveal()


def _enrolled(service: Service) -> tuple[str, list[str]]:
    """The nurse's second factor: its secret and the backup codes."""
    secret = service.send("POST", SETUP, {"password": PASSWORD}, Role.NURSE).json()["secret"]
    answer = service.send("POST", VERIFY, {"totp_code": _code(service, secret)}, Role.NURSE)
    assert answer.status_code == 200
    service.clock.advance(timedelta(seconds=STEP_SECONDS))
    return secret, answer.json()["backup_codes"]


def test_a_password_is_changed(service: Service) -> None:
    """204 without a body; the other sessions end, this one goes on."""
    mine, other = service.headers(Role.NURSE), service.headers(Role.NURSE)
    body = json.dumps({"current_password": PASSWORD, "new_password": NEW}).encode()
    answer = service.send("POST", CHANGE, body, role=None, **mine)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(service.send("POST", CHANGE, body, role=None, **other), 401, "token_not_valid")
    assert_problem(_log_in(service), 401, "authentication_failed")
    assert _log_in(service, NEW).status_code == 200


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"current_password", "new_password"}),
        ({"current_password": PASSWORD}, {"new_password"}),
        ({"current_password": "", "new_password": NEW}, {"current_password"}),
        ({"current_password": "wrong", "new_password": NEW}, {"current_password"}),
        ({"current_password": PASSWORD, "new_password": "short"}, {"new_password"}),
        ({"current_password": PASSWORD, "new_password": PASSWORD}, {"new_password"}),
        ({"current_password": PASSWORD, "new_password": "SarahJohnson2026"}, {"new_password"}),
        ({"current_password": PASSWORD, "new_password": "Password2026!"}, {"new_password"}),
        ({"current_password": PASSWORD, "new_password": NEW, "is_admin": True}, {"is_admin"}),
        ({"current_password": 1, "new_password": None}, {"current_password", "new_password"}),
    ],
)
def test_a_change_that_may_not_be_is_a_400_on_its_field(service: Service, body: object, fields: set) -> None:
    """And the old password stays."""
    answer = service.send("POST", CHANGE, body, Role.NURSE)
    assert_problem(answer, 400, "validation_error", *fields)
    assert _log_in(service).status_code == 200


def test_asking_for_a_reset_tells_nothing(service: Service) -> None:
    """The same status, body and headers for a known, an unknown and a closed address."""
    answers = []
    for email in (service.user(Role.NURSE).email.reveal(), "nobody@example.org", "NOBODY@example.org"):
        answer = service.send("POST", RESET, {"email": email}, role=None)
        shown = {name for name in answer.headers if name != "x-request-id"}
        answers.append((answer.status_code, answer.json(), shown, answer.headers["content-length"]))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][:2] == (200, NEUTRAL)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "no"}, "email"),
        ({"email": None}, "email"),
        ({"email": "a@b.org", "x": 1}, "x"),
    ],
)
def test_what_is_no_address_is_a_400(service: Service, body: object, field: str) -> None:
    """That tells nothing either: it is looked at before anything else."""
    assert_problem(service.send("POST", RESET, body, role=None), 400, "validation_error", field)


def test_a_letter_sets_a_password_once(service: Service) -> None:
    """204; the lock is lifted, sessions end, and the letter is worth nothing afterwards."""
    headers = service.headers(Role.NURSE)
    for _ in range(5):
        _log_in(service, "wrong")
    locked = _log_in(service)
    assert (locked.status_code, locked.json()["code"]) == (423, "account_locked")
    letter = _letter(service)
    answer = service.send("POST", CONFIRM, letter | {"new_password": NEW}, role=None)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(
        service.send("POST", SETUP, {"password": NEW}, role=None, **headers), 401, "token_not_valid"
    )
    assert _log_in(service, NEW).status_code == 200
    again = service.send("POST", CONFIRM, letter | {"new_password": "a third and other phrase"}, role=None)
    assert_problem(again, 400, "validation_error", "token")


def test_an_expired_or_altered_letter_is_a_400_on_the_token(service: Service) -> None:
    """Whichever of the two was changed."""
    letter = _letter(service)
    body = letter | {"new_password": NEW}
    for wrong in ({"token": letter["token"][::-1]}, {"uid": "999"}, {"token": letter["token"] + "0"}):
        assert_problem(
            service.send("POST", CONFIRM, body | wrong, role=None), 400, "validation_error", "token"
        )
    service.clock.advance(timedelta(hours=1))
    assert_problem(service.send("POST", CONFIRM, body, role=None), 400, "validation_error", "token")
    assert _log_in(service).status_code == 200


def test_a_second_factor_is_set_up_by_secret_link_and_picture(service: Service) -> None:
    """All three say the same, to Google Authenticator and its like."""
    answer = service.send("POST", SETUP, {"password": PASSWORD}, Role.NURSE)
    assert answer.status_code == 200
    content = answer.json()
    assert list(content) == ["secret", "otpauth_url", "qr_code"]
    assert len(base64.b32decode(content["secret"])) == 20
    url = urlsplit(content["otpauth_url"])
    assert (url.scheme, url.netloc) == ("otpauth", "totp")
    assert unquote(url.path) == f"/Vantrexia:{service.user(Role.NURSE).email.reveal()}"
    assert {name: value for name, (value,) in parse_qs(url.query).items()} == {
        "secret": content["secret"],
        "issuer": "Vantrexia",
        "algorithm": "SHA1",
        "digits": "6",
        "period": "30",
    }
    kind, _, data = content["qr_code"].partition(",")
    picture = base64.b64decode(data)
    assert kind == "data:image/png;base64"
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert zlib.crc32(picture[12:29]) == int.from_bytes(picture[29:33], "big")


def test_a_second_factor_is_turned_on_asked_for_and_turned_off(service: Service) -> None:
    """The whole way, as a client goes it."""
    secret, codes = _enrolled(service)
    assert len(set(codes)) == 10
    assert all(re.fullmatch("[0-9a-z]{5}-[0-9a-z]{5}", code) for code in codes)
    assert_problem(_log_in(service), 401, "totp_required")
    assert_problem(_log_in(service, totp_code="00000a"), 400, "validation_error", "totp_code")
    good = _code(service, secret)
    assert_problem(_log_in(service, totp_code=f"{(int(good) + 1) % 10**6:06}"), 401, "totp_invalid")
    answer = _log_in(service, totp_code=good)
    assert answer.status_code == 200
    assert answer.json()["user"]["is_2fa_enabled"] is True
    assert_problem(_log_in(service, totp_code=good), 401, "totp_invalid")
    assert _log_in(service, totp_code=codes[0].upper()).status_code == 200
    assert_problem(_log_in(service, totp_code=codes[0]), 401, "totp_invalid")
    assert_problem(service.send("POST", SETUP, {"password": PASSWORD}, Role.NURSE), 409, "already_enabled")
    off = {"password": PASSWORD, "totp_code": codes[1]}
    assert_problem(
        service.send("POST", DISABLE, off | {"password": "wrong"}, Role.NURSE),
        400,
        "validation_error",
        "password",
    )
    assert_problem(
        service.send("POST", DISABLE, off | {"totp_code": codes[0]}, Role.NURSE), 401, "totp_invalid"
    )
    answer = service.send("POST", DISABLE, off, Role.NURSE)
    assert (answer.status_code, answer.json()) == (200, {"is_2fa_enabled": False})
    assert _log_in(service).status_code == 200
    assert_problem(service.send("POST", DISABLE, off, Role.NURSE), 409, "not_enabled")


def test_a_code_that_confirms_nothing_is_a_400(service: Service) -> None:
    """Before a set-up, and a wrong one after it."""
    for _ in range(2):
        answer = service.send("POST", VERIFY, {"totp_code": "000000"}, Role.NURSE)
        assert_problem(answer, 400, "totp_invalid", "totp_code")
        service.send("POST", SETUP, {"password": PASSWORD}, Role.NURSE)
    assert _log_in(service).json()["user"]["is_2fa_enabled"] is False


@pytest.mark.parametrize("path", [CHANGE, SETUP, VERIFY, DISABLE])
def test_nobody_changes_credentials_without_a_token(service: Service, path: str) -> None:
    """What was sent is not even looked at."""
    assert_problem(service.send("POST", path, b"{", role=None), 401, "not_authenticated")


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_its_own_credentials(service: Service, role: Role) -> None:
    """The contract's table: everybody."""
    assert service.send("POST", SETUP, {"password": PASSWORD}, role).status_code == 200
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert service.send("POST", CHANGE, body, role).status_code == 204


def test_no_secret_shows_where_it_is_not_meant_to(service: Service, log_to) -> None:
    """Passwords, codes, tokens and secrets through every flow: no log, no error, no line of the trail."""
    stream: io.StringIO = log_to("debug")
    secret, codes = _enrolled(service)
    letter = _letter(service)
    answers = [
        _log_in(service, totp_code=codes[0]),
        _log_in(service, totp_code=codes[0]),
        _log_in(service, "zz-wrong-mark", totp_code=codes[1]),
        service.send("POST", CHANGE, {"current_password": "zz-wrong-mark", "new_password": NEW}, Role.NURSE),
        service.send("POST", CHANGE, {"current_password": [NEW], "new_password": {NEW: NEW}}, Role.NURSE),
        service.send("POST", CHANGE, f'{{"{NEW}": {NEW}}}'.encode(), Role.NURSE),
        service.send("POST", DISABLE, {"password": PASSWORD, "totp_code": f"{codes[2]}x"}, Role.NURSE),
        service.send("POST", CONFIRM, letter | {"new_password": "SarahJohnson2026"}, role=None),
        service.send("POST", CONFIRM, letter | {"uid": letter["token"], "new_password": NEW}, role=None),
        service.send("POST", CONFIRM, letter | {"new_password": NEW}, role=None),
        service.send("POST", CONFIRM, letter | {"new_password": NEW}, role=None),
    ]
    assert {answer.status_code for answer in answers} >= {200, 204, 400, 401}
    shown = stream.getvalue() + repr(service.desk.entries)
    shown += "".join(answer.text + str(answer.headers) for answer in answers if answer.status_code >= 400)
    private = [PASSWORD, NEW, "zz-wrong-mark", "SarahJohnson2026", secret, letter["token"], *codes]
    private += [code.replace("-", "") for code in codes]
    assert [one for one in private if one in shown] == []
