"""Sets the preloaded trap (trap.c), for the programs that run under it."""

from __future__ import annotations

import ctypes
import json
import sys

COUNTS = ("allocations", "frees", "locks", "syscalls", "callbacks")
library = ctypes.CDLL(sys.argv[1])
library.trap_first.restype = ctypes.c_long
for count in COUNTS:
    getattr(library, f"trap_{count}").restype = ctypes.c_ulong


def watch(owner: type) -> None:
    """Let the trap stand in for the process callback of `owner`, a Rack or a PlayerRecorder."""
    real = owner.callback

    def callback(self, jack, ports):
        function, argument = real(self, jack, ports)
        library.trap_callback(ctypes.c_void_p(function))
        return ctypes.cast(library.trapped_process, ctypes.c_void_p).value, argument

    owner.callback = callback


def tell() -> None:
    """Print what the audio thread did, as JSON; catches: whether system calls are caught; first: the number of the first."""
    counts = {count: getattr(library, f"trap_{count}")() for count in COUNTS}
    print(json.dumps({**counts, "first": library.trap_first(), "catches": library.trap_catches()}))
