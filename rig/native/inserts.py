"""The sends and returns of this process's client: the table that its callback looks at, see csrc/rack/insert.h."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rig.native._c import ffi, lib

INSERTS: int = lib.RIG_INSERTS
SIDES = ("send_1", "send_2", "return_1", "return_2")
"""The ports of an insert, in the order of the bits of `wire`."""

_lent: dict[int, Any] = {}
_leaving: list[tuple[int, Any]] = []  # when they were replaced, in periods, and what C may still look at


def put(place: int, ports: Sequence[int] | None) -> None:
    """Give a place the ports at those addresses, in the order of SIDES; None: it has none any more."""
    before = _lent.pop(place, None)
    if ports is not None:
        ends = [ffi.cast("void *", port) for port in ports]
        _lent[place] = ffi.new("rig_insert_ports *", (ends[:2], ends[2:]))
    lib.rig_insert_put(place, _lent.get(place, ffi.NULL))
    if before is not None:
        _leaving.append((periods(), before))
    _leaving[:] = [(since, each) for since, each in _leaving if periods() <= since]


def wire(place: int, wired: Sequence[bool]) -> None:
    """Say which of a place's ports somebody is connected to, in the order of SIDES. Any thread."""
    lib.rig_insert_wire(place, sum(bool(one) << i for i, one in enumerate(wired)))


def heard(place: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """What was sent by the first port of a place lately, and what came back by both: (frames,) float32 each."""
    sent, came = np.empty(frames, np.float32), np.empty(frames, np.float32)
    lib.rig_insert_heard_of(place, ffi.from_buffer("float[]", sent), ffi.from_buffer("float[]", came), frames)
    return sent, came


def periods() -> int:
    """That have begun. What was put before the last one is looked at, and nothing else."""
    return lib.rig_inserts_periods()
