"""What meters show, taken oftener than all else that is to be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rig.native import Rack, decibels
from rig.native.meters import Watch

if TYPE_CHECKING:
    from rig.gig.gig import Gig


@dataclass(frozen=True)
class Levels:
    """In dBFS (-120 = silence), the highest since the last ones; limiter_db: gain reduction, 0 or negative."""

    in_db: float
    out_db: float
    in_clip: bool
    out_clip: bool
    limiter_db: float


class LevelMeter:
    """Reads the levels of a gig, for one who looks. Others lose no peak by it."""

    def __init__(self, gig: Gig) -> None:
        self._gig = gig
        self._rack: Rack | None = None
        self._watch: Watch | None = None
        self._clips = (0, 0)

    def take(self) -> Levels:
        """Those since the last call. To be called from the gig's thread."""
        rack = self._gig.reconciler.rack
        if self._watch is None or rack is not self._rack:  # JACK is back, at another rate
            self._rack, self._watch, self._clips = rack, rack.watch(), (0, 0)
        now = self._watch.meters()
        before, self._clips = self._clips, (now.in_clips, now.out_clips)
        return Levels(
            decibels(now.in_peak),
            decibels(now.out_peak),
            now.in_clips > before[0],
            now.out_clips > before[1],
            decibels(now.limiter),
        )
