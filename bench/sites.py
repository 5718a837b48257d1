"""Large practices, loaded once and kept: on SQLite and PostgreSQL, sealed by us and, beside it, in plaintext."""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Final

import attrs
import psycopg
import sqlalchemy as sa

from plaintext import BTREE, TRIGRAM, Plaintext, PostgresqlPlaintext, SqlitePlaintext, row_of
from population import BLOCK, patients
from processes import postgresql
from questions import Question
from vantrexia_adapters.assembly import Service, migrate_database, open_service
from vantrexia_adapters.cli.console import with_progress
from vantrexia_adapters.crypto import (
    AesGcmFieldCipher,
    AesGcmSnapshotCipher,
    HmacBlindIndex,
    HmacRowSeal,
    KeyRing,
)
from vantrexia_adapters.settings import Settings
from vantrexia_adapters.sql import open_engine
from vantrexia_adapters.sql.database import Database
from vantrexia_adapters.sql.directory import SqlDirectoryStore
from vantrexia_adapters.sql.scope import Protection
from vantrexia_adapters.system import RandomIds, SystemClock
from vantrexia_core.kernel import Phi
from vantrexia_core.patients import DirectoryEntry, Listing, Patient, find

POSTGRESQL, SQLITE = "postgresql", "sqlite"
DATABASES: Final = (POSTGRESQL, SQLITE)
SERVER_SETTINGS: Final = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
"""The rest as shipped: fsync and synchronous_commit are on."""

_LOADED, _COPY = "practice", "practice_for_writing"
_FIRST_HAN_CHARACTER: Final = 0x4E00
_WORDS_BETWEEN: Final = 40


