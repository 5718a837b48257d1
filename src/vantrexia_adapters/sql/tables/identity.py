"""Accounts, their sessions, and failed sign-ins."""

from typing import Final

import sqlalchemy as sa

from vantrexia_adapters.sql.tables.metadata import NOT_BACKED_UP, metadata
from vantrexia_adapters.sql.tables.types import Counted, Digest, Instant, Sealed, one_of
from vantrexia_core.kernel import Role

user_account: Final = sa.Table(
    "user_account",
    metadata,
    sa.Column("id", Counted, sa.Identity(), primary_key=True),
    sa.Column("record_id", sa.Uuid(), nullable=False),  # what the envelopes are bound to
    sa.Column("practice_id", sa.Uuid(), sa.ForeignKey("practice.id"), nullable=False, index=True),
    sa.Column("email_bix", Digest, nullable=False),
    sa.Column("role", sa.Text(), nullable=False),
    sa.Column("is_active", sa.Boolean(), nullable=False),
    sa.Column("patient_id", sa.Uuid()),
    sa.Column("password_hash", sa.Text(), nullable=False),
    sa.Column("key_version", sa.Integer(), nullable=False),
    sa.Column("email", Sealed, nullable=False),
    sa.Column("first_name", Sealed, nullable=False),
    sa.Column("last_name", Sealed, nullable=False),
    sa.Column("phone", Sealed),
    sa.Column("is_2fa_enabled", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("last_login_at", Instant()),
    sa.Column("tag", Digest),  # binds all of the above but the last; NULL until the id is known
    sa.UniqueConstraint("record_id"),
    sa.UniqueConstraint("email_bix"),  # over all practices
    one_of("role", Role),
)

user_session: Final = sa.Table(
    "user_session",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("user_account.id"), nullable=False, index=True),
    sa.Column("refresh_id", sa.Uuid(), nullable=False),  # the one refresh token that is not spent
    sa.Column("auth_at", Instant(), nullable=False),
    sa.Column("expires_at", Instant(), nullable=False),
    info={NOT_BACKED_UP: "a session that was ended since must not come back, so all end"},
)

sign_in_failure: Final = sa.Table(
    "sign_in_failure",
    metadata,
    # Under a key of its own: whether an account has the address cannot be told from the digest.
    sa.Column("email_bix", Digest, primary_key=True),
    sa.Column("count", sa.Integer(), nullable=False),
    sa.Column("locked_until", Instant()),
    sa.Column("last_at", Instant(), nullable=False, index=True),
)

former_password: Final = sa.Table(
    "former_password",
    metadata,
    sa.Column("id", Counted, sa.Identity(), primary_key=True),  # in the order in which they were replaced
    sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("user_account.id"), nullable=False, index=True),
    sa.Column("password_hash", sa.Text(), nullable=False),
)

second_factor: Final = sa.Table(
    "second_factor",
    metadata,
    sa.Column(
        "user_id", sa.BigInteger(), sa.ForeignKey("user_account.id"), primary_key=True, autoincrement=False
    ),
    sa.Column("key_version", sa.Integer(), nullable=False),
    sa.Column("secret", Sealed, nullable=False),
    sa.Column("is_confirmed", sa.Boolean(), nullable=False),
    sa.Column("last_step", sa.BigInteger(), nullable=False),  # the newest code that was used
)

backup_code: Final = sa.Table(
    "backup_code",
    metadata,
    sa.Column(
        "user_id", sa.BigInteger(), sa.ForeignKey("user_account.id"), primary_key=True, autoincrement=False
    ),
    sa.Column("code_digest", Digest, primary_key=True),
)

reset_token: Final = sa.Table(
    "reset_token",
    metadata,
    # One for each mail of the last hour: who asks again does not void the mail that is being read.
    sa.Column(
        "user_id", sa.BigInteger(), sa.ForeignKey("user_account.id"), primary_key=True, autoincrement=False
    ),
    sa.Column("token_digest", Digest, primary_key=True),
    sa.Column("expires_at", Instant(), nullable=False),
    info={NOT_BACKED_UP: "a link that was used since must not work again"},
)

reset_request: Final = sa.Table(
    "reset_request",
    metadata,
    # Not the account: a request for an address that nobody has must look the same.
    sa.Column("email_bix", Digest, primary_key=True),
    sa.Column("requested_at", Instant(), nullable=False),
    sa.Column("due_at", Instant(), nullable=False, index=True),
    sa.Column("attempts", sa.Integer(), nullable=False),
    info={NOT_BACKED_UP: "a letter of then is of no use to anybody now"},
)
