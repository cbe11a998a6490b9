"""What is typed at the plain lines: keys that act at once, or whole lines."""

from __future__ import annotations

import contextlib
import os
import termios
import tty
from collections import deque
from collections.abc import Iterator

from rig.remote.commands import LONGEST
from rig.remote.plain_keys import pressed


class Keyboard:
    """file: what is typed comes from it. On a terminal keys come one by one, and lines where they are asked for.

    terminal: it is one. closed: nothing more is typed. typing: a line is being typed. keys, lines: that wait.
    """

    def __init__(self, file: int) -> None:
        self.file = file
        self._before = termios.tcgetattr(file) if os.isatty(file) else None  # how the terminal is to be left
        self.terminal = self._before is not None
        self.closed = self.typing = False
        self.keys: deque[str] = deque()
        self.lines: deque[str] = deque()
        self._rest = b""  # of a line, of which more comes

    def begin(self) -> None:
        """Keys come one by one, and are not shown. None stops or kills what plays; ctrl+c ends it."""
        if not self.terminal:
            return
        tty.setcbreak(self.file)
        wanted = termios.tcgetattr(self.file)
        for key in (termios.VSUSP, termios.VQUIT):
            wanted[6][key] = b"\0"
        termios.tcsetattr(self.file, termios.TCSADRAIN, wanted)

    def read(self) -> None:
        """Take what has been typed."""
        try:
            data = os.read(self.file, 4096)
        except OSError:
            data = b""
        self.closed = not (data or self.typing)  # ctrl+d ends a line that is typed
        if self.terminal and not self.typing:
            self.keys.extend(pressed(data.decode(errors="replace")))
            return
        *lines, self._rest = (self._rest + (data or b"\n")).split(b"\n")
        self._rest = self._rest[-LONGEST:]
        self.lines.extend(line.decode(errors="replace").strip() for line in lines)

    @contextlib.contextmanager
    def line(self) -> Iterator[None]:
        """Meanwhile a line is typed, and shown."""
        if not self.terminal:
            yield
            return
        now = termios.tcgetattr(self.file)
        shown = list(now)
        shown[3] |= termios.ICANON | termios.ECHO
        self.typing = True
        termios.tcsetattr(self.file, termios.TCSADRAIN, shown)
        try:
            yield
        finally:
            self.typing = False
            termios.tcsetattr(self.file, termios.TCSADRAIN, now)

    def restore(self) -> None:
        """The terminal as it was."""
        if self._before is not None:
            with contextlib.suppress(termios.error):  # it has gone
                termios.tcsetattr(self.file, termios.TCSADRAIN, self._before)
