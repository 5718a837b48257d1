"""``vantrexia clients``: programs are registered, shown, changed and revoked at the console."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients import a_jwks, a_key
from tests.programs import run

pytestmark = pytest.mark.usefixtures("founded")

NAME = "Billing warehouse"


@pytest.fixture
def keys(tmp_path: Path) -> str:
    """A file of public keys."""
    file = tmp_path / "keys.json"
    file.write_text(a_jwks(a_key()))
    return str(file)


def _listed(folder: Path) -> list[dict[str, Any]]:
    return json.loads(run(folder, "clients", "list", "--json").out)


def _register(folder: Path, keys: str, *more: str) -> dict[str, Any]:
    done = run(
        folder, "clients", "register", NAME, "--jwks", keys, "--scope", "system/Patient.rs", "--json", *more
    )
    assert done.status == 0, done.err
    return json.loads(done.out)[0]


def test_a_registered_client_is_listed_and_shown(tmp_path: Path, keys: str) -> None:
    """With what its operators have to know."""
    registered = _register(tmp_path, keys, "--scope", "system/Patient.c system/AuditEvent.read")
    assert registered["token_url"] == "http://127.0.0.1:8000/api/v1/auth/token/"
    assert registered["scopes"] == "system/AuditEvent.rs system/Patient.crs"
    assert _listed(tmp_path) == [{name: registered[name] for name in registered if name != "token_url"}]
    shown = json.loads(run(tmp_path, "clients", "show", NAME, "--json").out)[0]
    assert (shown["number"], shown["status"]) == (10**15 + 1, "active")
    assert json.loads(shown["jwks"])["keys"][0]["kid"] == "one"
    lines = run(tmp_path, "clients", "show", registered["client_id"]).out.splitlines()
    assert f"name        {NAME}" in lines


def test_what_is_printed_for_people_is_what_operators_need(tmp_path: Path, keys: str) -> None:
    """The client id and the token URL, and no secret."""
    done = run(tmp_path, "clients", "register", NAME, "--jwks", keys, "--scope", "system/*.rs")
    assert _listed(tmp_path)[0]["client_id"] in done.out
    assert "http://127.0.0.1:8000/api/v1/auth/token/" in done.out


def test_keys_and_scopes_are_changed_and_a_client_is_revoked(tmp_path: Path, keys: str) -> None:
    """By name or by id; a revoked one is not changed any more."""
    client_id = _register(tmp_path, keys)["client_id"]
    url = "https://registry.example/jwks.json"
    assert run(tmp_path, "clients", "rotate-keys", NAME, "--jwks-url", url).status == 0
    assert run(tmp_path, "clients", "set-scopes", client_id, "--scope", "system/Patient.r").status == 0
    assert run(tmp_path, "clients", "revoke", NAME).status == 0
    shown = json.loads(run(tmp_path, "clients", "show", NAME, "--json").out)[0]
    assert (shown["jwks"], shown["jwks_url"], shown["scopes"]) == (None, url, "system/Patient.r")
    assert shown["status"] == "revoked"
    again = run(tmp_path, "clients", "revoke", NAME)
    assert again.status == 1
    assert "revoked" in again.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("register", NAME, "--scope", "system/Patient.rs"), "either --jwks FILE or --jwks-url URL"),
        (
            ("register", NAME, "--jwks-url", "http://registry.example/", "--scope", "system/Patient.rs"),
            "by https alone",
        ),
        (
            ("register", NAME, "--jwks-url", "https://registry.example/", "--scope", "user/Patient.rs"),
            "--scope",
        ),
        (("register", " ", "--jwks-url", "https://registry.example/", "--scope", "system/*.rs"), "NAME"),
        (("register", NAME, "--jwks-url", "https://registry.example/"), "--scope"),
        (("revoke", "Nobody"), "clients list"),
        (("show", "Nobody"), "clients list"),
    ],
)
def test_a_slip_is_told_and_nothing_is_stored(
    tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    """In one line that says what to do."""
    refused = run(tmp_path, "clients", *arguments)
    assert refused.status != 0
    assert complaint in refused.err
    assert "Traceback" not in refused.err
    assert _listed(tmp_path) == []


@pytest.mark.parametrize(
    ("jwks", "complaint"),
    [
        (a_jwks(a_key("1024")), "2048"),
        (a_jwks(a_key("p256")), "P-384"),
        (a_jwks(a_key().jwk | {"d": "AAAA"}), "private key"),
        ("-----BEGIN PUBLIC KEY-----", "not valid JSON"),
        ("{}", "RFC 7517"),
    ],
)
def test_a_file_without_good_keys_is_refused_with_the_reason(
    tmp_path: Path, jwks: str, complaint: str
) -> None:
    """Too small, on another curve, private, no JWK Set."""
    (tmp_path / "bad.json").write_text(jwks)
    file = str(tmp_path / "bad.json")
    refused = run(tmp_path, "clients", "register", NAME, "--jwks", file, "--scope", "system/Patient.rs")
    assert refused.status == 1
    assert complaint in refused.err
    assert _listed(tmp_path) == []


def test_keys_are_looked_for_as_a_sign_in_does(tmp_path: Path, keys: str) -> None:
    """Each with its name and algorithm; where they cannot be had, the reason in a line."""
    _register(tmp_path, keys)
    assert run(tmp_path, "clients", "check", NAME).out == "one (ES384)\n"
    run(tmp_path, "clients", "rotate-keys", NAME, "--jwks-url", "https://127.0.0.1:9/jwks.json")
    refused = run(tmp_path, "clients", "check", NAME)
    assert refused.status == 1
    assert "an address that this service does not call" in refused.err


def test_a_name_is_taken_once(tmp_path: Path, keys: str) -> None:
    """Also by a revoked client: the trail would not tell them apart to a reader."""
    _register(tmp_path, keys)
    run(tmp_path, "clients", "revoke", NAME)
    refused = run(tmp_path, "clients", "register", NAME, "--jwks", keys, "--scope", "system/Patient.rs")
    assert refused.status == 1
    assert "Choose another" in refused.err
