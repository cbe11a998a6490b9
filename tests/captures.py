"""A made-up guitar and a made-up amp, for tests of capturing and training."""

from __future__ import annotations

import numpy as np

RATE = 16_000


def guitar(rng: np.random.Generator, seconds: float = 3.0) -> np.ndarray:
    """Something with a pick's attack and a string's decay -> (frames,) float32."""
    frames = int(seconds * RATE)
    noise = np.convolve(rng.normal(size=frames), [0.4, 0.3, 0.2, 0.1], "same")
    envelope = np.exp(-(np.arange(frames) % (RATE // 4)) / (RATE // 12))
    return (0.3 * noise * envelope).astype(np.float32)


def amp(dry: np.ndarray, drive: float = 4.0) -> np.ndarray:
    """A device with memory, a bend in its curve, an offset and another level."""
    heard = np.convolve(dry, [0.6, 0.3, -0.2, 0.1])[: len(dry)]
    return (0.35 * np.tanh(drive * heard) + 0.02).astype(np.float32)
