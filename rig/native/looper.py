"""The rack's looper, as Python sees it."""

from __future__ import annotations

from dataclasses import dataclass

from rig.native._c import lib

EMPTY, RECORDING, PLAYING, OVERDUBBING, STOPPED = "empty", "recording", "playing", "overdubbing", "stopped"

STATES: dict[int, str] = {
    lib.RIG_LOOP_EMPTY: EMPTY,
    lib.RIG_LOOP_RECORDING: RECORDING,
    lib.RIG_LOOP_PLAYING: PLAYING,
    lib.RIG_LOOP_OVERDUBBING: OVERDUBBING,
    lib.RIG_LOOP_STOPPED: STOPPED,
}
ORDERS: dict[str, int] = {
    "": lib.RIG_LOOP_GO,
    "stop": lib.RIG_LOOP_STOP,
    "undo": lib.RIG_LOOP_UNDO,
    "redo": lib.RIG_LOOP_REDO,
    "clear": lib.RIG_LOOP_CLEAR,
    "half": lib.RIG_LOOP_HALF,
}
"""What the looper can be told; "" is the one that a looper's one switch gives."""

LAYERS: int = lib.RIG_LOOP_LAYERS
SHORTEST_SECONDS = 1.0
"""Room that a looper has at least."""


@dataclass(frozen=True)
class LoopState:
    """How the loop is. state: one of STATES' words.

    at: the frame where it is; while it is recorded: how many it has so far. frames: of a layer, 0 while there is none.
    layers: that are heard; most: that can be brought back. slow: at half speed. waits: for the beat.
    room: frames of all layers; 0: there is no looper.
    """

    state: str = EMPTY
    at: int = 0
    frames: int = 0
    layers: int = 0
    most: int = 0
    slow: bool = False
    waits: bool = False
    room: int = 0

    @property
    def full(self) -> bool:
        """Whether no other layer finds room."""
        return self.layers == LAYERS or (self.layers + 1) * self.frames > self.room
