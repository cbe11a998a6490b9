"""blend: two chains side by side, mixed; the early one waits for the late one, so that no tone gets lost."""

from __future__ import annotations

from collections.abc import Mapping

from rig import native
from rig.engine import Branches, Payload, Setting

ALIGN = Setting(
    "align", "", "the early chain waits for the late one, and b is turned over where it cancels a", 0, 1, 1, switch=True
)


def join(branches: Branches, settings: Mapping[str, float]) -> Payload:
    """What csrc/engines/blend.c asks for. Without `align` the two stay as far apart as they were recorded."""
    align = bool(settings["align"])
    wait = branches.early if align else -branches.apart  # of a, or where it is below 0 of b
    turn = align and branches.cancels
    waits = [f"{'a' if wait > 0 else 'b'} waits {abs(wait)} frames"] if wait else []
    about = ", ".join(waits + ["b turned over"] * turn)
    return Payload(ints=(wait < 0, abs(wait), turn), waits=(max(0, wait), max(0, -wait)), about=about)


ENGINE = native.engine("blend", settings=(ALIGN,), join=join)
