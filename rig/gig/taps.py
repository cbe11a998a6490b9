"""A tempo, tapped."""

from __future__ import annotations

from collections import deque

from rig.document.document import TEMPO

TAPS = 5
"""The latest that count."""


class Taps:
    """Turns the moments of taps into beats a minute."""

    def __init__(self) -> None:
        self._taps: deque[float] = deque(maxlen=TAPS)

    def tap(self, now: float) -> float | None:
        """Another tap, at `now` seconds: whole beats a minute from the second on, None at the first.

        One that comes later than the slowest tempo allows is a first one again.
        """
        if self._taps and now - self._taps[-1] > 60 / TEMPO[0]:
            self._taps.clear()
        self._taps.append(now)
        beats, seconds = len(self._taps) - 1, now - self._taps[0]
        return round(min(TEMPO[1], 60 * beats / seconds)) if beats and seconds > 0 else None
