"""The promises of ``Passwords``, kept by Argon2id."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vantrexia_adapters.crypto import Argon2Cost, Argon2Passwords
from vantrexia_core.identity import NewPassword, Verdict
from vantrexia_core.kernel import Phi

PEPPER = bytes(range(32))
CHEAP = Argon2Cost(memory_kib=64, passes=1, lanes=1)
PASSWORD = NewPassword("correct horse battery")

# The reference implementation's own test (phc-winner-argon2, test.c, version 0x13): password "password".
REFERENCE = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$rIcGRQ3d31sVtToLFZ6zzWRbUQAtoaJMOWMiPmhTdj4"
"""Of HMAC-SHA-256(PEPPER, "password"), by the reference implementation's own library."""


@pytest.fixture(scope="module")
def passwords() -> Argon2Passwords:
    """Argon2id at a cost that tests can afford."""
    return Argon2Passwords(PEPPER, CHEAP)


@given(st.text(min_size=1, max_size=128))
def test_a_password_matches_its_hash_and_no_other(passwords: Argon2Passwords, text: str) -> None:
    """Any text is a password, and what is not a spelling of it does not match."""
    password_hash = passwords.hash(Phi(text))
    assert passwords.verify(password_hash, Phi(text)) == Verdict(matches=True, needs_rehash=False)
    assert passwords.verify(password_hash, Phi(text + " ")) == Verdict(matches=False)
    assert passwords.verify(password_hash, Phi(text[1:])) == Verdict(matches=False)


def test_the_same_password_is_hashed_differently_every_time(passwords: Argon2Passwords) -> None:
    """Two people with one password cannot be told apart from two with two."""
    assert len({passwords.hash(PASSWORD) for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("pa\u00dfword pass", "password pass"),
        ("trailing blank ", "trailing blank"),
        ("x" * 128, "x" * 127),
        ("nul\x00and more", "nul"),
        ("PASSWORD PASS", "password pass"),
    ],
    ids=["sharp s", "blank", "length", "nul", "case"],
)
def test_passwords_are_neither_folded_nor_trimmed_nor_cut(
    passwords: Argon2Passwords, stored: str, typed: str
) -> None:
    """What is not the same text is not the same password."""
    password_hash = passwords.hash(Phi(stored))
    assert passwords.verify(password_hash, Phi(stored)).matches
    assert not passwords.verify(password_hash, Phi(typed)).matches


def test_the_reference_implementations_hash_verifies(passwords: Argon2Passwords) -> None:
    """It is Argon2id version 1.3 over a digest under the pepper, as everybody else computes both."""
    assert passwords.verify(REFERENCE, Phi("password")).matches
    assert not passwords.verify(REFERENCE, Phi("passwore")).matches


def test_the_default_cost_is_owasps() -> None:
    """46 MiB, one pass, one lane, and the hash says so itself."""
    password_hash = Argon2Passwords(PEPPER).hash(PASSWORD)
    assert re.fullmatch(
        r"\$argon2id\$v=19\$m=47104,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", password_hash
    )


@pytest.mark.parametrize(
    "older",
    [Argon2Cost(32, 1, 1), Argon2Cost(64, 2, 1), Argon2Cost(64, 1, 2), Argon2Cost(128, 1, 1)],
    ids=["less memory", "more passes", "more lanes", "more memory"],
)
def test_a_hash_of_another_cost_matches_and_asks_to_be_made_anew(
    passwords: Argon2Passwords, older: Argon2Cost
) -> None:
    """The right password of an old account still opens it, and its hash grows with the next sign-in."""
    password_hash = Argon2Passwords(PEPPER, older).hash(PASSWORD)
    assert passwords.verify(password_hash, PASSWORD) == Verdict(matches=True, needs_rehash=True)
    assert passwords.verify(password_hash, Phi("wrong")) == Verdict(matches=False, needs_rehash=False)


def test_nobody_has_no_password(passwords: Argon2Passwords) -> None:
    """An unknown account matches nothing, not even emptiness."""
    for text in ("", "password", str(PASSWORD)):
        assert passwords.verify(None, Phi(text)) == Verdict(matches=False)


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "password",
        REFERENCE[:-1],
        REFERENCE + "A",
        REFERENCE.replace("argon2id", "argon2i"),
        REFERENCE.replace("v=19", "v=16"),
        REFERENCE.replace("m=256", "m=0"),
        REFERENCE.replace("m=256", "m=4294967295"),
        REFERENCE.replace("m=256", "m=99999999"),
        REFERENCE.replace("t=2", "t=999"),
        REFERENCE.replace("t=2", "t=0"),
        REFERENCE.replace("p=1", "p=200"),
        REFERENCE.replace("c29tZXNhbHQ", "c29t"),
        REFERENCE.replace("$m=", "$m= "),
        "\u00e9" + REFERENCE,
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
    ],
    ids=range(16),
)
def test_what_is_no_hash_of_ours_matches_nothing(passwords: Argon2Passwords, damaged: str) -> None:
    """A damaged or planted hash lets nobody in, and cannot make the service compute for ever."""
    assert passwords.verify(damaged, Phi("password")) == Verdict(matches=False)


def test_an_unpaired_surrogate_matches_nothing_and_shows_nothing(passwords: Argon2Passwords) -> None:
    """It has no UTF-8 form; an encoding error would carry the password."""
    assert passwords.verify(passwords.hash(PASSWORD), Phi("correct horse \ud800")) == Verdict(matches=False)


class _Counted(str):
    """A password that tells how many are being hashed at once."""

    __slots__ = ()
    lock, barrier = Lock(), Barrier(3, timeout=60)
    at_work = at_work_max = 0

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        cls = type(self)
        with cls.lock:
            cls.at_work += 1
            cls.at_work_max = max(cls.at_work_max, cls.at_work)
        # Nobody leaves before three have come: were there room for more, more would be here.
        cls.barrier.wait()
        with cls.lock:
            cls.at_work -= 1
        return super().encode(encoding, errors)


def test_at_most_three_hashes_are_computed_at_once(passwords: Argon2Passwords) -> None:
    """Parallel sign-ins wait their turn instead of taking all memory, known and unknown accounts alike."""
    known = passwords.hash(PASSWORD)
    with ThreadPoolExecutor(12) as threads:
        verdicts = list(
            threads.map(passwords.verify, [known, None, REFERENCE] * 4, [Phi[str](_Counted("x"))] * 12)
        )
    assert _Counted.at_work_max == 3
    assert verdicts == [Verdict(matches=False)] * 12
