"""What is played into the amp: two impulses, something to learn from, and the beginning once more at the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rig import sound
from rig.capture import synthetic_guitar
from rig.capture.delay import loudest
from rig.capture.options import SECONDS
from rig.capture.pair import Repeat

LEAD_SECONDS, FIRST_SECONDS, SECOND_SECONDS = 1.5, 0.5, 0.8  # silence, with two impulses in it
REPEAT_SHARE, REPEAT_SECONDS = 0.2, 8.5
SWEEP_DB = (0, -6, -12, -18, -24, -36)
SWEEP_SECONDS, BURSTS_SECONDS, PASSAGE_SECONDS = 3.0, 15.0, 8.0
BURST_SECONDS, PAUSE_SECONDS, SOFTEST_DB = 0.12, 0.04, -50.0
PASSAGE_DB = (0, -4, -8, -12, -17, -24)
SEED = 1931  # the first guitar with a pickup


@dataclass(frozen=True)
class Signal:
    """audio: (frames,) float32. impulses: their frames, among the first `lead`, which are silent otherwise.

    repeat: what comes a second time. played: the frames from and to which it is a guitar's. loop: what the level check
    plays. about: one line on it.
    """

    audio: np.ndarray
    rate: int
    lead: int
    impulses: tuple[int, int]
    repeat: Repeat
    played: tuple[int, int]
    loop: slice
    about: str

    @property
    def seconds(self) -> float:
        return len(self.audio) / self.rate


def test_signal(rate: int, seconds: float = SECONDS) -> Signal:
    """Our own, always the same, its loudest sample at 1. seconds: of it all, repetition included; at least 8."""
    rng = np.random.default_rng(SEED)
    repeat = min(REPEAT_SECONDS, REPEAT_SHARE * seconds)
    share = min(1.0, seconds / SECONDS)
    opening = [_passage(rng, rate, repeat / 2, 0), _sweep(rate, repeat / 4, 0), _bursts(rng, rate, repeat / 4)]
    sweeps = [_sweep(rate, SWEEP_SECONDS * share, db) for db in SWEEP_DB]
    parts = [*opening, *sweeps, _bursts(rng, rate, BURSTS_SECONDS * share)]
    left = seconds - 2 * LEAD_SECONDS - repeat - sum(map(len, parts)) / rate
    count = max(1, round(left / PASSAGE_SECONDS))
    parts += [_passage(rng, rate, left / count, i) for i in range(count)]
    made = _around(np.concatenate(parts), rate, repeat, f"rig's own test signal, {seconds:g} s")
    played = made.repeat.start - sum(map(len, parts[-count:])), made.repeat.start
    return replace(made, played=played, loop=slice(made.lead, made.repeat.frames))


def impulses(rate: int) -> Signal:
    """The two impulses, and nothing else."""
    return _around(np.zeros(0), rate, 0.0, "two impulses")


def from_file(path: Path, rate: int) -> Signal:
    """A recording of the player's, its first channel, at `rate` Hz; turned down where it goes beyond full scale.

    Raises RigError where it cannot be read.
    """
    audio, own = sound.read(path, sound.CAPTURE)
    body = sound.resample(audio[:, 0], own, rate).astype(np.float64)
    body /= max(1.0, float(np.abs(body).max()))
    return _around(body, rate, min(REPEAT_SECONDS, len(body) / rate), path.name)


def _around(body: np.ndarray, rate: int, seconds: float, about: str) -> Signal:
    """The impulses before the body, and both their beginnings after it."""
    lead = np.zeros(round(LEAD_SECONDS * rate))
    impulses = round(FIRST_SECONDS * rate), round(SECOND_SECONDS * rate)
    lead[list(impulses)] = 1.0
    once = np.concatenate([lead, body])
    repeat = Repeat(len(once), len(lead) + min(round(seconds * rate), len(body)))
    audio = np.concatenate([once, once[: repeat.frames]]).astype(np.float32)
    loop = loudest(body, repeat.frames - len(lead))
    loop = slice(len(lead) + loop.start, len(lead) + loop.stop)
    return Signal(audio, rate, len(lead), impulses, repeat, (len(lead), len(once)), loop, about)


def _sweep(rate: int, seconds: float, db: float) -> np.ndarray:
    """A sine through the whole range of hearing, an octave always taking the same time (Farina 2000)."""
    low, high = 20.0, min(20000.0, 0.45 * rate)
    t = np.arange(round(seconds * rate)) / rate
    octaves = np.log(high / low)
    sweep = np.sin(2 * np.pi * low * seconds / octaves * (np.exp(t / seconds * octaves) - 1))
    return _faded(sweep, rate) * 10 ** (db / 20)


def _bursts(rng: np.random.Generator, rate: int, seconds: float) -> np.ndarray:
    """Noise with sharp edges, white and dark by turns, each burst at a level of its own."""
    out = np.zeros(round(seconds * rate))
    burst, step = round(BURST_SECONDS * rate), round((BURST_SECONDS + PAUSE_SECONDS) * rate)
    for i, start in enumerate(range(0, len(out) - burst + 1, step)):
        noise = rng.normal(size=burst)
        noise = np.cumsum(noise - noise.mean()) if i % 2 else noise
        out[start : start + burst] = noise / np.abs(noise).max() * 10 ** (rng.uniform(SOFTEST_DB, 0) / 20)
    return out


def _passage(rng: np.random.Generator, rate: int, seconds: float, number: int) -> np.ndarray:
    """A few seconds of guitar; every kind of passage comes at every level in time."""
    kinds = len(synthetic_guitar.PASSAGES)
    db = PASSAGE_DB[(number + number // len(PASSAGE_DB)) % len(PASSAGE_DB)]
    return synthetic_guitar.play(synthetic_guitar.PASSAGES[number % kinds], rng, seconds, rate) * 10 ** (db / 20)


def _faded(x: np.ndarray, rate: int) -> np.ndarray:
    ramp = np.minimum(1.0, np.arange(len(x)) / (0.01 * rate))
    return x * ramp * ramp[::-1]
