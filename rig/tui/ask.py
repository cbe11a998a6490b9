"""A question that a key answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.markup import escape
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from rig.tui.canvas import printable
from rig.tui.key_names import said
from rig.tui.keys import EVERYWHERE, cased
from rig.tui.overlay import Overlay

KEYS = {"escape": "esc"}  # as they are written


class Answer(Static):
    """A line that can be pressed."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(f"[bold $glow]{KEYS.get(key, key):>3}[/]   {what}")
        self._key = key

    def on_click(self) -> None:
        if isinstance(self.screen, AskScreen):
            self.screen.dismiss(self._key)


class AskScreen(ModalScreen[str], Overlay[str]):
    """Gives back the key that was pressed. said: what there is to know. answers: keys, and what each does."""

    BINDINGS: ClassVar = cased(EVERYWHERE)

    def __init__(self, title: str, said: Sequence[str], answers: Sequence[tuple[str, str]], fault: str = "") -> None:
        super().__init__()
        self._title, self._said, self._answers, self._fault = title, said, answers, fault

    def compose(self) -> ComposeResult:
        lines = [escape(printable(line)) for line in self._said]
        if self._fault:
            lines = [f"[bold $alarm]{escape(printable(self._fault))}[/]", "", *lines]
        with VerticalScroll(id="card"):
            yield Static("\n".join([*lines, ""]))
            yield from (Answer(key, what) for key, what in self._answers)

    def on_mount(self) -> None:
        card = self.query_one("#card")
        card.border_title = self._title
        card.border_subtitle = said(self.app, EVERYWHERE, "{m} mute · {1-9} amp")

    def on_key(self, event: events.Key) -> None:
        key = event.key.lower() if len(event.key) == 1 else event.key
        if key in dict(self._answers):
            event.stop()
            self.dismiss(key)
