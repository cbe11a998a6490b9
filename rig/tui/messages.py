"""What was said lately and what went wrong, newest first: a message that was missed or cut is read here."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from rich.markup import escape
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from rig.text import printable
from rig.tui.key_names import said
from rig.tui.keys import EVERYWHERE, cased
from rig.tui.overlay import Overlay

KEPT = 50


class Said(NamedTuple):
    """A message. at: seconds since 1970. wrong: something went wrong."""

    at: float
    message: str
    wrong: bool

    def markup(self) -> str:
        """Its line, with the time of day."""
        said = escape(printable(self.message))
        colour = "$alarm" if self.wrong else "$words"
        return f"[$quiet]{time.strftime('%H:%M:%S', time.localtime(self.at))}[/]  [{colour}]{said}[/]"


class MessagesScreen(ModalScreen[None], Overlay[None]):
    """The messages. Up and down scroll."""

    BINDINGS: ClassVar = cased(
        [
            Binding("escape,i,q,enter,space", "dismiss"),
            Binding("up", "scroll(-1)"),
            Binding("down", "scroll(1)"),
            Binding("pageup", "scroll(-10)"),
            Binding("pagedown", "scroll(10)"),
            *EVERYWHERE,
        ]
    )

    def __init__(self, said: Iterable[Said]) -> None:
        super().__init__()
        self._said = tuple(said)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="card", classes="wide"):
            newest = [said.markup() for said in reversed(self._said)]
            yield Static("\n".join(newest) or "nothing was said yet")

    def on_mount(self) -> None:
        card = self.query_one("#card")
        card.can_focus = False
        card.border_title = "messages"
        card.border_subtitle = said(self.app, EVERYWHERE, "↑↓ scroll · {m}, {1-9} play on here · esc closes")

    def action_scroll(self, lines: int) -> None:
        self.query_one("#card").scroll_relative(y=lines, animate=False)
