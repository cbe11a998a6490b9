"""flanger: a comb that sweeps through the sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rig import native
from rig.engine import Payload, Setting

THROUGH = Setting("through", "", "the guitar waits 5 ms, and the copy overtakes it", 0, 1, 0, switch=True)


def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
    through = bool(settings["through"])
    return Payload(ints=(through,), idle=("delay",) if through else ())


ENGINE = native.engine("flanger", settings=(THROUGH,), load=load)
