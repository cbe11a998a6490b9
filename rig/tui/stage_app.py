"""The app of a screen on a rig, whose gig is here or elsewhere: signals, keys that work on every screen, opening."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import ClassVar

from textual.binding import Binding
from textual.message import Message

from rig.errors import RigError
from rig.gig.rig import Rig
from rig.tui.ask import AskScreen
from rig.tui.driver import StageDriver
from rig.tui.loading import LoadingScreen
from rig.tui.plain import PLAIN
from rig.tui.play import PlayScreen
from rig.tui.themed import ThemedApp
from rig.tui.themes import Theme

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class StageApp(ThemedApp[int]):
    """`run()`: 0, or 1 when the rig did not open; `failure` then says why in one line.

    Who inherits this says how a rig is opened (`_open`, in a thread), and what it is to leave.
    """

    CSS_PATH = "rig.tcss"
    TITLE = "rig"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar = [
        Binding("ctrl+c", "leave", show=False, priority=True, system=True),
        Binding("ctrl+q", "leave", show=False, priority=True, system=True),
    ]

    class Failed(Message):
        def __init__(self, error: BaseException) -> None:
            super().__init__()
            self.error = error

    def __init__(self, keymap: Mapping[str, str] | None = None, theme: Theme | None = None) -> None:
        """keymap: keys of the player's own, as key_file.read() gives them. theme: else as themed.chosen() finds it."""
        super().__init__(theme, driver_class=None if os.environ.get("TEXTUAL_DRIVER") else StageDriver)
        self.own_keys = dict(keymap or {})
        self.rig: Rig | None = None
        self.leaving = False
        self._question: AskScreen | None = None  # the last one about leaving
        self.error: BaseException | None = None

    @property
    def failure(self) -> str | None:
        """Why the rig did not open, in one line; None when all went well. `error` is the exception itself."""
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
        self.in_thread(self._open)

    def in_thread(self, work: Callable[[], None]) -> None:
        """Not a worker of Textual's: the program must be able to end while this one hangs."""
        threading.Thread(target=work, daemon=True, name=f"rig-{work.__name__.strip('_')}").start()

    def _open(self) -> None:
        raise NotImplementedError

    def show(self, rig: Rig) -> None:
        """Play it."""
        self.rig = rig
        self.switch_screen(PlayScreen(rig))

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

    # --- leaving -----------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """A key says so; there may be a question first."""
        raise NotImplementedError

    def leave(self) -> None:
        """End. Idempotent."""
        raise NotImplementedError

    def end(self) -> None:
        """End the rig; what was not saved has been dealt with."""
        raise NotImplementedError

    @property
    def asking(self) -> bool:
        """Whether the player is asked about leaving."""
        return self._question in self.screen_stack

    def ask(self, question: AskScreen, answered: Callable[[str | None], None]) -> None:
        """Ask about leaving."""
        self._question = question
        self.push_screen(question, answered)

    def ask_about_unsaved(self, fault: str = "") -> None:
        """What is to become of it before the rig ends."""
        assert self.rig is not None
        try:
            unsaved = self.rig.unsaved()
        except RigError:  # it has ended meanwhile
            self.end()
            return
        answers = [("s", "save and quit"), ("q", "quit without saving"), ("escape", "play on")]
        if any(file.elsewhere for file in unsaved):
            answers[0] = ("o", "save over what somebody else has changed there, and quit")
        lines = [f"{file.name}: {file.about}" for file in unsaved]
        self.ask(AskScreen("not saved yet", lines, answers, fault), self._answered)

    def _answered(self, answer: str | None) -> None:
        if self.rig is None or self.leaving:
            return
        if answer in ("s", "o"):
            try:
                self.rig.do("save over" if answer == "o" else "save")
            except RigError as error:
                self.ask_about_unsaved(str(error))
                return
        if answer in ("s", "o", "q"):
            self.end()

    def let_go(self) -> None:
        """End now, whatever the terminal does."""
        if isinstance(self._driver, StageDriver):
            self._driver.let_go()
        self.exit(0 if self.error is None else 1)

    def terminal_closed(self) -> None:
        """Nobody watches any more (SIGHUP, or the terminal is dead): end as if asked to."""
        if isinstance(self._driver, StageDriver):
            self._driver.hang_up()
        if not self.leaving:
            self.leave()
