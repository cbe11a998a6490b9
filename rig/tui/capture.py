"""The capture screen: the level check with meters and plain words, the take with its progress, and what came of it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message

from rig.capture.measure import Measured
from rig.capture.procedure import Captured, CaptureView
from rig.capture.session import CHECK, LISTEN, PING, TAKE, CaptureStatus, Session, clock
from rig.capture.text_view import lines
from rig.errors import RigError
from rig.tui import palette
from rig.tui.ballistics import SILENCE_DB, Ballistics, Reading
from rig.tui.canvas import Canvas, Sheet, fit, wrapped
from rig.tui.driver import StageDriver
from rig.tui.meters import draw_bar, draw_scale, written_db
from rig.tui.themed import ThemedApp

POLL_S = 1 / 20
STEP_DB = 1.0
WIDEST, INDENT = 100, 2  # columns
STEPS = ((LISTEN, "listen"), (CHECK, "levels"), (PING, "delay"), (TAKE, "take"))
DONE = "done"
KEYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    CHECK: (("enter", "go on"), ("up down", "send level"), ("q", "quit")),
    DONE: (("enter", "keep it"), ("r", "take it again"), ("q", "throw it away")),
    "missed": (("r", "take it again"), ("g", "take it again, whatever is missed"), ("q", "quit")),
}
QUIT = (("q", "quit"),)


class PlayerQuit(Exception):
    """Raised out of the view when the player has quit."""


@dataclass(frozen=True)
class Heading:
    """What the head of the screen says: the amp's name, the server, and whom we are wired to."""

    name: str
    server: str
    send: str
    back: str


