"""A process that is killed at a step of its work, as by kill -9: nothing of it runs afterwards.

``python -m tests.adapters.backups.dying LABEL backup FILE`` or ``… restore FILE``, with settings from the
environment, and the backup key in ``VANTREXIA_BACKUP_KEY_FILE``.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.sources import CountedIds, ManualClock
from vantrexia_adapters.assembly import open_service, restore_place
from vantrexia_adapters.backups import restore_backup, write_backup
from vantrexia_adapters.crypto import BackupKey
from vantrexia_adapters.settings import load
from vantrexia_core.kernel import Origin


def main(label: str, deed: str, file: str) -> None:
    """Work until the first step under the label."""
    settings = load()
    assert settings.backup_key_file is not None
    path, key = Path(file), BackupKey.read(settings.backup_key_file)

    @contextmanager
    def deadly(shown: str, _total: int) -> Iterator[Callable[[int], None]]:
        def step(_: int) -> None:
            if shown == label:
                os.kill(os.getpid(), signal.SIGKILL)

        yield step

    if deed == "backup":
        with open_service(settings) as service:
            at = service.desk.clock.now()
            write_backup(path, key, service.backup_sources, at=at, software="tests", progress=deadly)
        return
    with restore_place(settings) as place:
        clock, ids = ManualClock(), CountedIds()
        restore_backup(path, key, place, clock=clock, ids=ids, origin=Origin(), progress=deadly)


if __name__ == "__main__":
    main(*sys.argv[1:])
