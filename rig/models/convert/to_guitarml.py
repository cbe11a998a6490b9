"""A `.nam` WaveNet as a GuitarML file, where GuitarML has what it is made of: that is seldom, but for our own files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

import numpy as np

from rig.models.convert.to_nam import given, is_relu
from rig.models.formats import Model
from rig.models.formats.guitarml import GATES
from rig.models.formats.network import Conv, Layer, LayerArray, WaveNet
from rig.models.formats.reading import Fault
from rig.models.program.heads import dots_of

PLAIN = ("tanh", "sigmoid", "softsign", "linear")


def to_guitarml(model: Model) -> LayerArray:
    """The layers of a GuitarML file that plays the same once it has settled. Raises Fault, which says why not."""
    network = model.network
    if not isinstance(network, WaveNet):
        _refuse(
            f"{'an' if model.architecture == 'LSTM' else 'a'} {model.architecture} has no layers such as GuitarML's"
        )
    _check(network)
    heads = dots_of(network)
    if heads is None:
        _refuse("its head hears the past, which GuitarML's does not")
    dots, bias = heads
    layers = (layer for array in network.arrays for layer in array.layers)
    weights = (dot for array in dots for dot in array)
    return LayerArray(
        entry=network.arrays[0].entry,
        layers=tuple(_layer(layer, dot) for layer, dot in zip(layers, weights, strict=True)),
        head=Conv(np.ones((1, 1, 1), np.float32), np.array([bias], np.float32)),
    )


def guitarml_file(array: LayerArray, metadata: Mapping[str, object]) -> dict[str, object]:
    """The content of a GuitarML file. array: layers as GuitarML has them, each with both 1x1s.

    metadata: what the file is to say of itself, which other loaders pass over.
    """
    layers = array.layers
    return {
        "activation": _activation(layers[0]),
        "input_channels": array.entry.ins,
        "output_channels": 1,
        "residual_channels": array.entry.outs,
        "filter_width": layers[0].conv.taps,
        "dilations": [layer.conv.dilation for layer in layers],
        **metadata,
        "variables": [
            *_variables(-1, W=array.entry.weights, b=array.entry.bias),
            *(variable for i, layer in enumerate(layers) for variable in _stack(i, layer)),
            *_variables(len(layers), W=np.stack([given(layer.head).weights for layer in layers]), b=array.head.bias),
        ],
    }


def _refuse(why: str) -> NoReturn:
    raise Fault(f"GuitarML has no such network: {why}")


def _check(network: WaveNet) -> None:
    first = network.arrays[0].layers[0]
    channels = network.arrays[0].entry.outs
    if network.inputs > 1:
        _refuse("it has a knob of its own kind")
    if network.condition or network.post:
        _refuse("a network around the layers, condition_dsp or head")
    for i, array in enumerate(network.arrays):
        if array.entry.outs != channels or (i and not _passes(array)):
            _refuse("its layer arrays have different widths or mix their channels in between")
        for layer in array.layers:
            if layer.mix_in and layer.mix_in.weights.any():
                _refuse("its layers hear the input itself beside the layer before (mix-in)")
            if layer.films or layer.blended:
                _refuse("FiLM or blending")
            if layer.conv.taps != first.conv.taps:
                _refuse("layers of different kernel sizes")
            if layer.conv.outs != first.conv.outs or layer.conv.outs != channels * (2 if layer.gate else 1):
                _refuse("a bottleneck")
            if _activation(layer) != _activation(first):
                _refuse("layers of different activations")


def _passes(array: LayerArray) -> bool:
    """Whether its entry leaves everything as it is."""
    return bool(np.array_equal(array.entry.weights[0], np.eye(array.entry.outs)) and not array.entry.bias.any())


def _activation(layer: Layer) -> str:
    """As GuitarML calls it."""
    kind = layer.activation.kind
    if layer.gate:
        for name, pair in GATES.items():
            if pair == (kind, layer.gate.kind):
                return name
        _refuse(f"{kind} gated by {layer.gate.kind}")
    if kind == "clip" and is_relu(layer.activation):
        return "relu"
    if kind not in PLAIN:
        _refuse("an activation that it does not know")
    return kind


def _layer(layer: Layer, dot: np.ndarray) -> Layer:
    """A layer as GuitarML has it. dot: (channels,), by which the output hears it."""
    channels = layer.conv.ins
    mixed = layer.mix_in.bias if layer.mix_in else 0.0
    return Layer(
        conv=Conv(layer.conv.weights, layer.conv.bias + mixed, layer.conv.dilation),
        activation=layer.activation,
        onward=layer.onward or Conv(np.eye(channels, dtype=np.float32)[None], np.zeros(channels, np.float32)),
        gate=layer.gate,
        head=Conv(dot[None, :, None].astype(np.float32), np.zeros(1, np.float32)),
    )


def _stack(index: int, layer: Layer) -> list[dict[str, object]]:
    onward = given(layer.onward)
    return _variables(index, W_conv=layer.conv.weights, b_conv=layer.conv.bias, W_out=onward.weights, b_out=onward.bias)


def _variables(index: int, **arrays: np.ndarray) -> list[dict[str, object]]:
    """A float32 survives nine significant digits."""
    return [
        {"layer_idx": index, "name": name, "data": [float(f"{x:.9g}") for x in values.ravel().tolist()]}
        for name, values in arrays.items()
    ]
