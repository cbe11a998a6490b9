"""How a meter moves: up at once, down slowly, the peak held, the clip remembered. No drawing, no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass

SILENCE_DB = -120.0
FALL_DB_PER_S = 24.0
HOLD_S = 1.5
PEAK_FALL_DB_PER_S = 18.0
CLIP_S = 3.0


@dataclass(frozen=True)
class Reading:
    """What to draw: the bar and the peak mark in dBFS, and whether it clipped lately."""

    level_db: float
    peak_db: float
    clipped: bool


class Ballistics:
    """One meter. Feed it each peak taken, with the time in seconds."""

    def __init__(self) -> None:
        self._level = self._peak = SILENCE_DB
        self._now: float | None = None
        self._held_since = self._clip_until = float("-inf")

    def update(self, peak_db: float, clip: bool, now: float) -> Reading:
        """The reading at time `now`, the highest sample since the last call being peak_db."""
        elapsed = 0.0 if self._now is None else max(0.0, now - self._now)
        before, self._now = self._now, now
        self._level = max(peak_db, self._level - FALL_DB_PER_S * elapsed, SILENCE_DB)
        if before is not None:
            falling = now - max(before, self._held_since + HOLD_S)
            if falling > 0.0:
                self._peak -= PEAK_FALL_DB_PER_S * falling
        if peak_db >= self._peak:
            self._peak, self._held_since = peak_db, now
        self._peak = max(self._peak, self._level, SILENCE_DB)
        if clip:
            self._clip_until = now + CLIP_S
        return Reading(self._level, self._peak, now < self._clip_until)


class Worst:
    """The highest value of the last `window` seconds, so that a number can be read before it changes."""

    def __init__(self, window: float = 1.0) -> None:
        self._window = window
        self._seen: list[tuple[float, float]] = []

    def update(self, value: float, now: float) -> float:
        """Take `value` in at time `now` (seconds); the worst of the window."""
        self._seen = [(t, v) for t, v in self._seen if t > now - self._window and v > value]
        self._seen.append((now, value))
        return self._seen[0][1]


def deflection(db: float) -> float:
    """0..1 along a meter from -70 to +3 dBFS, by the law of IEC 60268-18: the loud end gets the room."""
    legs = ((-70, 0.25, 0.0), (-60, 0.5, 2.5), (-50, 0.75, 7.5), (-40, 1.5, 15.0), (-30, 2.0, 30.0), (-20, 2.5, 50.0))
    if db < -70.0:
        return 0.0
    start, slope, base = next(leg for leg in reversed(legs) if db >= leg[0])
    return min(1.0, (base + slope * (db - start)) / 107.5)
