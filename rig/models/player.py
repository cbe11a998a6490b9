"""A model by itself: the chain that plays it, and its sound from zero history with nothing around it."""

from __future__ import annotations

import numpy as np

from rig import native
from rig.engine import registry
from rig.models.formats import Model
from rig.native import BLOCK, Chain, Unit

RATE = 48_000  # Hz; what a network computes does not depend on it


ENGINE = "model"
"""The engine that plays model files."""


def chain_of(model: Model, rate: int = RATE, *, reference: bool = False) -> Chain:
    """A chain of the engine that plays `model`. reference: by the sample-by-sample kernel (not for recurrent ones).

    Raises RigError for a model that no engine plays.
    """
    engine = registry()[ENGINE]
    assert engine.pack, f"{engine.name} plays model files"
    plays = native.engine(f"{engine.name}_reference") if reference else engine
    return Chain([Unit(plays, engine.pack(model, 1, 1))], rate)


def run(model: Model, x: np.ndarray, block: int = BLOCK, *, reference: bool = False) -> np.ndarray:
    """A model on a signal at its own rate. x: (frames,) -> (frames,) float32, `block` frames at a time.

    It starts as its family does: from zeros, as trainers compute, or from silence, as players do.
    """
    chain, x = chain_of(model, reference=reference), np.asarray(x, np.float32)
    if model.family.settles:
        chain.prewarm()
    return np.concatenate([chain.process(x[i : i + block]) for i in range(0, len(x), block)] or [x])
