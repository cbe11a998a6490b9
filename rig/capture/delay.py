"""How late the return is: by cross-correlation, and by the two impulses that a take of ours begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

NEAR_SECONDS = 2.0  # looked through first: nearly every delay is in it
LISTEN_SECONDS = 40.0  # of the take, where the delay is looked for
STANDS_OUT = 12.0  # times the RMS of the correlation
REACH, FILTER_TAPS = 32, 64  # frames
ALIKE_ENOUGH = 0.15  # correlation from which on polarity can be told: an amp's is far from 1
OWN = 8  # frames: so short a delay may be the device's own filters, and does no harm where cause still precedes effect


@dataclass(frozen=True)
class Delay:
    """frames by which wet comes after dry (negative: before). polarity: -1 where wet is clearly upside down, else 1."""

    frames: int
    polarity: int


@dataclass(frozen=True)
class _Peak:
    """Of a correlation: where it is, and how many times the RMS it is."""

    lag: int
    ratio: float


def find_delay(dry: np.ndarray, wet: np.ndarray, rate: int) -> Delay | None:
    """The delay between two recordings of any length, (frames,) each, at `rate` Hz; None where nothing stands out.

    Cross-correlation with both spectra made nearly white (GCC-PHAT, Knapp & Carter 1976) finds the neighbourhood,
    of either polarity: within two seconds first, then anywhere. Within it the answer is the latest shift that leaves
    cause before effect: a network can learn to wait, but not to foresee, and the peak itself lies as late as the
    device's filters are slow.
    """
    part = loudest(dry, int(LISTEN_SECONDS * rate))
    heard, start = dry[part].astype(np.float64), part.start
    if len(heard) <= 4 * REACH:
        return None
    peak = _whitened_peak(heard, start, wet, int(NEAR_SECONDS * rate))
    return _latest_cause(heard, start, wet, peak.lag) if peak else None


def _whitened_peak(heard: np.ndarray, start: int, wet: np.ndarray, near: int) -> _Peak | None:
    """Near by first, then in half-overlapping windows of wet: any delay lies well within one of them."""
    half = len(heard) // 2
    spectrum = np.fft.rfft(heard, _size(2 * len(heard)))
    correlation = _whitened(spectrum, window(wet, start, len(heard)))
    for limit in (min(near, half), half):
        if (peak := _highest(correlation, limit)).ratio >= STANDS_OUT:
            return peak
    far = []
    for offset in range(-half * -(-(start + len(heard)) // half), len(wet) - start, half):
        peak = _highest(_whitened(spectrum, window(wet, start + offset, len(heard))), half)
        far.append(replace(peak, lag=peak.lag + offset))
    best = max(far, key=lambda peak: peak.ratio)
    return best if best.ratio >= STANDS_OUT else None


def _size(frames: int) -> int:
    """Of a transform in which `frames` frames do not wrap round."""
    return 1 << (frames - 1).bit_length()


def _whitened(dry: np.ndarray, wet: np.ndarray) -> np.ndarray:
    """Correlation by lag, negative ones at the end. dry: spectrum. wet: (frames,)."""
    size = 2 * (len(dry) - 1)
    cross = np.conj(dry) * np.fft.rfft(wet, size)
    weight = np.abs(cross)
    return np.fft.irfft(cross / (weight + 0.01 * weight.mean() + 1e-30), size)


def _highest(correlation: np.ndarray, limit: int) -> _Peak:
    """The highest point of either polarity, |lag| <= limit frames."""
    lags = np.concatenate([correlation[-limit:], correlation[: limit + 1]])
    at = int(np.abs(lags).argmax())
    level = float(np.sqrt(np.mean(np.square(lags))))
    return _Peak(at - limit, abs(float(lags[at])) / (level + 1e-30))


def _latest_cause(dry: np.ndarray, start: int, wet: np.ndarray, peak: int) -> Delay:
    """The latest shift near the peak after which a causal filter of dry still explains wet, and which way that goes."""
    first, last = max(-(start + peak), 0), min(len(wet) - (start + peak), len(dry))  # of dry: what wet holds, too
    part = window(wet, start + peak + first, last - first)
    shifts, alike, explained = _explained(np.diff(dry[first:last]), np.diff(part))
    delays = shifts + peak
    at = int(np.flatnonzero(explained >= 0.999 * explained.max())[-1])
    own = int(np.searchsorted(delays, 0))
    as_it_is = explained[own] if -REACH <= peak <= REACH else 0.0
    if -OWN <= delays[at] <= OWN and (delays[at] > 0 or as_it_is >= 0.995 * explained.max()):
        at = own
    after = alike[max(at - 2, 0) :]  # a rounded beginning may have been cut
    clear = after[np.abs(after) >= ALIKE_ENOUGH]
    return Delay(int(delays[at]), -1 if len(clear) and clear[0] < 0 else 1)


def _explained(dry: np.ndarray, wet: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each shift of wet by REACH frames at most: how alike both are, -1..1, and how much of wet the best causal
    filter of dry explains.

    Returns shifts, alike, explained: (n,) each.
    """
    size = _size(len(dry) + len(wet))
    spectrum = np.fft.rfft(dry, size)
    own = np.fft.irfft(np.abs(spectrum) ** 2, size)
    cross = np.fft.irfft(np.conj(spectrum) * np.fft.rfft(wet, size), size)
    shifts, taps = np.arange(-REACH, REACH + 1), np.arange(FILTER_TAPS)
    matrix = own[np.abs(taps[:, None] - taps)] + 1e-4 * own[0] * np.eye(FILTER_TAPS)
    wanted = cross[(shifts + taps[:, None]) % size]
    explained = np.sum(np.linalg.solve(matrix, wanted) * wanted, axis=0)
    return shifts, wanted[0] / (np.linalg.norm(dry) * np.linalg.norm(wet) + 1e-30), explained


