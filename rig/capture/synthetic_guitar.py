"""A guitar for the test signal: plucked strings (Karplus & Strong 1983), and somebody who plays them.

What an amp must be heard with is not the instrument's beauty but its ways: the pick's attack, the long decay through
every level, several strings at once, bends, and dead notes. Made of numbers, it needs no file, and has any sample rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

STRINGS = (40, 45, 50, 55, 59, 64)  # MIDI keys, open
SCALE = (0, 3, 5, 7, 10)
CHORDS = ((0, 7, 12, 16, 19, 24), (0, 7, 12, 15, 19, 24), (0, 7, 10, 16, 19), (0, 4, 7, 11), (0, 3, 7, 10, 14))
PICK = 0.13  # of the string's length, from the bridge
PICKUP_HZ, PICKUP_Q = 3400.0, 1.4
RING_SECONDS, DEAD_SECONDS = 8.0, 0.5  # until -60 dB
LONGEST_SECONDS = 3.0  # that a note is held
LOSS, DEAD_LOSS = 0.03, 0.2  # of the highest partials, each time round
SOFT, HARD = 0.93, 0.7  # how dark a string sounds: a one-pole low-pass


@dataclass(frozen=True)
class PluckedNote:
    """at, seconds: in time. key: MIDI. hit: 0..1, how hard. bend: semitones, reached after 0.2 s. dead: palm-muted."""

    at: float
    seconds: float
    key: int
    hit: float
    bend: float = 0.0
    dead: bool = False


Passage = Callable[[np.random.Generator, float], Iterator[PluckedNote]]


def licks(rng: np.random.Generator, seconds: float) -> Iterator[PluckedNote]:
    """Single notes all over the neck, the last of a phrase bent."""
    at = 0.0
    while at < seconds:
        root, step = int(rng.choice(STRINGS)) + int(rng.integers(0, 13)), rng.uniform(0.11, 0.3)
        for _ in range(int(rng.integers(3, 8))):
            yield PluckedNote(at, step * rng.uniform(0.7, 1.1), root + int(rng.choice(SCALE)), _hit(rng))
            at += step
        yield PluckedNote(at, 1.1, root + 12, _hit(rng), float(rng.choice((0, 0.5, 1, 2))))
        at += rng.uniform(0.6, 1.3)


def chords(rng: np.random.Generator, seconds: float) -> Iterator[PluckedNote]:
    """Strums, down and up."""
    at = 0.0
    while at < seconds:
        root, shape, hit = int(rng.integers(40, 52)), CHORDS[rng.integers(len(CHORDS))], _hit(rng)
        length, spread = float(rng.choice((0.25, 0.5, 1.0, 2.0))), rng.uniform(0.004, 0.02)
        for i, step in enumerate(shape if rng.random() < 0.7 else shape[::-1]):
            yield PluckedNote(at + i * spread, length, root + step, hit)
        at += length


def power(rng: np.random.Generator, seconds: float) -> Iterator[PluckedNote]:
    """Root, fifth and octave between dead notes."""
    at = 0.0
    while at < seconds:
        root, length = int(rng.integers(40, 50)), float(rng.choice((0.16, 0.32, 0.9)))
        for step in (0, 7, 12):
            yield PluckedNote(at, length, root + step, _hit(rng))
        at += length
        for _ in range(int(rng.integers(0, 6))):
            yield PluckedNote(at, 0.14, root, _hit(rng), dead=True)
            at += 0.15


def arpeggios(rng: np.random.Generator, seconds: float) -> Iterator[PluckedNote]:
    """Chords a string at a time, left to ring."""
    at = 0.0
    while at < seconds:
        root, step = int(rng.integers(40, 54)), rng.uniform(0.12, 0.28)
        for interval in CHORDS[rng.integers(len(CHORDS))]:
            yield PluckedNote(at, 2.0, root + interval, _hit(rng))
            at += step
        at += rng.uniform(0.1, 1.0)


PASSAGES: tuple[Passage, ...] = (licks, chords, power, arpeggios)


def _hit(rng: np.random.Generator) -> float:
    return float(np.clip(rng.normal(0.7, 0.2), 0.15, 1.0))


def play(passage: Passage, rng: np.random.Generator, seconds: float, rate: int) -> np.ndarray:
    """A passage, (frames,) float64, its loudest sample 1."""
    frames = round(seconds * rate)
    out = np.zeros(frames)
    for note in passage(rng, seconds):
        start = round(note.at * rate)
        tone = _tone(note, rate)[: max(frames - start, 0)]
        out[start : start + len(tone)] += tone
    out = _pickup(out, rate)
    out *= np.minimum(1.0, np.arange(frames, 0, -1) / (0.05 * rate))  # a hand on the strings at the end
    return out / (np.abs(out).max() + 1e-30)


def _tone(note: PluckedNote, rate: int) -> np.ndarray:
    soft, hard = _string(note.key, note.dead, rate)
    tone = note.hit * ((1 - note.hit) * soft + note.hit * hard)
    if note.bend:
        rise = np.clip(np.arange(len(tone)) / (0.2 * rate), 0, 1)
        tone = np.interp(np.cumsum(2 ** (note.bend * rise / 12)), np.arange(len(tone)), tone, right=0.0)
    tone = tone[: round((note.seconds + 0.03) * rate)]
    release = round(0.03 * rate)
    return tone * np.minimum(1.0, np.arange(len(tone), 0, -1) / release)


@lru_cache(maxsize=256)
def _string(key: int, dead: bool, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """A string plucked softly and hard: noise goes round a loop of one period and loses a little each time."""
    exact = rate / (440 * 2 ** ((key - 69) / 12))
    period, loss = round(exact), DEAD_LOSS if dead else LOSS
    kept = 10 ** (-3 * period / rate / (DEAD_SECONDS if dead else RING_SECONDS))
    middle, sides = kept * (1 - 2 * loss), kept * loss
    pick = np.random.default_rng([key, dead]).uniform(-1, 1, period)
    pick -= np.roll(pick, max(1, round(PICK * period)))
    loop = np.stack([_darker(pick, SOFT), _darker(pick, HARD)])
    turns = [loop]
    for _ in range(round((DEAD_SECONDS if dead else LONGEST_SECONDS) * rate) // period):
        loop = middle * loop + sides * (np.roll(loop, 1, axis=1) + np.roll(loop, -1, axis=1))
        turns.append(loop)
    tones = np.concatenate(turns, axis=1)
    at = np.arange(int(tones.shape[1] * exact / period)) * period / exact  # tunes it: so far, a period is whole frames
    soft, hard = (np.interp(at, np.arange(len(tone)), tone / np.abs(tone).max()) for tone in tones)
    return soft, hard


def _darker(x: np.ndarray, by: float) -> np.ndarray:
    """A one-pole low-pass, round and round the period."""
    turn = np.exp(-2j * np.pi * np.arange(len(x) // 2 + 1) / len(x))
    return np.fft.irfft(np.fft.rfft(x) * (1 - by) / (1 - by * turn), len(x))


def _pickup(x: np.ndarray, rate: int) -> np.ndarray:
    """A coil's resonance, and no offset."""
    size = 1 << (len(x) + rate // 10).bit_length()
    ratio = np.fft.rfftfreq(size, 1 / rate) / PICKUP_HZ
    response = 1 / (1 - ratio**2 + 1j * ratio / PICKUP_Q)
    response[ratio < 20 / PICKUP_HZ] = 0
    return np.fft.irfft(np.fft.rfft(x, size) * response, size)[: len(x)]
