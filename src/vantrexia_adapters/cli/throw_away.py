"""Folders that are thrown away: at the end, or by whoever comes next if the end was a kill."""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_LOCK: Final = "in-use"
_FRESH: Final = "in-use.new"


@contextmanager
def throw_away_folder(prefix: str, *, among: Path | None = None) -> Iterator[Path]:
    """A folder of our own that is removed afterwards, whatever happens to us.

    Its lock is held as long as this process lives. Folders of the same prefix and owner whose lock nobody
    holds were left behind by a process that was killed: they are removed first.
    """
    place = Path(tempfile.gettempdir()) if among is None else among
    remove_left_folders(prefix, among=place)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    # Locked under another name first: a lock that lies there for anybody to take would be taken.
    descriptor = os.open(folder / _FRESH, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        (folder / _FRESH).rename(folder / _LOCK)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def remove_left_folders(prefix: str, *, among: Path) -> int:
    """Remove folders that nobody holds any more; how many there were."""
    removed = 0
    for folder in among.glob(f"{prefix}*"):
        # Gone meanwhile, or not ours to look at.
        with suppress(OSError):
            status = folder.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and _is_left(folder):
                shutil.rmtree(folder)
                removed += 1
    return removed


def _is_left(folder: Path) -> bool:
    """Whether its lock can be had. Without one it is another version's, or a second old: left alone."""
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
