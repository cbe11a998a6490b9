"""The help screen: every key, and what it does."""

from __future__ import annotations

from rich.markup import escape
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from rig.tui import palette

KEYS = (
    ("1 … 9", "play that amp"),
    ("← →", "previous, next amp"),
    ("↑ ↓", "pick a knob or a file, along the whole path"),
    ("- =", "turn it a little (dB: 0.5)"),
    ("shift - =", "turn it a lot (dB: 3)"),
    ("backspace", "put it back to its initial value"),
    ("o", "browse other models and cabinets, and hear them"),
    ("[ ]", "output level by 1 dB"),
    ("space", "bypass the amp: dry guitar"),
    ("m", "mute"),
    ("t", "tuner, which mutes"),
    ("c", "connect again, start JACK"),
    ("?", "this help"),
    ("q", "fade out and quit; ctrl+c does the same"),
)


class HelpScreen(ModalScreen[None]):
    """All keys. Any of ?, escape, q, enter and space closes it."""

    BINDINGS = [("escape,question_mark,q,enter,space", "dismiss", "close")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        lines = [f"[bold {palette.GLOW}]{escape(f'{key:>11}')}[/]   {what}" for key, what in KEYS]
        with VerticalScroll(id="card"):
            yield Static("\n".join(lines))

    def on_mount(self) -> None:
        card = self.query_one("#card")
        card.border_title = "keys"
        card.border_subtitle = "esc closes"
