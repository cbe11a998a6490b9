"""Chains: engines in order, made off the audio thread. Python builds, C runs, Python frees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rig.engine import Engine, Payload
from rig.errors import RigError
from rig.native import resampler
from rig.native._c import ffi, lib
from rig.native.decibels import linear
from rig.native.descriptors import address_of, descriptor

BRANCHES = ("", "a", "b")  # in the order of RIG_TRUNK, RIG_BRANCH_A, RIG_BRANCH_B

OUT = ("", "time", "broken")  # in the order of RIG_UNIT_PLAYS, RIG_UNIT_SHED, RIG_UNIT_ENDED

SWITCH_SECONDS = 0.010  # from off to on: short enough to be at once, long enough not to click


@dataclass(frozen=True)
class Unit:
    """An engine as a chain needs it: what it is, what its files became, where its knobs stand.

    label: what it is called among the chain's engines ("gain", "gain2").
    files, settings: what the payload was made from; settings as they were given, without the defaults.
    branch: "a" or "b" in one of the two chains that the next engine without a branch joins; "" elsewhere.
    on: how it is at birth; an engine that is off lets its input pass by, one that joins branches that of branch a.
    """

    engine: Engine
    payload: Payload = Payload()
    params: Mapping[str, float] | None = None
    label: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    branch: str = ""
    on: bool = True

    @property
    def channels(self) -> int:
        """As Engine.channels, for these files."""
        return self.payload.channels or self.engine.channels


class UnitError(RigError):
    """An engine of a chain would not start. label: the unit's."""

    def __init__(self, unit: Unit, why: str) -> None:
        super().__init__(f"engine {unit.engine.name}: {why}")
        self.label = unit.label


