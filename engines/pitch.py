"""pitch: lower or higher."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rig import native
from rig.engine import Payload, Setting

ALIGN = Setting("align", "", "the guitar in the mix waits for what is shifted", 0, 1, 1, switch=True)


def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
    return Payload(ints=(int(settings["align"]),))


ENGINE = native.engine("pitch", settings=(ALIGN,), load=load)
