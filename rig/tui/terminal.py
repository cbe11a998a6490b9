"""A terminal that may go away: when it is closed while we play, the sound must still fade out."""

from __future__ import annotations

import os
from contextlib import suppress

from textual.drivers.linux_driver import LinuxDriver


class StageDriver(LinuxDriver):
    """Textual's driver, except that a dead terminal is reported to the app instead of stopping it."""

    gone = False

    def write(self, data: str) -> None:
        writer = self._writer_thread
        if not self.gone and writer is not None and writer.is_alive():
            super().write(data)

    def hang_up(self) -> None:
        """Nobody reads or types any more: from here on, use the null device."""
        if self.gone:
            return
        self.gone = True
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        os.close(null)

    def run_input_thread(self) -> None:
        try:
            super().run_input_thread()
        except OSError:
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                self._app.call_from_thread(self._app.terminal_closed)
