"""How the delay goes along a take: clocks that run apart, and pieces that are lost or came twice.

Each piece of dry is looked for in wet by correlation, as in delay.py, but against what the device makes of it: its
mean answer takes away that an amp delays some notes more than others, and what is left is the delay, to a tenth of a
frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rig.capture.delay import even, rms, window

PIECE_SECONDS, HOP_SECONDS = 1.2, 1.0
FEW, MOST = 10, 120  # pieces: of fewer nothing is said
HEARD = 0.01  # of the loudest piece's RMS: what is softer may be lost in noise, or behind a gate
ROUNDS = 3  # the answer by the delays, the delays by the answer
FAR_SECONDS, NEAR_SECONDS = 0.3, 0.02  # from where it is expected: in the first round, and once the answer is known
CLEAR = 7.0  # a peak, times the correlation's RMS
BEFORE, AFTER = 64, 256  # frames of the answer, around its beginning
STEP = 6.0  # frames by which neighbours are apart where something is lost: more than any clock, or an answer's wavering
LASTS = 3  # pieces that are there, too
SURE = 6.0  # a slope, times its standard error
LEAST_FRAMES = 1.0  # over the take, that are worth a correction
LOOK_SECONDS = 0.02  # windows by which a step is found within its piece


@dataclass(frozen=True)
class Step:
    """From frame `at` of dry on, wet is `frames` later than before: positive where a piece came twice, negative where
    it was lost."""

    at: int
    frames: int


@dataclass(frozen=True)
class Course:
    """begins: frames by which wet is late at first. drift: that it falls behind in each frame of dry, 0 where the
    clocks are one. steps: in order.

    share: of the pieces that are heard, those whose place is clear.
    """

    begins: float
    drift: float
    steps: tuple[Step, ...]
    share: float


@dataclass(frozen=True)
class _Places:
    """Of the pieces that begin at `starts`, (n,): by how many frames wet is late there, and how clear that is."""

    starts: np.ndarray
    lags: np.ndarray
    clear: np.ndarray


def course(dry: np.ndarray, wet: np.ndarray, rate: int) -> Course | None:
    """How the delay between two recordings, (frames,) each, goes, which are aligned somewhere; None where too little is
    clear to tell."""
    size = 1 << round(np.log2(PIECE_SECONDS * rate))
    if len(dry) < FEW * size:
        return None
    starts = np.arange(0, len(dry) - size + 1, max(int(HOP_SECONDS * rate), len(dry) // MOST))
    level = np.array([rms(dry[at : at + size]) for at in starts])
    starts = starts[level >= HEARD * level.max()]
    spoken = even(dry, rate), even(wet, rate)
    answer = np.ones(size // 2 + 1, complex)
    places = _Places(starts, np.zeros(len(starts)), np.zeros(len(starts)))
    for number in range(ROUNDS):
        places, answer = _round(*spoken, places, answer, size, FAR_SECONDS if number == 0 else NEAR_SECONDS, rate)
    sure = places.clear >= CLEAR
    if np.count_nonzero(sure) < FEW:
        return None
    at, lags = places.starts[sure] + size / 2, places.lags[sure]
    parts = _parts(at, lags)
    drift = _drift(at, lags, parts, len(dry))
    flat = lags - drift * at
    level_of = [float(np.median(flat[part])) for part in parts]
    steps = []
    for before, after, low, high in zip(parts, parts[1:], level_of, level_of[1:], strict=False):
        frames = round(high - low)
        first, last = int(at[before.stop - 1]), int(at[after.start])
        middle = drift * (first + last) / 2
        steps.append(Step(_where(spoken, answer, first, last, (low + middle, high + middle), size, rate), frames))
    return Course(level_of[0], drift, tuple(steps), float(np.mean(sure)))


def _round(
    dry: np.ndarray, wet: np.ndarray, places: _Places, answer: np.ndarray, size: int, far: float, rate: int
) -> tuple[_Places, np.ndarray]:
    """Where each piece is, looked for `far` seconds around where it was; the mean answer of those that are clear."""
    taper, omega = np.hanning(size), 2j * np.pi * np.arange(size // 2 + 1) / size
    reach = min(int(far * rate), size // 2 - 1)
    cross, power = np.zeros(size // 2 + 1, complex), np.zeros(size // 2 + 1)
    lags, clear = np.zeros(len(places.starts)), np.zeros(len(places.starts))
    for i, (start, lag) in enumerate(zip(places.starts, np.rint(places.lags).astype(int), strict=True)):
        sent = np.fft.rfft(dry[start : start + size] * taper)
        product = np.conj(sent) * np.fft.rfft(window(wet, start + lag, size) * taper)
        white = product * np.conj(answer)
        height = np.abs(white)
        found, clear[i] = _peak(np.fft.irfft(white / (height + 0.01 * height.mean() + 1e-30)), reach)
        lags[i] = lag + found
        if clear[i] >= CLEAR:
            cross += product * np.exp(omega * found)
            power += np.abs(sent) ** 2
    response = np.fft.irfft(cross / (power + 1e-3 * power.mean() + 1e-30))
    response[AFTER : size - BEFORE] = 0.0
    spectrum = np.fft.rfft(response)
    found_answer = spectrum / (np.abs(spectrum) + 1e-3 * np.abs(spectrum).max() + 1e-30)
    return _Places(places.starts, lags, clear), found_answer if power.any() else answer


def _peak(correlation: np.ndarray, reach: int) -> tuple[float, float]:
    """The highest point of either polarity at most `reach` frames away, to parts of a frame; how clear it is."""
    near = np.abs(np.concatenate([correlation[-reach:], correlation[: reach + 1]]))
    at = int(near.argmax())
    clear = float(near[at]) / (rms(near) + 1e-30)
    if not 0 < at < 2 * reach:
        return at - reach, clear
    before, top, after = near[at - 1 : at + 2]
    return at - reach + 0.5 * (before - after) / (before - 2 * top + after - 1e-30), clear


def _parts(at: np.ndarray, lags: np.ndarray) -> list[slice]:
    """The stretches between steps. Odd pieces, which are elsewhere for a moment, are in none of their own."""
    slope = float(np.median(np.diff(lags) / np.diff(at)))
    flat = lags - slope * at
    parts, begin, i = [], 0, 1
    while i <= len(flat) - LASTS:
        here, there = np.median(flat[max(begin, i - LASTS) : i]), np.median(flat[i : i + LASTS])
        together = np.count_nonzero(np.abs(flat[i : i + LASTS] - there) < STEP / 2)
        if abs(there - here) >= STEP and abs(flat[i] - there) < STEP / 2 and 2 * together > LASTS:
            parts.append(slice(begin, i))
            begin = i
            i += LASTS
        else:
            i += 1
    return [*parts, slice(begin, len(flat))]


def _drift(at: np.ndarray, lags: np.ndarray, parts: list[slice], frames: int) -> float:
    """One slope for all parts, by least squares without what lies apart; 0 where it may be chance, or does no harm."""
    x = np.concatenate([at[part] - at[part].mean() for part in parts])
    y = np.concatenate([lags[part] - np.median(lags[part]) for part in parts])
    kept = np.ones(len(x), bool)
    slope = 0.0
    for _ in range(4):
        middle = np.concatenate([np.full(part.stop - part.start, i) for i, part in enumerate(parts)])
        means = [y[kept & (middle == i)].mean() if (kept & (middle == i)).any() else 0.0 for i in range(len(parts))]
        centres = [x[kept & (middle == i)].mean() if (kept & (middle == i)).any() else 0.0 for i in range(len(parts))]
        dx, dy = x - np.array(centres)[middle], y - np.array(means)[middle]
        slope = float(dx[kept] @ dy[kept] / (dx[kept] @ dx[kept] + 1e-30))
        rest = dy - slope * dx
        kept = np.abs(rest) <= max(4 * float(np.median(np.abs(rest[kept]))), 0.05)
    spread = rms(rest[kept]) / (np.linalg.norm(dx[kept]) + 1e-30)
    return slope if abs(slope) >= SURE * spread and abs(slope) * frames >= LEAST_FRAMES else 0.0


def _where(
    spoken: tuple[np.ndarray, np.ndarray], answer: np.ndarray, first: int, last: int, lags: tuple[float, float],
    size: int, rate: int,
) -> int:  # fmt: skip
    """Between which frames of dry wet goes from one lag to the other: where what comes before is rather at the first,
    and what comes after rather at the second."""
    dry, wet = spoken
    frames = last - first
    expected = np.fft.irfft(np.fft.rfft(window(dry, first - AFTER, size * -(-(frames + AFTER) // size))) * _stretched(
        answer, size * -(-(frames + AFTER) // size)
    ))[AFTER : AFTER + frames]  # fmt: skip
    hop = int(LOOK_SECONDS * rate)
    alike = []
    for lag in lags:
        product = expected * window(wet, first + round(lag), frames)
        alike.append(np.add.reduceat(product, np.arange(0, frames, hop)))
    for_first = np.concatenate([[0.0], np.cumsum(np.abs(alike[0]) - np.abs(alike[1]))])
    return first + min(int(for_first.argmax()) * hop, frames)


def _stretched(answer: np.ndarray, size: int) -> np.ndarray:
    """The spectrum of the same answer, for a transform of another size."""
    short = np.fft.irfft(answer)
    long = np.zeros(size)
    long[:AFTER], long[-BEFORE:] = short[:AFTER], short[-BEFORE:]
    return np.fft.rfft(long)
