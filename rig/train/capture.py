"""A capture: a dry recording and what the device made of it, brought to one length and one clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rig import sound
from rig.errors import RigError

MIN_SECONDS = 1.0
MAX_DELAY_SECONDS = 2.0
SILENCE = 1e-5  # -100 dB: a recording whose loudest sample is below is taken for silence
CLIP = 0.9999
LISTEN_SECONDS = 40.0  # of the take, where the delay is looked for
REACH, FILTER_TAPS = 32, 64  # frames
OWN = 8  # frames: so short a delay may be the device's own filters, and does no harm where cause still precedes effect


@dataclass(frozen=True)
class Capture:
    """dry, wet: (frames,) float32, aligned. delay: frames by which wet came late (negative: early), already removed.

    notes: what was done to the recordings, each a line that the player should see.
    """

    dry: np.ndarray
    wet: np.ndarray
    sample_rate: int
    delay: int
    notes: tuple[str, ...]


def read_side(path: Path, side: str) -> tuple[np.ndarray, int, list[str]]:
    """One recording -> ((frames,) float32, Hz, notes). side: "dry" or "wet", for messages. Raises RigError."""
    try:
        audio, rate = sound.read(path)
    except RigError as error:
        raise RigError(f"{side} recording: {error}") from None
    notes = []
    if audio.shape[1] > 1:
        notes.append(f"{side} has {audio.shape[1]} channels: the first (left) is used")
    mono = np.ascontiguousarray(audio[:, 0])
    peak = float(np.abs(mono).max())
    if peak < SILENCE:
        channel = "the left channel of " if audio.shape[1] > 1 else ""
        raise RigError(f"{side} recording: {channel}'{path}' is silent: check the cable and the input")
    clipped = int(np.count_nonzero(np.abs(mono) >= CLIP)) if CLIP <= peak <= 1.0 else 0
    if clipped > 3:
        notes.append(f"{side} clips ({clipped} samples at full scale): record it softer if you can")
    return mono, rate, notes


def find_delay(dry: np.ndarray, wet: np.ndarray, limit: int) -> int | None:
    """Frames by which wet comes after dry (negative: before), |delay| <= limit; None where nothing stands out.

    Cross-correlation with both spectra made nearly white (GCC-PHAT, Knapp & Carter 1976) finds the neighbourhood,
    of either polarity. Within it the answer is the latest shift that leaves cause before effect: a network can learn to
    wait, but not to foresee, and the peak itself lies as late as the device's filters are slow.
    """
    dry, wet = dry.astype(np.float64), wet.astype(np.float64)
    size = 1 << int(np.ceil(np.log2(len(dry) + len(wet))))
    cross = np.conj(np.fft.rfft(dry, size)) * np.fft.rfft(wet, size)
    weight = np.abs(cross)
    correlation = np.fft.irfft(cross / (weight + 0.01 * weight.mean() + 1e-30), size)
    lags = np.abs(np.concatenate([correlation[-limit:], correlation[: limit + 1]]))
    peak = int(lags.argmax()) - limit
    if lags.max() < 12 * np.sqrt(np.mean(lags**2)):
        return None
    shifts = range(peak - REACH, peak + REACH + 1)
    explained = _explained(np.diff(dry), np.diff(wet), shifts)
    delay = shifts[int(np.flatnonzero(explained >= 0.999 * explained.max())[-1])]
    as_it_is = explained[shifts.index(0)] if 0 in shifts else 0.0
    return 0 if -OWN <= delay <= OWN and (delay > 0 or as_it_is >= 0.995 * explained.max()) else delay


def _explained(dry: np.ndarray, wet: np.ndarray, shifts: range) -> np.ndarray:
    """How much of wet the best causal filter of dry explains, wet brought forward by each of `shifts`."""
    size = 1 << int(np.ceil(np.log2(len(dry) + len(wet))))
    spectrum = np.fft.rfft(dry, size)
    own = np.fft.irfft(np.abs(spectrum) ** 2, size)
    cross = np.fft.irfft(np.conj(spectrum) * np.fft.rfft(wet, size), size)
    taps = np.arange(FILTER_TAPS)
    matrix = own[np.abs(taps[:, None] - taps)] + 1e-4 * own[0] * np.eye(FILTER_TAPS)
    lower = np.linalg.cholesky(matrix)
    return np.array([np.sum(np.linalg.solve(lower, cross[(shift + taps) % size]) ** 2) for shift in shifts])


def loudest(dry: np.ndarray, frames: int) -> slice:
    """The stretch of at most `frames` with the most energy, on a grid of a tenth of it."""
    hop = max(frames // 10, 1)
    energy = np.array([np.sum(np.square(part, dtype=np.float64)) for part in np.split(dry, range(hop, len(dry), hop))])
    sums = np.convolve(energy, np.ones(10))[9:] if len(energy) > 10 else energy[:1]
    start = int(sums[: max(len(energy) - 9, 1)].argmax()) * hop
    return slice(start, start + frames)


def align(dry: np.ndarray, wet: np.ndarray, delay: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut the late side's beginning and the other's end, so that both start and end together."""
    if delay > 0:
        wet = wet[delay:]
    elif delay < 0:
        dry = dry[-delay:]
    frames = min(len(dry), len(wet))
    return dry[:frames], wet[:frames]


def read(dry_path: Path, wet_path: Path) -> Capture:
    """Read both sides, check them, trim the longer, remove the delay. Raises RigError, one line."""
    dry, dry_rate, notes = read_side(dry_path, "dry")
    wet, wet_rate, wet_notes = read_side(wet_path, "wet")
    notes += wet_notes
    if dry_rate != wet_rate:
        raise RigError(
            f"the sides have different sample rates: dry '{dry_path}' {dry_rate} Hz, wet '{wet_path}' {wet_rate} Hz; "
            "record both at the same rate"
        )
    if len(dry) != len(wet):
        longer, cut = ("dry", len(dry) - len(wet)) if len(dry) > len(wet) else ("wet", len(wet) - len(dry))
        notes.append(f"{longer} is {cut} samples ({cut / dry_rate:.2f} s) longer: its end is cut off")
        frames = min(len(dry), len(wet))
        dry, wet = dry[:frames], wet[:frames]
    limit = min(int(MAX_DELAY_SECONDS * dry_rate), len(dry) // 2)
    part = loudest(dry, int(LISTEN_SECONDS * dry_rate))
    delay = find_delay(dry[part], wet[part], limit) if limit > REACH else None
    if delay is None:
        notes.append("no clear delay between the sides was found: they are left as they are")
    elif delay:
        late = "late" if delay > 0 else "early"
        notes.append(f"wet is {abs(delay)} samples ({abs(delay) / dry_rate * 1000:.1f} ms) {late}: removed")
        dry, wet = align(dry, wet, delay)
    if len(dry) < MIN_SECONDS * dry_rate:
        raise RigError(
            f"too short: {len(dry) / dry_rate:.2f} s of '{dry_path}' and '{wet_path}' together; "
            f"training needs at least {MIN_SECONDS:.0f} s, and three minutes are good"
        )
    return Capture(dry, wet, dry_rate, delay or 0, tuple(notes))
