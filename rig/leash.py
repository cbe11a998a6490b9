"""Programs that end when we do, however we end: a rig that is killed leaves no server behind, a test run no rig.

Run as a program it ties itself to its parent and becomes the program it is told:
`python leash.py SIGNAL PARENT COMMAND...`. Between a fork and an exec in a process with threads, no Python may run.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def leashed(command: Sequence[str | Path], number: int = signal.SIGTERM) -> list[str]:
    """A command line for `subprocess` that runs `command`, which gets the signal when this process is gone.

    SIGTERM lets a rig end the server that it has started.
    Start it from a thread that lives as long as this process: Linux sends the signal when the *thread* that started it
    ends.
    """
    return [sys.executable, "-ISE", __file__, str(int(number)), str(os.getpid()), *map(str, command)]


def tie(parent: int, number: int) -> None:
    """From now on this process gets the signal when its parent ends; and at once, if that is no longer `parent`."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


if __name__ == "__main__":
    tie(int(sys.argv[2]), int(sys.argv[1]))
    # What is ignored or held back stays so in the new program: Python ignores these, libjack holds back SIGPIPE.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.execvp(sys.argv[3], sys.argv[3:])
