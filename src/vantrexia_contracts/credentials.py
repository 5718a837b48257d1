"""What every way to hash passwords and to make tokens promises."""

from datetime import timedelta
from uuid import UUID

import pytest

from vantrexia_contracts.given.builders import NOW, a_password, a_practice_id, a_session, a_user, a_user_id
from vantrexia_core.identity import (
    ClientKeys,
    ClientName,
    MachineClient,
    Passwords,
    Scopes,
    TokenClaims,
    TokenNotValidError,
    Tokens,
)
from vantrexia_core.kernel import MACHINE_NUMBERS_FROM, ClientId, Phi, UserId

SECOND = timedelta(seconds=1)


def _client(version: int = 1) -> MachineClient:
    return MachineClient(
        UserId(MACHINE_NUMBERS_FROM + 7),
        ClientId(UUID(int=7)),
        a_practice_id(),
        ClientName("A program"),
        Scopes.known("system/*.cruds"),
        ClientKeys(jwks_url="https://example.org/keys"),
        NOW,
        version=version,
    )


class PasswordsContract:
    """Hashes of passwords."""

    @pytest.fixture
    def passwords(self) -> Passwords:
        """As they are configured today.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `passwords`: a Passwords")

    @pytest.fixture
    def dearer(self) -> Passwords:
        """The same after its parameters were raised.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError(
            "override the fixture `dearer`: a Passwords that wants what `passwords` hashed to be hashed anew"
        )

    def test_the_password_that_was_hashed_matches_and_no_other(self, passwords: Passwords) -> None:
        """To the last character, case and blank."""
        stored = passwords.hash(a_password("correct horse battery"))
        assert passwords.verify(stored, Phi("correct horse battery")).matches
        for other in (
            "",
            "correct horse batter",
            "Correct horse battery",
            "correct horse battery ",
            "\ud800",
            stored,
        ):
            assert not passwords.verify(stored, Phi(other)).matches

    def test_a_password_is_known_however_it_was_typed(self, passwords: Passwords) -> None:
        """Two keyboards send two spellings of one text: NFKC makes them one (SP 800-63B-4)."""
        stored = passwords.hash(a_password("caf\u00e9 \ufb01ve caf\u00e9s"))
        for spelling in (
            "cafe\u0301 five cafe\u0301s",
            "caf\u00e9 \ufb01ve cafe\u0301s",
            "caf\u00e9 five caf\u00e9s",
        ):
            assert passwords.verify(stored, Phi(spelling)).matches
        assert not passwords.verify(stored, Phi("cafe five cafes")).matches

    @pytest.mark.parametrize("password", ["Password2026!", "iloveyou1234", "welcome123456", "qwertyuiop[]"])
    def test_what_is_tried_first_is_guessable(self, passwords: Passwords, password: str) -> None:
        """Often used, or made from such a word by habit."""
        assert passwords.is_guessable(Phi(password))

    @pytest.mark.parametrize("password", ["SecureP@ss123", "correct horse battery", "a long pass phrase"])
    def test_what_is_long_and_unusual_is_not_guessable(self, passwords: Passwords, password: str) -> None:
        """The published sample among them."""
        assert not passwords.is_guessable(Phi(password))

    def test_a_hash_is_never_the_same_twice(self, passwords: Passwords) -> None:
        """Equal passwords cannot be told from their hashes, and the password is not in it."""
        hashes = {passwords.hash(a_password("correct horse battery")) for _ in range(3)}
        assert len(hashes) == 3
        assert not any("correct" in one for one in hashes)

    @pytest.mark.parametrize("typed", ["", "anything", "\ud800"])
    def test_nobodys_password_matches_nothing(self, passwords: Passwords, typed: str) -> None:
        """An unknown account is compared like a known one and never let in."""
        assert not passwords.verify(None, Phi(typed)).matches

    def test_a_hash_of_other_parameters_still_matches_and_wants_to_be_made_anew(
        self, passwords: Passwords, dearer: Passwords
    ) -> None:
        """Parameters travel in the hash; a wrong password is no reason to hash anything."""
        stored = passwords.hash(a_password("correct horse battery"))
        assert not passwords.verify(stored, Phi("correct horse battery")).needs_rehash
        verdict = dearer.verify(stored, Phi("correct horse battery"))
        assert verdict.matches
        assert verdict.needs_rehash
        assert not dearer.verify(stored, Phi("wrong")).needs_rehash


