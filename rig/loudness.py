"""How loud a recording is, as ITU-R BS.1770 measures it, in LUFS.

Thirty lines of our own rather than pyloudnorm: that brings scipy, which takes more room than all of rig. The tests
hold the two together.
"""

from __future__ import annotations

import functools

import numpy as np

from rig.sound import resample

RATE = 48_000  # Hz, for which the weighting is stated
BLOCK, STEP = 0.4, 0.1  # seconds: stretches that overlap by three quarters
PIECE = 1 << 16  # frames that are weighted at a time
GATE = -70.0  # LUFS of a stretch, below which it does not count
RELATIVE_GATE = 0.1  # of the power of those that do: 10 LU below it
OFFSET = -0.691  # dB, so that a full-scale sine of 997 Hz in one channel has -3.01 LUFS

# The shelf of a head and the cut of lows, as BS.1770-4 states them: (b0, b1, b2), (1, a1, a2).
K_WEIGHTING = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)


def lufs(x: np.ndarray, rate: int) -> float | None:
    """Integrated loudness of (frames,) at `rate` Hz; None where nothing reaches the gate, or it is shorter than 0.4 s.

    Of (2, frames), that of one side as loud as the two are in the mean: a mono amp comes out of both. A meter that
    adds them, as the standard does, shows 3 LU more.
    """
    sides = np.atleast_2d(x).astype(np.float64)
    if rate != RATE:
        sides = np.stack([resample(side, rate, RATE) for side in sides])
    power = (_weighted(sides) ** 2).mean(axis=0)
    length, step = round(BLOCK * RATE), round(STEP * RATE)
    if power.size < length:
        return None
    sums = np.concatenate([[0.0], np.cumsum(power)])
    at = np.arange(0, power.size - length + 1, step)
    energy = (sums[at + length] - sums[at]) / length
    heard = energy[energy > 10 ** ((GATE - OFFSET) / 10)]
    if not heard.size:
        return None
    heard = heard[heard > RELATIVE_GATE * heard.mean()]
    return float(OFFSET + 10 * np.log10(heard.mean()))


def _weighted(sides: np.ndarray) -> np.ndarray:
    """(sides, frames) K-weighted, piece by piece: what each rings on is added to the next."""
    frames = sides.shape[-1]
    out = np.zeros((sides.shape[0], frames + PIECE))
    for at in range(0, frames, PIECE):
        spectrum = np.fft.rfft(sides[:, at : at + PIECE], 2 * PIECE) * _response()
        made = np.fft.irfft(spectrum, 2 * PIECE)[:, : frames + PIECE - at]
        out[:, at : at + made.shape[-1]] += made
    return out[:, :frames]


@functools.cache
def _response() -> np.ndarray:
    """Of both filters, at the frequencies of two pieces: it is over long before the second ends."""
    z = np.exp(-2j * np.pi * np.arange(PIECE + 1) / (2 * PIECE))
    return np.prod([np.polyval(b[::-1], z) / np.polyval(a[::-1], z) for b, a in K_WEIGHTING], axis=0)
