"""What others are told: one JSON object a line. Whoever does not read it, or has gone, never holds up the gig."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

STATUSES = 60  # that wait to be read; a minute of them
WAITING = 1 << 20  # bytes that wait to be read
PATIENCE_SECONDS = 1.0  # in the end, for somebody who reads slowly


class Events:
    """Lines for stdout or a socket, written by a thread of its own.

    What nobody reads is kept up to a limit: the oldest status or meter is dropped first, then what is new. What was
    dropped is counted, and told when there is room again. file: a file descriptor, or None, where nobody can read.
    """

    def __init__(self, file: int | None) -> None:
        self._file = file
        self._news = threading.Condition()
        self._unasked: deque[int] = deque()  # the numbers of the statuses that wait
        self._waiting: dict[int, bytes] = {}  # by number, in order
        self._number = self._bytes = 0
        self._dropped = {"status": 0, "other": 0}
        self._writing = False
        self._written = 0  # bytes
        self._thread: threading.Thread | None = None
        if file is not None:
            self._thread = threading.Thread(target=self._write, args=(file,), daemon=True, name="rig-events")
            self._thread.start()

    def say(self, event: str, **facts: object) -> None:
        """Tell it."""
        self._take(_line(event, facts), unasked=False)

    def tell(self, event: str, **facts: object) -> None:
        """Tell how things are; nobody has asked, and the next one tells it, too, so that it may as well be dropped."""
        self._take(_line(event, facts), unasked=True)

    def _take(self, line: bytes, *, unasked: bool) -> None:
        with self._news:
            if self._file is None:
                return
            if unasked and len(self._unasked) >= STATUSES:
                self._drop_status()
            while self._bytes + len(line) > WAITING and self._unasked:
                self._drop_status()
            if self._bytes + len(line) > WAITING:
                self._dropped["status" if unasked else "other"] += 1
                return
            if unasked:
                self._unasked.append(self._number)
            self._put(line)
            self._news.notify_all()

    def _put(self, line: bytes) -> None:
        self._waiting[self._number] = line
        self._number += 1
        self._bytes += len(line)

    def _drop_status(self) -> None:
        self._bytes -= len(self._waiting.pop(self._unasked.popleft()))
        self._dropped["status"] += 1

    @property
    def gone(self) -> bool:
        """Whether nobody will ever read again."""
        return self._file is None

    def close(self) -> None:
        """Wait until all is written, as long as somebody reads."""
        with self._news:
            written, until = self._written, time.monotonic() + PATIENCE_SECONDS
            while self._file is not None and (self._waiting or self._writing) and time.monotonic() < until:
                self._news.wait(0.05)
                if self._written != written:
                    written, until = self._written, time.monotonic() + PATIENCE_SECONDS

    def end(self, hang_up: Callable[[], None]) -> None:
        """Write what waits, as long as somebody reads; then `hang_up`, after which no write waits; then no more."""
        self.close()
        with self._news:
            self._file = None
            self._news.notify_all()
        hang_up()
        if self._thread:
            self._thread.join()

    def _write(self, file: int) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._file is None)
                if self._file is None:
                    return
                line = self._next()
                self._writing = True
            gone, lost = self._written_whole(file, line)
            with self._news:
                self._writing = False
                self._dropped["other"] += lost
                if gone:
                    self._file = None
                    self._waiting.clear()
                self._news.notify_all()
            if gone:
                return

    def _next(self) -> bytes:
        """The oldest line; before it, where some were dropped, how many."""
        if any(self._dropped.values()):
            line = _line("dropped", dict(self._dropped))
            self._dropped = dict.fromkeys(self._dropped, 0)
            return line
        number = next(iter(self._waiting))
        if self._unasked and self._unasked[0] == number:
            self._unasked.popleft()
        line = self._waiting.pop(number)
        self._bytes -= len(line)
        return line

    def _written_whole(self, file: int, line: bytes) -> tuple[bool, bool]:
        """(whether nobody will ever read again, whether the line is lost: a full disk may have room for the next)."""
        while line:
            try:
                n = os.write(file, line)
            except BlockingIOError:  # somebody else made it so
                time.sleep(0.05)
                continue
            except ConnectionError:
                return True, True
            except OSError:
                return False, True
            line = line[n:]
            self._written += n
        return False, False


def _line(event: str, facts: dict[str, object]) -> bytes:
    return json.dumps({"event": event, **facts}).encode() + b"\n"


def stdout() -> int | None:
    """Where events go, if anywhere."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # there is none, or it is closed
        return sys.stdout.fileno()
    return None
