"""A guitarist who never tires: a seeded performance over the whole neck, soft and hard, for a network to learn from.

Passages of ten seconds, each of one kind (scales, licks with bends, chords, palm mutes, ...), one guitar and one
level, so that an amp is heard clean, at its edge and driven hard. Another seed plays other notes at other levels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from midi import CLEAN, JAZZ, MUTED, RATE, Event, bend, bend_up, note, program, synthesise, vibrato

STRINGS = (40, 45, 50, 55, 59, 64)
FRETS = 20
PENTATONIC = (0, 3, 5, 7, 10)
CHORDS = (
    (0, 7, 12, 16, 19, 24), (0, 7, 12, 15, 19, 24), (0, 7, 10, 16, 19), (0, 7, 12), (0, 4, 7, 11),
    (0, 3, 7, 10, 14), (0, 7, 12, 14, 19),
)  # fmt: skip
GAINS_DB = (0, -4, -8, -12, -17, -24)
HISS_DB = -84.0  # a pickup is never silent

Passage = Callable[[np.random.Generator, float, float], list[Event]]


def scales(rng: np.random.Generator, start: float, end: float) -> list[Event]:
    """Single notes up and down the neck, every string."""
    events, at = [], start
    step = rng.uniform(0.14, 0.34)
    while at < end - step:
        key = int(rng.choice(STRINGS)) + int(rng.integers(0, FRETS))
        run = int(rng.integers(3, 8)) * int(rng.choice((-1, 1)))
        for i in range(abs(run)):
            if at >= end - step:
                break
            events += note(
                at, step * rng.uniform(0.6, 1.05), int(np.clip(key + 2 * i * np.sign(run), 40, 86)), hit(rng)
            )
            at += step
    return events


def licks(rng: np.random.Generator, start: float, end: float) -> list[Event]:
    """Phrases with bends and vibrato, and rests between them."""
    events, at = [], start
    root = int(rng.integers(52, 65))
    while at < end - 1.6:
        for _ in range(int(rng.integers(2, 6))):
            length = rng.uniform(0.12, 0.3)
            key = root + int(rng.choice(PENTATONIC)) + 12 * int(rng.integers(0, 2))
            events += note(at, length, key, hit(rng))
            at += length
            if at > end - 1.4:
                break
        length, semitones = rng.uniform(0.6, 1.2), float(rng.choice((0.5, 1, 2)))
        events += note(at, length, root + 12 + int(rng.choice(PENTATONIC)), hit(rng, 90))
        events += bend_up(at + 0.05, rng.uniform(0.1, 0.3), semitones)
        events += vibrato(at + 0.36, length - 0.38, rng.uniform(0.15, 0.5), rng.uniform(4.5, 6.5), semitones)
        events.append(bend(at + length + 0.02, 0))
        at += length + rng.uniform(0.05, 0.4)
    return events


def chords(rng: np.random.Generator, start: float, end: float) -> list[Event]:
    """Strums, down and up, from a brush to a blow."""
    events, at = [], start
    while at < end - 0.9:
        root, shape = int(rng.integers(40, 54)), CHORDS[rng.integers(len(CHORDS))]
        for _ in range(int(rng.integers(1, 5))):
            length = float(rng.choice((0.22, 0.45, 0.9, 1.8)))
            if at + length > end - 0.1:
                break
            velocity, spread = hit(rng) - 12, rng.uniform(0.004, 0.02)
            for i, step in enumerate(shape if rng.random() < 0.7 else shape[::-1]):
                events += note(at + i * spread, length - i * spread - 0.01, root + step, max(velocity - 2 * i, 8))
            at += length
        at += rng.uniform(0, 0.15)
    return events


def power(rng: np.random.Generator, start: float, end: float) -> list[Event]:
    """Root, fifth and octave, hard and short, then held."""
    events, at = [], start
    while at < end - 0.5:
        root, length = int(rng.integers(40, 52)), float(rng.choice((0.18, 0.18, 0.36, 1.1)))
        length = min(length, end - 0.1 - at)
        for step in (0, 7, 12):
            events += note(at, length * 0.95, root + step, hit(rng, 96))
        at += length
    return events


def mutes(rng: np.random.Generator, start: float, end: float) -> list[Event]:
    """Palm-muted eighths and sixteenths on the low strings."""
    events, at = [], start
    step = rng.uniform(0.11, 0.2)
    while at < end - 0.3:
        root = int(rng.integers(40, 50))
        for _ in range(int(rng.integers(4, 12))):
            if at > end - 0.3:
                break
            events += note(at, step * 0.9, root, hit(rng, 85))
            if rng.random() < 0.3:
                events += note(at, step * 0.9, root + 7, hit(rng, 85))
            at += step
    return events


def arpeggios(rng: np.random.Generator, start: float, end: float) -> list[Event]:
    """Chords let ring, a string at a time."""
    events, at = [], start
    while at < end - 1.2:
        root, shape = int(rng.integers(40, 56)), CHORDS[rng.integers(len(CHORDS))]
        step = rng.uniform(0.1, 0.24)
        for i, interval in enumerate(shape):
            events += note(
                at + i * step, max(end - 0.2 - at - i * step, 0.2) if i == 0 else 1.0, root + interval, hit(rng)
            )
        at += step * (len(shape) + 1)
    return events


def sustained(rng: np.random.Generator, start: float, end: float) -> list[Event]:
    """One note or two, left to die away."""
    events, at = [], start
    while at < end - 1.5:
        length = min(rng.uniform(1.2, 3.2), end - at - 0.1)
        key = int(rng.integers(40, 80))
        events += note(at, length, key, hit(rng, 100))
        if rng.random() < 0.4:
            events += note(at, length, key + int(rng.choice((3, 4, 5, 7))), hit(rng, 100))
        at += length + 0.05
    return events


KINDS: tuple[tuple[Passage, tuple[int, ...]], ...] = (
    (scales, (CLEAN, JAZZ)),
    (chords, (CLEAN, JAZZ)),
    (licks, (CLEAN,)),
    (mutes, (MUTED,)),
    (power, (CLEAN, MUTED)),
    (arpeggios, (CLEAN, JAZZ)),
    (sustained, (CLEAN,)),
)


def hit(rng: np.random.Generator, centre: int = 84) -> int:
    """A velocity: mostly around `centre`, now and then anything."""
    return int(rng.integers(20, 128)) if rng.random() < 0.15 else int(np.clip(rng.normal(centre, 18), 20, 127))


def perform(seed: int, passages: int = 18, length: float = 10.0, peak_db: float = -1.0) -> np.ndarray:
    """A dry take -> (passages * length * 48000,) float32, its peak at `peak_db`.

    Every kind of passage comes in turn; levels and guitars are dealt from shuffled decks, each equally often.
    """
    rng = np.random.default_rng(seed)
    frames = round(length * RATE)
    gains = np.concatenate([rng.permutation(GAINS_DB) for _ in range(passages // len(GAINS_DB) + 1)])
    take = []
    for i in range(passages):
        kind, guitars = KINDS[i % len(KINDS)]
        events = [program(0, int(rng.choice(guitars))), *kind(rng, 0.05, length - 0.3)]
        audio = synthesise(events, length)
        audio[-RATE // 20 :] *= np.linspace(1, 0, RATE // 20)
        take.append(audio[:frames] / np.abs(audio).max() * 10 ** (gains[i] / 20))
    dry = np.concatenate(take)
    dry = dry - dry.mean() + rng.normal(0, 10 ** (HISS_DB / 20), len(dry))
    return (dry * 10 ** (peak_db / 20) / np.abs(dry).max()).astype(np.float32)
