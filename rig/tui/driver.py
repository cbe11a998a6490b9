"""A terminal that may stall or go away: neither may keep the player from playing on, nor the sound from fading out."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from threading import Thread
from typing import Protocol, runtime_checkable

from textual.drivers.linux_driver import LinuxDriver

BACKLOG = 20  # writes that wait; Textual stops the whole app when 30 do
PATIENCE_S = 1.0  # at the end, for a terminal to take the last of them


@runtime_checkable
class Watched(Protocol):
    """An app that ends in its own way when its terminal has gone."""

    def terminal_closed(self) -> None: ...


class StageDriver(LinuxDriver):
    """Textual's driver, except that a terminal that takes nothing is left behind, and painted anew when it is back."""

    _gone = False
    _torn = False

    def write(self, data: str) -> None:
        writer = self._writer_thread
        if self._gone or writer is None or not writer.is_alive():
            return
        waiting = writer._queue.qsize()
        if waiting > BACKLOG or (self._torn and waiting):
            self._torn = True
            return
        super().write(data)
        if self._torn:
            self._torn = False
            self._app.call_later(self._app.refresh, layout=True)

    def hang_up(self) -> None:
        """Nobody reads or types any more: from here on, use the null device."""
        self._abandon(0, 1, 2)

    def let_go(self) -> None:
        """We are about to end: do not wait for a terminal that takes nothing."""
        if self._torn:
            self._abandon(1, 2)

    def close(self) -> None:
        writer = self._writer_thread
        if writer is not None:
            writer._queue.put(None)
            writer.join(0.0 if self._gone else PATIENCE_S)
            if writer.is_alive():
                self._abandon(1, 2)
            while writer.is_alive():
                self._wake(writer)
                writer.join(0.01)
        super().close()

    def _abandon(self, *streams: int) -> None:
        if self._gone:
            return
        self._gone = True
        with suppress(OSError):
            null = os.open(os.devnull, os.O_RDWR)
            for stream in streams:
                os.dup2(null, stream)
            os.close(null)
        if self._writer_thread is not None:
            self._wake(self._writer_thread)

    def _wake(self, writer: Thread) -> None:
        """One that is stuck in the terminal goes on in the null device: a signal ends what the system does for it."""
        signal.signal(signal.SIGURG, lambda *_: None)
        if writer.is_alive() and writer.ident is not None:
            signal.pthread_kill(writer.ident, signal.SIGURG)

    def run_input_thread(self) -> None:
        try:
            super().run_input_thread()
        except OSError:
            app = self._app
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                app.call_from_thread(app.terminal_closed if isinstance(app, Watched) else app.exit)
