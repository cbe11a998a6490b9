"""The set: its songs in a list, to be played, moved, passed over, added, taken out and saved between two of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.markup import escape
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from rig.gig.snapshot import SongRow
from rig.shipped import known_presets
from rig.text import printable
from rig.tui.bars import Foot, Keys
from rig.tui.finder import FinderScreen
from rig.tui.keys import EVERYWHERE, VIEW_KEYS, cased
from rig.tui.overlay import Overlay
from rig.tui.plain import plainer

NAME = 24  # columns
LOOK_S = 0.2
KEYS: Keys = (
    ("↵", "play", 1),
    ("< >", "move", 2),
    ("space", "skip", 2),
    ("a", "add", 3),
    ("x", "out", 3),
    ("u", "undo", 4),
    ("s", "save", 2),
    ("tab", "next screen", 6),
    ("m", "mute", 5),
    ("esc", "close", 1),
)


class SetScreen(ModalScreen[None], Overlay[None]):
    """rows: what the set is now. playing: the number of the song that plays, or 0. do: carries out a verb."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar = cased(
        [
            Binding("up", "walk(-1)"),
            Binding("down", "walk(1)"),
            Binding("pageup,less_than_sign", "move(-1)"),
            Binding("pagedown,greater_than_sign", "move(1)"),
            Binding("enter", "play"),
            Binding("space", "skip"),
            Binding("a", "add"),
            Binding("x,delete", "remove"),
            Binding("u", "verb('undo')"),
            Binding("U", "verb('redo')"),
            Binding("s", "verb('save')"),
            Binding("escape,e,q", "dismiss"),
            *VIEW_KEYS,
            *EVERYWHERE,
        ]
    )

    def __init__(
        self, rows: Callable[[], tuple[SongRow, ...]], playing: Callable[[], int], do: Callable[[str], bool]
    ) -> None:
        super().__init__()
        self._rows, self._playing, self._do = rows, playing, do
        self.shown: tuple[SongRow, ...] = ()
        self._at = self._marked = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="card", classes="wide"):
            yield OptionList(compact=True)
            yield Foot(KEYS, self.BINDINGS)

    def on_mount(self) -> None:
        self.query_one("#card").border_title = "set"
        self._at = max(0, self._playing() - 1)
        self.show()
        self.set_interval(LOOK_S, self._follow)

    def on_resize(self) -> None:
        self.fit_into_card(self.query_one(OptionList), 1)

    def _follow(self) -> None:
        """Feet and other programs walk songs, and change them, too; what is highlighted stays the same song."""
        rows = self._rows()
        if rows != self.shown:
            uid = self.shown[self._at].uid if self.shown else 0
            self._at = next((i for i, row in enumerate(rows) if row.uid == uid), self._at)
        if rows != self.shown or self._playing() != self._marked:
            self.show()

    def show(self) -> None:
        """The list as it is now."""
        self.shown, self._marked = self._rows(), self._playing()
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(self._line(row)) for row in self.shown] or [Option("no songs yet: a adds one")])
        self._at = min(len(self.shown) - 1, max(0, self._at))
        options.highlighted = self._at if self.shown else None
        self.call_after_refresh(options.scroll_to_highlight)

    def _line(self, row: SongRow) -> str:
        mark = plainer("♪") if row.number == self._playing() else " "
        name = escape(f"{printable(row.name):{NAME}.{NAME}}")
        about = [printable(row.preset), *([f"{row.tempo:g} bpm"] if row.tempo else [])]
        about += [" ".join(printable(row.notes).split())] if row.notes else []
        skipped = "[$warn]skipped[/] " if row.skip else ""
        return f"{mark} {row.number:>2}  [bold]{name}[/] {skipped}{escape(plainer(' · ').join(about))}"

    def _verb(self, command: str) -> bool:
        done = self._do(command)
        self.show()
        return done

    def action_verb(self, command: str) -> None:
        self._verb(command)

    def action_walk(self, by: int) -> None:
        self._at = min(len(self.shown) - 1, max(0, self._at + by))
        if self.shown:
            self.query_one(OptionList).highlighted = self._at

    def on_option_list_option_selected(self, selected: OptionList.OptionSelected) -> None:
        """Pressed by mouse or finger: the first time it is picked, the second time played."""
        again, self._at = selected.option_index == self._at, selected.option_index
        if again:
            self.action_play()

    def action_move(self, by: int) -> None:
        if self.shown and 0 <= self._at + by < len(self.shown) and self._do(f"song move {self._at + 1} {by:+d}"):
            self._at += by
        self.show()

    def action_play(self) -> None:
        if self.shown and self._do(f"song {self._at + 1}"):
            self.dismiss()

    def action_skip(self) -> None:
        if self.shown:
            self._verb(f"song skip {self._at + 1}")

    def action_remove(self) -> None:
        if self.shown:
            self._verb(f"song remove {self._at + 1}")

    def action_add(self) -> None:
        """Pick a preset for a new song."""
        self.app.push_screen(FindPresetScreen(), self._added)

    def _added(self, preset: str | None) -> None:
        before = {row.uid for row in self.shown}
        if preset is not None and self._do(f"song add {preset}"):
            rows = self._rows()
            self._at = next((i for i, row in enumerate(rows) if row.uid not in before), self._at)
        self.show()


class FindPresetScreen(FinderScreen[str]):
    """Gives back a preset as `song add` takes it."""

    KEYS = "↑↓ · ↵ add · esc · {ctrl+n} mute · {F1-F9} amp"
    NOTHING = "no preset is called that; 'song add FILE' takes any"

    def on_mount(self) -> None:
        self._known = known_presets()
        self.query_one("#card").border_title = "add a song: its preset"

    def find(self, typed: str) -> tuple[list[Option], int]:
        words = typed.casefold().split()
        self.shown = [name for name in self._known if all(word in name.casefold() for word in words)]
        return [Option(f"[bold]{escape(printable(name))}[/]") for name in self.shown], 0

    def take(self, at: int) -> None:
        self.dismiss(self.shown[at])
