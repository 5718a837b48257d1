"""``python -m vantrexia_adapters.cli``: the program where its script is not on the path."""

from vantrexia_adapters.cli.main import main

main()