class Panel(Canvas):
    """Everything there is to see, on one canvas."""

    def __init__(self, heading: Heading) -> None:
        super().__init__()
        self.heading = heading
        self.status: CaptureStatus | None = None
        self.measured: Measured | None = None
        self.rate = 48000
        self.line = self.question = ""
        self._send, self._return = Ballistics(), Ballistics()
        self._readings = [Reading(SILENCE_DB, SILENCE_DB, False)] * 2

    @property
    def phase(self) -> str:
        if self.question:
            return "missed"
        return DONE if self.measured else self.status.phase if self.status else LISTEN

    def take(self, status: CaptureStatus | None, now: float) -> None:
        """Let the needles follow."""
        if status is not None:
            self.status = status
            back = self._return.update(status.return_db, status.clipped, now)
            self._readings = [self._send.update(status.send_db, False, now), back]
        self.repaint()

    def paint(self, sheet: Sheet) -> None:
        width = min(sheet.width, WIDEST)
        x = (sheet.width - width) // 2 + 2
        right = x + width - 4
        sheet.put(x, 1, fit(self.heading.name, width // 2), palette.ACCENT)
        sheet.put_right(right, 1, fit(self.heading.server, width // 2 - 2), palette.SOFT)
        self._steps(sheet, x, 3)
        self._meter(sheet, x, right, 5, "send", self.heading.send, self._readings[0])
        self._meter(sheet, x, right, 7, "return", self.heading.back, self._readings[1])
        draw_scale(sheet, 9, x + 8, right - 9)
        self._body(sheet, x, right, 11)
        self._foot(sheet, x, sheet.height - 2)

    def _steps(self, sheet: Sheet, x: int, y: int) -> None:
        phase = TAKE if self.phase == "missed" else self.phase
        names = [*STEPS, (DONE, "done")]
        at = [key for key, _ in names].index(phase)
        for i, (_, name) in enumerate(names):
            ink = palette.ACCENT if i == at else palette.GREEN if i < at else palette.DIM
            x = sheet.put(x, y, f"{'✓' if i < at else i + 1} {name}", ink)
            if i < len(names) - 1:
                x = sheet.put(x + 1, y, "──", palette.LINE) + 1

    def _meter(self, sheet: Sheet, x: int, right: int, y: int, name: str, port: str, reading: Reading) -> None:
        sheet.put(x, y, name, palette.PLAIN)
        sheet.put(x + 8, y, fit(port, right - x - 20), palette.SOFT)
        draw_bar(sheet, x + 8, y + 1, right - x - 17, reading)
        sheet.put_right(right - 3, y + 1, written_db(reading.peak_db), palette.PLAIN)
        sheet.put(right - 2, y + 1, "dB", palette.DIM)
        if reading.clipped:
            sheet.put_right(right, y, " CLIP ", palette.on(palette.STOP))

    def _body(self, sheet: Sheet, x: int, right: int, y: int) -> None:
        if self.question:
            _wrapped(sheet, x, right, y, self.question, palette.YELLOW)
        elif self.measured:
            self._results(sheet, x, right, y, self.measured)
        elif self.status and self.status.phase == CHECK:
            self._levels(sheet, x, right, y, self.status)
        elif self.status:
            self._progress(sheet, x, right, y, self.status)
        else:
            sheet.put(x, y, self.line, palette.SOFT)

    def _levels(self, sheet: Sheet, x: int, right: int, y: int, status: CaptureStatus) -> None:
        noise = f"noise {status.noise.rms_db:.0f} dB" if status.noise else ""
        said = f"send level {status.level_db:+.0f} dB    loudest return {written_db(status.loudest_db)} dB    {noise}"
        sheet.put(x, y, fit(said, right - x), palette.PLAIN)
        if not status.words:
            good = "levels are good: enter plays the test signal" if status.heard else "waiting for the return ..."
            sheet.put(x, y + 2, good, palette.GREEN if status.heard else palette.SOFT)
        for line in status.words:
            y = _wrapped(sheet, x, right, y + 2, f"! {line}", palette.YELLOW) - 2

    def _progress(self, sheet: Sheet, x: int, right: int, y: int, status: CaptureStatus) -> None:
        done = round(status.share * (right - x))
        sheet.put(x, y, "━" * done, palette.ACCENT)
        sheet.put(x + done, y, "━" * (right - x - done), palette.LINE)
        sheet.put(x, y + 1, status.phase, palette.SOFT)
        if status.phase == TAKE and status.share:
            whole = clock(status.seconds / status.share)
            sheet.put_right(right, y + 1, f"{clock(status.seconds)} of {whole}", palette.PLAIN)
            sheet.put(x, y + 3, fit(self.line, right - x), palette.SOFT)

    def _results(self, sheet: Sheet, x: int, right: int, y: int, measured: Measured) -> None:
        for what, how in lines(measured, self.rate):
            sheet.put(x, y, what, palette.SOFT)
            sheet.put(x + 11, y, fit(how, right - x - 11), palette.PLAIN)
            y += 1
        for i, finding in enumerate(measured.findings):
            if y >= sheet.height - 5:
                more = f"{len(measured.findings) - i} more things to know: they are told at the end"
                sheet.put(x, y + 1, more, palette.YELLOW)
                break
            ink = palette.RED if finding.fatal else palette.YELLOW
            y = _wrapped(sheet, x, right, y + 1, f"! {finding}", ink) - 1
        if not measured.findings:
            sheet.put(x, y + 1, "a good take", palette.GREEN)

    def _foot(self, sheet: Sheet, x: int, y: int) -> None:
        sheet.fill(0, y, sheet.width, 1, palette.GROUND)
        keys = KEYS.get(self.phase, QUIT)
        if self.measured and self.measured.fatal:
            keys = keys[1:]  # nobody wants to keep it
        for key, does in keys:
            x = sheet.put(x, y, key, palette.STRONG)
            x = sheet.put(x + 1, y, does, palette.SOFT) + 3


def _wrapped(sheet: Sheet, x: int, right: int, y: int, text: str, ink: Style) -> int:
    """Write as many lines as it takes, all but the first indented; the line after them."""
    lines = wrapped(text, max(right - x, 10) - INDENT)
    for i, line in enumerate(lines):
        sheet.put(x + (INDENT if i else 0), y + i, line, ink)
    return y + len(lines)


class CaptureApp(ThemedApp[Captured]):
    """`CaptureApp(work, session, heading).run()`: what was captured, or None; `error` then says what failed."""

    CSS_PATH = "rig.tcss"
    TITLE = "rig capture"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar = [
        Binding("ctrl+c", "leave", show=False, priority=True, system=True),
        Binding("ctrl+q", "leave", show=False, priority=True, system=True),
        Binding("q", "leave"),
        Binding("enter", "answer('enter')"),
        Binding("r", "answer('r')"),
        Binding("g", "answer('g')"),
        Binding("up", "level(1)"),
        Binding("down", "level(-1)"),
    ]

    class Ended(Message):
        def __init__(self, captured: Captured | None) -> None:
            super().__init__()
            self.captured = captured

    def __init__(self, work: Callable[[CaptureView], Captured], session: Session, heading: Heading) -> None:
        super().__init__(driver_class=StageDriver)
        self.panel = Panel(heading)
        self.panel.rate = session.rate
        self.error: BaseException | None = None
        self._work, self._session = work, session
        self._status: CaptureStatus | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._level_db = session.level_db
        self._go_on, self._leaving = False, threading.Event()

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.set_interval(POLL_S, lambda: self.panel.take(self._status, time.monotonic()))
        threading.Thread(target=self._run, daemon=True, name="rig-capture").start()

    def action_leave(self) -> None:
        """Whatever is under way ends at its next tick."""
        self._leaving.set()
        self._answers.put("q")

    def terminal_closed(self) -> None:
        """The terminal is dead: nobody can answer any more."""
        if isinstance(self._driver, StageDriver):
            self._driver.hang_up()
        self.action_leave()

    def action_answer(self, key: str) -> None:
        """Enter ends the level check; questions take what they offer."""
        phase = self.panel.phase
        if phase == CHECK and key == "enter":
            self._go_on = True
        elif phase in (DONE, "missed") and key in (key for key, _ in KEYS[phase]):
            self._answers.put(key)

    def action_level(self, direction: int) -> None:
        """Turn the send up or down, while levels are checked."""
        if self.panel.phase == CHECK:
            self._level_db = self._session.level_db + direction * STEP_DB

    def on_capture_app_ended(self, message: Ended) -> None:
        self.exit(message.captured)

    # --- the view, called by the thread that works ------------------------------------------------------------------

    def _run(self) -> None:
        captured = None
        try:
            captured = self._work(self)
        except PlayerQuit:
            pass
        except BaseException as error:
            self.error = error
        with suppress(RuntimeError):  # the app may have ended
            self.post_message(self.Ended(captured))

    def say(self, line: str) -> None:
        self.panel.line = line

    def show(self, status: CaptureStatus) -> bool:
        if self._leaving.is_set():
            raise PlayerQuit
        if self._level_db != self._session.level_db:
            self._session.set_level(self._level_db)
            self._level_db = self._session.level_db
        self._status = status
        return self._go_on

    def again(self, why: str) -> bool:
        self.panel.question = why
        answer = self._answer()
        self.panel.question = ""
        return answer != "g"

    def keep(self, measured: Measured) -> bool:
        self.panel.measured = measured
        while True:
            answer = self._answer()
            if answer == "r" or not measured.fatal:
                self.panel.measured = None
                return answer == "enter"

    def _answer(self) -> str:
        while not self._answers.empty():
            self._answers.get()
        answer = self._answers.get()
        if answer == "q" or self._leaving.is_set():
            raise PlayerQuit
        return answer


def on_screen(work: Callable[[CaptureView], Captured], session: Session, name: str) -> Captured:
    """Run the work on a screen of its own. Raises RigError where it failed or the player quit."""
    app = CaptureApp(work, session, Heading(name, session.client.server, session.send, session.back))
    captured = app.run()
    if app.error is not None:
        raise app.error
    if captured is None:
        raise RigError("quit: nothing was written")
    return captured
