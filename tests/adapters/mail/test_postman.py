"""The thread behind the letters: whether it is at work can be asked."""

import threading

import pytest

from vantrexia_adapters.mail import Postman
from vantrexia_core.identity import Round
from vantrexia_core.kernel import UnavailableError


def test_a_postman_who_makes_rounds_is_at_work() -> None:
    """While the thread lives there is nothing to complain about; afterwards there is."""
    made = threading.Event()

    def make_round() -> Round:
        made.set()
        return Round()

    postman = Postman(make_round)
    with pytest.raises(UnavailableError):
        postman.check()
    postman.start()
    assert made.wait(30)
    postman.check()
    postman.stop()
    with pytest.raises(UnavailableError):
        postman.check()


def test_an_emergency_that_nobody_was_told_of_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """A letter that waits is a warning; one that was given up will not come by itself."""
    Postman(lambda: Round(failed=1, reason="down", given_up=2)).go_round()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "2 letters given up" in caplog.records[0].getMessage()
