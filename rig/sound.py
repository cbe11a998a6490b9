"""Sound files: read with words for what may be wrong, resampled by soxr."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rig.errors import RigError
from rig.files import unreadable
from rig.kinds import misplaced

if TYPE_CHECKING:
    import soundfile


SLOWEST, FASTEST = 8_000, 384_000
"""Hz that a sound may have."""


@dataclass(frozen=True)
class Use:
    """What a sound file is read for. seconds, samples: how much it may hold, in all channels; each takes 4 bytes."""

    words: str
    seconds: float
    samples: int


CABINET = Use("a cabinet", 10, 1 << 23)
CAPTURE = Use("a capture", 3600, 1 << 28)
RECORDING = Use("a recording", 4 * 3600, 1 << 28)


def read(path: Path, use: Use = RECORDING) -> tuple[np.ndarray, int]:
    """A WAV or FLAC of any depth: ((frames, channels) float32, rate in Hz). Raises RigError naming file and fault.

    Its header is looked at first: what it promises beyond what `use` allows is not read, nor made room for.
    """
    import soundfile

    fault = unreadable(path, "sound") or ("" if path.stat().st_size else "the file is empty")
    fault = fault or misplaced(path, "sound")
    if fault:
        raise RigError(f"{path}: {fault}")
    try:
        fault = _too_much(soundfile.info(path), use)
        if fault:
            raise RigError(f"{path}: {fault}")
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise RigError(f"{path}: is no sound file that can be read (WAV or FLAC is)") from error
    if not len(audio):
        raise RigError(f"{path}: holds no sound")
    if not np.isfinite(audio).all():
        raise RigError(f"{path}: holds samples that are not numbers (NaN or infinite)")
    return audio, rate


def _too_much(header: soundfile._SoundFileInfo, use: Use) -> str:
    """What is wrong with what a header promises; "" where nothing is."""
    rate, samples = header.samplerate, header.frames * header.channels
    if not SLOWEST <= rate <= FASTEST:
        return f"its header says {rate} Hz; a sound has {SLOWEST} to {FASTEST} Hz"
    if header.frames > use.seconds * rate:
        return f"its header says {header.frames / rate:.0f} s; {use.words} has at most {use.seconds:.0f} s"
    if samples > use.samples:
        return f"it would take {samples >> 18} MB of memory; {use.words} takes at most {use.samples >> 18} MB"
    return ""


BITS = {"PCM_U8": 8, "PCM_S8": 8, "ULAW": 8, "ALAW": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


def bits(path: Path) -> int:
    """Bits a sample of a sound file that can be read; 0 where they are floats or compressed."""
    import soundfile

    return BITS.get(soundfile.info(path).subtype, 0)


def channels(path: Path) -> int:
    """How many channels a sound file has, by its header; 0 where it is none."""
    import soundfile

    if not path.is_file():  # a pipe would be waited for
        return 0
    try:
        return int(soundfile.info(path).channels)
    except (soundfile.LibsndfileError, OSError, ValueError):
        return 0


def resample(x: np.ndarray, rate: float, to: float) -> np.ndarray:
    """(frames,) at `rate` Hz as (frames',) at `to` Hz, at soxr's highest quality."""
    if rate == to:
        return x
    import soxr

    return soxr.resample(x, rate, to, quality="VHQ")
