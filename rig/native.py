"""The only door to C: engines' descriptors, chains and the rack. Everyone above sees dataclasses and numpy arrays.

Python builds, C runs, Python frees: a Rack keeps every Chain it has lent alive until C has given it back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rig import rates
from rig._native import ffi, lib
from rig.engine import Engine, Param, Payload, Setting
from rig.errors import RigError, did_you_mean

if TYPE_CHECKING:
    from rig.formats import Model

BLOCK: int = lib.RIG_BLOCK
SLOTS: int = lib.RIG_SLOTS
STAGES: Mapping[str, int] = {"input": lib.RIG_INPUT, "amp": lib.RIG_AMP, "output": lib.RIG_OUTPUT}
BRANCHES = ("", "a", "b")  # in the order of RIG_TRUNK, RIG_BRANCH_A, RIG_BRANCH_B


def linear(db: float) -> float:
    """Decibels as a factor."""
    return float(10.0 ** (db / 20.0))


def decibels(gain: float, floor: float = -120.0) -> float:
    """A factor as decibels, not below `floor`."""
    return float(max(floor, 20.0 * np.log10(gain))) if gain > 0.0 else floor


# --- instruction sets -------------------------------------------------------------------------------------------------


def isas() -> tuple[str, ...]:
    """The instruction sets this machine has kernels for, the best first."""
    names = []
    while (name := lib.rig_isa_name(len(names))) != ffi.NULL:
        names.append(ffi.string(name).decode())
    return tuple(names)


def isa() -> str:
    """The instruction set that engines made from now on will use."""
    return ffi.string(lib.rig_isa()).decode()


def use_isa(name: str) -> None:
    """Choose the instruction set of engines made from now on. Raises RigError where this machine lacks it."""
    if not lib.rig_isa_use(name.encode()):
        hint = did_you_mean(name, isas()) or f"; it has {', '.join(isas())}"
        raise RigError(f"this machine has no instruction set '{name}'{hint}")


# --- engines ----------------------------------------------------------------------------------------------------------


def _descriptor(address: int):
    return ffi.cast("const rig_engine *", address)


def _address(pointer) -> int:
    return int(ffi.cast("uintptr_t", pointer))


def engine(
    name: str,
    files: tuple[str, ...] = (),
    load: Callable[[Mapping[str, Path], Mapping[str, float], int], Payload] | None = None,
    settings: tuple[Setting, ...] = (),
    join: Callable[[int, bool, Mapping[str, float]], Payload] | None = None,
    pack: Callable[[Model, int], Payload] | None = None,
    address: int | None = None,
) -> Engine:
    """The Engine of that name in csrc/engines, or the one whose descriptor lies at `address` in another's library.

    The parameter table comes from C, where it is stated once. Raises RigError when the descriptor is for another ABI.
    """
    c = _descriptor(address) if address else lib.rig_engine_named(name.encode())
    if c.abi != lib.RIG_ABI:
        raise RigError(f"engine '{name}' was built for ABI {c.abi}, this rig has {lib.RIG_ABI}: rebuild its package")
    params = tuple(
        Param(
            name=ffi.string(p.name).decode(),
            unit=ffi.string(p.unit).decode(),
            help=ffi.string(p.help).decode(),
            minimum=_tidy(p.min),
            maximum=_tidy(p.max),
            initial=_tidy(p.initial),
        )
        for p in (c.params[i] for i in range(c.n_params))
    )
    extra = {"load": load} if load else {}
    about = ffi.string(c.about).decode()
    return Engine(name, about, params, files, settings, join=join, pack=pack, address=_address(c), **extra)


def _tidy(value: float) -> float:
    """A float32 as the decimal its author wrote: 0.1, not 0.10000000149."""
    return float(np.format_float_positional(np.float32(value), unique=True))


# --- chains -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unit:
    """An engine as a chain needs it: what it is, what its files became, where its knobs stand.

    label: what it is called among the chain's engines ("gain", "gain2").
    files, settings: what the payload was made from; settings as they were given, without the defaults.
    branch: "a" or "b" in one of the two chains that the next engine without a branch joins; "" elsewhere.
    """

    engine: Engine
    payload: Payload = Payload()
    params: Mapping[str, float] | None = None
    label: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    branch: str = ""


class Chain:
    """Engines in order, made off the audio thread. Freed when nobody holds it any more, C included.

    Raises RigError naming the engine that would not start.
    """

    def __init__(self, units: Sequence[Unit], rate: int, level_db: float = 0.0) -> None:
        keep: list[object] = []
        descriptors = ffi.new("const rig_engine *[]", [_descriptor(u.engine.address) for u in units] or 1)
        setups = ffi.new("rig_setup[]", max(1, len(units)))
        mounts = ffi.new("rig_mount[]", max(1, len(units)))
        for setup, mount, unit in zip(setups, mounts, units, strict=False):
            self._fill(setup, unit, rate, keep)
            self._mount(mount, unit, rate, keep)
        why = ffi.new("const char **")
        self._c = lib.rig_chain_new(len(units), descriptors, setups, mounts, why)
        if self._c == ffi.NULL:
            raise RigError(f"engine {' -> '.join(u.engine.name for u in units)}: {ffi.string(why[0]).decode()}")
        self._c = ffi.gc(self._c, lib.rig_chain_free, lib.rig_chain_bytes(self._c))
        self.units = tuple(units)
        self._rate = rate
        self._values = [[(u.params or {}).get(p.name, p.initial) for p in u.engine.params] for u in units]
        self.set_level(level_db)

    @staticmethod
    def _fill(setup, unit: Unit, rate: int, keep: list[object]) -> None:
        given = unit.params or {}
        params = ffi.new("float[]", [given.get(p.name, p.initial) for p in unit.engine.params] or 1)
        data = [np.ascontiguousarray(a, np.float32) for a in unit.payload.arrays]
        arrays = ffi.new("rig_array[]", max(1, len(data)))
        for c, a in zip(arrays, data, strict=False):
            c.data, c.count = ffi.from_buffer("float[]", a), a.size
        ints = ffi.new("int32_t[]", list(unit.payload.ints) or 1)
        keep += [params, data, arrays, ints]
        setup.rate, setup.params = unit.payload.rate or rate, params
        setup.arrays, setup.n_arrays = arrays, len(data)
        setup.ints, setup.n_ints = ints, len(unit.payload.ints)

    @staticmethod
    def _mount(mount, unit: Unit, rate: int, keep: list[object]) -> None:
        mount.branch = BRANCHES.index(unit.branch)
        mount.gain_in, mount.gain_out = unit.payload.gain_in, unit.payload.gain_out
        if unit.payload.rate in (0, rate):
            return
        around = rates.around(unit.payload.rate, rate)
        keep.append(around)
        mount.latency = around.latency
        for c, change in ((mount.there, around.there), (mount.back, around.back)):
            c.up, c.down, c.rows, c.taps = change.up, change.down, len(change.filter) - 1, change.filter.shape[1]
            c.filter = ffi.from_buffer("float[]", change.filter)

    @property
    def address(self) -> int:
        return _address(self._c)

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
        """Frames by which what comes out is late: engines that run at rates of their own take some."""
        return lib.rig_chain_latency(self._c)

    @property
    def faults(self) -> tuple[int, ...]:
        """For each engine, how often the guard caught it."""
        return tuple(lib.rig_chain_faults(self._c, i) for i in range(len(self.units)))

    def time(self, signal: np.ndarray, block: int) -> np.ndarray:
        """How long each block of (frames,) float32 takes: (frames // block,) in seconds."""
        x = np.ascontiguousarray(signal, np.float32)
        ns = np.empty(x.size // block, np.uint32)
        lib.rig_chain_time(self._c, ffi.from_buffer("float[]", x), block, ns.size, ffi.from_buffer("uint32_t[]", ns))
        return ns * 1e-9

    @property
    def costs(self) -> tuple[float, ...]:
        """For each engine, the share of a core that it takes while it plays, 0..1."""
        return tuple(lib.rig_chain_cost(self._c, i) * 1e-9 * self._rate for i in range(len(self.units)))

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

    def set_level(self, db: float) -> None:
        """Gain after the last engine, in dB. Any thread, also while the chain plays."""
        lib.rig_chain_set_level(self._c, linear(db))

    def prewarm(self) -> None:
        """Let the chain hear silence until it has settled."""
        lib.rig_chain_prewarm(self._c)

    def reset(self) -> None:
        """Bring each engine, in microseconds, to where silence for ever leaves it."""
        lib.rig_chain_reset(self._c)

    def process(self, signal: np.ndarray, key: np.ndarray | None = None) -> np.ndarray:
        """Run the chain by itself, not while a rack has it. signal, key: (frames,) float32; returns (frames,)."""
        out = np.array(signal, np.float32)
        listen = np.ascontiguousarray(signal if key is None else key, np.float32)
        lib.rig_chain_process(self._c, ffi.from_buffer("float[]", out), ffi.from_buffer("float[]", listen), out.size)
        return out


def peak() -> float:
    """Multiply-adds a second that the instruction set in use reaches on registers alone, measured now."""
    return lib.rig_peak()


def chains_made() -> int:
    """Chains that C has made since the program started."""
    return lib.rig_chains_made()


def chains_freed() -> int:
    """Chains that C has freed since the program started."""
    return lib.rig_chains_freed()


# --- the rack ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meters:
    """What the audio thread says of itself; see rig_meters in csrc/rack.h. Peaks are since the last look."""

    callbacks: int
    frames: int
    fade_frame: int
    record_lost: int
    input_faults: int
    in_clips: int
    out_clips: int
    playing: int
    settled: bool
    silent: bool
    in_peak: float
    out_peak: float
    limiter: float
    load: float
    load_mean: float


class Rack:
    """The C object that the audio callback runs, and the chains lent to it. Methods are called from one thread."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._c = ffi.gc(lib.rig_rack_new(rate), lib.rig_rack_free)
        self._meters = ffi.new("rig_meters *")
        self._lent: dict[int, Chain] = {}
        self._slots: set[tuple[int, int]] = set()
        self._loop: np.ndarray | None = None
        self._client = None

    def offer(self, stage: str, slot: int, chain: Chain) -> None:
        """Put a chain into a slot; where one plays there, the two are cross-faded."""
        self._lent[chain.address] = chain
        self._slots.add((STAGES[stage], slot))
        self._return(lib.rig_rack_offer(self._c, STAGES[stage], slot, chain._c))
        self.collect()

    def collect(self) -> None:
        """Let go of the chains that C has given back."""
        for stage, slot in self._slots:
            self._return(lib.rig_rack_collect(self._c, stage, slot))

    def _return(self, c) -> None:
        if c != ffi.NULL:
            del self._lent[_address(c)]

    @property
    def lent(self) -> int:
        """Chains that C holds."""
        return len(self._lent)

    def route(self, amp: int, input: int, output: int) -> None:
        """Which input and output slot belong to an amp."""
        lib.rig_rack_route(self._c, amp, input, output)

    def play(self, amp: int) -> None:
        lib.rig_rack_play(self._c, amp)

    def bypass(self, on: bool) -> None:
        lib.rig_rack_bypass(self._c, on)

    def begin(self, *, open: bool) -> None:
        """Before the rack runs: the amp to play is there from the first frame on. open: at full level, else silent."""
        lib.rig_rack_begin(self._c, open)

    def open(self, on: bool = True) -> None:
        """Fade in or out."""
        lib.rig_rack_open(self._c, on)

    def limit(self, on: bool) -> None:
        lib.rig_rack_limit(self._c, on)

    def level(self, db: float) -> None:
        lib.rig_rack_level(self._c, linear(db))

    def loop(self, recording: np.ndarray) -> None:
        """Play a recording, (frames,) float32, into the input, over and over. Before the rack runs."""
        self._loop = np.ascontiguousarray(recording, np.float32)
        lib.rig_rack_loop(self._c, ffi.from_buffer("float[]", self._loop), self._loop.size)

    def record(self, on: bool) -> None:
        lib.rig_rack_record(self._c, on)

    def recorded(self) -> np.ndarray:
        """What has been recorded since the last call, (frames, 2) float32."""
        out = np.empty((1 << 17, 2), np.float32)
        return out[: lib.rig_rack_recorded(self._c, ffi.from_buffer("float[]", out), len(out))]

    def heard(self, frames: int) -> np.ndarray:
        """The last frames of the input, (frames,) float32; at most RIG_HISTORY less a block."""
        out = np.empty(frames, np.float32)
        lib.rig_rack_heard(self._c, ffi.from_buffer("float[]", out), frames)
        return out

    def meters(self) -> Meters:
        lib.rig_rack_meters(self._c, self._meters)
        m = self._meters
        values = {name: getattr(m, name) for name in Meters.__dataclass_fields__}
        return Meters(**{**values, "settled": bool(m.settled), "silent": bool(m.silent)})

    def process(self, signal: np.ndarray, period: int = BLOCK) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Run the rack offline, `period` frames at a time. signal: (frames,) float32.

        Returns out_1, out_2 and di, each (frames,).
        """
        x = np.ascontiguousarray(signal, np.float32)
        out = np.empty((3, x.size), np.float32)
        cx = ffi.from_buffer("float[]", x)
        c1, c2, di = (ffi.from_buffer("float[]", row) for row in out)
        for at in range(0, x.size, period):
            n = min(period, x.size - at)
            lib.rig_rack_process(self._c, cx + at, c1 + at, c2 + at, di + at, n)
        return out[0], out[1], out[2]

    def callback(self, get_buffer: int, ports: Mapping[str, int]) -> tuple[int, int]:
        """(function, argument) for jack_set_process_callback, as addresses.

        get_buffer: the address of jack_port_get_buffer. ports: in, out_1, out_2, di -> jack_port_t addresses.
        """
        self._client = ffi.new("rig_client *")
        self._client.rack = self._c
        self._client.get_buffer = ffi.cast("void *(*)(void *, uint32_t)", get_buffer)
        for name, address in ports.items():
            setattr(self._client, name, ffi.cast("void *", address))
        return _address(ffi.addressof(lib, "rig_process")), _address(self._client)


# --- the deck ---------------------------------------------------------------------------------------------------------


class Reel:
    """What a deck plays, and what it heard meanwhile; see rig_reel in csrc/deck.h.

    play: (frames,) float32. seconds of the return are kept: the latest, over and over, or with loop=False the first.
    """

    def __init__(self, play: np.ndarray, heard_frames: int, *, loop: bool) -> None:
        self._play = np.ascontiguousarray(play, np.float32)
        self._heard = np.zeros(heard_frames, np.float32)
        self._loop = loop
        self._c = ffi.new("rig_reel *")
        self._c.play, self._c.play_frames = ffi.from_buffer("float[]", self._play), self._play.size
        self._c.heard, self._c.heard_frames = ffi.from_buffer("float[]", self._heard), self._heard.size
        self._c.loop = loop

    @property
    def at(self) -> int:
        """Frames so far."""
        return lib.rig_reel_at(self._c)

    def heard(self, frames: int | None = None) -> np.ndarray:
        """The latest of what was heard so far, in order: (frames,) float32, or fewer at the beginning."""
        at, size = self.at, self._heard.size
        end = at if self._loop else min(at, size)
        wanted = min(end, size) if frames is None else min(frames, end, size)
        return self._heard[np.arange(end - wanted, end) % size]


@dataclass(frozen=True)
class DeckMeters:
    """Peaks since the last look, linear; clips: samples of the return at full scale so far."""

    clips: int
    send_peak: float
    return_peak: float


class Deck:
    """The C object that plays into an amp and records what comes back. Methods are called from one thread."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._c = ffi.gc(lib.rig_deck_new(), lib.rig_deck_free)
        self._meters = ffi.new("rig_deck_meters *")
        self._lent: list[Reel | None] = []
        self._client = None

    def put(self, reel: Reel | None) -> None:
        """Run this one from the next period on; None: silence."""
        self.collect()
        self._lent.append(reel)
        lib.rig_deck_put(self._c, self._address(reel))

    def collect(self) -> None:
        """Let go of the reels that C no longer runs: all others, as soon as it runs the latest."""
        if self._lent and lib.rig_deck_holds(self._c, self._address(self._lent[-1])):
            del self._lent[:-1]

    @staticmethod
    def _address(reel: Reel | None):
        return ffi.NULL if reel is None else reel._c

    def level(self, gain: float) -> None:
        """Multiplies what is played by a linear gain."""
        lib.rig_deck_level(self._c, gain)

    def meters(self) -> DeckMeters:
        self.collect()
        lib.rig_deck_read(self._c, self._meters)
        return DeckMeters(self._meters.clips, self._meters.send_peak, self._meters.return_peak)

    def process(self, signal: np.ndarray) -> np.ndarray:
        """Run one period without JACK. signal: the return, (frames,) float32; returns the send, (frames,)."""
        x = np.ascontiguousarray(signal, np.float32)
        out = np.empty_like(x)
        lib.rig_deck_process(self._c, ffi.from_buffer("float[]", x), ffi.from_buffer("float[]", out), x.size)
        return out

    def callback(self, get_buffer: int, ports: Mapping[str, int]) -> tuple[int, int]:
        """(function, argument) for jack_set_process_callback, as addresses. ports: send, return -> jack_port_t."""
        self._client = ffi.new("rig_deck_client *")
        self._client.deck = self._c
        self._client.get_buffer = ffi.cast("void *(*)(void *, uint32_t)", get_buffer)
        self._client.send = ffi.cast("void *", ports["send"])
        self._client.ret = ffi.cast("void *", ports["return"])
        return _address(ffi.addressof(lib, "rig_deck_callback")), _address(self._client)


if "RIG_ISA" in os.environ:
    use_isa(os.environ["RIG_ISA"])
