"""A process that plays a second of noise through a plug-in, for whoever started it to see what comes of it.

It says "fine", or why not.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys

import numpy as np

from rig.errors import RigError
from rig.lv2.engines import untried
from rig.native import Chain

RATE = 48_000
ALONE_SECONDS = 120
"""After them nobody waits any more."""

SIZES = (64, 1, 48, 33, 64, 16)
"""Of blocks."""


def tried(uri: str) -> str:
    """ "fine", or what came instead."""
    try:
        chain = Chain([untried(uri)], RATE)
    except RigError as error:
        return str(error)
    chain.prewarm()
    noise = np.random.default_rng(1).normal(0.0, 0.1, (chain.channels, RATE)).astype(np.float32)
    at = 0
    for size in itertools.cycle(SIZES):
        if at >= RATE:
            break
        block = noise[:, at : at + size]
        chain.process(block if chain.channels == 2 else block[0])
        at += size
    return "it makes what is no sound (NaN, or far too loud)" if any(chain.faults) else "fine"


if __name__ == "__main__":
    signal.alarm(ALONE_SECONDS)
    answer = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a plug-in may say what it likes
    said = tried(sys.argv[1])
    os.write(answer, said.encode())
    os._exit(0)  # what a library does when the program ends is no sound
