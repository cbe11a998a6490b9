"""The rack, which the audio callback runs. It keeps every chain that it has lent alive until C has given it back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rig.errors import RigError
from rig.native._c import ffi, lib
from rig.native.bindings import Bindings
from rig.native.chain import Chain
from rig.native.decibels import linear
from rig.native.descriptors import address_of
from rig.native.looper import ORDERS, SHORTEST_SECONDS, STATES, LoopState
from rig.native.meters import Board, Meters, Watch

BLAST: int = lib.RIG_BLAST
HISTORY: int = lib.RIG_HISTORY
BLOCK: int = lib.RIG_BLOCK
TRACKS = 3
SLOTS: int = lib.RIG_SLOTS
STAGES: Mapping[str, int] = {"input": lib.RIG_INPUT, "amp": lib.RIG_AMP, "output": lib.RIG_OUTPUT}
LEADERS: Mapping[str, int] = {"": lib.RIG_FOLLOW_NOBODY, "midi": lib.RIG_FOLLOW_MIDI, "jack": lib.RIG_FOLLOW_JACK}
"""Whom the song's time can follow; "" is its own tempo."""

RELIEFS = ("", "tails", "switches", "engines")
"""What is done so that what plays fits into the period, in the order of RIG_RELIEF_NONE and so on."""

FULL, RETURN = 0.95, 0.9
"""As RIG_FULL and RIG_RETURN in csrc/rack/budget.h: shares of the period."""

LEADS = ("", "heard", "stopped", "lost")
"""How whoever is followed is, in the order of RIG_LEAD_NONE and so on."""


@dataclass(frozen=True)
class MidiEvent:
    """A MIDI event of at most three bytes. frame: of the rack, as its meters count.

    table: the serial of the bindings that it met. bound: the number of the one that it did, or of the program, 128 a
    bank; None: it did nothing. value: where that stands now. more: it is the same event again, for another binding.
    """

    frame: int
    data: bytes
    table: int = 0
    bound: int | None = None
    value: float = 0.0
    more: bool = False


@dataclass(frozen=True)
class Transport:
    """JACK's transport at the start of a period. frame: from the song's start.

    beat: the same in beats. bpm: beats a minute, 0 where nobody says. bar: beats of one.
    """

    rolling: bool
    frame: int = 0
    beat: float = 0.0
    bpm: float = 0.0
    bar: int = 4


