"""Make the demo take: fifteen seconds of blues in A that loop without a seam.

    python presets/recipes/demo.py            writes presets/demo.flac

A dry electric guitar, as `rig play --di presets/demo.flac` wants it: six bars at 96 beats a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf
from midi import CLEAN, MUTED, RATE, Event, bend, bend_up, note, program, synthesise, vibrato

BEAT = 60 / 96
SECONDS = 24 * BEAT
TAIL = 3.0
PEAK_DB = -6.0
TARGET = Path(__file__).resolve().parent.parent / "demo.flac"

LEAD, CHORDS, MUTES = 0, 1, 2
A7 = (45, 52, 55, 61, 64)
D9 = (50, 54, 60, 64)
E7S9 = (52, 56, 62, 67)


def swing(beat: float) -> float:
    """A beat (0 is the first) -> seconds: off-beats come late, on the last triplet."""
    whole, part = divmod(beat, 1)
    late = part * 4 / 3 if part <= 0.5 else 2 / 3 + (part - 0.5) * 2 / 3
    return (whole + late) * BEAT


def strum(beat: float, keys: tuple[int, ...], beats: float, velocity: int) -> list[Event]:
    """A chord, its strings 11 ms apart."""
    events: list[Event] = []
    for i, key in enumerate(keys):
        at = swing(beat) + 0.011 * i
        events += note(at, beats * BEAT - 0.011 * i, key, velocity - 22 - 2 * i, CHORDS)
    return events


def lick(phrase: tuple[tuple[float, float, int, int], ...]) -> list[Event]:
    """Single notes: (beat, beats, key, velocity)."""
    return [e for beat, beats, key, hit in phrase for e in note(swing(beat), beats * BEAT, key, hit, LEAD)]


def bent(beat: float, beats: float, key: int, semitones: float, velocity: int) -> list[Event]:
    """A note bent up over a fifth of a second, then shaken, then let go."""
    at, length = swing(beat), beats * BEAT
    return [
        *note(at, length, key, velocity, LEAD),
        *bend_up(at + 0.06, 0.2, semitones, LEAD),
        *vibrato(at + 0.3, max(length - 0.34, 0), 0.3, 5.6, semitones, LEAD),
        bend(at + length + 0.01, 0, LEAD),
    ]


def take() -> list[Event]:
    """Bars 1-2: a lick over A. Bar 3: D9. Bar 4: the answer. Bar 5: E and D. Bar 6: the turnaround."""
    events = [program(0, CLEAN, LEAD), program(0, CLEAN, CHORDS), program(0, MUTED, MUTES)]
    events += lick(((0, 0.5, 64, 96), (0.5, 0.5, 67, 90), (1, 0.5, 69, 104)))
    events += bent(1.5, 1.1, 74, 2, 112)
    events += lick(((2.75, 0.25, 72, 92), (3, 0.5, 69, 98), (3.5, 0.5, 67, 84)))
    events += lick(((4, 0.5, 69, 106), (4.5, 0.5, 67, 80), (5, 0.5, 64, 92), (5.5, 0.5, 63, 76), (6, 0.5, 62, 88)))
    events += lick(((6.5, 1.2, 57, 110),))
    for beat, key in ((7, 45), (7.5, 45)):
        events += note(swing(beat), 0.12, key, 88, MUTES)
    events += strum(8, D9, 0.9, 100) + strum(9.5, D9, 0.4, 84) + strum(10, D9, 1.4, 106)
    for beat in (9, 11, 11.5):
        events += note(swing(beat), 0.1, 50, 80, MUTES)
    events += bent(12, 0.9, 67, 1, 108)
    events += lick(((13, 0.33, 69, 104), (13.33, 0.33, 72, 98), (13.67, 0.33, 69, 90), (14, 0.5, 67, 100)))
    events += bent(14.5, 1.4, 74, 2, 118)
    events += strum(16, E7S9, 0.8, 108) + strum(17.5, E7S9, 0.4, 86)
    events += strum(18, D9, 0.9, 102) + strum(19.5, D9, 0.4, 82)
    for beat, upper, lower in ((20, 67, 57), (20.67, 66, 57), (21.33, 65, 57), (22, 64, 57)):
        events += note(swing(beat), 0.55 * BEAT, upper, 96, LEAD) + note(swing(beat), 0.55 * BEAT, lower, 84, LEAD)
    events += strum(22.5, A7, 1.3, 104)
    return events


def main() -> None:
    """Synthesise, wrap the last notes' ringing round to the beginning, and write 24-bit FLAC."""
    audio = synthesise(take(), SECONDS + TAIL)
    frames = round(SECONDS * RATE)
    tail = audio[frames:] * np.linspace(1, 0, len(audio) - frames)
    loop = audio[:frames].copy()
    loop[: len(tail)] += tail
    loop -= loop.mean()
    loop *= 10 ** (PEAK_DB / 20) / np.abs(loop).max()
    loop = np.round(loop * 2**19) / 2**19  # the last four bits of 24 would only be noise that FLAC must keep
    sf.write(TARGET, loop, RATE, subtype="PCM_24")
    print(
        f"{TARGET.name}: {frames / RATE:.1f} s, rms {20 * np.log10(loop.std()):.1f} dB, "
        f"seam {abs(loop[0] - loop[-1]):.4f}"
    )


if __name__ == "__main__":
    main()
