"""Stores in SQLite and PostgreSQL, and what surrounds a database: opening, migrating, founding practices."""

from vantrexia_adapters.sql.copying import (
    Filling,
    Moment,
    NotEmptyError,
    NotTheSameError,
    OtherSchemaError,
    Outline,
    TableOutline,
    check_fillable,
    filling,
    is_empty,
    outline,
)
from vantrexia_adapters.sql.desk import SqlDesk
from vantrexia_adapters.sql.durability import unsafe_settings
from vantrexia_adapters.sql.engine import open_engine, unmade_unless_used
from vantrexia_adapters.sql.errors import (
    NewerSchemaError,
    OlderSchemaError,
    SchemaError,
    StatementFailedError,
    UnsupportedDatabaseError,
)
from vantrexia_adapters.sql.keys import StoredKeyCheck, keep_key_checks, key_checks
from vantrexia_adapters.sql.practices import add_first_practice, add_practice, practices
from vantrexia_adapters.sql.redigesting import Redigesting
from vantrexia_adapters.sql.resealing import Resealing
from vantrexia_adapters.sql.schema import SchemaState, migrate, schema_state
from vantrexia_adapters.sql.throttling import SqlRateStore, open_rate_file
from vantrexia_adapters.sql.trail_source import SqlTrailSource
from vantrexia_adapters.sql.work import SqlSignInWork, SqlWork
from vantrexia_adapters.sql.writability import WritabilityCheck

__all__ = [
    "Filling",
    "Moment",
    "NewerSchemaError",
    "NotEmptyError",
    "NotTheSameError",
    "OlderSchemaError",
    "OtherSchemaError",
    "Outline",
    "Redigesting",
    "Resealing",
    "SchemaError",
    "SchemaState",
    "SqlDesk",
    "SqlRateStore",
    "SqlSignInWork",
    "SqlTrailSource",
    "SqlWork",
    "StatementFailedError",
    "StoredKeyCheck",
    "TableOutline",
    "UnsupportedDatabaseError",
    "WritabilityCheck",
    "add_first_practice",
    "add_practice",
    "check_fillable",
    "filling",
    "is_empty",
    "keep_key_checks",
    "key_checks",
    "migrate",
    "open_engine",
    "open_rate_file",
    "outline",
    "practices",
    "schema_state",
    "unmade_unless_used",
    "unsafe_settings",
]
