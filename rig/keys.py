"""Single keys from the terminal, without a thread: the loop asks between two steps."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from typing import TextIO


class Keys:
    """While entered, keys come one by one and unseen. Where there is no terminal, none ever come."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdin
        self.fd: int | None = None
        self.before: list[int | list[bytes | int]] | None = None

    def __enter__(self) -> Keys:
        with contextlib.suppress(OSError, ValueError, AttributeError, termios.error):
            if self.stream.isatty() and _ours(self.stream.fileno()):
                self.before = termios.tcgetattr(self.stream.fileno())
                self.fd = self.stream.fileno()
                tty.setcbreak(self.fd, termios.TCSANOW)
        return self

    def __exit__(self, *_: object) -> None:
        if self.fd is not None and self.before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self.fd, termios.TCSADRAIN, self.before)
            self.fd = None

    @property
    def there(self) -> bool:
        """Whether there is a terminal that keys come from."""
        return self.fd is not None

    def pressed(self, wait: float = 0.0) -> str:
        """The key that was pressed, "" where none was within `wait` seconds."""
        if self.fd is None or not _ours(self.fd):
            if wait:
                select.select([], [], [], wait)
            return ""
        ready, _, _ = select.select([self.fd], [], [], wait)
        return os.read(self.fd, 64).decode(errors="ignore")[:1].lower() if ready else ""


def _ours(fd: int) -> bool:
    """Whether we are in the foreground: a program behind others that reads keys is stopped by the system."""
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:  # a terminal that is not our controlling one: nobody else reads it
        return True
