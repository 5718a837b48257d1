"""Settings: read once from the environment and an optional TOML file, validated, then frozen.

Every setting is ``VANTREXIA_`` and its name in capitals; ``VANTREXIA_CONFIG`` names a TOML file that holds
the same names in lower case. The environment wins. An unknown name or a malformed value stops the start and
says which: a typo in a setting that is silently ignored is how services end up unprotected.
"""

import os
import re
import stat
import tomllib
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import attrs

from vantrexia_core.kernel import Email, InvalidValueError
from vantrexia_core.throttling import PUBLISHED, Limit, Limits

_WITH_PASSWORD: Final = frozenset({"database_url", "rate_store"})
"""Settings that are URLs, in which a password may stand."""

PREFIX: Final = "VANTREXIA_"
CONFIG: Final = "config"

ACCESS_TTL_SECONDS_DEFAULT: Final = 900
REFRESH_TTL_SECONDS_DEFAULT: Final = 86_400
_PORT_MAX: Final = 65_535
ECW_CALLS_PER_MINUTE_DEFAULT: Final = 250


RATE_STORE_AUTO: Final = "auto"
RATE_STORE_MEMORY: Final = "memory"
RATE_STORE_DATABASE: Final = "database"

Network = IPv4Network | IPv6Network
E = TypeVar("E", bound=Enum)


class SettingsError(Exception):
    """A setting is unknown or malformed. The text names it and says what is expected, never its value."""


class SmtpSecurity(Enum):
    """How a connection to a mail server becomes safe (RFC 8314). There is no third way."""

    STARTTLS = "starttls"
    """It begins in clear and is refused unless it turns into TLS before anything is said (port 587)."""
    TLS = "tls"
    """It is TLS from the first byte (port 465)."""


