"""Giving a file that was written its name, so that it has it after a power cut too."""

import os
from pathlib import Path


def put_in_place(written: Path, path: Path) -> None:
    """Let a file that is on the disk be called ``path``. Whatever was called so is gone."""
    written.rename(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
