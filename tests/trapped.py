"""Run under the preloaded trap: plays a gig on a JACK server and prints what its audio thread did, as JSON.

Arguments: the trap library, the server, a preset, and perhaps the library with the engine that allocates.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import time
from dataclasses import replace
from pathlib import Path

import jack
import numpy as np
import trap

from rig import native
from rig.errors import RigError
from rig.gig.builder import Place
from rig.gig.kept import Room
from rig.gig.opening import open_gig
from rig.native import Chain, Rack, Unit

trap.watch(Rack)
preset = Path(sys.argv[3])
demo = preset.with_name("demo.wav")
gig = open_gig(
    [preset],
    name="trapped",
    server=sys.argv[2],
    connect=False,
    di=demo,
    record=preset.with_name("take.wav"),
    room=Room(0.05, 0.2),
)
# MIDI goes out and comes in again: programs pick scenes, a pedal goes between two, and one loops.
control = jack.Client("control", servername=sys.argv[2], no_start_server=True)
control.connect("trapped:midi_send", "trapped:midi_in")
control.close()
if len(sys.argv) > 4:
    library = ctypes.CDLL(sys.argv[4])
    address = ctypes.addressof(ctypes.c_char.in_dll(library, "test_engine_malloc"))
    gig.reconciler.rack.offer("amp", 0, Chain([Unit(native.engine("malloc", address=address))], 48_000))
    time.sleep(0.5)
else:
    for i in range(60):
        gig.do("next")
        gig.do(f"set {gig.amp.name}.gain.gain {i % 7}")
        gig.do(f"toggle {gig.amp.name}.gain")
        for verb in ("bypass", "mute", "tuner", "panic"):
            if i % 5 == 0:
                gig.do(verb)
        for verb in (("loop", "loop half", "loop undo", "loop stop", "loop clear")[i % 5], "loop"):
            with contextlib.suppress(RigError):
                gig.do(verb)
        if i % 20 == 19:
            gig.do(f"keep {preset.parent}")
        units = gig.reconciler.chain(Place("amp", gig.document.amps[i % 2].uid))[1].units
        if i % 3 == 0:  # at a rate of their own, with resamplers around them
            mono = [unit.engine.channels == 1 for unit in units]
            other = [replace(unit, payload=replace(unit.payload, rate=44_100)) for unit in units]
            units = [new if can else old for new, old, can in zip(other, units, mono, strict=True)]
        chain = Chain(units, 48_000)
        gig.reconciler.rack.offer("amp", int(np.random.default_rng(i).integers(2)), chain)
        for switched in range(len(units)):
            chain.switch(switched, (i + switched) % 3 == 0)
        if i % 4 == 0:  # amps and engines that come and go
            for edit in ("copy", f"insert {gig.amp.name} eq", "undo", "undo", "redo", "move output.cab -1"):
                with contextlib.suppress(RigError):
                    gig.do(edit)
                gig.settle()
            gig.do("undo")
        for data in (bytes([0xC0, i % 2]), bytes([0xB0, 11, i * 2]), bytes([0xB0, 12, 127]), b"\xf0\x7d\x01\xf7"):
            gig.reconciler.rack.say("midi_send", data)
        gig.status()
        time.sleep(0.05)
assert gig.pedals.log.events, "no MIDI came in"
gig.close()
trap.tell()
