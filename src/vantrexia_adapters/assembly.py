"""The one place where the parts meet: settings in, a service out.

``open_service`` is the front door for an embedding program and for every command. It refuses to start on
anything that could lose data quietly: a database without its key ring, another database's key ring, a schema
that is older or newer than this version knows.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from random import SystemRandom
from ssl import create_default_context
from types import TracebackType
from typing import Final, Self, TypeVar

import attrs
from sqlalchemy import Engine, QueuePool, make_url

from vantrexia_adapters.backups import BackupSources, RestorePlace
from vantrexia_adapters.checkpoints import FolderCheckpoints, TrailKeeper
from vantrexia_adapters.crypto import (
    DEPLOYMENT,
    AesGcmFieldCipher,
    AesGcmSnapshotCipher,
    Argon2Passwords,
    AwsKmsKeyWrapper,
    HmacBlindIndex,
    HmacRowSeal,
    Kek,
    KeyCheck,
    KeyName,
    KeyRing,
    KeyRingError,
    KeyRingExistsError,
    KeyServiceError,
    Provider,
    RemoteKek,
    RingCheckpointKeys,
    RingEntry,
    RingSigningKeys,
    TransitAddress,
    TransitKeyWrapper,
    Wrappers,
    is_signed,
    open_kms,
    ring_pepper,
)
from vantrexia_adapters.custody import RingCustody, keep_checks
from vantrexia_adapters.directory import CandidateKeeper, DirectoryKeeper
from vantrexia_adapters.ecw import (
    CallBudget,
    ClientAssertions,
    ClientKeyError,
    ClientKeyFile,
    EcwConnection,
    EcwProtocol,
    EcwRoster,
)
from vantrexia_adapters.http import HttpTransport, checked_url, public_or
from vantrexia_adapters.mail import OutboxMailer, Postman, SmtpMailer
from vantrexia_adapters.memory import MemoryRateStore, MemoryRoster
from vantrexia_adapters.redis import RateStoreUnusableError, RedisRateStore
from vantrexia_adapters.sandbox import sandbox_ehr
from vantrexia_adapters.secret_file import SecretFileError, read_secret
from vantrexia_adapters.settings import (
    PREFIX,
    RATE_STORE_AUTO,
    RATE_STORE_DATABASE,
    RATE_STORE_MEMORY,
    EcwSource,
    KeyWrapping,
    Settings,
)
from vantrexia_adapters.smart import FetchedKeySets, SmartClientProofs
from vantrexia_adapters.sql import (
    SchemaError,
    SqlDesk,
    SqlRateStore,
    SqlTrailSource,
    StatementFailedError,
    StoredKeyCheck,
    UnsupportedDatabaseError,
    WritabilityCheck,
    add_first_practice,
    key_checks,
    migrate,
    open_engine,
    open_rate_file,
    practices,
    schema_state,
    unmade_unless_used,
    unsafe_settings,
)
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.system import RandomIds, RandomSecrets, SystemClock
from vantrexia_adapters.tokens import JwtTokens
from vantrexia_core.audit import Notary
from vantrexia_core.ehr import EhrRoster, NoRoster
from vantrexia_core.identity import Mailer, Round, answer_resets, tell_of_emergencies
from vantrexia_core.kernel import Clock, Email, IdSource, PracticeId, UnavailableError
from vantrexia_core.patients import compare_left_over
from vantrexia_core.protection import FieldName, KeyWrapper, SnapshotCipher
from vantrexia_core.throttling import RateStore

T = TypeVar("T")

HOME_PRACTICE_NAME: Final = "Home practice"
"""A fresh install has one practice, and nobody has to know the word."""


_LOG: Final = logging.getLogger(__name__)
_BUCKET: Final = FieldName("rate_window", "bucket")


class StartRefusedError(Exception):
    """The service does not start. The text says what is wrong and what to do."""


class DatabaseMissingError(StartRefusedError):
    """The key ring belongs to a practice, and the database knows none."""

    def __init__(self) -> None:
        super().__init__(
            "The key ring holds a practice's keys, but the database is empty. If it was lost, put its backup "
            "back (vantrexia restore); if you want to begin anew, move the key ring away first. Nothing was "
            "changed."
        )


class RestoreUnfinishedError(StartRefusedError):
    """A restore was begun here and has not come to its end."""

    def __init__(self, marker: Path) -> None:
        super().__init__(
            "A restore was cut off before its end, or is still going on. Run the same vantrexia restore "
            "again, of the same backup and with the same --accept-rollback: it goes on from where it was. If "
            "that backup is lost, empty the database and restore another one. Leave "
            f"{marker} where it is: it keeps what would be given up, and goes with the restore that comes to "
            "its end."
        )


class NoPracticeError(StartRefusedError):
    """There is no practice where the settings point to, and nobody asked for a new one."""

    def __init__(self, settings: Settings) -> None:
        there = settings.data_dir if settings.is_embedded else f"the database of {PREFIX}DATABASE_URL"
        super().__init__(
            f"There is no practice in {there}. Say where yours is: {PREFIX}DATA_DIR names its folder, "
            f"{PREFIX}DATABASE_URL its database, {PREFIX}CONFIG a file that says so. A new practice begins "
            "with vantrexia serve, or with vantrexia users create. Nothing was done."
        )


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


@attrs.frozen
class Service:
    """An assembled library: the desk that every use case takes, and the practice it works for.

    A program that runs for long enters `running`, or nothing is signed and no letter leaves while it runs;
    for one that ends soon it is enough to close the service. ``trail`` keeps the trail's checkpoints,
    ``postman`` sends letters, ``ring`` shows the keys and begins new ones.
    ``roster`` is the practice's EHR, as the settings say. ``check_ehr`` raises if it is known to be out, and
    is None where there is nothing to look at.
    """

    desk: SqlDesk
    practice_id: PracticeId
    settings: Settings
    mailer: Mailer
    trail: TrailKeeper
    ring: RingKeeper = attrs.field(repr=False)
    backup_sources: BackupSources = attrs.field(repr=False)
    _rates: Callable[[], RateStore] = attrs.field(repr=False)
    _close: Callable[[], None] = attrs.field(repr=False)
    check_database: Callable[[], None] = attrs.field(repr=False)
    roster: EhrRoster = attrs.field(factory=NoRoster, repr=False)
    check_ehr: Callable[[], None] | None = attrs.field(default=None, repr=False)
    connections_in_use: Callable[[], int] = attrs.field(default=lambda: 0, repr=False)
    postman: Postman = attrs.field(init=False, repr=False)

    @postman.default
    def _(self) -> Postman:
        return Postman(self.deliver_mail)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """From the start to the end of a program that runs for long; at its end the service is closed.

        Meanwhile checkpoints are published every ``checkpoint_seconds``, so that a process which is killed
        leaves nothing older unsigned; the newest part of the trail is verified every minute; letters leave;
        and who could not be compared while the candidates were out of reach is compared when they are back.
        To be entered once.
        """
        with self:
            self.desk.candidacy.when_loaded(partial(compare_left_over, self.desk))
            self.postman.start()
            self.trail.start()
            yield self

    def open_rates(self) -> RateStore:
        """Where requests are counted, for whoever serves the library over a network. Call it once.

        Raises:
            StartRefusedError: the store that the settings name cannot be used from here.
        """
        with _refusals():
            return self._rates()

    def published_keys(self) -> Sequence[Mapping[str, str]]:
        """The public halves of our keys at the EHR (RFC 7517); none before the first one was made.

        Raises:
            UnavailableError: there are keys, and they cannot be read.
        """
        return published_keys(self.settings)

    def deliver_mail(self) -> Round:
        """Send the letters that are due. While the service is `running` this happens by itself."""
        resets = answer_resets(self.desk, self.mailer, self.settings.password_reset_url)
        return resets.and_then(tell_of_emergencies(self.desk, self.mailer))

    def close(self) -> None:
        """Publish a last checkpoint; let go of the database, the store of counted requests and the EHR."""
        with ExitStack() as at_end:
            at_end.callback(self._close)
            at_end.callback(self.trail.stop)
            at_end.callback(self.postman.stop)

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
    with _refusals():
        mailer = _open_mailer(settings, clock, ids)
    roster = _open_roster(settings, clock, ids) if roster is None else roster
    with _refusals(), ExitStack() as stack:
        if isinstance(roster, EcwRoster):
            stack.callback(roster.close)
        if settings.restore_marker.exists():
            raise RestoreUnfinishedError(settings.restore_marker)
        engine = _open_database(settings)
        stack.callback(engine.dispose)
        if settings.is_embedded:
            migrate(engine)
        else:
            schema_state(engine).check_newest()
        if unsafe := unsafe_settings(engine):
            _LOG.warning("the database server may lose acknowledged changes: %s is off", " and ".join(unsafe))
        services = _KeyServices(settings)
        stack.callback(services.close)
        ring = _open_ring(settings, engine, clock, services)
        practice_id = _home_practice(engine, ring, clock, ids)
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
        with _refusals():
            stack.enter_context(unmade_unless_used(settings.url))
            engine = _open_database(settings)
        stack.callback(engine.dispose)
        services = _KeyServices(settings)
        stack.callback(services.close)
        yield RestorePlace(
            engine,
            settings.keyring_path,
            settings.ecw_keys_path,
            FolderCheckpoints(settings.checkpoints_path),
            settings.restore_marker,
            services,
        )


def published_keys(settings: Settings) -> Sequence[Mapping[str, str]]:
    """The public halves of our keys at the EHR, also before patients are imported from it.

    Raises:
        UnavailableError: there are keys, and they cannot be read.
    """
    try:
        return client_keys(settings).published() if settings.ecw_keys_path.exists() else ()
    except (ClientKeyError, OSError):
        # Their texts name a file of this machine.
        message = "Our keys cannot be read. An administrator finds the reason with: vantrexia keys ecw show"
        raise UnavailableError(message) from None


def client_keys(settings: Settings) -> ClientKeyFile:
    """Our keys at the EHR, where the settings say they are."""
    return ClientKeyFile(settings.ecw_keys_path, key_id=settings.ecw_key_id)


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


def _open_roster(settings: Settings, clock: Clock, ids: IdSource) -> EhrRoster:
    match settings.ecw_source:
        case EcwSource.NONE:
            return NoRoster()
        case EcwSource.SANDBOX:
            return MemoryRoster(sandbox_ehr())
        case EcwSource.FHIR:
            return _open_ecw(settings, clock, ids)


def _open_ecw(settings: Settings, clock: Clock, ids: IdSource) -> EcwRoster:
    base_url, client_id = settings.ecw_base_url, settings.ecw_client_id
    if base_url is None or client_id is None:
        message = (
            "VANTREXIA_ECW_SOURCE=fhir needs VANTREXIA_ECW_BASE_URL (the practice's own FHIR address) and "
            "VANTREXIA_ECW_CLIENT_ID."
        )
        raise StartRefusedError(message)
    connection = EcwConnection(
        base_url=_checked("ECW_BASE_URL", base_url),
        client_id=client_id,
        scopes=settings.ecw_scopes,
        token_url=_checked("ECW_TOKEN_URL", settings.ecw_token_url) if settings.ecw_token_url else None,
        identifier_system=settings.ecw_identifier_system,
        id_rule=settings.ecw_id_rule,
    )
    keys = client_keys(settings)
    try:
        keys.signing()
    except ClientKeyError as unusable:
        raise StartRefusedError(unusable.detail) from None
    protocol = EcwProtocol(
        connection,
        ClientAssertions(client_id, keys, ids),
        clock,
        budget=CallBudget(settings.ecw_calls_per_minute),
        jitter=SystemRandom().random,
    )
    return EcwRoster(protocol, HttpTransport(), clock, time.sleep)


def _checked(name: str, url: str) -> str:
    try:
        return checked_url(url)
    except ValueError as invalid:
        message = f"VANTREXIA_{name} {invalid}."
        raise StartRefusedError(message) from None


def _open_database(settings: Settings) -> Engine:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as refused:
        message = f"The data directory {settings.data_dir} cannot be created: {refused.strerror}."
        raise StartRefusedError(message) from None
    return open_engine(settings.url)


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


def _open_ring(settings: Settings, engine: Engine, clock: Clock, wrappers: Wrappers) -> KeyRing:
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


class _KeyServices:
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


def check_founded(settings: Settings) -> None:
    """Look whether there is a practice without making anything: neither a folder, nor a file, nor a table.

    Raises:
        NoPracticeError: there is none.
        DatabaseMissingError: there are the keys of one.
        RestoreUnfinishedError: it is being restored, or that was cut off.
        StartRefusedError: the database cannot be asked.
    """
    if settings.restore_marker.exists():
        # First: its key ring is there before its database is, and belongs to it.
        raise RestoreUnfinishedError(settings.restore_marker)
    with _refusals():
        is_founded = has_practice(settings)
    if not is_founded:
        raise DatabaseMissingError if settings.keyring_path.exists() else NoPracticeError(settings)


def has_practice(settings: Settings) -> bool:
    """Whether a practice is where the settings point; looking makes nothing."""
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return False
    engine = open_engine(settings.url)
    try:
        return schema_state(engine).current is not None and bool(practices(engine))
    finally:
        engine.dispose()


def _home_practice(engine: Engine, ring: KeyRing, clock: Clock, ids: IdSource) -> PracticeId:
    known = practices(engine)
    if known:
        ring.compare_checks(_kept(check) for check in key_checks(engine))
        # One that left stays in the table, and so does what it can be proved to have done.
        practice_id = next((one for one in known if not ring.is_destroyed(one)), known[0])
    else:
        if ring.has_practices():
            # The ring outlives a database that was deleted, emptied or mistyped: that is no first start.
            raise DatabaseMissingError
        practice_id = add_first_practice(engine, PracticeId(ids.new_id()), HOME_PRACTICE_NAME, at=clock.now())
    ring.ensure_scope(DEPLOYMENT)
    if not ring.is_destroyed(practice_id):
        ring.ensure_scope(practice_id)
    keep_checks(engine, ring)
    # Once more: of two first starts at once, each with a ring of its own, one has kept its checks before us.
    ring.compare_checks(_kept(check) for check in key_checks(engine))
    return practice_id


def _kept(check: StoredKeyCheck) -> KeyCheck:
    return KeyCheck(KeyName(check.scope, check.purpose, check.version), check.value)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (
        KeyRingError,
        RateStoreUnusableError,
        SchemaError,
        SecretFileError,
        UnsupportedDatabaseError,
    ) as refused:
        raise StartRefusedError(str(refused)) from None
    except StatementFailedError as failed:
        message = f"The database cannot be read ({failed}). If its file is damaged, put your backup back."
        raise StartRefusedError(message) from None
