"""Run by test_realtime: three seconds of pure Python on a JACK server, and what a client's callback made of them, as JSON.

Arguments: the server, and "c" (the rig's callback) or "python" (one of jack-client's, for comparison).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import jack

SECONDS = 3.0


Seen = tuple[Callable[[], int], Callable[[], int], Callable[[], int], Callable[[], object]]
"""Callbacks so far, the server's frame, xruns so far; and what ends it, without which JACK might run what has gone."""


def c_callback(server: str) -> Seen:
    """A rig with an engine in it."""
    from rig.engine import registry
    from rig.jack.client import Client
    from rig.native import Chain, Rack, Unit

    client = Client("busy", server)
    rack = Rack(client.rate)
    rack.offer("amp", 0, Chain([Unit(registry()["eq"])], client.rate))
    rack.begin(open=True)
    client.start(rack)
    return lambda: rack.meters().callbacks, client.frame, lambda: client.xruns, client.close


def python_callback(server: str) -> Seen:
    client = jack.Client("busy", no_start_server=True, servername=server)
    client.inports.register("in")
    counts = {"callbacks": 0, "xruns": 0}

    def process(frames: int) -> None:
        counts["callbacks"] += 1

    def xrun(delay: float) -> None:
        counts["xruns"] += 1

    client.set_process_callback(process)
    client.set_xrun_callback(xrun)
    client.activate()
    return lambda: counts["callbacks"], lambda: client.last_frame_time, lambda: counts["xruns"], client.close


callbacks, frame, xruns, close = {"c": c_callback, "python": python_callback}[sys.argv[2]](sys.argv[1])
time.sleep(0.3)
interval = sys.getswitchinterval()
sys.setswitchinterval(60.0)  # the interpreter is not let go of
began, first_frame, before = callbacks(), frame(), xruns()
until = time.perf_counter() + SECONDS
spins = 0
while time.perf_counter() < until:
    spins += 1
passed, frames = callbacks() - began, frame() - first_frame
sys.setswitchinterval(interval)
time.sleep(0.3)  # xruns are told to Python, which was busy
print(json.dumps({"callbacks": passed, "frames": frames, "xruns": xruns() - before}), flush=True)
close()
