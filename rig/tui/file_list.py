"""The parts of the browser: where we are, what lies there, and what there is to say of the highlighted file."""

from __future__ import annotations

from pathlib import Path

from rich.style import Style
from textual import events
from textual.message import Message

from rig.tui import palette
from rig.tui.canvas import Canvas, Sheet, fit, fit_end, printable, width_of, wrapped
from rig.tui.file_listing import Entry, size
from rig.tui.glances import kept

SCROLL = 3  # lines a notch of the wheel


class Where(Canvas):
    """Whose file it is, in which folder we are, and what was typed."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.engine, self.folder, self.count, self.silent = "", "", "", ""
        self.typed: str | None = None

    def show(self, engine: str, folder: str, typed: str | None, count: str, silent: str) -> None:
        """engine: "Crunch.wavenet". typed: None while nothing is looked for. count: "12 of 40".

        silent: why nothing of it is heard, "MUTED".
        """
        self.engine, self.folder, self.typed, self.count, self.silent = engine, folder, typed, count, silent
        if self.is_news(engine, folder, typed, count, silent):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        where, _, engine = self.engine.rpartition(".")
        silent = f" {self.silent} " if self.silent else ""
        right = sheet.width - 2 - (width_of(silent) + 2 if silent else 0)
        x = sheet.put(2, 0, fit(printable(where), right - 2), palette.STRONG)
        x = sheet.put(x, 0, fit(" › ", right - x), palette.DIM)
        x = sheet.put(x, 0, fit(engine, right - x), palette.ACCENT) + 3
        if right - x > 1:
            sheet.put(x, 0, fit_end(self.folder, right - x), palette.SOFT)
        sheet.put_right(sheet.width - 2, 0, silent, palette.on(palette.STOP))
        if sheet.height > 1:
            self._field(sheet, 1)

    def _field(self, sheet: Sheet, y: int) -> None:
        bar = palette.ink(palette.QUIET, palette.PANEL)
        sheet.fill(2, y, sheet.width - 4, 1, bar)
        right = sheet.put_right(sheet.width - 3, y, self.count, bar)
        if self.typed is None:
            x = sheet.put(3, y, "/", palette.ink(palette.GLOW, palette.PANEL, bold=True))
            sheet.put(x + 1, y, fit("finds part of a name", right - x - 2), palette.ink(palette.FAINT, palette.PANEL))
            return
        x = sheet.put(3, y, "find ", palette.ink(palette.GLOW, palette.PANEL, bold=True))
        typed = fit_end(printable(self.typed), max(2, right - x - 2))
        x = sheet.put(x, y, typed, palette.ink(palette.BRIGHT, palette.PANEL, bold=True))
        x = sheet.put(x, y, "▏", palette.ink(palette.GLOW, palette.PANEL))
        if not self.typed:
            hint = "type part of a name; F1-F9 switch amps, ctrl+n mutes"
            sheet.put(x, y, fit(hint, right - x - 2), palette.ink(palette.FAINT, palette.PANEL))


class Shelf(Canvas):
    """The folder's entries, one a line. What plays is lit, as an amp's tile is."""

    class Clicked(Message):
        """A line was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class Scrolled(Message):
        """The wheel was turned by so many lines."""

        def __init__(self, lines: int) -> None:
            super().__init__()
            self.lines = lines

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.entries: tuple[Entry, ...] = ()
        self.at = self.first = 0
        self.plays = self.before = Path()
        self.building: Path | None = None
        self.faults: dict[Path, str] = {}
        self.empty = ""

    def show(self) -> None:
        """Draw what the attributes say."""
        known = tuple(kept(entry.path) for entry in self.shown())
        if self.is_news(self.entries, self.at, self.plays, self.building, len(self.faults), self.empty, known):
            self.repaint()

    def shown(self) -> tuple[Entry, ...]:
        """The entries in sight, or nearly."""
        lines = max(1, self.size.height)
        first = max(0, min(self.first, self.at), self.at - lines + 1)
        return self.entries[first : first + lines]

    def paint(self, sheet: Sheet) -> None:
        lines, count = sheet.height, len(self.entries)
        self.first = max(0, min(self.first, self.at, count - lines))
        self.first = max(self.first, self.at - lines + 1)
        sheet.put(6, count, fit(self.empty, sheet.width - 8), palette.YELLOW)
        for y, entry in enumerate(self.entries[self.first : self.first + lines]):
            self._line(sheet, y, entry, self.first + y == self.at)
        if count > lines:
            _slider(sheet, self.first / count, (self.first + lines) / count)

    def _line(self, sheet: Sheet, y: int, entry: Entry, lit: bool) -> None:
        ink, soft = self._inks(entry, lit)
        if lit:
            sheet.fill(2, y, sheet.width - 4, 1, ink)
            sheet.put(2, y, "▌", ink if entry.path == self.plays else palette.ink(palette.GLOW, palette.LIT, bold=True))
        right = sheet.width - 4
        said = "" if entry.is_folder else self._said(entry)
        if not entry.is_folder and sheet.width >= 36:
            sheet.put_right(right, y, size(entry.size), soft)
            right -= 10
        glance = None if entry.is_folder else kept(entry.path)
        if glance and sheet.width >= 60:
            room = right - 8 - min(width_of(entry.name), 30) - (width_of(said) + 2 if said else 0)
            right = sheet.put_right(right, y, glance.words(room), soft) - 2
        if said and sheet.width >= 50:
            right = sheet.put_right(right, y, said, soft if entry.path == self.before != self.plays else ink) - 2
        mark = "▴" if entry.up else "▸" if entry.is_folder else "♪" if entry.path == self.plays else " "
        sheet.put(4, y, mark, ink)
        name = ".." if entry.up else entry.name + ("/" if entry.is_folder else "")
        sheet.put(6, y, fit(printable(name), right - 6), ink)

    def _inks(self, entry: Entry, lit: bool) -> tuple[Style, Style]:
        """Of the name, and of what stands beside it."""
        if lit and entry.path == self.plays:
            return palette.on(palette.GLOW), palette.on(palette.GLOW, bold=False)
        ground = palette.LIT if lit else palette.STAGE
        if entry.path in self.faults:
            return palette.ink(palette.ALERT if lit else palette.ALARM, ground, bold=lit), palette.ink(
                palette.QUIET, ground
            )
        colour = palette.BRIGHT if lit else palette.QUIET if entry.is_folder else palette.TEXT
        if entry.path == self.plays:
            colour = palette.GLOW
        return palette.ink(colour, ground, bold=lit), palette.ink(palette.QUIET if lit else palette.FAINT, ground)

    def _said(self, entry: Entry) -> str:
        if entry.path in self.faults:
            return "does not play"
        if entry.path == self.building:
            return "loading"
        if entry.path == self.plays:
            return "plays"
        return "esc: back to this" if entry.path == self.before else ""

    def on_click(self, event: events.Click) -> None:
        index = self.first + event.y
        if index < len(self.entries):
            self.post_message(self.Clicked(index))

    def on_mouse_scroll_down(self) -> None:
        self.post_message(self.Scrolled(SCROLL))

    def on_mouse_scroll_up(self) -> None:
        self.post_message(self.Scrolled(-SCROLL))


def _slider(sheet: Sheet, start: float, end: float) -> None:
    """What share of the whole is in sight."""
    first = round(start * sheet.height)
    last = max(first + 1, round(end * sheet.height))
    for y in range(sheet.height):
        sheet.put(
            sheet.width - 1, y, "┃" if first <= y < last else "│", palette.SOFT if first <= y < last else palette.LINE
        )


class About(Canvas):
    """The highlighted entry: what it is, or why it does not play."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.title, self.wrong = "", False
        self.told: tuple[str, ...] = ()

    def show(self, title: str, told: tuple[str, ...], wrong: bool = False) -> None:
        """A file's name and what there is to say of it; in red where it does not play."""
        self.title, self.told, self.wrong = title, told, wrong
        if self.is_news(title, told, wrong):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        width = sheet.width - 4
        y = 0
        if sheet.height > 1:
            sheet.put(2, 0, "─" * width, palette.LINE)
            y = 1
        if self.title and sheet.height > 2:
            sheet.put(2, y, fit(self.title, width), palette.STRONG)
            y = 2
        lines = [line for text in self.told for line in wrapped(text, width)]
        for line in lines[: sheet.height - y]:
            sheet.put(2, y, line, palette.RED if self.wrong else palette.SOFT)
            y += 1
