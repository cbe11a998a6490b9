"""The screens that `tab` goes round, in order. Another one is a line in VIEWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from textual.screen import Screen

from rig.tui.editing import Editing
from rig.tui.log import LogScreen
from rig.tui.routing import RoutingScreen
from rig.tui.set_screen import SetScreen

STAGE, EDIT = "stage", "edit"
"""The two that the play screen is itself."""


class View(NamedTuple):
    """kind: the screen that opens above the play screen, made by `open`; none where the play screen is it."""

    name: str
    kind: type[Screen[None]] | None = None
    open: Callable[[Editing], Screen[None]] | None = None


VIEWS = (
    View(STAGE),
    View(EDIT),
    View("set", SetScreen, lambda play: SetScreen(lambda: play.set_view.songs, play.song_number, play.do)),
    View("routing", RoutingScreen, lambda play: RoutingScreen(play.rig, lambda: play.status, play.poll)),
    View("log", LogScreen, lambda play: LogScreen(play.rig, lambda: play.note.kept)),
)


def beside(shown: Screen[object], own: str, by: int) -> View:
    """The one so many places further round than what is shown. own: which one the play screen is."""
    now = next((at for at, view in enumerate(VIEWS) if view.kind and isinstance(shown, view.kind)), -1)
    if now < 0:
        now = next(at for at, view in enumerate(VIEWS) if view.name == own)
    return VIEWS[(now + by) % len(VIEWS)]
