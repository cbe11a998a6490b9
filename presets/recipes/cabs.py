"""Make the two cabinets: minimum-phase FIRs drawn from stated response curves.

    python presets/recipes/cabs.py            writes presets/cabs/*.wav

No recording is behind them: the curves below are what a guitar speaker does, in general, in front of a close
microphone (a bass resonance, a presence rise, a steep fall above 5 kHz), with small ripples from a cone that breaks up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 48_000
TAPS = 2048
CABS = Path(__file__).resolve().parent.parent / "cabs"


@dataclass(frozen=True)
class Cabinet:
    """A response curve. points: (Hz, dB) on log frequency; ripple: (Hz, dB, octaves wide) bumps of the cone."""

    name: str
    points: tuple[tuple[float, float], ...]
    ripple: tuple[tuple[float, float, float], ...]


CABINETS = (
    # An open back lets the rear wave out: little below 100 Hz, loose low mids, an airy top.
    Cabinet(
        "open-1x12",
        (
            (20, -34), (50, -17), (80, -4), (110, 2.5), (160, 1.5), (300, -1.0), (450, -2.5), (700, -1.5),
            (1000, 0), (1600, 1.5), (2400, 4.5), (3200, 5.5), (4200, 3.5), (5200, -2), (6500, -11),
            (8000, -18), (11000, -27), (16000, -40), (24000, -60),
        ),
        (
            (620, -1.5, 0.18), (1250, 1.2, 0.15), (1900, -2.0, 0.12), (2750, 1.5, 0.1), (3700, -2.5, 0.09),
            (4600, 2.0, 0.08),
        ),
    ),
    # A closed box of four: a firm resonance, scooped low mids, a bite at 2-4 kHz, a steeper fall.
    Cabinet(
        "closed-4x12",
        (
            (20, -26), (45, -10), (70, 1.0), (100, 4.5), (150, 3.0), (250, 0.5), (400, -3.0), (600, -3.5),
            (900, -1.0), (1300, 1.0), (2000, 4.0), (2800, 5.5), (3600, 4.0), (4500, -1.5), (5500, -10),
            (7000, -19), (9000, -27), (13000, -38), (24000, -62),
        ),
        (
            (480, -1.5, 0.15), (800, 1.5, 0.14), (1550, -2.5, 0.1), (2250, 1.8, 0.1), (3150, -2.2, 0.08),
            (4050, 2.2, 0.07),
        ),
    ),
)  # fmt: skip


def magnitude_db(cabinet: Cabinet, hz: np.ndarray) -> np.ndarray:
    """The stated curve at `hz` (Hz, > 0), in dB, its corners rounded over a sixth of an octave."""
    octaves = np.log2(hz)
    corners = np.log2([p[0] for p in cabinet.points])
    levels = [p[1] for p in cabinet.points]
    spread = np.linspace(-0.25, 0.25, 11)
    window = np.hanning(13)[1:-1]
    curve = sum(w * np.interp(octaves + s, corners, levels) for s, w in zip(spread, window / window.sum(), strict=True))
    for centre, gain_db, width in cabinet.ripple:
        curve = curve + gain_db * np.exp(-0.5 * ((octaves - np.log2(centre)) / width) ** 2)
    return curve


def minimum_phase(log_magnitude: np.ndarray) -> np.ndarray:
    """The causal impulse response with this ln|H| (bins 0..N/2 of an N-point FFT) whose energy comes soonest.

    The cepstrum's negative times are folded onto its positive ones (Oppenheim & Schafer, Discrete-Time Signal
    Processing).
    """
    cepstrum = np.fft.irfft(log_magnitude)
    half = len(cepstrum) // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))


def impulse_response(cabinet: Cabinet) -> np.ndarray:
    """(TAPS,) float64. Mean power over the octaves from 250 Hz to 4 kHz is 0 dB, so that a cabinet changes no level."""
    bins = 32_768
    hz = np.arange(bins + 1) * RATE / 2 / bins
    curve = magnitude_db(cabinet, np.maximum(hz, 1.0))
    band = np.geomspace(250, 4000, 400)
    curve -= 10 * np.log10(np.mean(10 ** (magnitude_db(cabinet, band) / 10)))
    response = minimum_phase(curve * np.log(10) / 20)[:TAPS]
    fade = TAPS // 4
    response[-fade:] *= 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fade))
    return response


def main() -> None:
    """Write every cabinet as 32-bit float WAV."""
    CABS.mkdir(exist_ok=True)
    for cabinet in CABINETS:
        response = impulse_response(cabinet)
        sf.write(CABS / f"{cabinet.name}.wav", response, RATE, subtype="FLOAT")
        print(f"{cabinet.name}: {TAPS} taps, peak {np.abs(response).max():.3f}")


if __name__ == "__main__":
    main()
