"""The knobs: those of the selected engine, or of the whole path where the screen is large enough."""

from __future__ import annotations

from rig.gig import EngineView, ParamView
from rig.tui import palette
from rig.tui.sheet import Canvas, Sheet, fit
from rig.tui.steps import is_bipolar, written

COLUMN = 46  # the narrowest column of knobs that is pleasant to read
GAP = 3


class Knobs(Canvas):
    """Engines with their knobs, in columns; one knob is selected."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.engines: tuple[EngineView, ...] = ()
        self.selected = ""  # the path of the selected knob

    def show(self, engines: tuple[EngineView, ...], selected: str) -> None:
        """The chain with its knobs as they stand, and the path of the selected one."""
        self.engines, self.selected = engines, selected
        self.repaint()

    def paint(self, sheet: Sheet) -> None:
        if not self.engines:
            return
        columns = self._columns(sheet.width, sheet.height)
        if columns:
            width = (sheet.width - 4 - GAP * (len(columns) - 1)) // len(columns)
            for i, column in enumerate(columns):
                self._column(sheet, 2 + i * (width + GAP), width, column)
        else:
            self._single(sheet)

    def _columns(self, width: int, height: int) -> list[list[EngineView]]:
        """The whole path in columns, or nothing where it does not fit."""
        turnable = [engine for engine in self.engines if engine.params]
        count = min(len(turnable), max(1, (width - 4 + GAP) // (COLUMN + GAP)))
        for used in range(1, count + 1):
            columns = _flow(turnable, used, height)
            if columns:
                return columns
        return []

    def _column(self, sheet: Sheet, x: int, width: int, engines: list[EngineView]) -> None:
        y = 0
        for engine in engines:
            lit = any(param.path == self.selected for param in engine.params)
            ink = palette.ACCENT if lit else palette.SOFT
            end = sheet.put(x, y, engine.name + " ", ink)
            sheet.put(end, y, "─" * (x + width - end), palette.LINE)
            for i, param in enumerate(engine.params, 1):
                self._knob(sheet, x, y + i, width, param)
            y += len(engine.params) + 2

    def _single(self, sheet: Sheet) -> None:
        engine = next((e for e in self.engines if any(p.path == self.selected for p in e.params)), None)
        if engine is None:
            return
        at = next(i for i, p in enumerate(engine.params) if p.path == self.selected)
        rows = sheet.height
        first = max(0, min(at - rows // 2, len(engine.params) - rows))
        shown = engine.params[first : first + rows]
        for y, param in enumerate(shown):
            self._knob(sheet, 2, y, sheet.width - 4, param)
        if first > 0:
            sheet.put(0, 0, "↑", palette.SOFT)
        if first + len(shown) < len(engine.params):
            sheet.put(0, len(shown) - 1, "↓", palette.SOFT)

    def _knob(self, sheet: Sheet, x: int, y: int, width: int, param: ParamView) -> None:
        lit = param.path == self.selected
        if lit:
            sheet.put(x, y, "▌", palette.ACCENT)
        name_w = 12 if width >= 40 else 9
        sheet.put(x + 2, y, fit(param.name, name_w), palette.STRONG if lit else palette.PLAIN)
        value = written(param.value, param.unit, is_bipolar(param))
        end = x + 2 + name_w + 10
        sheet.put_right(end, y, value, palette.ACCENT if lit else palette.PLAIN)
        if x + width - end >= 8:
            _bar(sheet, end + 2, y, x + width - end - 2, param, lit)


def _bar(sheet: Sheet, x: int, y: int, width: int, param: ParamView, lit: bool) -> None:
    """A slider: filled from the minimum, or from zero where zero lies inside; a mark at the initial value."""

    def cell(value: float) -> int:
        span = param.maximum - param.minimum
        share = (value - param.minimum) / span if span > 0 else 0.0
        return round(min(1.0, max(0.0, share)) * (width - 1))

    at, start = cell(param.value), cell(max(param.minimum, 0.0) if is_bipolar(param) else param.minimum)
    low, high = sorted((at, start))
    sheet.put(x, y, "─" * width, palette.LINE)
    ink = palette.ink(palette.GLOW if lit else palette.EMBER)
    sheet.put(x + low, y, "━" * (high - low + 1), ink)
    mark = cell(param.initial)
    sheet.put(x + mark, y, "┿" if low <= mark <= high else "┼", ink if low <= mark <= high else palette.SOFT)
    sheet.put(x + at, y, "█", palette.ACCENT if lit else palette.SOFT)


def _flow(engines: list[EngineView], columns: int, height: int) -> list[list[EngineView]]:
    """Engines in order into at most `columns` columns of `height` lines; empty where they do not fit."""
    out: list[list[EngineView]] = [[]]
    used = 0
    for engine in engines:
        need = len(engine.params) + 1
        if need > height:
            return []
        if used and used + 1 + need > height:
            out.append([])
            used = 0
        out[-1].append(engine)
        used += need + (1 if used else 0)
    return out if len(out) <= columns else []
