"""What the level check says of the return, in a player's words."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from rig.native import decibels

MAINS = (50, 60)  # Hz
HARMONICS = (1, 2, 3, 4, 5, 6)
HUM_DB, HUM_STANDS_OUT_DB = -75.0, 15.0
NOISY_DB, SOFT_DB, HOT_DB, NOTHING_DB = -55.0, -30.0, -1.0, -90.0
ABOVE_NOISE_DB = 6.0
NOTHING_HEARD = "is the amp on standby? are both cables in? a return that is seconds late takes --wait"


@dataclass(frozen=True)
class Noise:
    """The return while nothing is sent. rms_db, peak_db: dB of full scale. hum: 50 or 60 Hz, 0 where there is none."""

    rms_db: float = -120.0
    peak_db: float = -120.0
    hum: int = 0
    hum_db: float = -120.0

    @staticmethod
    def of(x: np.ndarray, rate: int) -> Noise:
        """x: (frames,), half a second or more for hum to be told from the rest."""
        if not len(x):
            return Noise()
        frequency, power = _hum(x, rate)
        hum_db = decibels(power**0.5)
        rms = float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))
        hum = frequency if hum_db > HUM_DB else 0
        return Noise(decibels(rms), decibels(float(np.abs(x).max())), hum, hum_db)


def _hum(x: np.ndarray, rate: int) -> tuple[int, float]:
    """The mains frequency whose lines stand out of the spectrum, and their power; (0, 0) where none does."""
    taper = np.hanning(len(x))
    spectrum = np.abs(np.fft.rfft((x - x.mean()) * taper)) ** 2 * 2 / np.sum(taper) ** 2
    bin_hz, found = rate / len(x), []
    between = np.arange(30, 400) / bin_hz
    floor = float(np.median(spectrum[np.unique(between.astype(int))])) + 1e-20
    for mains in MAINS:
        lines = [_line(spectrum, mains * n / bin_hz) for n in HARMONICS]
        loud = [power for power in lines if power > floor * 10 ** (HUM_STANDS_OUT_DB / 10)]
        found.append((sum(loud), mains))
    power, mains = max(found)
    return (mains, power) if power else (0, 0.0)


def _line(spectrum: np.ndarray, at: float) -> float:
    """The power of the line at that bin, give or take one."""
    near = spectrum[max(round(at) - 1, 1) : round(at) + 2]
    return float(near.max(initial=0.0))


class Recent:
    """The highest return, and the samples that clipped, of the last `seconds`: what is mended is forgotten."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._seen: deque[tuple[float, float, int]] = deque()

    def update(self, now: float, peak: float, clips: int) -> None:
        """now: seconds. peak: linear, since the last call. clips: so far."""
        self._seen.append((now, peak, clips))
        while len(self._seen) > 1 and self._seen[0][0] < now - self.seconds:
            self._seen.popleft()

    @property
    def peak_db(self) -> float:
        return decibels(max((peak for _, peak, _ in self._seen), default=0.0))

    @property
    def clips(self) -> int:
        return self._seen[-1][2] - self._seen[0][2] if self._seen else 0


def heard(peak_db: float, noise: Noise) -> bool:
    """Whether what comes back is more than the noise that was there before."""
    return peak_db > max(NOTHING_DB, noise.peak_db + ABOVE_NOISE_DB)


def words(peak_db: float, clips: int, noise: Noise) -> tuple[str, ...]:
    """What to mend, and how, the most urgent first; nothing where all is well."""
    said = []
    if not heard(peak_db, noise):
        said.append(f"no return signal: {NOTHING_HEARD}")
    elif clips:
        said.append(f"too hot: {clips} clips: turn the return down")
    elif peak_db > HOT_DB:
        said.append(f"hot: {peak_db:.1f} dB: turn the return down a little")
    elif peak_db < SOFT_DB:
        said.append(f"soft: {peak_db:.0f} dB: turn the return up")
    if noise.hum:
        said.append(f"hum at {noise.hum} Hz ({noise.hum_db:.0f} dB): try another outlet, or a ground lift")
    if noise.rms_db > NOISY_DB and noise.rms_db > noise.hum_db + 3:
        said.append(f"noise at {noise.rms_db:.0f} dB: less gain on the amp, more on the way in")
    return tuple(said)
