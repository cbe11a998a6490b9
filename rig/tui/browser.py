"""The browser: walk through folders of models or cabinets, and hear each while the gig goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.message import Message
from textual.timer import Timer

from rig.errors import RigError
from rig.gig.snapshot import FileView, Outcome, Status
from rig.tui.bars import Foot, Head, Keys
from rig.tui.canvas import printable
from rig.tui.file_list import About, Shelf, Where
from rig.tui.file_listing import Entry, homely, look, matching
from rig.tui.glances import Glances
from rig.tui.keys import EVERYWHERE, TYPING, cased
from rig.tui.meters import Meters
from rig.tui.overlay import Overlay

REST_S = 0.15  # so long a file stays highlighted before it is heard: a held arrow key runs past


@dataclass(frozen=True)
class Left:
    """How the browser was left: engine and file that play on, or what went wrong."""

    engine: str
    name: str
    file: Path
    kept: bool
    error: str = ""


class BrowserScreen(Overlay[Left]):
    """Looks for another file for one engine.

    title: of the gig. amp: the identity of the one that plays. do: carries out `try` or `load` with a file, for that
    engine, and raises RigError.
    """

    KEYS: ClassVar[Keys] = (
        ("↑↓", "hear", 1),
        ("↵", "keep", 1),
        ("esc", "as before", 1),
        ("/", "find", 2),
        ("← →", "folders", 4),
        ("m", "mute", 3),
        ("p", "panic", 5),
        ("1-9", "amp", 3),
    )
    FINDING: ClassVar[Keys] = (
        ("↑↓", "pick", 1),
        ("↵", "take", 1),
        ("esc", "all", 1),
        ("⌫", "rub out", 4),
        ("ctrl+n", "mute", 2),
        ("ctrl+p", "panic", 5),
        ("F1-F9", "amp", 3),
    )
    BINDINGS: ClassVar = [
        *cased(EVERYWHERE),
        *TYPING,
        Binding("slash", "find", id="find"),
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

    class Glanced(Message):
        """More is known of the files in sight."""

    def __init__(self, title: str, amp: int, view: FileView, do: Callable[[str, Path], None]) -> None:
        super().__init__()
        self.amp, self.engine, self.key = amp, view.engine, view.name
        self._do = do
        self.before = self.plays = self._first = view.file
        self.typed = ""
        self.finding = False  # letters and digits are text
        self._all: tuple[Entry, ...] = ()
        self._asked: Path | None = None  # is being built
        self._keeping = False
        self._notice = self._silent = ""
        self._told: dict[Path, tuple[str, ...]] = {}
        self._rest: Timer | None = None
        self._glances: Glances | None = None  # from the first status on, which knows rate and block

        self._gig_name = title
        self.head = Head(id="head")
        self.where = Where(id="where")
        self.shelf = Shelf(id="shelf")
        self.about = About(id="about")
        self.meters = Meters(id="meters")
        self.foot = Foot(self.KEYS, self.BINDINGS, id="foot")
        self.shelf.plays = self.shelf.before = view.file
        self.folder = view.file.parent

    def compose(self) -> ComposeResult:
        yield from (self.head, self.where, self.shelf, self.about, self.meters, self.foot)

    def on_mount(self) -> None:
        self._ask_about(self._first)
        self._open(self.folder, self._first)

    def on_unmount(self) -> None:
        if self._glances is not None:
            self._glances.want(())

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
        self.folder, self.typed, self.finding = folder, "", False
        above = () if folder == folder.parent else (Entry(folder, "..", True, up=True),)
        try:
            found = look(folder, self.key)
            self._notice = "" if found else f"no {self.key} files here"
        except RigError as error:
            found = ()
            self._notice = f"this folder cannot be read: {error}"
        self._all = above + found
        names = [entry.name for entry in found]
        self._list(highlight.name if highlight and highlight.name in names else names[0] if names else "")

    def _list(self, highlight: str) -> None:
        """Show what fits what was typed, the entry of that name highlighted."""
        shelf = self.shelf
        entries = matching([e for e in self._all if not e.up], self.typed) if self.typed else self._all
        self.shelf.empty = self._notice
        if self.typed:
            shelf.empty = "" if entries else f"nothing here is called '{printable(self.typed)}'"
        shelf.entries = entries
        shelf.at = next((i for i, entry in enumerate(entries) if entry.name == highlight), 0)
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
        self.where.show(
            self.engine, printable(homely(self.folder)), self.typed if self.finding else None, count, self._silent
        )
        self.foot.show(self.FINDING if self.finding else self.KEYS, self.BINDINGS)
        self.shelf.plays, self.shelf.building = self.plays, self._asked
        self.shelf.show()
        self._show_about()
        if self._glances is not None and self.key == "model":
            self._glances.want([entry.path for entry in self.shelf.shown() if not entry.is_folder])

    def _show_about(self) -> None:
        entry = self.entry
        if entry is None or entry.up or entry.is_folder:
            self.about.show("", ())
        elif entry.path in self.shelf.faults:
            fault = self.shelf.faults[entry.path]
            self.about.show(printable(entry.name), (fault,), wrong=True)
        else:
            self.about.show(printable(entry.name), self._told.get(entry.path, ()))

    # --- what is heard -----------------------------------------------------------------------------------------

    def take(self, status: Status, playing: int, outcomes: tuple[Outcome, ...], now: float) -> None:
        """Follow the gig: its meters, and what came of the file that was asked for. playing: the amp's identity."""
        for outcome in outcomes:
            if outcome.engine == self.engine:
                self._heard(outcome)
        if playing != self.amp:  # a foot switch; what plays there is not ours to change
            self._leave_behind()
            return
        if self._glances is None and status.alive:
            self._glances = Glances(status.rate, status.block, lambda: self.post_message(self.Glanced()))
            self._show()
        self.head.take(status, self._gig_name, "", now)
        self.meters.take(status, status.level_db, now)
        silent = (
            "JACK IS GONE"
            if not status.alive
            else "MUTED"
            if status.muted or (status.tuner and not status.tuner_heard)
            else ""
        )
        silent = silent or ("BYPASS" if status.bypassed else "")
        if silent != self._silent:
            self._silent = silent
            self._show()
        if self._keeping and not self._asked and self.entry and self.entry.path == self.plays:
            self._keep()

    def _heard(self, outcome: Outcome) -> None:
        asked, self._asked = self._asked, None
        if asked is None:
            return
        if outcome.error:
            self._fault(asked, outcome.error)
        else:
            self.plays = asked
            self._ask_about(asked)
        self._show()
        if not self._rest or self._keeping:
            self._audition()

    def _audition(self) -> None:
        """Have the highlighted file heard, unless another one is still being built; then it comes next."""
        self._rest = None
        entry = self.entry
        if entry is None or entry.is_folder or self._asked or entry.path in (self.plays, *self.shelf.faults):
            return
        self._asked = entry.path
        try:
            self._do("try", entry.path)
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
        from rig.report.facts import brief

        lines: tuple[str, ...] = ()
        with suppress(Exception):  # it plays; that we can tell nothing of it is no matter
            lines = tuple(map(printable, brief(path)))
        self.post_message(self.Told(path, lines))

    def on_browser_screen_told(self, message: Told) -> None:
        self._told[message.path] = message.lines
        self._show_about()

    def on_browser_screen_glanced(self) -> None:
        self.shelf.show()

    # --- keys and mouse ----------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """While one looks for a name, letters and digits are text; else they are keys as everywhere."""
        if self.finding and event.is_printable and event.character:
            event.stop()
            self._type(self.typed + event.character)

    def action_find(self) -> None:
        self.finding = True
        self._show()

    def _type(self, typed: str) -> None:
        self.typed = typed
        self._list(self.entry.name if self.entry else "")

    def action_rub_out(self) -> None:
        if self.typed:
            self._type(self.typed[:-1])
        elif self.finding:
            self._found()
        else:
            self.action_up()

    def _found(self) -> None:
        """No more is typed; all is listed again."""
        self.finding = False
        self._type("")

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
            self._keep()
        elif entry.path not in self.shelf.faults:
            self._keeping = True
            if not self._asked:
                self._audition()

    def _keep(self) -> None:
        """What plays is what is wanted: nothing that is tried later is the same step of undo."""
        if not self.on_top:
            return
        if self.plays != self.before:
            with suppress(RigError):  # the file has gone since; it plays on
                self._do("load", self.plays)
        self._leave(kept=True)

    def _leave_behind(self) -> None:
        """Another amp plays: what was heard is kept, and what was never heard is taken back."""
        if not self.on_top:
            return
        error = self._back_to(self.plays) if self._asked else ""
        self._leave(kept=True, error=error)

    def _back_to(self, file: Path) -> str:
        """Have a file play again. What went wrong, or ""."""
        try:
            self._do("try", file)
        except RigError as fault:
            return str(fault)
        return ""

    def action_leave(self) -> None:
        """Back to what played when the browser opened; of what was typed first."""
        if self.finding:
            self._found()
            return
        if not self.on_top:
            return
        error = self._back_to(self.before) if self._asked or self.plays != self.before else ""
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
