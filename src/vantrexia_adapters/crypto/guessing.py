"""How soon somebody who tries the likely passwords first would come to a given one.

The estimate is zxcvbn's (Wheeler, USENIX Security 2016): lists of leaked passwords, names and words, with the
habits by which people vary them: a capital, a year, an exclamation mark, a digit for a letter, a row of keys.
"""

from typing import Final

from vantrexia_core.kernel import Phi

GUESSES_MIN: Final = 10**8
"""zxcvbn's own border between somewhat and safely guessable. The lock leaves an online attacker five guesses;
this stands between a stolen hash of 46 MiB and a graphics card."""
CHARACTERS_JUDGED_MAX: Final = 24
"""The estimate of some texts takes time in the square of their length: 24 characters take half a second at
worst. What follows can only make a password harder to guess."""


def is_guessable(password: Phi[str]) -> bool:
    """Whether fewer than `GUESSES_MIN` guesses find the beginning of a password."""
    # Loaded with the first password that is chosen: its lists take 27 MiB, and most processes never ask.
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # noqa: PLC0415 - see above

    beginning = password.reveal()[:CHARACTERS_JUDGED_MAX]
    return bool(zxcvbn(beginning)["guesses"] < GUESSES_MIN)
