"""The schema's history: one file a step, forward only, never changed once released.

`vantrexia_adapters.sql.schema.migrate` runs the steps; there is no alembic.ini and no env.py.
"""
