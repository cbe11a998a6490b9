"""What measuring finds out about a model: how late and how loud it is, if it turns the signal over, its silence."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Play = Callable[[np.ndarray], np.ndarray]
"""A chain: (frames,) float32 in, as many out."""

PROBE_FRAMES = 4096
PROBE_DB = -24.0  # mean square, re full scale: as loud as a guitar
GUITAR_HZ = (480.0, 2880.0)  # where amps agree most about a guitar's phase
SPEAKER_HZ = (80.0, 5000.0)  # what a guitar's loudspeaker lets through
PINK_FRAMES = 16384
PINK_DB = -14.97  # mean square of what Neural Amp Modeler's trainer plays into a model to say how loud it is

REACH = 1024  # frames: as long as a response is looked at, and the longest delay that is found
SIZE = 8192  # of the Fourier transforms: nothing wraps round

EARLY = 0.8  # of the highest peak: an earlier one as high as that is the arrival, what follows is the amp's own colour
NEAR = 48  # frames around the arrival that belong to it: a millisecond of colour
CLEAR = 2.0  # by how much the arrival must stand out from all that is not near it; real captures have 3 and more
SURE = 0.3  # how much alike two signals must be before one of them is said to be turned over, or not to be
LOSS = 0.1  # how much two chains must cancel each other for it to be heard: half a decibel


@dataclass(frozen=True)
class Arrival:
    """frames: how late what went in comes out. polarity: -1 where it comes out turned over, else 1. None: not clear."""

    frames: int | None
    polarity: int | None


def arrival(play: Play) -> Arrival:
    """How late a chain is beyond what its tone explains, and whether it turns a guitar over.

    The correlation of Gaussian noise with what a curve makes of it keeps its shape (J. J. Bussgang, "Crosscorrelation
    functions of amplitude-distorted Gaussian signals", 1952), so that noise finds the response of an amp that distorts.
    Filters smear it, but the response of the same tone without a delay is known, the minimum-phase one: where the two
    are most alike lies the delay (J. Nam, J. S. Abel, J. O. Smith, "A method for estimating interaural time difference
    for binaural synthesis", 2008).
    """
    frames = _delay(_response(play))
    if frames is None:
        return Arrival(None, None)
    alike = _alike(_guitar(), play(_guitar())[frames:])
    return Arrival(frames, int(np.sign(alike)) if abs(alike) >= SURE else None)


def cancels(a: Play, b: Play, early: int) -> bool:
    """Whether a guitar through two chains loses when they are added. early: frames by which a comes before b."""
    out_a, out_b = a(_guitar()), b(_guitar())
    return _alike(out_a[max(0, -early) :], out_b[max(0, early) :]) < -LOSS


def loudness_db(play: Play) -> float:
    """How loud a model is: the mean square of what it makes of pink noise, in dB re full scale.

    It is the `loudness` that Neural Amp Modeler's trainer writes into its files, whose input is a second of pink noise,
    too: what we say lies 0.2 dB above what it says, and at most 0.8 dB beside it.
    """
    y = play(_pink()).astype(np.float64)
    return 10.0 * float(np.log10(np.mean(np.square(y)) + 1e-12))


def guitar_db(play: Play, rate: int) -> float:
    """How loud a guitar is through a chain at `rate` Hz: the mean square, in dB re full scale, in a loudspeaker's band.

    Of 24 models this lies by 1.6 dB (standard deviation) beside what a recorded guitar gives through a cabinet;
    loudness_db(), which plays louder and takes all for sound that comes out, a constant, too, by 8 dB.
    """
    y = play(_guitar(rate)).astype(np.float64)
    hz = np.fft.rfftfreq(len(y), 1.0 / rate)
    heard = np.abs(np.fft.rfft(y)[(hz >= SPEAKER_HZ[0]) & (hz <= SPEAKER_HZ[1])])
    return 10.0 * float(np.log10(2.0 * np.sum(np.square(heard)) / len(y) ** 2 + 1e-12))


def constant(play: Play) -> float:
    """What a chain that has heard silence for ever says to it, linear: the mean over a tenth of a second or so."""
    return float(np.mean(play(np.zeros(PROBE_FRAMES, np.float32)), dtype=np.float64))


def _alike(x: np.ndarray, y: np.ndarray) -> float:
    """The correlation of two signals, -1..1, over the frames that both have."""
    x, y = (z[: min(len(x), len(y))].astype(np.float64) for z in (x, y))
    x, y = x - x.mean(), y - y.mean()
    power = np.dot(x, x) * np.dot(y, y)
    return float(np.dot(x, y) / np.sqrt(power)) if power > 0 else 0.0


def _response(play: Play) -> np.ndarray:
    """(REACH,): what a chain makes of an impulse, found with noise."""
    x = _noise()
    y = play(np.concatenate([x, np.zeros(REACH, np.float32)])).astype(np.float64)
    found = _correlation(y - y.mean(), x)[:REACH]
    fade = REACH // 4  # what is cut off at the end must not click
    found[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    return found


def _delay(response: np.ndarray) -> int | None:
    """Frames between a response and the one of minimum phase with the same tone; None: it might be others as well."""
    alike = np.abs(_correlation(response, _minimum_phase(response))[:REACH])
    peak = np.r_[True, alike[1:] >= alike[:-1]] & np.r_[alike[:-1] >= alike[1:], True]
    first = int(np.flatnonzero(peak & (alike >= EARLY * alike.max()))[0])
    apart = np.abs(np.arange(REACH) - first) > NEAR
    return first if alike[first] > CLEAR * alike[apart].max() else None


def _minimum_phase(response: np.ndarray) -> np.ndarray:
    """(REACH,): by folding the cepstrum (A. V. Oppenheim, R. W. Schafer, "Discrete-time signal processing", 13.5)."""
    tone = np.abs(np.fft.rfft(response, SIZE))
    cepstrum = np.fft.irfft(np.log(np.maximum(tone, 1e-4 * tone.max() + 1e-30)))
    cepstrum[1 : SIZE // 2] *= 2.0
    cepstrum[SIZE // 2 + 1 :] = 0.0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:REACH]


def _correlation(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(SIZE,): the sum of y[t + lag] x[t] at every lag."""
    return np.fft.irfft(np.fft.rfft(y, SIZE) * np.fft.rfft(x, SIZE).conj())


@functools.cache
def _noise() -> np.ndarray:
    """The probe, the same each time: Gaussian, with all frequencies."""
    return _at_level(np.random.default_rng(1952).standard_normal(PROBE_FRAMES))


@functools.cache
def _guitar(rate: int = 48_000) -> np.ndarray:
    """The same, with a guitar's frequencies."""
    low, high = GUITAR_HZ
    hz = np.fft.rfftfreq(PROBE_FRAMES, 1.0 / rate)
    band = np.exp(-((hz / high) ** 2)) * (1.0 - np.exp(-((hz / low) ** 2)))
    return _at_level(np.fft.irfft(np.fft.rfft(_noise()) * band))


@functools.cache
def _pink() -> np.ndarray:
    """Noise with as much power in every octave, at the level of Neural Amp Modeler's."""
    noise = np.fft.rfft(np.random.default_rng(1952).standard_normal(PINK_FRAMES))
    noise[1:] /= np.sqrt(np.arange(1, noise.size))
    noise[0] = 0.0
    return _at_level(np.fft.irfft(noise), PINK_DB)


def _at_level(x: np.ndarray, db: float = PROBE_DB) -> np.ndarray:
    """The signal with that mean square."""
    return (x * 10 ** (db / 20) / np.sqrt(np.mean(np.square(x)))).astype(np.float32)
