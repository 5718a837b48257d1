"""``vantrexia migrate``."""

import click


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema.

    Forward only, and safe to run twice or from two places at once. The embedded database is brought up to
    date by itself; run this for PostgreSQL before a new version is started.

    \b
    Example:
      VANTREXIA_DATABASE_URL=postgresql+psycopg://vantrexia@db/vantrexia vantrexia migrate
    """
    from vantrexia_adapters.assembly import migrate_database
    from vantrexia_adapters.settings import load

    click.echo(migrate_database(load()))
