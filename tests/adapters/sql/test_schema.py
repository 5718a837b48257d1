"""Migrations: they end where the tables are, run once, and never half."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contracts.stores import at_once
from tests.databases import PostgresqlServer
from vantrexia_adapters.sql import NewerSchemaError, OlderSchemaError, migrate, open_engine, schema_state
from vantrexia_adapters.sql.migrations import REVISIONS
from vantrexia_adapters.sql.tables import metadata

NEWEST = REVISIONS[-1]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that nobody has migrated."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.database(is_migrated=False) as url:
        yield url


@pytest.fixture
def engine(empty: str) -> Iterator[sa.Engine]:
    """An engine on it."""
    engine = open_engine(empty)
    yield engine
    engine.dispose()


def _sqlite_schema(engine: sa.Engine) -> set[str]:
    with engine.connect() as connection:
        statements = connection.scalars(sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
        plain = {re.sub(r"\s+", " ", statement) for statement in statements}
    return {statement for statement in plain if "TRIGGER" not in statement and "alembic" not in statement}


def _postgresql_schema(engine: sa.Engine) -> set[tuple[object, ...]]:
    columns = """SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
        FROM information_schema.columns WHERE table_schema = 'public'"""
    constraints = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace"""
    indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    with engine.connect() as connection:
        rows = {
            tuple(row)
            for question in (columns, constraints, indexes)
            for row in connection.execute(sa.text(question))
        }
    return {row for row in rows if "alembic" not in str(row)}


def _schema(engine: sa.Engine) -> set[object]:
    return set(_sqlite_schema(engine) if engine.dialect.name == "sqlite" else _postgresql_schema(engine))


def test_the_migrations_end_at_the_tables(engine: sa.Engine, tmp_path: Path, request: pytest.FixtureRequest):
    """Columns, types, keys, checks, indexes: what the migrations made is what the statements rely on."""
    migrate(engine)
    tables = [
        table
        for table in metadata.sorted_tables
        if table.info.get("only", engine.dialect.name) == engine.dialect.name
    ]
    if engine.dialect.name == "sqlite":
        described = open_engine(f"sqlite:///{tmp_path / 'described.sqlite3'}")
        metadata.create_all(described, tables)
        expected = _schema(described)
        described.dispose()
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        with server.database(is_migrated=False) as url:
            described = open_engine(url)
            metadata.create_all(described, tables)
            expected = _schema(described)
            described.dispose()
    assert _schema(engine) == expected
    assert len(expected) >= len(tables)


def test_a_second_migration_finds_nothing_to_do(engine: sa.Engine):
    """The sentence says what happened, both times."""
    assert migrate(engine) == f"The schema went from version nothing to {NEWEST}."
    before = _schema(engine)
    assert migrate(engine) == f"The schema is at version {NEWEST} already; nothing was done."
    assert _schema(engine) == before
    schema_state(engine).check_newest()


def test_an_empty_database_waits_for_its_migration(engine: sa.Engine):
    """The refusal names the command to run."""
    with pytest.raises(OlderSchemaError, match="vantrexia migrate"):
        schema_state(engine).check_newest()


def test_a_newer_schema_is_left_alone(engine: sa.Engine):
    """A database that a newer version has migrated is neither used nor migrated back."""
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchemaError, match="newer version"):
        schema_state(engine).check_newest()
    with pytest.raises(NewerSchemaError):
        migrate(engine)


def test_a_migration_that_fails_leaves_nothing(engine: sa.Engine):
    """A step that cannot be done undoes those before it: DDL is transactional on both databases."""
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE key_check (in_the_way INTEGER)"))
    before = _schema(engine)
    with pytest.raises(Exception, match=r"Duplicate|OperationalError"):
        migrate(engine)
    assert _schema(engine) == before
    assert schema_state(engine).current is None


def test_simultaneous_migrations_take_turns(empty: str):
    """One does it, the others find it done."""
    engines = [open_engine(empty) for _ in range(4)]
    said = at_once([lambda engine=engine: migrate(engine) for engine in engines])
    for engine in engines:
        engine.dispose()
    assert sorted(said) == [f"The schema is at version {NEWEST} already; nothing was done."] * 3 + [
        f"The schema went from version nothing to {NEWEST}."
    ]


def test_simultaneous_migrations_of_several_processes_take_turns(empty: str):
    """As when every worker of a service migrates at its start."""
    code = "import sys; from vantrexia_adapters.sql import *; print(migrate(open_engine(sys.argv[1])))"
    processes = [
        subprocess.Popen([sys.executable, "-c", code, empty], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = sorted(process.communicate()[0].strip() for process in processes)
    assert [sentence.split(";")[0] for sentence in said] == [
        f"The schema is at version {NEWEST} already",
        f"The schema is at version {NEWEST} already",
        f"The schema went from version nothing to {NEWEST}.",
    ]


def test_the_migrations_are_part_of_the_package():
    """An installed wheel can migrate: the steps lie beside the code, with a package's name."""
    steps = files("vantrexia_adapters.sql.migrations.versions")
    assert [step.name for step in steps.iterdir() if step.name.startswith("s0001")] == ["s0001_first.py"]
