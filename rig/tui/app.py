"""The app: opens a gig while a bar grows, plays it, and however it ends, fades out and gives the terminal back."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import ClassVar, Protocol

from textual.binding import Binding
from textual.message import Message

from rig.errors import RigError
from rig.gig.gig import Gig
from rig.gig.snapshot import News, Outcome, Status
from rig.tui.ask import AskScreen
from rig.tui.driver import StageDriver
from rig.tui.loading import LoadingScreen
from rig.tui.plain import PLAIN
from rig.tui.play import PlayScreen
from rig.tui.themed import ThemedApp
from rig.tui.themes import Theme
from rig.tui.unsaved import on_disk, unsaved

Progress = Callable[[str, float], None]
PATIENCE_S = 8.0  # a gig that will not open or close is not waited for any longer
SECOND_ASK_S = 1.0  # a fade and the end of a server take less; a key pressed twice must not cut them short
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Others(Protocol):
    """Who commands the gig beside the screen, and hears of it."""

    def turn(self) -> None:
        """Carry out what they wait for."""

    def look(self, outcomes: Iterable[Outcome], news: Iterable[News], status: Status | None) -> None:
        """The screen has looked at the gig."""

    def close(self) -> None:
        """It ends. Idempotent."""


Serve = Callable[[Gig, Callable[[], None], Callable[[], None]], Others]
"""(gig, wake, leave) -> the others. wake: called from any thread where they want a turn. leave: they want it to end."""


class Left(Exception):
    """Raised out of `progress` when the player quits while the gig is still being opened."""


class RigApp(ThemedApp[int]):
    """`RigApp(open_gig).run()`: 0, or 1 when the gig did not open; `failure` then says why in one line.

    open_gig(progress) is called in a thread. It reports progress(step, share 0..1), may raise RigError, and must
    release what it holds when an exception comes out of `progress`: the player has quit.
    """

    CSS_PATH = "rig.tcss"
    TITLE = "rig"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar = [
        Binding("ctrl+c", "leave", show=False, priority=True, system=True),
        Binding("ctrl+q", "leave", show=False, priority=True, system=True),
    ]

    class Step(Message):
        def __init__(self, step: str, share: float) -> None:
            super().__init__()
            self.step, self.share = step, share

    class Opened(Message):
        def __init__(self, gig: Gig) -> None:
            super().__init__()
            self.gig = gig

    class Failed(Message):
        def __init__(self, error: BaseException) -> None:
            super().__init__()
            self.error = error

    class Closed(Message):
        pass

    def __init__(
        self,
        open_gig: Callable[[Progress], Gig],
        keymap: Mapping[str, str] | None = None,
        serve: Serve | None = None,
        theme: Theme | None = None,
    ) -> None:
        """keymap: keys of the player's own, as key_file.read() gives them. serve: lets others command the gig, too.

        theme: else the player's, as themed.chosen() finds it.
        """
        super().__init__(theme, driver_class=StageDriver)
        self.own_keys = dict(keymap or {})
        self._open_gig, self._serve = open_gig, serve
        self.others: Others | None = None
        self._leaving, self._left_at = False, 0.0
        self._question: AskScreen | None = None  # the last one about leaving
        self.gig: Gig | None = None
        self.error: BaseException | None = None

    @property
    def failure(self) -> str | None:
        """Why the gig did not open, in one line; None when all went well. `error` is the exception itself."""
        if self.error is None:
            return None
        return str(self.error) or type(self.error).__name__

    def on_mount(self) -> None:
        with suppress(ValueError, RuntimeError):  # only a main thread hears signals
            for number in SIGNALS:
                heard = self.terminal_closed if number == signal.SIGHUP else self.leave
                asyncio.get_running_loop().add_signal_handler(number, heard)
        self.set_keymap(self.own_keys)
        self.set_class(PLAIN, "plain")
        self.push_screen(LoadingScreen())
        self._in_thread(self._open)

    # --- what keys do on every screen --------------------------------------------------------------------------

    def _playing(self) -> PlayScreen | None:
        return next((screen for screen in self.screen_stack if isinstance(screen, PlayScreen)), None)

    def action_amp(self, number: int, whole: bool = False) -> None:
        screen = self._playing()
        if screen is not None:
            screen.action_amp(number, whole)

    def action_mute(self) -> None:
        screen = self._playing()
        if screen is not None:
            screen.action_mute()

    def action_panic(self) -> None:
        screen = self._playing()
        if screen is not None:
            screen.action_panic()

    def action_view(self, by: int) -> None:
        screen = self._playing()
        if screen is not None:
            screen.action_view(by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """On a locked stage themes stay as they are."""
        screen = self._playing() if action == "next_theme" else None
        return not (screen and screen.locked)

    # --- opening -----------------------------------------------------------------------------------------------

    def _in_thread(self, work: Callable[[], None]) -> None:
        """Not a worker of Textual's: the program must be able to end while this one hangs."""
        threading.Thread(target=work, daemon=True, name=f"rig-{work.__name__.strip('_')}").start()

    def _open(self) -> None:
        try:
            gig = self._open_gig(self._progress)
        except BaseException as error:
            self.post_message(self.Failed(error))
        else:
            self.post_message(self.Opened(gig))

    def _progress(self, step: str, share: float) -> None:
        if self._leaving:
            raise Left
        self.post_message(self.Step(step, share))

    def on_rig_app_step(self, message: Step) -> None:
        if isinstance(self.screen, LoadingScreen) and not self._leaving:
            self.screen.show(message.step, message.share)

    def on_rig_app_failed(self, message: Failed) -> None:
        if not isinstance(message.error, Left):
            self.error = message.error
        self.exit(0 if self.error is None else 1)

    def on_rig_app_opened(self, message: Opened) -> None:
        self.gig = message.gig
        if self._leaving:
            self._in_thread(self._close)
            return
        self.title = f"rig: {self.gig.name}"
        if self._serve:
            self.others = self._serve(self.gig, self._wake, self.leave)
        self.switch_screen(PlayScreen(self.gig))

    def _wake(self) -> None:
        self.call_later(self._turn)

    def _turn(self) -> None:
        """Others have asked for something."""
        if self.others is not None and not self._leaving:
            self.others.turn()

    # --- leaving -----------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """End; where something is not saved, ask first, and once: who asks to leave a second time leaves."""
        if self._leaving or self._question in self.screen_stack or self.gig is None or not self.gig.unsaved:
            self.leave()
        else:
            self._ask()

    def _ask(self, fault: str = "") -> None:
        assert self.gig is not None
        answers = [("s", "save and quit"), ("q", "quit without saving"), ("escape", "play on")]
        if on_disk(self.gig):
            answers[0] = ("o", "save over what somebody else has changed there, and quit")
        self._question = AskScreen("not saved yet", unsaved(self.gig), answers, fault)
        self.push_screen(self._question, self._answered)

    def _answered(self, answer: str | None) -> None:
        if self.gig is None or self._leaving:
            return
        if answer in ("s", "o"):
            try:
                self.gig.do("save over" if answer == "o" else "save")
            except RigError as error:
                self._ask(str(error))
                return
        if answer in ("s", "o", "q"):
            self.leave()

    def leave(self) -> None:
        """Fade out and end. Asked again after a while, it does not wait for a gig that hangs."""
        if self._leaving:
            if time.monotonic() - self._left_at > SECOND_ASK_S:
                self._end()
            return
        self._leaving, self._left_at = True, time.monotonic()
        self.set_timer(PATIENCE_S, self._end)
        if self.gig is not None:
            self._uncover()
            self._in_thread(self._close)
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
            if self.gig is not None:
                self.gig.close()
            if self.others is not None:
                self.others.close()
        finally:
            self.post_message(self.Closed())

    def on_rig_app_closed(self) -> None:
        self._end()

    def _end(self) -> None:
        if isinstance(self._driver, StageDriver):
            self._driver.let_go()
        self.exit(0)

    def on_unmount(self) -> None:
        """However it ended, a crash of the screen included, the gig does not stay open."""
        if self.gig is not None and not self._leaving:
            self.gig.close()
            if self.others is not None:
                self.others.close()

    def terminal_closed(self) -> None:
        """Nobody watches any more (SIGHUP, or the terminal is dead): end as if asked to."""
        if isinstance(self._driver, StageDriver):
            self._driver.hang_up()
        if not self._leaving:
            self.leave()
