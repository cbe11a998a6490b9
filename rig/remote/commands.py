"""What a rig without a screen is told: lines from stdin and signals, as they come."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Iterator
from typing import TextIO

LONGEST = 1 << 16  # bytes of a line; what is longer is no verb
CHUNK = 1 << 16
SKIP_SECONDS = 0.01  # between two looks into a file that is one endless line


class Lines:
    """Bytes in, lines out. A line longer than LONGEST reads as None, once, and is skipped, not held in memory."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self.skipping = False

    def feed(self, data: bytes) -> Iterator[str | None]:
        """The lines that end in `data`, without those that are empty."""
        *ended, rest = data.split(b"\n")
        for part in ended:
            if self._keep(part):
                yield None
            if not self.skipping and (line := self._rest.decode(errors="replace").strip()):
                yield line
            self._rest.clear()
            self.skipping = False
        if self._keep(rest):
            yield None

    def _keep(self, part: bytes) -> bool:
        """Whether this is where the line becomes too long."""
        if self.skipping or len(self._rest) + len(part) <= LONGEST:
            if not self.skipping:
                self._rest += part
            return False
        self._rest.clear()
        self.skipping = True
        return True


class Commands:
    """Lines from stdin, if any, and signals. A closed stdin is no reason to stop playing."""

    def __init__(self, stdin: TextIO | None) -> None:
        self.stopping = False  # a signal has come
        self._lines: deque[str | None] = deque()
        self._reader = Lines()
        self._stop_read, self._stop_write = os.pipe()
        os.set_blocking(self._stop_read, False)
        os.set_blocking(self._stop_write, False)
        self._select = selectors.DefaultSelector()
        self._select.register(self._stop_read, selectors.EVENT_READ)
        self._file: int | None = None  # what is always ready: a plain file, /dev/null, /dev/zero
        if stdin is not None and not stdin.closed:
            try:
                self._select.register(stdin.fileno(), selectors.EVENT_READ)
            except PermissionError:
                self._file = stdin.fileno()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopping = True
        self.wake()

    def wake(self) -> None:
        """From any thread: let `wait` wait no longer."""
        with contextlib.suppress(BlockingIOError):  # it has been told often enough
            os.write(self._stop_write, b".")

    def wait(self, seconds: float) -> Iterator[str | None]:
        """The commands that come within `seconds`; None: a line too long. A signal reads as "quit", before all else."""
        until = time.monotonic() + seconds
        if not self._lines:
            self._fetch(max(0.0, seconds))
        while self._lines and not self.stopping:
            yield self._lines.popleft()
            if time.monotonic() >= until:
                break  # what is left has its turn when the gig has had its own
        if self.stopping:
            yield "quit"

    def _fetch(self, seconds: float) -> None:
        if self._file is not None:
            self._select.select(SKIP_SECONDS if self._reader.skipping else 0.0)
            if not self._read(self._file):
                self._file = None
            return
        for key, _ in self._select.select(seconds):
            if key.fd == self._stop_read:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._stop_read, CHUNK)
            elif not self._read(key.fd):
                self._select.unregister(key.fd)

    def _read(self, file: int) -> bool:
        """Whether there may be more."""
        try:
            data = os.read(file, CHUNK)
        except OSError:  # a terminal that has gone
            data = b""
        self._lines.extend(self._reader.feed(data or b"\n"))
        return bool(data)
