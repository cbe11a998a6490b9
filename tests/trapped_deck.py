"""Run under the preloaded trap: plays and records through a deck on a JACK server, and prints what its audio thread did.

Arguments: the trap library, the server.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time

import numpy as np

from rig.client import Client
from rig.native import Deck, Reel

trap = ctypes.CDLL(sys.argv[1])
for name in ("trap_allocations", "trap_frees", "trap_locks", "trap_callbacks"):
    getattr(trap, name).restype = ctypes.c_ulong
real_callback = Deck.callback


def trapped_callback(self, get_buffer, ports):
    function, argument = real_callback(self, get_buffer, ports)
    trap.trap_callback(ctypes.c_void_p(function))
    return ctypes.cast(trap.trapped_process, ctypes.c_void_p).value, argument


Deck.callback = trapped_callback
client = Client("trapped", sys.argv[2], inputs=("return",), outputs=("send",))
deck = Deck(client.rate)
client.start(deck)
client.wire("send", "trapped:return")
for i in range(30):
    deck.put(Reel(np.ones(1000, np.float32), 3000, loop=bool(i % 2)))
    deck.level(i / 30)
    deck.meters()
    time.sleep(0.05)
client.close()
print(json.dumps({name: getattr(trap, f"trap_{name}")() for name in ("allocations", "frees", "locks", "callbacks")}))
