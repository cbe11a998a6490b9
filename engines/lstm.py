"""lstm: a recurrent neural model of an amp or a pedal, from a model file."""

from __future__ import annotations

import numpy as np

from rig import native
from rig.engine import Payload
from rig.errors import RigError
from rig.models.formats import Model
from rig.models.formats.network import ACTIVATIONS, Gru, Lstm, RecurrentNet
from rig.models.library import SETTINGS, loader

KNOBS = ("drive", "knob2", "knob3", "knob4")


def _layer(layer: object) -> tuple[tuple[np.ndarray, ...], tuple[int, ...]]:
    """A layer's arrays and ints as csrc/network/sequence.h has them."""
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


def payload(model: Model, stretch: int = 1) -> Payload:
    """A recurrent model as csrc/network/sequence.h lays it out, to run at `stretch` times its own rate.

    Raises RigError for more knobs than the engine has.
    """
    net = model.network
    assert isinstance(net, RecurrentNet)
    if net.inputs > 1 + len(KNOBS):
        raise RigError(f"{model.path}: it has {net.inputs - 1} knobs; models with up to {len(KNOBS)} play")
    arrays = [np.array([net.skip, net.input_gain, net.output_gain], np.float32)]
    ints = [stretch, net.inputs, len(net.layers)]
    for layer in net.layers:
        more, sizes = _layer(layer)
        arrays += more
        ints += sizes
    return Payload(tuple(arrays), tuple(ints), model.level, idle=KNOBS[net.inputs - 1 :], about=model.name)


ENGINE = native.engine("lstm", files=("model",), load=loader("lstm", payload), settings=SETTINGS, pack=payload)
