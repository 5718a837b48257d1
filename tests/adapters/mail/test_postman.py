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
