"""A disk without room: whoever writes a file says so, and what was there before stays."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from vantrexia_adapters.checkpoints import FolderCheckpoints
from vantrexia_adapters.cli.main import Program
from vantrexia_adapters.crypto.ring_file import RingFile
from vantrexia_adapters.full_disk import told_if_full
from vantrexia_core.audit import AuditUnavailableError
from vantrexia_core.kernel import DiskFullError

DAY = date(2026, 2, 6)
LONG = bytes(100_000)


@contextmanager
def _short_files() -> Iterator[None]:
    """No file of this process grows beyond some pages: the system refuses it, as a quota would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(LONG) // 2, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _checkpoints(folder: Path) -> tuple[Callable[[bytes], None], Callable[[], bytes | None]]:
    store = FolderCheckpoints(folder)
    return lambda note: store.publish(note, on=DAY), store.newest


def _ring(folder: Path) -> tuple[Callable[[bytes], None], Callable[[], bytes | None]]:
    file = RingFile(folder / "ring")
    file.create(b"first")
    return file.replace, lambda: file.read().raw


@pytest.mark.parametrize("made", [_checkpoints, _ring])
def test_a_file_that_finds_no_room_leaves_the_one_before(
    made: Callable[[Path], tuple[Callable[[bytes], None], Callable[[], bytes | None]]], tmp_path: Path
) -> None:
    """It names the folder; and it succeeds once there is room."""
    write, read = made(tmp_path)
    write(b"one")
    with _short_files(), pytest.raises(DiskFullError, match=f"disk of {tmp_path} is full"):
        write(LONG)
    assert read() == b"one"
    write(LONG)
    assert read() == LONG


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_only_a_full_disk_is_called_one(tmp_path: Path) -> None:
    """Another trouble goes on as what it is."""
    with pytest.raises(DiskFullError), told_if_full(tmp_path):
        Path("/dev/full").write_bytes(b"x")
    with pytest.raises(FileNotFoundError), told_if_full(tmp_path):
        (tmp_path / "there" / "file").write_bytes(b"x")


def test_a_command_says_which_disk_it_was() -> None:
    """Although the error speaks of what could not be done for want of it."""

    @click.group(cls=Program)
    def program() -> None:
        """A program."""

    @program.command()
    def act() -> None:
        """Nothing can be recorded."""
        raise AuditUnavailableError from DiskFullError("the database server")

    done = CliRunner().invoke(program, ["act"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: The disk of the database server is full. ")
