"""Second factors in memory."""

from collections.abc import Sequence

import attrs

from vantrexia_adapters.memory.draft import Draft
from vantrexia_core.identity import FactorCode, SecondFactor, User
from vantrexia_core.kernel import UserId


@attrs.frozen
class MemorySecondFactors:
    """Second factors and backup codes in one unit of work."""

    _factors: Draft[UserId, SecondFactor]
    _codes: Draft[UserId, tuple[FactorCode, ...]]

    def get_to_change(self, user: User) -> SecondFactor | None:
        """See `SecondFactors`."""
        return self._factors.get(user.id)

    def keep(self, user: User, factor: SecondFactor) -> None:
        """See `SecondFactors`."""
        self._factors.put(user.id, factor)

    def remove(self, user: User) -> None:
        """See `SecondFactors`."""
        self._factors.remove(user.id)
        self._codes.remove(user.id)

    def put_backup_codes(self, user: User, codes: Sequence[FactorCode]) -> None:
        """See `SecondFactors`."""
        self._codes.put(user.id, tuple(codes))

    def take_backup_code(self, user: User, code: FactorCode) -> bool:
        """See `SecondFactors`."""
        codes = self._codes.get(user.id) or ()
        left = tuple(one for one in codes if one != code)
        self._codes.put(user.id, left)
        return len(left) < len(codes)
