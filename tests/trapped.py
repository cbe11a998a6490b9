"""Run under the preloaded trap: plays a gig on a JACK server and prints what its audio thread did, as JSON.

Arguments: the trap library, the server, a set, how many rounds, and perhaps the library with the engines that do what none should.
`python tests/hour.py` plays an hour's worth.
"""

from __future__ import annotations

import contextlib
import ctypes
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jack
import numpy as np
import trap

from rig import native
from rig.errors import RigError
from rig.gig.builder import Place
from rig.gig.gig import Gig
from rig.gig.kept import Room
from rig.gig.opening import open_gig
from rig.native import Chain, Rack, Unit

CLOCK = b"\xf8"


class Storm:
    """A JACK client that sends MIDI by the hundred, a clock that wavers, and moves the transport."""

    def __init__(self, server: str) -> None:
        self.client = jack.Client("storm", servername=server, no_start_server=True)
        self.port = self.client.midi_outports.register("out")
        self.random = random.Random(4)
        self.many = 0
        self.client.set_process_callback(self.process)
        self.client.activate()

    def process(self, frames: int) -> None:
        self.port.clear_buffer()
        with contextlib.suppress(jack.JackError):  # the port's buffer is full
            for at in sorted(self.random.randrange(frames) for _ in range(self.many)):
                self.port.write_midi_event(at, self.message())

    def message(self) -> bytes:
        kind = self.random.randrange(0x80, 0x100)
        size = self.random.choice((1, 2, 3, 3, 3, 9))
        if self.random.random() < 0.3:
            return CLOCK
        return bytes([kind, *(self.random.randrange(128) for _ in range(size - 1))])

    def blow(self, number: int) -> None:
        """Another weather each time."""
        self.many = (0, 3, 200, 1)[number % 4]
        for source, target in (("storm:out", "trapped:midi_in"), ("trapped:pedals_send_1", "trapped:pedals_return_1")):
            with contextlib.suppress(jack.JackError):
                self.client.connect(source, target)
        if number % 5 == 0:
            self.client.transport_start() if number % 2 else self.client.transport_stop()
            self.client.transport_locate(self.random.randrange(1 << 20))


def asked(gig: Gig, number: int, folder: Path) -> list[str]:
    """What a player asks for in a round."""
    amp = gig.amp.name
    verbs = ["next", f"set {amp}.gain.gain {number % 7}", f"toggle {amp}.gain", f"level {-(number % 9)}"]
    verbs += [("loop", "loop half", "loop undo", "loop stop", "loop clear")[number % 5], "loop"]
    verbs += [
        (
            f"tempo {60 + number % 100}",
            "tap",
            "metronome on",
            "metronome to out",
            "metronome off",
            "follow midi",
            "follow jack",
            "follow off",
        )[number % 8]
    ]
    verbs += [
        ("scene 1", "scene none", f"set {amp}.gain.gain 9", "scene store Third", "learn mute", "learn off", "boost 6")[
            number % 7
        ]
    ]
    verbs += ["loop beats on" if number % 2 else "loop beats off"]
    if number % 5 == 0:
        verbs += ["bypass", "mute", "tuner", "panic"]
    if number % 6 == 0:
        verbs += [("song next", "part next", "song prev", "part prev")[number // 6 % 4]]
    if number % 7 == 0:
        verbs += [
            f"load {amp}.model b.json",
            f"load {amp}.model a.json",
            f"set {amp}.model.oversample {(1, 2, 4)[number // 7 % 3]}",
        ]
    if number % 10 == 9:
        verbs += [f"record {folder / 'more.wav'}" if number % 20 == 9 else "record", f"keep {folder}"]
    return verbs


def chains(gig: Gig, number: int) -> None:
    """Chains anew, at a rate of their own now and then, with resamplers around them; engines that are switched at once."""
    units = gig.reconciler.chain(Place("amp", gig.amp.uid))[1].units
    if number % 3 == 0:
        mono = [unit.engine.channels == 1 and not unit.engine.join for unit in units]
        other = [replace(unit, payload=replace(unit.payload, rate=44_100)) for unit in units]
        units = [new if can else old for new, old, can in zip(other, units, mono, strict=True)]
    chain = Chain(units, gig.client.rate)
    gig.reconciler.rack.offer("amp", int(np.random.default_rng(number).integers(2)), chain)
    for switched in range(len(units)):
        chain.switch(switched, (number + switched) % 3 == 0)


def edits(gig: Gig) -> None:
    """Amps and engines that come and go."""
    for edit in ("copy", f"insert {gig.amp.name} eq", "undo", "undo", "redo", "move output.cab -1"):
        done(gig, edit)
        gig.settle()
    done(gig, "undo")


def done(gig: Gig, verb: str) -> None:
    with contextlib.suppress(RigError):  # nothing is looped, no such song ...
        gig.do(verb)


def play(gig: Gig, storm: Storm, rounds: int, folder: Path, pause: float = 0.05) -> None:
    """So many rounds of all that a player does in half an hour."""
    for number in range(rounds):
        storm.blow(number)
        for verb in asked(gig, number, folder):
            done(gig, verb)
        chains(gig, number)
        if number % 4 == 0:
            edits(gig)
        gig.install()
        gig.status()
        time.sleep(pause)


def misbehave(gig: Gig, library: str) -> None:
    """An engine that does what none should, in place of an amp."""
    loaded = ctypes.CDLL(library)
    for name in ("malloc", "sleepy"):
        address = ctypes.addressof(ctypes.c_char.in_dll(loaded, f"test_engine_{name}"))
        chain = Chain([Unit(native.engine(name, address=address))], gig.client.rate)
        gig.reconciler.rack.offer("amp", 0, chain)
        time.sleep(0.5)


def main(play: Callable[[Gig, Path], None]) -> None:
    trap.watch(Rack)
    path = Path(sys.argv[3])
    room = Room(0.05, 0.2)
    gig = open_gig(
        [path],
        name="trapped",
        server=sys.argv[2],
        connect=False,
        di=path.with_name("demo.wav"),
        record=path.with_name("take.wav"),
        room=room,
    )
    play(gig, path.parent)
    gig.close()
    trap.tell()


if __name__ == "__main__":
    if len(sys.argv) > 5:
        main(lambda gig, folder: misbehave(gig, sys.argv[5]))
    else:
        main(lambda gig, folder: play(gig, Storm(sys.argv[2]), int(sys.argv[4]), folder))
