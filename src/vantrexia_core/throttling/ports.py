"""What throttling asks of the outside."""

from datetime import datetime
from typing import Protocol

from vantrexia_core.throttling.policy import Bucket
from vantrexia_core.throttling.window import Standing


class RateStore(Protocol):
    """Keeps the window of every bucket, for as long as something in it counts."""

    def hit(self, bucket: Bucket, *, at: datetime) -> Standing:
        """Count one hit if the bucket's limit admits it, as `vantrexia_core.throttling.hit` says.

        One atomic step: of hits at the same moment, from whatever thread, process or host shares the store,
        exactly as many are admitted as the limit has left. A refused hit changes nothing.

        Raises:
            UnavailableError: the store cannot be reached; whether the hit was counted is not known.
        """
        ...
