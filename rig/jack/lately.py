"""A number of JACK's as it was a moment ago."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from rig.jack.calls import Calls, NoAnswer

FRESH_SECONDS = 0.25


class Lately:
    """Asked for a few times a second, however often it is read: each time another thread is woken, and waited for."""

    def __init__(self, calls: Calls) -> None:
        self.value = 0
        self._calls, self._until = calls, float("-inf")

    def ask(self, function: Callable[[], int]) -> int:
        """What it gives, or what is known where that is fresh, or JACK does not answer."""
        now = time.monotonic()
        if now >= self._until:
            self._until = now + FRESH_SECONDS
            with contextlib.suppress(NoAnswer):
                self.value = self._calls(function)
        return self.value

    def stale(self) -> None:
        """It is of another server now."""
        self._until = float("-inf")
