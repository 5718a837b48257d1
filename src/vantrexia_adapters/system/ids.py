"""Fresh identifiers, from the operating system's randomness."""

from uuid import UUID, uuid4


class RandomIds:
    """Implements the core's ``IdSource``: UUIDs of version 4 (RFC 9562), 122 random bits."""

    __slots__ = ()

    def new_id(self) -> UUID:
        """A UUID that was never given out before."""
        return uuid4()
