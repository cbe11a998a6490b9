"""The help screen: every key, and what it does."""

from __future__ import annotations

from typing import ClassVar

from rich.markup import escape
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from rig.tui.key_names import KeyNames, said
from rig.tui.keys import EVERYWHERE, cased
from rig.tui.overlay import Overlay
from rig.tui.plain import plainer

PLAY = (
    ("1 … 9", "play that amp"),
    ("1 2", "amp 12, of a dozen or more"),
    ("/", "find an amp, scene or song"),
    ("← →", "previous, next amp"),
    ("F1 … F8", "a scene; also ! @ # …"),
    ("pgup pgdn", "previous, next song"),
    (", .", "previous, next part of it"),
    ("e", "the set: all its songs"),
    ("g", "boost, for a solo"),
    ("[ ]", "output level by 1 dB"),
    ("space", "bypass: dry guitar"),
    ("m", "mute"),
    ("p", "panic: silence tails, too"),
    ("t", "tuner, and a strip of it"),
    ("tab L", "next screen; stage lock"),
    ("` n f", "tap; metronome; follow"),
    ("k r", "keep the minutes; record"),
    ("s", "save"),
    ("i ?", "what was said, wrong; help"),
    ("q q", "fade out, quit, as ctrl+c"),
)
EDIT = (
    ("↑ ↓", "pick a knob or a file"),
    ("- =", "turn it a little"),
    ("shift - =", "turn it a lot"),
    ("enter", "type a value"),
    ("backspace", "back to what is saved"),
    ("delete", "to the engine's own value"),
    ("o", "browse models, cabinets"),
    ("a", "add an engine, an LV2 too"),
    ("x < > b", "remove, move, bypass it"),
    ("u U", "undo, redo"),
    ("v", "A/B: as saved, as changed"),
    ("l", "loop: record, play, overdub"),
    ("j z y", "loop: stop; undo, redo"),
    ("h w", "loop: half speed; wipe it"),
    ("c C", "connect again; all wires"),
    ("d", "a MIDI pedal for the knob"),
    ("ctrl+t", "another theme"),
    ("F1 … F9", "amps, where text is typed"),
    ("ctrl+n", "mute, where text is typed"),
    ("ctrl+p", "panic, where text is typed"),
)
KEYS = (*PLAY, *EDIT)
WIDE = 78  # columns that both lists take side by side


class HelpScreen(ModalScreen[None], Overlay[None]):
    """All keys. Any of ?, escape, q, enter and space closes it."""

    BINDINGS: ClassVar = cased([Binding("escape,question_mark,q,enter,space", "dismiss"), *EVERYWHERE])

    def __init__(self, names: KeyNames) -> None:
        super().__init__()
        self._names = names

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="card", classes="wide"):
            if self.app.size.width >= WIDE:
                yield Horizontal(*map(self._list, (PLAY, EDIT)))
            else:
                yield self._list(KEYS)

    def on_mount(self) -> None:
        card = self.query_one("#card")
        card.border_title = "keys"
        card.border_subtitle = said(self.app, EVERYWHERE, "{m}, {1-9} play on here · esc closes")

    def _list(self, keys: tuple[tuple[str, str], ...]) -> Static:
        known = ((self._names.of(key), what) for key, what in keys)
        rows = [(key.written, what) for key, what in known if key]
        width = max(len(key) for key, _ in rows)
        return Static("\n".join(plainer(f"[bold $glow]{escape(f'{key:>{width}}')}[/]  {what}") for key, what in rows))
