"""A model by itself: the chain that plays it, and its sound from zero history with nothing around it."""

from __future__ import annotations

import numpy as np

from rig import native
from rig.formats import Model
from rig.native import BLOCK, Chain, Unit

RATE = 48_000  # Hz; what a network computes does not depend on it


def chain_of(model: Model, rate: int = RATE, *, reference: bool = False) -> Chain:
    """A chain of the engine that plays `model`. reference: by the sample-by-sample kernel.

    Raises RigError for a model that no engine plays.
    """
    from engines.wavenet import payload

    return Chain([Unit(native.engine("wavenet_reference" if reference else "wavenet"), payload(model))], rate)


def run(model: Model, x: np.ndarray, block: int = BLOCK, *, reference: bool = False) -> np.ndarray:
    """A model on a signal at its own rate. x: (frames,) -> (frames,) float32, `block` frames at a time."""
    chain, x = chain_of(model, reference=reference), np.asarray(x, np.float32)
    return np.concatenate([chain.process(x[i : i + block]) for i in range(0, len(x), block)] or [x])
