"""The program's entry: its commands, and one clear line for everything that can be refused."""

from typing import Any
from urllib.parse import urlsplit

import click

from vantrexia_adapters.cli import bulk, bulk_import  # noqa: F401 - its commands join a group
from vantrexia_adapters.cli.audit import audit
from vantrexia_adapters.cli.backups import backup, restore
from vantrexia_adapters.cli.clients import clients
from vantrexia_adapters.cli.demo import demo
from vantrexia_adapters.cli.directory import directory
from vantrexia_adapters.cli.ecw import ecw
from vantrexia_adapters.cli.keys import keys
from vantrexia_adapters.cli.matching import matching
from vantrexia_adapters.cli.migrate import migrate
from vantrexia_adapters.cli.openapi import openapi
from vantrexia_adapters.cli.patients import patients
from vantrexia_adapters.cli.serve import serve
from vantrexia_adapters.cli.users import users
from vantrexia_adapters.settings import SettingsError, load
from vantrexia_core.kernel import InvalidError, UnavailableError, VantrexiaError, full_disk_behind


class Program(click.Group):
    """A group of commands whose expected failures end with status 1 and one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run a command."""
        # Imported here: `vantrexia --help` should not wait for the database library.
        from vantrexia_adapters.assembly import StartRefusedError

        try:
            return super().invoke(ctx)
        except InvalidError as invalid:
            lines = [f"{name}: {' '.join(texts)}" for name, texts in invalid.field_errors.items()]
            raise click.ClickException("; ".join(lines)) from None
        except (VantrexiaError, SettingsError, StartRefusedError) as refused:
            raise click.ClickException(_told(refused)) from None


def _told(refused: Exception) -> str:
    """What somebody at a console can do something about, where callers of the API are asked to come again."""
    if (disk := full_disk_behind(refused)) is not None:
        return str(disk)
    if isinstance(refused, UnavailableError) and not (settings := load()).is_embedded:
        host = urlsplit(settings.url).hostname
        place = f"at {host} " if host else ""
        return f"{refused} If it stays so: does the database {place}answer to VANTREXIA_DATABASE_URL?"
    return str(refused)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vantrexia", prog_name="vantrexia")
def program() -> None:
    """Vantrexia: the patient record service of a Remote Patient Monitoring practice.

    Settings come from the environment (VANTREXIA_…) or a TOML file named by VANTREXIA_CONFIG.

    \b
    Examples:
      vantrexia demo                     a throw-away practice on http://127.0.0.1:8000
      vantrexia serve                    the service on the embedded database in ./vantrexia-data
      vantrexia users create --email ann@practice.org --first-name Ann --last-name Lee --role admin
    """


for command in (
    demo,
    serve,
    migrate,
    users,
    clients,
    patients,
    ecw,
    directory,
    matching,
    audit,
    keys,
    backup,
    restore,
    openapi,
):
    program.add_command(command)


def main() -> None:
    """Run the program."""
    program(prog_name="vantrexia")
