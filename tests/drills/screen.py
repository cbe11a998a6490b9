"""The rig's screen in a terminal that draws nothing: what it writes is read, keys are pressed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Sequence

from leash import leashed

ROWS, COLUMNS = 40, 120


class Screen:
    """A program in a terminal of its own."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._terminal, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            leashed(command),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(theirs)
        self.drawn = 0  # bytes

    def watch(self, seconds: float) -> None:
        """Read what it draws, for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._terminal], [], [], left)[0]:
                with contextlib.suppress(OSError):
                    self.drawn += len(os.read(self._terminal, 1 << 16))

    def press(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.watch(3.0)
        self.process.kill()
        self.process.wait()
        os.close(self._terminal)
