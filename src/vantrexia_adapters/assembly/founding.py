"""The database that the settings name, and whether a practice is in it: looked for, or founded."""

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, make_url

from vantrexia_adapters.assembly.refusals import (
    DatabaseMissingError,
    NoPracticeError,
    RestoreUnfinishedError,
    StartRefusedError,
    refusals,
)
from vantrexia_adapters.crypto import DEPLOYMENT, KeyCheck, KeyName, KeyRing
from vantrexia_adapters.custody import keep_checks
from vantrexia_adapters.settings import Settings
from vantrexia_adapters.sql import (
    StoredKeyCheck,
    add_first_practice,
    key_checks,
    migrate,
    open_engine,
    practices,
    schema_state,
)
from vantrexia_core.kernel import Clock, IdSource, PracticeId

HOME_PRACTICE_NAME: Final = "Home practice"
"""A fresh install has one practice, and nobody has to know the word."""


def open_database(settings: Settings) -> Engine:
    """The database; the data directory is made if it is missing.

    Raises:
        StartRefusedError: the directory cannot be made.
        UnsupportedDatabaseError: see `open_engine`.
    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as refused:
        message = f"The data directory {settings.data_dir} cannot be created: {refused.strerror}."
        raise StartRefusedError(message) from None
    return open_engine(settings.url)


def migrate_database(settings: Settings) -> str:
    """Bring the schema to the newest version and say what was done.

    Raises:
        StartRefusedError: the database cannot be reached, or is newer than this version knows.
    """
    with refusals():
        engine = open_database(settings)
        try:
            return migrate(engine)
        finally:
            engine.dispose()


def check_founded(settings: Settings) -> None:
    """Look whether there is a practice without making anything: neither a folder, nor a file, nor a table.

    Raises:
        NoPracticeError: there is none.
        DatabaseMissingError: there are the keys of one.
        RestoreUnfinishedError: it is being restored, or that was cut off.
        StartRefusedError: the database cannot be asked.
    """
    with refusals():
        if settings.restore_marker.exists():
            # First: its key ring is there before its database is, and belongs to it.
            raise RestoreUnfinishedError(settings.restore_marker)
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


def home_practice(engine: Engine, ring: KeyRing, clock: Clock, ids: IdSource) -> PracticeId:
    """The practice that the service works for, with its keys; founded if there is none yet.

    Raises:
        DatabaseMissingError: there are the keys of one.
        WrongKeyRingError: the ring belongs to another database.
    """
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
