"""Two sounds for a blind test: as loud, in step, the same way up, as long: only their tone tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rig.errors import RigError
from rig.gig.render import played
from rig.kinds import MODEL, PRESET, kind_of
from rig.loudness import lufs
from rig.shipped import find_preset
from rig.sound import CAPTURE, read, resample

LOUD = -20.0
"""LUFS of both."""

PEAK = 0.89
"""Of the higher peak of the two at most: -1 dBFS."""

APART_SECONDS = 0.1
"""By which one may be later than the other."""

ALIKE = 0.3
"""How much alike two sounds are, 0..1, whose delay and polarity can be told."""

FADE_SECONDS = 0.005
"""Where the end meets the beginning."""


@dataclass(frozen=True)
class Pair:
    """a, b: (frames,) float32 at `rate` Hz. late: frames by which b came later. gain_db: by which b was made louder."""

    a: np.ndarray
    b: np.ndarray
    rate: int
    late: int
    gain_db: float

    @property
    def words(self) -> str:
        """What was done to b."""
        ms = 1000 * abs(self.late) / self.rate
        step = f", and brought into step (it came {ms:.1f} ms {'later' if self.late > 0 else 'earlier'})"
        return f"B was made as loud as A ({round(self.gain_db, 1) + 0.0:+.1f} dB){step if ms >= 0.05 else ''}."


@dataclass(frozen=True)
class Piece:
    """Of a recording, in seconds."""

    begin: float
    seconds: float

    def of(self, x: np.ndarray, rate: int) -> np.ndarray:
        """Raises RigError where nothing is there."""
        found = x[round(self.begin * rate) : round((self.begin + self.seconds) * rate)]
        if len(found) < rate // 2:
            raise RigError(f"--from {self.begin:g}: less than half a second is left of {len(x) / rate:.1f} s")
        return found


def sound(words: str, dry: np.ndarray, rate: int, piece: Piece) -> np.ndarray:
    """(frames,) at `rate` Hz of a model, a preset's first amp or "preset:Amp:Scene", each with a piece of a dry guitar
    played through it, or of a recording the same piece; both sides in the mean. Raises RigError.
    """
    path, amp = _named(words)
    kind = kind_of(path) if path.is_file() else None
    if kind is PRESET or kind is MODEL:
        pieces, channels = played(path, piece.of(dry, rate), rate, amp=amp or None)
        return np.concatenate(list(pieces))[:, :channels].mean(axis=1)
    audio, own = read(path, CAPTURE)
    return resample(piece.of(audio.mean(axis=1), own), own, rate)


def _named(words: str) -> tuple[Path, str]:
    """A file and, behind a colon, an amp."""
    whole = Path(words)
    if whole.exists() or ":" not in words:
        return find_preset(whole), ""
    file, _, amp = words.partition(":")
    return find_preset(Path(file)), amp


def pair(a: np.ndarray, b: np.ndarray, rate: int) -> Pair:
    """Two sounds made alike in all but their tone. Raises RigError where one is silent or too short."""
    late, sign = _later(a, b, rate)
    a, b = a[max(0, -late) :], sign * b[max(0, late) :]
    frames = min(len(a), len(b))
    a, b = a[:frames], b[:frames]
    loud = [lufs(x, rate) for x in (a, b)]
    for name, level in zip("AB", loud, strict=True):
        if level is None:
            raise RigError(f"{name} is silent, or shorter than half a second")
    gains = [10 ** ((LOUD - level) / 20) for level in loud if level is not None]
    a, b = a * gains[0], b * gains[1]
    less = min(1.0, PEAK / max(np.abs(a).max(), np.abs(b).max()))
    fade = np.minimum(1.0, np.arange(frames) / (FADE_SECONDS * rate))
    seam = less * fade * fade[::-1]
    db = 20 * float(np.log10(gains[1] / gains[0]))
    return Pair((a * seam).astype(np.float32), (b * seam).astype(np.float32), rate, late, db)


def _later(a: np.ndarray, b: np.ndarray, rate: int) -> tuple[int, float]:
    """Frames by which b is later than a, and -1.0 where it is turned over: by their correlation. 0 and 1.0 where that
    does not tell.
    """
    size = 1 << (len(a) + len(b)).bit_length()
    spectra = np.fft.rfft(a - a.mean(), size), np.fft.rfft(b - b.mean(), size)
    found = np.fft.irfft(spectra[0].conj() * spectra[1], size)
    reach = round(APART_SECONDS * rate)
    near = np.concatenate([found[-reach:], found[: reach + 1]])
    best = int(np.argmax(np.abs(near)))
    alike = near[best] / (np.linalg.norm(a - a.mean()) * np.linalg.norm(b - b.mean()) + 1e-30)
    return (best - reach, float(np.sign(alike))) if abs(alike) >= ALIKE else (0, 1.0)
