"""Which note a guitar plays: the McLeod pitch method on the last tenth of a second of input."""

from __future__ import annotations

import time

import numpy as np

from rig.native import Rack

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
WINDOW = 0.1  # s: six periods of a seven-string's low B, five of LOWEST
LOWEST, HIGHEST = 50.0, 1400.0  # Hz
CLEAR = 0.9  # of a peak in the normalised square difference; below it there is no pitch
LISTEN_SECONDS = 0.1  # between two looks
QUIET = 1e-3  # -60 dBFS


def pitch(x: np.ndarray, rate: int) -> float | None:
    """The fundamental in Hz of (frames,) samples, or None for silence and noise.

    P. McLeod, G. Wyvill: A smarter way to find pitch. ICMC 2005.
    """
    x = x - x.mean()
    if np.abs(x).max(initial=0.0) < QUIET:
        return None
    n = len(x)
    spectrum = np.fft.rfft(x, 2 * n)
    correlation = np.fft.irfft(spectrum * spectrum.conj())[:n]
    square = np.concatenate(([0.0], np.cumsum(x.astype(np.float64) ** 2)))
    energy = square[n] - square[:n] + square[n:0:-1]
    likeness = 2.0 * correlation / np.maximum(energy, 1e-12)
    first, last = int(rate / HIGHEST), min(n - 2, int(rate / LOWEST))
    crossing = np.flatnonzero(likeness < 0.0)
    start = max(first, crossing[0] if len(crossing) else first)
    middle = likeness[start : last + 1]
    if len(middle) < 3:
        return None
    peaks = 1 + np.flatnonzero((middle[1:-1] >= middle[:-2]) & (middle[1:-1] > middle[2:]))
    if not len(peaks) or middle[peaks].max() < CLEAR:
        return None
    lag = start + peaks[np.flatnonzero(middle[peaks] >= 0.93 * middle[peaks].max())[0]]
    a, b, c = likeness[lag - 1 : lag + 2]
    return rate / (lag + 0.5 * (a - c) / (a - 2.0 * b + c))


def note(hz: float, a4: float = 440.0) -> tuple[str, float]:
    """A frequency as ("E2", cents off, -50..+50)."""
    semitones = 69.0 + 12.0 * np.log2(hz / a4)
    nearest = round(semitones)
    return f"{NAMES[nearest % 12]}{nearest // 12 - 1}", float(100.0 * (semitones - nearest))


class Tuner:
    """Listens to a rack, ten times a second at most: it takes a while to look."""

    def __init__(self) -> None:
        self._heard, self._listen_again = ("", 0.0), 0.0

    def hear(self, rack: Rack) -> tuple[str, float]:
        """The note that is played and its cents; "" for none."""
        now = time.monotonic()
        if now >= self._listen_again:
            self._listen_again = now + LISTEN_SECONDS
            hz = pitch(rack.heard(int(WINDOW * rack.rate)), rack.rate)
            self._heard = note(hz) if hz else ("", 0.0)
        return self._heard
