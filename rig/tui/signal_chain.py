"""The signal path of the playing amp on one line: input, amp, output engines, the selected one lit, a fault in red,
an engine that is bypassed in parentheses.

Beside each engine, where there is room, the dB by which it holds the sound down, and the share of a core that it takes.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual import events
from textual.message import Message

from rig.gig.snapshot import EngineView, Status
from rig.tui import palette
from rig.tui.canvas import Canvas, Sheet, width_of
from rig.tui.meters import written_db

Piece = tuple[str, Style, "bool | None"]
"""A stretch of the path: its text, and for an engine whether it is selected."""

SHOWN_LOAD = 0.001  # of a core


class SignalChain(Canvas):
    """Engines in order, joined by wires."""

    class Picked(Message):
        """An engine was clicked."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._places: list[tuple[int, int, str]] = []  # first column, the one after the last, engine
        self.engines: tuple[EngineView, ...] = ()
        self.selected = ""
        self.bypassed = False
        self.reductions: Mapping[str, float] = {}

    def show(self, engines: tuple[EngineView, ...], selected: str, bypassed: bool) -> None:
        """The chain, the path of the engine that is selected, and whether the amp is out of the signal's path."""
        self.engines = tuple(engine for engine in engines if engine.stands)
        self.selected, self.bypassed = selected, bypassed
        self._look()

    def take(self, status: Status) -> None:
        """By how much engines hold the sound down."""
        self.reductions = dict(status.reductions)
        self._look()

    def _look(self) -> None:
        if self.is_news(self.engines, self.selected, self.bypassed, self.reductions):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        for beside in (2, 1, 0):
            pieces = self._pieces(beside)
            total = sum(width_of(text) for text, _, _ in pieces)
            if total <= sheet.width - 4:
                break
        x = 2
        if total > sheet.width - 4:  # slide along, so that the selected engine stays in sight
            x = sheet.width // 2 - self._middle(pieces)
            x = min(2, max(sheet.width - 2 - total, x))
        row = (sheet.height - 1) // 2
        start = x
        self._places = []
        engines = iter(self.engines)
        for text, style, lit in pieces:
            first, x = x, sheet.put(x, row, text, style)
            if lit is not None:
                self._places.append((first, x, next(engines).path))
        if total > sheet.width - 4:
            if start < 0:
                sheet.put(0, row, "…", palette.SOFT)
            if x > sheet.width:
                sheet.put(sheet.width - 1, row, "…", palette.SOFT)

    def on_click(self, event: events.Click) -> None:
        for first, after, path in self._places:
            if first <= event.x < after:
                self.post_message(self.Picked(path))

    def _pieces(self, beside: int) -> list[Piece]:
        """beside: how much is told of each engine: 0 its name, 1 its reduction too, 2 its cost as well."""
        pieces: list[Piece] = [("in ──", palette.DIM, None)]
        for i, engine in enumerate(self.engines):
            pieces.append((self._wire(self.engines[i - 1] if i else None, engine), palette.DIM, None))
            lit = engine.path == self.selected
            pieces.append((self._label(engine), self._style(engine, lit), lit))
            if beside and engine.path in self.reductions:
                pieces.append(self._reduction(self.reductions[engine.path]))
            if beside > 1 and engine.load >= SHOWN_LOAD:
                pieces.append((f" {engine.load:.1%} ", palette.DIM, None))
        pieces.append(("── out", palette.DIM, None))
        return pieces

    @staticmethod
    def _reduction(db: float) -> Piece:
        """As wide whatever it says: the path must not jump."""
        works = db <= -0.1
        return f"{written_db(db) if works else '-':>5} dB ", palette.YELLOW if works else palette.DIM, None

    @staticmethod
    def _wire(before: EngineView | None, engine: EngineView) -> str:
        """What joins two engines: ── on one way, ─┬a─ and ─│b─ into branches, ─┴─ where they meet."""
        way = before.branch if before else ""
        if way != engine.branch:
            return f"─{'│' if way else '┬'}{engine.branch}─" if engine.branch else "─┴─"
        if before is None:
            return ""
        return "──" if engine.where == before.where else "─┼─"

    @staticmethod
    def _label(engine: EngineView) -> str:
        name = f"{engine.name} FAULT" if engine.fault else engine.name
        return f" {name} " if engine.on else f"({name})"

    def _style(self, engine: EngineView, selected: bool) -> Style:
        if engine.fault:
            return palette.on(palette.STOP)
        if selected:
            return palette.on(palette.GLOW)
        if not engine.on or (engine.where == "amp" and self.bypassed):
            return palette.DIM
        if engine.where == "amp":
            return palette.ink(palette.TEXT, bold=True)
        return palette.SOFT

    @staticmethod
    def _middle(pieces: list[Piece]) -> int:
        x = 0
        for text, _, selected in pieces:
            if selected:
                return x + width_of(text) // 2
            x += width_of(text)
        return x // 2
