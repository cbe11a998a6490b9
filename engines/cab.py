"""cab: a loudspeaker's impulse response, from a sound file of any rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rig import native
from rig.engine import Payload
from rig.errors import RigError
from rig.sound import CABINET, read, resample

MOST_TAPS = 8192
SILENCE_DB = -80.0  # what comes before and after the response, measured against its peak, is cut off
MUTE_DB = -60.0  # of the loudest channel: one that is softer holds no response
BAND = (80.0, 5000.0)  # Hz; a guitar loudspeaker's

ARRIVED = 0.1  # of the peak: the sound has begun by then
RISE = 0.001  # s that it may take to
STEADY = 2.0  # what lies before, and is at most so much louder in one half than in the other, is noise
NOISE = 32  # frames at least, to tell


@dataclass(frozen=True)
class Response:
    """An impulse response ready to play.

    taps: (1 to MOST_TAPS,) float32. lead: frames that lay before its sound. unused: what is not played of it, in words.
    """

    taps: np.ndarray
    lead: int
    unused: tuple[str, ...] = ()


def cut(path: Path, rate: int) -> Response:
    """A response at `rate` Hz: one channel, resampled, what lies around its sound cut off, gain-normalised.

    Raises RigError naming file and fault.
    """
    audio, file_rate = read(path, CABINET)
    channel, unused = _channel(path, audio)
    ir = resample(channel.astype(np.float64), file_rate, rate) * file_rate / rate
    lead = _start(ir, rate)
    ir = ir[lead : 1 + int(np.flatnonzero(np.abs(ir) > _silence(ir))[-1])]
    if len(ir) > MOST_TAPS:
        fade = MOST_TAPS // 8  # a cut-off tail would ring; a faded one does not
        ir = ir[:MOST_TAPS].copy()
        ir[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
        unused = (*unused, f"cut off after {1000 * MOST_TAPS / rate:.0f} ms")
    return Response(_normalise(ir, rate).astype(np.float32), lead, unused)


def _channel(path: Path, audio: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """The first channel that sounds, and what is said of the others where they sound otherwise."""
    peaks = np.abs(audio).max(axis=0)
    if not peaks.any():
        raise RigError(f"{path}: this impulse response is silent")
    sounds = np.flatnonzero(peaks > peaks.max() * 10 ** (MUTE_DB / 20))
    first = int(sounds[0])
    if all(np.array_equal(audio[:, first], audio[:, other]) for other in sounds[1:]):
        return audio[:, first], ()
    name = f"{('left', 'right')[first]} channel" if audio.shape[1] == 2 else f"channel {first + 1} of {audio.shape[1]}"
    return audio[:, first], (f"{name} only",)


def _silence(ir: np.ndarray) -> float:
    return float(np.abs(ir).max()) * 10 ** (SILENCE_DB / 20)


def _start(ir: np.ndarray, rate: int) -> int:
    """The frame at which the sound begins: after what is silence, and after noise, which goes on and on."""
    size, floor = np.abs(ir), _silence(ir)
    before = ir[: max(0, int(np.argmax(size > ARRIVED * size.max())) - round(RISE * rate))]
    if len(before) >= NOISE:
        middle = len(before) // 2
        softer, louder = sorted((float(np.std(before[:middle])), float(np.std(before[middle:]))))
        if louder <= STEADY * softer:
            floor = max(floor, STEADY * float(np.abs(before).max()))
    return int(np.argmax(size > floor))


def _normalise(ir: np.ndarray, rate: int) -> np.ndarray:
    """Unity mean power over BAND, counted per octave: any cabinet is then about as loud as none."""
    response = np.abs(np.fft.rfft(ir, 1 << 16)) ** 2
    hz = np.fft.rfftfreq(1 << 16, 1 / rate)
    octaves = np.geomspace(*BAND, 512)
    power = np.interp(octaves, hz, response).mean()
    return ir / np.sqrt(power)


def response(path: Path, rate: int) -> np.ndarray:
    """The taps alone: (taps,) float32, at `rate` Hz. Raises RigError naming file and fault."""
    return cut(path, rate).taps


def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
    found = cut(files["ir"], rate)
    about = (files["ir"].stem, f"{len(found.taps)} taps", *found.unused)
    return Payload((found.taps,), lead=found.lead, about=", ".join(about))


ENGINE = native.engine("cab", files=("ir",), load=load)
