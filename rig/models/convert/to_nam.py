"""A GuitarML model as a `.nam` file of the first architecture (A1), which every player of such files has.

A1 has no bias behind its entry, and one head for all layers of an array, where GuitarML weighs each layer's. So:

- every layer becomes a layer array of its own. What goes from one to the next, x, passes through an identity;
- the output's sum is carried along in the heads. Layer l adds w[l] . a[l] to a sum s; an array's head is the matrix
  w[l] u[l]^T with u[l] = w[l+1] / |w[l+1]|^2, so that the next one finds s again: w[l+1] . (u[l] s + a[l+1]) is
  s + w[l+1] . a[l+1]. The last head is w itself, with the output's bias;
- the entry's bias moves behind it: into the first convolution, as what a constant input makes of it, and into the
  first 1x1, from where it goes on in x. That is exact from where the network has settled, and players let it settle;
- the mix-in, which GuitarML doesn't have, is zero. `level_adjust` becomes part of the output scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rig.models.formats import Model
from rig.models.formats.network import Activation, Conv, Layer, LayerArray, WaveNet
from rig.models.formats.reading import Fault

VERSION = "0.5.4"
"""Of files that hold nothing newer than A1."""

PLAIN = {"tanh": "Tanh", "sigmoid": "Sigmoid"}
FAINT = 1e-9
"""Of the loudest layer's weights: what a layer gets that is not heard, as the sum has to pass through it."""


def to_nam(model: Model, metadata: Mapping[str, object], rate: int) -> dict[str, object]:
    """The content of a `.nam` file that plays what a GuitarML model plays once it has settled. Raises Fault.

    metadata: what the file is to say of itself. rate: Hz for which the model was made.
    """
    if model.knobs:
        raise Fault("a model with a knob; Neural Amp Modeler's have none")
    assert isinstance(model.network, WaveNet)
    (array,) = model.network.arrays
    name, gated = _activation(array.layers[0])
    arrays = _arrays(array)
    return {
        "version": VERSION,
        "metadata": dict(metadata),
        "architecture": "WaveNet",
        "config": {
            "layers": [_config(one, name, gated) for one in arrays],
            "head": None,
            "head_scale": model.level * model.network.scale,
        },
        "weights": [*(number for one in arrays for number in _weights(one)), model.level * model.network.scale],
        "sample_rate": rate,
    }


def _activation(layer: Layer) -> tuple[str, bool]:
    """As A1 calls it, and whether it is gated."""
    kind = layer.activation.kind
    if layer.gate:
        if (kind, layer.gate.kind) == ("tanh", "sigmoid"):
            return "Tanh", True
        raise Fault("softgated, which only the newest players of .nam files know; not converted")
    if kind in PLAIN:
        return PLAIN[kind], False
    if kind == "clip" and is_relu(layer.activation):
        return "ReLU", False
    raise Fault(f"{kind}, which only the newest players of .nam files know; not converted")


def is_relu(activation: Activation) -> bool:
    """Whether a clip is a plain ReLU."""
    low, high, low_slope, _ = activation.params
    return not low.any() and bool(np.isposinf(high).all()) and not low_slope.any()


def _arrays(array: LayerArray) -> list[LayerArray]:
    """One of each layer, in double."""
    heads = _carried(np.array([given(layer.head).weights[0, :, 0] for layer in array.layers], np.float64))
    bias = np.asarray(array.entry.bias, np.float64)
    channels = array.entry.outs
    made = []
    for i, (layer, head) in enumerate(zip(array.layers, heads, strict=True)):
        conv, onward = layer.conv, given(layer.onward)
        if i == 0:  # what a constant input, the entry's bias, makes of it
            heard = np.asarray(conv.weights, np.float64).sum(0).T @ bias
            conv = Conv(conv.weights, conv.bias + heard, conv.dilation)
            onward = Conv(onward.weights, onward.bias + bias)
        entry = Conv(array.entry.weights if i == 0 else np.eye(channels)[None], np.zeros(channels))
        last = i + 1 == len(array.layers)
        head_bias = array.head.bias if last else np.zeros(channels)
        made.append(
            LayerArray(entry, (Layer(conv, layer.activation, onward, layer.gate),), Conv(head[None], head_bias))
        )
    return made


def given(conv: Conv | None) -> Conv:
    """A 1x1 of a layer of GuitarML's, which has them all."""
    assert conv is not None
    return conv


def _carried(dots: np.ndarray) -> list[np.ndarray]:
    """(layers, C), each layer's weights in the output -> the head of each array, (C, C) and at last (C, 1)."""
    loudness = np.linalg.norm(dots, axis=1)
    faint = FAINT * (loudness.max() or 1.0)
    dots = np.where((loudness < faint)[:, None], faint * np.eye(1, dots.shape[1]), dots)
    found = dots / np.square(dots).sum(1)[:, None]
    return [np.outer(w, u) for w, u in zip(dots, found[1:], strict=False)] + [dots[-1][:, None]]


def _config(array: LayerArray, activation: str, gated: bool) -> dict[str, object]:
    (layer,) = array.layers
    return {
        "input_size": array.entry.ins,
        "condition_size": 1,
        "head_size": array.head.outs,
        "channels": array.entry.outs,
        "kernel_size": layer.conv.taps,
        "dilations": [layer.conv.dilation],
        "activation": activation,
        "gated": gated,
        "head_bias": array.head.outs == 1,
    }


def _weights(array: LayerArray) -> Sequence[float]:
    """In the order of the format: entry, convolution, mix-in, 1x1, head; (out, in, tap), then the bias."""
    (layer,) = array.layers

    def packed(conv: Conv, bias: bool = True) -> np.ndarray:
        flat = np.asarray(conv.weights).transpose(2, 1, 0).ravel()
        return np.concatenate([flat, conv.bias]) if bias else flat

    parts = [packed(array.entry, False), packed(layer.conv), np.zeros(layer.conv.outs)]
    parts.append(packed(given(layer.onward)))
    parts.append(packed(array.head, array.head.outs == 1))
    return [float(f"{number:.9g}") for number in np.concatenate(parts).astype(np.float32)]
