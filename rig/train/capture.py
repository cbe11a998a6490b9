"""A capture as training sees it: a dry recording and what the device made of it, of one length and on one clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rig.capture import checks, storage
from rig.capture.delay import Delay


@dataclass(frozen=True)
class Capture:
    """dry, wet: (frames,) float32, aligned. delay: frames by which wet came late (negative: early), already removed.

    notes: what was found in the recordings and done to them, each a line that the player should see.
    played: the frames from and to which a guitar plays, where there are sweeps and noise as well; None: all of them.
    """

    dry: np.ndarray
    wet: np.ndarray
    sample_rate: int
    delay: int
    notes: tuple[str, ...]
    played: tuple[int, int] | None = None


def read(dry_path: Path, wet_path: Path | None = None, delay: int | None = None) -> Capture:
    """Read both sides, check them, remove the delay. Raises RigError, one line.

    Without wet_path, dry_path is a folder that `rig capture` wrote. delay: frames, where the player knows it.
    """
    pair = storage.read(dry_path) if wet_path is None else checks.read_pair(dry_path, wet_path)
    pair.delay, pair.told = (None, False) if delay is None else (Delay(delay, 1), True)
    notes = checks.fit_or_raise(pair)
    frames = pair.delay.frames if pair.delay else 0
    return Capture(pair.dry.audio, pair.wet.audio, pair.dry.rate, frames, notes, pair.played)
