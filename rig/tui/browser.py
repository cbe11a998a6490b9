"""The browser: walk through folders of models or cabinets, and hear each while the gig goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.screen import Screen

from rig.errors import RigError
from rig.tui import palette
from rig.tui.folder import Entry, homely, look, matching, size
from rig.tui.lines import Foot, Head, Keys
from rig.tui.meters import Meters
from rig.tui.sheet import Canvas, Sheet, fit, printable, width_of
from rig.views import FileView, Outcome, Status

REST_S = 0.15  # so long a file stays highlighted before it is heard: a held arrow key runs past
SCROLL = 3  # lines a notch of the wheel


class Where(Canvas):
    """Whose file it is, in which folder we are, and what was typed."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.engine, self.folder, self.typed, self.count, self.silent = "", "", "", "", ""

    def show(self, engine: str, folder: str, typed: str, count: str, silent: str) -> None:
        """engine: "Crunch.wavenet". count: "12 of 40". silent: why nothing of it is heard, "MUTED"."""
        self.engine, self.folder, self.typed, self.count, self.silent = engine, folder, typed, count, silent
        if self.is_news(engine, folder, typed, count, silent):
            self.repaint()

    def paint(self, sheet: Sheet) -> None:
        where, _, engine = self.engine.rpartition(".")
        x = sheet.put(2, 0, printable(where), palette.STRONG)
        x = sheet.put(x, 0, " › ", palette.DIM)
        x = sheet.put(x, 0, engine, palette.ACCENT) + 3
        right = sheet.width - 2
        if self.silent:
            alarm = palette.ink(palette.BRIGHT, palette.STOP, bold=True)
            right = sheet.put_right(right, 0, f" {self.silent} ", alarm) - 2
        room = right - x
        folder = self.folder if width_of(self.folder) <= room else f"…{self.folder[-max(0, room - 1) :]}"
        sheet.put(x, 0, folder, palette.SOFT)
        if sheet.height > 1:
            self._field(sheet, 1)

    def _field(self, sheet: Sheet, y: int) -> None:
        bar = palette.ink(palette.QUIET, palette.PANEL)
        sheet.fill(2, y, sheet.width - 4, 1, bar)
        right = sheet.put_right(sheet.width - 3, y, self.count, bar)
        x = sheet.put(3, y, "find ", palette.ink(palette.GLOW, palette.PANEL, bold=True))
        room = right - x - 2
        typed = printable(self.typed)
        x = sheet.put(x, y, typed[-max(1, room) :], palette.ink(palette.BRIGHT, palette.PANEL, bold=True))
        x = sheet.put(x, y, "▏", palette.ink(palette.GLOW, palette.PANEL))
        if not self.typed:
            hint = "type part of a name; 1-9 too, they switch no amp here"
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
        if self.is_news(self.entries, self.at, self.plays, self.building, len(self.faults), self.empty):
            self.repaint()

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
            sheet.put(2, y, "▌", palette.ink(palette.GLOW, ink.bgcolor.name, bold=True))
        right = sheet.width - 4
        said = "" if entry.is_folder else self._said(entry)
        if not entry.is_folder and sheet.width >= 36:
            sheet.put_right(right, y, size(entry.size), soft)
            right -= 10
        if said and sheet.width >= 50:
            right = sheet.put_right(right, y, said, soft if entry.path == self.before != self.plays else ink) - 2
        mark = "▴" if entry.up else "▸" if entry.is_folder else "♪" if entry.path == self.plays else " "
        sheet.put(4, y, mark, ink)
        name = ".." if entry.up else entry.path.name + ("/" if entry.is_folder else "")
        sheet.put(6, y, fit(printable(name), right - 6), ink)

    def _inks(self, entry: Entry, lit: bool) -> tuple[Style, Style]:
        """Of the name, and of what stands beside it."""
        if lit and entry.path == self.plays:
            return palette.ink("#000000", palette.GLOW, bold=True), palette.ink("#000000", palette.GLOW)
        ground = palette.RULE if lit else palette.STAGE
        if entry.path in self.faults:
            return palette.ink(palette.ALARM, ground, bold=lit), palette.ink(palette.QUIET, ground)
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
        self.title, self.told, self.wrong = "", (), False

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
        lines = [line for text in self.told for line in _wrapped(text, width)]
        for line in lines[: sheet.height - y]:
            sheet.put(2, y, line, palette.RED if self.wrong else palette.SOFT)
            y += 1


@dataclass(frozen=True)
class Left:
    """How the browser was left: engine and file that play on, or what went wrong."""

    engine: str
    name: str
    file: Path
    kept: bool
    error: str = ""


