"""cab: a loudspeaker's impulse response, from a sound file of any rate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rig import native
from rig.engine import Payload
from rig.errors import RigError
from rig.sound import read, resample

MOST_TAPS = 8192
SILENCE_DB = -80.0  # what comes before and after the response, measured against its peak, is cut off
BAND = (80.0, 5000.0)  # Hz; a guitar loudspeaker's


def _trim(ir: np.ndarray) -> np.ndarray:
    loud = np.flatnonzero(np.abs(ir) > np.abs(ir).max() * 10 ** (SILENCE_DB / 20))
    ir = ir[loud[0] : loud[-1] + 1]
    if len(ir) > MOST_TAPS:
        fade = MOST_TAPS // 8  # a cut-off tail would ring; a faded one does not
        ir = ir[:MOST_TAPS].copy()
        ir[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    return ir


def _normalise(ir: np.ndarray, rate: int) -> np.ndarray:
    """Unity mean power over BAND, counted per octave: any cabinet is then about as loud as none."""
    response = np.abs(np.fft.rfft(ir, 1 << 16)) ** 2
    hz = np.fft.rfftfreq(1 << 16, 1 / rate)
    octaves = np.geomspace(*BAND, 512)
    power = np.interp(octaves, hz, response).mean()
    return ir / np.sqrt(power)


def response(path: Path, rate: int) -> np.ndarray:
    """An impulse response ready to play: (taps,) float32, taps <= MOST_TAPS, at `rate` Hz.

    The first channel, resampled, trimmed, gain-normalised. Raises RigError naming file and fault.
    """
    audio, file_rate = read(path)
    if not np.any(audio[:, 0]):
        raise RigError(f"{path}: this impulse response is silent")
    ir = resample(audio[:, 0].astype(np.float64), file_rate, rate) * file_rate / rate
    return _normalise(_trim(ir), rate).astype(np.float32)


def load(files: Mapping[str, Path], settings: Mapping[str, float], rate: int) -> Payload:
    taps = response(files["ir"], rate)
    return Payload((taps,), about=f"{files['ir'].stem}, {len(taps)} taps")


ENGINE = native.engine("cab", files=("ir",), load=load)
