"""What one model takes of a core: a quick look. `rig bench` takes its time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rig.engine import registry
from rig.models import player
from rig.native import Chain, Unit

SECONDS = 0.2
"""For which a model is measured."""

FRAMES = 2048  # between looks at the clock


@dataclass(frozen=True)
class Cost:
    """share: of one core, 0..1, at `rate` Hz in periods of `block` frames. bytes: memory that it works in."""

    rate: int
    block: int
    share: float
    bytes: int


def measure(path: Path, rate: int, block: int, seconds: float = SECONDS, **settings: float) -> Cost:
    """Play noise through a model file, brought to `rate` Hz as in a preset, for about `seconds`. Raises RigError.

    settings: of the engine, where they are not as they are by themselves.
    """
    engine = registry()[player.ENGINE]
    payload = engine.load({"model": path}, engine.settled(settings), rate)
    chain = Chain([Unit(engine, payload)], rate)
    noise = np.random.default_rng(0).normal(0.0, 0.1, max(1, FRAMES // block) * block).astype(np.float32)
    chain.time(noise, block)  # the caches held something else
    times: list[np.ndarray] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        times.append(chain.time(noise, block))
    return Cost(rate, block, float(np.median(np.concatenate(times))) * rate / block, chain.bytes)