class BrowserScreen(Screen[Left]):
    """Looks for another file for one engine.

    title: of the gig. amp: the index of the one that plays. do: carries out a verb and raises RigError.
    """

    KEYS: ClassVar[Keys] = (
        ("↑↓", "hear", 1),
        ("↵", "keep", 1),
        ("esc", "as before", 1),
        ("a-z 1-9", "find", 2),
        ("←", "folder above", 3),
        ("→", "into it", 4),
        ("⌫", "rub out", 5),
    )
    BINDINGS = [  # noqa: RUF012
        Binding("up", "move(-1)"),
        Binding("down", "move(1)"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("home", "move(-1000000)"),
        Binding("end", "move(1000000)"),
        Binding("enter", "choose"),
        Binding("right", "enter"),
        Binding("left", "up"),
        Binding("backspace", "rub_out"),
        Binding("escape", "leave"),
    ]

    class Told(Message):
        """What a thread has found out about a file."""

        def __init__(self, path: Path, lines: tuple[str, ...]) -> None:
            super().__init__()
            self.path, self.lines = path, lines

    def __init__(self, title: str, amp: int, view: FileView, do: Callable[[str], None]) -> None:
        super().__init__()
        self.amp, self.engine, self.key = amp, view.engine, view.name
        self._do = do
        self.before = self.plays = view.file
        self.typed = ""
        self._all: tuple[Entry, ...] = ()
        self._asked: Path | None = None  # is being built
        self._keeping = False
        self._notice = self._silent = ""
        self._told: dict[Path, tuple[str, ...]] = {}
        self._rest = None

        self.head = Head(title, id="head")
        self.where = Where(id="where")
        self.shelf = Shelf(id="shelf")
        self.about = About(id="about")
        self.meters = Meters(id="meters")
        self.foot = Foot(self.KEYS, id="foot")
        self.shelf.plays = self.shelf.before = view.file
        self.folder = view.file.parent

    def compose(self) -> ComposeResult:
        yield from (self.head, self.where, self.shelf, self.about, self.meters, self.foot)

    def on_mount(self) -> None:
        self._ask_about(self.plays)
        self._open(self.folder, self.plays)

    def on_resize(self) -> None:
        height = self.size.height
        about, meters = (5, 5) if height >= 34 else (4, 3) if height >= 20 else (2, 2) if height >= 10 else (1, 0)
        heights = {"head": 1, "where": 2 if height >= 8 else 1, "about": about, "meters": meters, "foot": 1}
        heights["shelf"] = max(1, height - sum(heights.values()))
        for name, lines in heights.items():
            widget = self.query_one(f"#{name}")
            widget.display = lines > 0
            widget.styles.height = lines

    # --- folders -----------------------------------------------------------------------------------------------

    def _open(self, folder: Path, highlight: Path | None = None) -> None:
        """Show a folder, one entry of it highlighted."""
        self.folder, self.typed = folder, ""
        above = () if folder == folder.parent else (Entry(folder.parent, True, up=True),)
        try:
            found = look(folder, self.key)
            self._notice = "" if found else f"no {self.key} files here"
        except RigError as error:
            found = ()
            self._notice = f"this folder cannot be read: {error}"
        self._all = above + found
        self._list(highlight or (found[0].path if found else None))

    def _list(self, highlight: Path | None) -> None:
        """Show what fits what was typed."""
        shelf = self.shelf
        entries = matching([e for e in self._all if not e.up], self.typed) if self.typed else self._all
        self.shelf.empty = self._notice
        if self.typed:
            shelf.empty = "" if entries else f"nothing here is called '{printable(self.typed)}'"
        shelf.entries = entries
        shelf.at = next((i for i, entry in enumerate(entries) if entry.path == highlight and not entry.up), 0)
        self._moved()

    @property
    def entry(self) -> Entry | None:
        """The highlighted entry."""
        return self.shelf.entries[self.shelf.at] if self.shelf.entries else None

    def _moved(self) -> None:
        """Something else is highlighted: to be heard when it has rested."""
        self._keeping = False
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self._audition)
        self._show()

    def _show(self) -> None:
        files = sum(not entry.is_folder for entry in self._all)
        shown = sum(not entry.is_folder for entry in self.shelf.entries) if self.typed else files
        count = f"{shown} of {files}" if self.typed else f"{files} file{'' if files == 1 else 's'}"
        self.where.show(self.engine, printable(homely(self.folder)), self.typed, count, self._silent)
        self.shelf.plays, self.shelf.building = self.plays, self._asked
        self.shelf.show()
        self._show_about()

    def _show_about(self) -> None:
        entry = self.entry
        if entry is None or entry.up or entry.is_folder:
            self.about.show("", ())
        elif entry.path in self.shelf.faults:
            fault = self.shelf.faults[entry.path]
            self.about.show(printable(entry.path.name), (fault,), wrong=True)
        else:
            self.about.show(printable(entry.path.name), self._told.get(entry.path, ()))

    # --- what is heard -----------------------------------------------------------------------------------------

    def take(self, status: Status, outcomes: tuple[Outcome, ...], now: float) -> None:
        """Follow the gig: its meters, and what came of the file that was asked for."""
        if status.amp != self.amp:  # a foot switch; what plays there is not ours to change
            self._leave(kept=True)
            return
        self.head.take(status, "", now)
        self.meters.take(status, now)
        silent = "JACK IS GONE" if not status.alive else "MUTED" if status.muted or status.tuner else ""
        silent = silent or ("BYPASS" if status.bypassed else "")
        if silent != self._silent:
            self._silent = silent
            self._show()
        for outcome in outcomes:
            if outcome.asked == self.engine:
                self._heard(outcome)

    def _heard(self, outcome: Outcome) -> None:
        self.engine = outcome.engine
        asked, self._asked = self._asked, None
        if asked is None:
            return
        if outcome.error:
            self._fault(asked, outcome.error)
        else:
            self.plays = asked
            self._ask_about(asked)
        self._show()
        if self._keeping and self.entry and self.entry.path == self.plays:
            self._leave(kept=True)
        elif not self._rest or self._keeping:
            self._audition()

    def _audition(self) -> None:
        """Have the highlighted file heard, unless another one is still being built; then it comes next."""
        self._rest = None
        entry = self.entry
        if entry is None or entry.is_folder or self._asked or entry.path in (self.plays, *self.shelf.faults):
            return
        self._asked = entry.path
        try:
            self._do(f"load {self.engine} {entry.path}")
        except RigError as error:
            self._asked = None
            self._fault(entry.path, str(error))
        self._show()

    def _fault(self, path: Path, error: str) -> None:
        self.shelf.faults[path] = printable(error.removeprefix(f"{path.name}: "))
        self._keeping = False

    def _ask_about(self, path: Path) -> None:
        if path not in self._told:
            self._told[path] = ()
            threading.Thread(target=self._find_out, args=(path,), daemon=True, name="rig-about").start()

    def _find_out(self, path: Path) -> None:
        from rig.facts import brief

        lines: tuple[str, ...] = ()
        with suppress(Exception):  # it plays; that we can tell nothing of it is no matter
            lines = tuple(map(printable, brief(path)))
        self.post_message(self.Told(path, lines))

    def on_browser_screen_told(self, message: Told) -> None:
        self._told[message.path] = message.lines
        self._show_about()

    # --- keys and mouse ----------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        if event.is_printable and event.character:
            event.stop()
            self._type(self.typed + event.character)

    def _type(self, typed: str) -> None:
        highlight = self.entry.path if self.entry and not self.entry.up else None
        self.typed = typed
        self._list(highlight)

    def action_rub_out(self) -> None:
        if self.typed:
            self._type(self.typed[:-1])
        else:
            self.action_up()

    def action_move(self, by: int) -> None:
        last = len(self.shelf.entries) - 1
        at = max(0, min(last, self.shelf.at + by))
        if at != self.shelf.at:
            self.shelf.at = at
            self._moved()

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.shelf.size.height - 1))

    def action_up(self) -> None:
        if self.folder != self.folder.parent:
            self._open(self.folder.parent, self.folder)

    def action_enter(self) -> None:
        entry = self.entry
        if entry and entry.up:
            self.action_up()
        elif entry and entry.is_folder:
            self._open(entry.path)

    def action_choose(self) -> None:
        """Into a folder; a file is kept as soon as it plays."""
        entry = self.entry
        if entry is None or entry.is_folder:
            self.action_enter()
        elif entry.path == self.plays and not self._asked:
            self._leave(kept=True)
        elif entry.path not in self.shelf.faults:
            self._keeping = True
            if not self._asked:
                self._audition()

    def action_leave(self) -> None:
        """Back to what played when the browser opened."""
        error = ""
        if self._asked or self.plays != self.before:
            try:
                self._do(f"load {self.engine} {self.before}")
            except RigError as fault:
                error = str(fault)
        self._leave(kept=False, error=error)

    def _leave(self, kept: bool, error: str = "") -> None:
        self.dismiss(Left(self.engine, self.key, self.plays, kept and self.plays != self.before, error))

    def on_shelf_clicked(self, clicked: Shelf.Clicked) -> None:
        if clicked.index == self.shelf.at:
            self.action_choose()
        else:
            self.action_move(clicked.index - self.shelf.at)

    def on_shelf_scrolled(self, scrolled: Shelf.Scrolled) -> None:
        self.action_move(scrolled.lines)


def _wrapped(text: str, width: int) -> list[str]:
    """A sentence on as many lines as it takes."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and width_of(line) + 1 + width_of(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]
