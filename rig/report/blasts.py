"""What blasts: engines that a loud guitar drives to what is no sound, and that the guard then leaves out."""

from __future__ import annotations

import functools

import numpy as np

from rig.native import BLAST, Chain, decibels

SECONDS = 0.25
LOW_E = 82.4  # Hz

SAID = (
    f"a loud guitar makes it blast (above {decibels(BLAST):+.0f} dBFS, or no numbers), and it is left out while it does"
)


@functools.lru_cache(maxsize=4)
def loud(rate: int) -> np.ndarray:
    """As loud as an input can be: a low E, both its ends held, and noise; (frames,) float32."""
    frames = int(SECONDS * rate)
    sine = np.sin(2 * np.pi * LOW_E * np.arange(frames) / rate)
    noise = np.random.default_rng(1952).uniform(-1.0, 1.0, frames)
    return np.concatenate([sine, np.full(frames // 8, 1.0), np.full(frames // 8, -1.0), noise]).astype(np.float32)


def blasting(chain: Chain, signal: np.ndarray) -> tuple[tuple[int, ...], np.ndarray]:
    """Which of a chain's engines the guard catches while it plays a signal, and what comes out, (frames,) float32."""
    before = chain.faults
    out = chain.process(signal)
    return tuple(i for i, (old, new) in enumerate(zip(before, chain.faults, strict=True)) if new > old), out
