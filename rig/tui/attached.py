"""The app of a rig that another process plays: it is shown and commanded here, and plays on when the screen is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding

from rig.errors import RigError
from rig.gig.rig import Rig
from rig.tui.ask import AskScreen
from rig.tui.stage_app import StageApp
from rig.tui.themes import Theme

LOOK_S = 0.2


class AttachedApp(StageApp):
    """`AttachedApp(rig, keymap, theme).run()`. ended: the rig has ended meanwhile, by whomever."""

    BINDINGS: ClassVar = [Binding("ctrl+d", "detach", show=False, priority=True)]

    def __init__(self, rig: Rig, keymap: Mapping[str, str] | None = None, theme: Theme | None = None) -> None:
        super().__init__(keymap, theme)
        self.rig = self._distant = rig
        self.ended = False

    def _open(self) -> None:
        self.call_later(self.show, self._distant)

    def on_mount(self) -> None:
        self.set_interval(LOOK_S, self._follow)

    def _follow(self) -> None:
        if self._distant.over and not self.leaving:
            self.ended = True
            self.leave()

    def action_leave(self) -> None:
        """The rig may play on; who asks to leave a second time leaves it so."""
        if self.asking:
            self.leave()
            return
        answers = [("d", "detach: the rig plays on"), ("q", "fade out, and end the rig"), ("escape", "stay")]
        self.ask(
            AskScreen("leave", ("This screen is attached to a rig: ctrl+d leaves it at once.",), answers), self._chosen
        )

    def action_detach(self) -> None:
        self.leave()

    def _chosen(self, answer: str | None) -> None:
        if answer == "d":
            self.leave()
        if answer != "q":
            return
        try:
            unsaved = self._distant.unsaved()
        except RigError:
            unsaved = ()
        if unsaved:
            self.ask_about_unsaved()
        else:
            self.end()

    def end(self) -> None:
        try:
            self._distant.do("quit")
        except RigError as error:
            self.error = None if self._distant.over else error
        self.ended = self.error is None
        self.leave()

    def leave(self) -> None:
        if not self.leaving:
            self.leaving = True
            self.let_go()

    def on_unmount(self) -> None:
        self._distant.close()
