"""``vantrexia matching``: whether two records are of one person."""

import click

from vantrexia_adapters.cli.tuning import evaluate


@click.group()
def matching() -> None:
    """Duplicates: how well they are found.

    \b
    Example:
      vantrexia matching evaluate labelled.csv
    """


for command in (evaluate,):
    matching.add_command(command)
