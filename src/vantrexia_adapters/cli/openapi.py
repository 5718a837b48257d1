"""``vantrexia openapi``."""

import importlib

import click


@click.command()
def openapi() -> None:
    """Print the OpenAPI 3.1 document of the API.

    \b
    Example:
      vantrexia openapi > openapi.json
    """
    # Named, not imported: the web stands above the adapters, and this command is only its messenger.
    render = importlib.import_module("vantrexia_web.openapi").render
    click.echo(render())
