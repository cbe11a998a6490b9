"""A list in which typed letters find a line: arrows walk, enter takes it. Who inherits this says what is listed."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from rig.tui.key_names import said
from rig.tui.keys import TYPING
from rig.tui.overlay import Overlay

Result = TypeVar("Result")


class FinderScreen(ModalScreen[Result], Overlay[Result]):
    """Asks for one of several things."""

    BINDINGS: ClassVar = [
        *TYPING,
        Binding("up", "walk(-1)"),
        Binding("down", "walk(1)"),
        Binding("escape", "dismiss"),
    ]
    KEYS = ""
    """What the keys do, for the card's edge."""
    NOTHING = ""
    """What is said where nothing is found."""

    def find(self, typed: str) -> tuple[list[Option], int]:
        """The lines that fit what was typed, and the one that is highlighted first."""
        raise NotImplementedError

    def take(self, at: int) -> None:
        """The line that was chosen, by its place."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with Vertical(id="card"):
            yield Input(placeholder="type to find", compact=True)
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self.query_one("#card").border_subtitle = said(self.app, TYPING, self.KEYS)
        self._list("")

    def _list(self, typed: str) -> None:
        found, at = self.find(typed)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(found or [Option(self.NOTHING, disabled=True)])
        options.highlighted = at if found else None

    def on_input_changed(self, changed: Input.Changed) -> None:
        self._list(changed.value)

    def on_input_submitted(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.take(at)

    def on_option_list_option_selected(self, selected: OptionList.OptionSelected) -> None:
        self.take(selected.option_index)

    def action_walk(self, by: int) -> None:
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.highlighted = min(options.option_count - 1, max(0, options.highlighted + by))