class LogLevel(Enum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class KeyWrapping(Enum):
    """What the keys of the key ring are wrapped by."""

    FILE = "file"
    """A key in the key ring's own file: its protection is the file's mode and the disk's encryption."""
    AWS_KMS = "aws-kms"
    TRANSIT = "transit"
    """The transit engine of HashiCorp Vault or OpenBao."""


class EcwSource(Enum):
    """Where patients are imported from."""

    NONE = "none"
    SANDBOX = "sandbox"
    FHIR = "fhir"


class EcwIdRule(Enum):
    """How an id that somebody asks for is found in eClinicalWorks."""

    LOGICAL_FIRST = "logical-first"
    """As the logical id of a Patient, then as one of its identifiers."""
    LOGICAL = "logical"
    """As the logical id only."""
    IDENTIFIER = "identifier"
    """As an identifier only (the account number that staff see)."""


def _text(value: str) -> str:
    if not value.strip():
        message = "may not be blank"
        raise ValueError(message)
    return value.strip()


def _seconds(value: str) -> int:
    if re.fullmatch(r"[0-9]{1,7}", value) is None or int(value) == 0:
        message = "must be a whole number of seconds above 0"
        raise ValueError(message)
    return int(value)


def _count(value: str) -> int:
    if re.fullmatch(r"[0-9]{1,15}", value) is None or int(value) == 0:
        message = "must be a whole number above 0"
        raise ValueError(message)
    return int(value)


def _port(value: str) -> int:
    if re.fullmatch(r"[0-9]{1,5}", value) is None or not 0 < int(value) <= _PORT_MAX:
        message = "must be a port, 1 to 65535"
        raise ValueError(message)
    return int(value)


def _address(value: str) -> str:
    try:
        return Email(value).reveal()
    except InvalidValueError:
        message = "must be an email address"
        raise ValueError(message) from None


def _one_of(kind: type[E]) -> Callable[[str], E]:
    """A parser of the values of an enum, in whatever case they are written."""

    def parse(value: str) -> E:
        try:
            return kind(value.strip().lower())
        except ValueError:
            message = f"must be one of {', '.join(str(member.value) for member in kind)}"
            raise ValueError(message) from None

    return parse


def _calls(value: str) -> int:
    calls = _count(value)
    if calls > ECW_CALLS_PER_MINUTE_DEFAULT:
        message = f"must be at most {ECW_CALLS_PER_MINUTE_DEFAULT}, which is what eClinicalWorks grants"
        raise ValueError(message)
    return calls


def _public_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        message = "must be an absolute http or https URL without query, such as https://app.example.org"
        raise ValueError(message)
    return value.strip().rstrip("/")


def _limit(value: str) -> Limit:
    try:
        return Limit.parse(value)
    except InvalidValueError as malformed:
        raise ValueError(str(malformed)) from None


def _rate_store(value: str) -> str:
    value = value.strip()
    if value in {RATE_STORE_AUTO, RATE_STORE_MEMORY, RATE_STORE_DATABASE}:
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        message = "must be auto, memory, database, or a URL such as redis://host:6379/0"
        raise ValueError(message)
    return value


def _networks(value: str) -> tuple[Network, ...]:
    message = (
        "must be addresses or networks separated by commas, such as 10.0.0.7, 192.0.2.0/28 (the bits behind "
        "a network's mask zero)"
    )
    try:
        networks = tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError(message) from None
    if not networks:
        raise ValueError(message)
    if any(network.prefixlen == 0 for network in networks):
        message = "may not be the whole Internet: name those networks alone that you know"
        raise ValueError(message)
    return networks


def _yes_or_no(value: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    try:
        return answers[value.strip().lower()]
    except KeyError:
        message = "must be yes or no"
        raise ValueError(message) from None


def _path(value: str) -> Path:
    return Path(_text(value)).expanduser()


def _setting(parse: Any, meaning: str, default: Any) -> Any:  # noqa: ANN401 - attrs.field is typed this way
    return attrs.field(default=default, metadata={"parse": parse, "meaning": meaning})


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that can be set from outside. Paths, and the database, default into ``data_dir``."""

    database_url: str | None = attrs.field(
        default=None,
        repr=False,
        metadata={
            "parse": _text,
            "meaning": "SQLAlchemy URL of the database: SQLite or PostgreSQL (postgresql+psycopg://…). "
            "Default: an embedded SQLite file in the data directory",
        },
    )
    data_dir: Path = _setting(
        _path,
        "embedded database, key ring, audit checkpoints; created with mode 0700",
        Path("vantrexia-data"),
    )
    keyring: Path | None = _setting(
        _path, "the key ring file, mode 0600. Default: keyring.json in the data directory", None
    )
    key_wrapping: KeyWrapping | None = _setting(
        _one_of(KeyWrapping),
        "what wraps the keys of the key ring: file (a key in the ring's own file), aws-kms, or transit "
        "(Vault, OpenBao). A ring that is wrapped otherwise is refused. Default: file for a new ring, and "
        "whatever an existing one says",
        None,
    )
    allow_practice_destruction: bool = _setting(
        _yes_or_no,
        "whether `vantrexia keys destroy-practice` may make a practice that left unreadable for good",
        False,  # noqa: FBT003 - a default
    )
    backup_key_file: Path | None = _setting(
        _path,
        "the backup key file, mode 0600, made by `vantrexia keys create-backup-key`; --key-file wins",
        None,
    )
    kms_key_id: str | None = _setting(
        _text,
        "the symmetric key at AWS KMS: its ARN; the service needs kms:Encrypt and kms:Decrypt",
        None,
    )
    kms_region: str | None = _setting(
        _text, "the key's region. Default: what AWS's own settings and credentials say", None
    )
    kms_endpoint_url: str | None = _setting(
        _public_url, "another address of KMS, such as a VPC endpoint's. Default: the region's own", None
    )
    transit_url: str | None = _setting(
        _text, "the address of Vault or OpenBao, such as https://vault.example.org:8200", None
    )
    transit_mount: str = _setting(_text, "where its transit engine is mounted", "transit")
    transit_key: str | None = _setting(_text, "the name of the key there", None)
    transit_token_file: Path | None = _setting(
        _path, "the file that holds our token there, readable by its owner alone; read for every call", None
    )
    transit_namespace: str | None = _setting(_text, "the namespace there, if it has any", None)
    transit_ca_file: Path | None = _setting(
        _path, "certificates (PEM) to trust there instead of the system's", None
    )
    public_url: str = _setting(
        _public_url, "base of the links in answers; never taken from the Host header", "http://127.0.0.1:8000"
    )
    access_ttl_seconds: int = _setting(_seconds, "how long an access token lives", ACCESS_TTL_SECONDS_DEFAULT)
    refresh_ttl_seconds: int = _setting(
        _seconds, "how long a refresh token lives", REFRESH_TTL_SECONDS_DEFAULT
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        _networks, "addresses and networks whose `X-Forwarded-For` is believed, separated by commas", ()
    )
    limit_user: Limit = _setting(_limit, "requests of an account", PUBLISHED.user)
    limit_anonymous: Limit = _setting(
        _limit, "requests of an address (IPv6: of a /64) without a valid token", PUBLISHED.anonymous
    )
    limit_auth: Limit = _setting(
        _limit, "sign-ins and the like, by address and by the account they are for", PUBLISHED.auth
    )
    limit_webhook: Limit = _setting(_limit, "messages of an integration", PUBLISHED.webhook)
    limit_ingestion: Limit = _setting(_limit, "readings delivered by an account", PUBLISHED.ingestion)
    rate_store: str = attrs.field(
        default=RATE_STORE_AUTO,
        repr=False,
        metadata={
            "parse": _rate_store,
            "meaning": "where requests are counted: `memory` (one process), `database`, or a URL of a Redis "
            "(`redis://…`, `rediss://…`); `auto` is memory for one process and the database for several",
        },
    )
    directory_patients_max: int = _setting(
        _count, "patients a practice's directory may hold in memory (about 60 bytes each)", 5_000_000
    )
    directory_bytes_max: int = _setting(
        _count, "memory for the directories of all practices in one process, in bytes", 1 << 30
    )
    matching: bool = _setting(
        _yes_or_no,
        "whether records are compared with the others when they are created, changed or imported, and whom "
        "they resemble is put up for review: yes or no",
        True,  # noqa: FBT003 - a default
    )
    matching_bytes_max: int = _setting(
        _count,
        "memory for finding the same person among the records of all practices in one process, in bytes "
        "(about 70 a patient)",
        1 << 30,
    )
    smtp_host: str | None = _setting(
        _text,
        "the mail server that letters leave by. Default: none, and letters are files in outbox/ of the data "
        "directory",
        None,
    )
    smtp_port: int = _setting(_port, "its port", 587)
    smtp_security: SmtpSecurity = _setting(
        _one_of(SmtpSecurity), "starttls or tls; nothing is ever sent in clear", SmtpSecurity.STARTTLS
    )
    smtp_username: str | None = _setting(
        _text, "the account to sign in with, if the server asks for one", None
    )
    smtp_password_file: Path | None = _setting(
        _path, "the file that holds its password, readable by its owner alone", None
    )
    smtp_ca_file: Path | None = _setting(_path, "certificates (PEM) to trust instead of the system's", None)
    mail_from: str | None = _setting(
        _address, "the address that letters come from; required with SMTP_HOST", None
    )
    password_reset_url: str | None = _setting(
        _public_url,
        "the page of your application where people choose a new password; it gets uid and token behind the "
        "number sign. Default: none, and letters name the two",
        None,
    )
    checkpoints: Path | None = _setting(
        _path,
        "folder of the audit trail's checkpoints. Default: checkpoints in the data directory",
        None,
    )
    checkpoint_seconds: int = _setting(_seconds, "how often the audit trail gets a checkpoint", 5)
    ecw_source: EcwSource = _setting(
        _one_of(EcwSource),
        "where patients are imported from: none, sandbox (made-up patients) or fhir (eClinicalWorks)",
        EcwSource.NONE,
    )
    ecw_base_url: str | None = _setting(
        _text,
        "the practice's FHIR R4 address at eClinicalWorks, with its practice code. No default, on purpose",
        None,
    )
    ecw_token_url: str | None = _setting(
        _text, "where tokens are asked for. Default: what the FHIR server's SMART configuration names", None
    )
    ecw_client_id: str | None = _setting(_text, "our client id, as eClinicalWorks registered it", None)
    ecw_private_key_file: Path | None = _setting(
        _path, "our keys there, PEM, mode 0600. Default: ecw-keys.pem in the data directory", None
    )
    ecw_key_id: str | None = _setting(
        _text, "the name (kid) of the key that signs. Default: its thumbprint (RFC 7638)", None
    )
    ecw_scopes: str = _setting(
        _text, "the scopes that tokens are asked for, separated by blanks", "system/Patient.read"
    )
    ecw_id_rule: EcwIdRule = _setting(
        _one_of(EcwIdRule),
        "how an id is found there: logical (as Patient id), identifier (as account number), or "
        "logical-first (one after the other)",
        EcwIdRule.LOGICAL_FIRST,
    )
    ecw_identifier_system: str | None = _setting(
        _text, "the system of the identifiers that count. Default: any of eClinicalWorks' own", None
    )
    ecw_calls_per_minute: int = _setting(
        _calls,
        "calls that one process may make there in a clock minute; divide it among several workers",
        ECW_CALLS_PER_MINUTE_DEFAULT,
    )
    jwks_networks: tuple[Network, ...] = _setting(
        _networks,
        "private addresses and networks that machine clients' keys may be fetched from as well, separated by "
        "commas. Default: the public Internet alone",
        (),
    )
    metrics_port: int | None = _setting(
        _port,
        "the port where `serve` answers monitoring with OpenMetrics (`/metrics`), apart from the API and "
        "without sign-in. Default: none",
        None,
    )
    metrics_host: str = _setting(
        _text, "the address of that port; let nobody but your monitoring reach it", "127.0.0.1"
    )
    otlp_endpoint: str | None = _setting(
        _public_url,
        "the OpenTelemetry collector's URL for traces (OTLP over HTTP), such as "
        "http://127.0.0.1:4318/v1/traces. Default: none, and no traces",
        None,
    )
    log_level: LogLevel = _setting(
        _one_of(LogLevel), "JSON lines on standard error, never PHI", LogLevel.INFO
    )

    @property
    def limits(self) -> Limits:
        """The rate limits in force."""
        return Limits(
            self.limit_user, self.limit_anonymous, self.limit_auth, self.limit_webhook, self.limit_ingestion
        )

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the SQLite file in the data directory, which nobody else administers."""
        return self.database_url is None

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'vantrexia.sqlite3'}"

    @property
    def keyring_path(self) -> Path:
        """The key ring file in force."""
        return self.keyring or self.data_dir / "keyring.json"

    @property
    def outbox_path(self) -> Path:
        """Where letters lie if there is no mail server."""
        return self.data_dir / "outbox"

    @property
    def checkpoints_path(self) -> Path:
        """The folder of checkpoints in force."""
        return self.checkpoints or self.data_dir / "checkpoints"

    @property
    def restore_marker(self) -> Path:
        """A file that is there while a restore is not finished."""
        return self.data_dir / "restore-unfinished"

    @property
    def ecw_keys_path(self) -> Path:
        """The file of our keys at eClinicalWorks in force."""
        return self.ecw_private_key_file or self.data_dir / "ecw-keys.pem"

    def as_environment(self) -> dict[str, str]:
        """The same settings as environment variables, for worker processes."""
        return {
            PREFIX + field.name.upper(): spelled(value)
            for field in attrs.fields(Settings)
            if (value := getattr(self, field.name)) not in {None, ()}
        }


def spelled(value: object) -> str:
    """A setting's value as the environment spells it."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value.value if isinstance(value, Enum) else value)


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from ``environment`` (by default the process's own) and the TOML file it names.

    Raises:
        SettingsError: a setting is unknown or malformed, or the file cannot be read.
    """
    environment = os.environ if environment is None else environment
    given = {
        name.removeprefix(PREFIX).lower(): (text, name)
        for name, text in environment.items()
        if name.startswith(PREFIX)
    }
    config, _ = given.pop(CONFIG, (None, None))
    if config is not None:
        given = _from_file(Path(config)) | given
    fields = {field.name: field for field in attrs.fields(Settings)}
    values: dict[str, Any] = {}
    for name, (text, source) in given.items():
        if name not in fields:
            message = f"{source}: there is no such setting. See the settings reference for those that exist."
            raise SettingsError(message)
        try:
            values[name] = fields[name].metadata["parse"](text)
        except ValueError as invalid:
            message = f"{source} {invalid}."
            raise SettingsError(message) from None
    return Settings(**values)


def _check_file(path: Path, names: Collection[str]) -> None:
    """Refuse a file that others may change, or in which they may read a password.

    Raises:
        SettingsError: the text says what to do.
    """
    mode = path.stat().st_mode
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{path} can be changed by others than its owner. Correct it with: chmod go-w {path}"
        raise SettingsError(message)
    if mode & stat.S_IROTH and not _WITH_PASSWORD.isdisjoint(names):
        message = f"{path} may hold a password, and everybody can read it. Correct it with: chmod o= {path}"
        raise SettingsError(message)


def _from_file(path: Path) -> dict[str, tuple[str, str]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as unreadable:
        message = (
            f"{PREFIX}CONFIG names a file that cannot be read as TOML ({type(unreadable).__name__}): {path}"
        )
        raise SettingsError(message) from None
    _check_file(path, content)
    settings: dict[str, tuple[str, str]] = {}
    for name, value in content.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            message = f"{path}: {name} must be a string or a whole number."
            raise SettingsError(message)
        settings[name] = (str(value), f"{path}: {name}")
    return settings
