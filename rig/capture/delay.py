"""How late the return is: by cross-correlation, and by the two impulses that a take of ours begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rig.sound import resample

SEARCHED = 1 << 23  # frames of both sides together; what is longer is searched at a lower rate
LOWEST_RATE = 4000  # Hz, below which hardly any of a guitar's attack is left
CANDIDATES, STANDS_OUT = 32, 8.0  # of the correlation: times its RMS
EVEN_SECONDS = 0.05  # within which the loudness is made even: soft playing tells as much as loud
PIECES, PIECE_SECONDS, FEW = 60, 1.0, 8
TOGETHER_SECONDS = 0.001  # by which a piece may be elsewhere, and agrees
HEARD = 0.01  # of the loudest piece's RMS: what is softer may be lost in noise, or behind a gate
AGREE, BY_CHANCE = 0.35, 0.8  # of n pieces that are heard, and that over sqrt(n): where fewer do, there is no delay
LISTEN_SECONDS = 40.0  # of the take, by which it is measured to the sample
REACH, FILTER_TAPS = 32, 64  # frames
ALIKE_ENOUGH = 0.15  # correlation from which on polarity can be told: an amp's is far from 1
OWN = 8  # frames: so short a delay may be the device's own filters, and does no harm where cause still precedes effect


@dataclass(frozen=True)
class Delay:
    """frames by which wet comes after dry (negative: before). polarity: -1 where wet is clearly upside down, else 1."""

    frames: int
    polarity: int


@dataclass(frozen=True)
class _Side:
    """A recording as it is searched, (frames,) at a rate that may be lower than its own. even: of one loudness."""

    audio: np.ndarray
    even: np.ndarray
    rate: float

    @staticmethod
    def of(audio: np.ndarray, rate: int, factor: int) -> _Side:
        slow = rate / factor
        low = resample(audio, rate, slow) if factor > 1 else audio
        return _Side(low, even(low, slow), slow)

    def __len__(self) -> int:
        return len(self.audio)


def find_delay(dry: np.ndarray, wet: np.ndarray, rate: int) -> Delay | None:
    """The delay between two recordings of any length, (frames,) each, at `rate` Hz; None where there is no telling.

    Cross-correlation of both as a whole, their spectra made nearly white (GCC-PHAT, Knapp & Carter 1976), of either
    polarity, names candidates anywhere. A riff that comes again is one of them, too. So each is looked at in pieces all
    along what both sides would have in common: at the true delay most agree, at a repeat only what is repeated.

    Near it the answer is the latest shift that leaves cause before effect: a network can learn to wait, but not to
    foresee, and the peak itself lies as late as the device's filters are slow.
    """
    if min(len(dry), len(wet)) <= 4 * REACH:
        return None
    factor = max(1, min(-(-(len(dry) + len(wet)) // SEARCHED), rate // LOWEST_RATE))
    slow = _Side.of(dry, rate, factor), _Side.of(wet, rate, factor)
    lags = [lag for lag in _candidates(*slow) if _agreement(*slow, lag, FEW, 0.5) > 0]
    judged = {lag: share for lag in lags if (share := _agreement(*slow, lag, PIECES)) > 0}
    if not judged:
        return None

    def worth(lag: int) -> float:
        first, last = _common(*slow, lag)
        return (last - first) * judged[lag] ** 2 * (0.5 + max(_as_loud(*slow, lag), 0.0))  # a fuzz has one loudness

    return _to_the_sample(dry, wet, max(judged, key=worth) * factor, factor, rate)


def _common(dry: _Side | np.ndarray, wet: _Side | np.ndarray, lag: int) -> tuple[int, int]:
    """From which frame to which of dry wet has something, too, `lag` frames later."""
    return max(0, -lag), min(len(dry), len(wet) - lag)


def _candidates(dry: _Side, wet: _Side) -> list[int]:
    """The lags that stand out of the correlation, the clearest first."""
    size = _size(len(dry) + len(wet))
    correlation = np.abs(_whitened(np.fft.rfft(dry.even, size), wet.even))
    height = np.concatenate([correlation[size - len(dry) + 1 :], correlation[: len(wet)]])
    lags = np.arange(1 - len(dry), len(wet))
    common = np.minimum(len(wet), lags + len(dry)) - np.maximum(lags, 0)
    height /= np.sqrt(np.maximum(common, dry.rate))  # by chance it is the higher the more both have in common
    least = STANDS_OUT * float(np.sqrt(np.mean(np.square(height)))) + 1e-30
    apart = max(REACH, int(2 * TOGETHER_SECONDS * dry.rate))
    found: list[int] = []
    while len(found) < CANDIDATES and height[at := int(height.argmax())] >= least:
        found.append(int(lags[at]))
        height[max(at - apart, 0) : at + apart + 1] = 0
    return found


def _agreement(dry: _Side, wet: _Side, lag: int, pieces: int, least: float = 1.0) -> float:
    """The share that agrees with a lag of so many pieces, all along what both have in common, as far as it is heard.

    0 where that may be chance. least: of what it takes to be none.
    """
    first, last = _common(dry, wet, lag)
    frames = min(int(PIECE_SECONDS * dry.rate), (last - first) // FEW)
    if frames <= 2 * REACH:
        return 0.0
    starts = np.linspace(first, last - frames, min(pieces, (last - first) // frames)).astype(int)
    level = np.array([rms(dry.audio[at : at + frames]) for at in starts])
    heard = starts[level >= HEARD * level.max()]
    share = float(np.mean([_agrees(dry.even[at : at + frames], wet.even, at + lag, dry.rate) for at in heard]))
    return share if share >= least * (AGREE + BY_CHANCE / len(heard) ** 0.5) else 0.0


def _agrees(piece: np.ndarray, wet: np.ndarray, start: int, rate: float) -> bool:
    """Whether a piece of dry is to be found in wet at frame `start`, rather than anywhere near."""
    margin, size = len(piece) // 4, _size(2 * len(piece))
    near = window(wet, start - margin, len(piece) + 2 * margin)
    height = np.abs(_whitened(np.fft.rfft(piece, size), near)[: 2 * margin + 1])
    together = max(2, int(TOGETHER_SECONDS * rate))
    top = float(height[margin - together : margin + together + 1].max())
    return top >= 0.8 * float(height.max()) and top >= 5 * float(np.sqrt(np.mean(np.square(height)))) > 0


def _as_loud(dry: _Side, wet: _Side, lag: int) -> float:
    """How alike the loudness of both goes up and down at a lag, -1..1: a riff is seldom played twice alike."""
    first, last = _common(dry, wet, lag)
    hop = min(int(EVEN_SECONDS * dry.rate), (last - first) // FEW)
    frames = (last - first) // hop * hop
    parts = dry.audio[first : first + frames], wet.audio[first + lag : first + lag + frames]
    levels = [np.sqrt(np.mean(np.square(part.reshape(-1, hop), dtype=np.float64), axis=1)) for part in parts]
    curves = [np.log(level + 0.01 * level.max() + 1e-30) for level in levels]
    curves = [curve - curve.mean() for curve in curves]
    return float(curves[0] @ curves[1] / (np.linalg.norm(curves[0]) * np.linalg.norm(curves[1]) + 1e-30))


def _to_the_sample(dry: np.ndarray, wet: np.ndarray, lag: int, factor: int, rate: int) -> Delay:
    """The delay, where it is known to `factor` frames."""
    first, last = _common(dry, wet, lag)
    part = loudest(dry[first:last], int(LISTEN_SECONDS * rate))
    heard, start = dry[first:last][part].astype(np.float64), first + part.start
    correlation = _whitened(np.fft.rfft(heard, _size(2 * len(heard))), window(wet, start + lag, len(heard)))
    return _latest_cause(heard, start, wet, lag + _highest(correlation, REACH + factor))


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def even(x: np.ndarray, rate: float) -> np.ndarray:
    """(frames,) at `rate` Hz of one loudness, but for what is 60 dB below the loudest."""
    frames = int(EVEN_SECONDS * rate)
    power = np.concatenate([[0.0], np.cumsum(np.square(x, dtype=np.float64))])
    at = np.arange(len(x))
    level = np.sqrt(np.maximum(power[np.minimum(at + frames, len(x))] - power[np.maximum(at - frames, 0)], 0.0))
    return x / (level + 1e-3 * level.max() + 1e-30)


def _size(frames: int) -> int:
    """Of a transform in which `frames` frames do not wrap round."""
    return 1 << (frames - 1).bit_length()


def _whitened(dry: np.ndarray, wet: np.ndarray) -> np.ndarray:
    """Correlation by lag, negative ones at the end. dry: spectrum. wet: (frames,)."""
    size = 2 * (len(dry) - 1)
    cross = np.conj(dry) * np.fft.rfft(wet, size)
    weight = np.abs(cross)
    return np.fft.irfft(cross / (weight + 0.01 * weight.mean() + 1e-30), size)


def _highest(correlation: np.ndarray, limit: int) -> int:
    """The lag of the highest point of either polarity, at most `limit` frames away."""
    limit = min(limit, len(correlation) // 2 - 1)
    return int(np.abs(np.concatenate([correlation[-limit:], correlation[: limit + 1]])).argmax()) - limit


def _latest_cause(dry: np.ndarray, start: int, wet: np.ndarray, peak: int) -> Delay:
    """The latest shift near the peak after which a causal filter of dry still explains wet, and which way that goes."""
    first, last = max(-(start + peak), 0), min(len(wet) - (start + peak), len(dry))  # of dry: what wet holds, too
    part = window(wet, start + peak + first, last - first)
    shifts, alike, explained = _explained(np.diff(dry[first:last]), np.diff(part))
    delays = shifts + peak
    at = int(np.flatnonzero(explained >= 0.999 * explained.max())[-1])
    inner = explained[1:-1]  # far before its cause a filter may fit a little better: then the last summit tells
    summits = (inner > explained[:-2]) & (inner >= explained[2:]) & (inner >= 0.995 * explained.max())
    at = max(at, *(np.flatnonzero(summits)[-1:] + 1), 0)
    most = int(np.abs(alike).argmax())
    at = max(at, most) if explained[most] >= 0.995 * explained.max() else at  # to the sample, where nothing is filtered
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
    matrix = own[np.abs(taps[:, None] - taps)] + (1e-4 * own[0] + 1e-30) * np.eye(FILTER_TAPS)
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
    if not len(wet[quiet]):
        return None
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
