"""The knobs: those of the whole path where the screen is large enough, else as many as fit around the selected one."""

from __future__ import annotations

from rich.style import Style
from textual import events
from textual.message import Message

from rig.gig.knob_scale import is_bipolar, place, stands, written_out
from rig.gig.snapshot import EngineView, FileView, ParamView
from rig.tui import palette
from rig.tui.canvas import Canvas, Sheet, fit, printable, width_of
from rig.tui.selection import Line, lines

COLUMN = 46  # the narrowest column of knobs that is pleasant to read
GAP = 3
VALUE = 10  # columns of a knob's value


class Knobs(Canvas):
    """Engines with their files and knobs, in columns; one line is selected."""

    class Picked(Message):
        """A line was clicked. share: where on its slider, 0..1; None beside it."""

        def __init__(self, path: str, share: float | None) -> None:
            super().__init__()
            self.path, self.share = path, share

    class Turned(Message):
        """The wheel was turned over a line: one up, or one down."""

        def __init__(self, path: str, direction: int) -> None:
            super().__init__()
            self.path, self.direction = path, direction

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._places: list[tuple[int, int, int, str]] = []  # row, first column, column after the last one, path
        self._sliders: list[tuple[int, int, int, str, float, float]] = []  # the same, and the shares of its ends
        self.engines: tuple[EngineView, ...] = ()
        self.selected = ""  # the path of the selected line
        self.typed: str | None = None

    def show(self, engines: tuple[EngineView, ...], selected: str, typed: str | None = None) -> None:
        """The path with its knobs as they stand, the selected line's path, and what is being typed for a value."""
        self.engines, self.selected, self.typed = engines, selected, typed
        if self.is_news(engines, selected, typed):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        self._places, self._sliders = [], []
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
        count = min(len(self.engines), max(1, (width - 4 + GAP) // (COLUMN + GAP)))
        for rows in range(2, height + 1):  # the lowest that holds all, so that columns come out even
            columns = _flow(self.engines, count, rows)
            if columns:
                return columns
        return []

    def _column(self, sheet: Sheet, x: int, width: int, engines: list[EngineView]) -> None:
        y = 0
        for engine in engines:
            rows = lines((engine,))
            lit = any(line.path == self.selected for line in rows)
            end = sheet.put(x, y, _name(engine) + " ", palette.ACCENT if lit else palette.SOFT)
            if not engine.on:
                end = sheet.put(end, y, "bypassed ", palette.SOFT)
            sheet.put(end, y, "─" * (x + width - end), palette.LINE)
            for i, line in enumerate(rows, 1):
                self._line(sheet, x, y + i, width, line)
            y += len(rows) + 2

    def _list(self, sheet: Sheet) -> None:
        """As many lines of the path as there is room for, around the selected one."""
        rows = lines(self.engines)
        at = next((i for i, line in enumerate(rows) if line.path == self.selected), 0)
        first = max(0, min(at - (sheet.height - 1) // 2, len(rows) - sheet.height))
        shown = rows[first : first + sheet.height]
        names = sheet.width >= 60
        left = 3 + max(width_of(_name(line.engine)) for line in rows) + 1 if names else 2
        for y, line in enumerate(shown):
            engine = line.engine
            if names and (y == 0 or shown[y - 1].engine is not engine):
                sheet.put(2, y, _name(engine), palette.ACCENT if engine is rows[at].engine else palette.DIM)
            self._line(sheet, left, y, sheet.width - left - 2, line)
        if first > 0:
            sheet.put(0, 0, "↑", palette.SOFT)
        if first + len(shown) < len(rows):
            sheet.put(0, len(shown) - 1, "↓", palette.SOFT)

    def _line(self, sheet: Sheet, x: int, y: int, width: int, line: Line) -> None:
        lit, row = line.path == self.selected, line.row
        self._places.append((y, x, x + width, line.path))
        name_w = 12 if width >= 40 else 9
        plain = palette.PLAIN if line.engine.on else palette.DIM
        if lit:
            sheet.put(x, y, "▌", palette.ACCENT)
        sheet.put(x + 2, y, fit(_title(row) if row else "no knobs", name_w), palette.STRONG if lit else plain)
        if isinstance(row, FileView):
            room = width - name_w - 2
            if lit and room > 40:
                room = sheet.put_right(x + width, y, "o changes it", palette.SOFT) - x - name_w - 4
            name = fit(printable(row.file.name), room - 1)
            sheet.put(x + 3 + name_w, y, name, palette.ACCENT if lit else plain)
        elif row:
            self._knob(sheet, x + 2 + name_w, y, x + width, row, plain)

    def _knob(self, sheet: Sheet, x: int, y: int, right: int, param: ParamView, plain: Style) -> None:
        lit = param.path == self.selected
        end = x + VALUE
        if lit and self.typed is not None:
            _field(sheet, x + 1, y, VALUE, self.typed)
        else:
            sheet.put_right(end, y, fit(stands(param), VALUE - 1), palette.ACCENT if lit else plain)
            if param.value != param.preset:
                sheet.put(end, y, "*", palette.YELLOW)
        if right - end < 8:
            return
        spans = _words(sheet, end + 2, y, right, param, lit) if param.choices or param.values else []
        if not spans:
            _bar(sheet, end + 2, y, right - end - 2, param, lit)
            spans = [(end + 2, right)]
        for i, (first, after) in enumerate(spans):
            low, high = (0.0, 1.0) if len(spans) == 1 else (i / (len(spans) - 1),) * 2
            self._sliders.append((y, first, after, param.path, low, high))

    def on_click(self, event: events.Click) -> None:
        for y, first, after, path, low, high in self._sliders:
            if y == event.y and first <= event.x < after:
                share = low + (high - low) * (event.x - first) / max(1, after - first - 1)
                self.post_message(self.Picked(path, share))
                return
        path = self._path(event.x, event.y)
        if path:
            self.post_message(self.Picked(path, None))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, direction: int) -> None:
        path = self._path(event.x, event.y)
        if path:
            self.post_message(self.Turned(path, direction))

    def _path(self, x: int, y: int) -> str:
        """Of the line that is there."""
        return next((path for row, first, after, path in self._places if row == y and first <= x < after), "")


def _title(row: FileView | ParamView) -> str:
    """A plug-in's knobs have names for machines, and others for us."""
    return printable(row.title or row.name) if isinstance(row, ParamView) else row.name


def _name(engine: EngineView) -> str:
    return engine.name if engine.on else f"({engine.name})"


def _field(sheet: Sheet, x: int, y: int, width: int, typed: str) -> None:
    """What is being typed, and where the next letter goes."""
    sheet.fill(x, y, width, 1, palette.ink(palette.QUIET, palette.LIT))
    x = sheet.put(x, y, printable(typed)[1 - width :], palette.ink(palette.BRIGHT, palette.LIT, bold=True))
    sheet.put(x, y, "▏", palette.ink(palette.GLOW, palette.LIT))


def _words(sheet: Sheet, x: int, y: int, right: int, param: ParamView, lit: bool) -> list[tuple[int, int]]:
    """All that a knob can be, the one that it is lit, where there is room for that. Their columns."""
    called = written_out(param)
    if x + sum(width_of(word) + 2 for word in called) - 2 > right:
        return []
    spans = []
    for word in called:
        here = word == stands(param)
        ink = palette.ink(palette.GLOW if lit else palette.EMBER, bold=True) if here else palette.DIM
        spans.append((x, x + width_of(word)))
        x = sheet.put(x, y, word, ink) + 2
    return spans


def _bar(sheet: Sheet, x: int, y: int, width: int, param: ParamView, lit: bool) -> None:
    """A slider: filled from the minimum, or from zero where zero lies inside; a mark at what the preset says."""

    def cell(value: float) -> int:
        return round(place(param, value) * (width - 1))

    at, start = cell(param.value), cell(max(param.minimum, 0.0) if is_bipolar(param) else param.minimum)
    low, high = sorted((at, start))
    sheet.put(x, y, "─" * width, palette.LINE)
    ink = palette.ink(palette.GLOW if lit else palette.EMBER)
    sheet.put(x + low, y, "━" * (high - low + 1), ink)
    mark = cell(param.preset)
    sheet.put(x + mark, y, "┿" if low <= mark <= high else "┼", ink if low <= mark <= high else palette.SOFT)
    sheet.put(x + at, y, "█", palette.ACCENT if lit else palette.SOFT)


def _flow(engines: tuple[EngineView, ...], columns: int, height: int) -> list[list[EngineView]]:
    """Engines in order into at most `columns` columns of `height` lines; empty where they do not fit."""
    out: list[list[EngineView]] = [[]]
    used = 0
    for engine in engines:
        need = len(lines((engine,))) + 1
        if need > height:
            return []
        if used and used + 1 + need > height:
            out.append([])
            used = 0
        out[-1].append(engine)
        used += need + (1 if used else 0)
    return out if len(out) <= columns else []
