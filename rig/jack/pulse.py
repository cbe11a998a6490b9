"""Whether the audio callback is still being called: a server that hangs says nothing, it only stops calling."""

from __future__ import annotations

STILL_SECONDS = 0.5
STILL_PERIODS = 4
AWAY_SECONDS = 2.0  # between two looks: then it is we who were away (a stopped program, a laptop that slept)


class Pulse:
    """Looks at a count that moves with every period."""

    def __init__(self) -> None:
        self.moved = False  # since we look
        self._still = 0.0
        self._seen: tuple[int, float] | None = None

    def look(self, count: int, now: float, period: float) -> float:
        """For how many seconds it has stood still, as far as that is longer than chance. period: in seconds."""
        before, self._seen = self._seen, (count, now)
        if before is None:
            return 0.0
        if count != before[0]:
            self.moved, self._still = True, 0.0
        elif now - before[1] < AWAY_SECONDS:
            self._still += now - before[1]
        return self._still if self._still > STILL_SECONDS + STILL_PERIODS * period else 0.0
