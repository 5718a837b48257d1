"""The second factor of an account: what it is made of, and when a code counts."""

import re
from datetime import datetime, timedelta
from typing import Final

import attrs

from vantrexia_core.identity.totp import DIGITS, STEP_SECONDS, WINDOW_STEPS, matching_step, step_at
from vantrexia_core.kernel import InvalidValueError, Phi

BACKUP_CODES: Final = 10
BACKUP_CODE_CHARACTERS: Final = 10
"""50 random bits each: with the lock on guesses, and kept under a keyed digest, out of reach."""

PENDING_LIFE: Final = timedelta(minutes=10)
"""How long a secret that was handed out waits for its first code."""

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that looks like a digit or like another letter."""
_LOOK_ALIKE: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
_CODE: Final = re.compile(rf"[0-9]{{{DIGITS}}}|[{_ALPHABET}]{{{BACKUP_CODE_CHARACTERS}}}")
_TYPED_CHARACTERS_MAX: Final = 32


class FactorCode(Phi[str]):
    """A code as somebody typed it: six digits of an authenticator app, or a backup code.

    Blanks and dashes are dropped, and a letter that a backup code does not have is read as the digit that it
    looks like.
    """

    __slots__ = ()

    def __init__(self, value: str) -> None:
        # A longer text is no code, and is not worth looking through.
        code = value[: _TYPED_CHARACTERS_MAX + 1].lower().translate(_LOOK_ALIKE)
        if len(value) > _TYPED_CHARACTERS_MAX or _CODE.fullmatch(code) is None:
            message = f"Enter the {DIGITS} digits that your app shows, or a backup code."
            raise InvalidValueError(message)
        super().__init__(code)

    @property
    def is_backup(self) -> bool:
        """Whether it has the form of a backup code."""
        return len(self._value) == BACKUP_CODE_CHARACTERS


@attrs.frozen
class SecondFactor:
    """An account's secret, shared with an app. Codes count for steps after ``last_step`` only.

    That is the newest step whose code was used; before the first one, the step before those whose code an app
    could show when the secret was handed out. It is asked for once its owner has shown that the app has it
    (``is_confirmed``).
    """

    secret: Phi[bytes]
    is_confirmed: bool = False
    last_step: int = 0

    @classmethod
    def handed_out(cls, secret: Phi[bytes], at: datetime) -> "SecondFactor":
        """A factor that waits for its first code."""
        return cls(secret, last_step=step_at(at) - WINDOW_STEPS - 1)

    def is_pending(self, at: datetime) -> bool:
        """Whether a first code would still turn it on: for `PENDING_LIFE`, to the step."""
        waited = step_at(at) - self.last_step - WINDOW_STEPS - 1
        return not self.is_confirmed and waited * STEP_SECONDS < PENDING_LIFE.total_seconds()

    def after(self, code: Phi[str], at: datetime) -> "SecondFactor | None":
        """The factor with this code used up, and confirmed by it; None if the code is not good (any more)."""
        step = matching_step(self.secret, code, at, after=self.last_step)
        return None if step is None else SecondFactor(self.secret, is_confirmed=True, last_step=step)


def backup_codes(chance: Phi[bytes]) -> tuple[FactorCode, ...]:
    """Ten codes made of a hundred random bytes, five bits of each."""
    letters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in chance.reveal())
    return tuple(
        FactorCode.trusted(letters[at : at + BACKUP_CODE_CHARACTERS])
        for at in range(0, BACKUP_CODES * BACKUP_CODE_CHARACTERS, BACKUP_CODE_CHARACTERS)
    )
