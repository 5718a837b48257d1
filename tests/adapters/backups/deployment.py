"""Deployments that are backed up, and empty places for them to come back to."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import attrs
import sqlalchemy as sa

from tests.adapters.sql.everything import another_process, fill, read
from tests.adapters.sql.site import Site
from tests.builders import NOW, a_new_patient, an_actor
from tests.desks import SqlHouse
from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.backups import (
    BackupSources,
    Contents,
    Progress,
    Restored,
    RestorePlace,
    restore_backup,
    write_backup,
)
from vantrexia_adapters.backups.content import FrameKind, frame, frames
from vantrexia_adapters.backups.reading import unseen
from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.crypto import (
    BackupKey,
    KeyRing,
    RingCheckpointKeys,
    SealedReader,
    SealedWriter,
    is_signed,
)
from vantrexia_adapters.crypto.ring_state import no_service
from vantrexia_adapters.custody import keep_checks
from vantrexia_adapters.sql import Outline, SqlDesk, SqlTrailSource, open_engine, outline
from vantrexia_adapters.sql.schema import upgrade
from vantrexia_adapters.sql.tables import metadata
from vantrexia_core.audit import Checkpoint, Inspection, Inspector, Notary, RollbackReason
from vantrexia_core.kernel import Origin, PatientId
from vantrexia_core.patients import register_patient

KEY = BackupKey(bytes(range(32)))
OLDER = "0018"
ORIGIN = Origin(address="console:test")


class Deployment:
    """A database with something in every table, its key ring and its checkpoints."""

    def __init__(self, url: str, folder: Path) -> None:
        self.site = Site(url, folder)
        self.folder = folder
        keep_checks(self.site.engine, self.site.house.ring)
        keys = RingCheckpointKeys(self.site.house.ring)
        self.sources = BackupSources(
            self.site.engine,
            self.site.house.ring.path,
            folder / "ecw-keys.pem",
            FolderCheckpoints(folder / "checkpoints"),
            keys,
        )
        self.notary = Notary(SqlTrailSource(self.site.engine), self.sources.checkpoints, keys, is_signed)
        self.patients: list[PatientId] = []

    def fill(self) -> None:
        """Something in every table, and a checkpoint over the trail."""
        self.patients = fill(self.site)
        with self.site.engine.begin() as connection:
            for table in metadata.sorted_tables:
                only = table.info.get("only", connection.dialect.name)
                if only == connection.dialect.name and not _count(connection, table):
                    connection.execute(sa.insert(table).values(_made_up(connection, table)))
        self.publish()

    def publish(self) -> Checkpoint:
        """Sign the trail."""
        checkpoint = self.notary.publish(NOW, is_patient=True)
        assert checkpoint is not None
        return checkpoint

    def back_up(self, name: str = "it.backup", **options: Any) -> tuple[Path, Contents]:
        """A backup, and what it says of itself."""
        path = self.folder / name
        return path, write_backup(path, KEY, self.sources, at=NOW, software="tests", **options)

    def rows(self) -> dict[str, list[Any]]:
        """All rows of all tables that are backed up."""
        return rows_of(self.site.engine)

    def read(self) -> list[object]:
        """All that can be read, through use cases."""
        return read(self.site.desk, self.site.here, self.patients)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.site.__exit__(kind, error, trace)


class EmptyPlace:
    """Where a backup goes."""

    def __init__(self, url: str, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._stack = ExitStack()
        self.url = url
        self.engine = open_engine(url)
        self._stack.callback(self.engine.dispose)
        self.folder = folder
        self.place = RestorePlace(
            self.engine,
            folder / "keyring.json",
            folder / "ecw-keys.pem",
            FolderCheckpoints(folder / "checkpoints"),
            folder / "restore-unfinished",
            no_service,
        )

    def restore(
        self,
        path: Path,
        *,
        key: BackupKey = KEY,
        kept: Sequence[bytes] = (),
        reason: RollbackReason | None = None,
        progress: Progress = unseen,
    ) -> Restored:
        """Fill it."""
        return restore_backup(
            path,
            key,
            self.place,
            clock=ManualClock(),
            ids=CountedIds("epochs"),
            origin=ORIGIN,
            kept=kept,
            reason=reason,
            progress=progress,
        )

    def name(self, engine: sa.Engine) -> None:
        """Let another database be the one to fill."""
        self._stack.callback(engine.dispose)
        self.engine, self.place = engine, attrs.evolve(self.place, engine=engine)

    def rows(self) -> dict[str, list[Any]]:
        """All rows of all tables that are backed up."""
        return rows_of(self.engine)

    def is_untouched(self) -> bool:
        """Whether nothing is stored, and no file but the database was made."""
        there = {path.name for path in self.folder.iterdir() if not path.name.startswith("vantrexia.sqlite3")}
        with self.engine.connect() as connection:
            tables = sa.inspect(connection).get_table_names()
            is_empty = not any(
                connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table)))
                for table in set(tables) - {"alembic_version", "audit_head"}
            )
        return is_empty and there <= {"checkpoints"}

    def desk(self) -> SqlDesk:
        """A desk on what was restored."""
        house = object.__new__(SqlHouse)
        ring = KeyRing.open(self.place.ring_path, ManualClock())
        house.__dict__.update(engine=self.engine, _ring=ring)
        return house.desk(ids=CountedIds("restored"))

    def inspect(self, *kept: bytes) -> Inspection:
        """Verify the trail."""
        ring = KeyRing.open(self.place.ring_path, ManualClock())
        keys = RingCheckpointKeys(ring).verifiers()
        source = SqlTrailSource(self.engine)
        return Inspector(source, self.place.checkpoints, keys, is_signed).inspect(kept=kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def rows_of(engine: sa.Engine) -> dict[str, list[Any]]:
    """All rows of all tables that are backed up, in an order that does not depend on the database."""
    copied = {table.name for table in outline().tables}
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for table in metadata.sorted_tables
            if table.name in copied
        }


def outline_at(revision: str) -> Outline:
    """What a backup of a version with this schema holds."""
    scratch = sa.create_engine("sqlite://")
    with scratch.begin() as connection:
        upgrade(connection, revision)
        there = sa.inspect(connection)
        names = {name: {one["name"] for one in there.get_columns(name)} for name in there.get_table_names()}
    scratch.dispose()
    return Outline(
        revision,
        tuple(
            attrs.evolve(table, columns=tuple(one for one in table.columns if one[0] in names[table.name]))
            for table in outline().tables
            if table.name in names
        ),
    )


def frames_of(path: Path) -> list[tuple[FrameKind, bytes]]:
    """All that lies inside a backup."""
    with path.open("rb") as file:
        return list(frames(SealedReader(file, KEY)))


def sealed(inside: Iterable[tuple[FrameKind, bytes]], path: Path) -> Path:
    """A backup as whoever has its key can make one."""
    with path.open("wb") as file:
        writer = SealedWriter(file, KEY)
        for kind, payload in inside:
            writer.write(frame(kind, payload))
        writer.finish()
    return path


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _made_up(connection: sa.Connection, table: sa.Table) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.foreign_keys:
            (foreign,) = column.foreign_keys
            values[column.name] = connection.scalar(sa.select(foreign.column).limit(1))
        else:
            values[column.name] = _A_VALUE[column.type.python_type]
    return values


_A_VALUE: dict[type, Any] = {
    int: 7,
    str: "word",
    bytes: bytes(range(32)),
    bool: True,
    float: 2.5,
    UUID: UUID(int=9, version=4),
    object: NOW,  # a decorated type: `Instant`
}


@attrs.frozen
class Backup:
    """A backup, where it was taken, and what was there at that moment."""

    here: Deployment
    path: Path
    contents: Contents
    rows: dict[str, list[Any]]
    told: list[object]

    @classmethod
    def of(cls, here: Deployment) -> "Backup":
        """Take one."""
        told = here.read()
        here.publish()
        path, contents = here.back_up()
        return cls(here, path, contents, here.rows(), told)

    def newer(self, series: str) -> bytes:
        """The checkpoint of a trail that has gone on since the backup, as an auditor keeps it."""
        register_patient(another_process(self.here.site, series), an_actor(), a_new_patient(last="Newer"))
        self.here.publish()
        note = self.here.sources.checkpoints.newest()
        assert note is not None
        return note
