"""The promises of ``Tokens``, kept by JSON Web Tokens: whatever differs from what we issue is refused."""

import base64
import hashlib
import hmac
import json
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_name, a_practice_id, a_session, an_email
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.crypto import DEPLOYMENT, KeyRing, Purpose, RingSigningKeys
from vantrexia_adapters.tokens import JwtTokens, TokenKeyTooShortError
from vantrexia_core.identity import TokenNotValidError, User
from vantrexia_core.kernel import Phi, Role, UserId

KEY, NEWER_KEY, FOREIGN_KEY = bytes(range(32)), bytes(range(1, 33)), bytes(range(2, 34))
HEADER: "dict[str, object]" = {"alg": "HS256", "kid": "1", "typ": "JWT"}
USER = User(UserId(7), a_practice_id(), an_email(), a_name(), Role.NURSE)
SESSION = a_session(USER.id)
SECOND = timedelta(seconds=1)

Json: TypeAlias = "dict[str, object]"


@attrs.define
class Keys:
    """Signing keys in memory; ``elsewhere`` are those that another process has added to the store."""

    known: dict[int, bytes]
    elsewhere: dict[int, bytes] = attrs.Factory(dict)
    generation: int = 1
    replaced: dict[int, datetime] = attrs.Factory(dict)

    def active(self) -> int:
        """The newest."""
        return max(self.known)

    def all(self) -> Mapping[int, bytes]:
        """Every version."""
        return dict(self.known)

    def superseded(self) -> Mapping[int, datetime]:
        """When each was followed by the next."""
        return self.replaced

    def refresh(self) -> None:
        """Read the store again."""
        if self.elsewhere:
            self.known |= self.elsewhere
            self.elsewhere = {}
            self.generation += 1


def tokens_with(keys: Keys, **limits: int) -> JwtTokens:
    """Tokens signed with some keys."""
    return JwtTokens(keys, ids=CountedIds(), issuer="https://vantrexia.example", **limits)


@pytest.fixture
def tokens() -> JwtTokens:
    """Tokens signed with one key."""
    return tokens_with(Keys({1: KEY}))


def segment(value: object) -> str:
    """JSON, encoded as a part of a token."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def signed(header: str, payload: str, key: bytes = KEY, algorithm: str = "sha256") -> str:
    """A token of any two parts, with a right signature under a key."""
    signature = hmac.new(key, f"{header}.{payload}".encode(), algorithm).digest()
    return f"{header}.{payload}." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def payload_of(token: str) -> Json:
    """The claims of a token, unverified."""
    part = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert isinstance(claims, dict)
    return claims


def an_access_token(at: datetime = NOW) -> str:
    """What a sign-in hands out."""
    return tokens_with(Keys({1: KEY})).issue(USER, SESSION, at=at).access.reveal()


CLAIMS = payload_of(an_access_token())


def forged(**changes: object) -> str:
    """A rightly signed access token with other claims; None takes a claim away."""
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return signed(segment(HEADER), segment(claims))


# --- issuing ----------------------------------------------------------------------------------------------


def test_an_access_token_tells_whose_it_is(tokens: JwtTokens) -> None:
    """Issued and read by the same deployment."""
    assert tokens.read_access(tokens.issue(USER, SESSION, at=NOW).access, at=NOW).user_id == USER.id


def test_the_claims_are_the_documented_ones(tokens: JwtTokens) -> None:
    """Access for 15 minutes, refresh for a day, distinct ids and audiences; PyJWT reads them too."""
    pair = tokens.issue(USER, SESSION, at=NOW)
    now = int(NOW.timestamp())
    common = {
        "user_id": 7,
        "sub": "7",
        "iat": now,
        "auth_time": now,
        "sid": str(SESSION.id),
        "iss": "https://vantrexia.example",
        "role": "nurse",
        "practice_id": str(USER.practice_id),
    }
    seen = {}
    for token, kind, ttl_seconds in ((pair.access, "access", 900), (pair.refresh, "refresh", 86_400)):
        claims = jwt.decode(
            token.reveal(),
            KEY,
            algorithms=["HS256"],
            audience=f"https://vantrexia.example/{kind}",
            options={"verify_exp": False, "verify_iat": False},
        )
        seen[kind] = claims.pop("jti")
        assert claims == common | {
            "token_type": kind,
            "exp": now + ttl_seconds,
            "aud": f"https://vantrexia.example/{kind}",
        }
        assert jwt.get_unverified_header(token.reveal()) == HEADER
    assert seen["access"] != seen["refresh"]


def test_lifetimes_can_be_set() -> None:
    """The deployment decides how long a token lives."""
    pair = tokens_with(Keys({1: KEY}), access_ttl_seconds=60, refresh_ttl_seconds=120).issue(
        USER, SESSION, at=NOW
    )
    lives = [
        int(str(c["exp"])) - int(str(c["iat"]))
        for c in map(payload_of, (pair.access.reveal(), pair.refresh.reveal()))
    ]
    assert lives == [60, 120]


def test_tokens_do_not_print_themselves(tokens: JwtTokens) -> None:
    """A pair, and the object that made it, show neither token nor key."""
    pair = tokens.issue(USER, SESSION, at=NOW)
    shown = f"{pair!r} {pair.access} {tokens!r}"
    assert pair.access.reveal().split(".")[2] not in shown
    assert repr(KEY) not in shown


@pytest.mark.parametrize("length", [0, 5, 31])
def test_a_short_key_is_refused(length: int) -> None:
    """A key shorter than the digest could be found by trying (RFC 7518, section 3.2)."""
    with pytest.raises(TokenKeyTooShortError):
        tokens_with(Keys({1: KEY, 2: bytes(length)}))


# --- time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_known", [False, True], ids=["first seen", "seen before"])
@pytest.mark.parametrize(
    ("after_issue", "is_valid"),
    [
        (timedelta(0), True),
        (timedelta(seconds=899), True),
        (timedelta(seconds=899, microseconds=999_999), True),
        (timedelta(seconds=900), False),
        (timedelta(seconds=901), False),
        (timedelta(days=3650), False),
        (-SECOND, False),
        (-timedelta(days=1), False),
    ],
    ids=str,
)
def test_a_token_is_valid_from_its_issue_until_its_expiry(
    tokens: JwtTokens, after_issue: timedelta, *, is_valid: bool, is_known: bool
) -> None:
    """To the second, by the time that is given and not by the machine's clock, remembered or not."""
    access = tokens.issue(USER, SESSION, at=NOW).access
    if is_known:
        tokens.read_access(access, at=NOW)
    if is_valid:
        assert tokens.read_access(access, at=NOW + after_issue).user_id == USER.id
    else:
        with pytest.raises(TokenNotValidError):
            tokens.read_access(access, at=NOW + after_issue)


