"""blend: two chains side by side, mixed; the early one waits for the late one, so that no tone gets lost."""

from __future__ import annotations

from collections.abc import Mapping

from rig import native
from rig.engine import Payload, Setting

ALIGN = Setting(
    "align", "", "the early chain waits for the late one, and b is turned over where it cancels a", 0, 1, 1, switch=True
)


def join(early: int, cancels: bool, settings: Mapping[str, float]) -> Payload:
    """What csrc/engines/blend.c asks for. early: frames by which a comes before b, at JACK's rate."""
    if not settings["align"]:
        return Payload(ints=(0, 0, 0))
    waits = [f"{'a' if early > 0 else 'b'} waits {abs(early)} frames"] if early else []
    about = ", ".join(waits + ["b turned over"] * cancels)
    return Payload(ints=(early < 0, abs(early), cancels), about=about)


ENGINE = native.engine("blend", settings=(ALIGN,), join=join)
