"""A recurrent network as arrays and ints: what csrc/network/sequence.h reads."""

from __future__ import annotations

import numpy as np

from rig.models.formats.network import ACTIVATIONS, Activation, Conv, Gru, Lstm, RecurrentNet
from rig.models.program.steps import Program


def compile(network: RecurrentNet, stretch: int = 1) -> Program:
    """The layers in order. stretch: frames at the rate it runs at for each frame of its own rate."""
    arrays = [np.array([network.skip, network.input_gain, network.output_gain], np.float32)]
    ints = [stretch, network.inputs, len(network.layers)]
    for layer in network.layers:
        more, sizes = _layer(layer)
        arrays += more
        ints += sizes
    return Program(tuple(ints), tuple(arrays))


def _layer(layer: Lstm | Gru | tuple[Conv, Activation]) -> tuple[tuple[np.ndarray, ...], tuple[int, ...]]:
    """A layer's arrays and ints."""
    if isinstance(layer, Lstm):
        sizes = (0, len(layer.kernel), len(layer.hidden), 1, 1, 0)
        return (layer.kernel, layer.recurrent, layer.bias, layer.hidden, layer.cell), sizes
    if isinstance(layer, Gru):
        sizes = (1, len(layer.kernel), len(layer.hidden), 1, 1, 0)
        return (layer.kernel, layer.recurrent, layer.bias, layer.recurrent_bias, layer.hidden), sizes
    conv, activation = layer
    taps, ins, outs = conv.weights.shape
    sizes = (2, ins, outs, taps, conv.dilation, list(ACTIVATIONS).index(activation.kind))
    params = activation.params if ACTIVATIONS[activation.kind] else np.empty(0, np.float32)
    return (conv.weights, conv.bias, params), sizes
