"""Two or four times a chain's rate around what makes overtones; csrc/halfband.h has the filters."""

from __future__ import annotations

from rig.engine import Setting

LATE = {1: 0, 2: 23, 4: 27}
"""Frames of the chain by which the filters there and back are late, for each number of times. The tests measure it."""


def setting(initial: int) -> Setting:
    """`oversample`: `initial` times the rate where a preset says nothing."""
    text = "times the rate, against what folds back from above it"
    return Setting("oversample", "", text, min(LATE), max(LATE), initial, values=tuple(LATE))


def late_ms(times: int, rate: int) -> float:
    """How late the filters are around what runs at `rate` Hz outside of them."""
    return 1000 * LATE[times] / rate


def notes(times: int, rate: int) -> list[str]:
    """What a player may want to know of it, in a few words."""
    return [f"{late_ms(times, rate):.1f} ms late for oversampling"] if times > 1 else []
