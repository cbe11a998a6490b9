"""What training says where there is no terminal to draw on: a plain line an epoch, on stderr."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from rig.text import printable
from rig.train.progress import Standing
from rig.train.state import Epoch
from rig.train.verdict import scored, shown


class LogView:
    """A watcher of the loop."""

    clock = staticmethod(time.monotonic)

    def __init__(self, standing: Standing, stream: TextIO | None = None) -> None:
        self.standing, self.stream = standing, stream or sys.stderr

    def __enter__(self) -> LogView:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def say(self, line: str) -> None:
        print(printable(line), file=self.stream, flush=True)

    def step(self, share: float, loss: float) -> None:
        """A step is over; nobody needs a line for that."""

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is over."""
        best, epochs = self.standing.state.best_epoch, self.standing.settings.epochs
        number = f"{epoch.number}/{epochs}" if epochs else str(epoch.number)
        parts = [f"epoch {number}", f"loss {epoch.loss:.5f}", f"ESR {scored(epoch.esr, epoch.esr_preemphasis)}"]
        if best is not None and best is not epoch:
            parts.append(f"best {shown(best.esr)} plain (epoch {best.number})")
        if self.standing.left:
            parts.append(self.standing.left)
        self.say("  ".join(parts))