# --- forgeries --------------------------------------------------------------------------------------------


def test_a_token_made_by_this_tests_own_hands_is_valid(tokens: JwtTokens) -> None:
    """Otherwise the refusals below would mean nothing."""
    assert tokens.read_access(Phi(forged()), at=NOW).user_id == USER.id
    assert tokens.read_access(Phi(forged(family="later releases may add claims")), at=NOW).user_id == USER.id


HEADERS: dict[str, Json] = {
    "no algorithm": {"kid": "1", "typ": "JWT"},
    "algorithm none": HEADER | {"alg": "none"},
    "algorithm None": HEADER | {"alg": "None"},
    "algorithm null": HEADER | {"alg": None},
    "algorithm in lower case": HEADER | {"alg": "hs256"},
    "another family": HEADER | {"alg": "RS256"},
    "no key id": {"alg": "HS256", "typ": "JWT"},
    "another key id": HEADER | {"kid": "2"},
    "a key id that is a number": HEADER | {"kid": 1},
    "a key id with a path": HEADER | {"kid": "../../etc/passwd"},
    "a key id with SQL": HEADER | {"kid": "1' OR '1'='1"},
    "no type": {"alg": "HS256", "kid": "1"},
    "another type": HEADER | {"typ": "at+jwt"},
    "critical extension": HEADER | {"crit": ["exp"]},
    "unknown critical extension": HEADER | {"crit": ["x"], "x": 1},
    "empty critical list": HEADER | {"crit": []},
    "unencoded payload": HEADER | {"b64": False, "crit": ["b64"]},
    "a key of its own": HEADER | {"jwk": {"kty": "oct", "k": segment("x")}},
    "a key from elsewhere": HEADER | {"jku": "https://attacker.example/keys"},
    "a certificate from elsewhere": HEADER | {"x5u": "https://attacker.example/cert"},
    "encryption": HEADER | {"enc": "A256GCM"},
    "a nested token": HEADER | {"cty": "JWT"},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_another_header_is_refused(tokens: JwtTokens, header: Json) -> None:
    """Even rightly signed: an attacker chooses nothing about how a token is verified (RFC 8725, 3.1)."""
    with pytest.raises(TokenNotValidError):
        tokens.read_access(Phi(signed(segment(header), segment(CLAIMS))), at=NOW)


def test_another_spelling_of_the_header_is_refused(tokens: JwtTokens) -> None:
    """Blanks, another order, a member twice: same meaning, another token."""
    for text in (
        json.dumps(HEADER, sort_keys=True),
        '{"typ":"JWT","kid":"1","alg":"HS256"}',
        '{"alg":"none","alg":"HS256","kid":"1","typ":"JWT"}',
        "",
        "null",
        "[]",
    ):
        header = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
        with pytest.raises(TokenNotValidError):
            tokens.read_access(Phi(signed(header, segment(CLAIMS))), at=NOW)


def test_a_token_without_signature_is_refused(tokens: JwtTokens) -> None:
    """With or without the header that asks for it."""
    for header in (HEADER, HEADER | {"alg": "none"}):
        for end in ("", ".", ".e30"):
            with pytest.raises(TokenNotValidError):
                tokens.read_access(Phi(f"{segment(header)}.{segment(CLAIMS)}{end}"), at=NOW)


@pytest.mark.parametrize("algorithm", ["sha1", "sha384", "sha512"])
def test_another_digest_is_refused(tokens: JwtTokens, algorithm: str) -> None:
    """HS512 under the right key is not HS256, whatever the header says."""
    for alg in ("HS256", "HS384", "HS512"):
        header = segment(HEADER | {"alg": alg})
        with pytest.raises(TokenNotValidError):
            tokens.read_access(Phi(signed(header, segment(CLAIMS), KEY, algorithm)), at=NOW)


def test_a_foreign_signature_is_refused(tokens: JwtTokens) -> None:
    """Another deployment's key, and somebody's RSA key."""
    private_key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    for token in (
        signed(segment(HEADER), segment(CLAIMS), FOREIGN_KEY),
        signed(segment(HEADER), segment(CLAIMS), b""),
        jwt.encode(dict(CLAIMS), private_key, "RS256", headers={"kid": "1"}),
    ):
        with pytest.raises(TokenNotValidError):
            tokens.read_access(Phi(token), at=NOW)


def test_the_claims_of_one_token_do_not_fit_anothers_signature(tokens: JwtTokens) -> None:
    """Nobody becomes somebody else by swapping the middle part."""
    mine, theirs = (
        tokens.issue(attrs.evolve(USER, id=UserId(n)), SESSION, at=NOW).access.reveal() for n in (7, 1)
    )
    head, _, signature = mine.split(".")
    with pytest.raises(TokenNotValidError):
        tokens.read_access(Phi(f"{head}.{theirs.split('.')[1]}.{signature}"), at=NOW)


@pytest.mark.parametrize("claim", sorted(CLAIMS))
def test_a_token_that_lacks_a_claim_is_refused(tokens: JwtTokens, claim: str) -> None:
    """Every claim that we write is required."""
    with pytest.raises(TokenNotValidError):
        tokens.read_access(Phi(forged(**{claim: None})), at=NOW)


@pytest.mark.parametrize("claim", sorted(CLAIMS))
def test_a_claim_that_is_null_is_refused(tokens: JwtTokens, claim: str) -> None:
    """Null is not a value."""
    with pytest.raises(TokenNotValidError):
        tokens.read_access(Phi(signed(segment(HEADER), segment(CLAIMS | {claim: None}))), at=NOW)


ISSUED = int(NOW.timestamp())

WRONG_CLAIMS: dict[str, Json] = {
    "a refresh token's type": {"token_type": "refresh"},
    "an unknown type": {"token_type": "id"},
    "a refresh token's audience": {"aud": "https://vantrexia.example/refresh"},
    "another deployment's audience": {"aud": "https://other.example/access"},
    "a list of audiences": {"aud": ["https://vantrexia.example/access"]},
    "both audiences": {"aud": ["https://vantrexia.example/access", "https://vantrexia.example/refresh"]},
    "the beginning of the audience": {"aud": "https://vantrexia.example"},
    "another issuer": {"iss": "https://other.example"},
    "a list of issuers": {"iss": ["https://vantrexia.example"]},
    "another subject": {"sub": "8"},
    "a subject that is a number": {"sub": 7},
    "another user": {"user_id": 8},
    "a user that is text": {"user_id": "7"},
    "a user that is true": {"user_id": True, "sub": "True"},
    "a user with a fraction": {"user_id": 7.0, "sub": "7.0"},
    "an id that is no UUID": {"jti": "1"},
    "an id that is a number": {"jti": 1},
    "an id in another spelling": {"jti": str(CLAIMS["jti"]).upper()},
    "issued in the future": {"iat": ISSUED + 1, "auth_time": ISSUED},
    "issued as text": {"iat": str(ISSUED)},
    "issued with a fraction": {"iat": ISSUED + 0.5},
    "expired a second ago": {"iat": ISSUED - 900, "exp": ISSUED - 1, "auth_time": ISSUED - 900},
    "expired now": {"iat": ISSUED - 900, "exp": ISSUED, "auth_time": ISSUED - 900},
    "expiry as text": {"exp": str(ISSUED + 900)},
    "expiry with a fraction": {"exp": ISSUED + 0.5},
    "expiry at infinity": {"exp": float("inf")},
    "expiry that is no number": {"exp": float("nan")},
    "expiry that is true": {"exp": True},
    "expired before it was issued": {"exp": ISSUED - 1},
    "signed in after it was issued": {"auth_time": ISSUED + 1},
    "signed in as text": {"auth_time": str(ISSUED)},
    "not before later": {"nbf": ISSUED + 60},
    "not before, though we write none": {"nbf": ISSUED},
}


@pytest.mark.parametrize("changes", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_a_wrong_claim_is_refused(tokens: JwtTokens, changes: Json) -> None:
    """Even rightly signed: what we would never write is not ours."""
    with pytest.raises(TokenNotValidError):
        tokens.read_access(Phi(forged(**changes)), at=NOW)


@pytest.mark.parametrize(
    "payload",
    ["", "null", "[]", '"text"', "1", "{", "\xff", "[" * 2_000],
    ids=["empty", "null", "list", "text", "number", "cut", "no UTF-8", "deep"],
)
def test_a_payload_that_is_no_object_is_refused(tokens: JwtTokens, payload: str) -> None:
    """Rightly signed nonsense is refused like any other."""
    body = base64.urlsafe_b64encode(payload.encode("latin-1")).rstrip(b"=").decode()
    with pytest.raises(TokenNotValidError):
        tokens.read_access(Phi(signed(segment(HEADER), body)), at=NOW)


def test_a_refresh_token_is_no_access_token(tokens: JwtTokens) -> None:
    """RFC 8725, section 3.12: one kind is never taken for the other."""
    with pytest.raises(TokenNotValidError):
        tokens.read_access(tokens.issue(USER, SESSION, at=NOW).refresh, at=NOW)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "padding": lambda token: token + "=",
    "two paddings": lambda token: token + "==",
    "padding inside": lambda token: token.replace(".", "=.", 1),
    "a dot more": lambda token: token + ".",
    "a part more": lambda token: token + ".e30",
    "a blank before": lambda token: " " + token,
    "a blank after": lambda token: token + " ",
    "a line end": lambda token: token + "\n",
    "a zero byte": lambda token: token + "\0",
    "the word Bearer": lambda token: "Bearer " + token,
    "unused bits": lambda token: token[:-1] + _next_letter(token[-1]),
    "the other alphabet": lambda token: (
        token.replace("-", "+").replace("_", "/") + ("" if {"-", "_"} & {*token} else "+")
    ),
    "wide letters": lambda token: token.replace("e", "\uff45"),
    "without the last letter": lambda token: token[:-1],
    "without the signature": lambda token: token.rpartition(".")[0],
    "without the header": lambda token: token.partition(".")[2],
    "nothing": lambda _: "",
    "only dots": lambda _: "..",
    "a surrogate": lambda token: token + "\ud800",
}


def _next_letter(letter: str) -> str:
    """A letter that differs in the two bits which a signature of 32 bytes does not use."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(letter) ^ 1]


@pytest.mark.parametrize("is_known", [False, True], ids=["first seen", "seen before"])
@pytest.mark.parametrize("respelled", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_another_spelling_is_refused(
    tokens: JwtTokens, respelled: Callable[[str], str], *, is_known: bool
) -> None:
    """One token, one text: a list of revoked tokens cannot be passed by writing one differently."""
    access = tokens.issue(USER, SESSION, at=NOW).access
    if is_known:
        tokens.read_access(access, at=NOW)
    with pytest.raises(TokenNotValidError):
        tokens.read_access(Phi(respelled(access.reveal())), at=NOW)


def test_every_truncation_is_refused(tokens: JwtTokens) -> None:
    """A token is whole or nothing."""
    token = an_access_token()
    for length in range(len(token)):
        with pytest.raises(TokenNotValidError):
            tokens.read_access(Phi(token[:length]), at=NOW)


def test_every_changed_letter_is_refused(tokens: JwtTokens) -> None:
    """No letter of a token is without meaning."""
    token = an_access_token()
    for index, letter in enumerate(token):
        changed = token[:index] + ("A" if letter != "A" else "B") + token[index + 1 :]
        with pytest.raises(TokenNotValidError):
            tokens.read_access(Phi(changed), at=NOW)


@given(st.text(max_size=200) | st.from_regex(r"[\w-]{1,20}\.[\w-]{1,20}\.[\w-]{43}", fullmatch=True))
def test_any_other_text_is_refused(text: str) -> None:
    """Whatever a client sends, there is a user or one kind of error."""
    with pytest.raises(TokenNotValidError):
        tokens_with(Keys({1: KEY})).read_access(Phi(text), at=NOW)


def test_a_token_that_is_too_long_is_refused(tokens: JwtTokens) -> None:
    """Nothing over 4 KiB is looked at, even rightly signed; just below, it is."""
    overhead = len(forged(note=""))
    assert (
        tokens.read_access(Phi(forged(note="x" * ((4096 - overhead) * 3 // 4 - 3))), at=NOW).user_id
        == USER.id
    )
    with pytest.raises(TokenNotValidError):
        tokens.read_access(Phi(forged(note="x" * 4096)), at=NOW)


def test_a_refusal_shows_nothing_of_the_token(tokens: JwtTokens) -> None:
    """No part of a token, and no library's message, is in the error or behind it."""
    for token in (forged(iss="https://attacker.example"), forged()[:-1] + "A", "not-a-token"):
        with pytest.raises(TokenNotValidError) as raised:
            tokens.read_access(Phi(token), at=NOW)
        shown = "".join(traceback.format_exception(raised.value))
        assert not any(part in shown for part in token.split("."))
        assert "jwt.exceptions" not in shown
        assert "attacker" not in shown.replace('iss="https://attacker.example"', "")


# --- keys and memory --------------------------------------------------------------------------------------


def test_after_a_rotation_the_newest_key_signs_and_the_old_one_still_verifies() -> None:
    """Nobody is signed out by a rotation."""
    keys = Keys({1: KEY})
    tokens = tokens_with(keys)
    old = tokens.issue(USER, SESSION, at=NOW).access
    keys.elsewhere = {2: NEWER_KEY}
    keys.refresh()
    new = tokens.issue(USER, SESSION, at=NOW).access
    assert jwt.get_unverified_header(new.reveal())["kid"] == "2"
    assert tokens.read_access(old, at=NOW).user_id == tokens.read_access(new, at=NOW).user_id == USER.id


def test_a_key_that_another_process_added_is_noticed() -> None:
    """Tokens of a process that has rotated already are valid here at once."""
    theirs = tokens_with(Keys({1: KEY, 2: NEWER_KEY})).issue(USER, SESSION, at=NOW).access
    tokens = tokens_with(Keys({1: KEY}, elsewhere={2: NEWER_KEY}))
    assert tokens.read_access(theirs, at=NOW).user_id == USER.id


def test_tokens_of_a_key_that_was_taken_away_are_refused_at_once() -> None:
    """Being remembered does not help them."""
    keys = Keys({1: KEY, 2: NEWER_KEY})
    tokens = tokens_with(keys)
    access = tokens.issue(USER, SESSION, at=NOW).access
    assert tokens.read_access(access, at=NOW).user_id == USER.id
    del keys.known[2]
    keys.generation += 1
    with pytest.raises(TokenNotValidError):
        tokens.read_access(access, at=NOW)


def test_a_key_is_bound_to_its_version() -> None:
    """A token signed with one key under the other one's number is forged."""
    tokens = tokens_with(Keys({1: KEY, 2: NEWER_KEY}))
    for kid, key, is_valid in (
        ("1", KEY, True),
        ("2", NEWER_KEY, True),
        ("2", KEY, False),
        ("1", NEWER_KEY, False),
    ):
        token = Phi(signed(segment(HEADER | {"kid": kid}), segment(CLAIMS), key))
        if is_valid:
            assert tokens.read_access(token, at=NOW).user_id == USER.id
        else:
            with pytest.raises(TokenNotValidError):
                tokens.read_access(token, at=NOW)


def test_memory_for_verified_tokens_is_bounded() -> None:
    """The oldest are forgotten, which costs time and nothing else."""
    tokens = tokens_with(Keys({1: KEY}), verified_max=10)
    users = [attrs.evolve(USER, id=UserId(number)) for number in range(1, 31)]
    issued = [tokens.issue(user, SESSION, at=NOW).access for user in users]
    for _ in range(2):
        for user, access in zip(users, issued, strict=True):
            assert tokens.read_access(access, at=NOW).user_id == user.id
    assert len(tokens._verified) == 10


def test_remembered_tokens_are_kept_by_digest_only(tokens: JwtTokens) -> None:
    """A dump of the memory's keys holds no token that could be used."""
    access = tokens.issue(USER, SESSION, at=NOW).access
    tokens.read_access(access, at=NOW)
    kept = tokens._verified
    assert list(kept) == [hashlib.sha256(access.reveal().encode()).digest()]
    assert access.reveal().split(".")[2] not in repr(kept)


def test_a_superseded_key_is_believed_as_long_as_its_last_token_lives() -> None:
    """A day after its successor began, what it signs is a forgery, even if it was verified before."""
    keys = Keys({1: KEY})
    before = tokens_with(keys)
    late = NOW + timedelta(hours=12)
    keys.known[2], keys.replaced[1], keys.generation = NEWER_KEY, NOW, 2
    stolen = tokens_with(Keys({1: KEY})).issue(USER, a_session(USER.id, at=late), at=late).refresh
    end = NOW + timedelta(days=1)
    for _ in range(2):
        assert before.read_refresh(stolen, at=end - SECOND).user_id == USER.id
    with pytest.raises(TokenNotValidError):
        before.read_refresh(stolen, at=end)
    access = (
        tokens_with(Keys({1: KEY})).issue(USER, a_session(USER.id, at=end - SECOND), at=end - SECOND).access
    )
    assert before.read_access(access, at=end - SECOND).user_id == USER.id
    with pytest.raises(TokenNotValidError):
        before.read_access(access, at=end)


def test_after_a_rotation_the_new_key_signs_and_the_old_one_verifies(tmp_path: Path) -> None:
    """In every process: the one that rotated, and one that has not looked at the ring since."""
    clock = ManualClock()
    ring = KeyRing.create(tmp_path / "ring" / "keyring.json", clock)
    elsewhere = KeyRing.open(tmp_path / "ring" / "keyring.json", clock)
    here, there = (
        JwtTokens(RingSigningKeys(one), ids=CountedIds(repr(n))) for n, one in enumerate((ring, elsewhere))
    )
    old = here.issue(USER, SESSION, at=NOW).access
    clock.advance(timedelta(minutes=1))
    assert ring.rotate(DEPLOYMENT, Purpose.TOKEN) == 2
    new_there = there.issue(USER, SESSION, at=NOW).access
    new_here = here.issue(USER, SESSION, at=NOW).access
    for token, kid in ((old, "1"), (new_here, "2"), (new_there, "2")):
        assert jwt.get_unverified_header(token.reveal())["kid"] == kid
        for tokens in (here, there):
            assert tokens.read_access(token, at=NOW).user_id == USER.id


def test_what_a_retired_key_has_signed_is_believed_by_no_process(tmp_path: Path) -> None:
    """At once where it was retired, and within a second elsewhere, however often it was read before."""
    clock = ManualClock()
    ring = KeyRing.create(tmp_path / "ring" / "keyring.json", clock)
    elsewhere = KeyRing.open(tmp_path / "ring" / "keyring.json", clock)
    here, there = (
        JwtTokens(RingSigningKeys(one), ids=CountedIds(repr(n))) for n, one in enumerate((ring, elsewhere))
    )
    old = here.issue(USER, SESSION, at=NOW)
    assert here.read_access(old.access, at=NOW) == there.read_access(old.access, at=NOW)
    ring.rotate(DEPLOYMENT, Purpose.TOKEN)
    ring.retire(DEPLOYMENT, Purpose.TOKEN, 1)
    new = here.issue(USER, SESSION, at=NOW).access
    elsewhere._look_at = 0.0
    for tokens in (here, there):
        with pytest.raises(TokenNotValidError):
            tokens.read_access(old.access, at=NOW)
        with pytest.raises(TokenNotValidError):
            tokens.read_refresh(old.refresh, at=NOW)
        assert tokens.read_access(new, at=NOW).user_id == USER.id
