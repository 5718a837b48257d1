"""``vantrexia users``: accounts are opened, shown, changed and closed at the console."""

import json
from pathlib import Path

from tests.programs import run
from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import Settings
from vantrexia_core.identity import TokenNotValidError, TokenPair, check_token, sign_in
from vantrexia_core.kernel import Email, Origin, Phi

PASSWORD = "a long pass phrase\n"
ANN = ("--email", "ann@practice.example", "--first-name", "Ann", "--last-name", "Lee")
BEN = ("--email", "ben@practice.example", "--first-name", "Ben", "--last-name", "Roy")


def _create(folder: Path, who: tuple[str, ...], role: str) -> int:
    return run(folder, "users", "create", *who, "--role", role, "--password-stdin", stdin=PASSWORD).status


def test_a_created_account_is_listed(tmp_path: Path) -> None:
    """What was created shows up in the list, as JSON for machines."""
    assert _create(tmp_path, ANN, "admin") == 0
    listed = run(tmp_path, "users", "list", "--json")
    assert json.loads(listed.out) == [
        {
            "id": 1,
            "email": "ann@practice.example",
            "first_name": "Ann",
            "last_name": "Lee",
            "role": "admin",
            "is_active": True,
        }
    ]


def test_the_list_for_people_has_a_line_for_each(tmp_path: Path) -> None:
    """Without --json the list is a table with a title line."""
    _create(tmp_path, ANN, "nurse")
    lines = run(tmp_path, "users", "list").out.splitlines()
    assert lines[0].split() == ["id", "email", "first_name", "last_name", "role", "is_active"]
    assert lines[1].split() == ["1", "ann@practice.example", "Ann", "Lee", "nurse", "yes"]


def test_a_role_is_changed_by_address(tmp_path: Path) -> None:
    """An account can be named by its address, whatever its case."""
    _create(tmp_path, ANN, "nurse")
    assert run(tmp_path, "users", "set-role", "ANN@practice.example", "provider").status == 0
    assert json.loads(run(tmp_path, "users", "list", "--json").out)[0]["role"] == "provider"


def test_an_account_is_closed_and_opened_again(tmp_path: Path) -> None:
    """Deactivate closes, activate opens."""
    _create(tmp_path, ANN, "nurse")
    assert run(tmp_path, "users", "deactivate", "1").status == 0
    assert json.loads(run(tmp_path, "users", "list", "--json").out)[0]["is_active"] is False
    assert run(tmp_path, "users", "activate", "1").status == 0
    assert json.loads(run(tmp_path, "users", "list", "--json").out)[0]["is_active"] is True


def test_the_last_administrator_stays(tmp_path: Path) -> None:
    """A practice is not left without an administrator; the refusal says what to do."""
    _create(tmp_path, ANN, "admin")
    refused = run(tmp_path, "users", "deactivate", "1")
    assert refused.status == 1
    assert refused.err == (
        "Error: This is the practice's last active administrator. Appoint another one first.\n"
    )


def test_an_address_is_used_once(tmp_path: Path) -> None:
    """A second account with the same address is refused with one line."""
    _create(tmp_path, ANN, "admin")
    again = run(tmp_path, "users", "create", *ANN, "--role", "nurse", "--password-stdin", stdin=PASSWORD)
    assert (again.status, again.err) == (
        1,
        "Error: email: Another account already uses this email address.\n",
    )


def test_a_short_password_is_refused_without_repeating_it(tmp_path: Path) -> None:
    """The complaint names the rule, never the password."""
    refused = run(tmp_path, "users", "create", *BEN, "--role", "nurse", "--password-stdin", stdin="hunter2\n")
    assert (refused.status, refused.err) == (1, "Error: password: Use 12 to 128 characters.\n")


def test_a_password_is_no_argument(tmp_path: Path) -> None:
    """There is no option that would leave a password in the shell's history."""
    refused = run(tmp_path, "users", "create", *BEN, "--role", "nurse", "--password", "x")
    assert refused.status == 2


def test_a_patient_account_needs_its_record(tmp_path: Path) -> None:
    """The role patient and a linked record go together."""
    refused = run(tmp_path, "users", "create", *BEN, "--role", "patient", "--password-stdin", stdin=PASSWORD)
    assert refused.status == 2
    assert "--patient-id goes with --role patient" in refused.err


def test_an_unknown_account_is_one_clear_line(tmp_path: Path) -> None:
    """Naming nobody ends with status 1 and the way to find out who there is."""
    _create(tmp_path, ANN, "admin")
    refused = run(tmp_path, "users", "set-role", "nobody@practice.example", "nurse")
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "vantrexia users list" in refused.err


def test_an_account_is_unlocked(tmp_path: Path) -> None:
    """By its id or its address; one that is not locked stays as it is."""
    _create(tmp_path, ANN, "admin")
    unlocked = run(tmp_path, "users", "unlock", "ann@practice.example")
    assert (unlocked.status, unlocked.out) == (0, "Account 1 can try again.\n")


def test_a_stolen_signing_key_and_every_session_end(tmp_path: Path) -> None:
    """What the old key signed is worth nothing; one account's sessions, then everybody's, are counted."""
    _create(tmp_path, ANN, "admin")
    _create(tmp_path, BEN, "nurse")
    with open_service(Settings(data_dir=tmp_path)) as service:

        def tokens(who: tuple[str, ...]) -> TokenPair:
            return sign_in(service.desk, Email(who[1]), Phi(PASSWORD.strip()), Origin()).tokens

        def is_good(token: Phi[str]) -> bool:
            try:
                check_token(service.desk, token, Origin())
            except TokenNotValidError:
                return False
            return True

        stolen = tokens(ANN)
        assert is_good(stolen.access)
        assert run(tmp_path, "keys", "rotate", "field", "--at-once").status == 2
        assert run(tmp_path, "keys", "rotate", "token", "--at-once").status == 0
        # Whoever signs looks at the ring: nobody has to wait for the second that others may take.
        ann, ben = tokens(ANN), tokens(BEN)
        assert [is_good(token) for token in (stolen.access, stolen.refresh, ann.access)] == [
            False,
            False,
            True,
        ]
        assert run(tmp_path, "users", "sign-out", ANN[1]).out == "Sessions ended: 2.\n"
        assert [is_good(pair.access) for pair in (ann, ben)] == [False, True]
        assert run(tmp_path, "users", "sign-out", "--all").out == "Sessions ended: 1.\n"
        assert not is_good(ben.refresh)
    for wrong in ((), ("1", "--all")):
        assert run(tmp_path, "users", "sign-out", *wrong).status == 2
