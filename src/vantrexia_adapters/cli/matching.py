"""``vantrexia matching``: whether two records are of one person."""

import click

from vantrexia_adapters.cli.review import decide, list_, show
from vantrexia_adapters.cli.sweeping import sweep
from vantrexia_adapters.cli.tuning import estimate_weights, evaluate


@click.group(short_help="Duplicates: those suspected, and how well they are found.")
def matching() -> None:
    """Duplicates: the list of those suspected, and how well they are found.

    \b
    Examples:
      vantrexia matching list
      vantrexia matching decide ID different
      vantrexia matching sweep
      vantrexia matching evaluate labelled.csv
      vantrexia matching estimate registry.csv
    """


for command in (
    list_,
    show,
    decide,
    sweep,
    evaluate,
    estimate_weights,
):
    matching.add_command(command)
