"""When the guard caught an engine last."""

from __future__ import annotations

import time

FAULT_SECONDS = 5.0  # for so long an engine that was caught is shown as faulty


class FaultLog:
    """Remembers the counts that it is told."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], tuple[int, float]] = {}

    def lately(self, chain: int, unit: int, count: int) -> bool:
        """Whether the guard caught this engine within the last seconds. chain: its address. count: so far."""
        now = time.monotonic()
        before, when = self._seen.get((chain, unit), (0, -FAULT_SECONDS))
        if count < before:  # another chain has come to lie there
            before, when = 0, -FAULT_SECONDS
        if count > before:
            when = now
        self._seen[chain, unit] = (count, when)
        return now - when < FAULT_SECONDS
