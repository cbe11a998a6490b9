"""A JACK client with a callback in C, a program: python ear.py LIBRARY NAME SERVER [PORT]. SERVER: "" is PipeWire.

PORT: client:port is listened to; a name without a client is a port of its own, that others wire; "" idles. It waits for the
server, and for the port; JSON lines on stdout tell when it is in (`in`), when it has made its wire (`wired`) and when there was
sound (`sound`), in seconds of time.monotonic(). On stdin: `facts` is answered with all counts, `forget` begins them anew; at
its end it ends.
"""

from __future__ import annotations

import json
import select
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from drills.watching import Watch
from rig.jack import library
from rig.jack.joined import find

LOOK_SECONDS = 0.005


def say(event: str, **facts: object) -> None:
    print(json.dumps({"event": event, **facts}), flush=True)


def address(pointer: Any) -> int:
    return int(library.jack._ffi.cast("uintptr_t", pointer))


def joined(name: str, server: str | None) -> Any:
    """The server's client, as soon as it lets us in."""
    while True:
        if client := find(name, server):
            return client
        time.sleep(LOOK_SECONDS)


def main(path: str, name: str, server: str, port: str = "") -> None:
    watch = Watch(Path(path))
    if not server:
        library._choice = lambda server: str(library.pipewire_library())  # which may not run yet
    library.load(server or None)
    say("waits")
    client = joined(name, server or None)
    say("in", at=time.monotonic())
    wired, told = ":" not in port, not port
    own, card = port if wired else "in", port.startswith("playback")
    ear = client.inports.register(own, is_physical=card, is_terminal=card) if port else None
    function, argument = watch.stand_in(address(client._ptr), address(ear._ptr) if ear else None)
    jack = library.jack
    jack._lib.jack_set_process_callback(
        client._ptr, jack._ffi.cast("JackProcessCallback", function), jack._ffi.cast("void *", argument)
    )
    client.activate()
    while True:
        if not wired:
            try:
                client.connect(port, f"{client.name}:in")
                wired = True
                say("wired", at=time.monotonic())
            except jack.JackError:
                pass  # it is not there yet
        if wired and not told and watch.first:
            told = True
            say("sound", at=watch.first)
        if select.select([sys.stdin], [], [], LOOK_SECONDS if not told else 1.0)[0]:
            match sys.stdin.readline().strip():
                case "facts":
                    say("facts", **watch.facts())
                case "forget":
                    watch.forget()
                case "":
                    return


if __name__ == "__main__":
    main(*sys.argv[1:])
