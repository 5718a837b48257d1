"""Letters: what leaves by mail, and what became of those that were due."""

import attrs

from vantrexia_core.kernel import Email, Phi


@attrs.frozen
class Letter:
    """A mail to one person. Its text may hold a secret and does not print."""

    to: Email
    subject: str
    text: Phi[str]


@attrs.frozen
class Round:
    """What became of the letters that were due. ``reason`` is why the last one of the failed did.

    ``given_up`` counts the emergencies' letters that will not be tried again: somebody was never told.
    """

    sent: int = 0
    failed: int = 0
    reason: str = ""
    given_up: int = 0

    def and_then(self, other: "Round") -> "Round":
        """Both."""
        return Round(
            self.sent + other.sent,
            self.failed + other.failed,
            other.reason or self.reason,
            self.given_up + other.given_up,
        )
