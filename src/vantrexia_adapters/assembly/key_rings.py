"""The key ring that the settings describe: its file, the service that wraps it, and who may look at it."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from ssl import create_default_context
from typing import TypeVar

import attrs
from sqlalchemy import Engine

from vantrexia_adapters.assembly.refusals import StartRefusedError
from vantrexia_adapters.crypto import (
    AwsKmsKeyWrapper,
    Kek,
    KeyRing,
    KeyRingExistsError,
    KeyServiceError,
    Provider,
    RemoteKek,
    RingEntry,
    TransitAddress,
    TransitKeyWrapper,
    Wrappers,
    open_kms,
)
from vantrexia_adapters.custody import RingCustody
from vantrexia_adapters.http import HttpTransport, checked_url
from vantrexia_adapters.settings import PREFIX, KeyWrapping, Settings
from vantrexia_adapters.sql import practices
from vantrexia_adapters.sql.scope import Protection
from vantrexia_core.kernel import Clock, IdSource, PracticeId
from vantrexia_core.protection import KeyWrapper, SnapshotCipher

T = TypeVar("T")


@attrs.frozen(repr=False)
class RingKeeper:
    """The key ring: what it holds, what wraps it, and the keys of each practice."""

    _ring: KeyRing
    _engine: Engine
    _protection: Protection
    _snapshots: SnapshotCipher
    _ids: IdSource

    def custody(self, practice_id: PracticeId) -> RingCustody:
        """One practice's keys, and those of the deployment."""
        return RingCustody.over(
            self._ring, self._engine, self._protection, self._snapshots, self._ids, practice_id
        )

    def practices(self) -> Sequence[PracticeId]:
        """The practices that have keys, oldest first."""
        return [practice for practice in practices(self._engine) if not self._ring.is_destroyed(practice)]

    @property
    def path(self) -> Path:
        """The ring's file."""
        return self._ring.path

    def entries(self) -> Sequence[RingEntry]:
        """What the ring knows of its keys: names, ages, states."""
        return self._ring.all_entries()

    @property
    def kek(self) -> Kek:
        """What wraps the keys."""
        return self._ring.kek

    def rewrap(self, kek: Kek | None) -> Path:
        """Wrap all keys under another key-encryption key; the path of the old file. See `KeyRing.rewrap`."""
        return self._ring.rewrap(kek)


def open_ring(settings: Settings, engine: Engine, clock: Clock, wrappers: Wrappers) -> KeyRing:
    """The deployment's ring; a new one where nothing can have been sealed yet.

    Raises:
        KeyRingError: it cannot be used.
        StartRefusedError: it is not wrapped as the settings say.
    """
    path = settings.keyring_path
    if not path.exists() and not practices(engine):
        # Nothing has been sealed yet, so a fresh ring cannot orphan anything. Of two starts at once one
        # makes it and both open it.
        with suppress(KeyRingExistsError):
            KeyRing.create(path, clock, kek=key_encryption_key(settings), wrappers=wrappers)
    ring = KeyRing.open(path, clock, wrappers=wrappers)
    wanted = settings.key_wrapping
    if wanted is not None and ring.kek.provider.value != wanted.value:
        # Whoever sets a key service believes that the file alone opens nothing.
        message = (
            f"The key ring is wrapped by {ring.kek}, and {PREFIX}KEY_WRAPPING says {wanted.value}. "
            "Move it with: vantrexia keys rewrap"
        )
        raise StartRefusedError(message)
    return ring


def key_encryption_key(settings: Settings) -> RemoteKek | None:
    """What the settings want the key ring to be wrapped by; None stands for a key in the file.

    Raises:
        KeyServiceError: a setting is missing.
    """
    match settings.key_wrapping:
        case None | KeyWrapping.FILE:
            return None
        case KeyWrapping.AWS_KMS:
            return RemoteKek(Provider.AWS_KMS, _needed(settings.kms_key_id, "KMS_KEY_ID"))
        case KeyWrapping.TRANSIT:
            key = f"{settings.transit_mount.strip('/')}/{_needed(settings.transit_key, 'TRANSIT_KEY')}"
            return RemoteKek(Provider.TRANSIT, key)


class KeyServices:
    """How the service that holds a key is reached. The ring names the key; only the settings name a host."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[RemoteKek, KeyWrapper] = {}
        self._open: list[HttpTransport] = []

    def __call__(self, kek: RemoteKek) -> KeyWrapper:
        """See `Wrappers`."""
        known = self._known.get(kek)
        if known is None:
            known = self._known[kek] = (
                self._aws_kms(kek) if kek.provider is Provider.AWS_KMS else self._transit(kek)
            )
        return known

    def close(self) -> None:
        """Let go of their connections."""
        for transport in self._open:
            transport.close()

    def _aws_kms(self, kek: RemoteKek) -> KeyWrapper:
        return AwsKmsKeyWrapper(
            open_kms(self._settings.kms_region, self._settings.kms_endpoint_url), kek.name
        )

    def _transit(self, kek: RemoteKek) -> KeyWrapper:
        settings = self._settings
        url = _needed(settings.transit_url, "TRANSIT_URL", kek)
        token_file = _needed(settings.transit_token_file, "TRANSIT_TOKEN_FILE", kek)
        try:
            address = TransitAddress(checked_url(url), token_file, settings.transit_namespace)
        except ValueError as invalid:
            message = f"{PREFIX}TRANSIT_URL {invalid}."
            raise KeyServiceError(message) from None
        try:
            # Without a file of its own: what this machine trusts.
            tls = create_default_context(cafile=settings.transit_ca_file)
        except OSError:
            message = f"{PREFIX}TRANSIT_CA_FILE: {settings.transit_ca_file} holds no certificates (PEM)."
            raise KeyServiceError(message) from None
        transport = HttpTransport(tls=tls)
        self._open.append(transport)
        return TransitKeyWrapper(transport, address, kek.name)


def _needed(value: T | None, name: str, kek: RemoteKek | None = None) -> T:
    if value is None:
        why = "" if kek is None else f"The key ring is wrapped by {kek}. "
        message = f"{why}Set {PREFIX}{name}."
        raise KeyServiceError(message)
    return value
