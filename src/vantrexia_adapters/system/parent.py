"""Ending together with the process that started this one."""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with_parent() -> None:
    """Ask the system to end this process when its parent dies, however it dies; does nothing off Linux.

    A server whose parent was killed would otherwise go on answering, and keep the port from its successor.
    """
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        # It died between the two questions.
        os.kill(os.getpid(), signal.SIGTERM)
