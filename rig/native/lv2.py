"""What C is told of LV2 plug-ins, and what it gives back of their state."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rig.engine import CURVES, Param
from rig.errors import RigError
from rig.native._c import ffi, lib
from rig.native.chain import Chain
from rig.native.descriptors import address_of

IN: int = lib.RIG_LV2_IN
OUT: int = lib.RIG_LV2_OUT
KEY: int = lib.RIG_LV2_KEY
SILENCE: int = lib.RIG_LV2_SILENCE
UNHEARD: int = lib.RIG_LV2_UNHEARD
KNOB: int = lib.RIG_LV2_KNOB
FIXED: int = lib.RIG_LV2_FIXED
TEMPO: int = lib.RIG_LV2_TEMPO
LATENCY: int = lib.RIG_LV2_LATENCY
EVENTS: int = lib.RIG_LV2_EVENTS
TOLD: int = lib.RIG_LV2_TOLD
OPEN: int = lib.RIG_LV2_OPEN
MOST_KNOBS: int = lib.RIG_PARAMS


@dataclass(frozen=True)
class Connection:
    """What a port is connected to: one of the kinds above. at: which channel or knob, or how many bytes.

    value: of a FIXED one. times_rate: its knob's numbers are shares of the sample rate. points: what a choice's words
    are to the plug-in.
    """

    kind: int
    at: int = 0
    value: float = 0.0
    times_rate: bool = False
    points: tuple[float, ...] = ()


class PlugIn:
    """A plug-in as C knows it, which looks at it for as long as anything plays: keep it.

    bundle: its folder, with the / at the end. ins, outs: its channels, 1 or 2. rings: it says something after its input
    has fallen silent.
    """

    def __init__(
        self, uri: str, library: str, bundle: str, connections: Sequence[Connection], ins: int, outs: int, rings: bool
    ) -> None:
        self.uri, self._library, self._bundle = uri, library.encode(), ffi.new("char[]", bundle.encode())
        self._ports = ffi.new("rig_lv2_port[]", max(1, len(connections)))
        self._points = []
        for port, each in zip(self._ports, connections, strict=False):
            port.kind, port.at, port.value, port.times_rate = each.kind, each.at, each.value, each.times_rate
            if each.points:
                self._points.append(ffi.new("float[]", list(each.points)))
                port.points = self._points[-1]
        self._c = ffi.new("rig_lv2_plugin *")
        self._c.bundle, self._c.ports, self._c.n_ports = self._bundle, self._ports, len(connections)
        self._c.ins, self._c.outs, self._c.rings = ins, outs, rings

    def open(self) -> tuple[int, ...]:
        """What the engine's setup says of it, its library loaded. Raises RigError where that does not load."""
        if self._c.found == ffi.NULL:
            why = ffi.new("const char **")
            found = lib.rig_lv2_find(self._library, self._bundle, self.uri.encode(), why)
            if found == ffi.NULL:
                raise RigError(f"{ffi.string(why[0]).decode(errors='replace')}")
            self._c.found = found
        return struct.unpack("<2i", struct.pack("<Q", address_of(self._c)))


class Descriptor:
    """An engine's descriptor for a plug-in: keep it for as long as there may be engines of it.

    channels: that it makes.
    """

    def __init__(self, name: str, about: str, params: Sequence[Param], channels: int) -> None:
        texts: dict[str, Any] = {}

        def text(of: str) -> Any:
            return texts.setdefault(of, ffi.new("char[]", of.encode()))

        self._params = ffi.new("rig_param[]", max(1, len(params)))
        for c, param in zip(self._params, params, strict=False):
            c.name, c.unit, c.help = text(param.name), text(param.unit), text(param.help)
            c.min, c.max, c.initial = param.minimum, param.maximum, param.initial
            c.choices = text("|".join(param.choices)) if param.choices else ffi.NULL
            c.curve, c.step = CURVES.index(param.curve), param.step
        self._c = ffi.new("rig_engine *", lib.rig_engine_named(b"lv2")[0])
        self._c.name, self._c.about = text(name), text(about)
        self._c.params, self._c.n_params, self._c.channels = self._params, len(params), channels
        self._texts = texts

    @property
    def address(self) -> int:
        """Where C has it."""
        return address_of(self._c)


def state(chain: Chain, unit: int, folder: Path) -> tuple[int, ...]:
    """What the plug-in of a chain's engine remembers beside its knobs, as its setup has it; () where it knows no more
    than at birth.

    folder: where it may write files.
    """
    count = ffi.new("uint32_t *")
    found = lib.rig_lv2_state(lib.rig_chain_engine(chain._c, unit), str(folder).encode(), count)
    if found == ffi.NULL:
        return ()
    numbers = np.frombuffer(ffi.buffer(found, 4 * count[0]), np.int32).tolist()
    lib.rig_lv2_free(found)
    return tuple(numbers)
