"""Root keys wrapped by the Transit engine of HashiCorp Vault, or of OpenBao, over its HTTP API.

https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

import attrs

from vantrexia_adapters.crypto.key_wrapping import KeyServiceError
from vantrexia_adapters.crypto.ring_format import WRAPPED_BYTES_MAX
from vantrexia_adapters.http import HttpTransport, Request, Trouble
from vantrexia_adapters.secret_file import SecretFileError, read_secret
from vantrexia_core.protection import UnreadableError

SECONDS_MAX: Final = 8.0
"""How long one call may take, whatever the other side does."""
ANSWER_BYTES_MAX: Final = 64 * 1024

_CIPHERTEXT: Final = re.compile(r"vault:v[0-9]{1,9}:[A-Za-z0-9+/=]+")
_WHAT_TO_DO: Final[Mapping[int, str]] = {
    HTTPStatus.FORBIDDEN: "Its token is refused: renew it, and allow it update on encrypt/ and decrypt/ of "
    "the key.",
    HTTPStatus.NOT_FOUND: "Compare VANTREXIA_TRANSIT_URL and VANTREXIA_TRANSIT_MOUNT with where the engine "
    "is, and create the key there.",
    HTTPStatus.SERVICE_UNAVAILABLE: "It is sealed or in maintenance.",
}


@attrs.frozen
class TransitAddress:
    """Where the engine is (an https URL that passed `checked_url`), and the file that holds our token.

    The file is read for every call: an agent beside us may renew the token in it.
    """

    url: str
    token_file: Path
    namespace: str | None = None


class TransitKeyWrapper:
    """Implements the core's ``KeyWrapper`` with a key of a Transit engine. Safe to share between threads.

    ``key`` is the engine's mount and the key's name, such as ``transit/vantrexia``. The name of the key that
    is wrapped goes along as associated data, so one that is moved to another scope, purpose or version does
    not unwrap. An engine too old to know associated data does not bind it; then the key's check value tells.
    """

    __slots__ = ("_address", "_key", "_mount", "_transport")

    def __init__(self, transport: HttpTransport, address: TransitAddress, key: str) -> None:
        self._transport = transport
        self._address = address
        self._mount, _, self._key = key.rpartition("/")

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """See `KeyWrapper`.

        Raises:
            KeyServiceError: the engine does not answer, or refuses.
        """
        data = self._call("encrypt", {"plaintext": _base64(data_key), "associated_data": _base64(context)})
        ciphertext = None if data is None else data.get("ciphertext")
        if (
            not isinstance(ciphertext, str)
            or len(ciphertext) > WRAPPED_BYTES_MAX
            or _CIPHERTEXT.fullmatch(ciphertext) is None
        ):
            raise self._trouble("it does not wrap", "Look at the type of the key: it must encrypt.")
        return ciphertext.encode("ascii")

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See `KeyWrapper`.

        Raises:
            UnreadableError: another key or another context wrapped it, or it is damaged.
            KeyServiceError: the engine does not answer, or refuses.
        """
        try:
            ciphertext = wrapped.decode("ascii")
        except UnicodeDecodeError:
            raise UnreadableError from None
        data = self._call("decrypt", {"ciphertext": ciphertext, "associated_data": _base64(context)})
        plaintext = None if data is None else data.get("plaintext")
        if not isinstance(plaintext, str):
            raise UnreadableError
        try:
            return b64decode(plaintext, validate=True)
        except ValueError:
            raise UnreadableError from None

    def _call(self, what: str, body: Mapping[str, str]) -> Mapping[str, object] | None:
        """The answer's data; None where the engine says that the request itself is wrong."""
        try:
            token = read_secret(self._address.token_file)
        except SecretFileError as refused:
            raise KeyServiceError(f"The token for the Transit engine: {refused}") from None
        headers = {
            "Content-Type": "application/json",
            "X-Vault-Token": token.reveal(),
            "X-Vault-Request": "true",
        }
        if self._address.namespace is not None:
            headers["X-Vault-Namespace"] = self._address.namespace
        answer = self._transport.send(
            Request(
                "POST",
                f"{self._address.url}/v1/{self._mount}/{what}/{self._key}",
                headers,
                json.dumps(body).encode("ascii"),
                SECONDS_MAX,
                ANSWER_BYTES_MAX,
            )
        )
        if isinstance(answer, Trouble):
            raise self._trouble(answer.value, "Check VANTREXIA_TRANSIT_URL, and that it can be reached.")
        if answer.status == HTTPStatus.BAD_REQUEST:
            if b"not found" in answer.body:  # of a key that does not exist, which has no status of its own
                raise self._trouble("it has no such key", _WHAT_TO_DO[HTTPStatus.NOT_FOUND])
            return None
        if answer.status != HTTPStatus.OK:
            advice = _WHAT_TO_DO.get(answer.status, "Look at its log.")
            raise self._trouble(f"HTTP status {answer.status}", advice)
        return _data(answer.body)

    def _trouble(self, why: str, advice: str) -> KeyServiceError:
        return KeyServiceError(
            f"The Transit engine did not serve the key {self._mount}/{self._key} ({why}). {advice}"
        )

    def __repr__(self) -> str:
        return f"TransitKeyWrapper({self._mount}/{self._key})"


def _data(body: bytes) -> Mapping[str, object] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    data = document.get("data") if isinstance(document, dict) else None
    return data if isinstance(data, dict) else None


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
