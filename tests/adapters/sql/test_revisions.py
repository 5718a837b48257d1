"""The written-out list of migration steps is the one that the migration machinery finds."""

from importlib.resources import files

from alembic.script import ScriptDirectory

from vantrexia_adapters.sql.migrations import REVISIONS


def test_the_list_of_revisions_is_what_alembic_finds() -> None:
    """Same steps, same order, one line without branches."""
    scripts = ScriptDirectory(str(files("vantrexia_adapters.sql") / "migrations"))
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(REVISIONS))
