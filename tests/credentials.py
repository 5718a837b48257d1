"""The quick credentials of the contract kit, and a mailer that keeps what it is given."""

import re

from vantrexia_contracts.given.credentials import *  # noqa: F403 - one home, a shorter way to it
from vantrexia_core.identity import Letter, MailUnavailableError
from vantrexia_core.kernel import Phi, UserId


class Tray:
    """A mailer that keeps what it is given, or refuses while ``is_down``."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.is_down = False

    def send(self, letter: Letter) -> None:
        """Keep it."""
        if self.is_down:
            raise MailUnavailableError("down")
        self.letters.append(letter)

    def token(self) -> tuple[UserId, Phi[str]]:
        """What the newest letter says."""
        text = self.letters[-1].text.reveal()
        found = re.search(r"uid: (\d+)\ntoken: ([0-9a-f]{64})\n", text)
        assert found is not None
        return UserId(int(found[1])), Phi(found[2])
