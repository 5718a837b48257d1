"""The schema's history: one file a step, forward only, never changed once released.

`vantrexia_adapters.sql.schema.migrate` runs the steps; there is no alembic.ini and no env.py.
"""

from typing import Final

REVISIONS: Final = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
    "0019",
    "0021",
    "0022",
)
"""The steps, oldest first. Written out so that a start need not load the migration machinery to look."""
