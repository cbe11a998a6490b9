"""The knobs: those of the selected engine, or of the whole path where the screen is large enough."""

from __future__ import annotations

from rig.gig.snapshot import EngineView, FileView, ParamView
from rig.tui import palette
from rig.tui.canvas import Canvas, Sheet, fit, printable
from rig.tui.knob_scale import is_bipolar, place, stands

COLUMN = 46  # the narrowest column of knobs that is pleasant to read
GAP = 3


class Knobs(Canvas):
    """Engines with their files and knobs, in columns; one row is selected."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.engines: tuple[EngineView, ...] = ()
        self.selected = ""  # the path of the selected row

    def show(self, engines: tuple[EngineView, ...], selected: str) -> None:
        """The chain with its files and knobs as they stand, and the path of the selected row."""
        self.engines, self.selected = engines, selected
        if self.is_news(engines, selected):
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
            self._list(sheet)

    def _columns(self, width: int, height: int) -> list[list[EngineView]]:
        """The whole path in columns, or nothing where it does not fit."""
        turnable = [engine for engine in self.engines if engine.rows]
        count = min(len(turnable), max(1, (width - 4 + GAP) // (COLUMN + GAP)))
        for lines in range(2, height + 1):  # the lowest that holds all, so that columns come out even
            columns = _flow(turnable, count, lines)
            if columns:
                return columns
        return []

    def _column(self, sheet: Sheet, x: int, width: int, engines: list[EngineView]) -> None:
        y = 0
        for engine in engines:
            lit = any(row.path == self.selected for row in engine.rows)
            ink = palette.ACCENT if lit else palette.SOFT
            end = sheet.put(x, y, engine.name + " ", ink)
            sheet.put(end, y, "─" * (x + width - end), palette.LINE)
            for i, row in enumerate(engine.rows, 1):
                self._row(sheet, x, y + i, width, row)
            y += len(engine.rows) + 2

    def _list(self, sheet: Sheet) -> None:
        """As many rows of the path as there are lines, around the selected one."""
        rows = [(engine, row) for engine in self.engines for row in engine.rows]
        at = next((i for i, (_, row) in enumerate(rows) if row.path == self.selected), 0)
        first = max(0, min(at - (sheet.height - 1) // 2, len(rows) - sheet.height))
        shown = rows[first : first + sheet.height]
        names = sheet.width >= 60
        left = 3 + max(len(engine.name) for engine, _ in rows) + 1 if names else 2
        lit = rows[at][0] if rows else None
        for y, (engine, row) in enumerate(shown):
            if names and (y == 0 or shown[y - 1][0] is not engine):
                sheet.put(2, y, engine.name, palette.ACCENT if engine is lit else palette.DIM)
            self._row(sheet, left, y, sheet.width - left - 2, row)
        if first > 0:
            sheet.put(0, 0, "↑", palette.SOFT)
        if first + len(shown) < len(rows):
            sheet.put(0, len(shown) - 1, "↓", palette.SOFT)

    def _row(self, sheet: Sheet, x: int, y: int, width: int, row: FileView | ParamView) -> None:
        lit = row.path == self.selected
        if lit:
            sheet.put(x, y, "▌", palette.ACCENT)
        name_w = 12 if width >= 40 else 9
        sheet.put(x + 2, y, fit(row.name, name_w), palette.STRONG if lit else palette.PLAIN)
        if isinstance(row, FileView):
            room = width - name_w - 2
            if lit and room > 40:
                room = sheet.put_right(x + width, y, "o changes it", palette.SOFT) - x - name_w - 4
            name = fit(printable(row.file.name), room - 1)
            sheet.put(x + 3 + name_w, y, name, palette.ACCENT if lit else palette.PLAIN)
        else:
            self._knob(sheet, x, y, width, name_w, row)

    def _knob(self, sheet: Sheet, x: int, y: int, width: int, name_w: int, param: ParamView) -> None:
        lit = param.path == self.selected
        value = stands(param)
        end = x + 2 + name_w + 10
        sheet.put_right(end, y, value, palette.ACCENT if lit else palette.PLAIN)
        if x + width - end >= 8:
            _bar(sheet, end + 2, y, x + width - end - 2, param, lit)


def _bar(sheet: Sheet, x: int, y: int, width: int, param: ParamView, lit: bool) -> None:
    """A slider: filled from the minimum, or from zero where zero lies inside; a mark at the initial value."""

    def cell(value: float) -> int:
        return round(place(param, value) * (width - 1))

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
        need = len(engine.rows) + 1
        if need > height:
            return []
        if used and used + 1 + need > height:
            out.append([])
            used = 0
        out[-1].append(engine)
        used += need + (1 if used else 0)
    return out if len(out) <= columns else []
