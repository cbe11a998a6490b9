"""What is on screen while models load and warm up: which one, and how far."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen

from rig.tui import block_font, palette
from rig.tui.canvas import Canvas, Sheet, fit


class Loading(Canvas):
    """A progress bar under the name of the tool."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.step, self.share = "", 0.0

    def show(self, step: str, share: float) -> None:
        """What is being done, and how much of everything is done, 0..1."""
        self.step, self.share = step, min(1.0, max(0.0, share))
        self.repaint()

    def paint(self, sheet: Sheet) -> None:
        logo = block_font.draw("RIG", 2 if sheet.height >= 14 and sheet.width >= 30 else 1)
        width = max(4, min(sheet.width - 8, 64))
        left = (sheet.width - width) // 2
        y = max(0, (sheet.height - len(logo) - 4) // 2)
        for i, line in enumerate(logo):
            sheet.put(left, y + i, line, palette.ACCENT)
        y += len(logo) + 2
        done = round(self.share * width)
        sheet.put(left, y, "━" * done, palette.ACCENT)
        sheet.put(left + done, y, "━" * (width - done), palette.LINE)
        sheet.put(left, y + 1, fit(self.step, width - 6), palette.SOFT)
        sheet.put_right(left + width, y + 1, f"{self.share * 100:.0f} %", palette.PLAIN)


class LoadingScreen(Screen[None]):
    """Shown until the gig is open."""

    def compose(self) -> ComposeResult:
        yield Loading(id="loading")

    def show(self, step: str, share: float) -> None:
        """Passed on to the bar."""
        self.query_one(Loading).show(step, share)
