"""drive: an overdrive without a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rig import native
from rig.engine import Payload
from rig.native import oversampling


def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
    times = int(settings["oversample"])
    return Payload(ints=(times,), delay=oversampling.LATE[times], about=", ".join(oversampling.notes(times, rate)))


ENGINE = native.engine("drive", settings=(oversampling.setting(4),), load=load)
