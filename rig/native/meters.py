"""What the audio thread says of itself, for any number of readers, none of whom takes a peak from another."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

PEAKS: dict[str, tuple[float, Callable[[float, float], float]]] = {
    "in_peak": (0.0, max),
    "out_peak": (0.0, max),
    "limiter": (1.0, min),
    "load": (0.0, max),
}
"""What is since the last look: where it rests, and which of two values counts."""


@dataclass(frozen=True)
class Meters:
    """What the audio thread says of itself; see rig_meters in csrc/rack/rack.h. Peaks are since the last look."""

    callbacks: int
    frames: int
    fade_frame: int
    record_lost: int
    input_faults: int
    in_clips: int
    out_clips: int
    playing: int
    settled: bool
    silent: bool
    lead: int
    midi_lost: int
    relief: int
    tails_ended: int
    beat: float
    tempo: float
    in_peak: float
    out_peak: float
    limiter: float
    load: float
    load_mean: float


class Watch:
    """One who looks at a rack's meters. Peaks are since its own last look, or since it came. Any thread."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.peaks = {name: rest for name, (rest, _) in PEAKS.items()}

    def meters(self) -> Meters:
        """The rack now."""
        return self._board.look(self)


class Board:
    """Hands what the audio thread has noted since the last look of anybody on to all who watch.

    take: the meters as C has them, whose peaks begin anew with each call.
    """

    def __init__(self, take: Callable[[], Meters]) -> None:
        self._take = take
        self._turn = threading.Lock()
        self._watches: weakref.WeakSet[Watch] = weakref.WeakSet()

    def watch(self) -> Watch:
        """Another one who looks, from now on."""
        with self._turn:
            self._hand_on()
            watch = Watch(self)
            self._watches.add(watch)
        return watch

    def look(self, watch: Watch) -> Meters:
        """What one who watches has not yet seen."""
        with self._turn:
            meters = self._hand_on()
            peaks: dict[str, Any] = dict(watch.peaks)
            watch.peaks = {name: rest for name, (rest, _) in PEAKS.items()}
        return replace(meters, **peaks)

    def _hand_on(self) -> Meters:
        meters = self._take()
        for watch in self._watches:
            for name, (_, counts) in PEAKS.items():
                watch.peaks[name] = counts(watch.peaks[name], getattr(meters, name))
        return meters