class Chain:
    """Engines in order, made off the audio thread. Freed when nobody holds it any more, C included.

    channels: that come in, 1 or 2; from its first stereo engine on a chain is stereo.
    Raises UnitError of the engine that would not start, and RigError where there is no memory for the chain itself.
    """

    def __init__(self, units: Sequence[Unit], rate: int, level_db: float = 0.0, channels: int = 1) -> None:
        keep: list[object] = []
        descriptors = ffi.new("const rig_engine *[]", [descriptor(u.engine.address) for u in units] or 1)
        setups = ffi.new("rig_setup[]", max(1, len(units)))
        mounts = ffi.new("rig_mount[]", max(1, len(units)))
        for setup, mount, unit in zip(setups, mounts, units, strict=False):
            self._fill(setup, unit, rate, keep)
            self._mount(mount, unit, rate, keep)
        which, why = ffi.new("uint32_t *"), ffi.new("const char **")
        self._c = lib.rig_chain_new(len(units), descriptors, setups, mounts, channels, which, why)
        if self._c == ffi.NULL:
            said = ffi.string(why[0]).decode()
            raise UnitError(units[which[0]], said) if which[0] < len(units) else RigError(f"a chain: {said}")
        self._c = ffi.gc(self._c, lib.rig_chain_free, lib.rig_chain_bytes(self._c))
        self.units = tuple(units)
        self._rate = rate
        self.channels_in = channels
        self.channels = max([channels, *(u.channels for u in units)])  # that come out
        self._values = [[(u.params or {}).get(p.name, p.initial) for p in u.engine.params] for u in units]
        self._on = [u.on for u in units]
        self.set_level(level_db)

    @staticmethod
    def _fill(setup: Any, unit: Unit, rate: int, keep: list[object]) -> None:
        given = unit.params or {}
        switch = () if unit.engine.switched_by is None else (float(unit.on),)
        params = ffi.new("float[]", [*(given.get(p.name, p.initial) for p in unit.engine.params), *switch] or 1)
        data = [np.ascontiguousarray(a, np.float32) for a in unit.payload.arrays]
        arrays = ffi.new("rig_array[]", max(1, len(data)))
        for c, a in zip(arrays, data, strict=False):
            c.data, c.count = ffi.from_buffer("float[]", a), a.size
        ints = ffi.new("int32_t[]", list(unit.payload.ints) or 1)
        keep += [params, data, arrays, ints]
        setup.rate, setup.params = unit.payload.rate or rate, params
        setup.arrays, setup.n_arrays = arrays, len(data)
        setup.ints, setup.n_ints = ints, len(unit.payload.ints)
        setup.constant = unit.payload.constant

    @staticmethod
    def _mount(mount: Any, unit: Unit, rate: int, keep: list[object]) -> None:
        mount.branch, mount.channels = BRANCHES.index(unit.branch), unit.payload.channels or 0
        mount.off, mount.fade = not unit.on and unit.engine.switched_by is None, round(SWITCH_SECONDS * rate)
        mount.gain_in, mount.gain_out = unit.payload.gain_in, unit.payload.gain_out
        mount.late, mount.waits = _delay(unit.payload, rate), unit.payload.waits
        if unit.payload.rate in (0, rate):
            return
        if unit.engine.join:
            why = f"one that joins two chains runs at their rate, {rate} Hz; it asks for {unit.payload.rate} Hz"
            raise UnitError(unit, why)
        try:
            around = resampler.around(unit.payload.rate, rate)
        except RigError as error:
            raise UnitError(unit, str(error)) from None
        keep.append(around)
        mount.latency = around.latency
        for c, change in ((mount.there, around.there), (mount.back, around.back)):
            c.up, c.down, c.rows, c.taps = change.up, change.down, len(change.filter) - 1, change.filter.shape[1]
            c.filter = ffi.from_buffer("float[]", change.filter)

    @property
    def address(self) -> int:
        """Where C has it."""
        return address_of(self._c)

    @property
    def bytes(self) -> int:
        """Memory that the chain works in."""
        return lib.rig_chain_bytes(self._c)

    @property
    def memory(self) -> int:
        """Frames of the past that the chain's output hangs on."""
        return lib.rig_chain_memory(self._c)

    @property
    def latency(self) -> int:
        """Frames by which what comes out is late. Engines that are on count: what they take themselves, what their
        files are late, and changes of rate; of branches that come together the later one, with what it is made to wait.
        """
        return lib.rig_chain_latency(self._c)

    def late(self, unit: int) -> int:
        """Frames that an engine takes itself, whether it is on or not: by its algorithm, not by its files."""
        return lib.rig_chain_late(self._c, unit)

    def about(self, unit: int) -> str:
        """What an engine makes of its files, and what time it takes, in a few words."""
        late = f"{1000 * self.late(unit) / self._rate:.1f} ms late" if self.late(unit) else ""
        return ", ".join(filter(None, (self.units[unit].payload.about, late)))

    @property
    def faults(self) -> tuple[int, ...]:
        """For each engine, how often the guard caught it."""
        return tuple(lib.rig_chain_faults(self._c, i) for i in range(len(self.units)))

    def time(self, signal: np.ndarray, block: int) -> np.ndarray:
        """How long each block of (frames,) float32 takes, one after the other: (frames // block,) in seconds."""
        return time_chains([self], signal, block)

    @property
    def reductions(self) -> tuple[float | None, ...]:
        """For each engine, the dB by which it makes the sound softer now, 0 or less; None where it doesn't say."""
        return tuple(
            lib.rig_chain_reduction(self._c, i) if unit.engine.reduces else None for i, unit in enumerate(self.units)
        )

    @property
    def costs(self) -> tuple[float, ...]:
        """For each engine, the share of a core that it takes while it plays, 0..1."""
        return tuple(lib.rig_chain_cost(self._c, i) * 1e-9 * self._rate for i in range(len(self.units)))

    @property
    def usual(self) -> tuple[float, ...]:
        """For each engine, the share of a core that it usually takes, also while it is left out; 0: not known yet."""
        return tuple(lib.rig_chain_usual(self._c, i) * 1e-9 * self._rate for i in range(len(self.units)))

    @property
    def left_out(self) -> tuple[str, ...]:
        """For each engine, why its input passes it by: "time": the period has none for it; "broken": it broke again and
        again, and is not tried any more; "": it plays.
        """
        return tuple(OUT[lib.rig_chain_left_out(self._c, i)] for i in range(len(self.units)))

    def set(self, unit: int, param: int, value: float) -> None:
        """Turn a knob; the engine ramps to it. Any thread, also while the chain plays."""
        self._values[unit][param] = value
        lib.rig_chain_set(self._c, unit, param, value)

    def get(self, unit: int, param: int) -> float:
        """Where a knob stands."""
        return self._values[unit][param]

    def knobs(self, unit: int) -> dict[str, float]:
        """Where all knobs of an engine stand."""
        return {
            param.name: value for param, value in zip(self.units[unit].engine.params, self._values[unit], strict=True)
        }

    def switch(self, unit: int, on: bool) -> None:
        """Switch an engine on or off, in a straight line of SWITCH_SECONDS. Any thread, also while the chain plays.

        One that is off runs on unheard, so that it comes back in the middle of the music.
        """
        self._on[unit] = on
        own = self.units[unit].engine.switched_by
        if own is not None:
            lib.rig_chain_set(self._c, unit, own, on)
            return
        lib.rig_chain_switch(self._c, unit, on)

    def heard(self, unit: int, knob: str, value: float) -> None:
        """The rack has turned a knob, or with "on" a switch, by itself."""
        if knob == "on":
            self._on[unit] = bool(value)
        else:
            self._values[unit][[param.name for param in self.units[unit].engine.params].index(knob)] = value

    def on(self, unit: int) -> bool:
        """Whether an engine is on."""
        return self._on[unit]

    def set_level(self, db: float) -> None:
        """Gain after the last engine, in dB. Any thread, also while the chain plays."""
        lib.rig_chain_set_level(self._c, linear(db))

    def prewarm(self) -> None:
        """Let the chain hear silence until it has settled."""
        lib.rig_chain_prewarm(self._c)

    def reset(self) -> None:
        """Bring each engine, in microseconds, to where silence for ever leaves it."""
        lib.rig_chain_reset(self._c)

    def process(self, signal: np.ndarray, key: np.ndarray | None = None, tempo: float = 120.0) -> np.ndarray:
        """Run the chain by itself, not while a rack has it; the song begins where the chain does.

        signal: (frames,) float32, or (2, frames); what comes back has the same shape. tempo: beats a minute.
        key: (frames,); where None the signal, of two its left one.
        """
        out = np.array(signal, np.float32)
        left, right = (out, None) if out.ndim == 1 else out
        listen = np.ascontiguousarray(left.copy() if key is None else key, np.float32)
        sides = [ffi.NULL if side is None else ffi.from_buffer("float[]", side) for side in (left, right)]
        beats = tempo / 60 / self._rate
        lib.rig_chain_process(self._c, *sides, ffi.from_buffer("float[]", listen), left.size, beats)
        return out


