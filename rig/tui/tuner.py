"""The tuner: the note in the largest letters that fit, and a needle of cents."""

from __future__ import annotations

from rich.style import Style

from rig.gig.snapshot import Status
from rig.tui import block_font, palette
from rig.tui.canvas import Canvas, Sheet

IN_TUNE_CENTS = 3.0
SPAN_CENTS = 50.0


class Tuner(Canvas):
    """Shown in place of amps and knobs while the tuner is on."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.note, self.cents = "", 0.0

    def take(self, status: Status) -> None:
        """Follow the pitch that `status` heard."""
        self.note, self.cents = status.note, status.cents
        self.repaint()

    @property
    def in_tune(self) -> bool:
        return bool(self.note) and abs(self.cents) < IN_TUNE_CENTS

    def paint(self, sheet: Sheet) -> None:
        colour = palette.FAINT if not self.note else palette.GO if self.in_tune else palette.GLOW
        ink = palette.ink(colour, bold=True)
        needle_h = 4 if sheet.height >= 9 else 2
        self._note(sheet, sheet.height - needle_h, ink)
        self._needle(sheet, sheet.height - needle_h + 1, ink)

    def _note(self, sheet: Sheet, height: int, ink: Style) -> None:
        text = block_font.spell(self.note or "-")
        scale = max((s for s in (1, 2, 3, 4, 5) if block_font.lines(s) <= height - 1), default=0)
        if text is None or not scale:
            sheet.put_centred(0, height // 2, sheet.width, self.note or "-", ink)
            return
        rows = block_font.draw(text, scale)
        top = max(0, (height - len(rows)) // 2)
        for y, row in enumerate(rows):
            sheet.put_centred(0, top + y, sheet.width, row, ink)

    def _needle(self, sheet: Sheet, y: int, ink: Style) -> None:
        width = min(sheet.width - 8, 121) // 2 * 2 - 1
        left = (sheet.width - width) // 2
        middle = left + width // 2
        sheet.put(left, y, "├" + "─" * (width - 2) + "┤", palette.SOFT)
        for quarter in (0.25, 0.75):
            sheet.put(left + round(quarter * (width - 1)), y, "┼", palette.SOFT)
        sheet.put(middle, y, "╋", palette.STRONG)
        cents = max(-SPAN_CENTS, min(SPAN_CENTS, self.cents))
        if self.note:
            at = middle + round(cents / SPAN_CENTS * (width // 2))
            sheet.put(min(at, middle), y, "━" * (abs(at - middle) + 1), ink)
            for row in (y - 1, y):
                sheet.put(at - 1, row, "███", ink)
            words = "in tune" if self.in_tune else f"{self.cents:+.0f} cents {'flat' if cents < 0 else 'sharp'}"
        else:
            words = "play one string"
        sheet.put_centred(0, y + 1, sheet.width, words, ink)
        sheet.put(left, y + 1, "-50", palette.DIM)
        sheet.put_right(left + width, y + 1, "+50", palette.DIM)
