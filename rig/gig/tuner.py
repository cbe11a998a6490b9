"""Which note a guitar plays: the McLeod pitch method finds it, the phase of its fundamental says how far off it is.

What is measured is the first partial of the string. A stiff string's others are too high, the more the higher they
are, and a period found in all of them together lies up to three cents above the first; but it is the first that
octaves and fifths on the other strings are heard against, and that a strobe tuner shows. Where a pickup hardly gives
it, as with the low F# of eight strings, the period stands in for it.
"""

from __future__ import annotations

import time

import numpy as np

from rig.document.tunings import semitones
from rig.native import HISTORY, Rack

SPANS = (0.4, 0.2, 0.1, 0.045)  # s: the longest through which the note is steady is looked at; the shortest reads first
LOWEST, HIGHEST = 25.0, 1600.0  # Hz
PERIODS = 3.5  # of a note in a span, at least
FINE_PERIODS = 5.5  # in one of the windows that the phase is taken from: fewer don't tell it from its octave
CLEAR = 0.9  # of a peak in the normalised square difference; below it there is no pitch
ASTRAY = 0.12  # semitones between the two, at most
FAINT = 1e-2  # -40 dB: of all that sounds; a fundamental that is softer says nothing
NEAR = 16_000  # Hz: a rate at which the period is found quickly
LISTEN_SECONDS = 0.025  # between two looks
SELDOM_SECONDS, CHORD_SECONDS = 0.15, 0.5  # while nobody tunes: a string alone, and what is none
QUIET = 1e-3  # -60 dBFS
MARGIN = 8192  # frames of the history that may be written over while one looks


def pitch(x: np.ndarray, rate: float) -> float | None:
    """The fundamental in Hz of the end of (frames,) samples, or None for silence and noise."""
    if len(x) < rate * SPANS[-1]:
        return None
    thin, rate = _thinned(np.asarray(x, np.float64), rate)
    for seconds in SPANS:
        span = thin[-int(seconds * rate) :]
        hz = period(span, rate)
        if hz:
            return fundamental(span, rate, hz)
    return None


def _thinned(x: np.ndarray, rate: float) -> tuple[np.ndarray, float]:
    """The same at a rate near NEAR, with nothing above half of that."""
    by = max(1, round(rate / NEAR))
    x = x[len(x) % by :]
    spectrum = np.fft.rfft(x)[: len(x) // by // 2 + 1]
    return np.fft.irfft(spectrum, len(x) // by) / by, rate / by


def period(x: np.ndarray, rate: float) -> float | None:
    """How often a second (frames,) samples repeat themselves, or None where they don't, or are silent.

    P. McLeod, G. Wyvill: A smarter way to find pitch. ICMC 2005.
    """
    x = x - x.mean()
    n = len(x)
    if np.abs(x).max(initial=0.0) < QUIET:
        return None
    spectrum = np.fft.rfft(x, 2 * n)
    correlation = np.fft.irfft(spectrum * spectrum.conj())[:n]
    square = np.concatenate(([0.0], np.cumsum(x**2)))
    energy = square[n] - square[:n] + square[n:0:-1]
    likeness = 2.0 * correlation / np.maximum(energy, 1e-12)
    last = min(n - 2, int(rate / LOWEST), int(n / PERIODS))
    crossing = np.flatnonzero(likeness < 0.0)
    start = max(int(rate / HIGHEST), crossing[0] if len(crossing) else last)
    lags = np.arange(start + 1, last)
    before, at, after = likeness[lags - 1], likeness[lags], likeness[lags + 1]
    peak = (at >= before) & (at > after)
    if not peak.any():
        return None
    before, at, after = before[peak], at[peak], after[peak]  # parabolas through them have their tops between the frames
    slope, bend = 0.5 * (before - after), before - 2.0 * at + after
    tops = at - 0.5 * slope**2 / bend
    if tops.max() < CLEAR:
        return None
    first = np.flatnonzero(tops >= 0.93 * tops.max())[0]
    return rate / (lags[peak][first] + slope[first] / bend[first])


def fundamental(x: np.ndarray, rate: float, hz: float) -> float:
    """The frequency of the partial next to `hz`: by how far its phase goes on between two windows.

    `hz` itself where there are too few periods, or next to nothing is there.
    J. L. Flanagan, R. M. Golden: Phase vocoder. Bell System Technical Journal 45 (1966).
    """
    n = len(x)
    half = n // 2
    if half * hz < FINE_PERIODS * rate:
        return hz
    angle = 2.0 * np.pi * (np.arange(half) + 0.5) / half
    window = 0.42 - 0.5 * np.cos(angle) + 0.08 * np.cos(2.0 * angle)  # Blackman's: the octave is 58 dB down
    found = hz
    for hop in (n // 10, n - half):  # the short one cannot be off by a turn
        turns = np.exp(-2j * np.pi * found / rate * np.arange(n))
        before, after = (np.dot(window, (x * turns)[at : at + half]) for at in (n - half - hop, n - half))
        found += np.angle(after * before.conjugate()) * rate / (2.0 * np.pi * hop)
    strength = 2.0 * abs(after) / window.sum()
    sure = strength > FAINT * np.abs(x).max() and abs(semitones(found) - semitones(hz)) < ASTRAY
    return found if sure else hz


class Tuner:
    """Listens to a rack."""

    def __init__(self) -> None:
        self._hz: float | None = None
        self._listened = self._listen_again = 0.0

    def hear(self, rack: Rack, seldom: bool = False) -> float | None:
        """The fundamental that is played, in Hz. seldom: nobody tunes; a look takes a millisecond."""
        now = time.monotonic()
        if now >= self._listen_again or (not seldom and now >= self._listened + LISTEN_SECONDS):
            frames = min(HISTORY - MARGIN, int(SPANS[0] * rack.rate))
            self._hz, self._listened = pitch(rack.heard(frames), rack.rate), now
            self._listen_again = now + (SELDOM_SECONDS if self._hz else CHORD_SECONDS)
        return self._hz
