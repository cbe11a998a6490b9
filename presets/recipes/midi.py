"""The few lines of Standard MIDI File that a performance needs, and the synthesiser that plays them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 48_000
TICKS = 960  # a second has TICKS * 2 ticks: 120 beats a minute is the file's unsaid default
SOUNDFONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/sounds/sf2/default-GM.sf2")

JAZZ, CLEAN, MUTED = 26, 27, 28  # General MIDI programs, counted from 0: the electric guitars without an amp


@dataclass(frozen=True)
class Event:
    """A channel message at a time in seconds. data: the MIDI bytes (status, then one or two)."""

    seconds: float
    data: tuple[int, ...]


def note(at: float, length: float, key: int, velocity: int, channel: int = 0) -> list[Event]:
    """Press and let go: `key` 0..127 (60 = middle C), `velocity` 1..127, times in seconds."""
    return [
        Event(at, (0x90 | channel, key, velocity)),
        Event(at + length, (0x80 | channel, key, 0)),
    ]


def program(at: float, number: int, channel: int = 0) -> Event:
    """Pick a General MIDI sound, counted from 0."""
    return Event(at, (0xC0 | channel, number))


def bend(at: float, semitones: float, channel: int = 0) -> Event:
    """Bend the string: -2..+2 semitones (the range every synthesiser starts with)."""
    value = int(np.clip(8192 + semitones * 4096, 0, 16383))
    return Event(at, (0xE0 | channel, value & 127, value >> 7))


def bend_up(at: float, over: float, semitones: float, channel: int = 0) -> list[Event]:
    """A bend from 0 to `semitones` in `over` seconds, as fingers do it: slow, fast, slow."""
    return [
        bend(at + over * step, semitones * (0.5 - 0.5 * np.cos(np.pi * step)), channel)
        for step in np.linspace(0, 1, 24)
    ]


def vibrato(
    at: float, length: float, depth: float = 0.25, hz: float = 5.5, around: float = 0.0, channel: int = 0
) -> list[Event]:
    """Pitch going up and back, never below the fretted note, as on a guitar; `depth` in semitones."""
    times = np.arange(0, length, 0.012)
    return [bend(at + t, around + depth * (0.5 - 0.5 * np.cos(2 * np.pi * hz * t)), channel) for t in times]


def _variable_length(number: int) -> bytes:
    groups = [number & 127]
    while number := number >> 7:
        groups.append(number & 127 | 128)
    return bytes(reversed(groups))


def file_bytes(events: Iterable[Event]) -> bytes:
    """A format-0 MIDI file."""
    track, now = bytearray(), 0
    for event in sorted(events, key=lambda e: (round(e.seconds * 2 * TICKS), e.data[0] & 0xF0 == 0x90)):
        tick = round(event.seconds * 2 * TICKS)
        track += _variable_length(tick - now) + bytes(event.data)
        now = tick
    track += b"\x00\xff\x2f\x00"
    header = b"MThd" + (6).to_bytes(4, "big") + bytes((0, 0, 0, 1)) + TICKS.to_bytes(2, "big")
    return header + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)


def synthesise(events: Iterable[Event], seconds: float) -> np.ndarray:
    """Play events on a sampled guitar, no reverb, no chorus -> (frames,) float64, exactly `seconds` long, 48 kHz."""
    font = next((f for f in SOUNDFONTS if Path(f).exists()), None)
    if font is None or shutil.which("fluidsynth") is None:
        raise SystemExit("the recipes need: apt install fluidsynth fluid-soundfont-gm")
    with tempfile.TemporaryDirectory() as folder:
        song, sound = Path(folder, "song.mid"), Path(folder, "song.wav")
        song.write_bytes(file_bytes(events))
        subprocess.run(
            [
                "fluidsynth", "-niq", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE), "-O", "float", "-T", "wav",
                "-F", str(sound), font, str(song),
            ],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        audio, rate = sf.read(sound, always_2d=True)
    assert rate == RATE
    frames = round(seconds * RATE)
    mono = audio.mean(axis=1)[:frames]
    return np.pad(mono, (0, frames - len(mono)))
