"""Batch normalisation, folded into the convolution in front of it."""

from __future__ import annotations

import numpy as np

from rig.models.formats.network import Conv
from rig.models.formats.reading import Fault


def fold(
    conv: Conv,
    scale: np.ndarray,
    shift: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: float,
    where: str,
) -> Conv:
    """conv, then scale (y - mean) / sqrt(variance + epsilon) + shift, as one convolution, computed in double.

    scale, shift, mean, variance: (outs,). where: names the layer for the message. Raises Fault.
    """
    scale, shift, mean, variance = (np.asarray(part, np.float64) for part in (scale, shift, mean, variance))
    if not (variance + epsilon > 0).all():
        raise Fault(f"{where}: a variance that is not above 0")
    with np.errstate(all="ignore"):
        factor = scale / np.sqrt(variance + epsilon)
        weights = (conv.weights * factor).astype(np.float32)
        bias = ((conv.bias - mean) * factor + shift).astype(np.float32)
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise Fault(f"{where}: its normalisation gives what is no number we can use")
    return Conv(weights, bias, conv.dilation)
