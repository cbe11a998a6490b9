"""The list of all amps: typed letters find one, enter plays it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.markup import escape
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from rig.gig.snapshot import AmpView
from rig.text import printable
from rig.tui.key_names import said
from rig.tui.keys import TYPING
from rig.tui.plain import plainer

NAME = 28  # columns


def label(amp: AmpView) -> str:
    """What an amp's tile calls it: its key, or its number in the set."""
    return amp.key or str(amp.index + 1)


def found(amps: Sequence[AmpView], typed: str) -> tuple[AmpView, ...]:
    """The amps whose label, name or preset hold what was typed, of a name its letters in order; the nearest first."""
    ranked = [(_distance(amp, typed.casefold().split()), amp.index, amp) for amp in amps]
    return tuple(amp for distance, _, amp in sorted(ranked, key=lambda r: r[:2]) if distance < _NOWHERE)


_NOWHERE = 9


def _distance(amp: AmpView, typed: list[str]) -> int:
    wanted = "".join(typed)
    words = amp.name.casefold().split()
    whole = "".join(words)
    if wanted == label(amp) or not wanted:
        return 0
    if whole.startswith(wanted):
        return 1
    if any(word.startswith(wanted) for word in words) or "".join(word[0] for word in words).startswith(wanted):
        return 2
    if wanted in whole:
        return 3
    if _in_order(wanted, whole):
        return 4
    words += amp.preset.casefold().split()
    found_in_preset = len(wanted) > 2 and all(any(word.startswith(part) for word in words) for part in typed)
    return 5 if found_in_preset else _NOWHERE


def _in_order(wanted: str, text: str) -> bool:
    letters = iter(text)
    return all(letter in letters for letter in wanted)


class FindAmpScreen(ModalScreen[int]):
    """Gives back the index of the amp that was chosen."""

    BINDINGS: ClassVar = [
        *TYPING,
        Binding("up", "walk(-1)"),
        Binding("down", "walk(1)"),
        Binding("escape", "dismiss"),
    ]

    def __init__(self, amps: Sequence[AmpView], playing: int) -> None:
        super().__init__()
        self._amps, self._playing = tuple(amps), playing
        self.shown: tuple[AmpView, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield Input(placeholder="type to find", compact=True)
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        card = self.query_one("#card")
        card.border_title = "amps"
        card.border_subtitle = said(self.app, TYPING, "↑↓ · ↵ play · esc · {ctrl+n} mute · {F1-F9} amp")
        self._list("")

    def _list(self, typed: str) -> None:
        self.shown = found(self._amps, typed)
        options = self.query_one(OptionList)
        options.clear_options()
        several = len({amp.preset for amp in self._amps}) > 1
        for amp in self.shown:
            mark = plainer("♪") if amp.index == self._playing else " "
            preset = f"[dim]{escape(printable(amp.preset))}[/]" if several else ""
            name = escape(f"{printable(amp.name):{NAME}}")
            options.add_option(Option(f"{mark} {label(amp):>2}  [bold]{name}[/]{preset}"))
        at = next((i for i, amp in enumerate(self.shown) if amp.index == self._playing), 0)
        options.highlighted = (0 if typed else at) if self.shown else None
        if not self.shown:
            options.add_option(Option("no amp is called that", disabled=True))

    def on_input_changed(self, changed: Input.Changed) -> None:
        self._list(changed.value)

    def on_input_submitted(self) -> None:
        self._choose(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, selected: OptionList.OptionSelected) -> None:
        self._choose(selected.option_index)

    def _choose(self, at: int | None) -> None:
        if at is not None and at < len(self.shown):
            self.dismiss(self.shown[at].index)

    def action_walk(self, by: int) -> None:
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.highlighted = min(len(self.shown) - 1, max(0, options.highlighted + by))
