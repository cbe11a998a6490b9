"""The looper of a gig: what it is told, and how the loop is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rig.gig import snapshot
from rig.gig.snapshot import LoopView, News
from rig.text import minutes

if TYPE_CHECKING:
    from rig.gig.gig import Gig


class Looping:
    """The loop of the dry guitar. beats: whether it begins and ends on a beat, where there is a tempo."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self.beats: bool = True
        self._state = ""  # what the loop did when it was looked at last
        self._ordered = False  # and whether it was told something since

    def moved(self) -> None:
        """The gig goes on in another rack, whose loop is empty."""
        self._state = ""

    def view(self) -> LoopView:
        """How the loop is."""
        return snapshot.loop(self._gig.reconciler.rack.loop_state(), self._gig.client.rate)

    @property
    def on_beats(self) -> bool:
        """Whether a loop begins and ends on a beat."""
        return self.beats and self._gig.tempo is not None

    def order(self, order: str) -> None:
        """Tell the looper something; see rig.native.looper.ORDERS. Raises RigError."""
        self._gig.reconciler.rack.loop_order(order)
        self._ordered = True

    def pressed(self) -> None:
        """A pedal has told the looper something, in the frame in which it came: say how the loop is now."""
        self._ordered = True
        loop = self.view()
        self._gig.say(
            {
                "empty": "nothing is looped",
                "recording": "recording a loop",
                "playing": f"the loop plays{' at half speed' if loop.half else ''}",
                "overdubbing": f"playing over it: layer {loop.layers}",
                "stopped": "the loop stands still",
            }[loop.state]
        )

    def look(self, loop: LoopView) -> None:
        """Say it where a recording has filled the looper's room."""
        if loop.state == self._state:
            return
        if self._state == "recording" and loop.state == "playing" and not self._ordered:
            self._gig.tell(News(f"the looper's memory is full: the loop plays, {minutes(loop.seconds)} long"))
        self._state, self._ordered = loop.state, False
