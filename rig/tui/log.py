"""The log: what went wrong in this gig, how often, and what was said lately, newest first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import ClassVar, NamedTuple

from rich.markup import escape
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from rig.errors import RigError
from rig.gig.gig_log import GUARD, JACK, LATE, OVERLOAD, XRUN
from rig.gig.rig import Rig
from rig.gig.viewer import Tally, Wrong
from rig.text import printable
from rig.tui.bars import Foot, Keys, Said
from rig.tui.keys import EVERYWHERE, VIEW_KEYS, cased
from rig.tui.overlay import Overlay
from rig.tui.plain import plainer

LOOK_S = 0.5
LINES = 200  # that are shown; of more, the latest
KINDS = {
    XRUN: ("period missed", "periods missed"),
    LATE: ("late callback", "late callbacks"),
    OVERLOAD: ("overload", "overloads"),
    GUARD: ("fault of an engine", "faults of engines"),
    JACK: ("change of JACK", "changes of JACK"),
}
"""What each kind of incident is called: one, and several."""

KEYS: Keys = (
    ("↑↓", "scroll", 2),
    ("tab", "next screen", 3),
    ("m", "mute", 1),
    ("1-9", "amp", 4),
    ("esc", "close", 1),
)


class Line(NamedTuple):
    """A line of the log. at: seconds since 1970. wrong: something went wrong."""

    at: float
    message: str
    wrong: bool

    def markup(self) -> str:
        """With the time of day, and marked where something went wrong."""
        said = escape(printable(self.message))
        colour, mark = ("$alarm", "!") if self.wrong else ("$words", " ")
        return f"[$quiet]{time.strftime('%H:%M:%S', time.localtime(self.at))}[/] [{colour}]{mark} {said}[/]"


class LogScreen(ModalScreen[None], Overlay[None]):
    """The log of a gig. said: the messages that were shown. Up and down scroll."""

    BINDINGS: ClassVar = cased(
        [
            Binding("escape,i,q,enter,space", "dismiss"),
            Binding("up", "scroll(-1)"),
            Binding("down", "scroll(1)"),
            Binding("pageup", "scroll(-10)"),
            Binding("pagedown", "scroll(10)"),
            *VIEW_KEYS,
            *EVERYWHERE,
        ]
    )

    def __init__(self, rig: Rig, said: Callable[[], Iterable[Said]]) -> None:
        super().__init__()
        self._rig, self._said = rig, said
        self._wrong: tuple[Wrong, ...] = ()
        self._tally = Tally((), 0.0)
        self._shown: tuple[str, list[Line]] = ("", [])

    def compose(self) -> ComposeResult:
        with Vertical(id="card", classes="wide"):
            yield Static(id="counts")
            with VerticalScroll(id="lines", can_focus=False):
                yield Static(id="said")
            yield Foot(KEYS, self.BINDINGS)

    def on_mount(self) -> None:
        self.query_one("#card").border_title = "log of this gig"
        self.look()
        self.set_interval(LOOK_S, self.look)

    def on_resize(self) -> None:
        self.fit_into_card(self.query_one("#lines"), 3)

    def look(self) -> None:
        """Take what is new; what a rig elsewhere does not tell stays as it was told last."""
        with suppress(RigError):
            self._wrong, self._tally = self._rig.incidents(), self._rig.tally()
        found = [Line(one.at, one.about, True) for one in self._wrong]
        found += [Line(*one) for one in self._said()]
        lines = sorted((line for line in found if line.message), key=lambda line: -line.at)[:LINES]
        shown = (counted(dict(self._tally.counts), self._tally.worst_load), lines)
        if shown != self._shown:
            self._shown = shown
            self.query_one("#counts", Static).update(f"[bold]{escape(plainer(shown[0]))}[/]")
            said = "\n".join(line.markup() for line in lines)
            self.query_one("#said", Static).update(said or "nothing was said yet")

    def action_scroll(self, lines: int) -> None:
        self.query_one("#lines").scroll_relative(y=lines, animate=False)


def counted(counts: Mapping[str, int], worst_load: float) -> str:
    """How often what went wrong, as "3 periods missed · 1 overload · worst load 97 %"."""
    found = [f"{counts[kind]} {names[counts[kind] > 1]}" for kind, names in KINDS.items() if counts.get(kind)]
    return " · ".join([*(found or ["nothing went wrong"]), f"worst load {100 * worst_load:.0f} %"])
