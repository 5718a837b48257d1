"""What every adapter promises of searches that are written into links."""

import re

import pytest

from vantrexia_contracts.stores import Stores, StoresContract
from vantrexia_core.kernel import Phi
from vantrexia_core.protection import UnreadableError

SEARCH = Phi('[2,[["name","Quintéro"],["birthdate","ge1961-04-09"]]]')


class SearchTokensContract(StoresContract):
    """Searches that a link may name."""

    def test_a_word_says_nothing_and_opens_again(self, stores: Stores) -> None:
        """It fits into a URL as it is, holds nothing of the search, and gives back all of it."""
        token = stores.desk.search_tokens.seal(stores.here, SEARCH)
        assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
        assert "Quint" not in token
        assert stores.desk.search_tokens.open(stores.here, token) == SEARCH

    def test_two_words_for_one_search_differ(self, stores: Stores) -> None:
        """Nobody can tell from logs that the same was asked twice."""
        tokens = stores.desk.search_tokens
        assert tokens.seal(stores.here, SEARCH) != tokens.seal(stores.here, SEARCH)

    def test_a_word_opens_in_its_practice_alone(self, stores: Stores) -> None:
        """Whoever brings it to another practice learns nothing."""
        token = stores.desk.search_tokens.seal(stores.here, SEARCH)
        with pytest.raises(UnreadableError):
            stores.desk.search_tokens.open(stores.elsewhere, token)

    @pytest.mark.parametrize("token", ["", "x", "%%%", "é", "A" * 30, "A" * 200, "A" * 100_000])
    def test_what_is_no_word_does_not_open(self, stores: Stores, token: str) -> None:
        """Cut, made up, or of other characters."""
        with pytest.raises(UnreadableError):
            stores.desk.search_tokens.open(stores.here, token)

    def test_a_changed_word_does_not_open(self, stores: Stores) -> None:
        """Neither its beginning nor its end may be another."""
        token = stores.desk.search_tokens.seal(stores.here, SEARCH)
        for changed in (f"{'B' if token[0] == 'A' else 'A'}{token[1:]}", token[:-4]):
            with pytest.raises(UnreadableError):
                stores.desk.search_tokens.open(stores.here, changed)
