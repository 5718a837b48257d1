"""Machine clients, and which of their assertions were used."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import metadata
from vantrexia_adapters.sql.tables.types import Counted, Digest, Instant

machine_client: Final = sa.Table(
    "machine_client",
    metadata,
    sa.Column("id", Counted, sa.Identity(), primary_key=True),  # the trail's number, from 10**15 on
    sa.Column("client_id", sa.Uuid(), nullable=False),
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False, index=True),
    sa.Column("name", sa.Text(), nullable=False),  # of a program, no person's
    sa.Column("scopes", sa.Text(), nullable=False),
    sa.Column("jwks", sa.Text()),  # public keys
    sa.Column("jwks_url", sa.Text()),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("revoked_at", Instant()),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("tag", Digest),  # binds all of the above; NULL until the id is known
    sa.UniqueConstraint("client_id"),
    sa.UniqueConstraint("practice_id", "name"),
)

used_assertion: Final = sa.Table(
    "used_assertion",
    metadata,
    sa.Column("jti_digest", Digest, primary_key=True),  # of the client's number and the jti, keyed
    sa.Column("forget_at", Instant(), nullable=False, index=True),
)
