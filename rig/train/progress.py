"""What training says while it runs, on stderr: a bar on a terminal, a plain line an epoch elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from rig.train.loop import Epoch, State

WIDTH = 24


def clock_text(seconds: float) -> str:
    """125 -> '2:05', 4000 -> '1:06:40'."""
    minutes, seconds = divmod(max(int(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class Progress:
    """A watcher of the loop. epochs: the limit, None where the minutes decide."""

    def __init__(self, epochs: int | None, state: State, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.epochs, self.state = epochs, state
        self.shown, self.began, self.from_share = 0.0, time.monotonic(), None

    def say(self, line: str) -> None:
        """A line that stays."""
        self._clear()
        print(line, file=self.stream, flush=True)

    def step(self, share: float, loss: float) -> None:
        """share: 0..1 of the run. Redraws at most eight times a second."""
        now = time.monotonic()
        if self.from_share is None:
            self.from_share = share
        if not self.live or now - self.shown < 0.125:
            return
        self.shown = now
        bar = "━" * int(share * WIDTH)
        line = f"epoch {self._number(len(self.state.history) + 1)} {bar:─<{WIDTH}} {self._scores()}{self._left(share)}"
        self.stream.write("\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1])
        self.stream.flush()

    def epoch(self, epoch: Epoch, share: float) -> None:
        """An epoch is over."""
        if not self.live:
            self.say(f"epoch {self._number(epoch.number)}  loss {epoch.loss:.5f}  {self._scores()}{self._left(share)}")

    def close(self) -> None:
        """Take the bar away."""
        self._clear()

    def _number(self, number: int) -> str:
        return f"{number}/{self.epochs}" if self.epochs else str(number)

    def _scores(self) -> str:
        best = self.state.best_epoch
        if not self.state.history or best is None:
            return "ESR ......  "
        last = self.state.history[-1]
        return (
            f"ESR {last.esr:.4f} (pre-emphasised {last.esr_preemphasis:.4f})  "
            f"best {best.esr:.4f} ({best.esr_preemphasis:.4f}, epoch {best.number})  "
        )

    def _left(self, share: float) -> str:
        gone = share - (self.from_share or 0.0)
        if gone < 0.002:
            return ""
        return f"{clock_text((time.monotonic() - self.began) / gone * (1 - share))} left"

    def _clear(self) -> None:
        if self.live:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
