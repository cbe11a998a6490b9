"""The app: opens a gig while a bar grows, plays it, and however it ends, fades out and gives the terminal back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from textual.message import Message

from rig.gig.gig import Gig
from rig.gig.rig import LocalRig, Others
from rig.tui.loading import LoadingScreen
from rig.tui.play import PlayScreen
from rig.tui.stage_app import StageApp
from rig.tui.themes import Theme

Progress = Callable[[str, float], None]
PATIENCE_S = 8.0  # a gig that will not open or close is not waited for any longer
SECOND_ASK_S = 1.0  # a fade and the end of a server take less; a key pressed twice must not cut them short

Serve = Callable[[Gig, Callable[[], None], Callable[[], None]], Others]
"""(gig, wake, leave) -> the others. wake: called from any thread where they want a turn. leave: they want it to end."""


class Left(Exception):
    """Raised out of `progress` when the player quits while the gig is still being opened."""


class RigApp(StageApp):
    """`RigApp(open_gig).run()`.

    open_gig(progress) is called in a thread. It reports progress(step, share 0..1), may raise RigError, and must
    release what it holds when an exception comes out of `progress`: the player has quit.
    """

    class Step(Message):
        def __init__(self, step: str, share: float) -> None:
            super().__init__()
            self.step, self.share = step, share

    class Opened(Message):
        def __init__(self, gig: Gig) -> None:
            super().__init__()
            self.gig = gig

    class Closed(Message):
        pass

    def __init__(
        self,
        open_gig: Callable[[Progress], Gig],
        keymap: Mapping[str, str] | None = None,
        serve: Serve | None = None,
        theme: Theme | None = None,
    ) -> None:
        """keymap, theme: as StageApp has them. serve: lets others command the gig, too."""
        super().__init__(keymap, theme)
        self._open_gig, self._serve = open_gig, serve
        self.others: Others | None = None
        self._left_at = 0.0
        self.gig: Gig | None = None

    def action_view(self, by: int) -> None:
        screen = self._playing()
        if screen is not None:
            screen.action_view(by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """On a locked stage themes stay as they are."""
        screen = self._playing() if action == "next_theme" else None
        return not (screen and screen.locked)

    # --- opening -----------------------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            gig = self._open_gig(self._progress)
        except BaseException as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Opened(gig))

    def _progress(self, step: str, share: float) -> None:
        if self.leaving:
            raise Left
        self.post_message(self.Step(step, share))

    def on_rig_app_step(self, message: Step) -> None:
        if isinstance(self.screen, LoadingScreen) and not self.leaving:
            self.screen.show(message.step, message.share)

    def on_stage_app_failed(self, message: StageApp.Failed) -> None:
        if not isinstance(message.error, Left):
            self.error = message.error
        self.exit(0 if self.error is None else 1)

    def on_rig_app_opened(self, message: Opened) -> None:
        self.gig = message.gig
        if self.leaving:
            self.rig = LocalRig(self.gig)
            self.in_thread(self._close)
            return
        self.title = f"rig: {self.gig.name}"
        if self._serve:
            self.others = self._serve(self.gig, self._wake, self.leave)
        self.show(LocalRig(self.gig, self.others))

    def _wake(self) -> None:
        self.call_later(self._turn)

    def _turn(self) -> None:
        """Others have asked for something."""
        if self.others is not None and not self.leaving:
            self.others.turn()

    # --- leaving -----------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """End; where something is not saved, ask first, and once: who asks to leave a second time leaves."""
        if self.leaving or self.asking or self.gig is None or not self.gig.unsaved:
            self.leave()
        else:
            self.ask_about_unsaved()

    def end(self) -> None:
        if self.gig is not None:
            self.gig.journal.drop()
        self.leave()

    def leave(self) -> None:
        """Fade out and end. Asked again after a while, it does not wait for a gig that hangs."""
        if self.leaving:
            if time.monotonic() - self._left_at > SECOND_ASK_S:
                self.let_go()
            return
        self.leaving, self._left_at = True, time.monotonic()
        self.set_timer(PATIENCE_S, self.let_go)
        if self.rig is not None:
            self._uncover()
            self.in_thread(self._close)
        elif isinstance(self.screen, LoadingScreen):
            self.screen.show("stopping", 0.0)

    def _uncover(self) -> None:
        """Let the play screen say that the sound is fading, whatever is open on top of it."""
        for screen in self.screen_stack:
            if isinstance(screen, PlayScreen):
                screen.leave()
                while self.screen is not screen:
                    self.pop_screen()

    def _close(self) -> None:
        try:
            if self.rig is not None:
                self.rig.close()
        finally:
            self.post_message(self.Closed())

    def on_rig_app_closed(self) -> None:
        self.let_go()

    def on_unmount(self) -> None:
        """However it ended, a crash of the screen included, the gig does not stay open."""
        if self.rig is not None and not self.leaving:
            self.rig.close()
