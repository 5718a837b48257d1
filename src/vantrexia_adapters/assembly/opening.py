"""Opening what the settings describe: each part is made from them, and handed to the next."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from sqlalchemy import Engine, QueuePool

from vantrexia_adapters.assembly.assembled import Service
from vantrexia_adapters.assembly.ehr import open_roster
from vantrexia_adapters.assembly.founding import check_founded, home_practice, open_database
from vantrexia_adapters.assembly.key_rings import KeyServices, RingKeeper, open_ring
from vantrexia_adapters.assembly.refusals import RestoreUnfinishedError, StartRefusedError, refusals
from vantrexia_adapters.backups import BackupSources, RestorePlace
from vantrexia_adapters.checkpoints import FolderCheckpoints, TrailKeeper
from vantrexia_adapters.crypto import (
    AesGcmFieldCipher,
    AesGcmSnapshotCipher,
    Argon2Passwords,
    HmacBlindIndex,
    HmacRowSeal,
    RingCheckpointKeys,
    RingSigningKeys,
    is_signed,
    ring_pepper,
)
from vantrexia_adapters.directory import CandidateKeeper, DirectoryKeeper
from vantrexia_adapters.ecw import EcwRoster
from vantrexia_adapters.http import HttpTransport, public_or
from vantrexia_adapters.mail import OutboxMailer, SmtpMailer
from vantrexia_adapters.memory import MemoryRateStore
from vantrexia_adapters.redis import RedisRateStore
from vantrexia_adapters.secret_file import read_secret
from vantrexia_adapters.settings import RATE_STORE_AUTO, RATE_STORE_DATABASE, RATE_STORE_MEMORY, Settings
from vantrexia_adapters.smart import FetchedKeySets, SmartClientProofs
from vantrexia_adapters.sql import (
    SqlDesk,
    SqlRateStore,
    SqlTrailSource,
    WritabilityCheck,
    migrate,
    open_rate_file,
    schema_state,
    unmade_unless_used,
    unsafe_settings,
)
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.system import RandomIds, RandomSecrets, SystemClock
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.audit import Notary
from vantrexia_core.ehr import EhrRoster
from vantrexia_core.identity import Mailer
from vantrexia_core.kernel import Clock, Email, IdSource
from vantrexia_core.protection import FieldName
from vantrexia_core.throttling import RateStore

_LOG: Final = logging.getLogger(__name__)
_BUCKET: Final = FieldName("rate_window", "bucket")


def open_service(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    passwords: Argon2Passwords | None = None,
    roster: EhrRoster | None = None,
    may_found: bool = True,
) -> Service:
    """Open the service that the settings describe.

    The embedded database gets its directory, key ring, schema and first practice by itself; a database that
    others administer must have been migrated (``vantrexia migrate``). ``roster`` is the practice's EHR in the
    place of the one that the settings name. Without ``may_found`` a practice must be there.

    Raises:
        NoPracticeError: none is, and none may be founded; nothing was made.
        StartRefusedError: key ring or schema do not fit the database; nothing was changed.
    """
    clock, ids = clock or SystemClock(), ids or RandomIds()
    if not may_found:
        check_founded(settings)
    with refusals():
        mailer = _open_mailer(settings, clock, ids)
    roster = open_roster(settings, clock, ids) if roster is None else roster
    with refusals(), ExitStack() as stack:
        if isinstance(roster, EcwRoster):
            stack.callback(roster.close)
        if settings.restore_marker.exists():
            raise RestoreUnfinishedError(settings.restore_marker)
        engine = open_database(settings)
        stack.callback(engine.dispose)
        if settings.is_embedded:
            migrate(engine)
        else:
            schema_state(engine).check_newest()
        if unsafe := unsafe_settings(engine):
            _LOG.warning("the database server may lose acknowledged changes: %s is off", " and ".join(unsafe))
        services = KeyServices(settings)
        stack.callback(services.close)
        ring = open_ring(settings, engine, clock, services)
        practice_id = home_practice(engine, ring, clock, ids)
        cipher, index, seal = AesGcmFieldCipher(ring), HmacBlindIndex(ring), HmacRowSeal(ring)
        snapshots = AesGcmSnapshotCipher(ring)
        key_sets = HttpTransport(may_reach=public_or(settings.jwks_networks))
        stack.callback(key_sets.close)
        opened = stack.pop_all()
    desk = SqlDesk(
        engine=engine,
        cipher=cipher,
        index=index,
        seal=seal,
        clock=clock,
        ids=ids,
        secrets=RandomSecrets(),
        passwords=passwords or Argon2Passwords(ring_pepper(ring)),
        tokens=JwtTokens(
            RingSigningKeys(ring),
            ids=ids,
            access_ttl_seconds=settings.access_ttl_seconds,
            refresh_ttl_seconds=settings.refresh_ttl_seconds,
        ),
        snapshots=snapshots,
        keeper=lambda store: DirectoryKeeper(
            store,
            patients_max=settings.directory_patients_max,
            memory_bytes_max=settings.directory_bytes_max,
        ),
        candidate_keeper=lambda store: CandidateKeeper(
            store,
            patients_max=settings.directory_patients_max,
            memory_bytes_max=settings.matching_bytes_max,
            is_asked=settings.matching,
        ),
        rosters={practice_id: roster},
        proofs=SmartClientProofs(FetchedKeySets(key_sets, clock)),
    )
    checkpoints, checkpoint_keys = FolderCheckpoints(settings.checkpoints_path), RingCheckpointKeys(ring)
    notary = Notary(SqlTrailSource(engine), checkpoints, checkpoint_keys, is_signed)
    return Service(
        desk,
        practice_id,
        settings,
        mailer,
        TrailKeeper(notary, clock, publish_seconds=settings.checkpoint_seconds),
        RingKeeper(ring, engine, Protection(cipher, index, seal), snapshots, ids),
        BackupSources(engine, ring.path, settings.ecw_keys_path, checkpoints, checkpoint_keys),
        lambda: _open_rates(settings, engine, index, opened),
        opened.close,
        WritabilityCheck(engine),
        roster,
        roster.check if isinstance(roster, EcwRoster) else None,
        lambda: engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0,
    )


@contextmanager
def restore_place(settings: Settings) -> Iterator[RestorePlace]:
    """Where the settings say that a deployment lies, for a backup to be restored there.

    If this ends early, a database file that was made for it is gone again unless something was restored.

    Raises:
        StartRefusedError: the database cannot be reached.
    """
    with ExitStack() as stack:
        with refusals():
            stack.enter_context(unmade_unless_used(settings.url))
            engine = open_database(settings)
        stack.callback(engine.dispose)
        services = KeyServices(settings)
        stack.callback(services.close)
        yield RestorePlace(
            engine,
            settings.keyring_path,
            settings.ecw_keys_path,
            FolderCheckpoints(settings.checkpoints_path),
            settings.restore_marker,
            services,
        )


def _open_mailer(settings: Settings, clock: Clock, ids: IdSource) -> Mailer:
    sender = None if settings.mail_from is None else Email(settings.mail_from)
    if settings.smtp_host is None:
        folder = settings.outbox_path
        return (
            OutboxMailer(folder, clock, ids) if sender is None else OutboxMailer(folder, clock, ids, sender)
        )
    if sender is None:
        message = "VANTREXIA_SMTP_HOST is set, so VANTREXIA_MAIL_FROM must say whom letters come from."
        raise StartRefusedError(message)
    if (settings.smtp_username is None) != (settings.smtp_password_file is None):
        message = "VANTREXIA_SMTP_USERNAME and VANTREXIA_SMTP_PASSWORD_FILE go together."
        raise StartRefusedError(message)
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=sender,
        clock=clock,
        ids=ids,
        username=settings.smtp_username,
        password=None if settings.smtp_password_file is None else read_secret(settings.smtp_password_file),
        authorities=settings.smtp_ca_file,
    )


def _open_rates(settings: Settings, engine: Engine, index: HmacBlindIndex, stack: ExitStack) -> RateStore:
    def digest(key: bytes) -> bytes:
        return index.digest_across_practices(_BUCKET, key)

    if settings.rate_store == RATE_STORE_MEMORY:
        return MemoryRateStore()
    # Nobody said that there is one process only, and a limit that each process grants anew is none.
    if settings.rate_store in {RATE_STORE_AUTO, RATE_STORE_DATABASE}:
        if engine.dialect.name == "sqlite":
            engine = open_rate_file(settings.data_dir / "rate-limits.sqlite3")
            stack.callback(engine.dispose)
        return SqlRateStore(engine, digest)
    store = RedisRateStore(settings.rate_store, digest)
    stack.callback(store.close)
    return store
