"""Root keys wrapped by AWS KMS. The key-encryption key never leaves its hardware (FIPS 140-3 level 3)."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from vantrexia_adapters.crypto.key_wrapping import KeyServiceError
from vantrexia_core.protection import UnreadableError

CONNECT_SECONDS_MAX: Final = 3
READ_SECONDS_MAX: Final = 5
ATTEMPTS_MAX: Final = 3
CONTEXT: Final = "vantrexia:key"
"""The one entry of the encryption context. CloudTrail shows it: a key's name is no secret."""

_ANOTHER_KEY: Final = frozenset({"IncorrectKeyException", "InvalidCiphertextException"})
_WHAT_TO_DO: Final[Mapping[str, str]] = {
    "AccessDeniedException": "Allow this service's role kms:Encrypt and kms:Decrypt on the key.",
    "DisabledException": "Enable the key.",
    "KMSInvalidStateException": "Cancel the key's deletion, or enable it.",
    "NotFoundException": "Compare VANTREXIA_KMS_KEY_ID and VANTREXIA_KMS_REGION with the key's ARN.",
    "UnrecognizedClientException": "Give this service credentials that are valid.",
    "ExpiredTokenException": "Renew this service's credentials.",
}


class KmsClient(Protocol):
    """The two calls of boto3's client that are made here; their names and parameters are AWS's."""

    def encrypt(
        self,
        *,
        KeyId: str,  # noqa: N803 - AWS's spelling
        Plaintext: bytes,  # noqa: N803
        EncryptionContext: Mapping[str, str],  # noqa: N803
    ) -> Mapping[str, Any]:
        """https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html."""
        ...

    def decrypt(
        self,
        *,
        KeyId: str,  # noqa: N803
        CiphertextBlob: bytes,  # noqa: N803
        EncryptionContext: Mapping[str, str],  # noqa: N803
    ) -> Mapping[str, Any]:
        """https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html."""
        ...


class AwsKmsKeyWrapper:
    """Implements the core's ``KeyWrapper`` with a symmetric key of AWS KMS. Safe to share between threads.

    The encryption context names the key that is wrapped, so one that is moved to another scope, purpose or
    version does not unwrap, and the account's CloudTrail tells which key was asked for.
    """

    __slots__ = ("_client", "_key_id")

    def __init__(self, client: KmsClient, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """See `KeyWrapper`.

        Raises:
            KeyServiceError: KMS does not answer, or refuses.
        """
        try:
            answer = self._client.encrypt(
                KeyId=self._key_id, Plaintext=data_key, EncryptionContext=_context(context)
            )
        except Exception as failure:  # noqa: BLE001 - boto3's errors share no ancestor; all mean no answer
            trouble = self._trouble(failure)
        else:
            return bytes(answer["CiphertextBlob"])
        # Outside the handler: a client's error may carry the request along, and that holds the key.
        raise trouble

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See `KeyWrapper`.

        Raises:
            UnreadableError: another key or another context wrapped it, or it is damaged.
            KeyServiceError: KMS does not answer, or refuses.
        """
        try:
            answer = self._client.decrypt(
                KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=_context(context)
            )
        except Exception as failure:  # noqa: BLE001 - as above
            trouble: Exception = (
                UnreadableError() if _code(failure) in _ANOTHER_KEY else self._trouble(failure)
            )
        else:
            if ":key/" in self._key_id and answer["KeyId"] != self._key_id:
                raise UnreadableError
            return bytes(answer["Plaintext"])
        raise trouble

    def _trouble(self, failure: Exception) -> KeyServiceError:
        code = _code(failure)
        advice = _WHAT_TO_DO.get(code, "Check that this machine reaches it and has credentials.")
        return KeyServiceError(f"AWS KMS did not serve the key {self._key_id} ({code}). {advice}")

    def __repr__(self) -> str:
        return f"AwsKmsKeyWrapper({self._key_id!r})"


def open_kms(region: str | None, endpoint_url: str | None) -> KmsClient:
    """A client with credentials as AWS finds them: environment, profile, the instance's or container's role.

    Raises:
        KeyServiceError: boto3 is not installed, or no region is known.
    """
    try:
        import boto3  # noqa: PLC0415 - an extra
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    except ModuleNotFoundError:
        message = "AWS KMS needs its client: install vantrexia[aws]"
        raise KeyServiceError(message) from None
    config = Config(
        connect_timeout=CONNECT_SECONDS_MAX,
        read_timeout=READ_SECONDS_MAX,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
    )
    try:
        client: KmsClient = boto3.client("kms", region_name=region, endpoint_url=endpoint_url, config=config)
    except (BotoCoreError, ValueError) as failure:
        message = (
            f"AWS KMS cannot be called ({type(failure).__name__}). Set VANTREXIA_KMS_REGION, and an endpoint "
            "only if you have one of your own."
        )
        raise KeyServiceError(message) from None
    return client


def _context(context: bytes) -> Mapping[str, str]:
    return {CONTEXT: context.decode("ascii")}


def _code(failure: Exception) -> str:
    """AWS's name for what went wrong, or the kind of error where there was no answer."""
    response = getattr(failure, "response", None)
    error = response.get("Error") if isinstance(response, Mapping) else None
    code = error.get("Code") if isinstance(error, Mapping) else None
    return code if isinstance(code, str) and code.isidentifier() else type(failure).__name__