class TokensContract:
    """Tokens of accounts and of machine clients."""

    @pytest.fixture
    def tokens(self) -> tuple[Tokens, Tokens]:
        """Tokens, and those of a stranger with keys of its own.

        Raises:
            NotImplementedError: always; it is yours to say how it is made.
        """
        raise NotImplementedError("override the fixture `tokens`: two Tokens that do not accept each other's")

    def test_an_access_token_says_whose_it_is_until_it_expires(self, tokens: tuple[Tokens, Tokens]) -> None:
        """Fifteen minutes, to the second."""
        ours, _ = tokens
        session = a_session(a_user_id(42))
        access = ours.issue(a_user(id_=42), session, at=NOW).access
        for at in (NOW, NOW + timedelta(minutes=15) - SECOND):
            claims = ours.read_access(access, at=at)
            assert (claims.user_id, claims.session_id) == (42, session.id)
        for at in (NOW + timedelta(minutes=15), NOW + timedelta(days=365)):
            with pytest.raises(TokenNotValidError):
                ours.read_access(access, at=at)

    def test_a_pair_is_never_the_same_twice(self, tokens: tuple[Tokens, Tokens]) -> None:
        """Two sign-ins in one second are two sign-ins."""
        ours, _ = tokens
        pairs = [ours.issue(a_user(), a_session(number=number), at=NOW) for number in range(3)]
        assert len({token.reveal() for pair in pairs for token in (pair.access, pair.refresh)}) == 6

    def test_what_is_no_access_token_of_ours_is_refused(self, tokens: tuple[Tokens, Tokens]) -> None:
        """A refresh token, a stranger's, a damaged one, and what is no token at all."""
        ours, theirs = tokens
        access = ours.issue(a_user(), a_session(), at=NOW).access.reveal()
        refused = [
            ours.issue(a_user(), a_session(), at=NOW).refresh.reveal(),
            theirs.issue(a_user(), a_session(), at=NOW).access.reveal(),
            access[:-1], access[1:], access + "x", access.replace(".", "", 1), "", ".", "..", "a.b.c",
            "\ud800", "é" * 40,
        ]  # fmt: skip
        for text in refused:
            with pytest.raises(TokenNotValidError):
                ours.read_access(Phi(text), at=NOW)

    def test_a_refresh_token_lives_as_long_as_its_session(self, tokens: tuple[Tokens, Tokens]) -> None:
        """It says which session it belongs to and which token it is, and outlives no exchange of it."""
        ours, _ = tokens
        session = a_session(a_user_id(42), life=timedelta(hours=3))
        late = NOW + timedelta(hours=3) - SECOND
        for at in (NOW, late):
            refresh = ours.issue(a_user(id_=42), session, at=at).refresh
            claims = ours.read_refresh(refresh, at=late)
            assert claims == TokenClaims(a_user_id(42), session.id, session.refresh_id)
            with pytest.raises(TokenNotValidError):
                ours.read_refresh(refresh, at=late + SECOND)

    def test_an_access_token_outlives_no_session(self, tokens: tuple[Tokens, Tokens]) -> None:
        """A minute before the session's end it has a minute left."""
        ours, _ = tokens
        session = a_session(a_user_id(7), life=timedelta(hours=3))
        access = ours.issue(a_user(), session, at=NOW + timedelta(hours=3) - 60 * SECOND).access
        with pytest.raises(TokenNotValidError):
            ours.read_access(access, at=NOW + timedelta(hours=3))

    def test_what_is_no_refresh_token_of_ours_is_refused(self, tokens: tuple[Tokens, Tokens]) -> None:
        """An access token, a stranger's, a damaged one, and what is no token at all."""
        ours, theirs = tokens
        pair = ours.issue(a_user(), a_session(), at=NOW)
        refresh = pair.refresh.reveal()
        refused = [
            pair.access.reveal(), theirs.issue(a_user(), a_session(), at=NOW).refresh.reveal(),
            refresh[:-1], refresh[1:], refresh + "x", refresh + "=", "", "a.b.c", "\ud800",
        ]  # fmt: skip
        for text in refused:
            with pytest.raises(TokenNotValidError):
                ours.read_refresh(Phi(text), at=NOW)

    def test_a_session_lasts_a_day(self, tokens: tuple[Tokens, Tokens]) -> None:
        """From its sign-in, however often its tokens are exchanged."""
        ours, _ = tokens
        assert ours.session_life == timedelta(days=1)

    def test_a_clients_token_says_what_was_granted_until_it_expires(
        self, tokens: tuple[Tokens, Tokens]
    ) -> None:
        """Its number, its id, its version and its scopes, to the second."""
        ours, _ = tokens
        scopes = Scopes.known("system/Patient.rs system/AuditEvent.r")
        token = ours.issue_to_client(_client(3), scopes, at=NOW, expires_at=NOW + 300 * SECOND)
        for at in (NOW, NOW + 299 * SECOND):
            claims = ours.read_client(token, at=at)
            assert (claims.number, claims.client_id) == (_client().number, _client().id)
            assert (claims.version, claims.scopes) == (3, scopes)
        with pytest.raises(TokenNotValidError):
            ours.read_client(token, at=NOW + 300 * SECOND)

    def test_a_clients_token_and_an_accounts_are_never_taken_for_each_other(
        self, tokens: tuple[Tokens, Tokens]
    ) -> None:
        """In no direction, also when the one was read before; nor is a stranger's or a damaged one."""
        ours, theirs = tokens
        client, pair = _client(), ours.issue(a_user(), a_session(), at=NOW)
        token = ours.issue_to_client(client, client.scopes, at=NOW, expires_at=NOW + 300 * SECOND)
        ours.read_client(token, at=NOW)
        ours.read_access(pair.access, at=NOW)
        for read in (ours.read_access, ours.read_refresh):
            with pytest.raises(TokenNotValidError):
                read(token, at=NOW)
        text = token.reveal()
        foreign = theirs.issue_to_client(client, client.scopes, at=NOW, expires_at=NOW + 300 * SECOND)
        for other in (
            pair.access,
            pair.refresh,
            foreign,
            Phi(text[:-1]),
            Phi(text + "="),
            Phi(""),
            Phi("a.b.c"),
        ):
            with pytest.raises(TokenNotValidError):
                ours.read_client(other, at=NOW)

    def test_a_clients_token_is_never_the_same_twice(self, tokens: tuple[Tokens, Tokens]) -> None:
        """Two in one second are two."""
        ours, _ = tokens
        made = {
            ours.issue_to_client(_client(), Scopes(), at=NOW, expires_at=NOW + SECOND).reveal()
            for _ in range(3)
        }
        assert len(made) == 3
