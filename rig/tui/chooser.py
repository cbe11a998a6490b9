"""The browser for an engine that is still to be put in."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rig.gig.snapshot import FileView
from rig.tui.bars import Keys
from rig.tui.browser import BrowserScreen, Left


class ChooserScreen(BrowserScreen):
    """Looks for the file of an engine that is still to be put in: nothing is heard, and only enter takes one.

    view: what the engine will be called, its file's key, and a file to start beside.
    """

    KEYS: ClassVar[Keys] = (
        ("↑↓", "pick", 1),
        ("↵", "add", 1),
        ("esc", "add nothing", 1),
        ("/", "find", 2),
        ("← →", "folders", 4),
        ("m", "mute", 3),
        ("p", "panic", 5),
        ("1-9", "amp", 3),
    )

    def __init__(self, title: str, amp: int, view: FileView) -> None:
        super().__init__(title, amp, view, lambda verb, file: None)
        self.plays = self.before = self.shelf.before = Path()

    def _audition(self) -> None:
        """Tell what is known of the highlighted file."""
        self._rest = None
        if self.entry and not self.entry.is_folder:
            self._ask_about(self.entry.path)

    def action_choose(self) -> None:
        entry = self.entry
        if entry is None or entry.is_folder:
            self.action_enter()
        else:
            self.dismiss(Left(self.engine, self.key, entry.path, kept=True))

    def action_leave(self) -> None:
        if self.finding:
            self._found()
        else:
            self._leave(kept=False)
