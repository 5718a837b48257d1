"""A full disk, told apart from whatever else the system refuses a file."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vantrexia_core.kernel import DiskFullError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No room at all, none left of a quota, or the file would be longer than a process may make one."""


@contextmanager
def told_if_full(path: Path) -> Iterator[None]:
    """Around writing a file; every other trouble goes on as it came.

    Raises:
        DiskFullError: the disk of ``path`` has no room.
    """
    try:
        yield
    except OSError as refused:
        if refused.errno not in _FULL:
            raise
    else:
        return
    raise DiskFullError(str(path))
