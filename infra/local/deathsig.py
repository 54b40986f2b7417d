"""Asks the kernel to signal a child when the process that started it dies, even by SIGKILL (Linux only)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

# Loaded here, before any fork: the hook below must do as little as possible between fork and exec.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """A `preexec_fn` that makes the child receive `signal_number` at its parent's death; None where impossible.

    The parent is the thread that forks, so the hook is for processes started from the main thread.
    """
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def hook() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and the call above
            os.kill(os.getpid(), signal.SIGKILL)

    return hook
