"""Who commands a gig from outside while a screen shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack

from rig.gig.gig import Gig
from rig.gig.snapshot import News, Outcome, Status
from rig.remote.protocol import Protocol, unsaved
from rig.remote.server import serving


class Others:
    """They are served from now on, until `close`. Its methods are called from the gig's thread.

    wake: called from any thread where somebody waits for `turn`. leave: called where somebody says "quit". osc: where
    OSC is heard, too.
    """

    def __init__(
        self, gig: Gig, wake: Callable[[], None], leave: Callable[[], None], osc: tuple[str, int] | None = None
    ) -> None:
        self._gig, self._leave = gig, leave
        self._protocol = Protocol(gig, wake)
        self._open = ExitStack()
        self._open.enter_context(serving(gig, self._protocol, osc))

    def turn(self) -> None:
        """Carry out what they wait for, for a moment."""
        self._protocol.turn()
        if self._protocol.left:
            self._gig.journal.drop()
            self._leave()

    def look(self, outcomes: Iterable[Outcome], news: Iterable[News], status: Status | None) -> None:
        """The screen has looked at the gig: they are told what is new."""
        self._protocol.built(outcomes)
        self._protocol.news(news)
        if status is not None:
            self._protocol.status(status)

    def close(self) -> None:
        """They hear that it ends. Idempotent."""
        self._protocol.close(unsaved(self._gig))
        self._open.close()
