"""What training shows on a terminal: curves, the best so far in words, speed, time left, and two keys."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from rig.keys import Keys
from rig.text import printable
from rig.train.plot import Curve, plot
from rig.train.progress import Standing, clock_text
from rig.train.state import Epoch
from rig.train.verdict import shown, verdict

EVERY = 0.125  # s between two pictures
LOSSES = 64  # points of the loss that are kept; they are thinned out as the run grows
STEPS = 16  # that the first points stand for: single segments differ too much to be a curve
HEIGHT = 7  # rows of a curve
WIDEST, NARROW = 110, 64  # letters

# We draw on whatever ground the terminal has, light or dark: its own colours, and two that can be seen on both.
RULE = FAINT = QUIET = "bright_black"
TEXT = BRIGHT = "default"
GLOW = WARN = "#d78700"
COLD = "#5f87d7"


class LiveView:
    """A watcher of the loop; enter it before. stop: set by a key, read by the loop."""

    def __init__(
        self,
        title: str,
        about: str,
        standing: Standing,
        stop: threading.Event,
        console: Console | None = None,
        keys: Keys | None = None,
    ) -> None:
        self.title, self.about, self.standing, self.stop = title, about, standing, stop
        self.console = console or Console(stderr=True)
        self.keys = keys or Keys()
        self.live = Live(console=self.console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self.losses: list[float] = []
        self.each, self.sum, self.count = STEPS, 0.0, 0  # steps a point of the loss, and those of the next point
        self.shown = self.lost = 0.0
        self.paused = self.done = False

    def __enter__(self) -> LiveView:
        self.keys.__enter__()
        self.live.__enter__()
        self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done = True
        self._draw()
        self.live.__exit__(kind, error, trace)
        self.keys.__exit__(kind, error, trace)

    def clock(self) -> float:
        """Seconds, pauses left out."""
        return time.monotonic() - self.lost

    def say(self, line: str) -> None:
        """A line that stays, above the view."""
        self.live.console.print(Text(printable(line)))

    def step(self, share: float, loss: float) -> None:
        """A step is over: keys, and now and then a picture. Returns after the pause, if there is one."""
        self._remember(loss)
        self._press(self.keys.pressed())
        if self.paused:
            self._wait()
        if time.monotonic() - self.shown >= EVERY:
            self._draw()

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is over."""
        self._draw()

    def _press(self, key: str) -> None:
        if key == "p":
            self.paused = not self.paused
        elif key == "s":
            self.stop.set()

    def _wait(self) -> None:
        began = time.monotonic()
        while self.paused and not self.stop.is_set():
            self._draw()
            self._press(self.keys.pressed(wait=0.25))
        self.lost += time.monotonic() - began
        self.paused = False
        self._draw()

    def _remember(self, loss: float) -> None:
        self.sum, self.count = self.sum + loss, self.count + 1
        if self.count < self.each:
            return
        self.losses.append(self.sum / self.count)
        self.sum, self.count = 0.0, 0
        if len(self.losses) >= LOSSES:
            self.losses = [(a + b) / 2 for a, b in zip(self.losses[::2], self.losses[1::2], strict=True)]
            self.each *= 2

    def _draw(self) -> None:
        self.shown = time.monotonic()
        self.live.update(self.picture(), refresh=True)

    def picture(self) -> Panel:
        """The view as it is now."""
        width = min(self.console.width, WIDEST)
        return Panel(
            Group(*self._curves(width - 4), "", *self._scores(), "", self._progress(width - 4), self._foot()),
            title=Text(f" {self.title} ", GLOW),
            subtitle=Text(f" {self.about} ", QUIET),
            title_align="left", subtitle_align="left", border_style=RULE, width=width,
        )  # fmt: skip

    def _curves(self, width: int) -> list[Table | Text]:
        history = self.standing.state.history
        judged = [
            Curve([e.esr_preemphasis for e in history], Style(color=COLD)),
            Curve([e.esr for e in history], Style(color=GLOW)),
        ]
        learnt = [Curve(self.losses, Style(color=QUIET))]
        names = Text.assemble(("ESR ", TEXT), ("plain", GLOW), " and ", ("pre-emphasised", COLD), ", held out")
        if width < NARROW:
            return [names, *plot(judged, width, HEIGHT, Style(color=FAINT))]
        half = (width - 2) // 2
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=half)
        table.add_column(width=half)
        table.add_row(names, Text("loss in training", TEXT))
        sides = (plot(curves, half, HEIGHT, Style(color=FAINT)) for curves in (judged, learnt))
        for row in zip(*sides, strict=True):
            table.add_row(*row)
        return [table]

    def _scores(self) -> list[Text]:
        state = self.standing.state
        if state.best_epoch is None:
            return [Text("The first score comes at the end of the first epoch.", QUIET), Text()]
        best, last = state.best_epoch, state.history[-1]
        lines = []
        said = f": {verdict(best.esr)}"
        for name, epoch, words, ink in (("best so far", best, said, f"bold {BRIGHT}"), ("last epoch", last, "", QUIET)):
            lines.append(
                Text.assemble(
                    (f"{name:<13}", QUIET),
                    (f"{shown(epoch.esr)} plain{words}".ljust(36), ink),
                    (f"{shown(epoch.esr_preemphasis)} pre-emphasised   epoch {epoch.number}", TEXT),
                    no_wrap=True,
                    overflow="ellipsis",
                )
            )
        return lines

    def _progress(self, width: int) -> Text:
        standing = self.standing
        speed = standing.epochs_a_minute
        facts = [f"epoch {standing.epoch}", f"{clock_text(standing.state.seconds)} gone"]
        if standing.left and not self.done:
            facts.append(standing.left)
        if speed is not None:
            facts.append(f"{speed:.2f} epochs a minute")
        if standing.settings.target:
            facts.append(f"until {standing.settings.target:g} plain")
        text = "   ".join(facts)
        bar = max(min(width - len(text) - 3, 40), 8)
        full = int(standing.share * bar)
        return Text.assemble(
            ("━" * full, GLOW), ("─" * (bar - full), RULE), "   ", (text, TEXT),
            no_wrap=True, overflow="ellipsis",
        )  # fmt: skip

    def _foot(self) -> Text:
        if self.done:
            return Text("done", QUIET)
        if self.stop.is_set():
            return Text("stopping: the best is kept", WARN)
        if self.paused:
            return Text.assemble(("PAUSED", f"bold {WARN}"), _key("p", "go on"), _key("s", "stop, keep the best"))
        if self.keys.fd is None:
            return Text("Ctrl-C  stop, keep the best", QUIET)
        return Text.assemble(_key("p", "pause"), _key("s", "stop, keep the best"))


def _key(key: str, does: str) -> Text:
    return Text.assemble(("   " if does == "go on" else ""), (key, GLOW), (f" {does}   ", QUIET))
