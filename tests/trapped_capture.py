"""Run under the preloaded trap: plays and records through a player_recorder on a JACK server, and prints what its audio thread did.

Arguments: the trap library, the server.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time

import numpy as np

from rig.jack.client import Client
from rig.native import PlayerRecorder, Take

trap = ctypes.CDLL(sys.argv[1])
for name in ("trap_allocations", "trap_frees", "trap_locks", "trap_callbacks"):
    getattr(trap, name).restype = ctypes.c_ulong
real_callback = PlayerRecorder.callback


def trapped_callback(self, get_buffer, ports):
    function, argument = real_callback(self, get_buffer, ports)
    trap.trap_callback(ctypes.c_void_p(function))
    return ctypes.cast(trap.trapped_process, ctypes.c_void_p).value, argument


PlayerRecorder.callback = trapped_callback
client = Client("trapped", sys.argv[2], inputs=("return",), outputs=("send",))
player_recorder = PlayerRecorder(client.rate)
client.start(player_recorder)
client.wire("send", "trapped:return")
for i in range(30):
    player_recorder.put(Take(np.ones(1000, np.float32), 3000, loop=bool(i % 2)))
    player_recorder.level(i / 30)
    player_recorder.meters()
    time.sleep(0.05)
client.close()
print(json.dumps({name: getattr(trap, f"trap_{name}")() for name in ("allocations", "frees", "locks", "callbacks")}))