def loudest(dry: np.ndarray, frames: int) -> slice:
    """The stretch of at most `frames` with the most energy, on a grid of a tenth of it."""
    hop = max(frames // 10, 1)
    energy = np.array([np.sum(np.square(part, dtype=np.float64)) for part in np.split(dry, range(hop, len(dry), hop))])
    sums = np.convolve(energy, np.ones(10))[9:] if len(energy) > 10 else energy[:1]
    start = int(sums[: max(len(energy) - 9, 1)].argmax()) * hop
    return slice(start, start + frames)


def window(x: np.ndarray, start: int, frames: int) -> np.ndarray:
    """x[start : start + frames] as (frames,) float64, with silence where x has ended or not begun."""
    out = np.zeros(frames)
    first, last = max(start, 0), min(start + frames, len(x))
    if first < last:
        out[first - start : last - start] = x[first:last]
    return out


def align(dry: np.ndarray, wet: np.ndarray, delay: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut the late side's beginning and the other's end, so that both start and end together."""
    if delay > 0:
        wet = wet[delay:]
    elif delay < 0:
        dry = dry[-delay:]
    frames = min(len(dry), len(wet))
    return dry[:frames], wet[:frames]


# --- impulses ---------------------------------------------------------------------------------------------------------

ABOVE_NOISE = 6.0  # times the highest noise before it
ONSET = 0.03  # of the height of the answer: where it begins. Rather early than late, see above
ANSWER_SECONDS = 0.02
ALIKE = 0.8  # correlation of the two answers
LARGE = 0.35  # of the largest


def find_impulses(wet: np.ndarray, first: int, second: int, rate: int) -> Delay | None:
    """The delay by the answers to two impulses sent at frames `first` and `second`, with silence before and after.

    wet: (frames,) from the moment the sending began; however late the answers come, only noise is before them.
    None where no two answers stand out of the noise `second - first` frames apart, as behind a noise gate.
    """
    quiet = slice(first // 2, first)  # no answer is here yet, and what the amp did when it was turned on is over
    wet = wet - np.median(wet[quiet])  # it may put out an offset
    level = max(ABOVE_NOISE * float(np.abs(wet[quiet]).max(initial=0.0)), 1e-6)
    answer, gap = int(ANSWER_SECONDS * rate), second - first
    for at in _crossings(np.abs(wet[first:]), level, answer):
        one, two = (window(wet, first + at + shift, answer) for shift in (-REACH, gap - REACH))
        alike = float(one @ two) / (float(np.linalg.norm(one) * np.linalg.norm(two)) + 1e-30)
        if alike >= ALIKE:
            height = np.abs(one)
            onset = int(np.flatnonzero(height >= max(ONSET * height.max(), level / ABOVE_NOISE))[0])
            return Delay(at + onset - REACH, _first_move(one))
    return None


def _first_move(response: np.ndarray) -> int:
    """Which way a loudspeaker would go first: 1 or -1. Ripples that come before the first large move do not count."""
    height = np.abs(response)
    return 1 if response[(height >= LARGE * height.max()).argmax()] > 0 else -1


def _crossings(height: np.ndarray, level: float, apart: int, most: int = 100) -> Iterator[int]:
    """Where `height` first exceeds `level`, and again after each pause of `apart` frames; at most `most` places."""
    above = np.flatnonzero(height > level)
    for _ in range(most):
        if not len(above):
            return
        yield int(above[0])
        above = above[np.searchsorted(above, above[0] + apart) :]
