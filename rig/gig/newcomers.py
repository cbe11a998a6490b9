"""Who is connected to a port of ours, and has not yet heard what it says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.gig.gig import Gig

SETTLING_SECONDS = 0.5
"""JACK tells of a wire before it has it, and a board that was just plugged in takes its time, too."""


class Newcomers:
    """Watches the wires of one of our ports."""

    def __init__(self, gig: Gig, port: str) -> None:
        self._gig, self._port = gig, port
        self._there: frozenset[str] = frozenset()
        self._again_at = 0.0  # 0: all have heard it

    @property
    def there(self) -> bool:
        """Whether anybody is connected."""
        return bool(self._there)

    def look(self) -> bool:
        """Whether somebody has come, or came a moment ago: they are to be told all. To be called often."""
        port = f"{self._gig.client.name}:{self._port}"
        there = frozenset(sink for source, sink in self._gig.client.connections() if source == port)
        before, self._there = self._there, there
        now = time.monotonic()
        if there - before:
            self._again_at = now + SETTLING_SECONDS
            return True
        if self._again_at and now >= self._again_at:
            self._again_at = 0.0
            return bool(there)
        return False
