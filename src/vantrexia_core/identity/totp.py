"""One-time codes by the clock: RFC 6238 over RFC 4226, with SHA-1, 30 seconds and six digits.

These are the parameters that every authenticator app knows. SHA-1 is sound here: HMAC needs no resistance to
collisions. A code of the step before or after is accepted as well, because clocks of phones differ and people
type slowly (RFC 6238, 5.2); each step is accepted once (5.2 again), so what somebody read over a shoulder is
worth nothing once it was used.
"""

import hmac
from datetime import datetime
from typing import Final

from vantrexia_core.kernel import Phi

SECRET_BYTES: Final = 20
"""RFC 4226, section 4, R6: 160 bits."""
STEP_SECONDS: Final = 30
DIGITS: Final = 6
WINDOW_STEPS: Final = 1

_DIGEST: Final = "sha1"


def step_at(at: datetime) -> int:
    """The step that a moment lies in, counted from 1970 (RFC 6238, 4.2)."""
    return int(at.timestamp()) // STEP_SECONDS


def code_of(secret: Phi[bytes], step: int) -> Phi[str]:
    """The code of one step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret.reveal(), step.to_bytes(8, "big"), _DIGEST)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return Phi(str(number % 10**DIGITS).zfill(DIGITS))


def matching_step(secret: Phi[bytes], code: Phi[str], at: datetime, *, after: int) -> int | None:
    """The step whose code this is, if it lies in the window around ``at`` and behind the step ``after``.

    The time that it takes does not depend on whether or which code matched.
    """
    now = step_at(at)
    typed = code.reveal().encode("utf-8", "surrogatepass")
    matching = [
        step
        for step in range(now - WINDOW_STEPS, now + WINDOW_STEPS + 1)
        if hmac.compare_digest(code_of(secret, step).reveal().encode(), typed)
    ]
    return next((step for step in matching if step > after), None)
