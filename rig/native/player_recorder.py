"""What `rig capture` runs on the audio thread: plays into an amp and records what comes back; `rig abx` plays by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rig.native._c import ffi, lib
from rig.native.descriptors import address_of


class Take:
    """What a player_recorder plays, and what it heard meanwhile; see rig_take in csrc/rack/player_recorder.h.

    play: (frames,) float32. heard_frames of the return are kept: the latest, over and over, or the first with
    loop=False. other: (frames,), too, heard in its place where it is turned to.
    """

    def __init__(self, play: np.ndarray, heard_frames: int, *, loop: bool, other: np.ndarray | None = None) -> None:
        self._play = np.ascontiguousarray(play, np.float32)
        self._other = None if other is None else np.ascontiguousarray(other, np.float32)
        self._heard = np.zeros(heard_frames, np.float32)
        self._loop = loop
        self._c = ffi.new("rig_take *")
        self._c.play, self._c.play_frames = ffi.from_buffer("float[]", self._play), self._play.size
        if self._other is not None:
            if self._other.size != self._play.size:
                raise ValueError(f"what is played beside {self._play.size} frames has as many, not {self._other.size}")
            self._c.other = ffi.from_buffer("float[]", self._other)
        self._c.heard, self._c.heard_frames = ffi.from_buffer("float[]", self._heard), self._heard.size
        self._c.loop = loop

    @property
    def at(self) -> int:
        """Frames so far."""
        return lib.rig_take_at(self._c)

    def heard(self, frames: int | None = None) -> np.ndarray:
        """The latest of what was heard so far, in order: (frames,) float32, or fewer at the beginning."""
        at, size = self.at, self._heard.size
        end = at if self._loop else min(at, size)
        wanted = min(end, size) if frames is None else min(frames, end, size)
        return self._heard[np.arange(end - wanted, end) % size]


@dataclass(frozen=True)
class PlayerRecorderMeters:
    """Peaks since the last look, linear; clips: samples of the return at full scale so far."""

    clips: int
    send_peak: float
    return_peak: float


class PlayerRecorder:
    """The C object that plays into an amp and records what comes back. Methods are called from one thread."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._c = ffi.gc(lib.rig_player_recorder_new(), lib.rig_player_recorder_free)
        self._meters = ffi.new("rig_player_recorder_meters *")
        self._lent: list[tuple[object, Take | None]] = []  # the orders that C may still look at, the latest last
        self._orders = 0
        self._client: object = None

    def put(self, take: Take | None) -> None:
        """Run this one from the next period on; None: silence."""
        self.collect()
        self._orders += 1
        order = ffi.new("rig_order *", (ffi.NULL if take is None else take._c, self._orders))
        self._lent.append((order, take))
        lib.rig_player_recorder_put(self._c, order)

    def collect(self) -> None:
        """Let go of the takes that C no longer runs: those that were put before the one that it does."""
        runs = lib.rig_player_recorder_runs(self._c)
        first = self._orders - len(self._lent) + 1  # the number of the first that is lent
        del self._lent[: max(0, runs - first)]

    def level(self, gain: float) -> None:
        """Multiplies what is played by a linear gain."""
        lib.rig_player_recorder_level(self._c, gain)

    def turn(self, mix: float) -> None:
        """0: what a take plays is heard; 1: its other. The two are cross-faded within 10 ms, at the same place."""
        lib.rig_player_recorder_turn(self._c, mix)

    def meters(self) -> PlayerRecorderMeters:
        """What has been played and heard; peaks are since the last call of this."""
        self.collect()
        lib.rig_player_recorder_read(self._c, self._meters)
        return PlayerRecorderMeters(self._meters.clips, self._meters.send_peak, self._meters.return_peak)

    def process(self, signal: np.ndarray) -> np.ndarray:
        """Run one period without JACK. signal: the return, (frames,) float32; returns the send, (frames,)."""
        x = np.ascontiguousarray(signal, np.float32)
        out = np.empty_like(x)
        lib.rig_player_recorder_process(self._c, ffi.from_buffer("float[]", x), ffi.from_buffer("float[]", out), x.size)
        return out

    def callback(self, jack: Mapping[str, int], ports: Mapping[str, int]) -> tuple[int, int]:
        """(function, argument) for jack_set_process_callback, as addresses. ports: send, return -> jack_port_t.

        jack: libjack's functions, see Rack.callback.
        """
        client = ffi.new("rig_player_recorder_client *")
        client.player_recorder = self._c
        client.get_buffer = ffi.cast("void *(*)(void *, uint32_t)", jack["get_buffer"])
        client.send = ffi.cast("void *", ports["send"])
        client.ret = ffi.cast("void *", ports["return"])
        self._client = client  # C reads it for as long as we live
        return address_of(ffi.addressof(lib, "rig_player_recorder_callback")), address_of(client)