class Rack:
    """The C object that the audio callback runs, and the chains lent to it. Methods are called from one thread."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._c = ffi.gc(lib.rig_rack_new(rate), lib.rig_rack_free)
        self._meters = ffi.new("rig_meters *")
        self._board = Board(self._take_meters)
        self._own = self._board.watch()
        self._lent: dict[int, Chain] = {}
        self._slots: set[tuple[int, int]] = set()
        self._loop: np.ndarray | None = None
        self._bindings: dict[int, Bindings] = {}  # that C holds, or that events may still tell of, by serial
        self._unbound: list[Bindings] = []  # those that C has given back
        self._read_out: list[Bindings] = []  # and of which all has been read
        self._looper = ffi.new("rig_loop *")
        self._client: Any = None

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
        for stage, ring in itertools.product(STAGES.values(), range(lib.RIG_RINGS)):
            self._return(lib.rig_rack_rung_out(self._c, stage, ring))

    def _return(self, c: Any) -> None:
        if c != ffi.NULL:
            del self._lent[address_of(c)]

    @property
    def lent(self) -> int:
        """Chains that C holds."""
        return len(self._lent)

    def route(self, amp: int, input: int, output: int) -> None:
        """Which input and output slot belong to an amp."""
        lib.rig_rack_route(self._c, amp, input, output)

    def play(self, amp: int) -> None:
        """Let the amp of a slot be heard, cross-faded."""
        lib.rig_rack_play(self._c, amp)

    def bypass(self, on: bool) -> None:
        """The guitar without the amp, or with it, cross-faded."""
        lib.rig_rack_bypass(self._c, on)

    def begin(self, *, open: bool) -> None:
        """Before the rack runs: the amp to play is there from the first frame on. open: at full level, else silent."""
        lib.rig_rack_begin(self._c, open)

    def open(self, on: bool = True) -> None:
        """Fade in or out."""
        lib.rig_rack_open(self._c, on)

    def relieve(self, on: bool) -> None:
        """Off: all is played, also where it does not fit into the period. On at first."""
        lib.rig_rack_relieve(self._c, on)

    def limit(self, on: bool) -> None:
        """Off: neither limiter nor DC blocker; music comes out bit for bit as the chains made it."""
        lib.rig_rack_limit(self._c, on)

    def level(self, db: float) -> None:
        """The output's level in dB; ramped to."""
        lib.rig_rack_level(self._c, linear(db))

    def tempo(self, bpm: float) -> None:
        """Beats a minute, for engines that keep time."""
        lib.rig_rack_tempo(self._c, bpm)

    def follow(self, whom: str) -> None:
        """Whose time the song goes by, of LEADERS; as long as nothing is heard of it, its own tempo."""
        lib.rig_rack_follow(self._c, LEADERS[whom])

    def metronome(self, on: bool, *, beats: int = 4, level: float = 0.0, out: bool = True) -> None:
        """Click on each beat. beats: of a bar, whose first is accented; 0: none is. level: of the click's peak, in dB.

        out: it is heard in the outputs, too, behind what is recorded; else in its own port alone.
        """
        lib.rig_rack_metronome(self._c, ffi.new("rig_metronome_settings *", (on, out, beats, linear(level))))

    def bind(self, bindings: Bindings) -> None:
        """Have MIDI do what a table says, from the next period on."""
        self._bindings[bindings.serial] = bindings
        never = lib.rig_rack_bind(self._c, bindings._c)
        if never != ffi.NULL:
            del self._bindings[never.serial]
        self._collect_bindings()

    def bindings(self, serial: int) -> Bindings | None:
        """The table that an event of the latest midi() met."""
        return self._bindings.get(serial)

    def _collect_bindings(self) -> None:
        back = lib.rig_rack_unbound(self._c)
        if back != ffi.NULL:
            self._unbound.append(self._bindings[back.serial])

    def midi(self, most: int = 1024) -> list[MidiEvent]:
        """What has come in since the last call, in order, `most` at most. One reader."""
        for old in self._read_out:
            del self._bindings[old.serial]
        self._collect_bindings()
        self._read_out, self._unbound = self._unbound, []
        events = ffi.new("rig_midi_event[]", most)
        count = lib.rig_rack_midi(self._c, events, most)
        return [
            MidiEvent(
                e.frame, bytes(e.bytes[0 : e.size]), e.table, e.bound - 1 if e.bound else None, e.value, bool(e.more)
            )
            for e in events[0:count]
        ]

    def hear_midi(self, at: int, data: bytes) -> None:
        """Offline: an event of the next period that is run, `at` frames into it; in order."""
        lib.rig_rack_hear_midi(self._c, at, data, len(data))

    def hear_transport(self, transport: Transport) -> None:
        """Offline: JACK's transport at the start of the next period."""
        t = transport
        lib.rig_rack_hear_transport(self._c, ffi.new("rig_transport *", (t.rolling, t.frame, t.bar, t.beat, t.bpm)))

    def panic(self) -> None:
        """Silence within 10 ms of a period's start, tails included; then all that plays begins anew."""
        lib.rig_rack_panic(self._c)

    def loop(self, recording: np.ndarray) -> None:
        """Play a recording, (frames,) float32, into the input, over and over. Before the rack runs."""
        self._loop = np.ascontiguousarray(recording, np.float32)
        lib.rig_rack_loop(self._c, ffi.from_buffer("float[]", self._loop), self._loop.size)

    def looper(self, seconds: float) -> None:
        """Have a looper, whose layers take so many seconds in all. Before the rack runs. Raises RigError: no memory."""
        if seconds and not lib.rig_rack_looper(self._c, int(max(seconds, SHORTEST_SECONDS) * self.rate)):
            raise RigError("there is no memory left to loop in")

    def loop_order(self, order: str) -> None:
        """Tell the looper something: one of ORDERS. It is done as the next period begins. Raises RigError."""
        if not lib.rig_rack_loop_order(self._c, ORDERS[order]):
            raise RigError("nothing is looped while JACK does not call")

    def loop_beats(self, on: bool) -> None:
        """A loop begins and ends on a beat, or when it is told to."""
        lib.rig_rack_loop_beats(self._c, on)

    def loop_state(self) -> LoopState:
        """How the loop is. Any thread."""
        lib.rig_rack_loop_now(self._c, self._looper)
        c = self._looper
        return LoopState(STATES[c.state], c.at, c.frames, c.layers, c.most, bool(c.slow), bool(c.waits), c.room)

    def record(self, on: bool) -> None:
        """Begin a recording, with nothing of the one before, or end it. Raises RigError where memory lacks."""
        if not lib.rig_rack_record(self._c, on):
            raise RigError("there is no memory left to record in")

    def recorded(self, frames: int = 1 << 17) -> np.ndarray:
        """What has been recorded since the last call, `frames` at most: (frames, 3) float32, left, right and dry.

        Where some was lost, because nobody called for twenty seconds, there is silence of the same length.
        """
        out = np.empty((frames, TRACKS), np.float32)
        return out[: lib.rig_rack_recorded(self._c, ffi.from_buffer("float[]", out), frames)]

    @property
    def record_lost(self) -> int:
        """Frames of this recording that were lost. Any thread."""
        return lib.rig_rack_record_lost(self._c)

    @property
    def record_missing(self) -> int:
        """Lost frames that recorded() gives no silence for, as nothing has followed them: what a recording ends with.

        For whoever calls recorded(), when that has given all it has.
        """
        return lib.rig_rack_record_missing(self._c)

    def keep(self, frames: int) -> None:
        """Always keep the last so many frames of what is heard. Before the rack runs. Raises RigError: no memory."""
        if frames and not lib.rig_rack_keep(self._c, frames):
            raise RigError("there is no memory left to keep the last minutes in")

    @property
    def kept(self) -> int:
        """Frames that have been heard so far, where some are kept; else 0. Any thread."""
        return lib.rig_rack_kept(self._c)

    def kept_piece(self, start: int, frames: int) -> tuple[np.ndarray, int]:
        """Frames from that one on: (frames, 3) float32, left, right and dry; and how many of the first are lost.

        Lost is what has been written over; there is silence in its place. Any thread.
        """
        out = np.empty((frames, TRACKS), np.float32)
        return out, lib.rig_rack_kept_read(self._c, start, ffi.from_buffer("float[]", out), frames)

    def heard(self, frames: int) -> np.ndarray:
        """The last frames of the guitar, without a loop: (frames,) float32; at most RIG_HISTORY less a block."""
        out = np.empty(frames, np.float32)
        lib.rig_rack_heard(self._c, ffi.from_buffer("float[]", out), frames)
        return out

    def meters(self) -> Meters:
        """What the audio thread says of itself; peaks are since the last call of this."""
        return self._own.meters()

    @property
    def frames(self) -> int:
        """That have been run so far. Any thread."""
        return lib.rig_rack_frames(self._c)

    def watch(self) -> Watch:
        """For another one who looks at the meters: peaks are since its own last look. Any thread."""
        return self._board.watch()

    def _take_meters(self) -> Meters:
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

    def callback(self, jack: Mapping[str, int], ports: Mapping[str, int]) -> tuple[int, int]:
        """(function, argument) for jack_set_process_callback, as addresses.

        jack: libjack's functions and the client, as rig_client in csrc/rack/rack.h calls them. ports: in, out_1, out_2,
        di, click and midi_in -> jack_port_t addresses.
        """
        client = self._client = ffi.new("rig_client *")
        client.rack = self._c
        client.inserts = jack.get("inserts", 0)
        for name, address in {**jack, **ports}.items():
            if name != "inserts":
                setattr(client, name, ffi.cast(ffi.typeof(getattr(client, name)), address))
        return address_of(ffi.addressof(lib, "rig_process")), address_of(client)