def time_chains(chains: Sequence[Chain], signal: np.ndarray, block: int, period: float = 0.0) -> np.ndarray:
    """How long each block of (frames,) float32 takes through chains in order: (frames // block,) in seconds.

    period: seconds from the start of one block to that of the next, asleep between them, as JACK runs a client; 0 is
    one block right after the other.
    """
    x = np.ascontiguousarray(signal, np.float32)
    ns = np.empty(x.size // block, np.uint32)
    given = ffi.new("rig_chain *[]", [chain._c for chain in chains] or 1)
    samples, taken = ffi.from_buffer("float[]", x), ffi.from_buffer("uint32_t[]", ns)
    lib.rig_chains_time(len(chains), given, samples, block, ns.size, round(1e9 * period), taken)
    return ns * 1e-9


@dataclass(frozen=True)
class Switch:
    """What going to another amp is like, in frames: wait until that is heard, of which the end is silence."""

    wait: int
    silence: int
    fade: int


def expected_switch(rate: int, block: int, memory: int, playing: float, now: float, then: float) -> Switch:
    """How the rack will switch at `rate` Hz in periods of `block` frames, if costs are what they are said to be.

    memory: frames that the newcomer remembers. playing, now, then: shares of the period that all that plays takes, of
    it the chain that goes, and the chain that comes.
    """
    ns = 1e9 / rate
    found = lib.rig_switch_expected(rate, block, memory, playing * ns, now * ns, then * ns)
    return Switch(found.wait, found.silence, found.fade)


def _delay(payload: Payload, rate: int) -> int:
    """Frames at `rate` by which the sound of an engine's files is late."""
    return round(payload.delay * rate / (payload.rate or rate))


def chains_made() -> int:
    """Chains that C has made since the program started."""
    return lib.rig_chains_made()


def chains_freed() -> int:
    """Chains that C has freed since the program started."""
    return lib.rig_chains_freed()
