"""Input and output meters in dBFS, with peak hold, clip and the limiter; what they stand at is decided in ballistics.py."""

from __future__ import annotations

from rich.style import Style

from rig.gig import Status
from rig.tui import palette
from rig.tui.ballistics import Ballistics, Reading, deflection
from rig.tui.sheet import Canvas, Sheet

LOUD_DB, FULL_DB = -3.0, 0.0
_EIGHTHS = " ▏▎▍▌▋▊▉"
_MARKS = (-60, -50, -40, -30, -20, -10, -6, -3, 0)
_UNLIT = palette.ink("#303030", palette.PANEL)


class Meters(Canvas):
    """Two bars and, where there is room, their scale."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._in, self._out = Ballistics(), Ballistics()
        self.input = self.output = Reading(-120.0, -120.0, False)
        self.level_db = self.limiter_db = 0.0

    def take(self, status: Status, now: float) -> None:
        """Let the needles follow `status`, read at time `now` in seconds."""
        self.input = self._in.update(status.in_db, status.in_clip, now)
        self.output = self._out.update(status.out_db, status.out_clip, now)
        self.level_db, self.limiter_db = status.level_db, status.limiter_db
        self.repaint()

    def paint(self, sheet: Sheet) -> None:
        thick = 2 if sheet.height >= 6 else 1
        gap = 1 if sheet.height >= 6 else 0
        words = sheet.width >= 60
        left, right = 7, sheet.width - (24 if words else 8)
        self._meter(sheet, 0, thick, left, right, "in", self.input)
        self._meter(sheet, thick + gap, thick, left, right, "out", self.output)
        scale = 2 * thick + gap
        if sheet.height > scale:
            _scale(sheet, scale, left, right)
            self._numbers(sheet, scale, right)

    def _meter(self, sheet: Sheet, y: int, thick: int, left: int, right: int, name: str, reading: Reading) -> None:
        width = right - left
        for row in range(y, y + thick):
            _bar(sheet, left, row, width, reading)
        sheet.put_right(left - 2, y, name, palette.PLAIN)
        loud = _ink(reading.peak_db) if reading.peak_db > LOUD_DB else palette.PLAIN
        sheet.put_right(right + 7, y, _db(reading.peak_db), loud)
        if reading.clipped:
            clip = palette.ink(palette.BRIGHT, palette.STOP, bold=True)
            sheet.put(right + (14 if sheet.width >= 60 else 1), y, " CLIP ", clip)
        if sheet.width >= 60:
            sheet.put(right + 8, y, "dBFS", palette.DIM)

    def _numbers(self, sheet: Sheet, y: int, right: int) -> None:
        x = sheet.put_right(sheet.width - 2, y, f"{self.level_db:+.0f} dB", palette.STRONG)
        x = sheet.put_right(x - 1, y, "level", palette.SOFT)
        working = self.limiter_db <= -0.1
        ink = palette.YELLOW if working else palette.DIM
        x = sheet.put_right(x - 2, y, f"{self.limiter_db:.1f}" if working else "-", ink)
        sheet.put_right(x - 1, y, "limiter", ink if working else palette.SOFT)


def _db(value: float) -> str:
    return f"{value:.1f}" if value > -100 else "-∞"


def _ink(db: float) -> Style:
    return palette.RED if db >= FULL_DB else palette.YELLOW if db >= LOUD_DB else palette.GREEN


def _bar(sheet: Sheet, x: int, y: int, width: int, reading: Reading) -> None:
    loud, full = round(deflection(LOUD_DB) * width), round(deflection(FULL_DB) * width)

    def ground(cell: int, lit: bool) -> str:
        if cell >= full:
            return palette.ALARM if lit else "#5f0000"
        if cell >= loud:
            return palette.WARN if lit else "#3a3a3a"
        return palette.GO if lit else palette.PANEL

    eighths = round(deflection(reading.level_db) * width * 8)
    for cell in range(width):
        part = min(8, max(0, eighths - 8 * cell))
        char = "█" if part == 8 else _EIGHTHS[part]
        sheet.put(x + cell, y, char, palette.ink(ground(cell, True), palette.PANEL))
    peak = int(deflection(reading.peak_db) * width)
    if 0 < peak < width and reading.peak_db > reading.level_db + 0.5:
        sheet.put(x + peak, y, "┃", palette.ink(ground(peak, True), palette.PANEL, bold=True))


def _scale(sheet: Sheet, y: int, left: int, right: int) -> None:
    free = 0
    for mark in reversed(_MARKS):
        text = str(mark)
        at = left + round(deflection(mark) * (right - left)) - len(text) // 2
        if free and at + len(text) >= free:
            continue
        sheet.put(at, y, text, palette.DIM)
        free = at
