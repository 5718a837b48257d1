"""What keeps a service from starting, each said so that a person can act on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vantrexia_adapters.crypto import KeyRingError
from vantrexia_adapters.redis import RateStoreUnusableError
from vantrexia_adapters.secret_file import SecretFileError
from vantrexia_adapters.settings import PREFIX, Settings
from vantrexia_adapters.sql import SchemaError, StatementFailedError, UnsupportedDatabaseError


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


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the parts refuse into a start that is refused.

    Raises:
        StartRefusedError: key ring, schema, database, a file or the folder of it cannot be used as they are.
    """
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
    except PermissionError as denied:
        message = (
            f"This account may not use {denied.filename}. Run the command as the account that the service "
            "runs as."
        )
        raise StartRefusedError(message) from None
    except StatementFailedError as failed:
        message = f"The database cannot be read ({failed}). If its file is damaged, put your backup back."
        raise StartRefusedError(message) from None
