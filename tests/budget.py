"""An end for a test that runs away: it fails, and the others go on."""

from __future__ import annotations

import contextlib
import faulthandler
import signal
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def budget(seconds: float, grace: float = 30.0, *, stderr: int = 2) -> Iterator[None]:
    """What takes longer fails. stderr: a file descriptor.

    Where it hangs in C, or catches the failure for itself, the process ends `grace` seconds later and writes where each of its
    threads was; xdist names the test then, and goes on with another worker.
    """

    def over(*_: object) -> None:
        pytest.fail(f"took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, grace / 3)
    faulthandler.dump_traceback_later(seconds + grace, exit=True, file=stderr)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)
