"""Searches as sealed words: nothing is stored, and any process of the deployment opens them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final
from uuid import UUID

import attrs

from vantrexia_core.kernel import IdSource, Phi, PracticeId
from vantrexia_core.protection import BUCKET_LONG, FieldCipher, FieldName, Place, UnreadableError

_SEARCH: Final = FieldName("search", "token")
_ID_BYTES: Final = 16
TOKEN_CHARACTERS_MAX: Final = 90_000


@attrs.frozen
class SqlSearchTokens:
    """Implements the core's ``SearchTokens``: ``id | envelope`` in base64url, under the practice's key."""

    _cipher: FieldCipher
    _ids: IdSource

    def seal(self, practice_id: PracticeId, search: Phi[str]) -> str:
        """See `SearchTokens`."""
        id_ = self._ids.new_id()
        place = Place(practice_id, id_, 1)
        sealed = self._cipher.seal(_SEARCH, place, search.reveal().encode(), bucket=BUCKET_LONG)
        return urlsafe_b64encode(id_.bytes + sealed).rstrip(b"=").decode("ascii")

    def open(self, practice_id: PracticeId, token: str) -> Phi[str]:
        """See `SearchTokens`."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise UnreadableError
        try:
            data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            place = Place(practice_id, UUID(bytes=data[:_ID_BYTES]), 1)
        except ValueError:
            raise UnreadableError from None
        return Phi(self._cipher.open(_SEARCH, place, data[_ID_BYTES:], bucket=BUCKET_LONG).decode())
