"""Open a practice's directory as a server does, in a process of its own, and print what it took as JSON.

`search.py` starts it, several times over. It takes the settings of the service, and ends when a snapshot that
is due has been written.
"""

import json
import threading
import time
from pathlib import Path

import click

from vantrexia_adapters.assembly import open_service
from vantrexia_adapters.settings import load
from vantrexia_core.kernel import Phi, UserId
from vantrexia_core.patients import Listing

_KILOBYTE = 1024


@click.command(help=__doc__)
@click.option("--ask", default="", help="Words to search for afterwards, one after the other.")
def main(*, ask: str) -> None:
    """Open it."""
    with open_service(load()) as service:
        directory = service.desk.directory
        service.desk.accounts.by_id(UserId(1))  # so that a connection is there, as in a server that runs
        before = _memory_bytes("VmRSS")
        began = time.perf_counter()
        directory.open(service.practice_id)
        opened = time.perf_counter()
        found = directory.find(service.practice_id, Listing())
        answered = time.perf_counter()
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join()
        settled = time.perf_counter()
        for word in ask.split():
            directory.find(service.practice_id, Listing(search=Phi(word)))
        (figures,) = directory.figures()
    report = {
        "seconds": opened - began,
        "first_answer_seconds": answered - opened,
        "background_seconds": settled - answered,
        "patients": found.count,
        "loaded_from": figures.loaded_from,
        "directory_bytes": figures.memory_bytes,
        "before_bytes": before,
        "resident_bytes": _memory_bytes("VmRSS"),
        "peak_bytes": _memory_bytes("VmHWM"),
    }
    click.echo(json.dumps(report))


def _memory_bytes(kind: str) -> int:
    # Not from getrusage: its peak would be the parent's as well.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(kind)) * _KILOBYTE


if __name__ == "__main__":
    main()
