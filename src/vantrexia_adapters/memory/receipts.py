"""Kept answers in memory."""

from datetime import datetime

from vantrexia_adapters.memory.draft import Draft
from vantrexia_adapters.memory.state import Receipt
from vantrexia_core.audit import RECEIPT_LIFE, IdempotencyKeyReusedError, Once
from vantrexia_core.kernel import BrokenPromiseError, Phi, UserId


class MemoryReceipts:
    """One practice's receipts in one unit of work."""

    def __init__(self, receipts: Draft[tuple[UserId, str], Receipt]) -> None:
        self._receipts = receipts
        self._claimed: dict[tuple[UserId, str], datetime] = {}

    def claim(self, by: UserId, once: Once, *, at: datetime) -> Phi[bytes] | None:
        """See `Receipts`. Expired receipts are forgotten on the way."""
        for key, receipt in list(self._receipts.items()):
            if at - receipt.at >= RECEIPT_LIFE:
                self._receipts.remove(key)
        kept = self._receipts.get((by, once.key.reveal()))
        if kept is None:
            self._claimed[by, once.key.reveal()] = at
            return None
        if kept.request != once.request:
            raise IdempotencyKeyReusedError
        return kept.answer

    def keep(self, by: UserId, once: Once, answer: Phi[bytes]) -> None:
        """See `Receipts`."""
        at = self._claimed.get((by, once.key.reveal()))
        if at is None:
            message = "an answer is kept under a claimed key only"
            raise BrokenPromiseError(message)
        self._receipts.put((by, once.key.reveal()), Receipt(once.request, answer, at))
