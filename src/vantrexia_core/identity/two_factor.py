"""Using a second factor: at a sign-in, and before it is turned off."""

from datetime import datetime

from vantrexia_core.identity.model import User
from vantrexia_core.identity.ports import FactorWork
from vantrexia_core.identity.second_factor import FactorCode
from vantrexia_core.kernel import NotSignedInError


class TotpInvalidError(NotSignedInError):
    """The code of the second factor is wrong, too old, or was used before. Counted towards the lock."""

    code = "totp_invalid"
    sentence = "This code is not valid. Wait for the next one, or use a backup code."


def use_code(work: FactorWork, user: User, code: FactorCode, at: datetime) -> bool:
    """Whether a code is good for an account now; if so it is used up when the work is committed.

    The caller holds the account's lock: of two uses of one code at once, the second finds it used.
    """
    if code.is_backup:
        return work.second_factors.take_backup_code(user, code)
    factor = work.second_factors.get_to_change(user)
    used = factor.after(code, at) if factor is not None and factor.is_confirmed else None
    if used is not None:
        work.second_factors.keep(user, used)
    return used is not None
