"""reverb: a room, a plate or a hall."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rig import native
from rig.engine import Payload, Setting

KINDS = ("room", "plate", "hall")  # in the order of csrc/engines/reverb.c
SPACE = Setting("space", "", "how far apart its walls are", 0, len(KINDS) - 1, 1, choices=KINDS)


def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
    return Payload(ints=(int(settings["space"]),))


ENGINE = native.engine("reverb", settings=(SPACE,), load=load)
