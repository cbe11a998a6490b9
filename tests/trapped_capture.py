"""Run under the preloaded trap: plays and records through a player_recorder on a JACK server, and prints what its audio thread did.

Arguments: the trap library, the server.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import trap

from rig.jack.client import Client
from rig.jack.joined import Ports
from rig.native import PlayerRecorder, Take

trap.watch(PlayerRecorder)
client = Client("trapped", sys.argv[2], ports=Ports(("return",), ("send",), ()))
player_recorder = PlayerRecorder(client.rate)
client.start(player_recorder)
client.wire("send", "trapped:return")
for i in range(30):
    player_recorder.put(Take(np.ones(1000, np.float32), 3000, loop=bool(i % 2)))
    player_recorder.level(i / 30)
    player_recorder.meters()
    time.sleep(0.05)
client.close()
trap.tell()
