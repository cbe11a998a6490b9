"""What a recording suffers on its way: dropouts, flat tops, hum, an offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rig.capture.delay import rms

DROPOUT_FRAMES = 16  # of one value, which no sound has but silence
AROUND_SECONDS = 0.05  # in which it is loud, where silence is a dropout
LOUD = 0.03  # of the recording's peak
JUMP = 0.01  # of the peak, from the frame before: a gate closes softly
FLAT_RUN, FLAT_TOPS = 3, 5  # frames at the very highest, in a row; so many rows are no chance
HIGH = 0.05  # what is flat below is soft

HUM_SECONDS, QUIETEST = 4.0, 1 / 3  # a piece, in which a steady tone is told from notes; those that are looked at
MAINS = (50.0, 60.0)  # Hz
MOST_HARMONICS, HARMONICS = 10, 3  # that are looked at, and that must be there in most of them
HUM_ABOVE = 4.0  # times what lies beside it
HUM_DB = -70.0  # of full scale; below it nobody hears it


def dropouts(audio: np.ndarray, rate: int) -> list[tuple[int, int]]:
    """From which frame to which nothing, or one value, stands in the middle of (frames,) of loud sound."""
    peak, top, bottom = (float(f(initial=0.0)) for f in (np.abs(audio).max, audio.max, audio.min))
    if not peak:
        return []
    same = np.concatenate([[False], np.diff(audio) == 0, [False]])
    edges = np.flatnonzero(np.diff(same.astype(np.int8)))
    around = int(AROUND_SECONDS * rate)
    found = []
    for first, last in zip(edges[::2], edges[1::2] + 1, strict=True):
        value = float(audio[first])
        if last - first < DROPOUT_FRAMES or not 0.99 * bottom <= value <= 0.99 * top:  # which is clipped
            continue
        before, after = audio[max(first - around, 0) : first], audio[last : last + around]
        loud = all(len(side) and np.abs(side).max() > LOUD * peak for side in (before, after))
        if loud and max(abs(float(before[-1]) - value), abs(float(after[0]) - value)) > JUMP * peak:
            found.append((int(first), int(last)))
    return found


def flat_tops(audio: np.ndarray) -> tuple[int, int]:
    """Rows of frames at the highest, and at the lowest value of all: what an input that is too loud leaves."""
    return _flat(audio), _flat(-audio)


def _flat(audio: np.ndarray) -> int:
    top = float(audio.max(initial=0.0))
    if top < HIGH:
        return 0
    at_top = np.concatenate([[False], audio >= top, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(at_top))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= FLAT_RUN))


def offset(audio: np.ndarray) -> float:
    """The value that silence has, as far as the softest tenth of (frames,) tells."""
    hop = 1024
    frames = audio[: len(audio) // hop * hop].reshape(-1, hop).astype(np.float64)
    if not len(frames):
        return 0.0
    quiet = frames.std(axis=1)
    return float(np.median(frames.mean(axis=1)[quiet <= np.percentile(quiet, 10)]))


@dataclass(frozen=True)
class Hum:
    """hz: of the mains. db: its level, of full scale."""

    hz: float
    db: float


def hum(audio: np.ndarray, rate: int) -> Hum | None:
    """The mains, if they are heard where (frames,) is soft: lines at multiples of 50 or 60 Hz that no note moves."""
    size = int(HUM_SECONDS * rate)
    pieces = [audio[at : at + size] for at in range(0, len(audio) - size + 1, size)]
    if len(pieces) < 2:
        return None
    pieces = sorted(pieces, key=rms)[: max(2, int(len(pieces) * QUIETEST))]
    taper = np.hanning(size)
    spectra = np.array([np.abs(np.fft.rfft(piece * taper)) for piece in pieces]) / (taper.sum() / 2)
    found = [_mains(spectra, hz, rate / size) for hz in MAINS]
    heard = [one for one in found if one is not None]
    return max(heard, key=lambda one: one.db, default=None)


def _mains(spectra: np.ndarray, hz: float, step: float) -> Hum | None:
    """spectra: (pieces, bins) amplitudes, `step` Hz apart."""
    lines, power = 0, 0.0
    for harmonic in range(1, MOST_HARMONICS + 1):
        at, near, far = round(harmonic * hz / step), 1, 12
        line = spectra[:, at - near : at + near + 1].max(axis=1)
        beside = np.concatenate([spectra[:, at - far : at - 2 * near], spectra[:, at + 2 * near + 1 : at + far]], 1)
        if float(np.median(line / (np.median(beside, axis=1) + 1e-30))) >= HUM_ABOVE:
            lines += 1
            power += float(np.median(line)) ** 2 / 2
    db = float(10 * np.log10(power + 1e-30))
    return Hum(hz, round(db, 1)) if lines >= HARMONICS and db >= HUM_DB else None
