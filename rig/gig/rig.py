"""All that a screen asks of a rig; and a rig whose gig is in the screen's own process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from rig.gig import snapshot, unsaved
from rig.gig.snapshot import AmpView, FileView, News, Outcome, Status
from rig.gig.unsaved import Unsaved
from rig.gig.viewer import Look, Viewer, Wrong, wrong

if TYPE_CHECKING:
    from rig.gig.gig import Gig


class Rig(Protocol):
    """A rig, wherever it runs. ours: leaving the screen ends it. over: it has ended. Any method may raise RigError."""

    @property
    def ours(self) -> bool: ...
    @property
    def over(self) -> bool: ...

    def do(self, command: str) -> None:
        """Carry out a verb."""

    def look(self, chain: bool = False) -> Look:
        """What is new. chain: the amp's path, too, whether or not the document is another one."""
        ...

    def all_amps(self) -> tuple[AmpView, ...]:
        """Of all presets, in order; those without a tile have no key."""
        ...

    def all_files(self) -> tuple[FileView, ...]:
        """That engines play, of all presets; those of the preset that plays come first."""
        ...

    def unsaved(self) -> tuple[Unsaved, ...]:
        """What `save` would write."""
        ...

    def incidents(self) -> tuple[Wrong, ...]:
        """What went wrong of late, and was no news."""
        ...

    def close(self) -> None:
        """The screen is over."""


class Others(Protocol):
    """Who commands the gig beside the screen, and hears of it."""

    def turn(self) -> None:
        """Carry out what they wait for."""

    def look(self, outcomes: Iterable[Outcome], news: Iterable[News], status: Status | None) -> None:
        """The screen has looked at the gig."""

    def close(self) -> None:
        """It ends. Idempotent."""


class LocalRig:
    """A gig whose time is the screen's: as that looks, what was built is let in, and others hear of all."""

    ours = True
    over = False

    def __init__(self, gig: Gig, others: Others | None = None) -> None:
        self._gig, self._others, self._viewer = gig, others, Viewer(gig)

    def do(self, command: str) -> None:
        self._gig.do(command)

    def look(self, chain: bool = False) -> Look:
        beside, others = self._viewer.beside, self._others
        outcomes, news = beside(self._gig.install) or (), beside(self._gig.news) or ()
        self._viewer.hear(outcomes, news)
        look = self._viewer.look(chain)
        if others is not None:
            beside(lambda: others.look(outcomes, news, look.status))
        return look

    def all_amps(self) -> tuple[AmpView, ...]:
        return snapshot.all_amps(self._gig.document, self._gig.playing)

    def all_files(self) -> tuple[FileView, ...]:
        return snapshot.all_files(self._gig.document, self._gig.playing)

    def unsaved(self) -> tuple[Unsaved, ...]:
        return unsaved.unsaved(self._gig)

    def incidents(self) -> tuple[Wrong, ...]:
        return wrong(self._gig)

    def close(self) -> None:
        self._gig.close()
        if self._others is not None:
            self._others.close()
