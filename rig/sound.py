"""Sound files: read with words for what may be wrong, resampled by soxr."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rig.errors import RigError
from rig.files import unreadable
from rig.files import whole as whole  # where rig.gig looks for it
from rig.kinds import misplaced


def read(path: Path) -> tuple[np.ndarray, int]:
    """A WAV or FLAC of any depth: ((frames, channels) float32, rate in Hz). Raises RigError naming file and fault."""
    import soundfile

    fault = unreadable(path, "sound") or ("" if path.stat().st_size else "the file is empty")
    fault = fault or misplaced(path, "sound")
    if fault:
        raise RigError(f"{path}: {fault}")
    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise RigError(f"{path}: is no sound file that can be read (WAV or FLAC is)") from error
    if not len(audio):
        raise RigError(f"{path}: holds no sound")
    if not np.isfinite(audio).all():
        raise RigError(f"{path}: holds samples that are not numbers (NaN or infinite)")
    return audio, rate


BITS = {"PCM_U8": 8, "PCM_S8": 8, "ULAW": 8, "ALAW": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}


def bits(path: Path) -> int:
    """Bits a sample of a sound file that can be read; 0 where they are floats or compressed."""
    import soundfile

    return BITS.get(soundfile.info(path).subtype, 0)


def resample(x: np.ndarray, rate: int, to: int) -> np.ndarray:
    """(frames,) at `rate` Hz as (frames',) at `to` Hz, at soxr's highest quality."""
    if rate == to:
        return x
    import soxr

    return soxr.resample(x, rate, to, quality="VHQ")
