"""Input and output meters in dBFS, with peak hold, clip and the limiter. How they move is in ballistics.py."""

from __future__ import annotations

from rich.style import Style

from rig.gig.levels import Levels
from rig.gig.snapshot import Status
from rig.tui import palette
from rig.tui.ballistics import Ballistics, Reading, deflection
from rig.tui.canvas import Canvas, Sheet

LOUD_DB, FULL_DB = -3.0, 0.0
_EIGHTHS = " ▏▎▍▌▋▊▉"
_MARKS = (-60, -50, -40, -30, -20, -10, -6, -3, 0)


class Meters(Canvas):
    """Two bars and, where there is room, their scale."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._in, self._out = Ballistics(), Ballistics()
        self.input = self.output = Reading(-120.0, -120.0, False)
        self.level_db = self.limiter_db = 0.0
        self._scale_of: tuple[object, ...] = ()
        self._scale_drawn = Sheet(0, 1)

    def take(self, levels: Levels | Status, level_db: float, now: float) -> None:
        """Let the needles follow `levels`, read at time `now` in seconds. level_db: the output's."""
        self.input = self._in.update(levels.in_db, levels.in_clip, now)
        self.output = self._out.update(levels.out_db, levels.out_clip, now)
        self.level_db, self.limiter_db = level_db, round(levels.limiter_db, 1)
        if self.is_news(self.input, self.output, self.level_db, self.limiter_db):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        thick = 2 if sheet.height >= 5 else 1
        scale = sheet.height > 2 * thick
        left, right = 7, sheet.width - (24 if sheet.width >= 60 else 8)
        self._meter(sheet, 0, thick, left, right, "in", self.input)
        self._meter(sheet, thick + scale, thick, left, right, "out", self.output)
        if scale:
            sheet.paste(thick, self._scale(sheet.width, left, right))
            self._numbers(sheet, thick)

    def _scale(self, width: int, left: int, right: int) -> Sheet:
        """Which stays the same while the screen does."""
        known = (width, left, right, palette.theme)
        if known != self._scale_of:
            self._scale_of, self._scale_drawn = known, Sheet(width, 1)
            draw_scale(self._scale_drawn, 0, left, right)
        return self._scale_drawn

    def _meter(self, sheet: Sheet, y: int, thick: int, left: int, right: int, name: str, reading: Reading) -> None:
        width = right - left
        for row in range(y, y + thick):
            draw_bar(sheet, left, row, width, reading)
        sheet.put_right(left - 2, y, name, palette.PLAIN)
        loud = _ink(reading.peak_db) if reading.peak_db > LOUD_DB else palette.PLAIN
        sheet.put_right(right + 7, y, written_db(reading.peak_db), loud)
        if reading.clipped:
            clip = palette.on(palette.STOP)
            sheet.put(right + (14 if sheet.width >= 60 else 1), y, " CLIP ", clip)
        if sheet.width >= 60:
            sheet.put(right + 8, y, "dBFS", palette.DIM)

    def _numbers(self, sheet: Sheet, y: int) -> None:
        x = sheet.put_right(sheet.width - 2, y, f"{self.level_db:+g} dB" if self.level_db else "0 dB", palette.STRONG)
        x = sheet.put_right(x - 1, y, "level", palette.SOFT)
        working = self.limiter_db <= -0.1
        ink = palette.YELLOW if working else palette.DIM
        x = sheet.put_right(x - 2, y, f"{self.limiter_db:.1f}" if working else "-", ink)
        sheet.put_right(x - 1, y, "limiter", ink if working else palette.SOFT)


def written_db(value: float) -> str:
    """A level in dB as meters write it."""
    return f"{value:.1f}" if value > -100 else "-∞"


def _ink(db: float) -> Style:
    return palette.RED if db >= FULL_DB else palette.YELLOW if db >= LOUD_DB else palette.GREEN


def draw_bar(sheet: Sheet, x: int, y: int, width: int, reading: Reading) -> None:
    loud, full = round(deflection(LOUD_DB) * width), round(deflection(FULL_DB) * width)

    zones = ((0, loud, palette.GO), (loud, full, palette.WARN), (full, width, palette.ALARM))
    eighths = round(deflection(reading.level_db) * width * 8)
    peak = int(deflection(reading.peak_db) * width)
    for first, last, colour in zones:
        ink = palette.ink(colour, palette.PANEL)
        whole = min(last, max(first, eighths // 8))
        sheet.put(x + first, y, "█" * (whole - first) + " " * (last - whole), ink)
        if first <= eighths // 8 < last:
            sheet.put(x + eighths // 8, y, _EIGHTHS[eighths % 8], ink)
        if first <= peak < last and peak and reading.peak_db > reading.level_db + 0.5:
            sheet.put(x + peak, y, "┃", ink)


def draw_scale(sheet: Sheet, y: int, left: int, right: int) -> None:
    free = 0
    for mark in reversed(_MARKS):
        text = str(mark)
        at = left + round(deflection(mark) * (right - left)) - len(text) // 2
        if free and at + len(text) >= free:
            continue
        ink = palette.DIM if mark < LOUD_DB else _ink(mark)
        sheet.put(at, y, text, ink)
        free = at
