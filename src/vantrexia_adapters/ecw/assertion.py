"""The assertion by which we sign in at the token endpoint: a JWT that lives minutes and is used once.

SMART Backend Services (HL7 SMART App Launch 2, "Asymmetric client authentication") on RFC 7523: ``iss`` and
``sub`` are the client id, ``aud`` is the token endpoint, ``jti`` is never used twice, ``exp`` is at most five
minutes ahead. eCW accepts RS384 and nothing else.
"""

from datetime import datetime
from typing import Final, Protocol

import attrs
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from vantrexia_core.kernel import IdSource

ALGORITHM: Final = "RS384"
LIFE_SECONDS: Final = 240
"""Below the five minutes that are allowed, so that a server whose clock is a minute behind agrees."""


@attrs.frozen(repr=False)
class SigningKey:
    """A private key and the name under which its public half is published."""

    key_id: str
    private: RSAPrivateKey


class ClientKeys(Protocol):
    """Where the key that signs now is found; asked anew for each assertion, so that keys can be rotated."""

    def signing(self) -> SigningKey:
        """The key that signs now.

        Raises:
            ClientKeyError: there is none that could be used.
        """
        ...


class ClientAssertions:
    """Makes assertions of one client. Threads may share it."""

    def __init__(self, client_id: str, keys: ClientKeys, ids: IdSource) -> None:
        self._client_id: Final = client_id
        self._keys: Final = keys
        self._ids: Final = ids

    def make(self, token_url: str, *, now: datetime) -> str:
        """An assertion for one request to ``token_url``.

        Raises:
            ClientKeyError: there is no key to sign with.
        """
        key = self._keys.signing()
        issued_at = int(now.timestamp())
        claims: dict[str, str | int] = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": token_url,
            "jti": str(self._ids.new_id()),
            "iat": issued_at,
            "exp": issued_at + LIFE_SECONDS,
        }
        return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.key_id, "typ": "JWT"})
