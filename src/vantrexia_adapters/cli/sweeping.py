"""``vantrexia matching sweep``: comparing all stored records with each other."""

from collections.abc import Iterator

import click

from vantrexia_adapters.cli.console import console_actor, opened, with_progress
from vantrexia_core.kernel import Actor
from vantrexia_core.patients import MatchingDesk, start_sweep, sweep_on


@click.command(short_help="Compare all records, and put likely pairs up for review.")
@click.option("--again", is_flag=True, help="Compare everybody, also if a sweep that was cut off is left.")
def sweep(*, again: bool) -> None:
    """Compare all records with each other, and put those that may be one person up for review.

    For records that were there before anybody compared, and for those that could not be compared when they
    were stored. Ctrl-C stops it at any time: run it again, and it goes on where it was. The service may run
    meanwhile. Pairs about which somebody has decided are left alone.

    \b
    Examples:
      vantrexia matching sweep
      vantrexia matching list
    """
    with opened() as service:
        actor = console_actor(service)
        left = start_sweep(service.desk, actor, is_anew=again)
        if not left:
            click.echo("There is nobody to compare.")
            return
        service.desk.candidacy.open(service.practice_id)
        pairs = sum(with_progress(_pairs(service.desk, actor), total=left, label="Comparing records"))
    click.echo(f"{pairs} suspected, some perhaps from both sides. To see them: vantrexia matching list")


def _pairs(desk: MatchingDesk, actor: Actor) -> Iterator[int]:
    """A number for each record: the pairs of a step with the last of it."""
    while (step := sweep_on(desk, actor)).records:
        yield from (0,) * (step.records - 1)
        yield step.pairs
