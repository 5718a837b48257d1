"""Letting letters leave, one by one, and counting what became of them."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import attrs

from vantrexia_core.identity.letters import Letter, Round
from vantrexia_core.identity.ports import Mailer, MailUnavailableError

T = TypeVar("T")


def deliver(mailer: Mailer, due: Iterable[tuple[T, Letter]], close: Callable[[T], None]) -> Round:
    """Hand over each letter, and ``close`` what it was due for once it left; what failed stays due.

    ``due`` puts each one off before it gives it here, so that of several processes one sends it.
    """
    made = Round()
    for reason, letter in due:
        try:
            mailer.send(letter)
        except MailUnavailableError as unavailable:
            made = Round(made.sent, made.failed + 1, str(unavailable))
            continue
        close(reason)
        made = attrs.evolve(made, sent=made.sent + 1)
    return made
