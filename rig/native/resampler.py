"""The filters around engines that run at a rate of their own; csrc/rack/resample.c runs them.

Linear phase, so that both ways together are a pure delay. Why not a library: soxr's Python package cannot be called in
the audio thread, and libsamplerate's good converters are late by 2 to 6 ms, where these take 0.8. The tests hold them
to soxr.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from rig.errors import RigError
from rig.sound import FASTEST, SLOWEST

STOP_DB = 102.0  # by which what could alias is held down; a little more than the 100 dB that are promised
PASS_HZ = 20_000.0  # as far as is heard, and
PASS_SHARE = 18_000 / 44_100  # of the slower rate, as far as a filter that isn't felt can leave things as they are
MOST_ROWS = 1024  # more are interpolated from these, within -120 dB
LANES = 8  # what csrc/rack/resample.c wants taps to be a multiple of


@dataclass(frozen=True, eq=False)
class RateChange:
    """One way: `up` frames come out for `down` that go in.

    filter: (rows + 1, taps) float32. Row r is for a frame that comes r / rows of an input frame after one of the
    input's; its taps are for the input's frames up to that one, the oldest first.
    """

    up: int
    down: int
    filter: np.ndarray


@dataclass(frozen=True, eq=False)
class Resampling:
    """To an engine's rate and back. latency: of both ways together, in frames of the chain, exactly."""

    latency: int
    there: RateChange
    back: RateChange


def passband(rate: int, other: int) -> float:
    """Hz up to which a change between two rates leaves a sound as it is."""
    return min(PASS_HZ, PASS_SHARE * min(rate, other))


@functools.lru_cache(maxsize=16)
def around(engine: int, chain: int) -> Resampling:
    """The filters around an engine at `engine` Hz in a chain at `chain` Hz; the two differ.

    Raises RigError for a rate that no sound has. The length is Kaiser's estimate (Oppenheim & Schafer, Discrete-Time
    Signal Processing, 3rd ed., eq. 7.76), N = (A - 7.95) / (2.285 * width), the width of the transition in radians a
    frame. It reaches from the pass band's end to its mirror image beyond half the slower rate: what folds, folds above
    the pass band.
    """
    if not SLOWEST <= engine <= FASTEST:
        raise RigError(f"it is made for {engine} Hz; engines run at {SLOWEST} to {FASTEST} Hz")
    slower = min(engine, chain)
    width = 2 * np.pi * (1 - 2 * passband(engine, chain) / slower)
    latency = math.ceil((STOP_DB - 7.95) / (2.285 * width) / slower * chain)
    shared = math.gcd(engine, chain)
    up, down = engine // shared, chain // shared
    delay = latency / 2 / chain
    there, back = (_filter(rate, steps, slower, delay) for rate, steps in ((chain, up), (engine, down)))
    return Resampling(latency, RateChange(up, down, there), RateChange(down, up, back))


def _filter(rate: int, steps: int, slower: int, delay: float) -> np.ndarray:
    """A sinc under a Kaiser window (ibid., eqs. 7.72 and 7.75), cut off at half the slower rate, as rows.

    rate: the input's, Hz. steps: places between two of its frames. delay: s, half of what the filter spans.
    """
    rows = min(steps, MOST_ROWS)
    taps = LANES * math.ceil(2 * delay * rate / LANES)
    frame = np.arange(rows + 1)[:, None] / rows + np.arange(taps)[::-1]
    t = frame / rate - delay
    beta = 0.1102 * (STOP_DB - 8.7)
    window = np.i0(beta * np.sqrt(np.clip(1 - (t / delay) ** 2, 0, None))) / np.i0(beta)
    taper = np.where(np.abs(t) < delay * (1 - 1e-9), window, 0.0)  # both ends belong to no frame
    return (slower / rate * np.sinc(slower * t) * taper).astype(np.float32)
