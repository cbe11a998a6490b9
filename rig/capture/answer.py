"""What a device does that a model of an amp cannot: it rings on, it remembers how loud it was, it shuts a gate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PIECE_SECONDS = 5.5  # of which the answer is averaged; a power of two frames is taken
BAND = (100.0, 6000.0)  # Hz, in which a guitar says something of it
OWN_SECONDS, LATEST_SECONDS = 0.03, 1.5  # of the answer: what belongs to the amp itself, and as far as is listened
ECHO_SECONDS, ECHO_WINDOW = 0.06, 0.002  # from when on; within which it lies
ECHO_DB, FAINT_DB = 5.0, -24.0  # by which it stands out; what is fainter, music may make of itself
TAIL = (0.1, 0.3)  # s after the sound, in which a reverb is told
TAIL_DB = 5.0  # by which it is louder there than as long before

FRAME_SECONDS = 0.02
FLOOR_DB = -50.0  # of the loudest: what the device remembers is told from what is louder
BIN_DB, LEAST = 2.0, 20  # of dry's loudness, within which wet's is compared; frames of that
PAST = (0.1, 0.8)  # s before, whose loudness a slow compressor remembers
REMEMBERS = -0.18  # correlation of that with how loud wet is
TURNS_DOWN = -0.7  # dB, after what is loud, against after what is soft
GATE_DB, GATE_STEP = 20.0, 8.0  # dB that wet falls while dry falls by those


@dataclass(frozen=True)
class Ringing:
    """seconds: after which it answers again; None: it rings on, as a reverb does. level_db: of that, against the answer
    itself."""

    seconds: float | None
    level_db: float


def ringing(dry: np.ndarray, wet: np.ndarray, rate: int) -> Ringing | None:
    """What comes of a sound long after it, of two aligned recordings, (frames,) each; None where that is nothing.

    The mean answer (Welch 1967, cross over power) has noise on both sides of the sound itself: music is like itself.
    But nothing follows from what is still to be played; so what stands out after it is held against what lies before.
    """
    size = 1 << round(np.log2(PIECE_SECONDS * rate))
    if len(dry) < 2 * size:
        return None
    taper, hz = np.hanning(size), np.fft.rfftfreq(size, 1 / rate)
    cross, power = np.zeros(len(hz), complex), np.zeros(len(hz))
    for at in range(0, len(dry) - size + 1, size // 2):
        sent = np.fft.rfft(dry[at : at + size] * taper)
        cross += np.conj(sent) * np.fft.rfft(wet[at : at + size] * taper)
        power += np.abs(sent) ** 2
    band = (hz > BAND[0]) & (hz < BAND[1])
    response = np.fft.irfft(np.where(band, cross / (power + 1e-3 * power[band].mean() + 1e-30), 0.0))
    energy = np.square(response)
    own = int(OWN_SECONDS * rate)
    itself = float(energy[:own].sum() + energy[-own:].sum()) + 1e-30
    after, before = energy[: size // 2], energy[: size // 2 - 1 : -1]
    echo = _echo(after, before, itself, rate)
    if echo:
        return echo
    first, last = (int(seconds * rate) for seconds in TAIL)
    tail, noise = float(after[first:last].sum()), float(before[first:last].sum()) + 1e-30
    if 10 * np.log10(tail / noise + 1e-30) < TAIL_DB:
        return None
    return Ringing(None, round(float(10 * np.log10((tail - noise) / itself)), 1))


def _echo(after: np.ndarray, before: np.ndarray, itself: float, rate: int) -> Ringing | None:
    frames, first, last = (int(seconds * rate) for seconds in (ECHO_WINDOW, ECHO_SECONDS, LATEST_SECONDS))
    window = np.ones(frames)
    heights = [np.convolve(side[first - frames : last + frames], window, "valid") for side in (after, before)]
    highest = float(heights[0].max())
    level = float(10 * np.log10(highest / itself + 1e-30))
    if level < FAINT_DB or 10 * np.log10(highest / (heights[1].max() + 1e-30) + 1e-30) < ECHO_DB:
        return None
    start = first - frames + int(heights[0].argmax())
    at = start + int(after[start : start + frames].argmax())
    return Ringing(at / rate, round(level, 1))


@dataclass(frozen=True)
class Dynamics:
    """remembers: dB by which wet is softer after what is loud than after what is soft; 0 where that is not clear.

    gate_db: how loud dry is, in dB of its loudest, where wet begins to vanish; None where it does not.
    """

    remembers: float
    gate_db: float | None


def dynamics(dry: np.ndarray, wet: np.ndarray, rate: int) -> Dynamics:
    """How loudness becomes loudness, of two aligned recordings, (frames,) each."""
    sent, heard = (_levels(side, rate) for side in (dry, wet))
    return Dynamics(_remembers(sent, heard), _gate(sent, heard))


def _levels(x: np.ndarray, rate: int) -> np.ndarray:
    """Loudness of each short frame, (n,), in dB of the loudest but a few."""
    hop = int(FRAME_SECONDS * rate)
    frames = x[: len(x) // hop * hop].reshape(-1, hop)
    level = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-12)
    return level - np.percentile(level, 99) if len(level) else level


def _remembers(sent: np.ndarray, heard: np.ndarray) -> float:
    rest = np.full(len(sent), np.nan)
    for low in np.arange(FLOOR_DB, BIN_DB, BIN_DB):
        inside = (sent >= low) & (sent < low + BIN_DB)
        if np.count_nonzero(inside) > LEAST:
            rest[inside] = heard[inside] - np.median(heard[inside])
    near, far = (round(seconds / FRAME_SECONDS) for seconds in PAST)
    power = np.concatenate([[0.0], np.cumsum(10 ** (sent / 10))])
    at = np.arange(len(sent))
    past = 10 * np.log10((power[np.maximum(at - near, 0)] - power[np.maximum(at - far, 0)]) / (far - near) + 1e-9)
    known = ~np.isnan(rest) & (at > far) & (past > FLOOR_DB)
    x, y = past[known], rest[known]
    if len(x) < 100 or x.std() < 1.0 or y.std() < 1e-3:
        return 0.0
    soft, loud = np.percentile(x, [15, 85])
    turned = float(np.median(y[x > loud]) - np.median(y[x < soft]))
    return round(turned, 1) if turned <= TURNS_DOWN and np.corrcoef(x, y)[0, 1] <= REMEMBERS else 0.0


def _gate(sent: np.ndarray, heard: np.ndarray) -> float | None:
    """From the loudest down: where wet falls by far more than dry."""
    half = GATE_STEP / 2
    edges = np.arange(-half, -80.0, -half)
    curve = [
        float(np.median(heard[inside])) if np.count_nonzero(inside) > LEAST else None
        for inside in ((sent >= low) & (sent < low + half) for low in edges)
    ]
    for i, (high, low) in enumerate(zip(curve, curve[2:], strict=False)):
        if high is not None and low is not None and high - low >= GATE_DB:
            return float(edges[i])
    return None
