"""The one place where the parts meet: settings in, a service out.

``open_service`` is the front door for an embedding program and for every command. It refuses to start on
anything that could lose data quietly: a database without its key ring, another database's key ring, a schema
that is older or newer than this version knows.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Self

import attrs
from sqlalchemy import Engine

from vantrexia_adapters.checkpoints import FolderCheckpoints, TrailKeeper
from vantrexia_adapters.crypto import (
    DEPLOYMENT,
    AesGcmFieldCipher,
    AesGcmSnapshotCipher,
    Argon2Passwords,
    HmacBlindIndex,
    KeyCheck,
    KeyName,
    KeyRing,
    KeyRingError,
    KeyRingExistsError,
    RingCheckpointKeys,
    RingSigningKeys,
    is_signed,
)
from vantrexia_adapters.directory import DirectoryKeeper
from vantrexia_adapters.settings import Settings
from vantrexia_adapters.sql import (
    SchemaError,
    SqlDesk,
    SqlTrailSource,
    StatementFailedError,
    StoredKeyCheck,
    UnsupportedDatabaseError,
    add_first_practice,
    keep_key_checks,
    key_checks,
    migrate,
    open_engine,
    practices,
    schema_state,
)
from vantrexia_adapters.system import RandomIds, SystemClock
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.audit import Notary
from vantrexia_core.kernel import Clock, IdSource, PracticeId

HOME_PRACTICE_NAME: Final = "Home practice"
"""A fresh install has one practice, and nobody has to know the word."""


class StartRefusedError(Exception):
    """The service does not start. The text says what is wrong and what to do."""


class DatabaseMissingError(StartRefusedError):
    """The key ring belongs to a practice, and the database knows none."""

    def __init__(self) -> None:
        super().__init__(
            "The key ring holds a practice's keys, but the database is empty. If it was lost, put its backup "
            "back; if you want to begin anew, move the key ring away first. Nothing was changed."
        )


@attrs.frozen
class Service:
    """An assembled library: the desk that every use case takes, and the practice it works for.

    ``trail`` keeps the trail's checkpoints. A program that runs for long starts it; closing the service
    publishes a last one in any case.
    """

    desk: SqlDesk
    practice_id: PracticeId
    settings: Settings
    trail: TrailKeeper
    _engine: Engine = attrs.field(repr=False)

    def close(self) -> None:
        """Publish a last checkpoint, and let go of the database."""
        self.trail.stop()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_service(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    passwords: Argon2Passwords | None = None,
) -> Service:
    """Open the service that the settings describe.

    The embedded database gets its directory, key ring, schema and first practice by itself; a database that
    others administer must have been migrated (``vantrexia migrate``).

    Raises:
        StartRefusedError: key ring or schema do not fit the database; nothing was changed.
    """
    clock, ids = clock or SystemClock(), ids or RandomIds()
    with _refusals():
        engine = _open_database(settings)
        try:
            if settings.is_embedded:
                migrate(engine)
            else:
                schema_state(engine).check_newest()
            ring = _open_ring(settings, engine, clock)
            practice_id = _home_practice(engine, ring, clock, ids)
        except BaseException:
            engine.dispose()
            raise
    desk = SqlDesk(
        engine=engine,
        cipher=AesGcmFieldCipher(ring),
        index=HmacBlindIndex(ring),
        clock=clock,
        ids=ids,
        passwords=passwords or Argon2Passwords(),
        tokens=JwtTokens(
            RingSigningKeys(ring),
            ids=ids,
            access_ttl_seconds=settings.access_ttl_seconds,
            refresh_ttl_seconds=settings.refresh_ttl_seconds,
        ),
        snapshots=AesGcmSnapshotCipher(ring),
        keeper=lambda store: DirectoryKeeper(
            store,
            patients_max=settings.directory_patients_max,
            memory_bytes_max=settings.directory_bytes_max,
        ),
    )
    notary = Notary(
        SqlTrailSource(engine),
        FolderCheckpoints(settings.checkpoints_path),
        RingCheckpointKeys(ring),
        is_signed,
    )
    trail = TrailKeeper(notary, clock, publish_seconds=settings.checkpoint_seconds)
    return Service(desk, practice_id, settings, trail, engine)


def migrate_database(settings: Settings) -> str:
    """Bring the schema to the newest version and say what was done.

    Raises:
        StartRefusedError: the database cannot be reached, or is newer than this version knows.
    """
    with _refusals():
        engine = _open_database(settings)
        try:
            return migrate(engine)
        finally:
            engine.dispose()


def _open_database(settings: Settings) -> Engine:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as refused:
        message = f"The data directory {settings.data_dir} cannot be created: {refused.strerror}."
        raise StartRefusedError(message) from None
    return open_engine(settings.url)


def _open_ring(settings: Settings, engine: Engine, clock: Clock) -> KeyRing:
    path = settings.keyring_path
    if not path.exists() and not practices(engine):
        # Nothing has been sealed yet, so a fresh ring cannot orphan anything. Of two starts at once one
        # makes it and both open it.
        with suppress(KeyRingExistsError):
            KeyRing.create(path, clock)
    return KeyRing.open(path, clock)


def _home_practice(engine: Engine, ring: KeyRing, clock: Clock, ids: IdSource) -> PracticeId:
    known = practices(engine)
    if known:
        ring.compare_checks(_kept(check) for check in key_checks(engine))
        practice_id = known[0]
    else:
        if ring.has_practices():
            # The ring outlives a database that was deleted, emptied or mistyped: that is no first start.
            raise DatabaseMissingError
        practice_id = add_first_practice(engine, PracticeId(ids.new_id()), HOME_PRACTICE_NAME, at=clock.now())
    ring.ensure_scope(DEPLOYMENT)
    ring.ensure_scope(practice_id)
    keep_key_checks(engine, (_stored(check) for check in ring.checks()))
    # Once more: of two first starts at once, each with a ring of its own, one has kept its checks before us.
    ring.compare_checks(_kept(check) for check in key_checks(engine))
    return practice_id


def _kept(check: StoredKeyCheck) -> KeyCheck:
    return KeyCheck(KeyName(check.scope, check.purpose, check.version), check.value)


def _stored(check: KeyCheck) -> StoredKeyCheck:
    return StoredKeyCheck(check.name.scope, check.name.purpose, check.name.version, check.value)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (KeyRingError, SchemaError, UnsupportedDatabaseError) as refused:
        raise StartRefusedError(str(refused)) from None
    except StatementFailedError as failed:
        message = f"The database cannot be read ({failed}). If its file is damaged, put your backup back."
        raise StartRefusedError(message) from None
