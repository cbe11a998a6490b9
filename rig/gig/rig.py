"""All that a screen asks of a rig; and a rig whose gig is in the screen's own process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from rig.gig import snapshot, unsaved
from rig.gig.levels import Levels
from rig.gig.snapshot import AmpView, FileView, News, Outcome, Status
from rig.gig.unsaved import Unsaved
from rig.gig.viewer import Look, Tally, Viewer, Wrong, tally, wrong
from rig.jack.patchbay import Patchbay

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

    def levels(self) -> Levels | None:
        """What meters show, since the last call; None where something else is new, or only a look tells them."""
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

    def tally(self) -> Tally:
        """How often something went wrong."""
        ...

    def patchbay(self) -> Patchbay:
        """All ports and wires of its JACK server."""
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
        self._came: tuple[Outcome, ...] = ()  # since the last look

    def do(self, command: str) -> None:
        self._gig.do(command)

    def look(self, chain: bool = False) -> Look:
        beside, others = self._viewer.beside, self._others
        outcomes, news = self._came + (beside(self._gig.install) or ()), beside(self._gig.news) or ()
        self._came = ()
        self._viewer.hear(outcomes, news)
        look = self._viewer.look(chain)
        if others is not None:
            beside(lambda: others.look(outcomes, news, look.status))
        return look

    def levels(self) -> Levels | None:
        self._came += self._viewer.beside(self._gig.install) or ()  # a foot may have pressed something
        return None if self._came or not self._viewer.up_to_date else self._gig.levels()

    def all_amps(self) -> tuple[AmpView, ...]:
        return snapshot.all_amps(self._gig.document, self._gig.playing)

    def all_files(self) -> tuple[FileView, ...]:
        return snapshot.all_files(self._gig.document, self._gig.playing)

    def unsaved(self) -> tuple[Unsaved, ...]:
        return unsaved.unsaved(self._gig)

    def incidents(self) -> tuple[Wrong, ...]:
        return wrong(self._gig)

    def tally(self) -> Tally:
        return tally(self._gig)

    def patchbay(self) -> Patchbay:
        return self._gig.patchbay

    def close(self) -> None:
        self._gig.close()
        if self._others is not None:
            self._others.close()