@attrs.frozen
class Site:
    """A practice in one database, with its plaintext twin."""

    name: str
    settings: Settings
    service: Service
    engine: sa.Engine
    store: SqlDirectoryStore
    plain: Plaintext

    def ask(self, question: Question) -> tuple[int, Sequence[Patient]]:
        """The exact count and the page's patients: the whole call of our repository, its trail aside."""
        desk, practice_id = self.service.desk, self.service.practice_id
        found = desk.directory.find(practice_id, question.as_listing())
        with desk.begin(practice_id) as work:
            page = work.patients.fetch(found.numbers, as_of=found.as_of)
        if page is None:
            message = "nobody else was to write meanwhile"
            raise RuntimeError(message)
        return found.count, page

    def ask_other_words(self) -> None:
        """Ask for so many words that nobody bears that the directory keeps no other word's positions."""
        for place in range(_WORDS_BETWEEN):
            listing = Listing(search=Phi(chr(_FIRST_HAN_CHARACTER + place)))
            self.service.desk.directory.find(self.service.practice_id, listing)

    def decrypt_everything(self, question: Question) -> tuple[int, Sequence[Patient]]:
        """The same answer by opening all names and numbers, as one would without a directory."""
        practice_id = self.service.practice_id
        rows = self.store.entries(practice_id, after=0)
        entries = (entry for _, entry in rows if isinstance(entry, DirectoryEntry))
        count, numbers = find(entries, question.as_listing())
        with self.service.desk.begin(practice_id) as work:
            return count, work.patients.fetch(numbers, as_of=self.store.head(practice_id).seq) or ()

    def add(self, some: Sequence[Patient]) -> None:
        """Store new patients: one unit of work, committed."""
        with self.service.desk.begin(self.service.practice_id) as work:
            if len(some) == 1:
                work.patients.add(some[0])
            else:
                work.patients.add_many(some)
            work.commit()

    def forget_snapshots(self) -> None:
        """Make the next start read the rows."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM directory_snapshot")

    def index_bytes(self) -> dict[str, int]:
        """What search and order take at rest: the newest snapshot, and the index of changes."""
        newest = "SELECT id FROM directory_snapshot ORDER BY as_of DESC LIMIT 1"
        snapshot = f"SELECT sum(length(sealed)) FROM directory_chunk WHERE snapshot_id = ({newest})"  # noqa: S608 - constant
        changes = {
            POSTGRESQL: "SELECT pg_relation_size('ix_patient_practice_id_seq')",
            SQLITE: "SELECT sum(pgsize) FROM dbstat WHERE name = 'ix_patient_practice_id_seq'",
        }[self.name]
        with self.engine.begin() as connection:
            return {
                name: int(connection.exec_driver_sql(statement).scalar() or 0)
                for name, statement in (("snapshot", snapshot), ("index of changes", changes))
            } | {way: self.plain.index_bytes(way) for way in (BTREE, TRIGRAM)}


@attrs.frozen
class Keep:
    """A folder in which loaded practices of one size stay, so that another run need not load them again."""

    folder: Path
    patients: int

    @contextmanager
    def site(self, name: str) -> Iterator[Site]:
        """A loaded practice."""
        with self._server(name) as url, _opened(name, self._data(name), url) as site:
            self._load(site)
            yield site

    @contextmanager
    def copy(self, name: str) -> Iterator[Site]:
        """A copy of a loaded practice, to be written to and thrown away."""
        with ExitStack() as stack:
            url, data = stack.enter_context(self._server(name)), self._data(name)
            if name == SQLITE:
                shutil.rmtree(self.folder / _COPY, ignore_errors=True)
                stack.callback(shutil.rmtree, self.folder / _COPY)
                data = Path(shutil.copytree(data, self.folder / _COPY))
            else:
                stack.enter_context(_copied(url))
                url = url.replace(f"/{_LOADED}?", f"/{_COPY}?")
            yield stack.enter_context(_opened(name, data, url))

    def loading(self, name: str) -> dict[str, float]:
        """How many rows were loaded and how long our store took for them."""
        file = self._data(name) / "loading.json"
        figures: dict[str, float] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return figures

    def _data(self, name: str) -> Path:
        return self.folder / f"{name}-{self.patients}"

    @contextmanager
    def _server(self, name: str) -> Iterator[str]:
        """The URL of the loaded database; with SQLite there is none to be said."""
        if name == SQLITE:
            yield ""
            return
        with postgresql(self.folder / f"server-{self.patients}", SERVER_SETTINGS) as cluster:
            with psycopg.connect(_plain_url(cluster.url), autocommit=True) as connection:
                if not connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [_LOADED]
                ).fetchone():
                    connection.execute(f"CREATE DATABASE {_LOADED}")
            yield cluster.url.replace("/postgres?", f"/{_LOADED}?")

    def _load(self, site: Site) -> None:
        """Load what is missing."""
        figures = self._data(site.name) / "loading.json"
        with site.engine.begin() as connection:
            loaded = int(connection.exec_driver_sql("SELECT count(*) FROM patient").scalar() or 0)
        seconds = 0.0
        blocks = -(-(self.patients - loaded) // BLOCK)
        people = patients(site.service.practice_id, self.patients, after=loaded)
        for _ in with_progress(range(blocks), total=blocks, label=f"Loading {site.name}"):
            block = list(islice(people, BLOCK))
            began = time.perf_counter()
            site.add(block)
            seconds += time.perf_counter() - began
        if blocks > 0:
            figures.write_text(
                json.dumps({"rows": self.patients - loaded, "seconds": seconds}), encoding="utf-8"
            )
        loaded = site.plain.loaded()
        blocks = -(-(self.patients - loaded) // BLOCK)
        people = patients(site.service.practice_id, self.patients, after=loaded)
        numbers = count(loaded + 1)
        for _ in with_progress(range(blocks), total=blocks, label=f"Loading {site.name} in plaintext"):
            site.plain.load([row_of(next(numbers), patient) for patient in islice(people, BLOCK)])
        site.plain.index()


@contextmanager
def _opened(name: str, data: Path, url: str) -> Iterator[Site]:
    settings = Settings(data_dir=data, database_url=url or None)
    if url:
        migrate_database(settings)
    with ExitStack() as stack:
        service = stack.enter_context(open_service(settings))
        plain = PostgresqlPlaintext(_plain_url(url)) if url else SqlitePlaintext(data / "plaintext.sqlite3")
        stack.enter_context(closing(plain))
        engine = open_engine(settings.url)
        stack.callback(engine.dispose)
        ring = KeyRing.open(settings.keyring_path, SystemClock())
        protection = Protection(AesGcmFieldCipher(ring), HmacBlindIndex(ring), HmacRowSeal(ring))
        store = SqlDirectoryStore(Database(engine), protection, AesGcmSnapshotCipher(ring), RandomIds())
        yield Site(name, settings, service, engine, store, plain)


@contextmanager
def _copied(url: str) -> Iterator[None]:
    """A copy of the loaded database beside it."""
    with psycopg.connect(
        _plain_url(url).replace(f"/{_LOADED}?", "/postgres?"), autocommit=True
    ) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_COPY} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {_COPY} TEMPLATE {_LOADED} STRATEGY FILE_COPY")
        connection.execute("CHECKPOINT")
    try:
        yield
    finally:
        with psycopg.connect(
            _plain_url(url).replace(f"/{_LOADED}?", "/postgres?"), autocommit=True
        ) as connection:
            connection.execute(f"DROP DATABASE {_COPY} WITH (FORCE)")


def _plain_url(url: str) -> str:
    return url.replace("postgresql+psycopg:", "postgresql:", 1)
