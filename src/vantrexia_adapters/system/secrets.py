"""Fresh secrets, from the operating system's randomness."""

import secrets

from vantrexia_core.kernel import Phi


class RandomSecrets:
    """Implements the core's ``SecretSource``."""

    __slots__ = ()

    def new_secret(self, byte_count: int) -> Phi[bytes]:
        """Bytes that nobody can guess."""
        return Phi(secrets.token_bytes(byte_count))
