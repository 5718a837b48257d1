"""Ending together with the process that started this one."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with_parent(is_alive: Callable[[], bool]) -> None:
    """Ask the system to end this process when its parent dies, however it dies; does nothing off Linux.

    A server whose parent was killed would otherwise go on answering, and keep the port from its successor.
    ``is_alive`` says whether the parent is there: the system tells of a death to come, not of one that was.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if not is_alive():
        os.kill(os.getpid(), signal.SIGTERM)
