"""Notes, and how guitars are tuned: by name, or string by string."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from rig.errors import RigError, cut, did_you_mean

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
A4 = 440.0  # Hz
A4_RANGE = (390.0, 470.0)  # Hz

TUNINGS = {
    "standard": "E2 A2 D3 G3 B3 E4",
    "half step down": "D#2 G#2 C#3 F#3 A#3 D#4",
    "whole step down": "D2 G2 C3 F3 A3 D4",
    "drop D": "D2 A2 D3 G3 B3 E4",
    "drop C#": "C#2 G#2 C#3 F#3 A#3 D#4",
    "drop C": "C2 G2 C3 F3 A3 D4",
    "drop B": "B1 F#2 B2 E3 G#3 C#4",
    "double drop D": "D2 A2 D3 G3 B3 D4",
    "DADGAD": "D2 A2 D3 G3 A3 D4",
    "open D": "D2 A2 D3 F#3 A3 D4",
    "open E": "E2 B2 E3 G#3 B3 E4",
    "open G": "D2 G2 D3 G3 B3 D4",
    "open A": "E2 A2 E3 A3 C#4 E4",
    "open C": "C2 G2 C3 G3 C4 E4",
    "baritone": "B1 E2 A2 D3 F#3 B3",
    "7 strings": "B1 E2 A2 D3 G3 B3 E4",
    "7 strings drop A": "A1 E2 A2 D3 G3 B3 E4",
    "8 strings": "F#1 B1 E2 A2 D3 G3 B3 E4",
    "8 strings drop E": "E1 B1 E2 A2 D3 G3 B3 E4",
    "bass": "E1 A1 D2 G2",
    "bass drop D": "D1 A1 D2 G2",
    "bass 5 strings": "B0 E1 A1 D2 G2",
}
"""The open strings of guitars, the lowest first."""

CHROMATIC = ""
"""No tuning: the nearest of all notes is meant."""

_NOTE = re.compile(r"([A-Ga-g])([#b♯♭]?)(-?[0-9])")


class Note(NamedTuple):
    """A note that is played. name: "E2". cents: how much it is too high. string: 1: the highest, 0: no tuning."""

    name: str
    cents: float
    string: int = 0


def semitones(hz: float, a4: float = A4) -> float:
    """A frequency as a note of MIDI, 69 for a4, with what lies between."""
    return 69.0 + 12.0 * math.log2(hz / a4)


def called(note: int) -> str:
    """A note of MIDI by its name: 40 is E2."""
    return f"{NAMES[note % 12]}{note // 12 - 1}"


def strings(tuning: str) -> tuple[int, ...]:
    """The open strings of a tuning as notes of MIDI, the lowest first; none for CHROMATIC.

    Raises RigError where it is neither the name of one nor a list of notes.
    """
    known = {name.casefold(): notes for name, notes in TUNINGS.items()}
    words = known.get(tuning.casefold(), tuning).split()
    found = [_NOTE.fullmatch(word) for word in words]
    if not all(found):
        hint = did_you_mean(tuning, TUNINGS) or f"; there are {', '.join(TUNINGS)}, or notes as in E2 A2 D3 G3 B3 E4"
        raise RigError(f"there is no tuning '{cut(tuning)}'{hint}")
    return tuple(_number(*match.groups()) for match in found if match)


def spelt(tuning: str) -> str:
    """A tuning as it is kept: by its name as TUNINGS has it, or its notes. Raises RigError as `strings` does."""
    named = {name.casefold(): name for name in TUNINGS}
    return named.get(tuning.casefold()) or " ".join(map(called, strings(tuning)))


def _number(letter: str, sign: str, octave: str) -> int:
    by = {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(sign, 0)
    return NAMES.index(letter.upper()) + by + 12 * (int(octave) + 1)


def nearest(hz: float, tuning: str = CHROMATIC, a4: float = A4) -> Note:
    """The note that is meant by a frequency: of a tuning's open strings, or of all notes, the nearest one.

    cents reach as far as the nearest string is away. a4: Hz.
    """
    played = semitones(hz, a4)
    open_strings = strings(tuning)
    if not open_strings:
        note = round(played)
        return Note(called(note), 100.0 * (played - note))
    at = min(range(len(open_strings)), key=lambda i: abs(played - open_strings[i]))
    return Note(called(open_strings[at]), 100.0 * (played - open_strings[at]), len(open_strings) - at)
